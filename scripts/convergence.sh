#!/usr/bin/env bash
# Does the exact lane converge as floats do? Trains two small decoders on two texts by each lane, from
# the same seeds, and adapters of models with an outlier channel; then compares the losses in pairs.
#
#   scripts/convergence.sh DIR [SEEDS]
#
# Every training leaves one line of JSON in DIR, and what is there is not trained again: a run that is
# ended early goes on where it was. 5 seeds take some hours of one core. The table that
# worker/native/benches/convergence.py prints at the end is the one in docs/performance.md; with
# matplotlib it draws the plot, too: `python3 worker/native/benches/convergence.py DIR --plot FILE`.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/lib.sh"
. "$here/env.sh"
[ $# -ge 1 ] && [ $# -le 2 ] || die "usage: scripts/convergence.sh DIR [SEEDS]"
seeds="${2:-5}"
case "$seeds" in *[!0-9]* | '' | 0*) die "$seeds is no number of seeds" ;; esac
mkdir -p "$1"
out="$(cd "$1" && pwd)"
cd "$ASSAY_ROOT"

prepare() {
	cargo build --locked -p assay
	cargo build --locked -p assay-native --example convergence
	"$ASSAY_BIN/assay" data pack --list scripts/corpus.txt --kind rs \
		--expect "$(<scripts/corpus.root)" --out "$out/rust.bin"
	"$ASSAY_BIN/assay" data pack --list scripts/convergence-prose.txt --kind md \
		--out "$out/prose.bin"
}

# The runs, one a line: the name of the result and the arguments. Lanes of one seed stand together, so
# that an unfinished study has whole pairs.
runs() {
	local seed data plan lane
	for ((seed = 0; seed < seeds; seed++)); do
		for data in rust prose; do
			for plan in rotary learned; do
				for lane in exact f32 bf16; do
					echo "$lane-$plan-$data-$seed" "lane=$lane" "plan=$plan" \
						"data=$out/$data.bin" "seed=$seed"
				done
			done
		done
		for data in rust prose; do
			local base=prose
			[ "$data" = rust ] || base=rust
			outlier exact wide 1
			outlier exact wide 4096
			outlier exact two-terms 4096
			# Floats don't see the scale, nor second terms: one run of them stands for all.
			outlier f32 wide 4096
		done
	done
}

# Reads `seed`, `data` and `base` of its caller.
outlier() {
	echo "$1-$2-adapters-$3-$data-$seed" "lane=$1" "plan=$2" "data=$out/$data.bin" "seed=$seed" \
		"base=$out/$base.bin" "scale=$3"
}

# One run with one thread. candle's settings are those that it is fastest with.
train() {
	local to="$out/$1.json"
	shift
	[ ! -s "$to" ] || return 0
	CANDLE_NUM_THREADS=1 RAYON_NUM_THREADS=1 MALLOC_MMAP_THRESHOLD_=4294967296 \
		MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_TOP_PAD_=268435456 \
		"$ASSAY_BIN/examples/convergence" "$@" >"$to.part" || return
	mv "$to.part" "$to"
}
export -f train
export out

stages_begin
stage prepare prepare
# shellcheck disable=SC2016 # expanded by the inner shells
train_all() { runs | xargs -P "$(nproc)" -L 1 bash -c 'train "$@"' train; }
stage train train_all
python3 worker/native/benches/convergence.py "$out"
