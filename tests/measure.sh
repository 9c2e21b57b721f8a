#!/usr/bin/env bash
# What the house measures: files and lines, and how long the tests of each crate of `shared` take to build after a change in it.
# Circles, homonyms and loops of retry are none, none and one, or a test fails (tests/api/layers.rs, tests/api/tidy.rs).
#   tests/measure.sh            all of it
#   tests/measure.sh base gate  the builds of these crates alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=3

# Files and lines of Rust below the folders, without and with tests.
count() {
    local name="$1"
    shift
    local product tests
    product=$(git ls-files -- "$@" | grep '\.rs$' | grep -vE '(^|/)tests(/|\.rs$)' || true)
    tests=$(git ls-files -- "$@" | grep '\.rs$' | grep -E '(^|/)tests(/|\.rs$)' || true)
    printf '%-12s %5d files %7d lines, and %4d files %7d lines of tests\n' "$name" \
        "$(wc -w <<< "$product")" "$(cat /dev/null $product | wc -l)" "$(wc -w <<< "$tests")" "$(cat /dev/null $tests | wc -l)"
}

# The median of the seconds that the tests of a crate take to build after each of its files may have changed.
build() {
    local crate="$1" seconds=() begin end
    cargo test --quiet -p "$crate" --no-run 2> /dev/null
    for ((run = 0; run < runs; run++)); do
        touch "shared/$crate/src/lib.rs"
        begin=$(date +%s.%N)
        cargo test --quiet -p "$crate" --no-run 2> /dev/null
        end=$(date +%s.%N)
        seconds+=("$(awk "BEGIN { printf \"%.1f\", $end - $begin }")")
    done
    printf '%-12s %6s s\n' "$crate" "$(printf '%s\n' "${seconds[@]}" | sort -n | sed -n "$((runs / 2 + 1))p")"
}

if [ $# = 0 ]; then
    count shared shared
    count functions functions
    count local local
    count bench bench
    count tests tests
    set -- $(basename -a shared/*/)
    echo
fi
for crate in "$@"; do build "$crate"; done
