#!/usr/bin/env bash
# Proves that template.yaml deploys and that what it deploys works together: `sam deploy` into ministack, a stand-in of
# AWS that runs the real bootstraps under their roles, then the form platform's example, and what follows from changes:
# the audit log, and webhooks to a receiver on this machine. What ministack cannot do is found out and printed.
# Needs Python and Rust; installs the rest. Listens on 127.0.0.1 only.
set -euo pipefail
# shellcheck source=tests/aws/setup.sh disable=SC2154
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

build
# AUTH: each call of a function is allowed or refused by the policies of its role, as on AWS.
start_ministack 127.0.0.1 AUTH=true
export AWS_ENDPOINT_URL=$endpoint
say "sam deploy"
cd "$root"
sam deploy --template-file "$work/build/template.yaml" --stack-name engine --resolve-s3 --capabilities CAPABILITY_IAM \
    --no-progressbar --parameter-overrides Architecture=x86_64 EndpointUrl="$endpoint" DeletionProtection=false \
    WebhookAllowedHosts=127.0.0.1 WebhookAllowsHttp=true \
    >"$work/deploy.log" 2>&1 || { grep -E "FAILED|Error" "$work/deploy.log" >&2; fail "sam deploy"; }
grep -E "Successfully created" "$work/deploy.log"
python "$here/deploy.py" "$endpoint" engine
say "the stack works as far as ministack goes"
