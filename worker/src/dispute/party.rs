//! What a side knows: its own computation of the task, as far as it was needed so far.

use std::sync::{Arc, Mutex, PoisonError};

use assay_engine::{EngineError, Fault, Params, Part, StepTranscript, TaskInput};
use assay_numerics::{
	hash::{DescentError, Node, Tree},
	program::Outline,
	referee::{judged_ops, Held, RefereeError, Shown, Tensors, WitnessError},
	Root,
};
use assay_protocol::{
	dispute::{Case, Layer, Side, StateRoots},
	TaskKey,
};

use super::Move;
use crate::{chain::DisputeView, compute::Workload};

/// Why a side has no move.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DisputeError {
	/// The engine refuses to repeat the task.
	#[error("the task cannot be repeated: {0}")]
	Engine(#[from] EngineError),
	/// Something that is needed is not there.
	#[error("nothing to show: {0}")]
	Witness(#[from] WitnessError),
	/// What was shown does not fit to one's own computation.
	#[error("what was shown does not fit: {0}")]
	Descent(#[from] DescentError),
	/// There is no such place.
	#[error("{0}")]
	Referee(#[from] RefereeError),
	/// The own computation gives what the provider says.
	#[error("the provider's {0} are what this worker has too: there is nothing to dispute")]
	NoDifference(&'static str),
	/// The work was done in a way that is not known any more.
	#[error("the revealed trace is not what this worker computes: the work cannot be shown")]
	OtherWork,
	/// A move that the chain would refuse, or that would lose the dispute.
	#[error("the move would not help: {0}")]
	Useless(String),
}

/// One side of a dispute.
#[derive(Debug)]
pub struct Party {
	pub(super) workload: Workload,
	parent: Arc<Params>,
	pub(super) task: TaskKey,
	/// The mistake that a dishonest provider may have made, for demonstrations.
	fault: Option<Fault>,
	known: Mutex<Known>,
}

/// What was computed so far.
#[derive(Debug, Default)]
struct Known {
	/// The states before the first step and after each.
	states: Vec<StateRoots>,
	/// One step, and the roots of all outputs of it.
	step: Option<(u32, Arc<StepTranscript>, Arc<Vec<Root>>)>,
	/// Whether these were computed with the mistake.
	is_faulty: Option<bool>,
	/// Whether the work was done with it, once that was found out.
	was_faulty: Option<bool>,
}

impl Party {
	/// A side that has computed nothing yet. `fault` is a mistake that the task may have been done with.
	pub fn new(
		workload: Workload,
		parent: Arc<Params>,
		task: TaskKey,
		fault: Option<Fault>,
	) -> Self {
		Self {
			workload,
			parent,
			task,
			fault,
			known: Mutex::default(),
		}
	}

	/// The next move of the side whose turn it is. Heavy: not for an async thread.
	///
	/// # Errors
	/// [`DisputeError`].
	pub fn next(&self, view: &DisputeView) -> Result<Move, DisputeError> {
		match view.turn {
			Side::Provider => self.answer(view).map(Move::Answer),
			Side::Challenger => self.ask_or_prove(view),
		}
	}

	/// The case as the chain's rules see it.
	pub(super) fn case<'a>(&'a self, view: &'a DisputeView) -> Case<'a> {
		Case {
			task: self.task,
			plan: &view.plan,
			outline: self.outline(),
			trace: &view.trace,
		}
	}

	pub(super) fn outline(&self) -> &Outline {
		self.workload.engine().program().outline()
	}

	/// The own states before the first `steps` steps and after each of them.
	pub(super) fn states(
		&self,
		steps: u32,
		is_faulty: bool,
	) -> Result<Vec<StateRoots>, DisputeError> {
		let mut known = self.lock();
		let needed = steps as usize + 1;
		if known.states.len() < needed || known.is_faulty != Some(is_faulty) {
			let part = Part {
				first: 0,
				count: steps,
				moments: None,
			};
			let input = TaskInput {
				stride: 1,
				part: Some(part),
				..self.input(is_faulty)
			};
			let output = self.workload.engine().train(&input, &mut |_| {})?;
			let states = output.states.iter().map(|state| StateRoots {
				params: state.params,
				moments: state.moments,
			});
			known.states = states.collect();
			known.step = None;
			known.is_faulty = Some(is_faulty);
		}
		Ok(known.states[..needed].to_vec())
	}

	/// All tensors of a step, and the roots of all outputs that are judged.
	pub(super) fn step(
		&self,
		step: u32,
		is_faulty: bool,
	) -> Result<(Arc<StepTranscript>, Arc<Vec<Root>>), DisputeError> {
		let mut known = self.lock();
		if let Some((at, transcript, roots)) = &known.step {
			if *at == step && known.is_faulty == Some(is_faulty) {
				return Ok((transcript.clone(), roots.clone()));
			}
		}
		let input = self.input(is_faulty);
		let transcript = Arc::new(self.workload.engine().transcript(&input, step)?);
		let mut roots = transcript.roots();
		roots.truncate(judged_ops(self.outline()) as usize);
		let roots = Arc::new(roots);
		if known.is_faulty != Some(is_faulty) {
			known.states = Vec::new();
			known.is_faulty = Some(is_faulty);
		}
		known.step = Some((step, transcript.clone(), roots.clone()));
		Ok((transcript, roots))
	}

	/// Whether the revealed work was done with the mistake.
	pub(super) fn is_faulty(&self, view: &DisputeView) -> Result<bool, DisputeError> {
		if let Some(known) = self.lock().was_faulty {
			return Ok(known);
		}
		let steps = view.plan.steps;
		let is_it = |is_faulty| {
			let states = self.states(steps, is_faulty)?;
			let last = states.last().map(StateRoots::border);
			Ok::<_, DisputeError>(last.as_ref() == view.trace.last())
		};
		// The mistake first: it is told only to a worker that makes it.
		for is_faulty in [true, false] {
			if (!is_faulty || self.fault.is_some()) && is_it(is_faulty)? {
				self.lock().was_faulty = Some(is_faulty);
				return Ok(is_faulty);
			}
		}
		Err(DisputeError::OtherWork)
	}

	fn input(&self, is_faulty: bool) -> TaskInput<'_> {
		let plan = self.workload.plan();
		TaskInput {
			parent: &self.parent,
			data: self.workload.data(),
			seed: plan.seed,
			round: self.task.round,
			slot: self.task.slot,
			steps: plan.steps,
			stride: plan.stride,
			part: None,
			fault: self.fault.filter(|_| is_faulty),
		}
	}

	/// The tree over an op's output.
	pub(super) fn output_tree(
		&self,
		transcript: &StepTranscript,
		op: u32,
	) -> Result<Tree, DisputeError> {
		let output = self.outline().output(op);
		let tree = Tensors::tree(transcript, output);
		Ok(tree.ok_or(WitnessError::NoTensor(output))?)
	}

	/// The list of a state after a step, from the outputs that it is made of.
	pub(super) fn state_list(
		&self,
		outputs: &[Root],
		held: &[Held],
	) -> Result<Vec<Root>, DisputeError> {
		let outline = self.outline();
		let mut list = Vec::new();
		for held in held {
			for place in 0..outline.param_count() {
				let op = held.op(outline, place)?;
				let missing = WitnessError::NoTensor(outline.output(op));
				list.push(*outputs.get(op as usize).ok_or(missing)?);
			}
		}
		Ok(list)
	}

	fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
		self.known.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

/// The layer below a node of a list, or the roots in its chunk.
pub(super) fn layer_of_list(list: &[Root], node: &Node) -> Result<Layer, DisputeError> {
	if !node.is_leaf() {
		return layer_of(Shown::list(list, list.len() as u32).tree(), node);
	}
	let first = node.first_root() as usize;
	let end = list
		.len()
		.min(first + assay_numerics::hash::opening::ROOTS as usize);
	let roots = list.get(first..end).ok_or(DescentError::OtherValue)?;
	Ok(Layer::truncate_from(roots.to_vec()))
}

/// The layer below a node.
pub(super) fn layer_of(tree: &Tree, node: &Node) -> Result<Layer, DisputeError> {
	let layer = tree.layer(node).ok_or(DescentError::OtherValue)?;
	Ok(Layer::truncate_from(layer))
}
