#!/usr/bin/env bash
# The built suite, so many times in a row, with three busy loops beside it: whether anything in it fails by chance.
# One line for each run, the output of those that failed, and a last line: N passed, N failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs="${1:-20}"
busy_loops=3

cargo test --workspace --no-run || exit 1

beside=()
end() { kill "${beside[@]}" 2> /dev/null; }
trap end EXIT
trap 'exit 130' INT TERM
for ((loop = 0; loop < busy_loops; loop++)); do
    (while :; do :; done) &
    beside+=($!)
done

said="$(mktemp)"
passed=0 failed=0
for ((run = 1; run <= runs; run++)); do
    begin=$SECONDS
    if tests/suite.sh > "$said" 2>&1; then
        ((passed++))
        outcome=passed
    else
        ((failed++))
        outcome=failed
        cat "$said"
    fi
    tests=$(grep -oE '^test result: .* [0-9]+ passed' "$said" | grep -oE '[0-9]+ passed' | awk '{sum += $1} END {print sum + 0}')
    echo "run $run of $runs: $outcome, $tests tests passed, $((SECONDS - begin)) s"
done
rm -f "$said"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
