//! Activations of feed-forward layers, place by place.

use super::{exactly, StepError};
use crate::{
	functions::{gelu, gelu_grad, silu, silu_grad},
	tile::Tile,
};

pub(super) fn gelu_tile(tiles: &[Tile]) -> Result<Tile, StepError> {
	let [x] = exactly(tiles)?;
	Ok(x.map(gelu))
}

pub(super) fn gelu_grad_tile(tiles: &[Tile]) -> Result<Tile, StepError> {
	let [x, dy] = exactly(tiles)?;
	Ok(x.zip(dy, |x, dy| gelu_grad(x) * dy))
}

pub(super) fn swiglu_tile(tiles: &[Tile]) -> Result<Tile, StepError> {
	let [x, u] = exactly(tiles)?;
	Ok(x.zip(u, |x, u| silu(x) * u))
}

pub(super) fn gate_grad_tile(tiles: &[Tile]) -> Result<Tile, StepError> {
	let [x, u, dy] = exactly(tiles)?;
	let up = dy.zip(u, |dy, u| dy * u);
	Ok(up.zip(x, |up, x| up * silu_grad(x)))
}

pub(super) fn up_grad_tile(tiles: &[Tile]) -> Result<Tile, StepError> {
	let [x, dy] = exactly(tiles)?;
	Ok(x.zip(dy, |x, dy| dy * silu(x)))
}

pub(super) fn scale_tile(factor: f32, tiles: &[Tile]) -> Result<Tile, StepError> {
	let [x] = exactly(tiles)?;
	Ok(x.map(|x| x * factor))
}
