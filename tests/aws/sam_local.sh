#!/usr/bin/env bash
# Proves that `sam local invoke` answers for every function and every event of events/.
# Needs Debian (root, to install Docker if it is missing), Python and Rust; installs the rest. Nothing of it listens outside this machine.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

# A Docker of our own, unless one runs: without rules for the firewall, so that containers reach this machine and nothing else.
start_docker() {
    docker info >/dev/null 2>&1 && return
    if ! command -v dockerd >/dev/null; then
        say "installing docker.io"
        (apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends docker.io) \
            >"$work/apt.log" 2>&1 || { tail -5 "$work/apt.log" >&2; fail "docker.io could not be installed"; }
    fi
    export DOCKER_HOST=unix://$work/docker.sock
    mkdir -p "$venv/docker"
    ip link show docker0 >/dev/null 2>&1 || bridge_made=yes
    dockerd --host "$DOCKER_HOST" --data-root "$venv/docker" --exec-root "$work/docker" --pidfile "$work/docker.pid" \
        --iptables=false --ip6tables=false --ip-masq=false >"$work/dockerd.log" 2>&1 &
    started+=("$!")
    for _ in $(seq 60); do
        docker info >/dev/null 2>&1 && return
        sleep 0.5
    done
    tail -5 "$work/dockerd.log" >&2
    fail "Docker did not start"
}

build
start_docker
image=$("$here/local_image.sh")
# Containers see this machine as the bridge's address, so the stand-in listens there: still out of reach for others.
bridge=$(ip -4 -o addr show docker0 | awk '{sub("/.*", "", $4); print $4}')
start_ministack "$bridge"
# SAM asks who it is; it would wait long for an answer from AWS.
export AWS_ENDPOINT_URL=$endpoint
python "$here/stand_in.py" "$endpoint"
say "sam local invoke"
cd "$root"
python "$here/sam_local.py" "$work/build/template.yaml" "$image" "$endpoint"
say "every function answers"
