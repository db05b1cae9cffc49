#!/usr/bin/env bash
# Measures the calls and hooks of our pallets and writes their weights to runtime/src/weights.
# Run it on the reference machine of docs/performance.md, with nothing else running.
#
#   scripts/weights.sh [PALLET...]      such as: scripts/weights.sh pallet_jobs
#   scripts/weights.sh judge            writes nothing: prints what judging a disputed step takes,
#                                       part by part and for every op kind
#
# ASSAY_BENCH_STEPS and ASSAY_BENCH_REPEAT (50 and 20) make a trial run shorter.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/lib.sh"
. "$here/env.sh"
cd "$ASSAY_ROOT"

BENCHER_VERSION=0.28.0
ALL=(pallet_beacon pallet_disputes pallet_jobs pallet_proof_of_compute pallet_slashing pallet_stake)
STEPS="${ASSAY_BENCH_STEPS:-50}"
REPEAT="${ASSAY_BENCH_REPEAT:-20}"

# With its own lock and its own build directory, so that none of its features gets into ours.
tools="$CARGO_TARGET_DIR/tools"
bencher="$tools/bin/frame-omni-bencher"
wasm="$CARGO_TARGET_DIR/production/wbuild/assay-runtime/assay_runtime.wasm"

install_bencher() {
	[ ! -x "$bencher" ] || "$bencher" --version | grep -qF "$BENCHER_VERSION" || rm -f "$bencher"
	# One of its parts, which is not used here, would build a runtime of its own.
	[ -x "$bencher" ] || SKIP_WASM_BUILD=1 CARGO_TARGET_DIR="$tools/build" \
		cargo install --locked --root "$tools" "frame-omni-bencher@$BENCHER_VERSION"
}

# Weights are those of the code that production runs, with every optimisation.
build_runtime() {
	cargo build --locked --profile production -p assay-runtime --features runtime-benchmarks
	[ -f "$wasm" ] || die "no $wasm: the runtime was built without its wasm"
}

# A chain that is no parachain needs no proofs, and recording them takes time.
benchmark() {
	"$bencher" v1 benchmark pallet --runtime "$wasm" --pallet "$1" --extrinsic "$2" \
		--genesis-builder runtime --genesis-builder-preset development \
		--repeat "$REPEAT" --heap-pages 4096 --disable-proof-recording "${@:3}"
}

measure() {
	benchmark "$1" '*' --steps "$STEPS" --template scripts/weights.hbs \
		--output "runtime/src/weights/$1.rs"
	rustfmt --edition 2021 "runtime/src/weights/$1.rs"
}

# One step for each of the op kinds, whose numbers are the component of judge_step.
measure_judge() {
	benchmark pallet_proof_of_compute judge_step,judge_openings,judge_op,judge \
		--extra --steps 49 --no-median-slopes --no-storage-info
}

pallets=("$@")
[ ${#pallets[@]} != 0 ] || pallets=("${ALL[@]}")
judge=
[ "$*" != judge ] || { judge=yes && pallets=(); }
for pallet in "${pallets[@]}"; do
	case " ${ALL[*]} " in *" $pallet "*) ;; *) die "no pallet $pallet: choose from ${ALL[*]}" ;; esac
done

stages_begin
stage bencher install_bencher
stage runtime build_runtime
if [ -n "$judge" ]; then
	stage judge measure_judge
	exit
fi
mkdir -p runtime/src/weights
for pallet in "${pallets[@]}"; do stage "$pallet" measure "$pallet"; done
say "look at the difference, then use them in runtime/src/configs"
