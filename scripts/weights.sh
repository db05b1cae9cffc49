#!/usr/bin/env bash
# Measures the calls and hooks of our pallets and writes their weights to runtime/src/weights.
# Run it on the reference machine of docs/performance.md, with nothing else running.
#
#   scripts/weights.sh [PALLET...]      such as: scripts/weights.sh pallet_jobs
#
# ASSAY_BENCH_STEPS and ASSAY_BENCH_REPEAT (50 and 20) make a trial run shorter.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/lib.sh"
. "$here/env.sh"
cd "$ASSAY_ROOT"

BENCHER_VERSION=0.28.0
ALL=(pallet_beacon pallet_jobs pallet_proof_of_compute pallet_slashing pallet_stake)
STEPS="${ASSAY_BENCH_STEPS:-50}"
REPEAT="${ASSAY_BENCH_REPEAT:-20}"

# With its own lock and its own build directory: it shares hardly a version with this workspace.
tools="$CARGO_TARGET_DIR/tools"
bencher="$tools/bin/frame-omni-bencher"

install_bencher() {
	[ ! -x "$bencher" ] || "$bencher" --version | grep -qF "$BENCHER_VERSION" || rm -f "$bencher"
	[ -x "$bencher" ] || CARGO_TARGET_DIR="$tools/build" \
		cargo install --locked --root "$tools" "frame-omni-bencher@$BENCHER_VERSION"
}

# Weights are those of the code that production runs, with every optimisation.
build_runtime() {
	cargo build --locked --profile production -p assay-runtime --features runtime-benchmarks
	wasm="$CARGO_TARGET_DIR/production/wbuild/assay-runtime/assay_runtime.wasm"
	[ -f "$wasm" ] || die "no $wasm: the runtime was built without its wasm"
}

measure() {
	"$bencher" v1 benchmark pallet --runtime "$wasm" --pallet "$1" --extrinsic '*' \
		--genesis-builder runtime --genesis-builder-preset development \
		--steps "$STEPS" --repeat "$REPEAT" --heap-pages 4096 \
		--output "runtime/src/weights/$1.rs"
}

pallets=("$@")
[ ${#pallets[@]} != 0 ] || pallets=("${ALL[@]}")
for pallet in "${pallets[@]}"; do
	case " ${ALL[*]} " in *" $pallet "*) ;; *) die "no pallet $pallet: choose from ${ALL[*]}" ;; esac
done

stages_begin
stage bencher install_bencher
stage runtime build_runtime
mkdir -p runtime/src/weights
for pallet in "${pallets[@]}"; do stage "$pallet" measure "$pallet"; done
say "look at the difference, then use them in runtime/src/configs"
