#!/usr/bin/env bash
# Proves that template.yaml deploys and that what it deploys works together: `sam deploy` into ministack, a stand-in of
# AWS that runs the real bootstraps under their roles, then the form platform's example, and what follows from changes:
# the audit log, and webhooks to a receiver on this machine; then, by the commands that docs/ prints, keys that change and
# are lost, and a stack that is gone. What ministack cannot do is found out and printed.
# Needs Python and Rust; installs the rest. Listens on 127.0.0.1 only.
set -euo pipefail
# shellcheck source=tests/aws/setup.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

build
install "$here/awscli.txt" "$venv/awscli"
say "cargo build"
# For `engine keys`: as the tests have it.
cargo test --quiet --workspace --test local --no-run
export PATH=$root/target/debug:$PATH
# AUTH: each call of a function is allowed or refused by the policies of its role, as on AWS.
start_ministack 127.0.0.1 AUTH=true
export AWS_ENDPOINT_URL=$endpoint
cd "$root"

deploy() {
    say "sam deploy"
    sam deploy --template-file "$1/template.yaml" --stack-name engine --resolve-s3 --capabilities CAPABILITY_IAM \
        --no-progressbar --parameter-overrides Architecture=x86_64 EndpointUrl="$endpoint" DeletionProtection=false \
        WebhookAllowedHosts=127.0.0.1 WebhookAllowsHttp=true \
        >"$work/deploy.log" 2>&1 || { grep -E "FAILED|Error" "$work/deploy.log" >&2; fail "sam deploy"; }
    grep -E "Successfully created" "$work/deploy.log"
}

recover() { python "$here/recovery.py" "$endpoint" engine "$work/folder" "$1"; }

deploy "$work/build"
mkdir "$work/folder"
python "$here/deploy.py" "$endpoint" engine "$work/folder"
recover asked
recover keys
recover gone
deploy "$work/build"
recover back
recover damaged
build "$work/folder/restored.yaml" "$work/restored"
deploy "$work/restored"
recover restored
say "the stack works as far as ministack goes"
