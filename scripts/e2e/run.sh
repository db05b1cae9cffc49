#!/usr/bin/env bash
# Runs the end-to-end tests against one local network, started for all of them.
#
#   scripts/e2e/run.sh [FILE.test.mjs...]
#
# Without files: every *.test.mjs of this folder.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/../lib.sh"

# One file after the other: they share the network and its accounts.
run_tests() {
	local test failed=0
	cd "$here"
	for test; do
		node --test --test-reporter=spec "$test" || failed=$((failed + 1))
	done
	[ "$failed" = 0 ] || die "$failed of $# test files failed"
}

if [ "${1:-}" = --inside ]; then
	shift
	run_tests "$@"
	exit
fi

tests=()
for file; do
	[ -f "$here/${file##*/}" ] || die "$file: no such test in scripts/e2e"
	tests+=("${file##*/}")
done
if [ ${#tests[@]} = 0 ]; then
	for file in "$here"/*.test.mjs; do tests+=("${file##*/}"); done
fi

# Installed again only when the lock changes.
stamp="$here/node_modules/.package-lock.json"
if [ ! "$stamp" -nt "$here/package-lock.json" ]; then
	say "installing what package-lock.json pins"
	(cd "$here" && npm ci --no-audit --no-fund --loglevel=error)
	touch "$stamp"
fi

"$here/../local-network.sh" "$here/run.sh" --inside "${tests[@]}"
