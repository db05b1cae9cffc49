//! Sums along rows: tiles of a strip in ascending order, lane by lane, then the lanes as a tree.

use std::ops::Range;

use assay_numerics::arith;

use super::elementwise::greatest;
use crate::{
	isa::{multiversion, Isa},
	tensor::{SIDE, TILE},
};

/// One value for each row of a strip.
pub(crate) type Stat = [f32; SIDE];

/// Partial sums of a strip: one for each row and lane.
pub(crate) type Sums = [f32; TILE];

/// Floats on their own cache lines: the widest registers are as wide as a line.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Lines<const N: usize>(pub(crate) [f32; N]);

/// Tiles that one step of the specification adds, if a step takes one tile for each.
pub(crate) const STEP: usize = 16;

/// The values of one strip of a statistic.
#[inline(always)]
pub(crate) fn stat(values: &[f32], strip: usize) -> Stat {
	values[strip * SIDE..][..SIDE]
		.try_into()
		.expect("statistics come in whole 16s; qed")
}

/// [`stat`] of a statistic that is not always there: without it, zeros.
#[inline(always)]
pub(crate) fn stat_or_zero(values: Option<&[f32]>, strip: usize) -> Stat {
	values.map_or([0.0; SIDE], |values| stat(values, strip))
}

/// Each row's value in all of its lanes.
///
/// With it and [`repeat`] loops go over whole tiles: left to itself, the compiler makes vectors of
/// columns, gathered element by element, out of loops over rows.
#[inline(always)]
pub(crate) fn spread(stat: &Stat) -> Lines<TILE> {
	let mut out = Lines([0.0; TILE]);
	out.0
		.copy_from_slice(stat.map(|x| [x; SIDE]).as_flattened());
	out
}

/// The same lanes in all rows.
#[inline(always)]
pub(crate) fn repeat(lanes: &[f32; SIDE]) -> Lines<TILE> {
	let mut out = Lines([0.0; TILE]);
	for out in out.0.as_chunks_mut::<SIDE>().0 {
		*out = *lanes;
	}
	out
}

/// Adds the tiles of a strip, so many in a step: `add(first, end, sums)`. Returns the greatest pattern
/// of the partial sums between steps if `watch`, and 0 otherwise.
#[inline(always)]
pub(crate) fn in_steps<S: AsRef<[f32]> + ?Sized>(
	isa: Isa,
	(tiles, step): (usize, usize),
	watch: bool,
	sums: &mut S,
	mut add: impl FnMut(Range<usize>, &mut S),
) -> u32 {
	let mut met = 0;
	for first in (0..tiles).step_by(step) {
		if watch && first > 0 {
			met = met.max(greatest(isa, sums.as_ref()));
		}
		add(first..tiles.min(first + step), sums);
	}
	met
}

/// What each row's lanes sum to, from the partial sums.
#[inline(always)]
pub(crate) fn totals(sums: &Sums) -> Stat {
	let mut out = [0.0; SIDE];
	for (out, lanes) in out.iter_mut().zip(sums.as_chunks::<SIDE>().0) {
		*out = arith::sum_lanes(*lanes);
	}
	out
}

#[inline(always)]
fn add_body(x: &[f32], sums: &mut Sums) {
	for x in x.as_chunks::<TILE>().0 {
		for k in 0..TILE {
			sums[k] += x[k];
		}
	}
}

multiversion! {
	fn add = add_body(x: &[f32], sums: &mut Sums);
}

/// The sums of a strip's rows, and the greatest partial sum if `watch`.
pub(crate) fn sum_strip(isa: Isa, strip: &[f32], watch: bool) -> (Stat, u32) {
	let mut sums = Lines([0.0; TILE]);
	let met = in_steps(
		isa,
		(strip.len() / TILE, STEP),
		watch,
		&mut sums.0,
		|at, sums| add(isa, &strip[at.start * TILE..at.end * TILE], sums),
	);
	(totals(&sums.0), met)
}
