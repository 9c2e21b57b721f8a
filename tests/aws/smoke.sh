#!/usr/bin/env bash
# Asks a deployed stack about what stand-ins of AWS cannot show. Needs Python 3.11 and nothing else.
#
#   SESSION=… tests/aws/smoke.sh https://api.example.com [--except CHECK]…
#
# The URL is ApiUrl. SESSION is a person's ID token, such as the console gets; `make run` gives one by itself.
# It makes a team called Smoke, or takes the one that it has made before, and revokes the tokens that it makes.
set -euo pipefail
exec python3 -I "$(dirname "${BASH_SOURCE[0]}")/smoke.py" "$@"
