//! The functions that define each op: a fold over tiles.
//!
//! One output tile is `start`, then `step` for every step in order, then `finish`. A step takes at
//! most [`MAX_DEPS`] tiles, which `deps` names; at most [`MAX_INDEX_DEPS`] of them are index tiles
//! whose values choose others. The accumulator is one tile. [`mod@crate::eval`] is the whole fold; a
//! referee runs one step of it.

mod activation;
pub mod adam;
mod attention;
mod batch;
pub mod clip;
mod dense;
mod embed;
mod env;
mod error;
pub mod matmul;
pub mod norm;
mod reduce;
pub mod rotate;
pub mod softmax;
mod state;
mod tokens;

use alloc::vec::Vec;

use crate::{
	program::{Op, OpKind, TileRef},
	tile::{Tile, SIDE},
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

/// Steps of an output tile of an op. None for tiles of attention that are masked whole.
pub fn steps(op: &Op, tile: u32) -> u32 {
	match &op.kind {
		OpKind::Batch { .. } => batch::STEPS,
		OpKind::Features { .. } | OpKind::Labels { .. } => SIDE as u32,
		OpKind::MatMul { depth, .. } => matmul::steps(*depth),
		OpKind::RowMax { width } | OpKind::RowSumExp { width } => reduce::steps(*width),
		OpKind::RowMean { width } | OpKind::RowSum { width } => reduce::steps(*width),
		OpKind::InverseDeviation { width, .. } => reduce::steps(*width),
		OpKind::NormShift { width } => reduce::steps(*width),
		OpKind::NormSlope { width } => norm::half_steps(*width),
		OpKind::GainGrad { rows } => norm::half_steps(*rows),
		OpKind::MeanLoss { rows } | OpKind::ColSum { rows } => reduce::steps(*rows),
		OpKind::TableGrad { rows } => reduce::steps(*rows),
		OpKind::EmbedGrad { rows, context } => embed::gradient_steps(*rows, *context),
		OpKind::PositionGrad { batch, .. } => tokens::position_steps(*batch),
		OpKind::Scores { attention, .. } => attention::score_steps(tile, attention),
		OpKind::CausalMax { context } => attention::max_steps(tile, *context),
		OpKind::CausalExp { context }
		| OpKind::Probability { context }
		| OpKind::ScoreGrad { context, .. } => attention::visible_steps(tile, *context),
		OpKind::Mix { attention } => attention::mix_steps(op, tile, attention),
		OpKind::MixBack { attention } => attention::back_steps(attention),
		OpKind::TileSum { tiles, .. } => clip::sum_steps(tile, *tiles),
		OpKind::ClipFactor { count, .. } => clip::factor_steps(*count),
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
		OpKind::RowMax { .. } | OpKind::CausalMax { .. } => {
			Tile([crate::arith::LOWEST; crate::tile::ELEMENTS])
		}
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
		OpKind::EmbedTokens { .. } => tokens::embed_index_deps(op, at),
		OpKind::LossRows { target, .. } => softmax::loss_index_deps(op, at, target),
		_ => Ok(Vec::new()),
	}
}

/// All tiles of a step in the order in which [`step`] takes them, index tiles first; at most
/// [`MAX_DEPS`]. `index` are the tiles that [`index_deps`] names.
///
/// # Errors
/// [`StepError::BadData`] if an index tile holds what is no id or if the data is shorter than an
/// example, [`StepError::Absent`] for a tile or step that the op does not have.
pub fn deps(op: &Op, env: &Env<'_>, at: At, index: &[Tile]) -> Result<Vec<TileRef>, StepError> {
	let mut deps = index_deps(op, at)?;
	expect_tiles(index.len(), deps.len())?;
	let refs = &mut deps;
	match &op.kind {
		OpKind::Batch { context } => batch::deps(op, env, at, *context, refs)?,
		OpKind::Features { inputs } => tokens::record_deps(op, env, at, (*inputs, false), refs)?,
		OpKind::Labels { inputs, .. } => tokens::record_deps(op, env, at, (*inputs, true), refs)?,
		OpKind::Tokens { context, bytes, .. } => {
			tokens::deps(op, env, at, (*context, *bytes), refs)?
		}
		OpKind::Embed { context, embedding } => {
			embed::deps(op, at, *context, *embedding, index, refs)?
		}
		OpKind::EmbedTokens {
			context,
			vocabulary,
		} => tokens::embed_deps(op, at, (*context, *vocabulary), index, refs)?,
		OpKind::MatMul {
			depth, transpose, ..
		} => matmul::deps(op, at, *depth, *transpose, refs)?,
		OpKind::Bias => dense::bias_deps(op, at, refs)?,
		OpKind::RowMax { width } | OpKind::RowMean { width } | OpKind::RowSum { width } => {
			reduce::row_deps(op, at, *width, refs)?
		}
		OpKind::RowSumExp { width } => reduce::row_sum_exp_deps(op, at, *width, refs)?,
		OpKind::InverseDeviation { width, .. } => norm::deviation_deps(op, at, *width, refs)?,
		OpKind::Normalise => norm::normalise_deps(op, at, refs)?,
		OpKind::NormShift { width } => norm::shift_deps(op, at, *width, refs)?,
		OpKind::NormSlope { width } => norm::slope_deps(op, at, *width, refs)?,
		OpKind::NormGrad => norm::grad_deps(op, at, refs)?,
		OpKind::GainGrad { rows } => norm::gain_deps(op, at, *rows, refs)?,
		OpKind::Rotate { head, .. } => rotate::deps(op, at, *head, refs)?,
		OpKind::Scores { attention, .. } => attention::score_deps(op, at, attention, refs)?,
		OpKind::CausalMax { context } => attention::max_deps(op, at, *context, refs)?,
		OpKind::CausalExp { context } | OpKind::Probability { context } => {
			attention::with_stat_deps(op, at, *context, refs)?
		}
		OpKind::ScoreGrad { context, .. } => attention::score_grad_deps(op, at, *context, refs)?,
		OpKind::Mix { attention } => attention::mix_deps(op, at, attention, refs)?,
		OpKind::MixBack { attention } => attention::back_deps(op, at, attention, refs)?,
		OpKind::HeadDot { attention } => attention::dot_deps(op, at, attention, refs)?,
		OpKind::LossRows { width, target } => {
			softmax::loss_deps(op, at, (*width, *target), index, refs)?
		}
		OpKind::LogitGrad { target, .. } => softmax::gradient_deps(op, at, *target, refs)?,
		OpKind::MeanLoss { rows } | OpKind::ColSum { rows } => {
			reduce::column_deps(op, at, *rows, refs)?
		}
		OpKind::Pack => reduce::pack_deps(op, at, refs)?,
		OpKind::EmbedGrad { context, .. } => embed::gradient_deps(op, at, *context, refs)?,
		OpKind::TableGrad { rows } => tokens::table_deps(op, at, *rows, refs)?,
		OpKind::PositionGrad { context, batch } => {
			tokens::position_deps(op, at, (*context, *batch), refs)?
		}
		OpKind::TileSum { tiles, .. } => clip::sum_deps(op, at, *tiles, refs)?,
		OpKind::ClipFactor { count, stride, .. } => {
			clip::factor_deps(op, at, (*count, *stride), refs)?
		}
		OpKind::Relu
		| OpKind::ReluGrad
		| OpKind::Gelu
		| OpKind::GeluGrad
		| OpKind::SwiGlu
		| OpKind::SwiGluGateGrad
		| OpKind::SwiGluUpGrad
		| OpKind::Scale { .. }
		| OpKind::AdamP { .. } => same_place(op, at, refs),
		OpKind::AdamM { .. } | OpKind::AdamV { .. } => {
			refs.push(input(op, 0, at.tile)?);
			refs.push(input(op, 1, at.tile)?);
			if op.input(2).is_some() {
				refs.push(input(op, 2, 0)?);
			}
		}
		OpKind::StateList { .. } => return Err(StepError::TakesRoots),
	}
	Ok(deps)
}

/// One step: the accumulator after it. `tiles` are the ones that [`deps`] names, in its order.
///
/// # Errors
/// [`StepError::OutOfRange`] if the accumulator breaks the range rule, which sums may do on their way,
/// [`StepError::InputOutOfRange`] if a tile does,
/// [`StepError::WrongTiles`] if their number is wrong, and what [`deps`] refuses.
pub fn step(op: &Op, env: &Env<'_>, at: At, acc: Tile, tiles: &[Tile]) -> Result<Tile, StepError> {
	exists(op, at)?;
	let raw = reads_data(op);
	// An accumulator of maxima starts just below the range.
	let fresh = at.step == 0 && acc == start(op);
	if !fresh && !acc.in_range() {
		return Err(StepError::OutOfRange);
	}
	if !raw && !tiles.iter().all(Tile::in_range) {
		return Err(StepError::InputOutOfRange);
	}
	match &op.kind {
		// What they compute depends on the number of their inputs.
		OpKind::AdamM { .. } | OpKind::AdamV { .. } | OpKind::Normalise => {
			expect_tiles(tiles.len(), op.input_count())?
		}
		_ => {}
	}
	match &op.kind {
		OpKind::Batch { context } => batch::step(op, env, at, *context, acc, tiles),
		OpKind::Features { inputs } => {
			tokens::record_step(op, env, at, (*inputs, None), acc, tiles)
		}
		OpKind::Labels { inputs, classes } => {
			tokens::record_step(op, env, at, (*inputs, Some(*classes)), acc, tiles)
		}
		OpKind::Tokens {
			context,
			bytes,
			vocabulary,
		} => tokens::step(env, at, (*context, *bytes, *vocabulary), tiles),
		OpKind::Embed { context, embedding } => embed::step(at, *context, *embedding, tiles),
		OpKind::EmbedTokens { vocabulary, .. } => tokens::embed_step(op, *vocabulary, tiles),
		OpKind::MatMul {
			depth,
			transpose,
			terms,
		} => matmul::step(op, at, (*depth, *transpose, *terms), acc, tiles),
		OpKind::Bias => dense::bias(op, at, tiles),
		OpKind::Relu => dense::relu_tile(tiles),
		OpKind::ReluGrad => dense::relu_grad_tile(tiles),
		OpKind::RowMax { width } => reduce::row_max(at, *width, acc, tiles),
		OpKind::RowMean { width } | OpKind::RowSum { width } => {
			reduce::row_sum(at, *width, acc, tiles)
		}
		OpKind::RowSumExp { width } => reduce::row_sum_exp(at, *width, acc, tiles),
		OpKind::InverseDeviation { width, .. } => norm::deviation(op, at, *width, acc, tiles),
		OpKind::Normalise => norm::normalise(op, at, tiles),
		OpKind::NormShift { width } => norm::shift(at, *width, acc, tiles),
		OpKind::NormSlope { width } => norm::slope(op, at, *width, acc, tiles),
		OpKind::NormGrad => norm::grad(op, at, tiles),
		OpKind::GainGrad { rows } => norm::gain(op, at, *rows, acc, tiles),
		OpKind::Rotate {
			context,
			head,
			inverse,
		} => rotate::step(op, env, at, (*context, *head, *inverse), tiles),
		OpKind::Scores { attention, .. } => attention::scores(at, attention, acc, tiles),
		OpKind::CausalMax { context } => attention::max(at, *context, acc, tiles),
		OpKind::CausalExp { context } => attention::exponentials(at, *context, tiles),
		OpKind::Probability { context } => attention::probability(at, *context, tiles),
		OpKind::ScoreGrad { context, factor } => {
			attention::score_grad(at, (*context, *factor), tiles)
		}
		OpKind::Mix { attention } => attention::mix(op, at, attention, acc, tiles),
		OpKind::MixBack { attention } => attention::back(at, attention, acc, tiles),
		OpKind::HeadDot { attention } => attention::dot(attention, acc, tiles),
		OpKind::LossRows { width, target } => softmax::loss_step((*width, *target), tiles),
		OpKind::MeanLoss { rows } | OpKind::ColSum { rows } => {
			reduce::column_sum(at, *rows, acc, tiles)
		}
		OpKind::LogitGrad { target, scale } => {
			softmax::gradient_step(op, at, (*target, *scale), tiles)
		}
		OpKind::Pack => reduce::pack(op, at, tiles),
		OpKind::EmbedGrad { context, .. } => embed::gradient_step(op, at, *context, acc, tiles),
		OpKind::TableGrad { rows } => tokens::table_step(op, at, *rows, acc, tiles),
		OpKind::PositionGrad { batch, .. } => tokens::position_step(at, *batch, acc, tiles),
		OpKind::Gelu => activation::gelu_tile(tiles),
		OpKind::GeluGrad => activation::gelu_grad_tile(tiles),
		OpKind::SwiGlu => activation::swiglu_tile(tiles),
		OpKind::SwiGluGateGrad => activation::gate_grad_tile(tiles),
		OpKind::SwiGluUpGrad => activation::up_grad_tile(tiles),
		OpKind::Scale { factor } => activation::scale_tile(*factor, tiles),
		OpKind::TileSum {
			tiles: count,
			square,
		} => clip::sum(at, (*count, *square), acc, tiles),
		OpKind::ClipFactor { count, .. } => clip::factor_step(at, *count, acc, tiles),
		OpKind::AdamM { rates, .. } => adam::m_tile(rates, env, tiles),
		OpKind::AdamV { rates, .. } => adam::v_tile(rates, env, tiles),
		OpKind::AdamP { rates, vector } => adam::p_tile(rates, !vector, env, tiles),
		OpKind::StateList { .. } => Err(StepError::TakesRoots),
	}
}

/// Whether the input is the data, which are bytes and not floats.
fn reads_data(op: &Op) -> bool {
	matches!(
		op.kind,
		OpKind::Batch { .. }
			| OpKind::Features { .. }
			| OpKind::Labels { .. }
			| OpKind::Tokens { .. }
	)
}

/// The output tile, from the accumulator after the last step.
///
/// # Errors
/// [`StepError::OutOfRange`] if an element breaks the range rule.
pub fn finish(op: &Op, acc: Tile) -> Result<Tile, StepError> {
	let tile = match op.kind {
		OpKind::RowMax { .. } | OpKind::CausalMax { .. } => {
			reduce::finish_rows(&acc, crate::arith::max_lanes)
		}
		OpKind::RowSumExp { .. } | OpKind::RowSum { .. } | OpKind::HeadDot { .. } => {
			reduce::finish_rows(&acc, crate::arith::sum_lanes)
		}
		OpKind::RowMean { width } | OpKind::NormShift { width } | OpKind::NormSlope { width } => {
			reduce::finish_row_mean(&acc, width)
		}
		OpKind::InverseDeviation { width, epsilon } => norm::finish_deviation(&acc, width, epsilon),
		OpKind::ColSum { .. } | OpKind::GainGrad { .. } => reduce::finish_columns(&acc),
		OpKind::MeanLoss { rows } => reduce::finish_mean(&acc, rows),
		OpKind::Scores { factor, .. } => acc.map(|x| x * factor),
		OpKind::ClipFactor { clip, .. } => clip::finish_factor(&acc, clip),
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
	if at.tile < tiles(op) && at.step < steps(op, at.tile) {
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

/// What the first step of a sum starts from, and the tiles without it: the last one, if the op has
/// such an input at place 2.
fn with_base<'a>(
	op: &Op,
	at: At,
	acc: Tile,
	tiles: &'a [Tile],
) -> Result<(Tile, &'a [Tile]), StepError> {
	if at.step > 0 || op.input(2).is_none() {
		return Ok((acc, tiles));
	}
	let (base, rest) = tiles.split_last().ok_or(StepError::Absent)?;
	Ok((*base, rest))
}

/// Names that tile.
fn base_dep(op: &Op, at: At, deps: &mut Vec<TileRef>) -> Result<(), StepError> {
	if at.step == 0 && op.input(2).is_some() {
		deps.push(input(op, 2, at.tile)?);
	}
	Ok(())
}

/// The id in an element of an ids tile, which must be below `bound`.
fn id_of(element: f32, bound: u32) -> Result<u32, StepError> {
	let id = element as u32;
	if id < bound && (id as f32).to_bits() == element.to_bits() {
		Ok(id)
	} else {
		Err(StepError::BadData)
	}
}
