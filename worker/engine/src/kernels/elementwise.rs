//! Ops that look at one element at a time, and the range rule.

use crate::{isa::multiversion, pool::Lane};

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
fn add_bias_body(x: &[f32], bias: &[f32], out: &mut [f32]) {
	let width = bias.len();
	for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
		for ((x, bias), out) in x.iter().zip(bias).zip(out) {
			*out = x + bias;
		}
	}
}

multiversion! {
	fn add_bias_rows = add_bias_body(x: &[f32], bias: &[f32], out: &mut [f32]);
}

/// `out[i, j] = x[i, j] + bias[j]`.
pub(crate) fn add_bias(lane: Lane, x: &[f32], bias: &[f32], out: &mut [f32]) -> u32 {
	let piece = (PIECE / bias.len()).max(1) * bias.len();
	lane.for_work(out.len()).produce(out, piece, |index, out| {
		add_bias_rows(lane.isa, &x[index * piece..][..out.len()], bias, out);
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
