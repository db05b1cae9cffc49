//! Making commitments and evidence: for workers, never for the runtime.

use alloc::{borrow::Cow, vec::Vec};

use bounded_collections::{BoundedVec, Get};

use super::{
	judged_op, judged_ops, source, Commitments, Evidence, List, Opened, OpenedRoot, Part, Question,
	RefereeError, Source,
};
use crate::{
	hash::{list_root, opening::ROOTS, tensor_root, Root, Tree, ZERO_ROOT},
	ops::{self, At, Env, StepError},
	program::{Op, Outline, TensorId, TileRef, DATA},
	tile::{Tile, BYTES},
	Memory,
};

/// Where a witness finds the tensors of a step.
pub trait Tensors {
	/// The canonical bytes of a tensor, if it is there. Nothing is asked of the data.
	fn bytes(&self, tensor: TensorId) -> Option<Cow<'_, [u8]>>;
}

impl Tensors for Memory {
	fn bytes(&self, tensor: TensorId) -> Option<Cow<'_, [u8]>> {
		let tiles = self.tiles(tensor);
		let bytes: Vec<_> = tiles.iter().map(Tile::to_bytes).collect();
		(!tiles.is_empty()).then(|| Cow::Owned(bytes.as_flattened().to_vec()))
	}
}

/// Why there is nothing to show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WitnessError {
	/// The tensor is not there.
	NoTensor(TensorId),
	/// There is no such place, as the referee would say.
	Question(RefereeError),
	/// The fold ends the step of training before the place asked for.
	Ended(StepError),
	/// More than evidence has room for.
	TooMuch,
}

impl From<RefereeError> for WitnessError {
	fn from(error: RefereeError) -> Self {
		WitnessError::Question(error)
	}
}

impl core::fmt::Display for WitnessError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			WitnessError::NoTensor(tensor) => write!(f, "tensor {} is not there", tensor.0),
			WitnessError::Question(error) => write!(f, "{error}"),
			WitnessError::Ended(error) => write!(f, "the step ends before: {error}"),
			WitnessError::TooMuch => write!(f, "the step reads more than evidence has room for"),
		}
	}
}

impl core::error::Error for WitnessError {}

/// The moments before a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moments {
	/// Of the first step of a task: all zero and not materialised, whatever is in memory.
	Zero,
	/// Of any other step.
	Held,
}

/// One step of training as its provider has it, with all tensors.
#[derive(Debug)]
pub struct Transcript<'a, T> {
	outline: &'a Outline,
	tensors: &'a T,
	data: &'a [u8],
	params: Vec<Root>,
	/// None of moments that are all zero.
	moments: Vec<Root>,
	base: Vec<Root>,
	outputs: Vec<Root>,
}

impl<'a, T: Tensors> Transcript<'a, T> {
	/// Hashes every tensor of a step.
	///
	/// # Errors
	/// [`WitnessError::NoTensor`].
	pub fn new(
		outline: &'a Outline,
		tensors: &'a T,
		data: &'a [u8],
		moments: Moments,
	) -> Result<Self, WitnessError> {
		let root = |id: TensorId| {
			let bytes = tensors.bytes(id).ok_or(WitnessError::NoTensor(id))?;
			Ok(tensor_root(&bytes))
		};
		let roots = |count: u32, id: &dyn Fn(u32) -> TensorId| -> Result<Vec<Root>, WitnessError> {
			(0..count).map(|place| root(id(place))).collect()
		};
		let count = outline.param_count();
		let moment = |place: u32| outline.moment(place % count, place >= count);
		let moments = match moments {
			Moments::Held => roots(2 * count, &moment)?,
			Moments::Zero => Vec::new(),
		};
		Ok(Transcript {
			outline,
			tensors,
			data,
			params: roots(count, &|place| outline.param(place))?,
			moments,
			base: roots(outline.frozen_count(), &|place| outline.frozen(place))?,
			outputs: roots(judged_ops(outline), &|op| outline.output(op))?,
		})
	}

