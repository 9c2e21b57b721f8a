#!/usr/bin/env bash
# Receivers in Python and Node verify our webhooks with the published libraries of Standard Webhooks, and with the code
# of docs/use/webhooks.md; the functions of docs/use/rest-hooks.md and docs/start/forms.md run as they stand there.
# Needs Python, Node with npm, and Rust; installs the rest. Listens on 127.0.0.1 only.
set -euo pipefail
# shellcheck source=tests/aws/setup.sh disable=SC2154
. "$(dirname "${BASH_SOURCE[0]}")/aws/setup.sh"
receivers=$root/tests/receivers

install "$receivers/requirements.txt" "$venv/receivers"
install_node "$receivers" "$venv/receivers/node"
cd "$root"
# As the tests build it: of the engine alone, cargo would build other variants of what it stands on.
cargo test --quiet --workspace --no-run
export NODE_PATH=$venv/receivers/node/node_modules
"$venv/receivers/bin/python" "$receivers/verify.py" target/debug/engine "$work"
say "receivers verify what is sent, as the documents say"
