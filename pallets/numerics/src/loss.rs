//! Losses as the chain sees them: fixed point, so that a mean has no order.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Fraction bits of a [`Loss`].
pub const FRACTION: u32 = 24;

/// A loss in units of `2^-24` nats.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Default,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Loss(pub u64);

impl Loss {
	/// The loss of one row: the float's exact value in units of `2^-24`, rounded half to even.
	///
	/// Losses of rows are never negative; a negative float gives 0. From `2^40` nats on, the result
	/// is the greatest one.
	pub fn of_row(row: f32) -> Self {
		let bits = row.to_bits();
		if bits >> 31 == 1 {
			return Loss(0);
		}
		let field = bits >> 23;
		let fraction = u64::from(bits & 0x7F_FFFF);
		// value = significand * 2^(exponent - 150), in units of 2^-24: 2^(exponent - 126).
		let (significand, exponent) = if field == 0 {
			(fraction, 1)
		} else {
			(fraction | 1 << 23, field)
		};
		if exponent >= 126 {
			let shift = exponent - 126;
			return if shift <= 40 {
				Loss(significand << shift)
			} else {
				Loss(u64::MAX)
			};
		}
		let shift = 126 - exponent;
		if shift > 24 {
			// Below half a unit: a significand has 24 bits.
			return Loss(0);
		}
		let (kept, rest) = (significand >> shift, significand & ((1 << shift) - 1));
		let half = 1 << (shift - 1);
		Loss(kept + u64::from(rest > half || (rest == half && kept & 1 == 1)))
	}

	/// The mean, rounded down: the sum over the number. Zero for no losses.
	pub fn mean(losses: impl IntoIterator<Item = Loss>) -> Self {
		let (mut sum, mut count) = (0_u128, 0_u128);
		for Loss(loss) in losses {
			sum += u128::from(loss);
			count += 1;
		}
		Loss(
			sum.checked_div(count)
				.and_then(|mean| mean.try_into().ok())
				.unwrap_or(0),
		)
	}

	/// The mean of the losses of rows: each converted by [`Loss::of_row`], then [`Loss::mean`].
	pub fn mean_of_rows(rows: impl IntoIterator<Item = f32>) -> Self {
		Loss::mean(rows.into_iter().map(Loss::of_row))
	}

	/// The value in nats, for people.
	pub fn to_nats(self) -> f64 {
		self.0 as f64 / (1_u64 << FRACTION) as f64
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_row_is_rounded_half_to_even_in_units_of_two_to_the_minus_24() {
		let unit = 1.0 / 16_777_216.0_f32;
		for (row, loss) in [
			(0.0, 0),
			(-0.0, 0),
			(-1.0, 0),
			(1.0, 1 << 24),
			(5.5, 11 << 23),
			(unit, 1),
			(0.5 * unit, 0),
			(0.500_000_1 * unit, 1),
			(1.5 * unit, 2),
			(2.5 * unit, 2),
			(0.75 * unit, 1),
			(1e-40, 0),
			(f32::MIN_POSITIVE, 0),
			(1_099_511_562_240.0, 0xFF_FFFF << 40),
			(1_099_511_627_776.0, u64::MAX),
		] {
			assert_eq!(Loss::of_row(row), Loss(loss), "{row:e}");
		}
	}

	#[test]
	fn a_row_agrees_with_the_rounding_of_f64() {
		for i in 0..200_000_u32 {
			let row = f32::from_bits(0x2F00_0000 + i * 3_001);
			if row >= 1e6 {
				break;
			}
			// 2^52 forces f64 to round to integers, ties to even.
			let scaled = f64::from(row) * 16_777_216.0;
			let rounded = (scaled + 4_503_599_627_370_496.0) - 4_503_599_627_370_496.0;
			assert_eq!(Loss::of_row(row).0, rounded as u64, "{row:e}");
		}
	}

	#[test]
	fn a_mean_rounds_down_and_does_not_overflow() {
		assert_eq!(Loss::mean([]), Loss(0));
		assert_eq!(Loss::mean([Loss(1), Loss(2)]), Loss(1));
		assert_eq!(Loss::mean([Loss(u64::MAX), Loss(u64::MAX)]), Loss(u64::MAX));
		assert_eq!(Loss::mean_of_rows([1.0, 2.0]), Loss(3 << 23));
		assert_eq!(Loss(3 << 23).to_nats(), 1.5);
	}
}
