#!/usr/bin/env bash
# Sets up everything and runs all checks and tests: what CI runs.
#
#   scripts/test.sh
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/lib.sh"

[ $# = 0 ] || die "takes no arguments; single stages: scripts/check.sh, scripts/e2e/run.sh"
stages_begin
stage setup "$here/setup.sh" --tests
attended "$here/check.sh"
stage end-to-end "$here/e2e/run.sh"
