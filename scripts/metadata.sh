#!/usr/bin/env bash
# Writes the runtime's metadata to worker/metadata.scale, which the worker's calls and views are
# generated from; run it after a change of the runtime's calls, events, storage or API.
#
#   scripts/metadata.sh            writes the file
#   scripts/metadata.sh --check    compares it with the runtime of the built node
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/lib.sh"
. "$here/env.sh"

FILE="$ASSAY_ROOT/worker/metadata.scale"
# Version 16, the first that names runtime APIs, view functions and transaction extensions.
VERSION_16=0x10000000
START_SECONDS=180

check=
case "${1:-}" in
	'') ;;
	--check) check=yes ;;
	*) die "unknown argument $1: only --check is known" ;;
esac
node="$ASSAY_BIN/assay-node"
[ -x "$node" ] || die "$node is not built: run 'scripts/check.sh build' first"

dir="$(mktemp -d)"
remove_dir() { rm -rf "$dir"; }
on_exit remove_dir

# The node asks its runtime's wasm: what is written is what the chain serves.
read_metadata() {
	local port answer
	port="$(free_port 9944)"
	start_child "$dir/log" "$node" --dev --base-path "$dir/node" --no-mdns --no-telemetry \
		--no-prometheus --rpc-port "$port" --listen-addr "/ip4/127.0.0.1/tcp/$(free_port 30333)"
	until answer="$(rpc "http://127.0.0.1:$port" state_call \
		"[\"Metadata_metadata_at_version\",\"$VERSION_16\"]" 2>/dev/null)"; do
		if ! children_alive || [ "$SECONDS" -gt "$START_SECONDS" ]; then
			tail -n 20 "$dir/log" >&2
			die "the node did not answer; its last lines are above"
		fi
		sleep 0.5
	done
	stop_children
	# An optional byte string: what counts begins with "meta" and goes to the end.
	answer="$(sed -n 's/.*"result":"0x\([0-9a-f]*\)".*/\1/p' <<<"$answer")"
	case "$answer" in 01*6d657461*) ;; *) die "the node's answer is no metadata: ${answer:0:80}" ;; esac
	printf '%b' "$(sed 's/../\\x&/g' <<<"6d657461${answer#*6d657461}")" >"$dir/metadata.scale"
}

read_metadata
bytes="$(wc -c <"$dir/metadata.scale")"
if [ -z "$check" ]; then
	cp "$dir/metadata.scale" "$FILE"
	say "wrote $bytes bytes to ${FILE#"$ASSAY_ROOT/"}"
elif cmp -s "$dir/metadata.scale" "$FILE"; then
	say "${FILE#"$ASSAY_ROOT/"} is the metadata of the built runtime, $bytes bytes"
else
	die "${FILE#"$ASSAY_ROOT/"} is not the metadata of the built runtime: run scripts/metadata.sh"
fi
