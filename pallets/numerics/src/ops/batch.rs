//! Rows of the data as ids.

use alloc::vec::Vec;

use super::{input, place, At, Env, StepError};
use crate::{
	batch::{row_offset, span},
	program::{Op, TileRef},
	tile::{Tile, BYTES, SIDE},
};

/// One step for each row of the tile.
pub(super) const STEPS: u32 = SIDE as u32;

/// First byte of the data in this row of the tile, and the number of bytes.
fn bytes(op: &Op, env: &Env<'_>, at: At, context: u32) -> Result<(u64, usize), StepError> {
	let span = span(env.train_items, context);
	if span == 0 {
		return Err(StepError::BadData);
	}
	let [_, cols] = op.shape;
	let (down, across) = place(at.tile, cols);
	let row = down * SIDE as u32 + at.step;
	let first = across * SIDE as u32;
	let offset = row_offset(&env.seed, env.round, env.slot, env.step, row, span);
	let count = (cols.saturating_sub(first) as usize).min(SIDE);
	Ok((offset + u64::from(first), count))
}

/// Tiles of the data that a run of bytes lies in: one or two.
fn data_tiles(first: u64, count: usize) -> (u64, u64) {
	let last = first + count.saturating_sub(1) as u64;
	(first / BYTES as u64, last / BYTES as u64)
}

pub(super) fn deps(
	op: &Op,
	env: &Env<'_>,
	at: At,
	context: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let (first, count) = bytes(op, env, at, context)?;
	let (from, to) = data_tiles(first, count);
	for tile in from..=to {
		deps.push(input(
			op,
			0,
			u32::try_from(tile).map_err(|_| StepError::BadData)?,
		)?);
	}
	Ok(())
}

pub(super) fn step(
	op: &Op,
	env: &Env<'_>,
	at: At,
	context: u32,
	mut acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (first, count) = bytes(op, env, at, context)?;
	let (from, to) = data_tiles(first, count);
	super::expect_tiles(tiles.len(), (to - from + 1) as usize)?;
	let skipped = (first - from * BYTES as u64) as usize;
	let bytes = tiles
		.iter()
		.flat_map(Tile::to_bytes)
		.skip(skipped)
		.take(count);
	let row = acc
		.rows_mut()
		.get_mut(at.step as usize)
		.ok_or(StepError::Absent)?;
	for (element, byte) in row.iter_mut().zip(bytes) {
		*element = f32::from(byte);
	}
	Ok(acc)
}
