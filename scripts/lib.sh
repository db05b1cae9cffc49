# shellcheck shell=bash
# What the scripts share: messages, timed stages and child processes. Source it: `. scripts/lib.sh`.

ASSAY_SCRIPT="$(basename "$0" .sh)"

say() { printf '[%s] %s\n' "$ASSAY_SCRIPT" "$*"; }
warn() { printf '[%s] %s\n' "$ASSAY_SCRIPT" "$*" >&2; }
die() {
	printf '[%s] error: %s\n' "$ASSAY_SCRIPT" "$*" >&2
	exit 1
}

# --- Stages -----------------------------------------------------------------------------------
# The outermost script owns the table; the scripts that it calls only add to it.

stage_owner=
stage_now=
stage_began=0

stages_begin() {
	on_exit stages_end
	[ -z "${ASSAY_STAGES:-}" ] || return 0
	ASSAY_STAGES="$(mktemp)"
	export ASSAY_STAGES
	stage_owner=yes
}

# Runs a command as a stage. A failing command ends the script, as without this function: it is not
# called in a condition, because that would switch `set -e` off inside of it.
stage() {
	stage_now="$1"
	shift
	stage_began=$SECONDS
	printf '\n=== %s\n' "$stage_now"
	attended "$@"
	stage_note ok
}

stage_note() {
	printf '%s\t%d\t%s\n' "$stage_now" "$((SECONDS - stage_began))" "$1" >>"$ASSAY_STAGES"
	printf '=== %s: %s, %d s\n' "$stage_now" "$1" "$((SECONDS - stage_began))"
	stage_now=
}

stages_end() {
	[ -z "$stage_now" ] || stage_note FAILED
	[ -n "$stage_owner" ] || return 0
	if [ -s "$ASSAY_STAGES" ]; then
		printf '\n%-32s %8s\n' stage seconds
		awk -F '\t' '{
			printf "%-32s %8d%s\n", $1, $2, ($3 == "ok" ? "" : "  " $3)
			total += $2
		} END { printf "%-32s %8d\n", "total", total }' "$ASSAY_STAGES"
	fi
	rm -f "$ASSAY_STAGES"
}

# --- Ending -----------------------------------------------------------------------------------

exit_hooks=()

# Registers a function to call when the script ends, however it ends. The latest runs first.
on_exit() {
	exit_hooks=("$1" "${exit_hooks[@]}")
	trap 'run_exit_hooks $?' EXIT
	# Leaving by `exit` runs the line above, with the status that a killed program has.
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}

run_exit_hooks() {
	local status=$1 hook
	trap - EXIT
	# A second Ctrl-C must not leave processes behind.
	trap '' INT TERM HUP
	set +e
	for hook in "${exit_hooks[@]}"; do "$hook"; done
	exit "$status"
}

# --- Child processes --------------------------------------------------------------------------
# Only processes that were started here are ever signalled, each by its own id.

children=()

# Makes a child end when its parent does. That counts when this script is killed and can stop
# nothing. Where util-linux does not have it, such a child stays.
parent_death=()
! setpriv --pdeathsig TERM true 2>/dev/null || parent_death=(setpriv --pdeathsig TERM)

# Starts a program in the background, its output in a file: start_child LOG PROGRAM...
start_child() {
	local log=$1
	shift
	[ ${#children[@]} != 0 ] || on_exit stop_children
	"${parent_death[@]}" "$@" >"$log" 2>&1 </dev/null &
	children+=("$!")
}

# Asks every child to end, and after ten seconds makes it.
stop_children() {
	local pid round
	[ ${#children[@]} != 0 ] || return 0
	for pid in "${children[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
	for round in $(seq 100); do
		children_alive || break
		sleep 0.1
	done
	for pid in "${children[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
	wait "${children[@]}" 2>/dev/null || true
	children=()
}

children_alive() {
	local pid
	for pid in "${children[@]}"; do
		kill -0 "$pid" 2>/dev/null && return 0
	done
	return 1
}

# --- A command that is waited for -------------------------------------------------------------

attended=
attended_hooked=

# Runs a command, in a subshell, and returns its status. It is waited for in the background, because
# bash lets a signal wait until a command in the foreground ends.
attended() {
	local status=0
	[ -n "$attended_hooked" ] || on_exit stop_attended
	attended_hooked=yes
	(
		# Those of this shell are not the subshell's, and Ctrl-C is meant for both.
		exit_hooks=()
		children=()
		attended_hooked=
		trap - INT
		"$@"
	) &
	attended=$!
	wait "$attended" || status=$?
	attended=
	return "$status"
}

# Asks the command, and everything that it has started, to end. What stops others first has time
# for that: after twenty seconds all are made to.
stop_attended() {
	local pid round family
	[ -n "$attended" ] || return 0
	family="$(family "$attended")"
	for pid in $family; do kill -TERM "$pid" 2>/dev/null || true; done
	for round in $(seq 200); do
		family="$(still_running "$family")"
		[ -n "$family" ] || break
		sleep 0.1
	done
	for pid in $family; do kill -KILL "$pid" 2>/dev/null || true; done
	wait "$attended" 2>/dev/null || true
	attended=
}

# Prints every process as its id and its parent's, without those that have ended.
processes() {
	cat /proc/[0-9]*/stat 2>/dev/null | sed -n 's/^\([0-9]*\) (.*) [^Z] \([0-9]*\) .*/\1 \2/p'
}

# Prints a process's id and those of all that descend from it.
family() {
	processes | awk -v root="$1" '{ parent[$1] = $2 } END {
		for (pid in parent) {
			for (above = pid; above in parent && above != root;) above = parent[above]
			if (above == root) print pid
		}
	}'
}

# Prints those of the ids that still run.
still_running() { processes | awk -v ids="$1" '
	BEGIN { for (i = split(ids, list); i > 0; i--) wanted[list[i]] }
	$1 in wanted { print $1 }'; }

# --- Network ----------------------------------------------------------------------------------

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Prints the first free port from the given one on.
free_port() {
	local port=$1
	until port_is_free "$port"; do
		port=$((port + 1))
		[ "$port" -lt 65000 ] || die "no free port from $1 on"
	done
	printf '%d' "$port"
}

# Calls a node: rpc URL METHOD [PARAMS as a JSON array]. Prints the answer as JSON.
rpc() {
	curl -sS --max-time 10 -H 'Content-Type: application/json' \
		-d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":${3:-[]}}" "$1"
}
