//! Reductions along rows and columns, and packing their results.
//!
//! Tiles enter the accumulator elementwise in ascending order, at most [`GROUP`] in a step; then the
//! tree of [`crate::arith::tree`] over the 16 lanes or rows.

use alloc::vec::Vec;

use super::{expect_tiles, input, place, At, StepError};
use crate::{
	arith,
	functions::exp,
	program::{tiles_along, Op, TileRef},
	tile::{Row, Tile, SIDE},
};

/// Tiles of a reduction in one step, at most.
pub(super) const GROUP: u32 = 16;

/// Steps of a reduction along an axis of this length.
pub(super) fn steps(elements: u32) -> u32 {
	tiles_along(elements).div_ceil(GROUP)
}

/// First tile of a step along an axis, and the number of tiles.
pub(super) fn group(step: u32, elements: u32) -> (u32, u32) {
	let first = step * GROUP;
	(
		first,
		tiles_along(elements).saturating_sub(first).min(GROUP),
	)
}

/// Columns of a tile that are no padding, where the tile is this one of a row of tiles.
pub(super) fn lanes(tile: u32, width: u32) -> usize {
	(width.saturating_sub(tile.saturating_mul(SIDE as u32)) as usize).min(SIDE)
}

/// The tiles of a row of tiles of input 0.
pub(super) fn row_deps(
	op: &Op,
	at: At,
	width: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let (first, count) = group(at.step, width);
	for k in first..first + count {
		deps.push(input(op, 0, at.tile * tiles_along(width) + k)?);
	}
	Ok(())
}

pub(super) fn row_max(
	at: At,
	width: u32,
	mut acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (first, count) = group(at.step, width);
	expect_tiles(tiles.len(), count as usize)?;
	for (tile, k) in tiles.iter().zip(first..) {
		for (most, row) in acc.rows_mut().iter_mut().zip(tile.rows()) {
			let row = row.iter().take(lanes(k, width));
			for (most, x) in most.iter_mut().zip(row) {
				*most = arith::max(*most, *x);
			}
		}
	}
	Ok(acc)
}

/// The sum of each row, lane by lane.
pub(super) fn row_sum(at: At, width: u32, acc: Tile, tiles: &[Tile]) -> Result<Tile, StepError> {
	let (_, count) = group(at.step, width);
	add(acc, tiles, count)
}

/// Adds exactly so many tiles, place by place.
pub(super) fn add(acc: Tile, tiles: &[Tile], count: u32) -> Result<Tile, StepError> {
	expect_tiles(tiles.len(), count as usize)?;
	Ok(tiles
		.iter()
		.fold(acc, |acc, tile| acc.zip(tile, |sum, x| sum + x)))
}

/// The statistic's tile, then the tiles of a row of tiles.
pub(super) fn row_sum_exp_deps(
	op: &Op,
	at: At,
	width: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	deps.push(input(op, 1, at.tile)?);
	row_deps(op, at, width, deps)
}

pub(super) fn row_sum_exp(
	at: At,
	width: u32,
	mut acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (first, count) = group(at.step, width);
	expect_tiles(tiles.len(), count as usize + 1)?;
	let (max, tiles) = tiles.split_first().ok_or(StepError::Absent)?;
	for (tile, k) in tiles.iter().zip(first..) {
		for ((sums, row), max) in acc.rows_mut().iter_mut().zip(tile.rows()).zip(max.rows()) {
			let [max, ..] = *max;
			let row = row.iter().take(lanes(k, width));
			for (sum, x) in sums.iter_mut().zip(row) {
				*sum += exp(*x - max);
			}
		}
	}
	Ok(acc)
}

/// The tiles of a column of tiles of input 0.
pub(super) fn column_deps(
	op: &Op,
	at: At,
	rows: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let [_, cols] = op.shape;
	let (_, col) = place(at.tile, cols);
	let (first, count) = group(at.step, rows);
	for k in first..first + count {
		deps.push(input(op, 0, k * tiles_along(cols) + col)?);
	}
	Ok(())
}

pub(super) fn column_sum(at: At, rows: u32, acc: Tile, tiles: &[Tile]) -> Result<Tile, StepError> {
	let (_, count) = group(at.step, rows);
	add(acc, tiles, count)
}

/// Reduces every row into column 0.
pub(super) fn finish_rows(acc: &Tile, f: impl Fn(Row) -> f32) -> Tile {
	let mut out = Tile::ZERO;
	for (to, from) in out.rows_mut().iter_mut().zip(acc.rows()) {
		let [first, ..] = to;
		*first = f(*from);
	}
	out
}

/// Sums every column into row 0.
pub(super) fn finish_columns(acc: &Tile) -> Tile {
	finish_rows(&acc.transposed(), arith::sum_lanes).transposed()
}

/// Reduces every row into column 0 and multiplies it with `1 / width`.
pub(super) fn finish_row_mean(acc: &Tile, width: u32) -> Tile {
	let inverse = 1.0 / width as f32;
	finish_rows(acc, |lanes| arith::sum_lanes(lanes) * inverse)
}

/// The sum of column 0 times `1 / rows`, as the only element.
pub(super) fn finish_mean(acc: &Tile, rows: u32) -> Tile {
	let lanes = acc.transposed().row(0);
	let mut out = Tile::ZERO;
	let [first, ..] = &mut out.0;
	*first = arith::sum_lanes(lanes) * (1.0 / rows as f32);
	out
}

/// The 16 tiles, fewer at the end, whose first rows a packed tile is made of.
fn packed(op: &Op, tile: u32) -> (u32, u32) {
	let [_, len] = op.shape;
	group(tile, len)
}

pub(super) fn pack_deps(op: &Op, at: At, deps: &mut Vec<TileRef>) -> Result<(), StepError> {
	let (first, count) = packed(op, at.tile);
	for k in first..first + count {
		deps.push(input(op, 0, k)?);
	}
	Ok(())
}

pub(super) fn pack(op: &Op, at: At, tiles: &[Tile]) -> Result<Tile, StepError> {
	let (_, count) = packed(op, at.tile);
	expect_tiles(tiles.len(), count as usize)?;
	let mut out = Tile::ZERO;
	for (to, from) in out.rows_mut().iter_mut().zip(tiles) {
		*to = from.row(0);
	}
	Ok(out)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_step_takes_at_most_sixteen_tiles_and_the_last_the_rest() {
		assert_eq!(crate::tile::SIDE as u32, GROUP);
		assert_eq!(steps(256), 1);
		assert_eq!(steps(272), 2);
		assert_eq!(group(0, 272), (0, 16));
		assert_eq!(group(1, 272), (16, 1));
	}
}
