#!/usr/bin/env bash
# The OpenAPI document as others use it: two linters read it, two generators make clients of it that work with the running
# API, and a fuzzer tries every operation that it has.
# Needs Python, Node with npm, and Rust; installs the rest. Listens on 127.0.0.1 only.
set -euo pipefail
# shellcheck source=tests/aws/setup.sh disable=SC2154
. "$(dirname "${BASH_SOURCE[0]}")/aws/setup.sh"
clients=$root/tests/clients

install "$clients/requirements.txt" "$venv/clients"
install_node "$clients" "$venv/clients/node"
cd "$root"
# As the tests build it: of the engine alone, cargo would build other variants of what it stands on.
cargo test --quiet --workspace --no-run
# None of the tools asks anybody but the engine.
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true NO_UPDATE_NOTIFIER=1
export PATH=$venv/clients/node/node_modules/.bin:$venv/clients/bin:$PATH
export NODE_PATH=$venv/clients/node/node_modules PYTHONPATH=$root/tests/receivers
"$venv/clients/bin/python" "$clients/verify.py" target/debug/engine "$work"
say "the document holds for linters, clients and a fuzzer"
