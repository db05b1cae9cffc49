#!/usr/bin/env bash
# From an empty machine to a trained, verified and paid job: sets up, builds, starts a local
# network and runs the main job on it.
#
#   scripts/quickstart.sh [--json FILE] [--cheat wrong-gradient]
#
# --json FILE               writes the outcome as one JSON object
# --cheat wrong-gradient    lets one provider do wrong work, which is found and punished
#
# Every other flag goes to `assay demo`. Chains, logs and the trained model land in .local/demo.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/lib.sh"
. "$here/env.sh"

LOCAL="$ASSAY_ROOT/.local"
CORPUS="$LOCAL/corpus.bin"

# What the job trains on: the sources of dependencies, which the build has just unpacked.
pack_corpus() {
	"$ASSAY_BIN/assay" data pack --list "$here/corpus.txt" --kind rs \
		--expect "$(<"$here/corpus.root")" --out "$CORPUS"
}

prepare() {
	stages_begin
	stage setup "$here/setup.sh"
	# Who builds the wasm may have been decided only now.
	. "$here/env.sh"
	cd "$ASSAY_ROOT"
	stage build cargo build --locked -p assay-node -p assay
	stage corpus pack_corpus
}

given=" $* "
case "$given" in
	*' -h '* | *' --help '*)
		sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
		exit 0
		;;
esac
defaults=()
case "$given" in *' --data'*) ;; *) defaults+=(--data "$CORPUS") ;; esac
case "$given" in *' --base'*) ;; *) defaults+=(--base "$LOCAL/demo") ;; esac

# In a shell of its own: its table is shown before the job begins.
attended prepare

# In place of this script, so that Ctrl-C and every other signal reach the supervisor itself, which
# stops all that it has started.
exec "$ASSAY_BIN/assay" demo "${defaults[@]}" "$@"
