#!/usr/bin/env bash
# All tests in Rust: those beside the code, those of the program for one machine and those of the API, at once. Each part waits
# for disks and deadlines more than it computes, so that together they take little longer than the longest.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-$((3 * $(nproc)))}"

cargo test --workspace --no-run || exit 1

parts=()
for part in "--lib --bins" "--test local" "--test api"; do
    # shellcheck disable=SC2086 # two words are two arguments
    cargo test --workspace --no-fail-fast $part &
    parts+=($!)
done
status=0
for part in "${parts[@]}"; do
    wait "$part" || status=1
done
exit "$status"
