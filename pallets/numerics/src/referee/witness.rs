//! Making commitments and evidence: for workers, never for the runtime.
//!
//! A provider answers with the layers of the trees that a [`Transcript`] makes; a challenger compares
//! them with its own, and opens the tiles of one fold step in the provider's lists.

use alloc::{borrow::Cow, vec::Vec};

use bounded_collections::{BoundedVec, Get};

use super::{
	follows, judged_op, judged_ops, shown::opened, source, Commitments, Evidence, Held, List,
	OpenedRoot, Part, Question, RefereeError, Shown, Source, Tensors,
};
use crate::{
	hash::{list_root, tensor_root, Root, Tree, ZERO_ROOT},
	ops::{self, At, Env, StepError},
	program::{Op, Outline, TensorId, TileRef, DATA},
	tile::{Tile, BYTES},
};

/// Why there is nothing to show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WitnessError {
	/// The tensor is not there.
	NoTensor(TensorId),
	/// There is no such place, as the referee would say.
	Question(RefereeError),
	/// The fold ends the step of training before the place asked for.
	Ended(StepError),
	/// The input has no such chunk.
	NoPlace(u32),
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
			WitnessError::NoPlace(place) => write!(f, "there is no chunk {place} to open"),
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

/// The accumulators of one output tile.
#[derive(Clone, PartialEq, Debug)]
pub struct Accumulators {
	/// After each step.
	pub tiles: Vec<Tile>,
	/// Why there are fewer than the fold has steps: the next one ends the step of training.
	pub ended: Option<StepError>,
}

