//! The gradient of a norm by its input.

use super::{
	super::{
		outputs::produce,
		rows::{in_steps, repeat, spread, stat_or_zero, totals, Lines, Stat, Sums, STEP},
	},
	strip_len,
};
use crate::{
	isa::{multiversion, Isa},
	pool::Lane,
	tensor::{SIDE, TILE},
};

/// Tiles of each of two matrices that a step of a slope takes.
const HALF: usize = STEP / 2;

/// What is not there and is added to something, for a whole tile.
static NOTHING: Lines<TILE> = Lines([-0.0; TILE]);

/// A norm and the gradient by its output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Back<'a> {
	/// The gradient by the output.
	pub(crate) dy: &'a [f32],
	/// What the norm was applied to.
	pub(crate) x: &'a [f32],
	/// Columns of both.
	pub(crate) width: usize,
	/// A packed vector.
	pub(crate) gain: &'a [f32],
	pub(crate) inverse: &'a [f32],
	/// Of a centred norm.
	pub(crate) mean: Option<&'a [f32]>,
	/// A gradient that goes round the norm.
	pub(crate) around: Option<&'a [f32]>,
}

/// What the gradient of a norm writes.
#[derive(Debug)]
pub(crate) struct Slopes<'a> {
	/// The mean of `dy * g` over each row; empty unless the norm is centred.
	pub(crate) shift: &'a mut [f32],
	/// The mean of `(dy * g) * h` over each row.
	pub(crate) slope: &'a mut [f32],
	/// The gradient by x.
	pub(crate) out: &'a mut [f32],
}

/// The part of all this that belongs to some tiles of a strip.
#[derive(Clone, Copy)]
struct Strip<'a> {
	dy: &'a [f32],
	x: &'a [f32],
	gain: &'a [f32],
	mean: &'a Stat,
	inverse: &'a Stat,
}

impl Strip<'_> {
	/// The same of some tiles only.
	fn part(self, tiles: std::ops::Range<usize>) -> Self {
		let elements = tiles.start * TILE..tiles.end * TILE;
		Strip {
			dy: &self.dy[elements.clone()],
			x: &self.x[elements],
			gain: &self.gain[tiles.start * SIDE..tiles.end * SIDE],
			..self
		}
	}
}

#[inline(always)]
fn add_shifts_body(dy: &[f32], gain: &[f32], sums: &mut Sums) {
	let tiles = dy.as_chunks::<TILE>().0.iter();
	for (dy, gain) in tiles.zip(gain.as_chunks::<SIDE>().0) {
		let gain = repeat(gain);
		for k in 0..TILE {
			sums[k] += dy[k] * gain.0[k];
		}
	}
}

multiversion! {
	fn add_shifts = add_shifts_body(dy: &[f32], gain: &[f32], sums: &mut Sums);
}

#[inline(always)]
fn add_slopes_body(strip: Strip<'_>, sums: &mut Sums) {
	let (mean, inverse) = (spread(strip.mean), spread(strip.inverse));
	let tiles = strip.dy.as_chunks::<TILE>().0.iter();
	let tiles = tiles.zip(strip.x.as_chunks::<TILE>().0);
	for ((dy, x), gain) in tiles.zip(strip.gain.as_chunks::<SIDE>().0) {
		let gain = repeat(gain);
		for k in 0..TILE {
			sums[k] += (dy[k] * gain.0[k]) * ((x[k] - mean.0[k]) * inverse.0[k]);
		}
	}
}

