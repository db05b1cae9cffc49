#!/usr/bin/env bash
# Runs the local network: three validator nodes of the `local` preset on loopback.
#
#   scripts/local-network.sh                  until Ctrl-C
#   scripts/local-network.sh COMMAND ARGS...  as long as the command runs, with its exit status
#
# The command finds the nodes in ASSAY_NODES, WebSocket addresses separated by commas, the nodes'
# logs in ASSAY_LOGS. The chain begins anew each time; nothing of it is left behind.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/lib.sh"
. "$here/env.sh"

NAMES=(alice bob charlie)
FIRST_RPC_PORT=9944
FIRST_P2P_PORT=30333
# Every node compiles the runtime first, which takes a loaded machine a minute.
FINALITY_SECONDS=300
TRIE_CACHE_BYTES=$((64 * 1024 * 1024))
# Public test identities: any fixed keys do.
BOOT_PEER=12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp

node="$ASSAY_BIN/assay-node"
[ -x "$node" ] || die "$node is not built: run 'scripts/check.sh build' first"
command -v curl >/dev/null 2>&1 || die "curl is missing: run scripts/setup.sh"

dir="$(mktemp -d)"
remove_dir() { rm -rf "$dir"; }
on_exit remove_dir

rpc_ports=()
start_nodes() {
	local index name rpc_port p2p_port boot=() next_rpc=$FIRST_RPC_PORT next_p2p=$FIRST_P2P_PORT
	for index in "${!NAMES[@]}"; do
		name=${NAMES[$index]}
		rpc_port="$(free_port "$next_rpc")"
		p2p_port="$(free_port "$next_p2p")"
		next_rpc=$((rpc_port + 1))
		next_p2p=$((p2p_port + 1))
		rpc_ports+=("$rpc_port")
		start_child "$dir/$name.log" "$node" --chain local "--$name" \
			--base-path "$dir/$name" \
			--rpc-port "$rpc_port" --listen-addr "/ip4/127.0.0.1/tcp/$p2p_port" \
			--node-key "$(printf '%064x' $((index + 1)))" "${boot[@]}" \
			--no-mdns --no-telemetry --no-prometheus --trie-cache-size "$TRIE_CACHE_BYTES" \
			--state-pruning archive
		[ "$index" != 0 ] || boot=(--bootnodes "/ip4/127.0.0.1/tcp/$p2p_port/p2p/$BOOT_PEER")
	done
}

# The number of the last finalised block that a node knows; nothing while it does not answer.
finalised() {
	local url="http://127.0.0.1:$1" head
	head="$(rpc "$url" chain_getFinalizedHead 2>/dev/null)" || return 0
	head="$(sed -n 's/.*"result":"\(0x[0-9a-f]*\)".*/\1/p' <<<"$head")"
	[ -n "$head" ] || return 0
	head="$(rpc "$url" chain_getHeader "[\"$head\"]" 2>/dev/null)" || return 0
	head="$(sed -n 's/.*"number":"\(0x[0-9a-f]*\)".*/\1/p' <<<"$head")"
	[ -z "$head" ] || printf '%d' "$head"
}

# Shows the end of a node's log and gives up.
node_failed() {
	warn "the last lines of ${NAMES[$1]}:"
	tail -n 20 "$dir/${NAMES[$1]}.log" >&2
	die "${NAMES[$1]} $2"
}

wait_for_finality() {
	local index number
	for index in "${!NAMES[@]}"; do
		until number="$(finalised "${rpc_ports[$index]}")" && [ "${number:-0}" -ge 1 ]; do
			kill -0 "${children[$index]}" 2>/dev/null || node_failed "$index" "has ended"
			[ "$SECONDS" -lt "$FINALITY_SECONDS" ] \
				|| node_failed "$index" "has finalised no block in $FINALITY_SECONDS s"
			sleep 0.5
		done
	done
}

start_nodes
say "starting ${#NAMES[@]} validators; logs in $dir"
wait_for_finality
addresses=("${rpc_ports[@]/#/ws://127.0.0.1:}")
ASSAY_NODES="$(IFS=,; printf '%s' "${addresses[*]}")"
export ASSAY_NODES ASSAY_LOGS="$dir"
say "all of them finalise after $SECONDS s: ${addresses[*]}"

if [ $# = 0 ]; then
	say "press Ctrl-C to stop"
	# A node that dies stops the others: three validators cannot finalise without one.
	wait -n "${children[@]}" || true
	for index in "${!NAMES[@]}"; do
		kill -0 "${children[$index]}" 2>/dev/null || node_failed "$index" "has ended"
	done
fi

# In the background, so that a signal to this script is not kept waiting until the command ends.
"$@" &
children+=("$!")
wait "$!"
