//! Norms of rows, forward: statistics, and what they do to the rows.
//!
//! A norm that is not centred is one whose mean is +0.0 and whose bias is -0.0: `x - 0.0` and
//! `y + -0.0` are x and y, whatever they are. So both have the same loops.

pub(crate) mod backward;
pub(crate) mod gain;
#[cfg(test)]
mod tests;

use super::{
	outputs::produce,
	rows::{in_steps, repeat, spread, sum_strip, totals, Lines, Stat, Sums, STEP},
};
use crate::{
	isa::{multiversion, Isa},
	pool::Lane,
	tensor::{SIDE, TILE},
};

/// What is not there and is added to something.
const NOTHING: [f32; SIDE] = [-0.0; SIDE];

/// A norm and what it is applied to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Norm<'a> {
	pub(crate) x: &'a [f32],
	/// Columns of x.
	pub(crate) width: usize,
	/// Added under the root.
	pub(crate) epsilon: f32,
	/// A packed vector.
	pub(crate) gain: &'a [f32],
	/// A packed vector, of a centred norm.
	pub(crate) bias: Option<&'a [f32]>,
}

/// What a norm writes.
#[derive(Debug)]
pub(crate) struct Normed<'a> {
	/// The mean of each row; empty unless the norm is centred.
	pub(crate) mean: &'a mut [f32],
	pub(crate) inverse: &'a mut [f32],
	pub(crate) out: &'a mut [f32],
}

#[inline(always)]
fn add_squares_body(x: &[f32], mean: &Stat, sums: &mut Sums) {
	let mean = spread(mean);
	for x in x.as_chunks::<TILE>().0 {
		for k in 0..TILE {
			let x = x[k] - mean.0[k];
			sums[k] += x * x;
		}
	}
}

multiversion! {
	fn add_squares = add_squares_body(x: &[f32], mean: &Stat, sums: &mut Sums);
}

/// The inverse deviation of each row of a strip, and the greatest partial sum if `watch`.
fn inverse_strip(
	isa: Isa,
	strip: &[f32],
	mean: &Stat,
	(width, epsilon): (usize, f32),
	watch: bool,
) -> (Stat, u32) {
	let mut sums = Lines([0.0; TILE]);
	let tiles = strip.len() / TILE;
	let met = in_steps(isa, (tiles, STEP), watch, &mut sums.0, |at, sums| {
		add_squares(isa, &strip[at.start * TILE..at.end * TILE], mean, sums);
	});
	let share = 1.0 / width as f32;
	// The machine's root is correctly rounded, as the specification's is.
	let inverse = totals(&sums.0).map(|sum| 1.0 / (sum * share + epsilon).sqrt());
	(inverse, met)
}

#[inline(always)]
fn normalise_body(
	x: &[f32],
	(mean, inverse): (&Stat, &Stat),
	(gain, bias): (&[f32], Option<&[f32]>),
	out: &mut [f32],
) {
	let (mean, inverse) = (spread(mean), spread(inverse));
	let tiles = x.as_chunks::<TILE>().0.iter();
	let tiles = tiles.zip(out.as_chunks_mut::<TILE>().0);
	for (t, ((x, out), gain)) in tiles.zip(gain.as_chunks::<SIDE>().0).enumerate() {
		let bias = bias.map_or(&NOTHING, |bias| &bias.as_chunks::<SIDE>().0[t]);
		let (gain, bias) = (repeat(gain), repeat(bias));
		for k in 0..TILE {
			out[k] = ((x[k] - mean.0[k]) * inverse.0[k]) * gain.0[k] + bias.0[k];
		}
	}
}

multiversion! {
	fn normalise_strip = normalise_body(
		x: &[f32],
		stats: (&Stat, &Stat),
		vectors: (&[f32], Option<&[f32]>),
		out: &mut [f32],
	);
}

/// Elements of a strip.
fn strip_len(width: usize) -> usize {
	width.div_ceil(SIDE) * TILE
}

/// The whole of a norm, strip by strip. Returns the greatest patterns of the mean, the inverse
/// deviation and the output; if `watch`, including partial sums between the specification's steps.
pub(crate) fn forward(lane: Lane, norm: Norm<'_>, watch: bool, to: Normed<'_>) -> [u32; 3] {
	let strip = strip_len(norm.width);
	let lane = lane.for_work(norm.x.len());
	let centred = norm.bias.is_some();
	let outputs = [to.mean, to.inverse, to.out];
	produce(lane, outputs, [SIDE, SIDE, strip], |index, outputs| {
		let [to_mean, to_inverse, out] = outputs;
		let x = &norm.x[index * strip..][..strip];
		let (mut mean, mut met_mean) = ([0.0; SIDE], 0);
		if centred {
			let share = 1.0 / norm.width as f32;
			let (sums, met) = sum_strip(lane.isa, x, watch);
			(mean, met_mean) = (sums.map(|sum| sum * share), met);
			to_mean.copy_from_slice(&mean);
		}
		let shape = (norm.width, norm.epsilon);
		let (inverse, met) = inverse_strip(lane.isa, x, &mean, shape, watch);
		to_inverse.copy_from_slice(&inverse);
		let stats = (&mean, &inverse);
		normalise_strip(lane.isa, x, stats, (norm.gain, norm.bias), out);
		[met_mean, met, 0]
	})
}
