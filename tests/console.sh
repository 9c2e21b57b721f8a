#!/usr/bin/env bash
# The console in a real Chromium: every flow by mouse and by keyboard, axe-core, roles, hostile names, narrow windows. Pictures of
# the sections go to target/console.
#   tests/console.sh                       all of it
#   tests/console.sh members.test.mjs      these files alone
# Needs Node with npm, and Rust; installs the rest. Listens on 127.0.0.1 only.
set -euo pipefail
# shellcheck source=tests/aws/setup.sh disable=SC2154
. "$(dirname "${BASH_SOURCE[0]}")/aws/setup.sh"
console=$root/tests/console

install_node "$console" "$venv/console"
install_chromium
cd "$root"
# As the tests build it: of the engine alone, cargo would build other variants of what it stands on.
cargo test --quiet --workspace --no-run
# Files of two natures, for the browser to open.
cargo test --quiet --workspace --test api polyglots::
# Beside the tests, as modules are looked for from where a file lies.
ln -sfn "$venv/console/node_modules" "$console/node_modules"
cd "$console"
files=("$@")
[ $# != 0 ] || files=(*.test.mjs)
node --test --test-concurrency=2 --test-reporter=./reporter.mjs "${files[@]}"
say "the console holds in a browser"
