//! The referee: judges one fold step of one tile, from what its provider committed.
//!
//! A provider commits the state before a step and the outputs of the step's ops, as a list of roots.
//! If the state after the step is wrong, some op's output is not what the op makes of the provider's
//! own inputs. [`judge`] is shown that one place: it opens the tiles that the fold step reads, takes
//! the step, and compares one tile. All roots in [`Commitments`] have to be the provider's, or agreed.
//!
//! What the provider has at that place is known as a hash only, to which a descent has led
//! ([`Node`](crate::hash::Node)): a tile is one chunk, and the tile that is found is hashed as the
//! chunk at its place. So nobody needs the bytes of what is wrong, and whoever recomputes can show all
//! that is needed: up to the first difference it has the same tiles.
//!
//! - An op whose tile takes one step, or none, is judged at once: [`Part::Whole`].
//! - Of a longer fold the provider commits the accumulators after each step when it is asked, as a
//!   tensor of as many tiles: [`Fold`]. Either one of them does not follow from the one before it,
//!   [`Part::Step`], or the output does not follow from the last one, [`Part::Finish`].
//! - If every op is right and the state after the step is made of other roots than those of its
//!   outputs, [`judge_state`] says so.
//! - Of a place at which training is claimed to end nothing is committed: [`judge_ending`] says whether
//!   there is a tile.
//!
//! Openings are in the provider's own lists, so it cannot be blamed for what others claim; what
//! everybody agrees on, as the data, is given by the caller. Whoever recomputes makes them with
//! `Transcript`, out of its own lists and what it was shown of the provider's, `Shown`.

mod ending;
mod evidence;
mod nodes;
mod reader;
#[cfg(feature = "witness")]
mod shown;
mod state;
#[cfg(feature = "witness")]
mod tensors;
#[cfg(feature = "witness")]
mod witness;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
	hash::{opening::leaf_value, OpeningError, Root},
	ops::{self, At, Env, StepError},
	program::{Op, OpKind, Outline, TensorId, DATA},
	tile::{Tile, BYTES},
};

pub use ending::judge_ending;
#[cfg(feature = "witness")]
pub use ending::{outputs_before, tiles_before};
pub use evidence::{Evidence, Opened, OpenedRoot, OpenedTile, MAX_SIBLINGS};
pub use nodes::{fold_steps, output_node};
use reader::Reader;
#[cfg(feature = "witness")]
pub use shown::Shown;
pub use state::{judge_state, Held};
#[cfg(feature = "witness")]
pub use tensors::Tensors;
#[cfg(feature = "witness")]
pub use witness::{Accumulators, Moments, Transcript, WitnessError};

/// What is committed about one step of training.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Commitments {
	/// The list of the parameters before the step.
	pub params: Root,
	/// The list of the moments before it; [`ZERO_ROOT`](crate::ZERO_ROOT) where all are zero.
	pub moments: Root,
	/// The list of the tensors of the model that adapters belong to; of no account without them.
	pub base: Root,
	/// The data.
	pub data: Root,
	/// Bytes of the data.
	pub data_bytes: u64,
	/// The list of the outputs of all ops, but for the list of the state's roots, in their order.
	pub outputs: Root,
	/// The accumulators of one fold, where the provider was asked for them.
	pub fold: Option<Fold>,
}

/// The accumulators of the fold of one tile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fold {
	/// The op, by its number in the program.
	pub op: u32,
	/// The tile of its output.
	pub tile: u32,
	/// The root of the accumulators after each step, one tile each.
	pub accumulators: Root,
}

/// The place that is judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Question {
	/// The op, by its number in the program.
	pub op: u32,
	/// The tile of its output.
	pub tile: u32,
	/// What of the tile.
	pub part: Part,
}

/// What of an output tile is judged.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Part {
	/// All of it, for folds of at most one step.
	#[codec(index = 0)]
	Whole,
	/// One of several steps: the accumulator after it, from 0.
	#[codec(index = 1)]
	Step(u32),
	/// The end of a fold of several steps: the output, from the last accumulator.
	#[codec(index = 2)]
	Finish,
}

impl Part {
	/// Accumulators that lie before it, in a fold of so many steps.
	pub fn before(self, steps: u32) -> u32 {
		match self {
			Part::Whole => 0,
			Part::Step(step) => step,
			Part::Finish => steps,
		}
	}

	/// Whether a fold of so many steps has it.
	pub fn is_of(self, steps: u32) -> bool {
		match self {
			Part::Whole => steps <= 1,
			Part::Step(step) => steps > 1 && step < steps,
			Part::Finish => steps > 1,
		}
	}
}

/// What the referee finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
	/// The tile is what the op makes of its inputs.
	Right,
	/// It is another one.
	Differs,
	/// There is none: the op ends the step of training here. Whoever has committed one is wrong.
	NoTile(StepError),
}

