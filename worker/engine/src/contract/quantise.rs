//! From tiles of floats to blocks of scaled 16-bit integers.
//!
//! Plain loops over the 16 lanes of a tile's row, which the compiler turns into whole registers.

pub(super) mod planes;

use assay_numerics::arith;

use super::{operand::Unit, GROUP, PAIRS};
use crate::{
	isa::multiversion,
	tensor::{SIDE, TILE},
};

/// A row of a tile.
type Row<T> = [T; SIDE];
/// The tiles of a block along the contracted axis, an even number.
type Tiles<'a> = [&'a [f32; TILE]];

/// `1.5 * 2^23`: adding it to a float of magnitude at most `2^22` leaves the nearest integer, ties to
/// even, in the low bits of the pattern. Of these the lower 16 are all that an `i16` needs.
const ROUND: f32 = 12_582_912.0;
const MAX: f32 = arith::QUANTUM_MAX as f32;

/// The factors `2^(12-e)` and `2^(e-12)` of a block whose greatest pattern is this.
#[inline(always)]
fn factors(greatest: i32) -> (f32, f32) {
	let e = arith::exponent(greatest as u32);
	(arith::power_of_two(12 - e), arith::power_of_two(e - 12))
}

/// The greater of two magnitudes. Signed, because baseline x86-64 compares signed integers only.
#[inline(always)]
fn max(a: i32, b: i32) -> i32 {
	if a > b {
		a
	} else {
		b
	}
}

/// The rows of a tile.
#[inline(always)]
fn rows_of<T>(tile: &[T; TILE]) -> &[Row<T>; SIDE] {
	tile.as_chunks()
		.0
		.try_into()
		.expect("a tile has 16 rows of 16; qed")
}

/// The greatest magnitude in each place of all tiles.
///
/// Two tiles at a time, place by place: a loop over tiles inside would be turned into gathers.
#[inline(always)]
fn greatest(tiles: &Tiles<'_>) -> [i32; TILE] {
	let mut greatest = [0; TILE];
	for [low, high] in tiles.as_chunks::<2>().0 {
		for ((greatest, low), high) in greatest.iter_mut().zip(*low).zip(*high) {
			let (low, high) = (arith::magnitude(*low), arith::magnitude(*high));
			*greatest = max(max(low as i32, high as i32), *greatest);
		}
	}
	greatest
}

/// An element in units of the quantiser. Clamping before rounding is the same as after it, the bound
/// being an integer.
#[inline(always)]
fn clamped(x: f32, factor: f32) -> f32 {
	let y = x * factor;
	let y = if y > MAX { MAX } else { y };
	if y < -MAX {
		-MAX
	} else {
		y
	}
}

/// The low 16 bits of the pattern are the quantised element.
#[inline(always)]
fn quantised(x: f32, factor: f32) -> u32 {
	(clamped(x, factor) + ROUND).to_bits()
}

/// The elements of a row of one tile in the lower halves, of its neighbour in the upper ones.
#[inline(always)]
fn pairs(low: &Row<f32>, high: &Row<f32>, factor: &Row<f32>) -> Row<i32> {
	let mut pairs = [0; SIDE];
	for j in 0..SIDE {
		let (low, high) = (quantised(low[j], factor[j]), quantised(high[j], factor[j]));
		pairs[j] = (low & 0xFFFF | high << 16) as i32;
	}
	pairs
}

/// The factors of vectors with these maxima; their scales are kept in the unit.
#[inline(always)]
fn all_factors(greatest: &Row<i32>, unit: &mut Unit) -> Row<f32> {
	let mut factor = [0.0; SIDE];
	let scales = unit.scales.iter_mut();
	for ((factor, scale), greatest) in factor.iter_mut().zip(scales).zip(greatest) {
		(*factor, *scale) = factors(*greatest);
	}
	factor
}

/// The factors of 16 rows.
#[inline(always)]
fn row_factors(tiles: &Tiles<'_>, unit: &mut Unit) -> Row<f32> {
	// Neighbours by neighbours, which leaves one maximum for each row, in the order of the rows.
	let (mut eight, mut four, mut two) = ([0; TILE / 2], [0; TILE / 4], [0; TILE / 8]);
	let mut one = [0; SIDE];
	halve(&greatest(tiles), &mut eight);
	halve(&eight, &mut four);
	halve(&four, &mut two);
	halve(&two, &mut one);
	all_factors(&one, unit)
}

/// The greater one of every two neighbours.
#[inline(always)]
fn halve(from: &[i32], to: &mut [i32]) {
	for (to, [a, b]) in to.iter_mut().zip(from.as_chunks::<2>().0) {
		*to = max(*a, *b);
	}
}

