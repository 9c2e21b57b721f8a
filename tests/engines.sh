#!/usr/bin/env bash
# The end-to-end tests with the tables in another DynamoDB engine than the embedded one, reached over HTTP.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/aws/setup.sh"

start_ministack 127.0.0.1
say "the tests on ministack's DynamoDB"
cd "$root"
# Of the whole workspace, so that nothing has to be built anew. Of files of two natures no table is asked; the models compare with
# plain programs what is asked of an engine here by other tests, and calls are counted alike on every engine. A hundred visitors at
# once are more than this engine answers in time beside the rest.
TEST_DYNAMODB=$endpoint cargo test --workspace --test api -- --skip polyglots:: --skip forms::model --skip forms::races --skip forms::units --skip views::model
TEST_DYNAMODB=$endpoint cargo test --workspace --test local killed
