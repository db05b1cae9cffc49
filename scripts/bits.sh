#!/usr/bin/env bash
# Trains small plans as every machine that this one is or can emulate, and compares all bits.
#
#   scripts/bits.sh [--all] [--write] [STEPS]
#
# Each run prints a hash of the state's root after every step (worker/engine/examples/bits.rs). They
# are compared with worker/engine/testdata/bits.txt where that knows so many steps, and otherwise with
# the first run. Nothing is installed here: scripts/setup.sh --tests does that. A machine whose tool is
# missing is skipped; with --all that is a failure. With --write the file learns what all agree on.
set -euo pipefail
shopt -s inherit_errexit
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/lib.sh"
. "$here/env.sh"
cd "$ASSAY_ROOT"
# Times with a decimal point.
export LC_ALL=C

GOLDEN=worker/engine/testdata/bits.txt
# More would cost too much where processors are emulated; before a release: 1000.
STEPS=50
# The selection of scripts/check.sh, so that nothing is compiled twice.
PURE=(-p assay-numerics -p assay-protocol -p assay-engine)
# An ARM machine without a C compiler for it: rustup's target brings its C library, Rust's own linker
# links it, and of the dependencies BLAKE3 alone has C code, which this feature leaves out.
ARM=aarch64-unknown-linux-musl
ARM_BUILD=("${PURE[@]}" --target "$ARM" --features blake3/no_neon)
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld
WASM=wasm32-wasip1
# Nothing newer than SSE4.2.
OLD_CPU=Nehalem

every=
write=
steps=$STEPS
for argument; do
	case "$argument" in
		--all) every=yes ;;
		--write) write=yes ;;
		*[!0-9]* | '' | 0*) die "$argument is no number of steps, and no --all or --write" ;;
		*) steps=$argument ;;
	esac
done

work="$(mktemp -d)"
remove_work() { rm -rf "$work"; }
on_exit remove_work
if [ -z "$write" ] && [ -r "$GOLDEN" ]; then
	awk -v steps="$steps" '!/^#/ && $2 == steps' "$GOLDEN" >"$work/expected"
fi

differing=0
skipped=0

# A line of the table: row MACHINE SET THREADS SECONDS BITS.
row() { printf '%-18s %-16s %7s %7s  %s\n' "$@"; }

skip() {
	row "$1" - - - "skipped: $2"
	skipped=$((skipped + 1))
}

# Prints a time, in seconds, since another one.
since() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'; }

# Runs a program and compares what it prints: compare MACHINE SET THREADS PROGRAM...
compare() {
	local name=("${@:1:3}") began=$EPOCHREALTIME result=same
	shift 3
	if ! "$@" >"$work/found" 2>"$work/errors" || [ ! -s "$work/found" ]; then
		result='DIFFERS: it failed'
	elif [ ! -s "$work/expected" ]; then
		cp "$work/found" "$work/expected"
	elif ! cmp -s "$work/expected" "$work/found"; then
		result=DIFFERS
	fi
	row "${name[@]}" "$(since "$began")" "$result"
	[ "$result" != same ] || return 0
	differing=$((differing + 1))
	diff "$work/expected" "$work/found" | sed 's/^/    /' || true
	sed 's/^/    /' "$work/errors"
}

# Sees that a program refuses to run and says this word: refuses MACHINE SET THREADS WORD PROGRAM...
refuses() {
	local name=("${@:1:3}") word=$4 began=$EPOCHREALTIME result='refused, as it must be'
	shift 4
	if "$@" >"$work/found" 2>"$work/errors" || ! grep -q "$word" "$work/errors"; then
		result='DIFFERS: not refused'
		differing=$((differing + 1))
	fi
	row "${name[@]}" "$(since "$began")" "$result"
}

# Every instruction set of a machine, on several numbers of threads, and a caller that flushes
# subnormals: machine NAME THREADS PROGRAM...
machine() {
	local name=$1 counts=$2 sets set threads
	shift 2
	sets="$("$@" --sets)"
	for set in $sets; do
		for threads in $counts; do
			compare "$name" "$set" "$threads" env ASSAY_ISA="$set" "$@" "$steps" "$threads"
		done
	done
	compare "$name" 'flushing caller' 2 "$@" "$steps" 2 --flush
	refuses "$name" 'flushing threads' 2 FpuMode "$@" "$steps" 2 --flush-before
}

