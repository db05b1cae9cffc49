//! Bias, ReLU and its gradient.

use alloc::vec::Vec;

use super::{exactly, input, place, At, StepError};
use crate::{
	program::{Op, TileRef},
	tile::{Tile, SIDE},
};

/// `x > 0 ? x : +0.0`.
#[inline(always)]
pub(crate) fn relu(x: f32) -> f32 {
	if x > 0.0 {
		x
	} else {
		0.0
	}
}

/// `a > 0 ? g : +0.0`, where a is the output of the ReLU.
#[inline(always)]
pub(crate) fn relu_grad(a: f32, g: f32) -> f32 {
	if a > 0.0 {
		g
	} else {
		0.0
	}
}

/// The tile of x, then the packed tile of b that covers its columns.
pub(super) fn bias_deps(op: &Op, at: At, deps: &mut Vec<TileRef>) -> Result<(), StepError> {
	let [_, cols] = op.shape;
	let (_, col) = place(at.tile, cols);
	deps.push(input(op, 0, at.tile)?);
	deps.push(input(op, 1, col / SIDE as u32)?);
	Ok(())
}

pub(super) fn bias(op: &Op, at: At, tiles: &[Tile]) -> Result<Tile, StepError> {
	let [x, b] = exactly(tiles)?;
	let [_, cols] = op.shape;
	let (_, col) = place(at.tile, cols);
	let b = b.row(col as usize);
	let mut out = *x;
	for row in out.rows_mut() {
		for (x, b) in row.iter_mut().zip(b) {
			*x += b;
		}
	}
	Ok(out)
}

pub(super) fn relu_tile(tiles: &[Tile]) -> Result<Tile, StepError> {
	let [x] = exactly(tiles)?;
	Ok(x.map(relu))
}

pub(super) fn relu_grad_tile(tiles: &[Tile]) -> Result<Tile, StepError> {
	let [a, g] = exactly(tiles)?;
	Ok(a.zip(g, relu_grad))
}
