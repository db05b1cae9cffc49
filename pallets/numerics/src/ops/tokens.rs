//! Tokens and records: from the data, through tables, and the gradients of tables.

use alloc::vec::Vec;

use super::{
	base_dep, expect_tiles, id_of, input, place,
	reduce::{add, group, GROUP},
	with_base, At, Env, StepError,
};
use crate::{
	batch::{row_offset, span},
	program::{tiles_along, Op, TileRef},
	tile::{Tile, BYTES, SIDE},
};

/// `2^-8`: what a byte of a record is multiplied with.
const BYTE_UNIT: f32 = 1.0 / 256.0;

/// A run of bytes of the data.
#[derive(Clone, Copy)]
struct Span {
	first: u64,
	count: usize,
}

impl Span {
	/// The tiles that hold it.
	fn deps(&self, op: &Op, deps: &mut Vec<TileRef>) -> Result<(), StepError> {
		let last = self.first + (self.count as u64).saturating_sub(1);
		for tile in self.first / BYTES as u64..=last / BYTES as u64 {
			let tile = u32::try_from(tile).map_err(|_| StepError::BadData)?;
			deps.push(input(op, 0, tile)?);
		}
		Ok(())
	}

	/// Its bytes, from those tiles.
	fn bytes(&self, tiles: &[Tile]) -> Result<Vec<u8>, StepError> {
		let last = self.first + (self.count as u64).saturating_sub(1);
		let expected = last / BYTES as u64 - self.first / BYTES as u64 + 1;
		expect_tiles(tiles.len(), expected as usize)?;
		let skipped = (self.first % BYTES as u64) as usize;
		let bytes = tiles.iter().flat_map(Tile::to_bytes);
		Ok(bytes.skip(skipped).take(self.count).collect())
	}
}

/// The item that an example starts at.
fn item(env: &Env<'_>, example: u32, context: u32) -> Result<u64, StepError> {
	match span(env.train_items, context) {
		0 => Err(StepError::BadData),
		span => Ok(row_offset(
			&env.seed, env.round, env.slot, env.step, example, span,
		)),
	}
}

/// The tokens of a tile's 16 rows and the one that follows them.
fn tokens(env: &Env<'_>, at: At, context: u32, bytes: u32) -> Result<Span, StepError> {
	let row = at.tile * SIDE as u32;
	let example = row.checked_div(context).unwrap_or(0);
	let position = row.checked_rem(context).unwrap_or(0);
	let token = item(env, example, context)?.saturating_add(position.into());
	Ok(Span {
		first: token.checked_mul(bytes.into()).ok_or(StepError::BadData)?,
		count: (SIDE + 1) * bytes as usize,
	})
}

pub(super) fn deps(
	op: &Op,
	env: &Env<'_>,
	at: At,
	(context, bytes): (u32, u32),
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	tokens(env, at, context, bytes)?.deps(op, deps)
}

pub(super) fn step(
	env: &Env<'_>,
	at: At,
	(context, bytes, vocabulary): (u32, u32, u32),
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let raw = tokens(env, at, context, bytes)?.bytes(tiles)?;
	let ids = raw.chunks_exact(bytes.max(1) as usize).map(|token| {
		let id = token
			.iter()
			.rev()
			.fold(0, |id, byte| id << 8 | u32::from(*byte));
		if id < vocabulary {
			Ok(id as f32)
		} else {
			Err(StepError::BadData)
		}
	});
	let ids = ids.collect::<Result<Vec<_>, _>>()?;
	let mut out = Tile::ZERO;
	for (row, pair) in out.rows_mut().iter_mut().zip(ids.windows(2)) {
		for (x, id) in row.iter_mut().zip(pair) {
			*x = *id;
		}
	}
	Ok(out)
}

/// Some bytes of the record of one row of the tile.
fn record(op: &Op, env: &Env<'_>, at: At, inputs: u32, label: bool) -> Result<Span, StepError> {
	let [_, cols] = op.shape;
	let (down, across) = place(at.tile, cols);
	let example = down * SIDE as u32 + at.step;
	let start = item(env, example, 0)?
		.checked_mul(u64::from(inputs) + 1)
		.ok_or(StepError::BadData)?;
	let (inside, count) = if label {
		(inputs, 1)
	} else {
		let inside = across * SIDE as u32;
		(inside, (inputs.saturating_sub(inside) as usize).min(SIDE))
	};
	Ok(Span {
		first: start.saturating_add(inside.into()),
		count,
	})
}

pub(super) fn record_deps(
	op: &Op,
	env: &Env<'_>,
	at: At,
	(inputs, label): (u32, bool),
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	record(op, env, at, inputs, label)?.deps(op, deps)
}