has_target() { [ -d "$(rustc --print sysroot)/lib/rustlib/$1/lib" ]; }

# Prints the name of the emulator of a processor, which distributions call differently.
emulator() { command -v "qemu-$1" || command -v "qemu-$1-static"; }

built() { printf '%s/debug/examples/bits%s' "$CARGO_TARGET_DIR${1:+/$1}" "${2:-}"; }

native() {
	cargo build --locked --quiet "${PURE[@]}" --example bits
	machine "$(uname -m)" '1 2 8' "$(built)"
}

old_x86() {
	local name="$OLD_CPU in qemu" qemu
	if [ "$(uname -m)" != x86_64 ]; then
		skip "$name" 'only built on x86_64'
	elif ! qemu="$(emulator x86_64)"; then
		skip "$name" 'no qemu-x86_64'
	else
		machine "$name" '1 8' "$qemu" -cpu "$OLD_CPU" "$(built)"
	fi
}

# With the tests of its own kernels.
arm() {
	local name='aarch64 in qemu' qemu
	if [ "$(uname -m)" = aarch64 ]; then
		return 0
	elif ! qemu="$(emulator aarch64)"; then
		skip "$name" 'no qemu-aarch64'
	elif ! has_target "$ARM"; then
		skip "$name" "rustup target add $ARM"
	else
		cargo build --locked --quiet "${ARM_BUILD[@]}" --example bits
		machine "$name" '1 8' "$qemu" "$(built "$ARM")"
		arm_kernels "$name" "$qemu"
	fi
}

arm_kernels() {
	local result=pass began
	cargo test --locked --quiet --no-run "${ARM_BUILD[@]}" --lib
	began=$EPOCHREALTIME
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUNNER="$2" \
		cargo test --locked --quiet "${ARM_BUILD[@]}" --lib -- contract:: fpu:: \
		>"$work/found" 2>"$work/errors" || result=FAIL
	row "$1" 'unit tests' - "$(since "$began")" "$result"
	[ "$result" != pass ] || return 0
	differing=$((differing + 1))
	sed 's/^/    /' "$work/found" "$work/errors"
}

wasm() {
	local name='wasm32 in node' run
	if ! command -v node >/dev/null 2>&1; then
		skip "$name" 'no node'
	elif ! has_target "$WASM"; then
		skip "$name" "rustup target add $WASM"
	else
		cargo build --locked --quiet "${PURE[@]}" --example bits --target "$WASM"
		run=(node --no-warnings "$here/wasi.mjs" "$(built "$WASM" .wasm)")
		compare "$name" portable 1 env ASSAY_ISA=portable "${run[@]}" "$steps" 1
		refuses "$name" portable 2 OneThreadOnly "${run[@]}" "$steps" 2
	fi
}

write_golden() {
	local known="$work/known"
	[ ! -r "$GOLDEN" ] || awk -v steps="$steps" '!/^#/ && $2 != steps' "$GOLDEN" >"$known"
	mkdir -p "$(dirname "$GOLDEN")"
	{
		printf '# scripts/bits.sh --write STEPS: plan, steps, hash of all roots, hash of all losses\n'
		cat "$work/expected" "$known" | sort -s -n -k 2,2
	} >"$work/golden"
	mv "$work/golden" "$GOLDEN"
}

: >>"$work/expected"
: >"$work/known"
reference=$GOLDEN
[ -s "$work/expected" ] || reference='the first run'
say "$steps steps, compared with $reference"
row machine set threads seconds bits
native
old_x86
arm
wasm
[ "$differing" = 0 ] || die "$differing runs differ"
[ -z "$every" ] || [ "$skipped" = 0 ] || die "$skipped machines were skipped"
[ -z "$write" ] || write_golden
say "all bits are the same; $skipped machines were skipped"
