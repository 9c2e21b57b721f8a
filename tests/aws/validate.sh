#!/usr/bin/env bash
# template.yaml, as the SAM command line, cfn-lint and checkov judge it, and as it is once SAM has translated it.
set -euo pipefail
# shellcheck source=tests/aws/setup.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

install "$here/requirements.txt" "$venv"
# It needs other versions of what the SAM command line needs.
install "$here/checkov.txt" "$venv/checkov"
cd "$root"
sam validate --lint
cfn-lint template.yaml
python "$here/translated.py"
# What we mean to be so is explained beside it in the template; nothing is skipped that is not.
meant=$(sed -nE 's/^ *# (CKV2?_AWS_[0-9]+): .+/\1/p' template.yaml | paste -sd,)
"$venv/checkov/bin/checkov" --file template.yaml --framework cloudformation --compact --quiet --skip-download \
    --skip-check "$meant"
say "template.yaml is valid"
