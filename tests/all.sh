#!/usr/bin/env bash
# `make test`: one step after the other, up to the first that fails. Its last line says how many checks passed and failed:
# tests of Rust, what the scripts in Python and Node say, and steps that are one check each.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
said=$(mktemp)
passed=0 failed=0

finish() {
    local status=$?
    rm -f "$said"
    printf '%s passed, %s failed\n' "$passed" "$failed"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Runs a step, shows what it says, and counts it.
step() {
    local status=0 good bad
    "$@" 2>&1 | tee "$said" || status=$?
    read -r good bad < <(awk '
        /^test result: / { good += $4; bad += $6 }
        /^ok    / { good += 1 }
        /^NOT   / { bad += 1 }
        END { print good + 0, bad + 0 }' "$said")
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    if [ "$good" = 0 ] && [ "$bad" = 0 ]; then good=1; fi
    passed=$((passed + good)) failed=$((failed + bad))
    if [ "$status" != 0 ]; then
        # Once more at the end, where whoever sees the last lines alone finds it.
        grep -E '^NOT   |^test .* FAILED$|^error' "$said" | tail -n 20 || true
        printf 'FAILED: %s\n' "$*"
        exit "$status"
    fi
}

# Two scripts at once, which wait for disks and deadlines more than they compute. The second is heard when the first has ended.
together() {
    local status=0 other heard
    heard=$(mktemp)
    "$2" >"$heard" 2>&1 &
    other=$!
    # Nothing that runs behind others hears that the whole is interrupted.
    trap 'kill "$other" 2>/dev/null; rm -f "$heard"' EXIT
    "$1" || status=$?
    wait "$other" || status=$?
    cat "$heard"
    trap - EXIT
    rm -f "$heard"
    return "$status"
}

step cargo fmt --check
step cargo clippy --workspace --all-targets -- -D warnings
step tests/deny.sh
step tests/suite.sh
step together tests/receivers.sh tests/clients.sh
step together tests/console.sh tests/engines.sh
