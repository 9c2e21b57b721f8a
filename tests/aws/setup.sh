# shellcheck shell=bash
# What the scripts here share; they source it. Tools go to .venv, all else to a folder that is removed at the end.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/tests/aws
venv=$root/.venv
work=$(mktemp -d "${TMPDIR:-/tmp}/engine-aws.XXXXXX")
started=()
bridge_made=

export PATH=$venv/bin:$PATH SAM_CLI_TELEMETRY=0 PYTHONDONTWRITEBYTECODE=1
# Stand-ins take any key; there is no account behind these.
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1
unset AWS_PROFILE AWS_SESSION_TOKEN

say() { printf '── %s\n' "$*" >&2; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# Ends what was started, by process id, and keeps the logs of a failure.
finish() {
    local status=$? pid
    for pid in "${started[@]}"; do
        # With what it started itself, if it leads a group of its own.
        kill -- "-$pid" 2>/dev/null || kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    if [ -n "$bridge_made" ]; then ip link delete docker0 2>/dev/null || true; fi
    if [ "$status" = 0 ]; then rm -rf "$work"; else say "logs: $work"; fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Installs a list of requirements into an environment of its own, once per version of the list. Each file must have one of
# the hashes that the list has; docs/develop/locks.md tells how a list is made. It names all that is needed, so nothing is resolved:
# pip 23 would look for newer versions of what is asked for with extras, and then miss their hashes.
install() {
    local list=$1 to=$2
    cmp -s "$list" "$to/installed" && return
    say "installing $(basename "$list") into ${to#"$root"/}"
    [ -x "$to/bin/pip" ] || python3 -m venv "$to"
    "$to/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$list"
    cp "$list" "$to/installed"
}

# The same for the folder of a list of npm's and its lock file, which has the hashes. No script of a package runs.
install_node() {
    local from=$1 to=$2
    cmp -s "$from/package-lock.json" "$to/installed" && return
    say "installing $(basename "$from")/package-lock.json into ${to#"$root"/}"
    mkdir -p "$to"
    cp "$from/package.json" "$from/package-lock.json" "$to"
    npm ci --prefix "$to" --loglevel=error --ignore-scripts --no-audit --no-fund --no-update-notifier
    cp "$from/package-lock.json" "$to/installed"
}

# A Chromium at $CHROMIUM: the one without a window, of Debian, where there is none. It draws pages as the other does, in less time.
install_chromium() {
    CHROMIUM=${CHROMIUM:-$(command -v chromium-headless-shell || true)}
    if [ -z "$CHROMIUM" ]; then
        say "installing Debian's chromium-headless-shell"
        local sudo=
        [ "$(id -u)" = 0 ] || sudo=sudo
        $sudo apt-get -qq update || say "the lists of packages stay as they are"
        DEBIAN_FRONTEND=noninteractive $sudo apt-get -qq install --no-install-recommends chromium-headless-shell fonts-dejavu-core \
            >/dev/null || CHROMIUM=$(command -v chromium || command -v google-chrome || true)
        CHROMIUM=${CHROMIUM:-$(command -v chromium-headless-shell)} || fail "there is no chromium"
    fi
    export CHROMIUM
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Starts ministack, a stand-in of AWS, on a free port of an address of this machine, and sets $endpoint. Further
# arguments are settings of it.
start_ministack() {
    local address=$1
    shift
    # Its pinned libraries differ from those of the SAM command line, so it lives apart.
    install "$here/ministack.txt" "$venv/ministack"
    local port pid
    port=$(free_port)
    endpoint=http://$address:$port
    mkdir -p "$work/ministack"
    setsid env TMPDIR="$work/ministack" STATE_DIR="$work/ministack" S3_DATA_DIR="$work/ministack/s3" \
        BIND_HOST="$address" MINISTACK_HOST=localhost GATEWAY_PORT="$port" IOT_MTLS_ENABLED=0 SFTP_ENABLED=0 \
        LAMBDA_EXECUTOR=local LOG_LEVEL=INFO "$@" "$venv/ministack/bin/ministack" >"$work/ministack.log" 2>&1 &
    pid=$!
    started+=("$pid")
    for _ in $(seq 1200); do
        python3 -c "import urllib.request as r; r.urlopen('$endpoint/_ministack/health')" 2>/dev/null &&
            { say "ministack at $endpoint"; return; }
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    tail -5 "$work/ministack.log" >&2
    fail "ministack did not start"
}

# Builds every function for this machine's kind of Lambda: without link-time optimisation, which takes minutes for each,
# unless ENGINE_AWS_RELEASE is set. Of template.yaml, or of another template with the same functions.
build() {
    local template=${1:-$root/template.yaml} to=${2:-$work/build}
    install "$here/requirements.txt" "$venv"
    say "sam build"
    if [ -z "${ENGINE_AWS_RELEASE:-}" ]; then
        export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
    fi
    (cd "$root" && sam build --template "$template" --base-dir "$root" --build-dir "$to" \
        --parameter-overrides Architecture=x86_64) >"$work/build.log" 2>&1 ||
        { tail -20 "$work/build.log" >&2; fail "sam build"; }
}
