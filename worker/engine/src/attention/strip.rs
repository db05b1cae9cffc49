//! What happens to one strip of scores: 16 query positions, up to the tile on the diagonal.

use assay_numerics::{
	arith::{self, LOWEST},
	functions::exp,
};

use crate::{
	contract::{multiply, Kernel, Operand, WIDTH},
	isa::multiversion,
	kernels::elementwise::greatest,
	tensor::{SIDE, TILE},
};

/// One value for each row of a strip.
pub(super) type Stat = [f32; SIDE];

/// The values of one strip.
pub(super) fn stat(values: &mut [f32], strip: usize) -> &mut Stat {
	(&mut values[strip * SIDE..][..SIDE])
		.try_into()
		.expect("statistics come in whole 16s; qed")
}

/// The products of a strip with all vectors up to the diagonal: tile by tile, contracted over a
/// head. Returns the greatest pattern of sums between blocks.
pub(super) fn products(
	kernel: &mut Kernel,
	left: &Operand,
	right: &Operand,
	out: &mut [f32],
) -> u32 {
	let (isa, tiles) = (kernel.isa(), out.len() / TILE);
	let mut sweep = kernel.sweep(out);
	let mut met = 0;
	for block in 0..left.blocks() {
		if block > 0 {
			// What is masked is +0.0 after every step, and does not count.
			let sums = sweep.settled();
			mask(sums);
			met = met.max(greatest(isa, sums));
		}
		for first in (0..tiles).step_by(WIDTH) {
			let (a, b) = ((left, 0, block), (right, first, block));
			let out = first..tiles.min(first + WIDTH);
			multiply(&mut sweep, a, b, block == 0, out);
		}
	}
	met
}

/// The product of a strip of weights, up to the diagonal, with the columns of a head. Returns the
/// greatest pattern of all sums, also between blocks.
pub(super) fn mix(
	kernel: &mut Kernel,
	weights: &Operand,
	columns: &Operand,
	out: &mut [f32],
) -> u32 {
	let (isa, tiles) = (kernel.isa(), out.len() / TILE);
	let mut sweep = kernel.sweep(out);
	let mut met = 0;
	for block in 0..weights.blocks() {
		for first in (0..tiles).step_by(WIDTH) {
			let (a, b) = ((weights, 0, block), (columns, first, block));
			let out = first..tiles.min(first + WIDTH);
			multiply(&mut sweep, a, b, block == 0, out);
		}
		met = met.max(greatest(isa, sweep.settled()));
	}
	met
}

/// Sets the elements of the last tile, the one on the diagonal, that are masked to +0.0.
#[inline(always)]
fn mask(strip: &mut [f32]) {
	let last = strip.len() - TILE;
	for (i, row) in strip[last..]
		.as_chunks_mut::<SIDE>()
		.0
		.iter_mut()
		.enumerate()
	{
		row[i + 1..].fill(0.0);
	}
}

#[inline(always)]
fn scale_body(strip: &mut [f32], factor: f32) {
	for x in strip.iter_mut() {
		*x *= factor;
	}
	mask(strip);
}

multiversion! {
	/// Multiplies scores and masks them.
	pub(super) fn scale = scale_body(strip: &mut [f32], factor: f32);
}

#[inline(always)]
fn maxima_body(strip: &[f32], out: &mut Stat) {
	let mut lanes = [[LOWEST; SIDE]; SIDE];
	let (before, diagonal) = strip.split_at(strip.len() - TILE);
	for tile in before.as_chunks::<TILE>().0 {
		for (lanes, x) in lanes.iter_mut().zip(tile.as_chunks::<SIDE>().0) {
			for j in 0..SIDE {
				lanes[j] = arith::max(lanes[j], x[j]);
			}
		}
	}
	for (i, x) in diagonal.as_chunks::<SIDE>().0.iter().enumerate() {
		for j in 0..SIDE {
			let greater = arith::max(lanes[i][j], x[j]);
			lanes[i][j] = if j <= i { greater } else { lanes[i][j] };
		}
	}
	*out = lanes.map(arith::max_lanes);
}

multiversion! {
	/// The maximum of each row.
	pub(super) fn maxima = maxima_body(strip: &[f32], out: &mut Stat);
}

#[inline(always)]
fn exponentials_body(strip: &mut [f32], max: &Stat) {
	for tile in strip.as_chunks_mut::<TILE>().0 {
		for (x, max) in tile.as_chunks_mut::<SIDE>().0.iter_mut().zip(max) {
			for x in x {
				*x = exp(*x - *max);
			}
		}
	}
	mask(strip);
}

multiversion! {
	/// Scores to exponentials.
	pub(super) fn exponentials = exponentials_body(strip: &mut [f32], max: &Stat);
}

#[inline(always)]
fn sums_body(strip: &[f32], out: &mut Stat) {
	let mut lanes = [[0.0; SIDE]; SIDE];
	for tile in strip.as_chunks::<TILE>().0 {
		for (lanes, x) in lanes.iter_mut().zip(tile.as_chunks::<SIDE>().0) {
			for j in 0..SIDE {
				lanes[j] += x[j];
			}
		}
	}
	*out = lanes.map(arith::sum_lanes);
}

multiversion! {
	/// The sum of each row.
	pub(super) fn sums = sums_body(strip: &[f32], out: &mut Stat);
}

#[inline(always)]
fn times_body(strip: &mut [f32], factors: &Stat) {
	for tile in strip.as_chunks_mut::<TILE>().0 {
		for (x, factor) in tile.as_chunks_mut::<SIDE>().0.iter_mut().zip(factors) {
			for x in x {
				*x *= factor;
			}
		}
	}
}

multiversion! {
	/// Multiplies each row with its own factor.
	pub(super) fn times = times_body(strip: &mut [f32], factors: &Stat);
}

#[inline(always)]
fn dots_body(a: &[f32], b: &[f32], out: &mut Stat) {
	let mut lanes = [[0.0; SIDE]; SIDE];
	let tiles = a.as_chunks::<TILE>().0.iter().zip(b.as_chunks::<TILE>().0);
	for (a, b) in tiles {
		let rows = a.as_chunks::<SIDE>().0.iter().zip(b.as_chunks::<SIDE>().0);
		for (lanes, (a, b)) in lanes.iter_mut().zip(rows) {
			for j in 0..SIDE {
				lanes[j] += a[j] * b[j];
			}
		}
	}
	*out = lanes.map(arith::sum_lanes);
}

multiversion! {
	/// The sum of products of each row.
	pub(super) fn dots = dots_body(a: &[f32], b: &[f32], out: &mut Stat);
}

#[inline(always)]
fn gradients_body(strip: &mut [f32], weights: &[f32], dots: &Stat, factor: f32) {
	let tiles = strip.as_chunks_mut::<TILE>().0.iter_mut();
	for (dp, p) in tiles.zip(weights.as_chunks::<TILE>().0) {
		let rows = dp.as_chunks_mut::<SIDE>().0.iter_mut();
		for ((dp, p), d) in rows.zip(p.as_chunks::<SIDE>().0).zip(dots) {
			for j in 0..SIDE {
				dp[j] = (p[j] * (dp[j] - d)) * factor;
			}
		}
	}
	mask(strip);
}

multiversion! {
	/// Gradients of weights to gradients of scores.
	pub(super) fn gradients = gradients_body(
		strip: &mut [f32],
		weights: &[f32],
		dots: &Stat,
		factor: f32,
	);
}
