//! Training: the steps of one task.

use assay_numerics::{Optimiser as Planned, StepPlan};

use crate::{
	optimiser::{Optimiser, Rates},
	NativeError, NativeModel, Reader,
};

/// One slot of one round of a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Task {
	/// The job's seed.
	pub seed: [u8; 32],
	/// Round of the job, from 0.
	pub round: u32,
	/// Slot of the round, from 0.
	pub slot: u32,
	/// Steps of every task of the job.
	pub steps: u32,
}

/// Trains a model for one task: the same examples in the same order, learning rates and updates as in
/// the exact lane, so that losses can be compared step by step.
#[derive(Debug)]
pub struct NativeTrainer {
	model: NativeModel,
	reader: Reader,
	optimiser: Optimiser,
	task: Task,
	/// Steps done.
	done: u32,
}

impl NativeTrainer {
	/// A trainer at the start of a task, whose parent checkpoint the model is.
	///
	/// # Errors
	/// What the device refuses.
	pub fn new(model: NativeModel, task: Task) -> Result<Self, NativeError> {
		let StepPlan {
			optimiser: Planned::AdamW(adam),
			..
		} = model.plan();
		let optimiser = Optimiser::new(Rates::new(adam)?, model.vars())?;
		let reader = Reader::new(model.plan())?;
		Ok(NativeTrainer {
			model,
			reader,
			optimiser,
			task,
			done: 0,
		})
	}

	/// One step on the whole data set, whose last sixteenth is held out. The mean loss of its batch, in
	/// nats, from before the update.
	///
	/// # Errors
	/// A task that is done, data that no example fits into, tokens or labels out of range, and what the
	/// device refuses.
	pub fn step(&mut self, data: &[u8]) -> Result<f32, NativeError> {
		let Task {
			seed,
			round,
			slot,
			steps,
		} = self.task;
		if self.done >= steps {
			return Err(NativeError::TaskDone { steps });
		}
		let batch = self.reader.draw(data, &seed, (round, slot, self.done))?;
		let loss = self.model.loss(&batch)?;
		let grads = self.model.backward(&loss)?;
		let t_global = round.saturating_mul(steps).saturating_add(self.done);
		self.done += 1;
		self.optimiser
			.update(self.model.vars(), grads, self.done, t_global)?;
		Ok(loss.to_scalar()?)
	}

	/// The model as it is now.
	pub fn model(&self) -> &NativeModel {
		&self.model
	}

	/// Ends the task early or late.
	pub fn into_model(self) -> NativeModel {
		self.model
	}
}
