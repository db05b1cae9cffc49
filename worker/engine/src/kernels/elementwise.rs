//! Ops that look at one element at a time, and the range rule.

use crate::{
	isa::multiversion,
	pool::Lane,
	tensor::{SIDE, TILE},
};

/// Elements that one task handles.
pub(crate) const PIECE: usize = 1 << 13;

#[inline(always)]
fn greatest_body(values: &[f32]) -> u32 {
	// Signed, because baseline x86-64 compares signed integers only.
	let mut greatest = 0_i32;
	for x in values {
		let magnitude = (x.to_bits() & 0x7FFF_FFFF) as i32;
		greatest = if magnitude > greatest {
			magnitude
		} else {
			greatest
		};
	}
	greatest as u32
}

multiversion! {
	/// The greatest `bits & 0x7FFF_FFFF`: what the range rule is about.
	pub(crate) fn greatest = greatest_body(values: &[f32]) -> u32;
}

#[inline(always)]
fn add_bias_body(x: &[f32], bias: &[f32], across: usize, out: &mut [f32]) {
	let tiles = x.as_chunks::<TILE>().0.iter();
	let tiles = tiles.zip(out.as_chunks_mut::<TILE>().0).enumerate();
	for (tile, (x, out)) in tiles {
		// The bias as often as a tile has rows: one long loop is vectorised as it stands, nested ones
		// are turned inside out and then gather.
		let mut repeated = [0.0; TILE];
		for row in repeated.as_chunks_mut::<SIDE>().0 {
			row.copy_from_slice(&bias[tile % across * SIDE..][..SIDE]);
		}
		for ((x, bias), out) in x.iter().zip(&repeated).zip(out) {
			*out = x + bias;
		}
	}
}

multiversion! {
	fn add_bias_strips = add_bias_body(x: &[f32], bias: &[f32], across: usize, out: &mut [f32]);
}

#[inline(always)]
fn add_bias_here_body(bias: &[f32], across: usize, rows: &mut [f32]) {
	for (tile, x) in rows.as_chunks_mut::<TILE>().0.iter_mut().enumerate() {
		let mut repeated = [0.0; TILE];
		for row in repeated.as_chunks_mut::<SIDE>().0 {
			row.copy_from_slice(&bias[tile % across * SIDE..][..SIDE]);
		}
		for (x, bias) in x.iter_mut().zip(&repeated) {
			*x += bias;
		}
	}
}

multiversion! {
	/// [`add_bias`] in place, to whole strips.
	pub(crate) fn add_bias_here = add_bias_here_body(
		bias: &[f32],
		across: usize,
		rows: &mut [f32],
	);
}

/// `out[i, j] = x[i, j] + bias[j]`, in strips of `across` tiles. The bias is a packed vector, whose
/// padding is that of the columns.
pub(crate) fn add_bias(lane: Lane, x: &[f32], bias: &[f32], across: usize, out: &mut [f32]) -> u32 {
	let strip = across * TILE;
	let piece = (PIECE / strip).max(1) * strip;
	lane.for_work(out.len()).produce(out, piece, |index, out| {
		let x = &x[index * piece..][..out.len()];
		add_bias_strips(lane.isa, x, bias, across, out);
	})
}

#[inline(always)]
fn relu_body(x: &[f32], out: &mut [f32]) {
	for (x, out) in x.iter().zip(out) {
		*out = if *x > 0.0 { *x } else { 0.0 };
	}
}

multiversion! {
	fn relu_piece = relu_body(x: &[f32], out: &mut [f32]);
}

/// `x` where it is positive, +0.0 elsewhere.
pub(crate) fn relu(lane: Lane, x: &[f32], out: &mut [f32]) -> u32 {
	lane.for_work(out.len()).produce(out, PIECE, |index, out| {
		relu_piece(lane.isa, &x[index * PIECE..][..out.len()], out);
	})
}

#[inline(always)]
fn relu_gradient_body(x: &[f32], gradient: &[f32], out: &mut [f32]) {
	for ((x, gradient), out) in x.iter().zip(gradient).zip(out) {
		*out = if *x > 0.0 { *gradient } else { 0.0 };
	}
}

multiversion! {
	fn relu_gradient_piece = relu_gradient_body(x: &[f32], gradient: &[f32], out: &mut [f32]);
}

/// `gradient` where `x` is positive, +0.0 elsewhere.
pub(crate) fn relu_gradient(lane: Lane, x: &[f32], gradient: &[f32], out: &mut [f32]) -> u32 {
	lane.for_work(out.len()).produce(out, PIECE, |index, out| {
		let range = index * PIECE..index * PIECE + out.len();
		relu_gradient_piece(lane.isa, &x[range.clone()], &gradient[range], out);
	})
}