multiversion! {
	fn add_slopes = add_slopes_body(strip: Strip<'_>, sums: &mut Sums);
}

#[inline(always)]
fn gradient_body(
	strip: Strip<'_>,
	(shift, slope): (&Stat, &Stat),
	around: Option<&[f32]>,
	out: &mut [f32],
) {
	let (mean, inverse) = (spread(strip.mean), spread(strip.inverse));
	let (shift, slope) = (spread(shift), spread(slope));
	let tiles = strip.dy.as_chunks::<TILE>().0.iter();
	let tiles = tiles.zip(strip.x.as_chunks::<TILE>().0);
	let tiles = tiles.zip(strip.gain.as_chunks::<SIDE>().0);
	for (t, (((dy, x), gain), out)) in tiles.zip(out.as_chunks_mut::<TILE>().0).enumerate() {
		let around = around.map_or(&NOTHING.0, |around| &around.as_chunks::<TILE>().0[t]);
		let gain = repeat(gain);
		for k in 0..TILE {
			let h = (x[k] - mean.0[k]) * inverse.0[k];
			let d = dy[k] * gain.0[k] - shift.0[k];
			out[k] = around[k] + (d - h * slope.0[k]) * inverse.0[k];
		}
	}
}

multiversion! {
	fn gradient_strip = gradient_body(
		strip: Strip<'_>,
		stats: (&Stat, &Stat),
		around: Option<&[f32]>,
		out: &mut [f32],
	);
}

/// The mean of `dy * g` over each row of a strip, and the greatest partial sum if `watch`.
fn shift_strip(isa: Isa, dy: &[f32], gain: &[f32], width: usize, watch: bool) -> (Stat, u32) {
	let mut sums = Lines([0.0; TILE]);
	let tiles = dy.len() / TILE;
	let met = in_steps(isa, (tiles, STEP), watch, &mut sums.0, |at, sums| {
		let gain = &gain[at.start * SIDE..at.end * SIDE];
		add_shifts(isa, &dy[at.start * TILE..at.end * TILE], gain, sums);
	});
	let share = 1.0 / width as f32;
	(totals(&sums.0).map(|sum| sum * share), met)
}

/// The mean of `(dy * g) * h` over each row of a strip, and the greatest partial sum if `watch`.
fn slope_strip(isa: Isa, strip: Strip<'_>, width: usize, watch: bool) -> (Stat, u32) {
	let mut sums = Lines([0.0; TILE]);
	let tiles = strip.dy.len() / TILE;
	let met = in_steps(isa, (tiles, HALF), watch, &mut sums.0, |at, sums| {
		add_slopes(isa, strip.part(at), sums);
	});
	let share = 1.0 / width as f32;
	(totals(&sums.0).map(|sum| sum * share), met)
}

impl<'a> Back<'a> {
	/// Calls `work` with the strip at this place.
	fn with_strip<R>(&self, index: usize, work: impl FnOnce(Strip<'_>) -> R) -> R {
		let strip = strip_len(self.width);
		work(Strip {
			dy: &self.dy[index * strip..][..strip],
			x: &self.x[index * strip..][..strip],
			gain: self.gain,
			mean: &stat_or_zero(self.mean, index),
			inverse: &stat_or_zero(Some(self.inverse), index),
		})
	}

	/// The strip of the gradient that goes round.
	fn around(&self, index: usize) -> Option<&'a [f32]> {
		let strip = strip_len(self.width);
		self.around.map(|around| &around[index * strip..][..strip])
	}
}

/// The whole of a norm's gradient by its input, strip by strip. Returns the greatest patterns of the
/// shift, the slope and the gradient; if `watch`, including partial sums between the specification's
/// steps.
pub(crate) fn backward(lane: Lane, back: Back<'_>, watch: bool, to: Slopes<'_>) -> [u32; 3] {
	let lane = lane.for_work(back.x.len());
	let chunks = [SIDE, SIDE, strip_len(back.width)];
	produce(
		lane,
		[to.shift, to.slope, to.out],
		chunks,
		|index, outputs| {
			let [to_shift, to_slope, out] = outputs;
			back.with_strip(index, |strip| {
				let (mut shift, mut met_shift) = ([0.0; SIDE], 0);
				if back.mean.is_some() {
					(shift, met_shift) =
						shift_strip(lane.isa, strip.dy, strip.gain, back.width, watch);
					to_shift.copy_from_slice(&shift);
				}
				let (slope, met) = slope_strip(lane.isa, strip, back.width, watch);
				to_slope.copy_from_slice(&slope);
				gradient_strip(lane.isa, strip, (&shift, &slope), back.around(index), out);
				[met_shift, met, 0]
			})
		},
	)
}
