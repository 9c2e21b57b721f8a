#!/usr/bin/env bash
# Proves that the authorizer guards another API: `sam local start-api` serves examples/orders, ministack gets it
# deployed, and tokens that the functions of template.yaml have made are let through or refused by both.
# Needs Python, Rust, and Docker or root on Debian; installs the rest. Listens on 127.0.0.1 and Docker's bridge only.
set -euo pipefail
# shellcheck source=tests/aws/setup.sh disable=SC2154,SC2034
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# What AWS's own images for Python run functions with.
runtime=awslambdaric==4.2.2
python_image=engine-python:1

# A Docker of our own, unless one runs. It sets no rules for the firewall: containers reach this machine, nothing else.
start_docker() {
    docker info >/dev/null 2>&1 && return
    command -v dockerd >/dev/null || fail "there is no Docker: make test-aws installs it on Debian"
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

# The image of local_image.sh with Debian's Python and the runtime of AWS.
make_python_image() {
    docker image inspect "$python_image" >/dev/null 2>&1 && return
    say "making $python_image"
    local fs=$work/python minor container package
    minor=$(apt-cache depends python3-minimal | grep -oE 'python3\.[0-9]+-minimal' | head -1 | grep -oE '3\.[0-9]+')
    mkdir -p "$fs/root/var/runtime" "$fs/packages"
    (cd "$fs/packages" && apt-get download -qq "python$minor-minimal" "libpython$minor-minimal" \
        "libpython$minor-stdlib" libexpat1 zlib1g libstdc++6 >/dev/null 2>&1) ||
        fail "the packages cannot be had: run apt-get update"
    for package in "$fs"/packages/*.deb; do dpkg-deb -x "$package" "$fs/root"; done
    "$venv/bin/pip" install --quiet --disable-pip-version-check --target "$fs/root/var/runtime" \
        --python-version "$minor" --platform manylinux2014_x86_64 --only-binary=:all: "$runtime"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nexport PYTHONPATH=/var/runtime\nexec /usr/bin/python%s -m awslambdaric "$_HANDLER"\n' "$minor" \
        >"$fs/root/var/runtime/bootstrap"
    chmod 755 "$fs/root/var/runtime/bootstrap"
    container=$(docker create "$image" /bin/sh)
    docker cp --quiet "$fs/root/." "$container:/"
    docker commit "$container" "$python_image" >/dev/null
    docker rm "$container" >/dev/null
}

# Builds a template, or one function of it, for this machine's kind of Lambda.
build_part() {
    local template=$1 to=$2
    shift 2
    say "sam build ${template#"$root"/} $*"
    (cd "$root" && sam build "$@" --template "$template" --build-dir "$work/$to" \
        --parameter-overrides Architecture=x86_64) >"$work/build.log" 2>&1 ||
        { tail -20 "$work/build.log" >&2; fail "sam build"; }
}

install "$here/requirements.txt" "$venv"
(cd "$root" && sam validate --lint --template examples/orders/template.yaml)
# As in setup.sh: link-time optimisation takes minutes.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
build_part "$root/template.yaml" teams TeamsFunction
build_part "$root/template.yaml" tokens TokensFunction
build_part "$root/examples/orders/template.yaml" orders
start_docker
image=$("$here/local_image.sh")
make_python_image
# Containers see this machine as the bridge's address, so the stand-in listens there: still out of reach for others.
bridge=$(ip -4 -o addr show docker0 | awk '{sub("/.*", "", $4); print $4}')
start_ministack "$bridge" AUTH=true
# SAM asks who it is; it would wait long for an answer from AWS.
export AWS_ENDPOINT_URL=$endpoint
python "$here/stand_in.py" "$endpoint"
python "$here/example.py" "$work" "$image" "$python_image" "$endpoint"
say "the example answers as docs/operate/authorizer.md says"
