//! The arithmetic profile `exact-12`, version 1.
//!
//! All values are IEEE binary32, rounded to nearest even, with gradual underflow and one rounding
//! for each written operation, never fused.
//!
//! RANGE RULE: every element of every op's output satisfies [`in_range`]. NaN and infinity never
//! enter a hash.
//!
//! CONTRACTION `C[i, j] = sum over k of A[i, k] * B[k, j]`: `k` is cut into blocks of [`BLOCK`] from
//! index 0, the last may be shorter. For each row of A and each column of B, per block:
//! 1. M = the greatest [`magnitude`], compared as integers.
//! 2. e = [`exponent`] of M: every |x| < 2^e.
//! 3. q = [`quantise`]`(x, e)`.
//! 4. S = the sum of `qa * qb` as `i32`, in any order: 4095 * 4095 * 128 = 2,146,435,200 < 2^31.
//! 5. P = `f32(S) * 2^(ea + eb - 24)`: the conversion rounds to nearest even, the product is exact.
//! 6. C starts at +0.0; the blocks' P are added in ascending order.

use crate::tile::Row;

/// Elements of the contracted axis that share one exponent.
pub const BLOCK: usize = 128;
/// Greatest magnitude of a quantised element.
pub const QUANTUM_MAX: i32 = 4_095;
/// Least exponent of a block; blocks of zeros and of tiny elements have it.
pub const MIN_EXPONENT: i32 = -50;
/// Patterns of magnitudes from here on, `2^50`, break the range rule.
pub const RANGE_END: u32 = 0x5880_0000;
/// What maxima start from: below every value that obeys the range rule.
pub const LOWEST: f32 = -1_125_899_906_842_624.0;

/// `1.5 * 2^23`. Adding it to a float of magnitude at most `2^22` leaves the nearest integer, ties to
/// even, in the low bits of the pattern.
const ROUND: f32 = 12_582_912.0;

/// The pattern without the sign: it orders magnitudes as integers.
#[inline(always)]
pub fn magnitude(x: f32) -> u32 {
	x.to_bits() & 0x7FFF_FFFF
}

/// The range rule: `|x| < 2^50`, and not NaN.
#[inline(always)]
pub fn in_range(x: f32) -> bool {
	magnitude(x) < RANGE_END
}

/// The exponent of a block whose greatest [`magnitude`] is this: `max((M >> 23) - 126, -50)`.
///
/// A maximum of exactly `2^n` gets `n + 1`. At most 50 for values in range.
#[inline(always)]
pub fn exponent(greatest: u32) -> i32 {
	let e = (greatest >> 23) as i32 - 126;
	if e > MIN_EXPONENT {
		e
	} else {
		MIN_EXPONENT
	}
}

/// The exponent of a block with these elements.
#[inline(always)]
pub fn block_exponent(block: &[f32]) -> i32 {
	let mut greatest = 0;
	for x in block {
		let m = magnitude(*x);
		greatest = if m > greatest { m } else { greatest };
	}
	exponent(greatest)
}

/// `2^e` for e in -126..=127; outside, a pattern without meaning.
#[inline(always)]
pub fn power_of_two(e: i32) -> f32 {
	f32::from_bits((e.wrapping_add(127) as u32) << 23)
}

/// `clamp(rhe(x * 2^(12-e)), -4095, 4095)`, where rhe rounds half to even; for `|x| < 2^e`.
#[inline(always)]
pub fn quantise(x: f32, e: i32) -> i32 {
	quantise_scaled(x, power_of_two(12 - e))
}

/// [`quantise`] with the factor `2^(12-e)` computed beforehand.
#[inline(always)]
pub fn quantise_scaled(x: f32, factor: f32) -> i32 {
	let q = ((x * factor + ROUND).to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
	let q = if q > QUANTUM_MAX { QUANTUM_MAX } else { q };
	if q < -QUANTUM_MAX {
		-QUANTUM_MAX
	} else {
		q
	}
}

/// `2^(ea + eb - 24)`, the factor of a block's sum. Both exponents are in -50..=50, so it is a
/// normal number in `2^-124..=2^76`.
#[inline(always)]
pub fn block_scale(ea: i32, eb: i32) -> f32 {
	power_of_two(ea + eb - 24)
}

/// What a block contributes: `f32(sum) * scale`, where scale is a [`block_scale`].
#[inline(always)]
pub fn block_product(sum: i32, scale: f32) -> f32 {
	sum as f32 * scale
}

/// `a > b ? a : b`.
#[inline(always)]
pub fn max(a: f32, b: f32) -> f32 {
	if a > b {
		a
	} else {
		b
	}
}

/// Reduces 16 lanes: lanes j and j + 8, then j + 4, j + 2, j + 1, the lower one on the left.
#[inline(always)]
pub fn tree(lanes: Row, f: impl Fn(f32, f32) -> f32) -> f32 {
	let [a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7] = lanes;
	let [a0, a1, a2, a3] = [f(a0, b0), f(a1, b1), f(a2, b2), f(a3, b3)];
	let [b0, b1, b2, b3] = [f(a4, b4), f(a5, b5), f(a6, b6), f(a7, b7)];
	let (a0, a1, a2, a3) = (f(a0, b0), f(a1, b1), f(a2, b2), f(a3, b3));
	let (a0, a1) = (f(a0, a2), f(a1, a3));
	f(a0, a1)
}

/// The sum of 16 lanes in the order of [`tree`].
#[inline(always)]
pub fn sum_lanes(lanes: Row) -> f32 {
	tree(lanes, |a, b| a + b)
}

/// The maximum of 16 lanes in the order of [`tree`].
#[inline(always)]
pub fn max_lanes(lanes: Row) -> f32 {
	tree(lanes, max)
}

/// `x^n` by square-and-multiply from the highest bit of n; 1 for n = 0.
pub fn power(x: f32, n: u32) -> f32 {
	if n == 0 {
		return 1.0;
	}
	let mut result = x;
	for bit in (0..n.ilog2()).rev() {
		result *= result;
		if n >> bit & 1 == 1 {
			result *= x;
		}
	}
	result
}

#[cfg(test)]
mod tests;
