//! Exponential, logarithm, square root, circular and activation functions. The code is the
//! definition.
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

/// `1 / (1 + e^-x)`: `+0.0 < sigmoid <= 1`, never subnormal. Below -80 it is that of -80.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
	let x = if x < -80.0 { -80.0 } else { x };
	1.0 / (1.0 + exp(-x))
}

/// `2 * sqrt(2 / pi)`.
const GELU_1: f32 = f32::from_bits(0x3FCC_422A);
/// [`GELU_1`]` * 0.044715`.
const GELU_3: f32 = f32::from_bits(0x3D92_2279);
/// Below it, [`gelu`] and its gradient are +0.0; their true values are below `10^-100`.
const GELU_MIN: f32 = -16.0;

/// The Gaussian error linear unit with the usual approximation by a hyperbolic tangent
/// (arXiv:1606.08415), which is `x * sigmoid(x * (K1 + K2 * x^2))`.
#[inline(always)]
pub fn gelu(x: f32) -> f32 {
	let z = x * (GELU_1 + GELU_3 * (x * x));
	let y = x * sigmoid(z);
	if x < GELU_MIN {
		0.0
	} else {
		y
	}
}

/// The derivative of [`gelu`]: `s + (x * s) * ((1 - s) * (K1 + 3 * K2 * x^2))`, s the sigmoid there.
#[inline(always)]
pub fn gelu_grad(x: f32) -> f32 {
	let square = x * x;
	let s = sigmoid(x * (GELU_1 + GELU_3 * square));
	let y = s + (x * s) * ((1.0 - s) * (GELU_1 + (3.0 * GELU_3) * square));
	if x < GELU_MIN {
		0.0
	} else {
		y
	}
}

/// `x * sigmoid(x)`.
#[inline(always)]
pub fn silu(x: f32) -> f32 {
	x * sigmoid(x)
}

/// The derivative of [`silu`]: `s * (1 + x * (1 - s))`, s the sigmoid of x.
#[inline(always)]
pub fn silu_grad(x: f32) -> f32 {
	let s = sigmoid(x);
	s * (1.0 + x * (1.0 - s))
}

/// Sine and cosine of an angle in parts of `2^-64` of a whole turn.
///
/// The angle is cut into whole quarters and at most an eighth of a turn, of which 24 bits are kept;
/// its sine and cosine are polynomials of degree 7 and 8. At most `2^-22` from the truth.
#[inline(always)]
pub fn sine_cosine(turns: u64) -> (f32, f32) {
	/// A whole turn in radians, over `2^26`.
	const UNIT: f32 = f32::from_bits(0x33C9_0FDB);
	let quarter = turns.wrapping_add(1 << 61) >> 62;
	let rest = turns.wrapping_sub(quarter << 62) as i64;
	let a = (rest >> 38) as f32 * UNIT;
	let z = a * a;
	let s = -1.958_789e-4 * z + 8.332_748e-3;
	let s = s * z - 1.666_666_4e-1;
	let s = (s * z) * a + a;
	let c = 2.454_794_2e-5 * z - 1.388_830_3e-3;
	let c = c * z + 4.166_666_4e-2;
	let c = ((c * z) * z - 0.5 * z) + 1.0;
	match quarter & 3 {
		0 => (s, c),
		1 => (c, -s),
		2 => (-s, -c),
		_ => (-c, s),
	}
}

/// The square root, correctly rounded.
#[inline]
pub fn sqrt(x: f32) -> f32 {
	libm::sqrtf(x)
}

#[cfg(test)]
mod tests;