/// Writes one row of the tile: features times `2^-8`, or the label, which must be below `classes`.
pub(super) fn record_step(
	op: &Op,
	env: &Env<'_>,
	at: At,
	(inputs, classes): (u32, Option<u32>),
	mut acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let bytes = record(op, env, at, inputs, classes.is_some())?.bytes(tiles)?;
	let row = acc
		.rows_mut()
		.get_mut(at.step as usize)
		.ok_or(StepError::Absent)?;
	for (x, byte) in row.iter_mut().zip(bytes) {
		*x = match classes {
			None => f32::from(byte) * BYTE_UNIT,
			Some(classes) if u32::from(byte) < classes => f32::from(byte),
			Some(_) => return Err(StepError::BadData),
		};
	}
	Ok(acc)
}

pub(super) fn embed_index_deps(op: &Op, at: At) -> Result<Vec<TileRef>, StepError> {
	let [_, cols] = op.shape;
	let (row, _) = place(at.tile, cols);
	Ok(Vec::from([input(op, 0, row)?]))
}

/// The tile of the table for each row, then that of the positions, if there is one.
pub(super) fn embed_deps(
	op: &Op,
	at: At,
	(context, vocabulary): (u32, u32),
	index: &[Tile],
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let [ids] = super::exactly(index)?;
	let [_, cols] = op.shape;
	let (row, col) = place(at.tile, cols);
	let across = tiles_along(cols);
	for i in 0..SIDE {
		let id = id_of(ids.at(i, 0), vocabulary)?;
		deps.push(input(op, 1, id / SIDE as u32 * across + col)?);
	}
	if op.input(2).is_some() {
		let position = row.checked_rem(tiles_along(context)).unwrap_or(0);
		deps.push(input(op, 2, position * across + col)?);
	}
	Ok(())
}

pub(super) fn embed_step(op: &Op, vocabulary: u32, tiles: &[Tile]) -> Result<Tile, StepError> {
	let positions = op.input(2).is_some();
	expect_tiles(tiles.len(), 1 + SIDE + usize::from(positions))?;
	let [ids, tiles @ ..] = tiles else {
		return Err(StepError::Absent);
	};
	let mut out = Tile::ZERO;
	for (i, (row, table)) in out.rows_mut().iter_mut().zip(tiles).enumerate() {
		*row = table.row(id_of(ids.at(i, 0), vocabulary)? as usize);
	}
	Ok(match tiles.get(SIDE) {
		None => out,
		Some(positions) => out.zip(positions, |x, p| x + p),
	})
}

/// The ids of up to 16 rows of tiles, then the tiles of g under the output tile; in the first step
/// then the tile that the sum starts from, if there is one.
pub(super) fn table_deps(
	op: &Op,
	at: At,
	rows: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let [_, cols] = op.shape;
	let (_, col) = place(at.tile, cols);
	let (first, count) = group(at.step, rows);
	for k in first..first + count {
		deps.push(input(op, 0, k)?);
	}
	for k in first..first + count {
		deps.push(input(op, 1, k * tiles_along(cols) + col)?);
	}
	base_dep(op, at, deps)
}

pub(super) fn table_step(
	op: &Op,
	at: At,
	rows: u32,
	acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (mut acc, tiles) = with_base(op, at, acc, tiles)?;
	let [vocabulary, cols] = op.shape;
	let (down, _) = place(at.tile, cols);
	let (_, count) = group(at.step, rows);
	expect_tiles(tiles.len(), 2 * count as usize)?;
	let (ids, gradients) = tiles
		.split_at_checked(count as usize)
		.ok_or(StepError::Absent)?;
	for (ids, gradient) in ids.iter().zip(gradients) {
		for (i, g) in gradient.rows().iter().enumerate() {
			let id = id_of(ids.at(i, 0), vocabulary)?;
			if id / SIDE as u32 != down {
				continue;
			}
			if let Some(row) = acc.rows_mut().get_mut(id as usize % SIDE) {
				for (sum, g) in row.iter_mut().zip(g) {
					*sum += g;
				}
			}
		}
	}
	Ok(acc)
}

pub(super) fn position_steps(batch: u32) -> u32 {
	batch.div_ceil(GROUP)
}

/// The tiles of g at this position, of up to 16 sequences.
pub(super) fn position_deps(
	op: &Op,
	at: At,
	(context, batch): (u32, u32),
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let first = at.step * GROUP;
	let end = batch.min(first.saturating_add(GROUP));
	let tiles = tiles_along(context) * tiles_along(op.shape.last().copied().unwrap_or(0));
	for sequence in first..end {
		deps.push(input(op, 0, sequence * tiles + at.tile)?);
	}
	Ok(())
}

pub(super) fn position_step(
	at: At,
	batch: u32,
	acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let count = batch.saturating_sub(at.step * GROUP).min(GROUP);
	add(acc, tiles, count)
}
