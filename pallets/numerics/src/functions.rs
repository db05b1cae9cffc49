//! Exponential, logarithm and square root. The code is the definition.
//!
//! Only additions, subtractions, multiplications and operations on patterns, so that loops over
//! these functions become vector code with the same bits.

use crate::arith::power_of_two;

/// Below it, [`exp`] is +0.0.
pub const EXP_MIN: f32 = -87.0;
/// Above it, [`exp`] is infinite, which breaks the range rule.
pub const EXP_MAX: f32 = 88.0;

/// `1 / ln 2`.
const LOG2_E: f32 = f32::from_bits(0x3FB8_AA3B);
/// The first ten bits of ln 2: a product with an integer of up to 14 bits is exact.
const LN2_HIGH: f32 = 355.0 / 512.0;
/// ln 2 minus [`LN2_HIGH`].
const LN2_LOW: f32 = -2.121_944_4e-4;
/// See [`crate::arith`]: adding it rounds to an integer, ties to even.
const ROUND: f32 = 12_582_912.0;

/// `e^x`: +0.0 for `x < -87`, infinity for `x > 88`. Exactly 1 at zero.
///
/// x is cut into `n ln 2 + r` with n the nearest integer to `x / ln 2`, and `e^r` is
/// `1 + (r + r^2 * Q(r))` with Q of degree 4, fitted for the least relative error. Results between
/// the two ends are normal numbers and at most 1 unit in the last place from the truth.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
	let shifted = x * LOG2_E + ROUND;
	let n = shifted - ROUND;
	let r = (x - n * LN2_HIGH) - n * LN2_LOW;
	let q = 1.381_46e-3;
	let q = q * r + 8.368_717e-3;
	let q = q * r + 4.166_839e-2;
	let q = q * r + 1.666_652_1e-1;
	let q = q * r + 4.999_999_4e-1;
	let y = (q * (r * r) + r) + 1.0;
	let n = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
	let y = y * power_of_two(n);
	let y = if x > EXP_MAX { f32::INFINITY } else { y };
	if x < EXP_MIN {
		0.0
	} else {
		y
	}
}

/// The natural logarithm of a positive normal number; minus infinity, which breaks the range rule,
/// for everything else. +0.0 at one.
///
/// x is cut into `2^k * (1 + s)` with `1 + s` from `sqrt(1/2)` to `sqrt(2)`, and `ln(1 + s)` is
/// `s - s^2 / 2 + s^3 * P(s)` with P of degree 8, fitted for the least relative error. At most 1 unit
/// in the last place from the truth.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
	/// The pattern of the float next to `sqrt(1/2)`.
	const HALF_ROOT: i32 = 0x3F35_04F3;
	let above = (x.to_bits() as i32).wrapping_sub(HALF_ROOT);
	let k = above >> 23;
	let s = f32::from_bits((above & 0x7F_FFFF).wrapping_add(HALF_ROOT) as u32) - 1.0;
	let k = k as f32;
	let p = 6.746_648e-2;
	let p = p * s - 1.167_565_5e-1;
	let p = p * s + 1.188_816e-1;
	let p = p * s - 1.240_558_9e-1;
	let p = p * s + 1.421_955_2e-1;
	let p = p * s - 1.666_799_6e-1;
	let p = p * s + 2.000_211_9e-1;
	let p = p * s - 2.500_001e-1;
	let p = p * s + 3.333_331_3e-1;
	let square = s * s;
	let y = p * s * square;
	let y = y + k * LN2_LOW;
	let y = y - 0.5 * square;
	let y = (s + y) + k * LN2_HIGH;
	let normal = (f32::MIN_POSITIVE..f32::INFINITY).contains(&x);
	if normal {
		y
	} else {
		f32::NEG_INFINITY
	}
}

/// The square root, correctly rounded.
#[inline]
pub fn sqrt(x: f32) -> f32 {
	libm::sqrtf(x)
}

#[cfg(test)]
mod tests;
