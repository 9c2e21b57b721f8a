#!/usr/bin/env bash
# Proves that `sam local invoke` answers for every function and every event of events/.
# Needs Python, Rust, and Docker or root on Debian; installs the rest. Nothing of it can be reached from other machines.
set -euo pipefail
# shellcheck source=tests/aws/setup.sh disable=SC2154,SC2034
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

# A Docker of our own, unless one runs. It sets no rules for the firewall: containers reach this machine, nothing else.
start_docker() {
    docker info >/dev/null 2>&1 && return
    command -v dockerd >/dev/null || install_docker
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

install_docker() {
    say "installing docker.io"
    # Newer releases of Debian have the command line in a package of its own.
    # shellcheck disable=SC2046
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends docker.io iproute2 \
        $(apt-cache pkgnames | grep -x docker-cli); } >"$work/apt.log" 2>&1 && return
    tail -5 "$work/apt.log" >&2
    fail "docker.io could not be installed: run this as root on Debian, or start a Docker first"
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
