#!/usr/bin/env bash
# Installs what a bare Debian 12 machine with rustup's Rust lacks to build Assay. Idempotent.
#
#   scripts/setup.sh [--tests]
#
# With --tests also what only the checks need: rustfmt, clippy, Node and npm, and, where they can be
# had, qemu and the targets with which scripts/bits.sh trains as other machines.
# ASSAY_WASM_TARGET=rustup or =debian chooses who builds the runtime's wasm; by default rustup does
# where it can, and Debian's toolchain elsewhere.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/lib.sh"
. "$here/env.sh"

LEAST_RUST=1.95
LEAST_NODE=18
BUILD_PACKAGES=(
	build-essential ca-certificates clang cmake curl git libclang-dev pkg-config protobuf-compiler
)
EMULATORS=(qemu-user-static)
EMULATED_TARGETS=(aarch64-unknown-linux-musl wasm32-wasip1)
WASM_PACKAGES=(rustc-web cargo-web rust-web-src lld)

for_tests=
for argument; do
	case "$argument" in
		--tests) for_tests=yes ;;
		*) die "unknown argument $argument: only --tests is known" ;;
	esac
done

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@" || die "this failed, see above: $*"
	elif ! command -v sudo >/dev/null 2>&1; then
		die "root is needed for: $*; run it yourself, then run this again"
	elif ! sudo -n "$@"; then
		# It was not allowed, or it was and failed.
		sudo -n true 2>/dev/null \
			|| die "root is needed for: $*; run it yourself, or allow sudo without a password"
		die "this failed as root, see above: $*"
	fi
}

on_debian() { [ -r /etc/debian_version ] && command -v apt-get >/dev/null 2>&1; }

