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
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(crate) fn wrong_mode() -> Option<FpuMode> {
	let control = control();
	(control & FORBIDDEN != 0).then_some(FpuMode { control })
}

/// WebAssembly has one mode only.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) fn wrong_mode() -> Option<FpuMode> {
	None
}

/// Flush to zero (bit 15), rounding control (bits 14 and 13), denormals are zeros (bit 6).
#[cfg(target_arch = "x86_64")]
const FORBIDDEN: u64 = 1 << 15 | 0b11 << 13 | 1 << 6;

/// Flush to zero (bit 24), rounding mode (bits 23 and 22), half-precision flush (bit 19).
#[cfg(target_arch = "aarch64")]
const FORBIDDEN: u64 = 1 << 24 | 0b11 << 22 | 1 << 19;

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

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
	use assay_numerics::{AdamW, ByteMlp, Decimal, Model, Optimiser, Profile, StepPlan};

	use super::*;
	use crate::{isa::Isa, pool::Pool, Engine, EngineError};

	/// Flush to zero.
	const FLUSH: u64 = if cfg!(target_arch = "x86_64") {
		1 << 15
	} else {
		1 << 24
	};

	const TOWARDS_ZERO: u64 = if cfg!(target_arch = "x86_64") {
		0b11 << 13
	} else {
		0b11 << 22
	};

	#[cfg(target_arch = "x86_64")]
	fn set(mxcsr: u64) {
		// SAFETY: ldmxcsr loads four bytes; the values used here set no reserved bit.
		unsafe {
			std::arch::asm!("ldmxcsr [{}]", in(reg) &(mxcsr as u32), options(nostack));
		}
	}

	#[cfg(target_arch = "aarch64")]
	fn set(fpcr: u64) {
		// SAFETY: the values used here set no reserved bit.
		unsafe {
			std::arch::asm!("msr fpcr, {}", in(reg) fpcr, options(nomem, nostack));
		}
	}

	/// What `work` returns on a thread of its own, so that no other test sees its mode.
	fn with_mode<R: Send>(bits: u64, work: impl FnOnce() -> R + Send) -> R {
		std::thread::scope(|scope| {
			let thread = scope.spawn(|| {
				let before = control();
				set(before | bits);
				let result = work();
				set(before);
				result
			});
			thread.join().unwrap()
		})
	}

	#[test]
	fn a_fresh_thread_rounds_to_nearest_and_keeps_subnormals() {
		assert_eq!(with_mode(0, wrong_mode), None);
	}

	#[test]
	fn flushing_and_other_roundings_are_noticed() {
		// Bit 19 of AArch64 is there only with half-precision arithmetic.
		let there = FORBIDDEN & !(u64::from(cfg!(target_arch = "aarch64")) << 19);
		for bit in (0..64).filter(|bit| there >> bit & 1 == 1) {
			// WHEN one of the forbidden bits is set THEN the check reports it
			assert!(with_mode(1 << bit, wrong_mode).is_some(), "bit {bit}");
		}
	}

	#[test]
	fn an_engine_is_refused_where_its_maker_or_its_threads_have_a_wrong_mode() {
		for threads in [1, 2] {
			// GIVEN a process that flushes subnormals, as a fast-math library makes it
			// WHEN it starts an engine's threads
			let refused = with_mode(FLUSH, || Pool::new(threads, Isa::Portable).map(|_| ()));
			// THEN that is noticed
			let refused = refused.unwrap_err();
			assert!(
				matches!(refused, EngineError::FpuMode { control } if control & FLUSH != 0),
				"{refused}"
			);
		}
	}

	#[test]
	fn threads_that_were_there_before_keep_their_mode() {
		// GIVEN threads that were started in order
		let pool = Pool::new(2, Isa::Portable).unwrap();
		// WHEN their owner begins to flush subnormals THEN what they compute is not touched
		let found = with_mode(FLUSH, || {
			assert!(wrong_mode().is_some());
			pool.run(|_| wrong_mode())
		});
		assert_eq!(found, None);
	}

	fn plan() -> StepPlan {
		let rate = Decimal::new(1, -3);
		StepPlan {
			model: Model::ByteMlp(ByteMlp {
				context: 2,
				embedding: 16,
				hidden: vec![16].try_into().unwrap(),
			}),
			optimiser: Optimiser::AdamW(AdamW {
				learning_rate: rate,
				beta1: rate,
				beta2: rate,
				epsilon: rate,
				weight_decay: rate,
				warmup: 0,
				decay: None,
				clip: None,
			}),
			batch: 16,
			loss_scale: 0,
			profile: Profile::Exact12V1,
		}
	}

	#[test]
	fn the_first_parameters_do_not_depend_on_the_mode_of_who_asks_for_them() {
		// GIVEN an engine that was made in order
		let engine = Engine::with_isa(&plan(), 1, Isa::Portable).unwrap();
		let expected = engine.init(&[1; 32]);
		// WHEN its owner begins to round towards zero THEN the parameters are the same
		let found = with_mode(TOWARDS_ZERO, || engine.init(&[1; 32]));
		assert_eq!(found, expected);
	}
}
