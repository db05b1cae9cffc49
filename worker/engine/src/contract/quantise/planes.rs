//! Operands for multipliers of 8-bit integers: `q = 64 h + l`, all `h` in one plane, all `l` in another.
//!
//! `h = (q + 32) >> 6` is in -64..=64 and `l` in -32..=31. Four elements that are 16 apart on the
//! contracted axis, the same place of neighbouring tiles, share an `i32`: as with pairs, the order of
//! a sum does not matter, so that nothing is shuffled but whole `i32`s, where rows and columns have to
//! change places.

use super::{clamped, column_factors, row_factors, shuffle, Row, Tiles, ROUND};
use crate::{
	contract::{operand::Unit, PLANE},
	isa::multiversion,
	tensor::{SIDE, TILE},
};

/// [`ROUND`] and what makes the shift to `h` round.
const ROUND_UP: f32 = ROUND + 32.0;

/// The quantised elements of two tiles plus 32, each in 16 bits.
#[inline(always)]
fn pair(low: f32, high: f32, factor: f32) -> u32 {
	let [low, high] = [low, high].map(|x| (clamped(x, factor) + ROUND_UP).to_bits());
	low & 0xFFFF | high << 16
}

/// A row of both planes from the rows of four tiles. The order of the four is 0, 2, 1, 3, which costs
/// the fewest shifts.
#[inline(always)]
fn quads(rows: [&Row<f32>; 4], factor: &Row<f32>, h: &mut [i32], l: &mut [i32]) {
	let (h, l) = (&mut h[..SIDE], &mut l[..SIDE]);
	for j in 0..SIDE {
		let even = pair(rows[0][j], rows[1][j], factor[j]);
		let odd = pair(rows[2][j], rows[3][j], factor[j]);
		h[j] = (even >> 6 & 0x00FF_00FF | odd << 2 & 0xFF00_FF00) as i32;
		let rest = (even & 0x00FF_00FF | odd << 8 & 0xFF00_FF00) & 0x3F3F_3F3F;
		// Each byte less 32, without a borrow from its neighbour.
		l[j] = ((rest + 0x6060_6060) ^ 0x8080_8080) as i32;
	}
}

/// Both planes of a block; `turned` ones have rows and columns exchanged.
#[inline(always)]
fn planes(tiles: &Tiles<'_>, factor: impl Fn(usize) -> Row<f32>, turned: bool, unit: &mut Unit) {
	let (h, l) = unit.words.split_at_mut(PLANE);
	let chunks = h.as_chunks_mut::<TILE>().0.iter_mut();
	let chunks = chunks.zip(l.as_chunks_mut::<TILE>().0);
	for (tiles, (h, l)) in tiles.as_chunks::<4>().0.iter().zip(chunks) {
		let rows = tiles.map(super::rows_of);
		for i in 0..SIDE {
			let row = i * SIDE..(i + 1) * SIDE;
			let four = rows.map(|rows| &rows[i]);
			quads(four, &factor(i), &mut h[row.clone()], &mut l[row]);
		}
		if turned {
			turn(h);
			turn(l);
		}
	}
}

/// Exchanges rows and columns.
#[inline(always)]
fn turn(tile: &mut [i32; TILE]) {
	let mut other = [0; TILE];
	shuffle(tile, &mut other);
	shuffle(&other, tile);
	shuffle(tile, &mut other);
	shuffle(&other, tile);
}

#[inline(always)]
fn rows_body(tiles: &Tiles<'_>, turned: bool, unit: &mut Unit) {
	let factor = row_factors(tiles, unit);
	if turned {
		planes(tiles, |row| [factor[row]; SIDE], true, unit);
	} else {
		planes(tiles, |row| [factor[row]; SIDE], false, unit);
	}
}

multiversion! {
	/// Rows: all of a row together, or `turned`, the same four elements of every row.
	pub(in crate::contract) fn rows = rows_body(tiles: &Tiles<'_>, turned: bool, unit: &mut Unit);
}

#[inline(always)]
fn columns_body(tiles: &Tiles<'_>, turned: bool, unit: &mut Unit) {
	let factor = column_factors(tiles, unit);
	if turned {
		planes(tiles, |_| factor, true, unit);
	} else {
		planes(tiles, |_| factor, false, unit);
	}
}

multiversion! {
	/// Columns: the same four elements of every column, or `turned`, all of a column together.
	pub(in crate::contract) fn columns = columns_body(tiles: &Tiles<'_>, turned: bool, unit: &mut Unit);
}
