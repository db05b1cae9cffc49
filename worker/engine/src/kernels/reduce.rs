//! Column sums.

use crate::{isa::multiversion, kernels::elementwise::greatest, pool::Lane};

/// Rows of a tile: so many partial sums each column has.
const ROWS: usize = 16;
/// Rows that one step of the specification adds. Between steps the partial sums must be in range.
const STEP: usize = 16 * ROWS;
/// Columns that one task sums.
const PIECE: usize = 64;

/// Partial sums of at most [`PIECE`] columns.
type Sums = [[f32; PIECE]; ROWS];

#[inline(always)]
fn add_body(x: &[f32], width: usize, first: usize, columns: usize, sums: &mut Sums) {
	for (row, x) in x.chunks_exact(width).enumerate() {
		let x = &x[first..first + columns];
		for (sum, x) in sums[row % ROWS].iter_mut().zip(x) {
			*sum += x;
		}
	}
}

multiversion! {
	fn add = add_body(x: &[f32], width: usize, first: usize, columns: usize, sums: &mut Sums);
}

/// The sum of every column: rows of a tile apart, tiles in ascending order, then the rows in halves.
///
/// If `watch`, the greatest pattern returned includes the partial sums between steps.
pub(crate) fn column_sum(lane: Lane, x: &[f32], watch: bool, out: &mut [f32]) -> u32 {
	let width = out.len();
	lane.for_work(x.len())
		.produce_watched(out, PIECE, |index, out| {
			let mut sums = [[0.0; PIECE]; ROWS];
			let mut met = 0;
			for (step, x) in x.chunks(STEP * width).enumerate() {
				if watch && step > 0 {
					met = met.max(greatest(lane.isa, sums.as_flattened()));
				}
				add(lane.isa, x, width, index * PIECE, out.len(), &mut sums);
			}
			for half in [8, 4, 2, 1] {
				let (low, high) = sums.split_at_mut(half);
				for (low, high) in low.iter_mut().zip(high.iter()) {
					for (low, high) in low.iter_mut().zip(high) {
						*low += high;
					}
				}
			}
			out.copy_from_slice(&sums[0][..out.len()]);
			met
		})
}

/// The sum of a column of losses times `1 / rows`; the sum is a [`column_sum`], whose own greatest
/// element does not count.
pub(crate) fn mean(lane: Lane, losses: &[f32], out: &mut [f32]) -> u32 {
	let mut met = 0;
	let mut sums = [0.0_f32; ROWS];
	for (step, losses) in losses.chunks(STEP).enumerate() {
		if step > 0 {
			met = met.max(greatest(lane.isa, &sums));
		}
		for (row, loss) in losses.iter().enumerate() {
			sums[row % ROWS] += loss;
		}
	}
	out[0] = assay_numerics::arith::sum_lanes(sums) * (1.0 / losses.len() as f32);
	met.max(greatest(lane.isa, out))
}
