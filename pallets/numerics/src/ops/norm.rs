//! Norms: statistics of rows, what they do to the rows, and the gradients.

use alloc::vec::Vec;

use super::{
	expect_tiles, input, place,
	reduce::{group, GROUP},
	At, StepError,
};
use crate::{
	arith, functions,
	program::{tiles_along, Op, TileRef},
	tile::{Tile, SIDE},
};

/// Tiles of each of two matrices that a step of a slope or of a gain's gradient takes.
const HALF: u32 = GROUP / 2;

/// A statistic of each row: lane 0.
fn stat(tile: &Tile, row: usize) -> f32 {
	tile.at(row, 0)
}

/// Steps that take `HALF` tiles of each matrix.
pub(super) fn half_steps(elements: u32) -> u32 {
	tiles_along(elements).div_ceil(HALF)
}

/// First tile of such a step along an axis, and the number of tiles.
fn half(step: u32, elements: u32) -> (u32, u32) {
	let first = step * HALF;
	(first, tiles_along(elements).saturating_sub(first).min(HALF))
}

/// The tiles of a row of tiles of an input.
fn row_of(
	op: &Op,
	place: usize,
	(row, width): (u32, u32),
	(first, count): (u32, u32),
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	for k in first..first + count {
		deps.push(input(op, place, row * tiles_along(width) + k)?);
	}
	Ok(())
}

/// The mean, if there is one, then the tiles of x.
pub(super) fn deviation_deps(
	op: &Op,
	at: At,
	width: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	if op.input(1).is_some() {
		deps.push(input(op, 1, at.tile)?);
	}
	row_of(op, 0, (at.tile, width), group(at.step, width), deps)
}

pub(super) fn deviation(
	op: &Op,
	at: At,
	width: u32,
	mut acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (_, count) = group(at.step, width);
	let centred = op.input(1).is_some();
	expect_tiles(tiles.len(), count as usize + usize::from(centred))?;
	let (mean, tiles) = if centred {
		let (mean, tiles) = tiles.split_first().ok_or(StepError::Absent)?;
		(Some(mean), tiles)
	} else {
		(None, tiles)
	};
	for tile in tiles {
		for (i, (sums, row)) in acc.rows_mut().iter_mut().zip(tile.rows()).enumerate() {
			for (sum, x) in sums.iter_mut().zip(row) {
				let x = centre(*x, mean.map(|mean| stat(mean, i)));
				*sum += x * x;
			}
		}
	}
	Ok(acc)
}

/// `x - mean`, or x.
#[inline(always)]
fn centre(x: f32, mean: Option<f32>) -> f32 {
	match mean {
		None => x,
		Some(mean) => x - mean,
	}
}

/// `1 / sqrt(sum * (1 / width) + epsilon)`.
#[inline]
pub fn inverse_deviation(sum: f32, width: u32, epsilon: f32) -> f32 {
	1.0 / functions::sqrt(sum * (1.0 / width as f32) + epsilon)
}

pub(super) fn finish_deviation(acc: &Tile, width: u32, epsilon: f32) -> Tile {
	super::reduce::finish_rows(acc, |lanes| {
		inverse_deviation(arith::sum_lanes(lanes), width, epsilon)
	})
}

/// The packed tile that covers a column of tiles.
fn packed(col: u32) -> u32 {
	col / SIDE as u32
}

/// x, r, g; centred also mean, b.
pub(super) fn normalise_deps(op: &Op, at: At, deps: &mut Vec<TileRef>) -> Result<(), StepError> {
	let [_, cols] = op.shape;
	let (row, col) = place(at.tile, cols);
	deps.push(input(op, 0, at.tile)?);
	deps.push(input(op, 1, row)?);
	deps.push(input(op, 2, packed(col))?);
	if op.input(3).is_some() {
		deps.push(input(op, 3, row)?);
		deps.push(input(op, 4, packed(col))?);
	}
	Ok(())
}