impl Verdict {
	/// Whether the commitments are proven wrong.
	pub fn is_wrong(&self) -> bool {
		*self != Verdict::Right
	}
}

/// Why nothing can be judged: the fault of whoever asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefereeError {
	/// There is no such op, or it is the list of the state's roots, which [`judge_state`] judges.
	NoSuchOp {
		/// The number asked for.
		op: u32,
		/// Ops that can be asked for.
		count: u32,
	},
	/// The op's output has no such tile.
	NoSuchTile {
		/// The tile asked for.
		tile: u32,
		/// Tiles that there are.
		count: u32,
	},
	/// The fold of the tile has no such step, or is judged as a whole, or is not.
	NoSuchPart {
		/// Steps of the fold.
		steps: u32,
	},
	/// The accumulators of this fold are not committed.
	NotCommitted,
	/// The op cannot be computed: the environment is not the step's.
	Environment(StepError),
	/// The checkpoint has no such parameter.
	NoSuchParam {
		/// The place asked for.
		place: u32,
		/// Parameters that there are.
		count: u32,
	},
	/// A tile is needed that is not given.
	Missing {
		/// The tensor.
		tensor: TensorId,
		/// The tile.
		tile: u32,
	},
	/// More is given than is needed.
	Unused,
	/// An opening opens nothing.
	Opening(OpeningError),
}

impl From<OpeningError> for RefereeError {
	fn from(error: OpeningError) -> Self {
		RefereeError::Opening(error)
	}
}

impl core::fmt::Display for RefereeError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			RefereeError::NoSuchOp { op, count } => {
				write!(
					f,
					"there is no op {op} to judge among {count}: count from 0"
				)
			}
			RefereeError::NoSuchTile { tile, count } => {
				write!(f, "there is no tile {tile} among {count}: count from 0")
			}
			RefereeError::NoSuchPart { steps } => write!(
				f,
				"the fold has {steps} steps: ask for the whole of at most one, for a part of more"
			),
			RefereeError::NotCommitted => {
				write!(
					f,
					"the accumulators of this fold are not committed: ask for them"
				)
			}
			RefereeError::Environment(error) => write!(f, "the op cannot be computed: {error}"),
			RefereeError::NoSuchParam { place, count } => {
				write!(
					f,
					"there is no parameter {place} among {count}: count from 0"
				)
			}
			RefereeError::Missing { tensor, tile } => {
				write!(f, "tile {tile} of tensor {} is missing: open it", tensor.0)
			}
			RefereeError::Unused => write!(f, "tiles are opened that the step does not read"),
			RefereeError::Opening(error) => write!(f, "{error}"),
		}
	}
}

impl core::error::Error for RefereeError {}

/// Judges one place. `env` is the environment of the step; the plan's turns are put into it.
/// `claimed` is what the provider has there: the value of the chunk that the tile is, of the op's
/// output or of the accumulators ([`Node::value`](crate::hash::Node::value)).
///
/// At most [`ops::MAX_DEPS`] tiles are opened beside the accumulator before, one fold step is taken,
/// and one tile is hashed.
///
/// # Errors
/// A place that there is not or whose accumulators are not committed, an environment in which the op
/// cannot be computed, and evidence that does not open what is committed, is too little or too much.
pub fn judge(
	outline: &Outline,
	commitments: &Commitments,
	env: &Env<'_>,
	question: &Question,
	claimed: &Root,
	evidence: &Evidence,
) -> Result<Verdict, RefereeError> {
	let Found {
		bytes,
		chunk,
		tile: found,
	} = find(outline, commitments, env, question, evidence)?;
	match found {
		Ok(found) if leaf_value(bytes, chunk.into(), &found.to_bytes()) == *claimed => {
			Ok(Verdict::Right)
		}
		Ok(_) => Ok(Verdict::Differs),
		Err(error @ (StepError::OutOfRange | StepError::InputOutOfRange | StepError::BadData)) => {
			Ok(Verdict::NoTile(error))
		}
		Err(error) => Err(RefereeError::Environment(error)),
	}
}

/// What is at a place.
struct Found {
	/// Bytes of the tensor that the tile is one of: the op's output or the accumulators.
	bytes: u64,
	/// Its place there.
	chunk: u32,
	/// The tile, or why there is none.
	tile: Result<Tile, StepError>,
}

