#!/usr/bin/env bash
# Tries every class of attack on jobs through the real pallets in memory, with many seeds, and checks
# honest work many times.
#
#   scripts/attacks.sh [SEEDS [CHECKS]]
#
# 1000 seeds a class and 100000 checks unless told otherwise: most of an hour of two cores. A line for
# each class says how many of the attacks were drawn, and how many of those were accepted; one that is
# ends the run with its seed. docs/security.md has the table. CI tries 20 seeds and 300 checks.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/lib.sh"
. "$here/env.sh"
cd "$ASSAY_ROOT"
[ $# -le 2 ] || die "usage: scripts/attacks.sh [SEEDS [CHECKS]]"
export ASSAY_ATTACK_SEEDS="${1:-1000}" ASSAY_HONEST_CHECKS="${2:-100000}"
for number in "$ASSAY_ATTACK_SEEDS" "$ASSAY_HONEST_CHECKS"; do
	case "$number" in *[!0-9]* | '' | 0*) die "$number is no number of seeds or checks" ;; esac
done

# The selection of scripts/check.sh, so that nothing is compiled twice.
PALLETS=(
	-p assay-runtime -p assay-traits -p pallet-beacon -p pallet-jobs -p pallet-proof-of-compute
	-p pallet-disputes -p pallet-rewards -p pallet-slashing -p pallet-stake
)
WITH_BENCHMARKS=(--features assay-runtime/runtime-benchmarks,assay-runtime/try-runtime)

out="$(mktemp)"
remove_out() { rm -f "$out"; }
on_exit remove_out

attack() {
	if ! SKIP_WASM_BUILD=1 cargo test --locked "${PALLETS[@]}" "${WITH_BENCHMARKS[@]}" \
		--test attacks -- --nocapture >"$out" 2>&1; then
		cat "$out" >&2
		die "an attack succeeded, or its test does not build: see above"
	fi
	grep -oE '(attack|honest): .*' "$out" | sort
}

stages_begin
stage attacks attack
