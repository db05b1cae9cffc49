//! The functions that define each op: a fold over tiles.
//!
//! One output tile is `start`, then `step` for every step in order, then `finish`. A step takes at
//! most [`MAX_DEPS`] tiles, which `deps` names; at most [`MAX_INDEX_DEPS`] of them are index tiles
//! whose values choose others. The accumulator is one tile. [`mod@crate::eval`] is the whole fold; a
//! referee runs one step of it.

pub mod adam;
mod batch;
mod dense;
mod embed;
mod env;
mod error;
pub mod matmul;
mod reduce;
pub mod softmax;
mod state;

use alloc::vec::Vec;

use crate::{
	program::{Op, OpKind, TileRef},
	tile::Tile,
};

pub use env::Env;
pub use error::StepError;
pub use state::state_list_tile;

/// Tiles that one step takes, at most, index tiles included.
pub const MAX_DEPS: usize = 33;
/// Index tiles that one step takes, at most.
pub const MAX_INDEX_DEPS: usize = 2;

/// One step of one output tile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct At {
	/// The output tile.
	pub tile: u32,
	/// The step, from 0.
	pub step: u32,
}

/// Steps of every output tile of an op.
pub fn steps(op: &Op) -> u32 {
	match op.kind {
		OpKind::Batch { .. } => batch::STEPS,
		OpKind::MatMul { depth, .. } => matmul::steps(depth),
		OpKind::RowMax { width } | OpKind::RowSumExp { width } => reduce::steps(width),
		OpKind::MeanLoss { rows } | OpKind::ColSum { rows } => reduce::steps(rows),
		OpKind::EmbedGrad { rows, context } => embed::gradient_steps(rows, context),
		OpKind::StateList { .. } => 0,
		_ => 1,
	}
}

/// Tiles of the output of an op.
pub fn tiles(op: &Op) -> u32 {
	op.layout().tiles()
}

/// What the accumulator starts from.
pub fn start(op: &Op) -> Tile {
	match op.kind {
		OpKind::RowMax { .. } => Tile([crate::arith::LOWEST; crate::tile::ELEMENTS]),
		_ => Tile::ZERO,
	}
}

/// The index tiles of a step, at most [`MAX_INDEX_DEPS`].
///
/// # Errors
/// [`StepError::Absent`] for a tile or step that the op does not have.
pub fn index_deps(op: &Op, at: At) -> Result<Vec<TileRef>, StepError> {
	exists(op, at)?;
	match op.kind {
		OpKind::Embed { context, embedding } => embed::index_deps(op, at, context, embedding),
		OpKind::LossRows { target, .. } => softmax::loss_index_deps(op, at, target),
		_ => Ok(Vec::new()),
	}
}

/// All tiles of a step in the order in which [`step`] takes them, index tiles first; at most
/// [`MAX_DEPS`]. `index` are the tiles that [`index_deps`] names.
///
/// # Errors
/// [`StepError::BadData`] if an index tile holds an id that is no byte or if the data is shorter
/// than a row, [`StepError::Absent`] for a tile or step that the op does not have.
pub fn deps(op: &Op, env: &Env, at: At, index: &[Tile]) -> Result<Vec<TileRef>, StepError> {
	let mut deps = index_deps(op, at)?;
	expect_tiles(index.len(), deps.len())?;
	match op.kind {
		OpKind::Batch { context } => batch::deps(op, env, at, context, &mut deps)?,
		OpKind::Embed { context, embedding } => {
			embed::deps(op, at, context, embedding, index, &mut deps)?
		}
		OpKind::MatMul { depth, transpose } => matmul::deps(op, at, depth, transpose, &mut deps)?,
		OpKind::Bias => dense::bias_deps(op, at, &mut deps)?,
		OpKind::Relu | OpKind::ReluGrad | OpKind::AdamM { .. } => same_place(op, at, &mut deps),
		OpKind::AdamV { .. } | OpKind::AdamP { .. } => same_place(op, at, &mut deps),
		OpKind::RowMax { width } => reduce::row_deps(op, at, width, &mut deps)?,
		OpKind::RowSumExp { width } => reduce::row_sum_exp_deps(op, at, width, &mut deps)?,
		OpKind::LossRows { width, target } => {
			softmax::loss_deps(op, at, (width, target), index, &mut deps)?
		}
		OpKind::LogitGrad { target } => softmax::gradient_deps(op, at, target, &mut deps)?,
		OpKind::MeanLoss { rows } | OpKind::ColSum { rows } => {
			reduce::column_deps(op, at, rows, &mut deps)?
		}
		OpKind::Pack => reduce::pack_deps(op, at, &mut deps)?,
		OpKind::EmbedGrad { context, .. } => embed::gradient_deps(op, at, context, &mut deps)?,
		OpKind::StateList { .. } => return Err(StepError::TakesRoots),
	}
	Ok(deps)
}

