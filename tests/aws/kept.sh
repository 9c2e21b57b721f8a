#!/usr/bin/env bash
# Prints of template.yaml what outlives its stack, and nothing else: tables, key ring and user pool, for a new stack to
# take over. docs/operate/backup-upgrade.md says how.
set -euo pipefail
awk '
  /^Transform:/ { next }
  /^(Globals|Outputs):/ { section = "left out" }
  /^(Parameters|Rules|Conditions):/ { section = "kept" }
  /^Resources:/ { section = "resources"; print; next }
  section == "resources" && /^  [A-Za-z]+:$/ { is_kept = / (IdentityTable|WorkspaceTable|ObjectsTable|ActivityTable|KeyRing|UserPool):/ }
  section == "resources" ? is_kept : section != "left out"
' "$(dirname "${BASH_SOURCE[0]}")/../../template.yaml"
