//! Causal attention as a list of ops.
//!
//! Tensors with a row for each head have `context / 16` tiles across and as many down for each head
//! of each sequence; tile row and tile column of such a square are called `t` and `j` here. Tiles
//! with `j > t` are masked whole and have no steps.

use alloc::vec::Vec;

use super::{
	exactly, expect_tiles, input, matmul, place,
	reduce::{group, GROUP},
	At, StepError,
};
use crate::{
	arith::{self, BLOCK},
	functions::exp,
	program::{tiles_along, Attention, Op, TileRef},
	tile::{Tile, SIDE},
};

/// Tiles along one block of the contracted axis.
const BLOCK_TILES: u32 = (BLOCK / SIDE) as u32;

fn divided(n: u32, by: u32) -> (u32, u32) {
	(
		n.checked_div(by).unwrap_or(0),
		n.checked_rem(by).unwrap_or(0),
	)
}

/// Where a tile row of a tensor with a row for each head lies: sequence, head, tile row in it.
fn head_row(row: u32, attention: &Attention) -> (u32, u32, u32) {
	let (head, t) = divided(row, tiles_along(attention.context));
	let (sequence, head) = divided(head, attention.heads);
	(sequence, head, t)
}

/// Tile columns of a matrix with all query heads, or all key and value heads, side by side.
fn across(attention: &Attention, queries: bool) -> u32 {
	let head = tiles_along(attention.head);
	if queries {
		attention.heads * head
	} else {
		divided(attention.heads, attention.group).0 * head
	}
}

/// Tile row and column inside the square of a head, of a tile of a tensor with a row for each head.
fn square(tile: u32, context: u32) -> (u32, u32) {
	let side = tiles_along(context);
	let (row, j) = divided(tile, side);
	(divided(row, side).1, j)
}

/// 1, or 0 for a tile that is masked whole.
pub(super) fn visible_steps(tile: u32, context: u32) -> u32 {
	let (t, j) = square(tile, context);
	u32::from(j <= t)
}

/// Blocks of a head, or none for a tile that is masked whole.
pub(super) fn score_steps(tile: u32, attention: &Attention) -> u32 {
	visible_steps(tile, attention.context) * attention.head.div_ceil(BLOCK as u32)
}

/// Sets what is masked to +0.0.
fn masked(mut tile: Tile, at: u32, context: u32) -> Tile {
	let (t, j) = square(at, context);
	for (i, row) in tile.rows_mut().iter_mut().enumerate() {
		let kept = match j.cmp(&t) {
			core::cmp::Ordering::Less => SIDE,
			core::cmp::Ordering::Equal => i + 1,
			core::cmp::Ordering::Greater => 0,
		};
		row.iter_mut().skip(kept).for_each(|x| *x = 0.0);
	}
	tile
}

/// First tile of a block and the number of its tiles, on an axis of so many tiles.
fn block(step: u32, tiles: u32) -> (u32, u32) {
	let first = step * BLOCK_TILES;
	(first, tiles.saturating_sub(first).min(BLOCK_TILES))
}

/// The tiles of the query rows, then those of the key rows.
pub(super) fn score_deps(
	op: &Op,
	at: At,
	attention: &Attention,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let side = tiles_along(attention.context);
	let (row, j) = divided(at.tile, side);
	let (sequence, head, t) = head_row(row, attention);
	let (first, count) = block(at.step, tiles_along(attention.head));
	let shared = divided(head, attention.group).0;
	let rows = [
		(0, t, head, across(attention, true)),
		(1, j, shared, across(attention, false)),
	];
	for (place, row, head, across) in rows {
		let start = (sequence * side + row) * across + head * tiles_along(attention.head);
		for k in first..first + count {
			deps.push(input(op, place, start + k)?);
		}
	}
	Ok(())
}

pub(super) fn scores(
	at: At,
	attention: &Attention,
	acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (_, count) = block(at.step, tiles_along(attention.head));
	let acc = matmul::multiply(acc, count, (tiles, 1), (false, false))?;
	Ok(masked(acc, at.tile, attention.context))
}

/// Tiles of a row that are not masked whole, in steps of 16.
pub(super) fn max_steps(tile: u32, context: u32) -> u32 {
	let (_, t) = divided(tile, tiles_along(context));
	(t + 1).div_ceil(GROUP)
}

