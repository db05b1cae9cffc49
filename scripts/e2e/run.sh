#!/usr/bin/env bash
# Runs the end-to-end tests: those of one local network, started for all of them, and then those
# that start their own.
#
#   scripts/e2e/run.sh [FILE.test.mjs...]
#
# Without files: every *.test.mjs of this folder.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/../lib.sh"
. "$here/../env.sh"

OWN_NETWORK=(first-light.test.mjs)

# One file after the other: they share processors, and the network with its accounts.
run_tests() {
	local test failed=0
	cd "$here"
	for test; do
		attended node --test --test-reporter=spec "$test" || failed=$((failed + 1))
	done
	[ "$failed" = 0 ] || die "$failed of $# test files failed"
}

if [ "${1:-}" = --inside ]; then
	shift
	run_tests "$@"
	exit
fi

files=("$@")
[ ${#files[@]} != 0 ] || files=("$here"/*.test.mjs)
shared=()
own=()
for file in "${files[@]}"; do
	file="${file##*/}"
	[ -f "$here/$file" ] || die "$file: no such test in scripts/e2e"
	case " ${OWN_NETWORK[*]} " in *" $file "*) own+=("$file") ;; *) shared+=("$file") ;; esac
done

# Installed again only when the lock changes.
stamp="$here/node_modules/.package-lock.json"
if [ ! "$stamp" -nt "$here/package-lock.json" ]; then
	say "installing what package-lock.json pins"
	(cd "$here" && npm ci --no-audit --no-fund --loglevel=error)
	touch "$stamp"
fi

if [ ${#shared[@]} != 0 ]; then
	attended "$here/../local-network.sh" "$here/run.sh" --inside "${shared[@]}"
fi
if [ ${#own[@]} != 0 ]; then
	for program in assay assay-node; do
		[ -x "$ASSAY_BIN/$program" ] \
			|| die "$ASSAY_BIN/$program is not built: run 'scripts/check.sh build' first"
	done
	run_tests "${own[@]}"
fi