	/// What is committed.
	pub fn commitments(&self) -> Commitments {
		Commitments {
			params: list_root(&self.params),
			moments: match self.moments.as_slice() {
				[] => ZERO_ROOT,
				moments => list_root(moments),
			},
			base: list_root(&self.base),
			data: tensor_root(self.data),
			data_bytes: self.data.len() as u64,
			outputs: list_root(&self.outputs),
			fold: None,
		}
	}

	/// The root of an op's output.
	pub fn output(&self, op: u32) -> Option<Root> {
		self.outputs.get(op as usize).copied()
	}

	/// The accumulators of an output tile after each step of its fold, as the provider has its inputs.
	///
	/// # Errors
	/// A place that there is not, and [`WitnessError::Ended`] if the fold comes to no end.
	pub fn accumulators(
		&self,
		env: &Env<'_>,
		(op, tile): (u32, u32),
	) -> Result<Vec<Tile>, WitnessError> {
		let op = judged_op(self.outline, op)?;
		let mut acc = ops::start(&op);
		let steps = 0..ops::steps(&op, tile);
		let after = steps.map(|step| {
			let at = At { tile, step };
			let refs = self.refs(&op, env, at)?;
			let tiles = refs.into_iter().map(|at| self.tile(at));
			let tiles = tiles.collect::<Result<Vec<_>, _>>()?;
			acc = ops::step(&op, env, at, acc, &tiles).map_err(WitnessError::Ended)?;
			Ok(acc)
		});
		after.collect()
	}

	/// What the referee needs for a question. `accumulators` are those that are committed, of folds of
	/// several steps.
	///
	/// # Errors
	/// A place that there is not, or tensors that are not there.
	pub fn evidence(
		&self,
		env: &Env<'_>,
		question: &Question,
		accumulators: &[Tile],
	) -> Result<Evidence, WitnessError> {
		let op = judged_op(self.outline, question.op)?;
		let tile = question.tile;
		let steps = ops::steps(&op, tile);
		let accumulator = |step: u32| {
			let bytes: Vec<_> = accumulators.iter().map(Tile::to_bytes).collect();
			opened(bytes.as_flattened(), step)
		};
		let mut evidence = Evidence::default();
		match question.part {
			Part::Step(step) => {
				self.read(&op, env, At { tile, step }, &mut evidence)?;
				evidence.before = step.checked_sub(1).map(accumulator).transpose()?;
				evidence.claimed = accumulator(step)?;
			}
			part => {
				if part == Part::Whole && steps == 1 {
					self.read(&op, env, At { tile, step: 0 }, &mut evidence)?;
				} else if let Some(last) = steps.checked_sub(1) {
					evidence.before = Some(accumulator(last)?);
				}
				evidence.claimed = opened(&self.bytes(op.output)?, tile)?;
				evidence.output = Some(opened_root(&self.outputs, question.op)?);
			}
		}
		Ok(evidence)
	}

	/// The root of an op's output, opened in the list of the outputs.
	///
	/// # Errors
	/// A place that there is not.
	pub fn open_output(&self, op: u32) -> Result<OpenedRoot, WitnessError> {
		opened_root(&self.outputs, op)
	}

