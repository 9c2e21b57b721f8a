#!/usr/bin/env bash
# Receivers in Python and Node verify our webhooks with the published libraries of Standard Webhooks, and with the code
# of docs/webhooks.md; the functions of docs/zapier.md run as they stand there.
# Needs Python, Node with npm, and Rust; installs the rest. Listens on 127.0.0.1 only.
set -euo pipefail
# shellcheck source=tests/aws/setup.sh disable=SC2154
. "$(dirname "${BASH_SOURCE[0]}")/aws/setup.sh"
receivers=$root/tests/receivers

# As `install` does it, for a list of npm's. No lock file is kept: it would name where packages came from, so the list
# pins what its packages need as well.
install_node() {
    local list=$1 to=$2
    cmp -s "$list" "$to/installed" && return
    say "installing $(basename "$list") into ${to#"$root"/}"
    mkdir -p "$to"
    cp "$list" "$to/package.json"
    npm install --prefix "$to" --loglevel=error --no-package-lock --no-audit --no-fund --ignore-scripts
    cp "$list" "$to/installed"
}

install "$receivers/requirements.txt" "$venv/receivers"
install_node "$receivers/package.json" "$venv/receivers/node"
cd "$root"
# As the tests build it: of the engine alone, cargo would build other variants of what it stands on.
cargo test --quiet --workspace --no-run
export NODE_PATH=$venv/receivers/node/node_modules
"$venv/receivers/bin/python" "$receivers/verify.py" target/debug/engine "$work"
say "receivers verify what is sent, as the documents say"