pub(super) fn normalise(op: &Op, at: At, tiles: &[Tile]) -> Result<Tile, StepError> {
	let [_, cols] = op.shape;
	let (_, col) = place(at.tile, cols);
	let (x, r, g, centred) = match tiles {
		[x, r, g] => (x, r, g, None),
		[x, r, g, mean, b] => (x, r, g, Some((mean, b.row(col as usize)))),
		_ => return Err(expected(tiles, 3)),
	};
	let gains = g.row(col as usize);
	let mut out = *x;
	for (i, row) in out.rows_mut().iter_mut().enumerate() {
		let (r, mean) = (stat(r, i), centred.map(|(mean, _)| stat(mean, i)));
		for (j, (x, g)) in row.iter_mut().zip(gains).enumerate() {
			let y = (centre(*x, mean) * r) * g;
			*x = match centred {
				None => y,
				Some((_, biases)) => y + biases.get(j).copied().unwrap_or(0.0),
			};
		}
	}
	Ok(out)
}

fn expected(tiles: &[Tile], expected: u32) -> StepError {
	StepError::WrongTiles {
		given: tiles.len() as u32,
		expected,
	}
}

/// g, then the tiles of dy.
pub(super) fn shift_deps(
	op: &Op,
	at: At,
	width: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	deps.push(input(op, 1, at.step)?);
	row_of(op, 0, (at.tile, width), group(at.step, width), deps)
}

pub(super) fn shift(at: At, width: u32, mut acc: Tile, tiles: &[Tile]) -> Result<Tile, StepError> {
	let (_, count) = group(at.step, width);
	expect_tiles(tiles.len(), count as usize + 1)?;
	let (g, tiles) = tiles.split_first().ok_or(StepError::Absent)?;
	for (k, tile) in tiles.iter().enumerate() {
		let gains = g.row(k);
		for (sums, row) in acc.rows_mut().iter_mut().zip(tile.rows()) {
			for ((sum, dy), g) in sums.iter_mut().zip(row).zip(gains) {
				*sum += dy * g;
			}
		}
	}
	Ok(acc)
}

/// g, r and, centred, the mean; then the tiles of dy, then those of x.
pub(super) fn slope_deps(
	op: &Op,
	at: At,
	width: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	deps.push(input(op, 2, at.step / 2)?);
	deps.push(input(op, 3, at.tile)?);
	if op.input(4).is_some() {
		deps.push(input(op, 4, at.tile)?);
	}
	row_of(op, 0, (at.tile, width), half(at.step, width), deps)?;
	row_of(op, 1, (at.tile, width), half(at.step, width), deps)
}

pub(super) fn slope(
	op: &Op,
	at: At,
	width: u32,
	mut acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (first, count) = half(at.step, width);
	let centred = op.input(4).is_some();
	expect_tiles(tiles.len(), 2 * count as usize + 2 + usize::from(centred))?;
	let [g, r, tiles @ ..] = tiles else {
		return Err(StepError::Absent);
	};
	let (mean, tiles) = if centred {
		let (mean, tiles) = tiles.split_first().ok_or(StepError::Absent)?;
		(Some(mean), tiles)
	} else {
		(None, tiles)
	};
	let (dy, x) = tiles
		.split_at_checked(count as usize)
		.ok_or(StepError::Absent)?;
	for ((dy, x), k) in dy.iter().zip(x).zip(first..) {
		let gains = g.row(k as usize);
		let rows = acc.rows_mut().iter_mut().zip(dy.rows()).zip(x.rows());
		for (i, ((sums, dy), x)) in rows.enumerate() {
			let (r, mean) = (stat(r, i), mean.map(|mean| stat(mean, i)));
			for (((sum, dy), x), g) in sums.iter_mut().zip(dy).zip(x).zip(gains) {
				*sum += (dy * g) * (centre(*x, mean) * r);
			}
		}
	}
	Ok(acc)
}

