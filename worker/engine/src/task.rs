//! What a task is given and what it yields.

use std::ops::Range;

use assay_numerics::{hash::Root, loss::Loss};

use crate::{
	error::EngineError,
	fault::Fault,
	moments::Moments,
	params::Params,
	state::{Snapshot, StateRoots},
};

/// One slot of one round: so many steps from the parent on the job's data, or a part of them.
#[derive(Clone, Copy, Debug)]
pub struct TaskInput<'a> {
	/// The checkpoint that the round starts from; of a part of a task, the parameters before it.
	pub parent: &'a Params,
	/// The whole data set; its last sixteenth is held out.
	pub data: &'a [u8],
	/// The job's seed.
	pub seed: [u8; 32],
	/// Round of the job, from 0.
	pub round: u32,
	/// Slot of the round, from 0.
	pub slot: u32,
	/// Optimiser steps of the whole task, at least one.
	pub steps: u32,
	/// Steps of a segment, at least one: the trace has the state's root at the border of every segment.
	/// The last one may be shorter.
	pub stride: u32,
	/// Which of the steps are run; nothing for all of them.
	pub part: Option<Part<'a>>,
	/// A deliberate mistake, to test that it is found.
	pub fault: Option<Fault>,
}

/// Some steps of a task, from a state in its middle. The losses and the roots at borders are those that
/// the whole task has there.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
	/// The first step, from 0.
	pub first: u32,
	/// How many, at least one.
	pub count: u32,
	/// The moments before the first step: none before that of the task, and there only.
	pub moments: Option<&'a Moments>,
}

impl<'a> TaskInput<'a> {
	/// The same task from a snapshot of it to the next border of segments, in which `stride` counts from
	/// the start of the task.
	///
	/// From a snapshot at or behind the end of the task there are no such steps, and running it is
	/// refused.
	pub fn segment_from<'b>(&self, snapshot: &'b Snapshot) -> TaskInput<'b>
	where
		'a: 'b,
	{
		let first = snapshot.step;
		let done = first.checked_rem(self.stride).unwrap_or(0);
		let left = self.steps.saturating_sub(first);
		TaskInput {
			parent: &snapshot.params,
			part: Some(Part {
				first,
				count: left.min(self.stride - done),
				moments: snapshot.moments.as_ref(),
			}),
			..*self
		}
	}

	/// The moments before the first step that is run.
	pub(crate) fn moments(&self) -> Option<&'a Moments> {
		self.part.and_then(|part| part.moments)
	}

	/// The steps that are run.
	///
	/// # Errors
	/// [`EngineError::NoSteps`], [`EngineError::NoStride`], [`EngineError::NoSuchPart`], and
	/// [`EngineError::MomentsOfPart`] if there are moments before the first step of a task, or none
	/// before another one.
	pub(crate) fn range(&self) -> Result<Range<u32>, EngineError> {
		if self.steps == 0 {
			return Err(EngineError::NoSteps);
		}
		if self.stride == 0 {
			return Err(EngineError::NoStride);
		}
		let Some(Part {
			first,
			count,
			moments,
		}) = self.part
		else {
			return Ok(0..self.steps);
		};
		if count == 0 {
			return Err(EngineError::NoSteps);
		}
		let steps = self.steps;
		let end = first.checked_add(count).filter(|end| *end <= steps);
		let end = end.ok_or(EngineError::NoSuchPart {
			first,
			count,
			steps,
		})?;
		if moments.is_some() != (first > 0) {
			return Err(EngineError::MomentsOfPart { first });
		}
		Ok(first..end)
	}
}

/// Progress of a task, after each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepReport {
	/// Step within the task, from 0.
	pub step: u32,
	/// Mean loss over the step's rows, before its update.
	pub loss: Loss,
}

/// The result of a task, or of the part of it that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskOutput {
	/// The parameters after the last step.
	pub params: Params,
	/// The state at the start, at the borders of segments, and at the end.
	pub states: Vec<StateRoots>,
	/// The root of each of them.
	pub trace: Vec<Root>,
	/// Root of the list of moments after the last step.
	pub moments_root: Root,
	/// Mean of [`losses`](Self::losses), rounded down.
	pub loss: Loss,
	/// Loss of every step that was run.
	pub losses: Vec<Loss>,
}
