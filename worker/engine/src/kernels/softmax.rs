//! Row statistics of the logits, the loss and its gradient.

use assay_numerics::{
	arith::{self, LOWEST},
	functions::exp,
	ops::softmax::{inverse, logit_grad, loss_row},
};

use super::embedding::row_of;
use crate::{isa::multiversion, pool::Lane};

/// Rows that one task handles.
const ROWS: usize = 16;
/// Lanes of a row: the columns of a tile.
const LANES: usize = 16;

#[inline(always)]
fn max_body(x: &[f32], width: usize, out: &mut [f32]) {
	for (x, out) in x.chunks_exact(width).zip(out) {
		let mut lanes = [LOWEST; LANES];
		for x in x.as_chunks::<LANES>().0 {
			for (lane, x) in lanes.iter_mut().zip(x) {
				*lane = arith::max(*lane, *x);
			}
		}
		*out = arith::max_lanes(lanes);
	}
}

multiversion! {
	fn max_rows = max_body(x: &[f32], width: usize, out: &mut [f32]);
}

/// The maximum of every row.
pub(crate) fn max(lane: Lane, x: &[f32], width: usize, out: &mut [f32]) -> u32 {
	lane.for_work(x.len()).produce(out, ROWS, |index, out| {
		max_rows(
			lane.isa,
			&x[index * ROWS * width..][..out.len() * width],
			width,
			out,
		);
	})
}

#[inline(always)]
fn sum_exp_body(x: &[f32], width: usize, max: &[f32], out: &mut [f32]) {
	// Exponentials first, sums second: two loops that vectorise, not one that does not.
	let mut exponentials = [0.0_f32; 256];
	for ((x, max), out) in x.chunks_exact(width).zip(max).zip(out) {
		let mut lanes = [0.0_f32; LANES];
		for x in x.chunks(256) {
			for (e, x) in exponentials.iter_mut().zip(x) {
				*e = exp(*x - *max);
			}
			for e in exponentials[..x.len()].as_chunks::<LANES>().0 {
				for (lane, e) in lanes.iter_mut().zip(e) {
					*lane += e;
				}
			}
		}
		*out = arith::sum_lanes(lanes);
	}
}

multiversion! {
	fn sum_exp_rows = sum_exp_body(x: &[f32], width: usize, max: &[f32], out: &mut [f32]);
}

/// The sum of `exp(x - max)` over every row.
pub(crate) fn sum_exp(lane: Lane, x: &[f32], width: usize, max: &[f32], out: &mut [f32]) -> u32 {
	lane.for_work(x.len()).produce(out, ROWS, |index, out| {
		let x = &x[index * ROWS * width..][..out.len() * width];
		sum_exp_rows(lane.isa, x, width, &max[index * ROWS..][..out.len()], out);
	})
}

/// The logits of a batch and what is known of each row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
	/// Ids, `target + 1` to a row; the last is the target.
	pub(crate) ids: &'a [f32],
	pub(crate) target: usize,
	pub(crate) logits: &'a [f32],
	pub(crate) width: usize,
	pub(crate) max: &'a [f32],
	pub(crate) sum: &'a [f32],
}

impl Rows<'_> {
	fn target_of(&self, row: usize) -> usize {
		row_of(self.ids[row * (self.target + 1) + self.target])
	}
}

/// The loss of every row.
pub(crate) fn losses(lane: Lane, rows: Rows<'_>, out: &mut [f32]) -> u32 {
	let all = out.len();
	lane.alone().produce(out, all, |_, out| {
		for (row, out) in out.iter_mut().enumerate() {
			let x = rows.logits[row * rows.width + rows.target_of(row)];
			*out = loss_row(rows.sum[row], rows.max[row], x);
		}
	})
}

#[inline(always)]
fn gradient_body(x: &[f32], max: f32, inverse: f32, share: f32, target: usize, out: &mut [f32]) {
	for (x, out) in x.iter().zip(out.iter_mut()) {
		*out = logit_grad(*x, max, inverse, 0.0, share);
	}
	out[target] = logit_grad(x[target], max, inverse, 1.0, share);
}

multiversion! {
	fn gradient_row = gradient_body(
		x: &[f32],
		max: f32,
		inverse: f32,
		share: f32,
		target: usize,
		out: &mut [f32],
	);
}

/// The gradient of the mean loss by every logit.
pub(crate) fn gradient(lane: Lane, rows: Rows<'_>, out: &mut [f32]) -> u32 {
	let width = rows.width;
	let share = inverse((out.len() / width) as f32);
	lane.for_work(out.len())
		.produce(out, ROWS * width, |index, out| {
			for (i, out) in out.chunks_exact_mut(width).enumerate() {
				let row = index * ROWS + i;
				let x = &rows.logits[row * width..][..width];
				let inverse = inverse(rows.sum[row]);
				gradient_row(
					lane.isa,
					x,
					rows.max[row],
					inverse,
					share,
					rows.target_of(row),
					out,
				);
			}
		})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::isa::Isa;

	#[test]
	fn exponentials_of_every_instruction_set_equal_the_specifications_over_all_patterns() {
		// GIVEN patterns from the whole range of floats, 16 to a row: each lane is one exponential
		let patterns: Vec<f32> = (0..=u32::MAX).step_by(4_093).map(f32::from_bits).collect();
		for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
			for x in patterns.as_chunks::<4_096>().0 {
				let mut out = [0.0; 4_096];
				// WHEN the gradient of x - 0 with a share of one and a sum of one is taken
				gradient_row(isa, x, 0.0, 1.0, 1.0, 0, &mut out);
				// THEN it is the exponential, and less one in the target's column
				for (x, out) in x.iter().zip(&out).skip(1) {
					let expected = logit_grad(*x, 0.0, 1.0, 0.0, 1.0);
					let same = out.to_bits() == expected.to_bits();
					assert!(same || out.is_nan() && expected.is_nan(), "{x:e}, {isa}");
				}
				assert!(
					x[0].is_nan() || out[0] == exp(x[0]) - 1.0,
					"{:e}, {isa}",
					x[0]
				);
			}
		}
	}
}
