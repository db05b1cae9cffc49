//! Rotary positions.
//!
//! The two columns of a pair are half a head apart, and half a head is a whole number of eights, not
//! always of sixteens: rows are turned in runs of 16 or of 8 columns that lie in one tile each.

use assay_numerics::ops::rotate::angle;

use crate::{
	isa::multiversion,
	pool::Lane,
	tensor::{SIDE, TILE},
};

/// The sine and cosine of every pair at every position.
#[derive(Debug)]
pub(crate) struct Angles {
	/// Pairs of a head.
	pairs: usize,
	context: usize,
	/// By position, then pair.
	sines: Vec<f32>,
	cosines: Vec<f32>,
}

impl Angles {
	/// Angles of as many pairs as there are turns, at the positions of a context.
	pub(crate) fn new(turns: &[u64], context: u32) -> Self {
		let pairs = turns.len();
		let angles = (0..context).flat_map(|position| {
			let angle = move |pair| angle(turns, position, pair).expect("a pair has a turn; qed");
			(0..pairs).map(angle)
		});
		let (sines, cosines) = angles.unzip();
		Angles {
			pairs,
			context: context as usize,
			sines,
			cosines,
		}
	}
}

/// Turns one run of columns of one row.
#[inline(always)]
fn turn<const RUN: usize, const BACK: bool>(
	[low, high]: [&[f32; RUN]; 2],
	[s, c]: [&[f32; RUN]; 2],
) -> [[f32; RUN]; 2] {
	let mut out = [[0.0; RUN]; 2];
	for j in 0..RUN {
		let (low_c, high_c) = (low[j] * c[j], high[j] * c[j]);
		let (low_s, high_s) = (low[j] * s[j], high[j] * s[j]);
		(out[0][j], out[1][j]) = if BACK {
			(low_c + high_s, high_c - low_s)
		} else {
			(low_c - high_s, high_c + low_s)
		};
	}
	out
}

#[inline(always)]
fn run<const RUN: usize>(values: &[f32], at: usize) -> &[f32; RUN] {
	values[at..][..RUN]
		.try_into()
		.expect("runs are as long as they are; qed")
}

#[inline(always)]
fn heads<const RUN: usize, const BACK: bool>(
	x: &[f32],
	angles: &Angles,
	first: usize,
	out: &mut [f32],
) {
	let pairs = angles.pairs;
	let head = 2 * pairs * SIDE;
	let place = |column: usize| column / SIDE * TILE + column % SIDE;
	for (x, out) in x.chunks_exact(head).zip(out.chunks_exact_mut(head)) {
		for pair in (0..pairs).step_by(RUN) {
			let (low, high) = (place(pair), place(pair + pairs));
			for i in 0..SIDE {
				let (low, high) = (low + i * SIDE, high + i * SIDE);
				let angle = (first + i) * pairs + pair;
				let angles = [run(&angles.sines, angle), run(&angles.cosines, angle)];
				let turned = turn::<RUN, BACK>([run(x, low), run(x, high)], angles);
				out[low..][..RUN].copy_from_slice(&turned[0]);
				out[high..][..RUN].copy_from_slice(&turned[1]);
			}
		}
	}
}

#[inline(always)]
fn rotate_body(x: &[f32], angles: &Angles, (first, back): (usize, bool), out: &mut [f32]) {
	match (angles.pairs.is_multiple_of(SIDE), back) {
		(true, false) => heads::<SIDE, false>(x, angles, first, out),
		(true, true) => heads::<SIDE, true>(x, angles, first, out),
		(false, false) => heads::<8, false>(x, angles, first, out),
		(false, true) => heads::<8, true>(x, angles, first, out),
	}
}

multiversion! {
	fn rotate_strip = rotate_body(x: &[f32], angles: &Angles, how: (usize, bool), out: &mut [f32]);
}

/// Turns the pairs of every head by their position, or `back`. `width` are the columns of all heads,
/// a multiple of a head's; row r is position `r % context`.
pub(crate) fn rotate(
	lane: Lane,
	(x, width): (&[f32], usize),
	angles: &Angles,
	back: bool,
	out: &mut [f32],
) -> u32 {
	let strip = width * SIDE;
	lane.for_work(out.len()).produce(out, strip, |index, out| {
		let first = index * SIDE % angles.context;
		let x = &x[index * strip..][..strip];
		rotate_strip(lane.isa, x, angles, (first, back), out);
	})
}

#[cfg(test)]
mod tests {
	use assay_numerics::{Env, OpKind};

	use super::*;
	use crate::kernels::reference::{compare, matrix, random, tiles, Case, Kind};

	#[test]
	fn rotations_are_the_specifications() {
		for kind in Kind::ALL {
			for (head, heads, context, rows) in [
				(16, 1, 16, 32),
				(48, 3, 32, 64),
				(64, 6, 48, 96),
				(256, 2, 32, 32),
				(32, 17, 64, 64),
			] {
				for inverse in [false, true] {
					let turns: Vec<u64> = (0..head / 2).map(|i| random(i.into())).collect();
					let x = matrix(kind, rows, head * heads);
					let env = Env::new([0; 32], 0, 0, 0, 1, 0).with_turns(&turns);
					let op = OpKind::Rotate {
						context,
						head,
						inverse,
					};
					let shape = [rows, head * heads];
					let case = Case::of_tiles(op, shape, &[tiles(&x)], 1, &env);
					let angles = Angles::new(&turns, context);
					compare(&case, |lane, _, out| {
						let width = (head * heads) as usize;
						rotate(lane, (x.floats(), width), &angles, inverse, out)
					});
				}
			}
		}
	}
}
