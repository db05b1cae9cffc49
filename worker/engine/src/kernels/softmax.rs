//! Row statistics of the logits, the loss and its gradient.
//!
//! All walk the tiles of a strip; the lanes of the specification are the columns of a tile.

use assay_numerics::{
	arith::{self, LOWEST},
	functions::exp,
	ops::softmax::{inverse, logit_grad, loss_row, share},
};

use super::{
	embedding::row_of,
	outputs::produce,
	rows::{spread, stat, totals, Lines, Stat},
};
use crate::{
	isa::multiversion,
	matrix::Matrix,
	pool::Lane,
	tensor::{Tensor, SIDE, TILE},
};

type Tile = [f32; TILE];

/// The tiles of a strip that have no padding columns, where the matrix is `width` wide, and the one
/// that has, with the number of its columns that are none.
#[inline(always)]
fn tiles(strip: &[f32], width: usize) -> (&[Tile], Option<(&Tile, usize)>) {
	let (whole, last) = strip.as_chunks().0.split_at(width / SIDE);
	(whole, last.first().map(|tile| (tile, width % SIDE)))
}

#[inline(always)]
fn max_body(strip: &[f32], width: usize, out: &mut Stat) {
	let mut lanes = Lines([LOWEST; TILE]);
	let (whole, last) = tiles(strip, width);
	for x in whole {
		for (lane, x) in lanes.0.iter_mut().zip(x) {
			*lane = arith::max(*lane, *x);
		}
	}
	let lanes = lanes.0.as_chunks_mut::<SIDE>().0;
	if let Some((x, valid)) = last {
		for (lanes, x) in lanes.iter_mut().zip(x.as_chunks::<SIDE>().0) {
			for (lane, x) in lanes.iter_mut().zip(x).take(valid) {
				*lane = arith::max(*lane, *x);
			}
		}
	}
	for (out, lanes) in out.iter_mut().zip(lanes) {
		*out = arith::max_lanes(*lanes);
	}
}

multiversion! {
	fn max_strip = max_body(strip: &[f32], width: usize, out: &mut Stat);
}

#[inline(always)]
fn sum_exp_body(strip: &[f32], width: usize, max: &Stat, out: &mut Stat) {
	let mut sums = Lines([0.0; TILE]);
	let max = spread(max);
	let (whole, last) = tiles(strip, width);
	for x in whole {
		for (sum, (x, max)) in sums.0.iter_mut().zip(x.iter().zip(&max.0)) {
			*sum += exp(x - max);
		}
	}
	if let Some((x, valid)) = last {
		let mut exponentials = Lines([0.0; TILE]);
		for (e, (x, max)) in exponentials.0.iter_mut().zip(x.iter().zip(&max.0)) {
			*e = exp(x - max);
		}
		let rows = sums.0.as_chunks_mut::<SIDE>().0.iter_mut();
		for (sums, e) in rows.zip(exponentials.0.as_chunks::<SIDE>().0) {
			for (sum, e) in sums.iter_mut().zip(e).take(valid) {
				*sum += e;
			}
		}
	}
	*out = totals(&sums.0);
}

multiversion! {
	fn sum_exp_strip = sum_exp_body(strip: &[f32], width: usize, max: &Stat, out: &mut Stat);
}

/// The maximum of every row and the sum of `exp(x - max)` over it, strip by strip. Returns the greatest
/// pattern of each.
pub(crate) fn statistics(
	lane: Lane,
	(x, width): (&[f32], usize),
	[max, sum]: [&mut [f32]; 2],
) -> [u32; 2] {
	let strip = width.div_ceil(SIDE) * TILE;
	let lane = lane.for_work(x.len());
	produce(lane, [max, sum], [SIDE; 2], |index, [to_max, to_sum]| {
		let x = &x[index * strip..][..strip];
		let (mut max, mut sum) = ([0.0; SIDE], [0.0; SIDE]);
		max_strip(lane.isa, x, width, &mut max);
		sum_exp_strip(lane.isa, x, width, &max, &mut sum);
		to_max.copy_from_slice(&max);
		to_sum.copy_from_slice(&sum);
		[0; 2]
	})
}

