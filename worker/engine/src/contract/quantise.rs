//! From floats to blocks of scaled 16-bit integers.

use assay_numerics::arith;

use super::{GROUP, PAIRS};
use crate::isa::multiversion;

/// Which part of an operand is quantised: a block of the contracted axis and a group of vectors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
	/// First index on the contracted axis.
	pub(super) start: usize,
	/// Elements of the contracted axis, at most a block.
	pub(super) depth: usize,
	/// First row or column.
	pub(super) first: usize,
	/// Rows or columns: 16 or 32.
	pub(super) vectors: usize,
}

/// Registers are thought of as 16 floats wide, whatever they are.
const LANES: usize = 16;

/// The factors `2^(12-e)` and `2^(e-12)` of a block whose greatest pattern is this.
#[inline(always)]
fn factors(greatest: i32) -> (f32, f32) {
	let e = arith::exponent(greatest as u32);
	(arith::power_of_two(12 - e), arith::power_of_two(e - 12))
}

/// Signed, because baseline x86-64 compares signed integers only.
#[inline(always)]
fn magnitude(x: f32) -> i32 {
	arith::magnitude(x) as i32
}

#[inline(always)]
fn lanes(source: &[f32]) -> &[f32; LANES] {
	source[..LANES]
		.try_into()
		.expect("the slice has this length; qed")
}

/// The greater of two magnitudes.
#[inline(always)]
fn max(a: i32, b: i32) -> i32 {
	if a > b {
		a
	} else {
		b
	}
}

/// Quantises one contiguous run of an even length into pairs and returns its scale.
///
/// Plain loops: the compiler vectorises them as they stand, but not if they are cut by hand.
#[inline(always)]
fn run(source: &[f32], pairs: &mut [i32]) -> f32 {
	let mut greatest = 0;
	for x in source {
		greatest = max(magnitude(*x), greatest);
	}
	let (factor, scale) = factors(greatest);
	// SAFETY: any pattern is a valid i16, and two of them fill an i32.
	let (_, halves, _) = unsafe { pairs.align_to_mut::<i16>() };
	for (half, x) in halves.iter_mut().zip(source) {
		*half = arith::quantise_scaled(*x, factor) as i16;
	}
	scale
}

#[inline(always)]
fn rows_body(source: &[f32], width: usize, part: Part, pairs: &mut [i32], scales: &mut [f32]) {
	for i in 0..part.vectors {
		let from = (part.first + i) * width + part.start;
		scales[i] = run(
			&source[from..from + part.depth],
			&mut pairs[i * PAIRS..][..PAIRS],
		);
	}
}

multiversion! {
	/// Rows of a matrix of `width` columns, all pairs of a row together.
	pub(super) fn rows = rows_body(
		source: &[f32],
		width: usize,
		part: Part,
		pairs: &mut [i32],
		scales: &mut [f32],
	);
}

#[inline(always)]
fn rows_by_pair_body(
	source: &[f32],
	width: usize,
	part: Part,
	pairs: &mut [i32],
	scales: &mut [f32],
) {
	let mut near = [[0_i32; PAIRS]; LANES];
	for half in (0..part.vectors).step_by(LANES) {
		for i in 0..LANES {
			let from = (part.first + half + i) * width + part.start;
			scales[half + i] = run(&source[from..from + part.depth], &mut near[i]);
		}
		for (p, out) in pairs
			.chunks_exact_mut(GROUP)
			.take(part.depth / 2)
			.enumerate()
		{
			for i in 0..LANES {
				out[half + i] = near[i][p];
			}
		}
	}
}

multiversion! {
	/// Rows of a matrix of `width` columns, the first pair of every row together.
	pub(super) fn rows_by_pair = rows_by_pair_body(
		source: &[f32],
		width: usize,
		part: Part,
		pairs: &mut [i32],
		scales: &mut [f32],
	);
}

#[inline(always)]
fn columns_body(source: &[f32], width: usize, part: Part, pairs: &mut [i32], scales: &mut [f32]) {
	for half in (0..part.vectors).step_by(LANES) {
		let origin = part.start * width + part.first + half;
		let mut greatest = [0_i32; LANES];
		for k in 0..part.depth {
			let row = lanes(&source[origin + k * width..]);
			for j in 0..LANES {
				greatest[j] = max(magnitude(row[j]), greatest[j]);
			}
		}
		let mut factor = [0.0_f32; LANES];
		for j in 0..LANES {
			(factor[j], scales[half + j]) = factors(greatest[j]);
		}
		for (p, out) in pairs
			.chunks_exact_mut(GROUP)
			.take(part.depth / 2)
			.enumerate()
		{
			let even = lanes(&source[origin + 2 * p * width..]);
			let odd = lanes(&source[origin + (2 * p + 1) * width..]);
			let out: &mut [i32; LANES] = (&mut out[half..half + LANES])
				.try_into()
				.expect("the slice has this length; qed");
			for j in 0..LANES {
				let low = arith::quantise_scaled(even[j], factor[j]) & 0xFFFF;
				out[j] = low | arith::quantise_scaled(odd[j], factor[j]) << 16;
			}
		}
	}
}

multiversion! {
	/// Columns of a matrix of `width` columns, the first pair of every column together.
	pub(super) fn columns = columns_body(
		source: &[f32],
		width: usize,
		part: Part,
		pairs: &mut [i32],
		scales: &mut [f32],
	);
}
