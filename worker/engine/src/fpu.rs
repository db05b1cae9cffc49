//! Checks that a thread computes as IEEE 754 says.
//!
//! A library built with fast-math flags changes the mode of the thread that loads it. A thread that
//! rounds otherwise or flushes subnormals would compute other bits and lose its stake.

/// The floating-point control register of a thread, where it is not as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FpuMode {
	/// MXCSR on x86-64, FPCR on AArch64.
	pub(crate) control: u64,
}

/// The mode of the calling thread, if it does not round to nearest or flushes subnormals.
pub(crate) fn wrong_mode() -> Option<FpuMode> {
	let control = control();
	(control & FORBIDDEN != 0).then_some(FpuMode { control })
}

/// Flush to zero (bit 15), rounding control (bits 14 and 13), denormals are zeros (bit 6).
#[cfg(target_arch = "x86_64")]
const FORBIDDEN: u64 = 1 << 15 | 0b11 << 13 | 1 << 6;

/// Flush to zero (bit 24), rounding mode (bits 23 and 22), half-precision flush (bit 19).
#[cfg(target_arch = "aarch64")]
const FORBIDDEN: u64 = 1 << 24 | 0b11 << 22 | 1 << 19;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const FORBIDDEN: u64 = 0;

#[cfg(target_arch = "x86_64")]
fn control() -> u64 {
	let mut mxcsr = 0_u32;
	// SAFETY: stmxcsr stores four bytes at the address, which is a u32 on the stack.
	unsafe {
		std::arch::asm!("stmxcsr [{}]", in(reg) &mut mxcsr, options(nostack, preserves_flags));
	}
	u64::from(mxcsr)
}

#[cfg(target_arch = "aarch64")]
fn control() -> u64 {
	let fpcr: u64;
	// SAFETY: reads a control register, nothing else.
	unsafe {
		std::arch::asm!("mrs {}, fpcr", out(reg) fpcr, options(nomem, nostack, preserves_flags));
	}
	fpcr
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn control() -> u64 {
	0
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
	use super::*;

	fn set(mxcsr: u32) {
		// SAFETY: ldmxcsr loads four bytes; the values used here set no reserved bit.
		unsafe {
			std::arch::asm!("ldmxcsr [{}]", in(reg) &mxcsr, options(nostack, preserves_flags));
		}
	}

	#[test]
	fn a_fresh_thread_rounds_to_nearest_and_keeps_subnormals() {
		assert_eq!(std::thread::spawn(wrong_mode).join().unwrap(), None);
	}

	#[test]
	fn flushing_and_other_roundings_are_noticed() {
		for bit in [6, 13, 14, 15] {
			// GIVEN a thread of its own, so that no other test sees the mode
			let seen = std::thread::spawn(move || {
				let before = control() as u32;
				// WHEN one of the forbidden bits is set
				set(before | 1 << bit);
				let seen = wrong_mode();
				set(before);
				seen
			});
			// THEN the check reports it
			assert!(seen.join().unwrap().is_some(), "bit {bit}");
		}
	}

	#[test]
	fn a_pool_whose_threads_inherit_a_wrong_mode_is_refused() {
		let refused = std::thread::spawn(|| {
			// GIVEN a process that flushes subnormals, as a fast-math library makes it
			let before = control() as u32;
			set(before | 1 << 15);
			// WHEN it starts an engine's threads
			let pool = crate::pool::Pool::new(2, crate::isa::Isa::Portable);
			set(before);
			pool.map(|_| ())
		});
		// THEN they notice
		let refused = refused.join().unwrap().unwrap_err();
		assert!(
			matches!(refused, crate::EngineError::FpuMode { control } if control & 1 << 15 != 0)
		);
	}
}
