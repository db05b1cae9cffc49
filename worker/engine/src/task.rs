//! What a task is given and what it yields.

use assay_numerics::{hash::Root, loss::Loss};

use crate::params::Params;

/// One slot of one round: so many steps from the parent on the job's data.
#[derive(Clone, Copy, Debug)]
pub struct TaskInput<'a> {
	/// The checkpoint that the round starts from.
	pub parent: &'a Params,
	/// The whole data set; its last sixteenth is held out.
	pub data: &'a [u8],
	/// The job's seed.
	pub seed: [u8; 32],
	/// Round of the job, from 0.
	pub round: u32,
	/// Slot of the round, from 0.
	pub slot: u32,
	/// Optimiser steps, at least one.
	pub steps: u32,
	/// Steps of a segment, at least one: the trace has the state's root at the border of every segment.
	/// The last one may be shorter.
	pub stride: u32,
	/// A deliberate mistake, to test that it is found.
	pub fault: Option<Fault>,
}

/// A deliberate mistake in training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
	/// Flips the sign of one parameter's gradient in every step.
	NegateGradient {
		/// Index in the order of the checkpoint.
		param: usize,
	},
}

/// Progress of a task, after each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepReport {
	/// Step within the task, from 0.
	pub step: u32,
	/// Mean loss over the step's rows, before its update.
	pub loss: Loss,
}

/// The result of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskOutput {
	/// The parameters after the last step.
	pub params: Params,
	/// Roots of the state at the borders of segments: at the start and at the end.
	pub trace: Vec<Root>,
	/// Root of the list of moments after the last step.
	pub moments_root: Root,
	/// Mean of [`losses`](Self::losses), rounded down.
	pub loss: Loss,
	/// Loss of every step.
	pub losses: Vec<Loss>,
}
