//! The gradient of a norm by its gain.

use std::ops::Range;

use super::super::rows::{in_steps, spread, stat_or_zero, Lines};
use crate::{
	isa::multiversion,
	matrix::Matrix,
	pool::Lane,
	tensor::{SIDE, TILE},
};

/// Strips that one step of the specification adds.
const STEP: usize = 8;
/// Tile columns that one task sums, at most: their partial sums stay in the first cache.
const PIECE: usize = 4;

/// What the gain's gradient is the sum of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gain<'a> {
	/// The gradient by the norm's output.
	pub(crate) dy: Matrix<'a>,
	/// What the norm was applied to.
	pub(crate) x: Matrix<'a>,
	pub(crate) inverse: &'a [f32],
	/// Of a centred norm.
	pub(crate) mean: Option<&'a [f32]>,
}

#[inline(always)]
fn add_body(of: Gain<'_>, strips: Range<usize>, first: usize, sums: &mut [f32]) {
	for strip in strips {
		let mean = spread(&stat_or_zero(of.mean, strip));
		let inverse = spread(&stat_or_zero(Some(of.inverse), strip));
		for (t, sums) in sums.as_chunks_mut::<TILE>().0.iter_mut().enumerate() {
			let (dy, x) = (of.dy.tile(strip, first + t), of.x.tile(strip, first + t));
			for k in 0..TILE {
				sums[k] += dy[k] * ((x[k] - mean.0[k]) * inverse.0[k]);
			}
		}
	}
}

multiversion! {
	fn add = add_body(of: Gain<'_>, strips: Range<usize>, first: usize, sums: &mut [f32]);
}

/// The sum of `dy * h` over every column, in row 0 of `out`, whose other rows are +0.0.
///
/// If `watch`, the greatest pattern returned includes the partial sums between the specification's
/// steps.
pub(crate) fn gradient(lane: Lane, of: Gain<'_>, watch: bool, out: &mut [f32]) -> u32 {
	let (rows, cols) = (of.x.rows(), of.x.cols());
	let lane = lane.for_work(rows * cols);
	// Several tasks for each thread, if there are as many tile columns.
	let piece = (cols / SIDE / (4 * lane.threads)).clamp(1, PIECE);
	lane.produce_watched(out, piece * TILE, |index, out| {
		let mut sums = Lines([0.0; PIECE * TILE]);
		let sums = &mut sums.0[..out.len()];
		let shape = (rows / SIDE, STEP);
		let met = in_steps(lane.isa, shape, watch, sums, |strips, sums| {
			add(lane.isa, of, strips, index * piece, sums);
		});
		for (sums, out) in sums.chunks_exact_mut(TILE).zip(out.chunks_exact_mut(TILE)) {
			for half in [8, 4, 2, 1] {
				let (low, high) = sums.split_at_mut(half * SIDE);
				for (low, high) in low.iter_mut().zip(high.iter()) {
					*low += high;
				}
			}
			let (first, others) = out.split_at_mut(SIDE);
			first.copy_from_slice(&sums[..SIDE]);
			others.fill(0.0);
		}
		met
	})
}
