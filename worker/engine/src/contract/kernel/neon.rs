//! Widening products of 16-bit integers by one lane, which every AArch64 has.
//!
//! Right pairs are taken apart into their lower and upper halves, because a product is added to the
//! sum of its own lane only. Dot products of bytes, which newer processors have, would need each
//! number as two bytes and three products.

use std::arch::aarch64::*;
use std::mem::transmute;

use super::{part, part_mut, Task, GROUP, PAIRS};

/// Rows of a piece: with 16 columns, their sums fill 16 of 32 registers.
pub(super) const ROWS: usize = 4;
/// Lanes of a register.
const LANES: usize = 4;
/// Registers that a row of a tile fills.
const PARTS: usize = GROUP / LANES;

/// The lower and the upper halves of 16 pairs, eight in each register.
#[inline(always)]
fn halves(pairs: &[i32; GROUP]) -> [(int16x8_t, int16x8_t); 2] {
	// SAFETY: so many integers are as good as the registers of them.
	let registers = unsafe { transmute::<[i32; GROUP], [int16x8_t; PARTS]>(*pairs) };
	let [a, b, c, d] = registers;
	// SAFETY: every AArch64 has these instructions, which compute on registers.
	unsafe {
		[
			(vuzp1q_s16(a, b), vuzp2q_s16(a, b)),
			(vuzp1q_s16(c, d), vuzp2q_s16(c, d)),
		]
	}
}

/// Four rows from `row` by the 16 columns of right group `group`.
#[inline]
pub(super) fn piece<const BY_PAIR: bool>(
	task: &Task<'_>,
	row: usize,
	group: usize,
	out: &mut [f32],
) {
	let b = task.b[group];
	let by_vector = part::<[i32; PAIRS], ROWS>(task.a.words.as_chunks().0, row);
	let by_pair = part::<[i32; GROUP], PAIRS>(task.a.words.as_chunks().0, 0);
	let right = part::<[i32; GROUP], PAIRS>(b.words.as_chunks().0, 0);
	assert!(task.pairs <= PAIRS && row <= GROUP - ROWS);
	// SAFETY: every AArch64 has these instructions, which compute on registers.
	unsafe {
		let mut sums = [[vdupq_n_s32(0); PARTS]; ROWS];
		for p in 0..task.pairs {
			let right = halves(&right[p]);
			for (i, sums) in sums.iter_mut().enumerate() {
				let left = if BY_PAIR {
					by_pair[p][row + i]
				} else {
					by_vector[i][p]
				};
				let left = vreinterpret_s16_s32(vdup_n_s32(left));
				for (half, (low, high)) in right.into_iter().enumerate() {
					let [near, far] = [2 * half, 2 * half + 1];
					sums[near] = vmlal_lane_s16::<0>(sums[near], vget_low_s16(low), left);
					sums[near] = vmlal_lane_s16::<1>(sums[near], vget_low_s16(high), left);
					sums[far] = vmlal_high_lane_s16::<0>(sums[far], low, left);
					sums[far] = vmlal_high_lane_s16::<1>(sums[far], high, left);
				}
			}
		}
		let a_scales = part::<f32, ROWS>(&task.a.scales, row);
		let rows = out.as_chunks_mut().0.as_chunks_mut().0;
		let rows = part_mut::<[[f32; LANES]; PARTS], ROWS>(rows, group * GROUP + row);
		for ((sums, a_scale), out) in sums.into_iter().zip(a_scales).zip(rows) {
			for (j, (sum, out)) in sums.into_iter().zip(out).enumerate() {
				let b_scale = transmute::<[f32; LANES], float32x4_t>(b.scales.as_chunks().0[j]);
				// Powers of two: all products are exact.
				let value = vmulq_n_f32(vcvtq_f32_s32(sum), *a_scale);
				let value = vmulq_f32(value, b_scale);
				let before = transmute::<[f32; LANES], float32x4_t>(*out);
				let value = if task.fresh {
					value
				} else {
					vaddq_f32(before, value)
				};
				*out = transmute::<float32x4_t, [f32; LANES]>(value);
			}
		}
	}
}