	/// Opens all that a step reads.
	fn read(
		&self,
		op: &Op,
		env: &Env<'_>,
		at: At,
		evidence: &mut Evidence,
	) -> Result<(), WitnessError> {
		let mut trees: Vec<(TensorId, Tree, Cow<'_, [u8]>)> = Vec::new();
		let mut named: Vec<TileRef> = Vec::new();
		for at in self.refs(op, env, at)? {
			if self.is_zero(at.tensor) || named.contains(&at) {
				continue;
			}
			named.push(at);
			if !trees.iter().any(|(known, ..)| *known == at.tensor) {
				let bytes = self.bytes(at.tensor)?;
				trees.push((at.tensor, Tree::new(&bytes), bytes));
				if let Some(root) = self.open_listed(at.tensor)? {
					push(&mut evidence.roots, root)?;
				}
			}
			let known = trees.iter().find(|(known, ..)| *known == at.tensor);
			let (_, tree, bytes) = known.ok_or(WitnessError::NoTensor(at.tensor))?;
			push(&mut evidence.tiles, opened_in(tree, bytes, at.tile)?)?;
		}
		Ok(())
	}

	/// The root of a tensor, opened in the list that it is in.
	fn open_listed(&self, tensor: TensorId) -> Result<Option<OpenedRoot>, WitnessError> {
		let Some(Source::Listed { list, place, .. }) = source(self.outline, tensor, u32::MAX)
		else {
			return Ok(None);
		};
		let list = match list {
			List::Params => &self.params,
			List::Moments => &self.moments,
			List::Base => &self.base,
			List::Outputs => &self.outputs,
		};
		opened_root(list, place).map(Some)
	}

	/// The tiles that a step names.
	fn refs(&self, op: &Op, env: &Env<'_>, at: At) -> Result<Vec<TileRef>, WitnessError> {
		let index = ops::index_deps(op, at).map_err(WitnessError::Ended)?;
		let tiles = index.into_iter().map(|at| self.tile(at));
		let tiles = tiles.collect::<Result<Vec<_>, _>>()?;
		match ops::deps(op, env, at, &tiles) {
			Ok(refs) => Ok(refs),
			// What it reads before it ends is all that can be shown.
			Err(StepError::BadData) => ops::index_deps(op, at).map_err(WitnessError::Ended),
			Err(error) => Err(WitnessError::Ended(error)),
		}
	}

	fn tile(&self, at: TileRef) -> Result<Tile, WitnessError> {
		if self.is_zero(at.tensor) {
			return Ok(Tile::ZERO);
		}
		let bytes = self.bytes(at.tensor)?;
		let start = at.tile as usize * BYTES;
		let missing = WitnessError::NoTensor(at.tensor);
		let chunk = bytes.get(start..bytes.len().min(start + BYTES));
		let mut padded = [0; BYTES];
		for (to, from) in padded.iter_mut().zip(chunk.ok_or(missing)?) {
			*to = *from;
		}
		Ok(Tile::from_bytes(&padded))
	}

	/// Whether it is a moment that is not materialised.
	fn is_zero(&self, tensor: TensorId) -> bool {
		let list = source(self.outline, tensor, u32::MAX).and_then(|source| source.list());
		list == Some(List::Moments) && self.moments.is_empty()
	}

	fn bytes(&self, tensor: TensorId) -> Result<Cow<'_, [u8]>, WitnessError> {
		match tensor {
			DATA => Ok(Cow::Borrowed(self.data)),
			_ => {
				let bytes = self.tensors.bytes(tensor);
				bytes.ok_or(WitnessError::NoTensor(tensor))
			}
		}
	}
}

fn bounded<X, S: Get<u32>>(items: Vec<X>) -> Result<BoundedVec<X, S>, WitnessError> {
	BoundedVec::try_from(items).map_err(|_| WitnessError::TooMuch)
}

fn push<X, S: Get<u32>>(items: &mut BoundedVec<X, S>, item: X) -> Result<(), WitnessError> {
	items.try_push(item).map_err(|_| WitnessError::TooMuch)
}

/// A chunk of some bytes, opened.
fn opened<const N: u32>(bytes: &[u8], chunk: u32) -> Result<Opened<N>, WitnessError> {
	opened_in(&Tree::new(bytes), bytes, chunk)
}

/// The same with the tree over these bytes.
fn opened_in<const N: u32>(
	tree: &Tree,
	bytes: &[u8],
	chunk: u32,
) -> Result<Opened<N>, WitnessError> {
	let count = bytes.len().div_ceil(BYTES) as u32;
	let absent = RefereeError::NoSuchTile { tile: chunk, count };
	let siblings = tree.siblings(chunk.into()).ok_or(absent)?;
	let bytes = bytes.chunks(BYTES).nth(chunk as usize).ok_or(absent)?;
	Ok(Opened {
		chunk: bounded(bytes.to_vec())?,
		siblings: bounded(siblings)?,
	})
}

/// A root of a list, opened.
fn opened_root(list: &[Root], place: u32) -> Result<OpenedRoot, WitnessError> {
	opened(list.as_flattened(), place / ROOTS)
}