/// First tile of a step along a row, and the number of tiles that are not masked whole.
fn visible_group(at: At, context: u32) -> (u32, u32, u32) {
	let (_, t) = divided(at.tile, tiles_along(context));
	let (first, count) = group(at.step, (t + 1) * SIDE as u32);
	(t, first, count)
}

pub(super) fn max_deps(
	op: &Op,
	at: At,
	context: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let (_, first, count) = visible_group(at, context);
	for k in first..first + count {
		deps.push(input(op, 0, at.tile * tiles_along(context) + k)?);
	}
	Ok(())
}

pub(super) fn max(at: At, context: u32, mut acc: Tile, tiles: &[Tile]) -> Result<Tile, StepError> {
	let (t, first, count) = visible_group(at, context);
	expect_tiles(tiles.len(), count as usize)?;
	for (tile, k) in tiles.iter().zip(first..) {
		let rows = acc.rows_mut().iter_mut().zip(tile.rows());
		for (i, (most, row)) in rows.enumerate() {
			let kept = if k < t { SIDE } else { i + 1 };
			for (most, x) in most.iter_mut().zip(row).take(kept) {
				*most = arith::max(*most, *x);
			}
		}
	}
	Ok(acc)
}

/// The tile of the input, then the statistics of its rows.
pub(super) fn with_stat_deps(
	op: &Op,
	at: At,
	context: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let (row, _) = divided(at.tile, tiles_along(context));
	deps.push(input(op, 0, at.tile)?);
	deps.push(input(op, 1, row)?);
	Ok(())
}

/// Applies `f` to each element and the statistic of its row, and masks.
fn with_stat(
	at: At,
	context: u32,
	tiles: &[Tile],
	f: impl Fn(f32, f32) -> f32,
) -> Result<Tile, StepError> {
	let [x, stat] = exactly(tiles)?;
	let mut out = *x;
	for (i, row) in out.rows_mut().iter_mut().enumerate() {
		let stat = stat.at(i, 0);
		row.iter_mut().for_each(|x| *x = f(*x, stat));
	}
	Ok(masked(out, at.tile, context))
}

pub(super) fn exponentials(at: At, context: u32, tiles: &[Tile]) -> Result<Tile, StepError> {
	with_stat(at, context, tiles, |s, m| exp(s - m))
}

pub(super) fn probability(at: At, context: u32, tiles: &[Tile]) -> Result<Tile, StepError> {
	with_stat(at, context, tiles, |e, l| e * (1.0 / l))
}

/// p, dp, and d of the rows.
pub(super) fn score_grad_deps(
	op: &Op,
	at: At,
	context: u32,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let (row, _) = divided(at.tile, tiles_along(context));
	deps.push(input(op, 0, at.tile)?);
	deps.push(input(op, 1, at.tile)?);
	deps.push(input(op, 2, row)?);
	Ok(())
}

pub(super) fn score_grad(
	at: At,
	(context, factor): (u32, f32),
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let [p, dp, d] = exactly(tiles)?;
	let mut out = p.zip(dp, |_, dp| dp);
	for (i, (row, p)) in out.rows_mut().iter_mut().zip(p.rows()).enumerate() {
		let d = d.at(i, 0);
		for (dp, p) in row.iter_mut().zip(p) {
			*dp = (p * (*dp - d)) * factor;
		}
	}
	Ok(masked(out, at.tile, context))
}

/// Where a tile of a matrix with heads side by side lies: sequence, tile row in it, head, tile column
/// in the head.
fn side_by_side(op: &Op, tile: u32, attention: &Attention) -> (u32, u32, u32, u32) {
	let [_, cols] = op.shape;
	let (row, col) = place(tile, cols);
	let (sequence, t) = divided(row, tiles_along(attention.context));
	let (head, inside) = divided(col, tiles_along(attention.head));
	(sequence, t, head, inside)
}

/// Blocks of the positions that are not masked whole.
fn visible_blocks(op: &Op, tile: u32, attention: &Attention) -> u32 {
	let (_, t, _, _) = side_by_side(op, tile, attention);
	(t + 1).div_ceil(BLOCK_TILES)
}

