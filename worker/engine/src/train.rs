//! Training a task.

use std::time::Duration;

use assay_numerics::{hash::ZERO_ROOT, loss::Loss};

use crate::{
	engine::Engine,
	error::EngineError,
	memory::Keep,
	run::Run,
	state::{Border, StateRoots},
	task::{StepReport, TaskInput, TaskOutput},
};

/// Losses and states that are made room for before the first step; tasks of the chain have fewer
/// steps.
const MANY: usize = 1 << 16;

impl Engine {
	/// Trains one task, or the part of it that is asked for. `observer` is called after every step, on
	/// one of the engine's threads.
	///
	/// # Errors
	/// A parent or moments of another plan, too little data, no steps, a part that the task does not
	/// have, a fault that names no parameter, and [`EngineError::OutOfRange`] if training diverges.
	pub fn train(
		&self,
		task: &TaskInput<'_>,
		observer: &mut (dyn FnMut(StepReport) + Send),
	) -> Result<TaskOutput, EngineError> {
		self.train_in_segments(task, observer, &mut |_| {})
	}

	/// [`train`](Self::train) that also shows every state of the trace but the first one, which the task
	/// was given, as soon as it is there. Nothing is copied unless [`Border::snapshot`] is called.
	///
	/// # Errors
	/// As [`train`](Self::train).
	pub fn train_in_segments(
		&self,
		task: &TaskInput<'_>,
		observer: &mut (dyn FnMut(StepReport) + Send),
		at_border: &mut (dyn FnMut(&Border<'_>) + Send),
	) -> Result<TaskOutput, EngineError> {
		let range = self.check_task(task)?;
		let rows = self.program.outline().rows() as usize;
		let mut losses = Vec::with_capacity(range.len().min(MANY));
		self.pool.run(|lane| {
			let mut states = Vec::with_capacity((range.len() / task.stride as usize + 2).min(MANY));
			states.push(StateRoots {
				params: task.parent.0.root_on_pool(),
				moments: task.moments().map_or(ZERO_ROOT, |m| m.0.root_on_pool()),
			});
			let mut run = Run::new(self, task, Keep::State)?;
			for step in range.clone() {
				let done = step + 1;
				let is_border = done.is_multiple_of(task.stride) || done == range.end;
				run.step(lane, step, is_border, &mut [])?;
				let memory = run.memory();
				let row_losses = &memory.tensor(self.program.row_losses()).floats()[..rows];
				let loss = Loss::mean_of_rows(row_losses.iter().copied());
				losses.push(loss);
				observer(StepReport { step, loss });
				if is_border {
					let border = Border::new(self, memory, done);
					states.push(border.roots());
					at_border(&border);
				}
			}
			Ok(TaskOutput {
				params: self.params_of(run.memory()),
				trace: states.iter().map(StateRoots::root).collect(),
				moments_root: states.last().map_or(ZERO_ROOT, |state| state.moments),
				states,
				loss: Loss::mean(losses.iter().copied()),
				losses,
			})
		})
	}

	/// Trains a task for its times only: `times`, which has a place for every op, gets what each took.
	pub(crate) fn time(
		&self,
		task: &TaskInput<'_>,
		times: &mut [Duration],
	) -> Result<(), EngineError> {
		let range = self.check_task(task)?;
		self.pool.run(|lane| {
			let mut run = Run::new(self, task, Keep::State)?;
			range
				.into_iter()
				.try_for_each(|step| run.step(lane, step, false, times))
		})
	}
}
