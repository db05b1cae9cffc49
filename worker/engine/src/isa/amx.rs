//! Whether AMX can be used: the processor has it, the kernel keeps its state, and has allowed it to
//! this process.

use std::sync::OnceLock;

/// Bits of CPUID leaf 7, register EDX: tiles, and products of 8-bit integers.
const FEATURES: u32 = 1 << 24 | 1 << 25;
/// Bits of XCR0: the configuration of tiles and the tiles.
const STATE: u32 = 1 << 17 | 1 << 18;

/// Asks once. Only to be called where AVX-512 is available, which proves that XCR0 can be read.
///
/// The permission is the process's: threads that are started later have it, too.
pub(super) fn is_available() -> bool {
	static AVAILABLE: OnceLock<bool> = OnceLock::new();
	*AVAILABLE.get_or_init(|| {
		let features = std::arch::x86_64::__cpuid_count(7, 0).edx;
		features & FEATURES == FEATURES && state() & STATE == STATE && permission()
	})
}

/// The low half of XCR0.
fn state() -> u32 {
	let state: u32;
	// SAFETY: reads a control register; where AVX-512 is available, the system has enabled this.
	unsafe {
		std::arch::asm!(
			"xgetbv",
			in("ecx") 0,
			out("eax") state,
			out("edx") _,
			options(nomem, nostack, preserves_flags),
		);
	}
	state
}

/// Asks Linux for the state of tiles: it is large, and a process has it only on request.
#[cfg(target_os = "linux")]
fn permission() -> bool {
	const ARCH_PRCTL: i64 = 158;
	const ARCH_REQ_XCOMP_PERM: i64 = 0x1023;
	const XFEATURE_XTILEDATA: i64 = 18;
	let result: i64;
	// SAFETY: a system call that reads and writes no memory of this process; it overwrites the three
	// registers named.
	unsafe {
		std::arch::asm!(
			"syscall",
			inlateout("rax") ARCH_PRCTL => result,
			in("rdi") ARCH_REQ_XCOMP_PERM,
			in("rsi") XFEATURE_XTILEDATA,
			lateout("rcx") _,
			lateout("r11") _,
			options(nostack),
		);
	}
	result == 0
}

#[cfg(not(target_os = "linux"))]
fn permission() -> bool {
	false
}
