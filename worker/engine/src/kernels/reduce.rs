//! Column sums.

use std::ops::Range;

use crate::{
	isa::multiversion,
	kernels::elementwise::greatest,
	matrix::Matrix,
	pool::Lane,
	tensor::{SIDE, TILE},
};

/// Strips that one step of the specification adds. Between steps the partial sums must be in range.
const STEP: usize = 16;
/// Tile columns that one task sums: their partial sums stay in the first cache.
const PIECE: usize = 4;

/// Partial sums of at most [`PIECE`] tile columns: each column has one for each row of a tile.
type Sums = [[f32; TILE]; PIECE];

#[inline(always)]
fn add_body(x: Matrix<'_>, strips: Range<usize>, first: usize, sums: &mut [[f32; TILE]]) {
	for strip in strips {
		for (j, sums) in sums.iter_mut().enumerate() {
			let tile = x.tile(strip, first + j);
			for i in 0..TILE {
				sums[i] += tile[i];
			}
		}
	}
}

multiversion! {
	fn add = add_body(x: Matrix<'_>, strips: Range<usize>, first: usize, sums: &mut [[f32; TILE]]);
}

/// The sum of every column, in row 0 of `out`, whose other rows are +0.0: rows of a tile apart, tiles
/// in ascending order, then the rows in halves.
///
/// If `watch`, the greatest pattern returned includes the partial sums between steps.
pub(crate) fn column_sum(lane: Lane, x: Matrix<'_>, watch: bool, out: &mut [f32]) -> u32 {
	let down = x.rows() / SIDE;
	lane.for_work(x.rows() * x.cols())
		.produce_watched(out, PIECE * TILE, |index, out| {
			let mut sums: Sums = [[0.0; TILE]; PIECE];
			let sums = &mut sums[..out.len() / TILE];
			let mut met = 0;
			for start in (0..down).step_by(STEP) {
				if watch && start > 0 {
					met = met.max(greatest(lane.isa, sums.as_flattened()));
				}
				let strips = start..down.min(start + STEP);
				add(lane.isa, x, strips, index * PIECE, sums);
			}
			for (sums, out) in sums.iter_mut().zip(out.chunks_exact_mut(TILE)) {
				for half in [8, 4, 2, 1] {
					let (low, high) = sums.split_at_mut(half * SIDE);
					for (low, high) in low.iter_mut().zip(high.iter()) {
						*low += high;
					}
				}
				out[..SIDE].copy_from_slice(&sums[..SIDE]);
			}
			met
		})
}

/// The first rows of tiles one after the other: a matrix of one row as a packed vector.
pub(crate) fn pack(lane: Lane, x: &[f32], out: &mut [f32]) -> u32 {
	for (x, out) in x.chunks_exact(TILE).zip(out.chunks_exact_mut(SIDE)) {
		out.copy_from_slice(&x[..SIDE]);
	}
	greatest(lane.isa, out)
}

/// The sum of a column of losses times `1 / rows`; the sum is a [`column_sum`], whose own greatest
/// element does not count.
pub(crate) fn mean(lane: Lane, losses: &[f32], out: &mut [f32]) -> u32 {
	let mut met = 0;
	let mut sums = [0.0_f32; SIDE];
	for (step, losses) in losses.chunks(STEP * SIDE).enumerate() {
		if step > 0 {
			met = met.max(greatest(lane.isa, &sums));
		}
		for (row, loss) in losses.iter().enumerate() {
			sums[row % SIDE] += loss;
		}
	}
	out[0] = assay_numerics::arith::sum_lanes(sums) * (1.0 / losses.len() as f32);
	met.max(greatest(lane.isa, out))
}
