//! Deliberate mistakes in training, to test that they are found.

/// A deliberate mistake in training. Every run with the same fault has the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
	/// Flips the sign of one parameter's gradient in every step.
	NegateGradient {
		/// Index in the order of the checkpoint.
		param: usize,
	},
	/// Multiplies one parameter's gradient in every step.
	ScaleGradient {
		/// Index in the order of the checkpoint.
		param: usize,
		/// What it is multiplied by; with 1 nothing is wrong.
		factor: i16,
	},
	/// Rounds one parameter's gradient to 8 bits of significand, as bfloat16 has them, in every step.
	LowerPrecision {
		/// Index in the order of the checkpoint.
		param: usize,
	},
	/// Draws the examples of another slot of the round.
	WrongData {
		/// That slot; with the task's own one nothing is wrong.
		slot: u32,
	},
	/// Leaves the state as it is from a step on. Its losses go on being those of that state.
	SkipSteps {
		/// The first step that changes nothing, from 0; behind the end of the task nothing is wrong.
		first: u32,
	},
	/// Leaves the parameters as they are, in every step. The moments go on.
	ZeroUpdate,
	/// Updates the parameters as it should, and then forgets the second moments, in every step.
	WrongOptimiser,
}

impl Fault {
	/// The parameter that it names.
	pub(crate) fn param(self) -> Option<usize> {
		match self {
			Fault::NegateGradient { param }
			| Fault::ScaleGradient { param, .. }
			| Fault::LowerPrecision { param } => Some(param),
			_ => None,
		}
	}

	/// Changes the gradient of the parameter that it names. Zeros, and so the padding, stay +0.0.
	pub(crate) fn falsify(self, gradient: &mut [f32]) {
		let wrong: &dyn Fn(f32) -> f32 = match self {
			Fault::NegateGradient { .. } => &|x| 0.0 - x,
			Fault::ScaleGradient { factor, .. } => &move |x| x * f32::from(factor) + 0.0,
			Fault::LowerPrecision { .. } => &rounded,
			_ => return,
		};
		gradient.iter_mut().for_each(|x| *x = wrong(*x));
	}

	/// Which of first moment, second moment and parameter are after this step what they were before.
	pub(crate) fn keeps(self, step: u32) -> [bool; 3] {
		match self {
			Fault::SkipSteps { first } => [step >= first; 3],
			Fault::ZeroUpdate => [false, false, true],
			Fault::WrongOptimiser => [false, true, false],
			_ => [false; 3],
		}
	}
}

/// The nearest float whose lower 16 bits are zero, ties to even.
fn rounded(x: f32) -> f32 {
	let bits = x.to_bits();
	f32::from_bits((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn rounding_leaves_what_bfloat16_has_and_takes_the_even_neighbour_of_a_tie() {
		for (x, expected) in [
			(0x0000_0000_u32, 0x0000_0000_u32),
			(0x3F80_0000, 0x3F80_0000),
			(0x3F80_7FFF, 0x3F80_0000),
			(0x3F80_8000, 0x3F80_0000),
			(0x3F81_8000, 0x3F82_0000),
			(0xBF80_8001, 0xBF81_0000),
			(0x3FFF_FFFF, 0x4000_0000),
		] {
			let found = rounded(f32::from_bits(x)).to_bits();
			assert_eq!(found, expected, "{x:#x} became {found:#x}");
		}
	}

	#[test]
	fn zeros_stay_positive() {
		for fault in [
			Fault::NegateGradient { param: 0 },
			Fault::ScaleGradient {
				param: 0,
				factor: -3,
			},
			Fault::LowerPrecision { param: 0 },
		] {
			let mut gradient = [0.0, 1.0];
			fault.falsify(&mut gradient);
			assert_eq!(gradient[0].to_bits(), 0, "{fault:?}");
		}
	}
}