/// Takes the step that is asked for.
fn find(
	outline: &Outline,
	commitments: &Commitments,
	env: &Env<'_>,
	question: &Question,
	evidence: &Evidence,
) -> Result<Found, RefereeError> {
	let env = &env.with_turns(outline.turns());
	let op = judged_op(outline, question.op)?;
	let tile = question.tile;
	let steps = fold_steps(outline, question.op, tile)?;
	let last = steps.saturating_sub(1);
	let accumulators = || {
		let fold = commitments
			.fold
			.filter(|fold| (fold.op, fold.tile) == (question.op, tile));
		let fold = fold.ok_or(RefereeError::NotCommitted)?;
		Ok::<_, RefereeError>(fold.accumulators)
	};
	let mut reader = Reader::new(outline, commitments, question.op, evidence);
	let whole = (op.layout().bytes(), tile);
	let ((bytes, chunk), found) = match question.part {
		Part::Whole if steps <= 1 => {
			let acc = match steps {
				0 => Ok(ops::start(&op)),
				_ => take(&op, env, At { tile, step: 0 }, ops::start(&op), &mut reader)?,
			};
			let found = acc.and_then(|acc| ops::finish(&op, acc));
			(whole, found)
		}
		Part::Step(step) if steps > 1 && step < steps => {
			let root = accumulators()?;
			let before = match step.checked_sub(1) {
				None => ops::start(&op),
				Some(before) => reader.before(&root, steps, before)?,
			};
			let found = take(&op, env, At { tile, step }, before, &mut reader)?;
			let found = found.and_then(|found| follows(found, step == last));
			((accumulator_bytes(steps), step), found)
		}
		Part::Finish if steps > 1 => {
			let last = reader.before(&accumulators()?, steps, last)?;
			let found = in_order(last).and_then(|last| ops::finish(&op, last));
			(whole, found)
		}
		_ => return Err(RefereeError::NoSuchPart { steps }),
	};
	reader.finish()?;
	Ok(Found {
		bytes,
		chunk,
		tile: found,
	})
}

/// An accumulator after a step, if the fold can go on from it. After the last step it may be out of
/// range, as what finishes it may bring it back; but NaN has no bits that are the same everywhere.
fn follows(found: Tile, is_last: bool) -> Result<Tile, StepError> {
	if is_last {
		in_order(found)
	} else if found.in_range() {
		Ok(found)
	} else {
		Err(StepError::OutOfRange)
	}
}

/// A tile without NaN.
fn in_order(tile: Tile) -> Result<Tile, StepError> {
	if tile.0.iter().any(|x| x.is_nan()) {
		Err(StepError::OutOfRange)
	} else {
		Ok(tile)
	}
}

/// One step of a fold: what it reads is opened, and either there is an accumulator after it or not.
fn take(
	op: &Op,
	env: &Env<'_>,
	at: At,
	acc: Tile,
	reader: &mut Reader<'_>,
) -> Result<Result<Tile, StepError>, RefereeError> {
	let index = match ops::index_deps(op, at) {
		Ok(refs) => reader.tiles(&refs)?,
		Err(error) => return Ok(Err(error)),
	};
	match ops::deps(op, env, at, &index) {
		Ok(refs) => {
			let tiles = reader.tiles(&refs)?;
			Ok(ops::step(op, env, at, acc, &tiles))
		}
		Err(error) => Ok(Err(error)),
	}
}

/// The op with this number, unless it is the list of the state's roots.
fn judged_op(outline: &Outline, op: u32) -> Result<Op, RefereeError> {
	let count = judged_ops(outline);
	let found = outline.op(op).filter(|_| op < count);
	found
		.filter(|found| !matches!(found.kind, OpKind::StateList { .. }))
		.ok_or(RefereeError::NoSuchOp { op, count })
}

/// Ops whose outputs are committed: all but the last, the list of the state's roots.
pub fn judged_ops(outline: &Outline) -> u32 {
	outline.op_count().saturating_sub(1)
}

/// Bytes of the accumulators of a fold of so many steps.
pub fn accumulator_bytes(steps: u32) -> u64 {
	u64::from(steps) * BYTES as u64
}

/// Where the root of a tensor is committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
	Data,
	/// In a list of so many roots, at a place.
	Listed {
		list: List,
		count: u32,
		place: u32,
	},
}

impl Source {
	/// The list, unless it is the data.
	pub(crate) fn list(&self) -> Option<List> {
		match self {
			Source::Data => None,
			Source::Listed { list, .. } => Some(*list),
		}
	}
}

/// A list of roots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum List {
	Params,
	Moments,
	Base,
	Outputs,
}

/// Where the root of a tensor is committed that the op with the number `before` may read.
pub(crate) fn source(outline: &Outline, tensor: TensorId, before: u32) -> Option<Source> {
	if tensor == DATA {
		return Some(Source::Data);
	}
	let (params, frozen) = (outline.param_count(), outline.frozen_count());
	let listed =
		|list, count, place| (place < count).then_some(Source::Listed { list, count, place });
	if let Some(op) = outline.op_of(tensor) {
		// Nothing reads what comes after it.
		return listed(List::Outputs, judged_ops(outline), op).filter(|_| op < before);
	}
	let place = u32::from(tensor.0).checked_sub(1)?;
	match (place.checked_sub(params), place.checked_sub(3 * params)) {
		(None, _) => listed(List::Params, params, place),
		(Some(moment), None) => listed(List::Moments, 2 * params, moment),
		(_, Some(frozen_place)) => listed(List::Base, frozen, frozen_place),
	}
}
