//! Rotary positions.

use alloc::vec::Vec;

use super::{expect_tiles, input, place, At, Env, StepError};
use crate::{
	functions::sine_cosine,
	program::{tiles_along, Op, TileRef},
	tile::{Tile, SIDE},
};

/// Sine and cosine of a pair at a position.
pub fn angle(turns: &[u64], position: u32, pair: usize) -> Option<(f32, f32)> {
	let turn = turns.get(pair)?;
	Some(sine_cosine(turn.wrapping_mul(u64::from(position))))
}

/// First tile column of the head, the tile column in it, and the number of its tile columns.
fn columns(col: u32, head: u32) -> (u32, u32, u32) {
	let count = tiles_along(head);
	let inside = col.checked_rem(count).unwrap_or(0);
	(col - inside, inside, count)
}

/// The tiles of the head in this row of tiles.
pub(super) fn deps(op: &Op, at: At, head: u32, deps: &mut Vec<TileRef>) -> Result<(), StepError> {
	let [_, cols] = op.shape;
	let (row, col) = place(at.tile, cols);
	let (first, _, count) = columns(col, head);
	for k in first..first + count {
		deps.push(input(op, 0, row * tiles_along(cols) + k)?);
	}
	Ok(())
}

pub(super) fn step(
	op: &Op,
	env: &Env<'_>,
	at: At,
	(context, head, inverse): (u32, u32, bool),
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let [_, cols] = op.shape;
	let (row, col) = place(at.tile, cols);
	let (_, inside, count) = columns(col, head);
	expect_tiles(tiles.len(), count as usize)?;
	let pairs = head as usize / 2;
	let first = (row * SIDE as u32).checked_rem(context).unwrap_or(0);
	let at = |i: usize, j: usize| tiles.get(j / SIDE).map_or(0.0, |tile| tile.at(i, j));
	let mut out = Tile::ZERO;
	for (i, (row, position)) in out.rows_mut().iter_mut().zip(first..).enumerate() {
		for (j, y) in (inside as usize * SIDE..).zip(row) {
			let upper = j >= pairs;
			let pair = if upper { j - pairs } else { j };
			let (s, c) = angle(env.turns, position, pair).ok_or(StepError::Absent)?;
			let (low, high) = (at(i, pair), at(i, pair + pairs));
			*y = match (upper, inverse) {
				(false, false) => low * c - high * s,
				(true, false) => high * c + low * s,
				(false, true) => low * c + high * s,
				(true, true) => high * c - low * s,
			};
		}
	}
	Ok(out)
}