/// The logits of a batch and what is known of each row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
	/// Ids, of which the one at `target` is the target.
	pub(crate) ids: &'a Tensor,
	pub(crate) target: usize,
	pub(crate) logits: Matrix<'a>,
	/// Columns of the logits, without padding.
	pub(crate) width: usize,
	pub(crate) max: &'a [f32],
	pub(crate) sum: &'a [f32],
	/// Exponent of the loss scale.
	pub(crate) scale: u32,
}

impl Rows<'_> {
	fn target_of(&self, row: usize) -> usize {
		row_of(self.ids.at(row, self.target))
	}
}

/// The loss of every row.
pub(crate) fn losses(lane: Lane, rows: Rows<'_>, out: &mut [f32]) -> u32 {
	let all = out.len();
	lane.alone().produce(out, all, |_, out| {
		for (row, out) in out.iter_mut().enumerate() {
			let target = rows.target_of(row);
			let tile = rows.logits.tile(row / SIDE, target / SIDE);
			let x = tile[row % SIDE * SIDE + target % SIDE];
			*out = loss_row(rows.sum[row], rows.max[row], x);
		}
	})
}

/// What a strip's gradients depend on beside its logits.
#[derive(Clone, Copy, Debug)]
struct Loss {
	width: usize,
	max: Stat,
	/// `1 / sum`.
	inverse: Stat,
	share: f32,
	targets: [usize; SIDE],
}

#[inline(always)]
fn gradient_body(x: Matrix<'_>, strip: usize, loss: &Loss, out: &mut [f32]) {
	let tiles = out.as_chunks_mut::<TILE>().0;
	let (max, inverse) = (spread(&loss.max), spread(&loss.inverse));
	for (t, out) in tiles.iter_mut().enumerate() {
		let x = x.tile(strip, t);
		for k in 0..TILE {
			out[k] = logit_grad(x[k], max.0[k], inverse.0[k], 0.0, loss.share);
		}
	}
	if let Some(last) = tiles.get_mut(loss.width / SIDE) {
		for row in last.as_chunks_mut::<SIDE>().0 {
			row[loss.width % SIDE..].fill(0.0);
		}
	}
	for (i, target) in loss.targets.into_iter().enumerate() {
		let at = i * SIDE + target % SIDE;
		let x = x.tile(strip, target / SIDE)[at];
		tiles[target / SIDE][at] = logit_grad(x, loss.max[i], loss.inverse[i], 1.0, loss.share);
	}
}

