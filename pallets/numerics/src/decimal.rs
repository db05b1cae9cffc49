//! Decimal numbers in plans, and their one conversion to a float.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// `mantissa * 10^exponent`: how a plan writes a hyperparameter.
///
/// Floats cannot appear in calls or storage, and a decimal says what a person wrote.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Decimal {
	/// All digits, with the sign.
	pub mantissa: i32,
	/// Power of ten, [`MIN_EXPONENT`] to [`MAX_EXPONENT`].
	pub exponent: i8,
}

/// Least exponent: below it, a mantissa of 1 would come near the subnormal floats.
pub const MIN_EXPONENT: i8 = -30;
/// Greatest exponent: above it, the greatest mantissa would overflow a float.
pub const MAX_EXPONENT: i8 = 29;

/// A decimal's exponent is outside [`MIN_EXPONENT`]..=[`MAX_EXPONENT`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExponentOutOfRange(pub i8);

impl Decimal {
	/// `mantissa * 10^exponent`.
	pub const fn new(mantissa: i32, exponent: i8) -> Self {
		Decimal { mantissa, exponent }
	}

	/// The nearest float, ties to even: one rounding of the exact value. Zero is +0.0.
	///
	/// # Errors
	/// The exponent, if it is out of range. In range, the result is zero or a normal number.
	pub fn to_f32(self) -> Result<f32, ExponentOutOfRange> {
		if self.exponent < MIN_EXPONENT || self.exponent > MAX_EXPONENT {
			return Err(ExponentOutOfRange(self.exponent));
		}
		let magnitude = u128::from(self.mantissa.unsigned_abs());
		if magnitude == 0 {
			return Ok(0.0);
		}
		// value = integer * 2^-shift, and `inexact` if something below the integer was cut off.
		let power = 10_u128.wrapping_pow(u32::from(self.exponent.unsigned_abs()));
		let (integer, shift, inexact) = if self.exponent >= 0 {
			(magnitude.wrapping_mul(power), 0, false)
		} else {
			// 2^127 over 10^30 < 2^99.7 leaves more than the 25 bits that rounding looks at.
			let shift = magnitude.leading_zeros();
			let scaled = magnitude << shift;
			(scaled / power, shift as i32, scaled % power != 0)
		};
		let sign = if self.mantissa < 0 { 1 << 31 } else { 0 };
		Ok(f32::from_bits(sign | round(integer, shift, inexact)))
	}
}

/// The pattern of the float nearest to `(integer + fraction) * 2^-shift`, ties to even. `integer` is
/// not zero and the result is normal.
fn round(integer: u128, shift: i32, inexact: bool) -> u32 {
	let bits = 128 - integer.leading_zeros() as i32;
	// Bits of the integer that do not fit in 24; there are at least two if anything was cut off.
	let extra = bits - 24;
	let mut significand = if extra <= 0 {
		(integer << -extra) as u32
	} else {
		let kept = (integer >> extra) as u32;
		let rest = integer & ((1 << extra) - 1);
		let half = 1_u128 << (extra - 1);
		let up = rest > half || (rest == half && (inexact || kept & 1 == 1));
		kept + u32::from(up)
	};
	let mut exponent = bits - 1 - shift;
	if significand == 1 << 24 {
		significand = 1 << 23;
		exponent += 1;
	}
	((exponent + 127) as u32) << 23 | (significand & 0x7F_FFFF)
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn parsed(decimal: Decimal) -> f32 {
		format!("{}e{}", decimal.mantissa, decimal.exponent)
			.parse()
			.unwrap()
	}

	#[test]
	fn values_that_people_write_are_the_floats_that_they_mean() {
		for (mantissa, exponent, float) in [
			(1, -3, 1e-3_f32),
			(9, -1, 0.9),
			(999, -3, 0.999),
			(1, -8, 1e-8),
			(-25, -2, -0.25),
			(0, 0, 0.0),
			(16_777_217, 0, 16_777_216.0),
			(16_777_219, 0, 16_777_220.0),
			(i32::MAX, 29, 2.147_483_6e38),
			(i32::MIN, -30, -2.147_483_6e-21),
		] {
			let converted = Decimal::new(mantissa, exponent).to_f32().unwrap();
			assert_eq!(
				converted.to_bits(),
				float.to_bits(),
				"{mantissa}e{exponent}"
			);
		}
	}

	#[test]
	fn zero_is_positive_at_every_exponent() {
		for exponent in MIN_EXPONENT..=MAX_EXPONENT {
			assert_eq!(Decimal::new(0, exponent).to_f32().unwrap().to_bits(), 0);
		}
	}

	#[test]
	fn exponents_past_the_bounds_are_refused_with_their_value() {
		for exponent in [i8::MIN, MIN_EXPONENT - 1, MAX_EXPONENT + 1, i8::MAX] {
			assert_eq!(
				Decimal::new(1, exponent).to_f32(),
				Err(ExponentOutOfRange(exponent))
			);
		}
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(20_000))]

		#[test]
		fn conversion_rounds_as_the_parser_of_std_does(
			mantissa in any::<i32>(),
			exponent in MIN_EXPONENT..=MAX_EXPONENT,
			digits in 0_u32..31,
		) {
			let decimal = Decimal::new(mantissa >> digits, exponent);
			prop_assert_eq!(decimal.to_f32().unwrap().to_bits(), parsed(decimal).to_bits());
		}
	}

	#[test]
	fn ties_between_two_floats_go_to_the_even_one() {
		// GIVEN integers of 25 and more bits that end in a half of the last place
		for kept in [0x80_0000_u32, 0x80_0001, 0xFF_FFFE, 0xFF_FFFF] {
			for extra in 1..=7 {
				let tie = (kept << extra) + (1 << (extra - 1));
				// WHEN the tie and its neighbours are converted
				for mantissa in [tie - 1, tie, tie + 1] {
					let Ok(mantissa) = i32::try_from(mantissa) else {
						continue;
					};
					let decimal = Decimal::new(mantissa, 0);
					// THEN they go where the correct rounding of an f64 goes
					let expected = f64::from(mantissa) as f32;
					assert_eq!(decimal.to_f32().unwrap().to_bits(), expected.to_bits());
				}
			}
		}
	}
}
