//! The norm of all gradients together, and the factor that shortens them.

use alloc::vec::Vec;

use super::{
	expect_tiles, input,
	reduce::{add, group, GROUP},
	At, StepError,
};
use crate::{
	arith, functions,
	program::{Op, TensorId, TileRef},
	tile::{Tile, SIDE},
};

/// Tiles that one tile of sums covers.
const SUMMED: u32 = 64;

/// First input tile of a step, and the number of tiles.
fn summed(at: At, tiles: u32) -> (u32, u32) {
	let first = at.tile * SUMMED;
	let all = tiles.saturating_sub(first).min(SUMMED);
	let (inside, count) = group(at.step, all * SIDE as u32);
	(first + inside, count)
}

pub(super) fn sum_steps(tile: u32, tiles: u32) -> u32 {
	let first = tile.saturating_mul(SUMMED);
	tiles.saturating_sub(first).min(SUMMED).div_ceil(GROUP)
}

pub(super) fn sum_deps(
	op: &Op,
	at: At,
	tiles: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let (first, count) = summed(at, tiles);
	for k in first..first + count {
		deps.push(input(op, 0, k)?);
	}
	Ok(())
}

pub(super) fn sum(
	at: At,
	(count, square): (u32, Option<u32>),
	acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (_, expected) = summed(at, count);
	expect_tiles(tiles.len(), expected as usize)?;
	Ok(tiles.iter().fold(acc, |acc, tile| {
		acc.zip(tile, |sum, x| match square {
			None => sum + x,
			Some(scale) => sum + squared(x, unscale(scale)),
		})
	}))
}

pub(super) fn factor_steps(count: u32) -> u32 {
	count.div_ceil(GROUP)
}

/// Tile 0 of up to 16 tensors.
pub(super) fn factor_deps(
	op: &Op,
	at: At,
	(count, stride): (u32, u32),
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let first = op.input(0).ok_or(StepError::Absent)?;
	let (from, taken) = group(at.step, count.saturating_mul(SIDE as u32));
	for k in from..from + taken {
		let id = u32::from(first.0).saturating_add(k.saturating_mul(stride));
		let tensor = TensorId(u16::try_from(id).map_err(|_| StepError::Absent)?);
		deps.push(TileRef { tensor, tile: 0 });
	}
	Ok(())
}

pub(super) fn factor_step(
	at: At,
	count: u32,
	acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (_, expected) = group(at.step, count.saturating_mul(SIDE as u32));
	add(acc, tiles, expected)
}

/// `2^-scale`: takes the loss scale from a gradient.
#[inline(always)]
pub fn unscale(scale: u32) -> f32 {
	arith::power_of_two(-(scale as i32))
}

/// `(x * unscale)^2`.
#[inline(always)]
pub fn squared(x: f32, unscale: f32) -> f32 {
	let x = x * unscale;
	x * x
}

/// The factor of a gradient: `n > clip ? clip / n : 1.0`, `n = sqrt(sum)`.
pub fn clip_factor(sum: f32, clip: f32) -> f32 {
	let norm = functions::sqrt(sum);
	if norm > clip {
		clip / norm
	} else {
		1.0
	}
}

/// The sum of a tile's elements: the lanes of each row, then the rows.
pub fn tile_sum(tile: &Tile) -> f32 {
	let mut rows = [0.0; SIDE];
	for (sum, row) in rows.iter_mut().zip(tile.rows()) {
		*sum = arith::sum_lanes(*row);
	}
	arith::sum_lanes(rows)
}

pub(super) fn finish_factor(acc: &Tile, clip: f32) -> Tile {
	let mut out = Tile::ZERO;
	let [first, ..] = &mut out.0;
	*first = clip_factor(tile_sum(acc), clip);
	out
}
