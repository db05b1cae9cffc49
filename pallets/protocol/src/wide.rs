//! Products and remainders wider than a balance.

/// An unsigned integer of 256 bits: `high * 2^128 + low`. In this order the fields compare as numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Wide {
	pub(crate) high: u128,
	pub(crate) low: u128,
}

const HALF: u32 = 64;
const LOW_HALF: u128 = (1 << HALF) - 1;

impl Wide {
	/// The full product; it always fits.
	pub(crate) fn product(a: u128, b: u128) -> Self {
		let (a1, a0) = (a >> HALF, a & LOW_HALF);
		let (b1, b0) = (b >> HALF, b & LOW_HALF);
		// Four products of 64-bit halves, each below 2^128: none of them wraps.
		let (p00, p01) = (a0.wrapping_mul(b0), a0.wrapping_mul(b1));
		let (p10, p11) = (a1.wrapping_mul(b0), a1.wrapping_mul(b1));
		// Three numbers below 2^64: no wrap.
		let middle = (p00 >> HALF)
			.wrapping_add(p01 & LOW_HALF)
			.wrapping_add(p10 & LOW_HALF);
		let low = (middle << HALF) | (p00 & LOW_HALF);
		// The upper half of a product of two u128 is below 2^128.
		let high = p11
			.wrapping_add(p01 >> HALF)
			.wrapping_add(p10 >> HALF)
			.wrapping_add(middle >> HALF);
		Self { high, low }
	}

	/// The number whose little-endian bytes these are.
	pub(crate) fn from_le_bytes(bytes: [u8; 32]) -> Self {
		let (mut low, mut high) = ([0u8; 16], [0u8; 16]);
		for (to, from) in low.iter_mut().chain(high.iter_mut()).zip(bytes) {
			*to = from;
		}
		Self {
			high: u128::from_le_bytes(high),
			low: u128::from_le_bytes(low),
		}
	}

	/// Quotient and remainder by long division, one bit at a time. `None` if the divisor is 0 or
	/// the quotient needs more than 128 bits.
	pub(crate) fn div_rem(self, divisor: u128) -> Option<(u128, u128)> {
		if self.high >= divisor {
			return None;
		}
		Some(self.divide(divisor))
	}

	/// The remainder; `None` if the divisor is 0.
	pub(crate) fn rem(self, divisor: u128) -> Option<u128> {
		let high = self.high.checked_rem(divisor)?;
		Some(
			Self {
				high,
				low: self.low,
			}
			.divide(divisor)
			.1,
		)
	}

	/// Needs `high < divisor`.
	fn divide(self, divisor: u128) -> (u128, u128) {
		let (mut quotient, mut rest, mut low) = (0u128, self.high, self.low);
		for _ in 0..u128::BITS {
			let carried = rest >> 127 == 1;
			rest = (rest << 1) | (low >> 127);
			low <<= 1;
			quotient <<= 1;
			// With the carry, the rest is 2^128 more than it shows, and below twice the divisor.
			if carried || rest >= divisor {
				rest = rest.wrapping_sub(divisor);
				quotient |= 1;
			}
		}
		(quotient, rest)
	}
}

/// `floor(a * b / c)`; `None` if `c` is 0 or the result leaves the range.
pub(crate) fn mul_div(a: u128, b: u128, c: u128) -> Option<u128> {
	Wide::product(a, b).div_rem(c).map(|(quotient, _)| quotient)
}

/// `ceil(a * b / c)`; `None` if `c` is 0 or the result leaves the range.
pub(crate) fn mul_div_up(a: u128, b: u128, c: u128) -> Option<u128> {
	let (quotient, rest) = Wide::product(a, b).div_rem(c)?;
	if rest == 0 {
		Some(quotient)
	} else {
		quotient.checked_add(1)
	}
}

#[cfg(test)]
mod tests {
	use super::{mul_div, mul_div_up, Wide};

	const MAX: u128 = u128::MAX;

	#[test]
	fn products_are_exact_at_the_corners() {
		assert_eq!(
			Wide::product(MAX, MAX),
			Wide {
				high: MAX - 1,
				low: 1
			}
		);
		assert_eq!(Wide::product(MAX, 0), Wide { high: 0, low: 0 });
		assert_eq!(Wide::product(1 << 127, 2), Wide { high: 1, low: 0 });
		// (2^64 + 1)^2 = 2^128 + 2^65 + 1.
		assert_eq!(
			Wide::product((1 << 64) + 1, (1 << 64) + 1),
			Wide {
				high: 1,
				low: (1 << 65) + 1
			}
		);
	}

	#[test]
	fn division_undoes_products_of_any_width() {
		let numbers = [
			0,
			1,
			2,
			3,
			999_999_937,
			(1 << 64) - 1,
			1 << 64,
			1 << 127,
			MAX - 1,
			MAX,
		];
		for a in numbers {
			for b in numbers.into_iter().filter(|b| *b > 0) {
				assert_eq!(mul_div(a, b, b), Some(a));
				assert_eq!(mul_div_up(a, b, b), Some(a));
				assert_eq!(Wide::product(a, b).rem(b), Some(0));
				if b > 1 && a < MAX {
					// One more than a multiple.
					let Wide { high, low } = Wide::product(a, b);
					let (low, carry) = low.overflowing_add(1);
					let more = Wide {
						high: high + u128::from(carry),
						low,
					};
					assert_eq!(more.div_rem(b), Some((a, 1)));
				}
			}
		}
	}

	#[test]
	fn rounding_goes_down_or_up_by_name() {
		assert_eq!(
			(mul_div(10, 1, 3), mul_div_up(10, 1, 3)),
			(Some(3), Some(4))
		);
		assert_eq!((mul_div(9, 1, 3), mul_div_up(9, 1, 3)), (Some(3), Some(3)));
	}

	#[test]
	fn what_leaves_the_range_or_divides_by_zero_is_nothing() {
		assert_eq!(mul_div(1, 1, 0), None);
		assert_eq!(mul_div(MAX, 2, 1), None);
		assert_eq!(mul_div_up(MAX, 2, 1), None);
		assert_eq!(mul_div_up(MAX, MAX - 1, MAX - 2), None);
		assert_eq!(Wide { high: 1, low: 1 }.rem(0), None);
	}

	#[test]
	fn bytes_are_little_endian() {
		let mut bytes = [0; 32];
		(bytes[0], bytes[16], bytes[31]) = (1, 2, 128);
		assert_eq!(
			Wide::from_le_bytes(bytes),
			Wide {
				high: (128 << 120) + 2,
				low: 1
			}
		);
	}
}
