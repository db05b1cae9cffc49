//! Rows of a table by id, and the gradient of the table.

use alloc::vec::Vec;

use super::{exactly, expect_tiles, id_of, input, place, At, StepError};
use crate::{
	plan::BYTES,
	program::{tiles_along, Op, TileRef},
	tile::{Tile, SIDE},
};

/// The position that a tile of the output belongs to, and its tile column in the table.
fn position(tile: u32, context: u32, embedding: u32) -> (u32, u32, u32) {
	let across = tiles_along(embedding);
	let (row, col) = place(tile, context.saturating_mul(embedding));
	(
		row,
		col.checked_div(across).unwrap_or(0),
		col.checked_rem(across).unwrap_or(0),
	)
}

pub(super) fn index_deps(
	op: &Op,
	at: At,
	context: u32,
	embedding: u32,
) -> Result<Vec<TileRef>, StepError> {
	let (row, position, _) = position(at.tile, context, embedding);
	let tile = row * tiles_along(context + 1) + position / SIDE as u32;
	Ok(Vec::from([input(op, 0, tile)?]))
}

/// The tile of the table for each of the 16 rows.
pub(super) fn deps(
	op: &Op,
	at: At,
	context: u32,
	embedding: u32,
	index: &[Tile],
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let [ids] = exactly(index)?;
	let (_, position, col) = position(at.tile, context, embedding);
	for row in 0..SIDE {
		let id = id_of(ids.at(row, position as usize), BYTES)?;
		let tile = id / SIDE as u32 * tiles_along(embedding) + col;
		deps.push(input(op, 1, tile)?);
	}
	Ok(())
}

pub(super) fn step(
	at: At,
	context: u32,
	embedding: u32,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (_, position, _) = position(at.tile, context, embedding);
	let Some((ids, table)) = tiles.split_first() else {
		return Err(StepError::WrongTiles {
			given: 0,
			expected: 17,
		});
	};
	expect_tiles(tiles.len(), SIDE + 1)?;
	let mut out = Tile::ZERO;
	for (i, (row, table)) in out.rows_mut().iter_mut().zip(table).enumerate() {
		let id = id_of(ids.at(i, position as usize), BYTES)?;
		*row = table.row(id as usize);
	}
	Ok(out)
}

/// Groups of 16 positions in a row of ids.
fn groups(context: u32) -> u32 {
	tiles_along(context)
}

/// One step for each group of positions in each tile row of the ids.
pub(super) fn gradient_steps(rows: u32, context: u32) -> u32 {
	tiles_along(rows) * groups(context)
}

/// Tile row of the ids, group of positions, and positions in it.
fn group(step: u32, context: u32) -> (u32, u32, usize) {
	let groups = groups(context);
	let row = step.checked_div(groups).unwrap_or(0);
	let group = step.checked_rem(groups).unwrap_or(0);
	let positions = context.saturating_sub(group * SIDE as u32) as usize;
	(row, group, positions.min(SIDE))
}

/// The ids of the group, then for each of its positions the tile of g under the output tile.
pub(super) fn gradient_deps(
	op: &Op,
	at: At,
	context: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let [_, embedding] = op.shape;
	let (_, col) = place(at.tile, embedding);
	let (row, group, positions) = group(at.step, context);
	deps.push(input(op, 0, row * tiles_along(context + 1) + group)?);
	let across = tiles_along(embedding);
	for position in (group * SIDE as u32..).take(positions) {
		deps.push(input(op, 1, (row * context + position) * across + col)?);
	}
	Ok(())
}

/// Row by row of the ids, position by position: adds the row of g to the row of its id.
pub(super) fn gradient_step(
	op: &Op,
	at: At,
	context: u32,
	mut acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let [_, embedding] = op.shape;
	let (down, _) = place(at.tile, embedding);
	let (_, _, positions) = group(at.step, context);
	expect_tiles(tiles.len(), positions + 1)?;
	let Some((ids, gradients)) = tiles.split_first() else {
		return Err(StepError::Absent);
	};
	for i in 0..SIDE {
		for (j, gradient) in gradients.iter().enumerate() {
			let id = id_of(ids.at(i, j), BYTES)? as usize;
			if id / SIDE != down as usize {
				continue;
			}
			if let Some(row) = acc.rows_mut().get_mut(id % SIDE) {
				for (sum, g) in row.iter_mut().zip(gradient.row(i)) {
					*sum += g;
				}
			}
		}
	}
	Ok(acc)
}
