#!/usr/bin/env bash
# template.yaml, as the SAM command line and cfn-lint judge it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

install "$here/requirements.txt" "$venv"
cd "$root"
sam validate --lint
cfn-lint template.yaml
say "template.yaml is valid"