/// One step of training as one party has it, with all tensors. It keeps their roots only: what else is
/// needed is asked of the tensors again.
#[derive(Debug)]
pub struct Transcript<'a, T> {
	outline: &'a Outline,
	tensors: &'a T,
	data: &'a [u8],
	params: Vec<Root>,
	/// None of moments that are all zero.
	moments: Vec<Root>,
	base: Vec<Root>,
	/// Fewer than ops if the step ends before.
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
		Transcript::until(outline, tensors, data, moments, judged_ops(outline))
	}

	/// The same of a step that ends at an op: with the outputs of the ops before it.
	///
	/// # Errors
	/// [`WitnessError::NoTensor`].
	pub fn until(
		outline: &'a Outline,
		tensors: &'a T,
		data: &'a [u8],
		moments: Moments,
		op: u32,
	) -> Result<Self, WitnessError> {
		let root = |id| tensors.root(id).ok_or(WitnessError::NoTensor(id));
		let roots = |count: u32, id: &dyn Fn(u32) -> TensorId| -> Result<Vec<Root>, WitnessError> {
			(0..count).map(|place| root(id(place))).collect()
		};
		let count = outline.param_count();
		let moment = |place: u32| outline.moment(place % count, place >= count);
		let moments = match moments {
			Moments::Held => roots(2 * count, &moment)?,
			Moments::Zero => Vec::new(),
		};
		let ops = op.min(judged_ops(outline));
		Ok(Transcript {
			outline,
			tensors,
			data,
			params: roots(count, &|place| outline.param(place))?,
			moments,
			base: roots(outline.frozen_count(), &|place| outline.frozen(place))?,
			outputs: roots(ops, &|op| outline.output(op))?,
		})
	}

	/// What is committed. Of a step that ends before, the outputs are no list that anybody commits.
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

	/// The roots of the ops' outputs: of fewer than [`judged_ops`] if the step ends before.
	pub fn outputs(&self) -> &[Root] {
		&self.outputs
	}

	/// The list of the outputs, to be compared with another party's or opened.
	pub fn shown_outputs(&self) -> Shown {
		Shown::list(&self.outputs, judged_ops(self.outline))
	}

	/// The tree over an op's output.
	///
	/// # Errors
	/// An op that there is not, or an output that is not there.
	pub fn output_tree(&self, op: u32) -> Result<Tree, WitnessError> {
		let output = judged_op(self.outline, op)?.output;
		let tree = self.tensors.tree(output);
		tree.ok_or(WitnessError::NoTensor(output))
	}

	/// The roots of the parameters before the step.
	pub fn params(&self) -> &[Root] {
		&self.params
	}

	/// The roots of the moments before the step, the first ones and then the second ones; none of
	/// moments that are all zero.
	pub fn moments(&self) -> &[Root] {
		&self.moments
	}

	/// The roots of the parameters after the step.
	///
	/// # Errors
	/// [`WitnessError::NoTensor`] if the step ends before.
	pub fn next_params(&self) -> Result<Vec<Root>, WitnessError> {
		self.next(&[Held::Param])
	}

	/// The roots of the moments after the step, the first ones and then the second ones.
	///
	/// # Errors
	/// [`WitnessError::NoTensor`] if the step ends before.
	pub fn next_moments(&self) -> Result<Vec<Root>, WitnessError> {
		self.next(&[Held::FirstMoment, Held::SecondMoment])
	}

	fn next(&self, held: &[Held]) -> Result<Vec<Root>, WitnessError> {
		let places = 0..self.outline.param_count();
		let all = held
			.iter()
			.flat_map(|held| places.clone().map(move |place| (*held, place)));
		let roots = all.map(|(held, place)| {
			let op = held.op(self.outline, place)?;
			let root = self.outputs.get(op as usize).copied();
			root.ok_or_else(|| WitnessError::NoTensor(self.outline.output(op)))
		});
		roots.collect()
	}

	/// The accumulators of an output tile after each step of its fold, as this party has its inputs: up to
	/// the first one that no fold can go on from, as [`judge`](super::judge) says.
	///
	/// # Errors
	/// A place that there is not, or tensors that are not there.
	pub fn accumulators(
		&self,
		env: &Env<'_>,
		(op, tile): (u32, u32),
	) -> Result<Accumulators, WitnessError> {
		let op = judged_op(self.outline, op)?;
		let (mut acc, mut tiles) = (ops::start(&op), Vec::new());
		let steps = ops::steps(&op, tile);
		for step in 0..steps {
			let after = self.step(&op, env, At { tile, step }, acc)?;
			let after = match steps {
				// Judged as a whole: what finishes it looks at it.
				1 => after,
				_ => after.and_then(|after| follows(after, step.saturating_add(1) == steps)),
			};
			match after {
				Ok(after) => acc = after,
				Err(error) => {
					let ended = Some(error);
					return Ok(Accumulators { tiles, ended });
				}
			}
			tiles.push(acc);
		}
		let ended = None;
		Ok(Accumulators { tiles, ended })
	}

	/// Where the step of training ends in this tile, as this party has its inputs; nothing if it does not.
	///
	/// # Errors
	/// As [`Transcript::accumulators`].
	pub fn ending(
		&self,
		env: &Env<'_>,
		(op, tile): (u32, u32),
	) -> Result<Option<Part>, WitnessError> {
		let found = self.accumulators(env, (op, tile))?;
		let op = judged_op(self.outline, op)?;
		let is_whole = ops::steps(&op, tile) <= 1;
		let place = |part| Ok(Some(if is_whole { Part::Whole } else { part }));
		if found.ended.is_some() {
			return place(Part::Step(found.tiles.len() as u32));
		}
		let last = found.tiles.last().copied();
		match ops::finish(&op, last.unwrap_or_else(|| ops::start(&op))) {
			Ok(_) => Ok(None),
			Err(_) => place(Part::Finish),
		}
	}

	/// The accumulator after a step, or why the step of training ends there.
	fn step(
		&self,
		op: &Op,
		env: &Env<'_>,
		at: At,
		acc: Tile,
	) -> Result<Result<Tile, StepError>, WitnessError> {
		let index = ops::index_deps(op, at).map_err(WitnessError::Ended)?;
		let refs = match ops::deps(op, env, at, &self.tiles(index)?) {
			Ok(refs) => refs,
			Err(StepError::BadData) => return Ok(Err(StepError::BadData)),
			Err(error) => return Err(WitnessError::Ended(error)),
		};
		match ops::step(op, env, at, acc, &self.tiles(refs)?) {
			Err(
				error @ (StepError::OutOfRange | StepError::InputOutOfRange | StepError::BadData),
			) => Ok(Err(error)),
			after => after.map(Ok).map_err(WitnessError::Ended),
		}
	}

	/// What the referee needs for a question. `outputs` is the list of the party that is judged, as far
	/// as it was shown, and `accumulators` are those that it has committed, of folds of several steps:
	/// both as they are here up to the place that is asked for.
	///
	/// # Errors
	/// A place that there is not, or tensors that are not there.
	pub fn evidence(
		&self,
		env: &Env<'_>,
		question: &Question,
		outputs: &Shown,
		accumulators: Option<&Shown>,
	) -> Result<Evidence, WitnessError> {
		let op = judged_op(self.outline, question.op)?;
		let tile = question.tile;
		let steps = ops::steps(&op, tile);
		let accumulator = |step: u32| match accumulators {
			Some(shown) => shown.open_tile(step),
			None => Err(RefereeError::NotCommitted.into()),
		};
		let mut evidence = Evidence::default();
		match question.part {
			Part::Step(step) => {
				self.read(&op, env, At { tile, step }, outputs, &mut evidence)?;
				evidence.before = step.checked_sub(1).map(accumulator).transpose()?;
			}
			Part::Whole if steps > 0 => {
				self.read(&op, env, At { tile, step: 0 }, outputs, &mut evidence)?;
			}
			Part::Whole => {}
			Part::Finish => {
				let last = steps.checked_sub(1);
				evidence.before = last.map(accumulator).transpose()?;
			}
		}
		Ok(evidence)
	}

	/// Opens all that a step reads.
	fn read(
		&self,
		op: &Op,
		env: &Env<'_>,
		at: At,
		outputs: &Shown,
		evidence: &mut Evidence,
	) -> Result<(), WitnessError> {
		let mut lists = Lists {
			outputs,
			agreed: Vec::new(),
		};
		let mut trees: Vec<(TensorId, Tree)> = Vec::new();
		let mut named: Vec<TileRef> = Vec::new();
		for at in self.refs(op, env, at)? {
			if self.is_zero(at.tensor) || named.contains(&at) {
				continue;
			}
			named.push(at);
			if !trees.iter().any(|(known, _)| *known == at.tensor) {
				trees.push((at.tensor, self.tree(at.tensor)?));
				let listed = source(self.outline, at.tensor, u32::MAX);
				if let Some(Source::Listed { list, place, .. }) = listed {
					push(&mut evidence.roots, lists.open(self, list, place)?)?;
				}
			}
			let known = trees.iter().find(|(known, _)| *known == at.tensor);
			let (_, tree) = known.ok_or(WitnessError::NoTensor(at.tensor))?;
			let chunk = self.chunk(at)?;
			push(&mut evidence.tiles, opened(tree, &chunk, at.tile)?)?;
		}
		Ok(())
	}

	/// The tiles that a step names.
	fn refs(&self, op: &Op, env: &Env<'_>, at: At) -> Result<Vec<TileRef>, WitnessError> {
		let index = ops::index_deps(op, at).map_err(WitnessError::Ended)?;
		match ops::deps(op, env, at, &self.tiles(index)?) {
			Ok(refs) => Ok(refs),
			// What it reads before it ends is all that can be shown.
			Err(StepError::BadData) => ops::index_deps(op, at).map_err(WitnessError::Ended),
			Err(error) => Err(WitnessError::Ended(error)),
		}
	}

	fn tiles(&self, refs: Vec<TileRef>) -> Result<Vec<Tile>, WitnessError> {
		let tiles = refs.into_iter().map(|at| {
			if self.is_zero(at.tensor) {
				return Ok(Tile::ZERO);
			}
			let chunk = self.chunk(at)?;
			let mut padded = [0; BYTES];
			for (to, from) in padded.iter_mut().zip(chunk.iter()) {
				*to = *from;
			}
			Ok(Tile::from_bytes(&padded))
		});
		tiles.collect()
	}

	/// The bytes of a tile.
	fn chunk(&self, at: TileRef) -> Result<Cow<'_, [u8]>, WitnessError> {
		let missing = WitnessError::NoTensor(at.tensor);
		if at.tensor == DATA {
			let chunk = self.data.chunks(BYTES).nth(at.tile as usize);
			return chunk.map(Cow::Borrowed).ok_or(missing);
		}
		let tile = self.tensors.tile(at).ok_or(missing)?;
		Ok(Cow::Owned(tile.to_bytes().to_vec()))
	}

	fn tree(&self, tensor: TensorId) -> Result<Tree, WitnessError> {
		match tensor {
			DATA => Ok(Tree::new(self.data)),
			_ => {
				let tree = self.tensors.tree(tensor);
				tree.ok_or(WitnessError::NoTensor(tensor))
			}
		}
	}

	/// Whether it is a moment that is not materialised.
	fn is_zero(&self, tensor: TensorId) -> bool {
		let list = source(self.outline, tensor, u32::MAX).and_then(|source| source.list());
		list == Some(List::Moments) && self.moments.is_empty()
	}
}

/// The lists in which tensors are opened, each hashed once.
struct Lists<'a> {
	outputs: &'a Shown,
	/// Lists that both parties agree on.
	agreed: Vec<(List, Shown)>,
}

impl Lists<'_> {
	fn open<T: Tensors>(
		&mut self,
		transcript: &Transcript<'_, T>,
		list: List,
		place: u32,
	) -> Result<OpenedRoot, WitnessError> {
		let roots = match list {
			List::Outputs => return self.outputs.open_root(place),
			List::Params => &transcript.params,
			List::Moments => &transcript.moments,
			List::Base => &transcript.base,
		};
		if let Some((_, shown)) = self.agreed.iter().find(|(known, _)| *known == list) {
			return shown.open_root(place);
		}
		let shown = Shown::list(roots, roots.len() as u32);
		let opened = shown.open_root(place);
		self.agreed.push((list, shown));
		opened
	}
}

fn push<X, S: Get<u32>>(items: &mut BoundedVec<X, S>, item: X) -> Result<(), WitnessError> {
	items.try_push(item).map_err(|_| WitnessError::TooMuch)
}