/// One step: the accumulator after it. `tiles` are the ones that [`deps`] names, in its order.
///
/// # Errors
/// [`StepError::InputOutOfRange`] if the accumulator or a tile breaks the range rule,
/// [`StepError::WrongTiles`] if their number is wrong, and what [`deps`] refuses.
pub fn step(op: &Op, env: &Env, at: At, acc: Tile, tiles: &[Tile]) -> Result<Tile, StepError> {
	exists(op, at)?;
	let raw = matches!(op.kind, OpKind::Batch { .. });
	// An accumulator of maxima starts just below the range.
	let fresh = at.step == 0 && acc == start(op);
	if !fresh && !acc.in_range() || !raw && !tiles.iter().all(Tile::in_range) {
		return Err(StepError::InputOutOfRange);
	}
	match op.kind {
		OpKind::Batch { context } => batch::step(op, env, at, context, acc, tiles),
		OpKind::Embed { context, embedding } => embed::step(at, context, embedding, tiles),
		OpKind::MatMul { depth, transpose } => matmul::step(at, depth, transpose, acc, tiles),
		OpKind::Bias => dense::bias(op, at, tiles),
		OpKind::Relu => dense::relu_tile(tiles),
		OpKind::ReluGrad => dense::relu_grad_tile(tiles),
		OpKind::RowMax { width } => reduce::row_max(at, width, acc, tiles),
		OpKind::RowSumExp { width } => reduce::row_sum_exp(at, width, acc, tiles),
		OpKind::LossRows { target, .. } => softmax::loss_step(target, tiles),
		OpKind::MeanLoss { rows } | OpKind::ColSum { rows } => {
			reduce::column_sum(at, rows, acc, tiles)
		}
		OpKind::LogitGrad { target } => softmax::gradient_step(op, at, target, tiles),
		OpKind::Pack => reduce::pack(op, at, tiles),
		OpKind::EmbedGrad { context, .. } => embed::gradient_step(op, at, context, acc, tiles),
		OpKind::AdamM { rates, .. } => adam::m_tile(&rates, env, tiles),
		OpKind::AdamV { rates, .. } => adam::v_tile(&rates, env, tiles),
		OpKind::AdamP { rates, vector } => adam::p_tile(&rates, !vector, env, tiles),
		OpKind::StateList { .. } => Err(StepError::TakesRoots),
	}
}

/// The output tile, from the accumulator after the last step.
///
/// # Errors
/// [`StepError::OutOfRange`] if an element breaks the range rule.
pub fn finish(op: &Op, acc: Tile) -> Result<Tile, StepError> {
	let tile = match op.kind {
		OpKind::RowMax { .. } => reduce::finish_rows(&acc, crate::arith::max_lanes),
		OpKind::RowSumExp { .. } => reduce::finish_rows(&acc, crate::arith::sum_lanes),
		OpKind::ColSum { .. } => reduce::finish_columns(&acc),
		OpKind::MeanLoss { rows } => reduce::finish_mean(&acc, rows),
		OpKind::StateList { .. } => return Err(StepError::TakesRoots),
		_ => acc,
	};
	if tile.in_range() {
		Ok(tile)
	} else {
		Err(StepError::OutOfRange)
	}
}

/// The same tile of every input.
fn same_place(op: &Op, at: At, deps: &mut Vec<TileRef>) {
	let tile = at.tile;
	deps.extend(op.inputs.iter().flatten().map(|tensor| TileRef {
		tensor: *tensor,
		tile,
	}));
}

fn exists(op: &Op, at: At) -> Result<(), StepError> {
	if matches!(op.kind, OpKind::StateList { .. }) {
		return Err(StepError::TakesRoots);
	}
	if at.tile < tiles(op) && at.step < steps(op) {
		Ok(())
	} else {
		Err(StepError::Absent)
	}
}

fn expect_tiles(given: usize, expected: usize) -> Result<(), StepError> {
	if given == expected {
		Ok(())
	} else {
		Err(StepError::WrongTiles {
			given: given as u32,
			expected: expected as u32,
		})
	}
}

/// Exactly `N` tiles.
fn exactly<const N: usize>(tiles: &[Tile]) -> Result<&[Tile; N], StepError> {
	tiles.try_into().map_err(|_| StepError::WrongTiles {
		given: tiles.len() as u32,
		expected: N as u32,
	})
}

/// A tile of the input at place `i`.
fn input(op: &Op, i: usize, tile: u32) -> Result<TileRef, StepError> {
	op.input(i)
		.map(|tensor| TileRef { tensor, tile })
		.ok_or(StepError::Absent)
}

/// Row and column of a tile in a matrix that has `cols` columns.
fn place(tile: u32, cols: u32) -> (u32, u32) {
	let across = crate::program::tiles_along(cols);
	(
		tile.checked_div(across).unwrap_or(0),
		tile.checked_rem(across).unwrap_or(0),
	)
}

/// Checks the byte in an element of an ids tile.
fn id_of(element: f32) -> Result<u8, StepError> {
	let id = element as u8;
	if f32::from(id).to_bits() == element.to_bits() {
		Ok(id)
	} else {
		Err(StepError::BadData)
	}
}
