//! The loss of a row and the gradient of the logits.

use alloc::vec::Vec;

use super::{exactly, expect_tiles, id_of, input, place, reduce::lanes, At, StepError};
use crate::{
	arith::power_of_two,
	functions::{exp, ln},
	program::{tiles_along, Op, TileRef},
	tile::{Tile, SIDE},
};

/// The loss of a row: `ln(sum) + (max - x)`, where `sum` is of `exp(x - max)` over the row and `x`
/// is the target's logit. Never negative: the sum is at least 1 and the maximum at least x.
#[inline(always)]
pub fn loss_row(sum: f32, max: f32, x: f32) -> f32 {
	ln(sum) + (max - x)
}

/// `1 / sum`: the factor that makes a row's exponentials probabilities.
#[inline(always)]
pub fn inverse(sum: f32) -> f32 {
	1.0 / sum
}

/// What the gradient of each row counts: `(1 / rows) * 2^scale`.
#[inline(always)]
pub fn share(rows: u32, scale: u32) -> f32 {
	inverse(rows as f32) * power_of_two(scale as i32)
}

/// The gradient of a logit: `(exp(x - max) * inverse - hot) * share`.
///
/// `inverse` is [`inverse`] of the row's sum, `hot` is 1.0 in the target's column and +0.0 elsewhere,
/// `share` is [`share`] of the number of rows and the loss scale.
#[inline(always)]
pub fn logit_grad(x: f32, max: f32, inverse: f32, hot: f32, share: f32) -> f32 {
	(exp(x - max) * inverse - hot) * share
}

/// Tile of the ids that holds the targets of a tile row.
fn target_tile(op: &Op, row: u32, target: u32) -> Result<TileRef, StepError> {
	input(op, 0, row * tiles_along(target + 1) + target / SIDE as u32)
}

pub(super) fn loss_index_deps(op: &Op, at: At, target: u32) -> Result<Vec<TileRef>, StepError> {
	Ok(Vec::from([target_tile(op, at.tile, target)?]))
}

/// The targets, the maxima, the sums, then for each row the tile of x that holds its target.
pub(super) fn loss_deps(
	op: &Op,
	at: At,
	(width, target): (u32, u32),
	index: &[Tile],
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let [ids] = exactly(index)?;
	deps.push(input(op, 2, at.tile)?);
	deps.push(input(op, 3, at.tile)?);
	for row in 0..SIDE {
		let id = id_of(ids.at(row, target as usize), width)?;
		let tile = at.tile * tiles_along(width) + id / SIDE as u32;
		deps.push(input(op, 1, tile)?);
	}
	Ok(())
}

pub(super) fn loss_step((width, target): (u32, u32), tiles: &[Tile]) -> Result<Tile, StepError> {
	expect_tiles(tiles.len(), SIDE + 3)?;
	let [ids, max, sum, x @ ..] = tiles else {
		return Err(StepError::Absent);
	};
	let mut out = Tile::ZERO;
	for (i, (row, x)) in out.rows_mut().iter_mut().zip(x).enumerate() {
		let id = id_of(ids.at(i, target as usize), width)?;
		let [first, ..] = row;
		*first = loss_row(sum.at(i, 0), max.at(i, 0), x.at(i, id as usize));
	}
	Ok(out)
}

/// The targets, the tile of x, the maxima, the sums.
pub(super) fn gradient_deps(
	op: &Op,
	at: At,
	target: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let [_, cols] = op.shape;
	let (row, _) = place(at.tile, cols);
	deps.push(target_tile(op, row, target)?);
	deps.push(input(op, 1, at.tile)?);
	deps.push(input(op, 2, row)?);
	deps.push(input(op, 3, row)?);
	Ok(())
}

pub(super) fn gradient_step(
	op: &Op,
	at: At,
	(target, scale): (u32, u32),
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let [ids, x, max, sum] = exactly(tiles)?;
	let [rows, cols] = op.shape;
	let (_, col) = place(at.tile, cols);
	let share = share(rows, scale);
	let mut out = *x;
	for (i, row) in out.rows_mut().iter_mut().enumerate() {
		let id = id_of(ids.at(i, target as usize), cols)?;
		let (max, inverse) = (max.at(i, 0), inverse(sum.at(i, 0)));
		let row = row.iter_mut().take(lanes(col, cols));
		for (j, x) in (col * SIDE as u32..).zip(row) {
			let hot = if j == id { 1.0 } else { 0.0 };
			*x = logit_grad(*x, max, inverse, hot, share);
		}
	}
	Ok(out)
}