apt_updated=
apt_install() {
	local missing=() package
	for package in "$@"; do
		dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' \
			|| missing+=("$package")
	done
	[ ${#missing[@]} != 0 ] || return 0
	say "installing ${missing[*]}"
	[ -n "$apt_updated" ] || as_root apt-get update -qq
	apt_updated=yes
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Whether a version is at least another one: at_least 1.96.0 1.95.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

rust() {
	local found
	command -v cargo >/dev/null 2>&1 \
		|| die "cargo is missing: install Rust $LEAST_RUST or newer with rustup, then run this again"
	found="$(rustc --version | cut -d ' ' -f 2)"
	at_least "$found" "$LEAST_RUST" \
		|| die "rustc is $found but $LEAST_RUST is needed: run 'rustup update stable'"
	[ -n "$for_tests" ] || return 0
	local tool
	for tool in rustfmt clippy; do
		cargo "${tool/rustfmt/fmt}" --version >/dev/null 2>&1 && continue
		say "adding $tool with rustup"
		rustup component add "$tool" >/dev/null 2>&1 \
			|| die "rustup could not add $tool: check the network and run 'rustup component add $tool'"
	done
}

packages() {
	if on_debian; then
		apt_install "${BUILD_PACKAGES[@]}"
		return
	fi
	local tool
	for tool in cc clang cmake curl git protoc; do
		command -v "$tool" >/dev/null 2>&1 \
			|| die "$tool is missing: install cc, clang, libclang, cmake, curl, git and protoc"
	done
}

node_and_npm() {
	local tool found
	for tool in node npm; do
		command -v "$tool" >/dev/null 2>&1 && continue
		on_debian || die "$tool is missing: install Node $LEAST_NODE or newer with npm"
		case "$tool" in node) apt_install nodejs ;; npm) apt_install npm ;; esac
	done
	found="$(node --version)"
	at_least "${found#v}" "$LEAST_NODE" \
		|| die "node is $found but $LEAST_NODE is needed for the end-to-end tests: update it"
}

# scripts/bits.sh says what it skips without them, so that no machine is unfit for the other checks.
other_machines() {
	local target
	if on_debian; then
		apt_install "${EMULATORS[@]}"
	elif ! command -v qemu-aarch64 >/dev/null 2>&1; then
		warn "no qemu-aarch64: install qemu's user-mode emulators for scripts/bits.sh"
	fi
	for target in "${EMULATED_TARGETS[@]}"; do
		[ ! -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ] || continue
		say "adding the $target target with rustup"
		timeout 300 rustup target add "$target" >/dev/null 2>&1 \
			|| warn "rustup could not add $target: scripts/bits.sh will skip it"
	done
}

# The runtime is wasm for wasm32v1-none. rustup has the target wherever it has a network; Debian
# ships a compiler with the library's source, from which core and alloc are built once.
wasm_target_by_rustup() {
	rustup target list --installed 2>/dev/null | grep -qx wasm32v1-none && return 0
	say "adding the wasm32v1-none target with rustup"
	timeout 300 rustup target add wasm32v1-none >/dev/null 2>&1
}

wasm_target_by_debian() {
	apt_install "${WASM_PACKAGES[@]}"
	rustup toolchain list | grep -q '^distro' || rustup toolchain link distro /usr
	local version host sysroot libdir linker stamp
	version="$(rustc +distro --version)"
	host="$(rustc +distro -vV | sed -n 's/^host: //p')"
	sysroot="$(rustc +distro --print sysroot)"
	libdir="$sysroot/lib/rustlib/wasm32v1-none/lib"
	linker="$sysroot/lib/rustlib/$host/bin/rust-lld"
	if [ ! -x "$linker" ]; then
		as_root mkdir -p "${linker%/*}"
		as_root ln -sf "$(command -v lld)" "$linker"
	fi
	stamp="$libdir/.built-by-$(printf '%s' "$version" | tr -c 'a-zA-Z0-9.' '-')"
	[ -e "$stamp" ] || build_wasm_core "$version" "$libdir" "$stamp"
}

build_wasm_core() {
	local version=$1 libdir=$2 stamp=$3 library
	say "building core and alloc for wasm32v1-none with $version"
	seed="$(mktemp -d)"
	remove_seed() { rm -rf "$seed"; }
	on_exit remove_seed
	mkdir -p "$seed/src"
	printf '[package]\nname = "seed"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' \
		>"$seed/Cargo.toml"
	printf '#![no_std]\nextern crate alloc;\n' >"$seed/src/lib.rs"
	# Without the bitcode the runtime's link-time optimisation fails on these libraries.
	(
		cd "$seed"
		RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Cembed-bitcode=yes" CARGO_TARGET_DIR="$seed/target" \
			cargo +distro build -q --release --target wasm32v1-none -Z build-std=core,alloc
	) || die "building core for wasm32v1-none failed; see the messages above"
	as_root mkdir -p "$libdir"
	as_root find "$libdir" -maxdepth 1 -name '*.rlib' -delete
	for library in core alloc compiler_builtins; do
		as_root cp "$seed"/target/wasm32v1-none/release/deps/lib"$library"-*.rlib "$libdir/"
	done
	as_root touch "$stamp"
}

wasm_target() {
	if [ "$ASSAY_WASM_TARGET" != debian ] && wasm_target_by_rustup; then
		say "wasm32v1-none: by rustup"
	elif [ "$ASSAY_WASM_TARGET" != rustup ] && on_debian; then
		wasm_target_by_debian
		say "wasm32v1-none: by Debian's $(rustc +distro --version)"
	else
		die "no wasm32v1-none: check the network and run 'rustup target add wasm32v1-none'"
	fi
}

case "$ASSAY_WASM_TARGET" in
	auto | rustup | debian) ;;
	*) die "ASSAY_WASM_TARGET is $ASSAY_WASM_TARGET: say auto, rustup or debian" ;;
esac
packages
rust
wasm_target
[ -z "$for_tests" ] || node_and_npm
[ -z "$for_tests" ] || other_machines
mkdir -p "$CARGO_TARGET_DIR"
say "ready in $SECONDS s; build directory: $CARGO_TARGET_DIR"
