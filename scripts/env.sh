# shellcheck shell=bash
# Build settings shared by every script. Source it: `. scripts/env.sh`.
# A value that the caller has set is kept.

ASSAY_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export ASSAY_ROOT

# Rust as rustup installs it, also in a shell that has not read its profile.
if ! command -v cargo >/dev/null 2>&1 && [ -r "${HOME:-}/.cargo/env" ]; then
	. "$HOME/.cargo/env"
fi

if [ -z "${CARGO_TARGET_DIR:-}${XDG_CACHE_HOME:-}${HOME:-}" ]; then
	printf '[env] error: HOME is not set: export HOME, or CARGO_TARGET_DIR as the place to build in\n' >&2
	# A script ends here, a shell that reads this file goes on.
	return 1
fi

# Outside the checkout, so that a fresh clone reuses what is built.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/assay/target}"

# wasm-builder looks for Cargo.lock upwards from the target directory. Without this hint it would
# not find ours and build the runtime with whatever versions are newest.
export WASM_BUILD_WORKSPACE_HINT="$ASSAY_ROOT"

# Who builds the runtime's wasm: `rustup` (the default toolchain's wasm32v1-none target), `debian`
# (Debian's toolchain, which setup.sh links as `distro`), or `auto`: rustup where the target is
# installed. Host code is always built by the default toolchain.
ASSAY_WASM_TARGET="${ASSAY_WASM_TARGET:-auto}"
if [ -z "${WASM_BUILD_TOOLCHAIN:-}" ] && command -v rustup >/dev/null 2>&1 \
	&& rustup toolchain list 2>/dev/null | grep -q '^distro'; then
	case "$ASSAY_WASM_TARGET" in
		debian) export WASM_BUILD_TOOLCHAIN=distro ;;
		auto)
			rustup target list --installed 2>/dev/null | grep -qx wasm32v1-none \
				|| export WASM_BUILD_TOOLCHAIN=distro
			;;
	esac
fi

# One name for the whole repository: the profile of tests, the node and the local network.
export ASSAY_PROFILE="${ASSAY_PROFILE:-dev}"
ASSAY_BIN="$CARGO_TARGET_DIR/debug"
[ "$ASSAY_PROFILE" = dev ] || ASSAY_BIN="$CARGO_TARGET_DIR/$ASSAY_PROFILE"
export ASSAY_BIN