/// The blocks and, if there are sums, one more step for them.
pub(super) fn mix_steps(op: &Op, tile: u32, attention: &Attention) -> u32 {
	visible_blocks(op, tile, attention) + u32::from(op.input(2).is_some())
}

/// The tiles of the weights, then those of the values; in the last step the sums.
pub(super) fn mix_deps(
	op: &Op,
	at: At,
	attention: &Attention,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let side = tiles_along(attention.context);
	let (sequence, t, head, inside) = side_by_side(op, at.tile, attention);
	let row = (sequence * attention.heads + head) * side + t;
	if at.step == visible_blocks(op, at.tile, attention) {
		deps.push(input(op, 2, row)?);
		return Ok(());
	}
	let (first, count) = block(at.step, side);
	for k in first..first + count {
		deps.push(input(op, 0, row * side + k)?);
	}
	let shared = divided(head, attention.group).0;
	let col = shared * tiles_along(attention.head) + inside;
	for k in first..first + count {
		let row = sequence * side + k;
		deps.push(input(op, 1, row * across(attention, false) + col)?);
	}
	Ok(())
}

pub(super) fn mix(
	op: &Op,
	at: At,
	attention: &Attention,
	mut acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	if at.step == visible_blocks(op, at.tile, attention) {
		let [sums] = exactly(tiles)?;
		for (i, row) in acc.rows_mut().iter_mut().enumerate() {
			let inverse = 1.0 / sums.at(i, 0);
			row.iter_mut().for_each(|x| *x *= inverse);
		}
		return Ok(acc);
	}
	let (_, count) = block(at.step, tiles_along(attention.context));
	matmul::multiply(acc, count, (tiles, 1), (false, true))
}

/// The tiles of a, then those of b, of one head.
pub(super) fn dot_deps(
	op: &Op,
	at: At,
	attention: &Attention,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let side = tiles_along(attention.context);
	let (sequence, head, t) = head_row(at.tile, attention);
	let count = tiles_along(attention.head);
	let start = (sequence * side + t) * across(attention, true) + head * count;
	for place in [0, 1] {
		for k in start..start + count {
			deps.push(input(op, place, k)?);
		}
	}
	Ok(())
}

pub(super) fn dot(attention: &Attention, acc: Tile, tiles: &[Tile]) -> Result<Tile, StepError> {
	let count = tiles_along(attention.head) as usize;
	expect_tiles(tiles.len(), 2 * count)?;
	let (a, b) = tiles.split_at_checked(count).ok_or(StepError::Absent)?;
	Ok(a.iter().zip(b).fold(acc, |acc, (a, b)| {
		acc.zip(&a.zip(b, |a, b| a * b), |sum, x| sum + x)
	}))
}

/// Blocks of the positions, for each query head that shares the key and value head.
pub(super) fn back_steps(attention: &Attention) -> u32 {
	attention.group * tiles_along(attention.context).div_ceil(BLOCK_TILES)
}

/// Query head within those that share, first tile of the block and the number of its tiles.
fn back_block(step: u32, attention: &Attention) -> (u32, u32, u32) {
	let side = tiles_along(attention.context);
	let (member, step) = divided(step, side.div_ceil(BLOCK_TILES));
	let (first, count) = block(step, side);
	(member, first, count)
}

/// The tiles of the weights, then those of the rows.
pub(super) fn back_deps(
	op: &Op,
	at: At,
	attention: &Attention,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let side = tiles_along(attention.context);
	let (sequence, j, shared, inside) = side_by_side(op, at.tile, attention);
	let (member, first, count) = back_block(at.step, attention);
	let head = shared * attention.group + member;
	for k in first..first + count {
		let row = (sequence * attention.heads + head) * side + k;
		deps.push(input(op, 0, row * side + j)?);
	}
	let col = head * tiles_along(attention.head) + inside;
	for k in first..first + count {
		let row = sequence * side + k;
		deps.push(input(op, 1, row * across(attention, true) + col)?);
	}
	Ok(())
}

pub(super) fn back(
	at: At,
	attention: &Attention,
	acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (_, _, count) = back_block(at.step, attention);
	matmul::multiply(acc, count, (tiles, 1), (true, true))
}