/// Whether a gradient's norm is centred: it has the mean and the shift then.
fn is_centred(op: &Op) -> bool {
	op.input_count() >= 7
}

/// dy, x, g, r, slope; centred also mean, shift; last the gradient that goes round, if there is one.
pub(super) fn grad_deps(op: &Op, at: At, deps: &mut Vec<TileRef>) -> Result<(), StepError> {
	let [_, cols] = op.shape;
	let (row, col) = place(at.tile, cols);
	let tiles = [at.tile, at.tile, packed(col), row, row];
	for (i, tile) in tiles.into_iter().enumerate() {
		deps.push(input(op, i, tile)?);
	}
	let mut next = 5;
	if is_centred(op) {
		deps.push(input(op, 5, row)?);
		deps.push(input(op, 6, row)?);
		next = 7;
	}
	if op.input(next).is_some() {
		deps.push(input(op, next, at.tile)?);
	}
	Ok(())
}

pub(super) fn grad(op: &Op, at: At, tiles: &[Tile]) -> Result<Tile, StepError> {
	expect_tiles(tiles.len(), op.input_count())?;
	let [dy, x, g, r, slope, rest @ ..] = tiles else {
		return Err(expected(tiles, 5));
	};
	let (centred, around) = match rest {
		[mean, shift, around @ ..] => (Some((mean, shift)), around.first()),
		around => (None, around.first()),
	};
	let [_, cols] = op.shape;
	let (_, col) = place(at.tile, cols);
	let gains = g.row(col as usize);
	let mut out = *dy;
	for (i, row) in out.rows_mut().iter_mut().enumerate() {
		let (r, slope) = (stat(r, i), stat(slope, i));
		for (j, (dy, g)) in row.iter_mut().zip(gains).enumerate() {
			let mean = centred.map(|(mean, _)| stat(mean, i));
			let h = centre(x.at(i, j), mean) * r;
			let d = *dy * g;
			let d = match centred {
				None => d,
				Some((_, shift)) => d - stat(shift, i),
			};
			let dx = (d - h * slope) * r;
			*dy = match around {
				None => dx,
				Some(around) => around.at(i, j) + dx,
			};
		}
	}
	Ok(out)
}

/// The tiles of dy, of x, of r and, centred, of the mean, each for up to 8 rows of tiles.
pub(super) fn gain_deps(
	op: &Op,
	at: At,
	rows: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let [_, cols] = op.shape;
	let (_, col) = place(at.tile, cols);
	let (first, count) = half(at.step, rows);
	for place in [0, 1] {
		for k in first..first + count {
			deps.push(input(op, place, k * tiles_along(cols) + col)?);
		}
	}
	for place in [2, 3] {
		if op.input(place).is_some() {
			for k in first..first + count {
				deps.push(input(op, place, k)?);
			}
		}
	}
	Ok(())
}

pub(super) fn gain(
	op: &Op,
	at: At,
	rows: u32,
	mut acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (_, count) = half(at.step, rows);
	expect_tiles(tiles.len(), count as usize * op.input_count())?;
	let mut inputs = tiles.chunks_exact((count as usize).max(1));
	let (Some(dy), Some(x), Some(r)) = (inputs.next(), inputs.next(), inputs.next()) else {
		return Err(StepError::Absent);
	};
	let means = inputs.next();
	for (k, ((dy, x), r)) in dy.iter().zip(x).zip(r).enumerate() {
		let mean = means.and_then(|means| means.get(k));
		let rows = acc.rows_mut().iter_mut().zip(dy.rows()).zip(x.rows());
		for (i, ((sums, dy), x)) in rows.enumerate() {
			let (r, mean) = (stat(r, i), mean.map(|mean| stat(mean, i)));
			for ((sum, dy), x) in sums.iter_mut().zip(dy).zip(x) {
				*sum += dy * (centre(*x, mean) * r);
			}
		}
	}
	Ok(acc)
}