multiversion! {
	fn gradient_strip = gradient_body(x: Matrix<'_>, strip: usize, loss: &Loss, out: &mut [f32]);
}

/// The gradient of the mean loss by every logit.
pub(crate) fn gradient(lane: Lane, rows: Rows<'_>, out: &mut [f32]) -> u32 {
	let share = share(rows.logits.rows() as u32, rows.scale);
	let strip = rows.logits.cols() * SIDE;
	lane.for_work(out.len()).produce(out, strip, |index, out| {
		let loss = Loss {
			width: rows.width,
			max: stat(rows.max, index),
			inverse: stat(rows.sum, index).map(inverse),
			share,
			targets: std::array::from_fn(|i| rows.target_of(index * SIDE + i)),
		};
		gradient_strip(lane.isa, rows.logits, index, &loss, out);
	})
}

#[cfg(test)]
mod tests {
	use assay_numerics::{Layout, OpKind};

	use super::*;
	use crate::{
		isa::Isa,
		kernels::reference::{compare, each_pattern, filled, matrix, random, Case, Kind},
	};

	#[test]
	fn exponentials_of_every_instruction_set_are_the_specifications_over_the_whole_range() {
		each_pattern(4_093, |patterns| {
			for x in patterns.as_chunks::<4_096>().0 {
				// GIVEN the gradient of x - 0 with a share of one and a sum of one, which is the
				// exponential, and less one in the target's column
				let loss = Loss {
					width: 256,
					max: [0.0; SIDE],
					inverse: [1.0; SIDE],
					share: 1.0,
					targets: [0; SIDE],
				};
				let expected: [f32; 4_096] = std::array::from_fn(|at| {
					let hot = f32::from(u8::from(at < TILE && at % SIDE == 0));
					logit_grad(x[at], 0.0, 1.0, hot, 1.0)
				});
				for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
					// WHEN it is taken
					let mut out = [0.0; 4_096];
					gradient_strip(isa, Matrix::new(x, 16, 256), 0, &loss, &mut out);
					// THEN its bits are the same
					for ((x, out), expected) in x.iter().zip(&out).zip(&expected) {
						let same = out.to_bits() == expected.to_bits();
						assert!(same || out.is_nan() && expected.is_nan(), "{x:e}, {isa}");
					}
				}
			}
		});
	}

	#[test]
	fn padded_columns_enter_no_statistic_and_stay_zero() {
		// GIVEN logits of 21 columns, all negative, whose padding is greater than all of them
		let mut logits = [0.0_f32; 2 * TILE];
		let element = |i: usize, j: usize| -1.0 - ((i * 21 + j) % 13) as f32;
		for i in 0..SIDE {
			for j in 0..21 {
				logits[j / SIDE * TILE + i * SIDE + j % SIDE] = element(i, j);
			}
		}
		let mut ids = Tensor::new(Layout::Matrix { rows: 16, cols: 1 });
		ids.floats_mut().fill(20.0);
		let pool = crate::pool::Pool::new(1, Isa::widest()).unwrap();
		pool.run(|lane| {
			// WHEN statistics and gradients are computed
			let (mut most, mut sum) = ([0.0; SIDE], [0.0; SIDE]);
			statistics(lane, (&logits, 21), [&mut most, &mut sum]);
			let rows = Rows {
				ids: &ids,
				target: 0,
				logits: Matrix::new(&logits, 16, 21),
				width: 21,
				max: &most,
				sum: &sum,
				scale: 0,
			};
			let mut out = [f32::NAN; 2 * TILE];
			gradient(lane, rows, &mut out);
			// THEN they are those of the 21 columns, and the padding is +0.0
			for i in 0..SIDE {
				let row: Vec<f32> = (0..21).map(|j| element(i, j)).collect();
				let greatest = row.iter().copied().fold(LOWEST, arith::max);
				assert_eq!(most[i], greatest);
				let mut lanes = [0.0; SIDE];
				for (j, x) in row.iter().enumerate() {
					lanes[j % SIDE] += exp(x - greatest);
				}
				assert_eq!(sum[i], arith::sum_lanes(lanes));
				for j in 0..32 {
					let found = out[j / SIDE * TILE + i * SIDE + j % SIDE];
					let expected = row.get(j).map_or(0.0, |x| {
						let hot = if j == 20 { 1.0 } else { 0.0 };
						logit_grad(*x, greatest, inverse(sum[i]), hot, inverse(16.0))
					});
					assert_eq!(found.to_bits(), expected.to_bits(), "{i}, {j}");
				}
			}
		});
	}

	#[test]
	fn all_of_it_is_the_specifications() {
		for kind in Kind::ALL {
			for (rows, width) in [(16, 16), (48, 21), (64, 272), (48, 384), (16, 1_000)] {
				// GIVEN logits and targets
				let x = matrix(kind, rows, width);
				let layout = Layout::Matrix { rows, cols: 2 };
				let ids = filled(layout, |at| (random(at as u64) % u64::from(width)) as f32);
				let (columns, shape) = (width as usize, [rows, 1]);
				let logits = x.floats();
				// WHEN statistics are taken THEN they are the folds'
				let max_case = Case::new(OpKind::RowMax { width }, shape, &[&x]);
				let most = max_case.output().unwrap();
				let sum_case = Case::new(OpKind::RowSumExp { width }, shape, &[&x, &most]);
				let total = sum_case.output().unwrap();
				compare(&max_case, |lane, _, out| {
					let mut sum = out.to_vec();
					statistics(lane, (logits, columns), [out, &mut sum])[0]
				});
				compare(&sum_case, |lane, _, out| {
					let mut max = out.to_vec();
					statistics(lane, (logits, columns), [&mut max, out])[1]
				});
				// AND so are losses and gradients
				for scale in [0, 10] {
					let from = Rows {
						ids: &ids,
						target: 1,
						logits: x.matrix(),
						width: columns,
						max: most.floats(),
						sum: total.floats(),
						scale,
					};
					let inputs = [&ids, &x, &most, &total];
					let op = OpKind::LossRows { width, target: 1 };
					let case = Case::new(op, shape, &inputs);
					compare(&case, |lane, _, out| losses(lane, from, out));
					let op = OpKind::LogitGrad { target: 1, scale };
					let case = Case::new(op, [rows, width], &inputs);
					compare(&case, |lane, _, out| gradient(lane, from, out));
				}
			}
		}
	}
}