/// The factors of 16 columns.
#[inline(always)]
fn column_factors(tiles: &Tiles<'_>, unit: &mut Unit) -> Row<f32> {
	// The upper half of the rows by the lower one, which leaves one row.
	let mut greatest = greatest(tiles);
	for half in [8, 4, 2, 1] {
		let (low, high) = greatest.split_at_mut(half * SIDE);
		for (low, high) in low.iter_mut().zip(high) {
			*low = max(*high, *low);
		}
	}
	all_factors(&rows_of(&greatest)[0], unit)
}

#[inline(always)]
fn rows_body(tiles: &Tiles<'_>, unit: &mut Unit) {
	let factor = row_factors(tiles, unit);
	for (t, [low, high]) in tiles.as_chunks::<2>().0.iter().enumerate() {
		let rows = rows_of(low).iter().zip(rows_of(high)).zip(factor);
		let out = unit.words.as_chunks_mut::<PAIRS>().0;
		for (((low, high), factor), out) in rows.zip(out) {
			let out = &mut out.as_chunks_mut::<SIDE>().0[t];
			*out = pairs(low, high, &[factor; SIDE]);
		}
	}
}

multiversion! {
	/// Rows, all pairs of a row together.
	pub(super) fn rows = rows_body(tiles: &Tiles<'_>, unit: &mut Unit);
}

/// The first half and the second half, element by element in turn.
#[inline(always)]
fn shuffle(from: &[i32; TILE], to: &mut [i32; TILE]) {
	let (low, high) = from.split_at(TILE / 2);
	let to = to.as_chunks_mut::<2>().0.iter_mut();
	for ((to, low), high) in to.zip(low).zip(high) {
		*to = [*low, *high];
	}
}

#[inline(always)]
fn rows_by_pair_body(tiles: &Tiles<'_>, unit: &mut Unit) {
	let factor = row_factors(tiles, unit);
	let out = unit.words.as_chunks_mut::<TILE>().0;
	for ([low, high], out) in tiles.as_chunks::<2>().0.iter().zip(out) {
		let (mut near, mut other) = ([0; TILE], [0; TILE]);
		let rows = rows_of(low).iter().zip(rows_of(high)).zip(factor);
		for (((low, high), factor), near) in rows.zip(near.as_chunks_mut::<SIDE>().0) {
			*near = pairs(low, high, &[factor; SIDE]);
		}
		// Each shuffle rotates the bits of an element's index by one; four exchange rows and columns.
		shuffle(&near, &mut other);
		shuffle(&other, &mut near);
		shuffle(&near, &mut other);
		shuffle(&other, out);
	}
}

multiversion! {
	/// Rows, the first pair of every row together.
	pub(super) fn rows_by_pair = rows_by_pair_body(tiles: &Tiles<'_>, unit: &mut Unit);
}

#[inline(always)]
fn columns_body(tiles: &Tiles<'_>, unit: &mut Unit) {
	let factor = column_factors(tiles, unit);
	let out = unit.words.as_chunks_mut::<TILE>().0;
	for ([low, high], out) in tiles.as_chunks::<2>().0.iter().zip(out) {
		let out = out.as_chunks_mut::<SIDE>().0;
		for ((low, high), out) in rows_of(low).iter().zip(rows_of(high)).zip(out) {
			*out = pairs(low, high, &factor);
		}
	}
}

multiversion! {
	/// Columns, the first pair of every column together.
	pub(super) fn columns = columns_body(tiles: &Tiles<'_>, unit: &mut Unit);
}

#[inline(always)]
fn rest_body(tiles: &Tiles<'_>, scales: &[f32; GROUP], rows: bool, out: &mut [[f32; TILE]]) {
	// The inverse of a power of two, from its pattern.
	let factor = scales.map(|scale| f32::from_bits((254 << 23) - scale.to_bits()));
	// Factors and scales of a whole tile: one long loop is vectorised as it stands.
	let (mut factors, mut all_scales) = ([0.0; TILE], [0.0; TILE]);
	for i in 0..TILE {
		let vector = if rows { i / SIDE } else { i % SIDE };
		factors[i] = factor[vector];
		all_scales[i] = scales[vector];
	}
	for (tile, out) in tiles.iter().zip(out) {
		for i in 0..TILE {
			let first = arith::quantise_scaled(tile[i], factors[i]) as f32 * all_scales[i];
			out[i] = tile[i] - first;
		}
	}
}

multiversion! {
	/// What the first term of every element leaves over, exactly.
	pub(super) fn rest = rest_body(
		tiles: &Tiles<'_>,
		scales: &[f32; GROUP],
		rows: bool,
		out: &mut [[f32; TILE]],
	);
}
