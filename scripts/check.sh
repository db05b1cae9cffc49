#!/usr/bin/env bash
# Runs every check that needs no network of nodes, the cheap ones first.
#
#   scripts/check.sh [STAGE...]
#
# Stages: format conventions pure bits native build metadata clippy docs pallets worker. Without any:
# all.
# Nothing is installed here: scripts/setup.sh --tests does that.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/lib.sh"
. "$here/env.sh"
cd "$ASSAY_ROOT"

STAGES=(format conventions pure bits native build metadata clippy docs pallets worker)

# Every selection of packages and features makes cargo compile the dependencies that it changes
# once more. There are four of them: PURE, which needs almost none; NATIVE, which needs candle; BUILT,
# what runs; and LINTED, the pallets with their benchmarks. Keep it so: candle among the others would
# choose features of what the node uses, and compile nearly all of it once more.
PURE=(-p assay-numerics -p assay-protocol -p assay-engine)
NATIVE=(-p assay-native)
BUILT=(-p assay-node -p assay)
WITH_BENCHMARKS=(--features assay-runtime/runtime-benchmarks,assay-runtime/try-runtime)
LINTED=(--workspace --exclude assay-node --exclude assay-native "${WITH_BENCHMARKS[@]}")
PALLETS=(
	-p assay-runtime -p assay-traits -p pallet-beacon -p pallet-jobs -p pallet-proof-of-compute
	-p pallet-disputes -p pallet-rewards -p pallet-slashing -p pallet-stake
)

# nextest runs tests of several binaries at once; nothing depends on it.
run_tests() {
	if cargo nextest --version >/dev/null 2>&1; then
		cargo nextest run --locked --no-tests=pass --status-level=slow --final-status-level=fail "$@"
	else
		cargo test --locked --quiet "$@"
	fi
}

check_format() { cargo fmt --all --check; }

check_conventions() { "$here/check-conventions.sh"; }

check_pure() {
	run_tests "${PURE[@]}" --lib --tests --examples
	cargo test --locked --quiet --doc "${PURE[@]}"
}

# What the machine at hand cannot emulate is skipped, and said.
check_bits() { "$here/bits.sh"; }

# Everything about the native lane: its oracle compares the specification's gradients with candle's.
check_native() {
	run_tests "${NATIVE[@]}" --lib --bins --tests --examples
	cargo clippy --locked "${NATIVE[@]}" --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps "${NATIVE[@]}"
}

check_build() { cargo build --locked "${BUILT[@]}"; }

check_metadata() { "$here/metadata.sh" --check; }

# Clippy of the node would need all its dependencies a second time, as metadata. So the compiler
# with clippy inside compiles it against those that the build has left. As a unit test: that is not
# put in the place of the node, which it is no substitute for without the runtime's wasm. The
# variables are those that `cargo clippy` sets; they would reach the wasm build, too.
check_clippy() {
	SKIP_WASM_BUILD=1 cargo clippy --locked "${LINTED[@]}" --all-targets -- -D warnings
	SKIP_WASM_BUILD=1 RUSTC_WORKSPACE_WRAPPER=clippy-driver \
		CLIPPY_ARGS='-Dwarnings__CLIPPY_HACKERY__' \
		cargo test --locked --quiet --no-run "${BUILT[@]}" --bins
}

check_docs() {
	SKIP_WASM_BUILD=1 RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps "${LINTED[@]}"
}

check_pallets() {
	SKIP_WASM_BUILD=1 run_tests "${PALLETS[@]}" "${WITH_BENCHMARKS[@]}" --lib --tests
}

# With the node among the packages, though it has no tests: without it cargo would choose fewer
# features for what both use, and compile that again. The wasm is there, so it is not skipped.
check_worker() { run_tests "${BUILT[@]}" --lib --test '*'; }

stages_begin
wanted=("$@")
[ ${#wanted[@]} != 0 ] || wanted=("${STAGES[@]}")
for name in "${wanted[@]}"; do
	case " ${STAGES[*]} " in *" $name "*) ;; *) die "no stage $name: choose from ${STAGES[*]}" ;; esac
done
for name in "${wanted[@]}"; do stage "$name" "check_$name"; done
