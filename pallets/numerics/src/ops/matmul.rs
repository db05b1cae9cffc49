//! Products of matrices: the contraction of [`crate::arith`].

use alloc::vec::Vec;

use super::{base_dep, expect_tiles, input, place, with_base, At, StepError};
use crate::{
	arith::{self, BLOCK},
	program::{tiles_along, Op, TileRef, Transpose},
	tile::{Tile, SIDE},
};

/// Tiles along one block of the contracted axis.
const BLOCK_TILES: u32 = (BLOCK / SIDE) as u32;

/// One step for each block.
pub(super) fn steps(depth: u32) -> u32 {
	depth.div_ceil(BLOCK as u32)
}

/// First tile of a block along the contracted axis, and the number of tiles.
fn block(step: u32, depth: u32) -> (u32, u32) {
	let first = step * BLOCK_TILES;
	(
		first,
		tiles_along(depth).saturating_sub(first).min(BLOCK_TILES),
	)
}

/// The tiles of A, then the tiles of B, each in ascending order along the contracted axis; in the
/// first step then the tile that C starts from, if there is one.
pub(super) fn deps(
	op: &Op,
	at: At,
	depth: u32,
	transpose: Transpose,
	deps: &mut Vec<TileRef>,
) -> Result<(), StepError> {
	let [rows, cols] = op.shape;
	let (row, col) = place(at.tile, cols);
	let (first, count) = block(at.step, depth);
	let (down, along, across) = (tiles_along(rows), tiles_along(depth), tiles_along(cols));
	for k in first..first + count {
		let tile = if transpose == Transpose::Left {
			k * down + row
		} else {
			row * along + k
		};
		deps.push(input(op, 0, tile)?);
	}
	for k in first..first + count {
		let tile = if transpose == Transpose::Right {
			col * along + k
		} else {
			k * across + col
		};
		deps.push(input(op, 1, tile)?);
	}
	base_dep(op, at, deps)
}

pub(super) fn step(
	op: &Op,
	at: At,
	(depth, transpose, terms): (u32, Transpose, u32),
	acc: Tile,
	tiles: &[Tile],
) -> Result<Tile, StepError> {
	let (acc, tiles) = with_base(op, at, acc, tiles)?;
	let (_, count) = block(at.step, depth);
	let (left, right) = (transpose == Transpose::Left, transpose != Transpose::Right);
	multiply(acc, count, (tiles, terms), (left, right))
}

/// Adds the product of one block: `count` tiles of A, then as many of B, whose vectors are their
/// columns or not.
pub(super) fn multiply(
	acc: Tile,
	count: u32,
	(tiles, terms): (&[Tile], u32),
	(a_columns, b_columns): (bool, bool),
) -> Result<Tile, StepError> {
	expect_tiles(tiles.len(), 2 * count as usize)?;
	let (a, b) = tiles
		.split_at_checked(count as usize)
		.ok_or(StepError::Absent)?;
	let b = Operand::new(b, b_columns);
	let (first, rest) = Operand::with_rest(a, a_columns);
	let acc = contract(acc, &first, &b);
	Ok(if terms == 2 {
		contract(acc, &rest, &b)
	} else {
		acc
	})
}

/// One block of 16 rows of A, or of 16 columns of B, quantised.
#[derive(Clone, Debug)]
pub struct Operand {
	vectors: [Quantised; SIDE],
}

/// One row or column of a block.
#[derive(Clone, Copy, Debug)]
struct Quantised {
	exponent: i32,
	elements: [i32; BLOCK],
}

impl Operand {
	/// From at most 8 tiles along the contracted axis. The vectors are the tiles' rows, or their
	/// columns if `columns`. Further tiles are ignored, absent ones count as zeros.
	pub fn new(tiles: &[Tile], columns: bool) -> Self {
		let blocks = gather(tiles, columns);
		Operand::of(&blocks)
	}

	/// The same, and the operand of what quantising leaves: `x - q * 2^(e-12)`, which is exact.
	pub fn with_rest(tiles: &[Tile], columns: bool) -> (Self, Self) {
		let mut blocks = gather(tiles, columns);
		let first = Operand::of(&blocks);
		for (block, vector) in blocks.iter_mut().zip(&first.vectors) {
			let unit = arith::power_of_two(vector.exponent - 12);
			for (x, q) in block.iter_mut().zip(vector.elements) {
				*x -= q as f32 * unit;
			}
		}
		let rest = Operand::of(&blocks);
		(first, rest)
	}

	fn of(blocks: &[[f32; BLOCK]; SIDE]) -> Self {
		Operand {
			vectors: blocks.map(|block| {
				let exponent = arith::block_exponent(&block);
				Quantised {
					exponent,
					elements: block.map(|x| arith::quantise(x, exponent)),
				}
			}),
		}
	}
}

/// The vectors of a block.
fn gather(tiles: &[Tile], columns: bool) -> [[f32; BLOCK]; SIDE] {
	let mut blocks = [[0.0_f32; BLOCK]; SIDE];
	for (t, tile) in tiles.iter().enumerate() {
		let tile = if columns { tile.transposed() } else { *tile };
		for (block, row) in blocks.iter_mut().zip(tile.rows()) {
			for (to, from) in block.iter_mut().skip(t * SIDE).zip(row) {
				*to = *from;
			}
		}
	}
	blocks
}

/// Adds the contribution of one block to a tile of the product.
pub fn contract(mut acc: Tile, a: &Operand, b: &Operand) -> Tile {
	for (row, a) in acc.rows_mut().iter_mut().zip(&a.vectors) {
		for (element, b) in row.iter_mut().zip(&b.vectors) {
			let mut sum = 0_i32;
			for (x, y) in a.elements.iter().zip(&b.elements) {
				sum = sum.wrapping_add(x * y);
			}
			let scale = arith::block_scale(a.exponent, b.exponent);
			*element += arith::block_product(sum, scale);
		}
	}
	acc
}

#[cfg(test)]
mod tests;
