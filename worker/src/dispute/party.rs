//! What a side knows: its own computation of the task, as far as it was needed so far.

use std::sync::{Arc, Mutex, PoisonError};

use assay_engine::{Border, EngineError, Fault, Params, Part, StepTranscript, TaskInput};
use assay_numerics::{
	hash::{DescentError, Node, Tree},
	program::Outline,
	referee::{judged_ops, Held, RefereeError, Shown, Tensors, WitnessError},
	Root, ZERO_ROOT,
};
use assay_protocol::{
	dispute::{Case, Layer, Side, StateRoots},
	Failure, TaskKey,
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
	/// The states before the first step and after each; up to the step in which training ends, if it does.
	states: Vec<StateRoots>,
	/// Whether there are no more.
	has_ended: bool,
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
			failure: view.failure,
		}
	}

	pub(super) fn outline(&self) -> &Outline {
		self.workload.engine().program().outline()
	}

	/// The own states before the first `steps` steps and after each of them; fewer if training ends in one
	/// of these steps.
	pub(super) fn states(
		&self,
		steps: u32,
		is_faulty: bool,
	) -> Result<Vec<StateRoots>, DisputeError> {
		let mut known = self.lock();
		let needed = steps as usize + 1;
		let has_all = known.has_ended || known.states.len() >= needed;
		if !has_all || known.is_faulty != Some(is_faulty) {
			let (states, has_ended) = self.train(steps, is_faulty)?;
			known.states = states;
			known.has_ended = has_ended;
			known.step = None;
			known.is_faulty = Some(is_faulty);
		}
		let there = needed.min(known.states.len());
		Ok(known.states[..there].to_vec())
	}

	/// The states of so many steps, and whether training ends before.
	fn train(&self, steps: u32, is_faulty: bool) -> Result<(Vec<StateRoots>, bool), DisputeError> {
		let roots = |of: assay_engine::StateRoots| StateRoots {
			params: of.params,
			moments: of.moments,
		};
		let mut states = vec![StateRoots {
			params: self.parent.root(),
			moments: ZERO_ROOT,
		}];
		if steps == 0 {
			return Ok((states, false));
		}
		let input = TaskInput {
			stride: 1,
			part: Some(Part {
				first: 0,
				count: steps,
				moments: None,
			}),
			..self.input(is_faulty)
		};
		let mut at_border = |border: &Border<'_>| states.push(roots(border.roots()));
		let engine = self.workload.engine();
		match engine.train_in_segments(&input, &mut |_| {}, &mut at_border) {
			Ok(_) => Ok((states, false)),
			Err(EngineError::OutOfRange { .. }) => Ok((states, true)),
			Err(error) => Err(error.into()),
		}
	}

	/// All tensors of a step, and the roots of all outputs that are judged; of a step that ends those
	/// before it does.
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
		let engine = self.workload.engine();
		let transcript = Arc::new(engine.transcript_to_end(&input, step)?);
		let mut roots = transcript.roots();
		roots.truncate(judged_ops(self.outline()) as usize);
		let roots = Arc::new(roots);
		if known.is_faulty != Some(is_faulty) {
			known.states = Vec::new();
			known.has_ended = false;
			known.is_faulty = Some(is_faulty);
		}
		known.step = Some((step, transcript.clone(), roots.clone()));
		Ok((transcript, roots))
	}

	/// Whether the revealed work, or the claim that there is none, was done with the mistake.
	pub(super) fn is_faulty(&self, view: &DisputeView) -> Result<bool, DisputeError> {
		if let Some(known) = self.lock().was_faulty {
			return Ok(known);
		}
		let plan = &view.plan;
		// The steps before the last border that was revealed.
		let steps = match view.failure {
			Some(failure) => plan
				.segment(failure.segment(plan))
				.map_or(0, |segment| segment.start),
			None => plan.steps,
		};
		let is_it = |is_faulty| {
			let states = self.states(steps, is_faulty)?;
			let last = states.get(steps as usize).map(StateRoots::border);
			let is_it = last.is_some() && last.as_ref() == view.trace.last();
			// Without the mistake training need not end there.
			Ok::<_, DisputeError>(is_it && (!is_faulty || self.ends_at(view.failure, is_faulty)?))
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

	/// Whether the own training ends in the claimed step and op, if there is a claim.
	fn ends_at(&self, claim: Option<Failure>, is_faulty: bool) -> Result<bool, DisputeError> {
		let Some(claim) = claim else {
			return Ok(true);
		};
		let states = self.states(claim.step.saturating_add(1), is_faulty)?;
		if states.len() as u32 != claim.step.saturating_add(1) {
			return Ok(false);
		}
		let (transcript, _) = self.step(claim.step, is_faulty)?;
		Ok(transcript.ended() == Some(claim.op))
	}

	/// Whether a claim that training ends is true, as far as its place is concerned.
	pub(super) fn is_true(&self, claim: Failure) -> Result<bool, DisputeError> {
		if !self.ends_at(Some(claim), false)? {
			return Ok(false);
		}
		let (transcript, _) = self.step(claim.step, false)?;
		let witness = transcript.witness(self.workload.data())?;
		let found = witness.ending(&transcript.env(), (claim.op, claim.tile))?;
		Ok(found == Some(claim.part))
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
