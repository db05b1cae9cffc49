//! Loss and accuracy on held-out data.

use assay_numerics::{loss::Loss, ops::Env, Program};
use rayon::prelude::*;

use crate::{
	engine::Engine,
	error::EngineError,
	examples::Examples,
	exec::{forward_ops, logits, Step},
	memory::{Keep, Memory},
	params::Params,
	schedule::schedule,
	tensor::Tensor,
};

/// How often the likeliest token or class is the right one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy {
	/// Rows whose greatest logit is that of what follows, or of the label. Of equal logits the one of
	/// the lowest token or class counts.
	pub correct: u64,
	/// Rows in all: examples, for a decoder times its context.
	pub rows: u64,
}

impl Accuracy {
	/// Correct rows as a share of all, 0 to 1, for people.
	pub fn share(self) -> f64 {
		self.correct as f64 / self.rows.max(1) as f64
	}
}

/// What is measured on the held-out set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Score {
	/// The mean loss of the rows: what [`Engine::evaluate`] gives.
	pub loss: Loss,
	/// How many of them are right.
	pub accuracy: Accuracy,
}

impl Engine {
	/// Looks at every token or label of the data.
	///
	/// # Errors
	/// Data that are no whole items or too short for an example, and [`EngineError::BadData`] for the
	/// first token or label that the model does not have.
	pub fn check_data(&self, data: &[u8]) -> Result<(), EngineError> {
		let examples = Examples::new(self.program.outline(), data)?;
		examples.check_train()?;
		examples.check_held_out()?;
		examples.check_values(&self.program)
	}

	/// The mean loss of the rows of so many examples that are spread evenly over the held-out part of
	/// the data, its last sixteenth.
	///
	/// # Errors
	/// Parameters of another plan, too little or bad data, no examples, and
	/// [`EngineError::ForwardOutOfRange`] for parameters whose outputs break the range rule.
	pub fn evaluate(
		&self,
		params: &Params,
		data: &[u8],
		examples: u32,
	) -> Result<Loss, EngineError> {
		let mut losses = Vec::new();
		self.each_batch(&self.program, (params, data), examples, &mut |batch| {
			losses.extend(batch.losses());
		})?;
		Ok(Loss::mean(losses))
	}

	/// The loss of the first held-out example, in a batch as small as there can be: what a try costs
	/// least. An example's loss does not depend on its batch.
	///
	/// # Errors
	/// As [`evaluate`](Self::evaluate).
	pub fn try_out(&self, params: &Params, data: &[u8]) -> Result<Loss, EngineError> {
		let program = self.smallest()?;
		let mut losses = Vec::new();
		self.each_batch(&program, (params, data), 1, &mut |batch| {
			losses.extend(batch.losses());
		})?;
		Ok(Loss::mean(losses))
	}

	/// [`evaluate`](Self::evaluate), and how many of the same rows are right. The same on every machine.
	///
	/// # Errors
	/// As there.
	pub fn score(&self, params: &Params, data: &[u8], examples: u32) -> Result<Score, EngineError> {
		let mut losses = Vec::new();
		let mut accuracy = Accuracy::default();
		let logits = logits(&self.program);
		self.each_batch(&self.program, (params, data), examples, &mut |batch| {
			losses.extend(batch.losses());
			let targets = batch.held_out.targets(&self.program, batch.starts);
			accuracy.rows += targets.len() as u64;
			accuracy.correct += correct(batch.memory.tensor(logits), &targets);
		})?;
		let loss = Loss::mean(losses);
		Ok(Score { loss, accuracy })
	}

	/// Runs the forward pass of so many held-out examples by the plan's program or one of another batch,
	/// batch by batch, and shows each.
	fn each_batch(
		&self,
		program: &Program,
		(params, data): (&Params, &[u8]),
		examples: u32,
		show: &mut (dyn FnMut(Batch<'_>) + Send),
	) -> Result<(), EngineError> {
		self.check_params(params)?;
		if examples == 0 {
			return Err(EngineError::NoRows);
		}
		let outline = program.outline();
		let held_out = Examples::new(outline, data)?;
		held_out.check_held_out()?;
		let batch = outline.batch();
		// Rows of one example: the positions of a sequence, or the example itself.
		let each = (outline.rows() / batch) as usize;
		// Nothing in the forward pass looks at counters.
		let env = Env::new([0; 32], 0, 0, 0, 1, 0).with_turns(outline.turns());
		let step = Step {
			env: &env,
			fault: None,
			roots: false,
		};
		let units = schedule(forward_ops(program), Keep::State);
		self.pool.run(|lane| {
			let mut memory = self.memory(program, &units, params, Keep::State)?;
			for first in (0..examples).step_by(batch as usize) {
				let count = batch.min(examples - first);
				// A batch is filled up with its last example: examples do not see each other.
				let starts: Vec<u64> = (0..batch)
					.map(|slot| held_out.held_out(first + slot.min(count - 1), examples))
					.collect();
				held_out.write(program, &mut memory, &starts)?;
				memory
					.step(lane, program, &units, step, &mut [])
					.map_err(|error| EngineError::ForwardOutOfRange { op: error.op })?;
				let row_losses = memory.tensor(program.row_losses()).floats();
				show(Batch {
					held_out: &held_out,
					starts: &starts[..count as usize],
					row_losses: &row_losses[..count as usize * each],
					memory: &memory,
				});
			}
			Ok(())
		})
	}
}

/// A batch of held-out examples after its forward pass, without what fills it up.
struct Batch<'a> {
	held_out: &'a Examples<'a>,
	/// The items that its examples start at.
	starts: &'a [u64],
	row_losses: &'a [f32],
	memory: &'a Memory,
}

impl Batch<'_> {
	fn losses(&self) -> impl Iterator<Item = Loss> + '_ {
		self.row_losses.iter().map(|loss| Loss::of_row(*loss))
	}
}

/// The rows, from the first one on, whose greatest logit is that of their target.
fn correct(logits: &Tensor, targets: &[u32]) -> u64 {
	let [_, width] = logits.shape();
	let is_right = |(row, target): (usize, &u32)| {
		let target = *target as usize;
		let right = logits.at(row, target);
		let before = (0..target).all(|other| logits.at(row, other) < right);
		before && (target + 1..width).all(|other| logits.at(row, other) <= right)
	};
	let rows = targets.par_iter().enumerate();
	rows.filter(|row| is_right(*row)).count() as u64
}

#[cfg(test)]
mod tests {
	use assay_numerics::program::Layout;

	use super::*;

	#[test]
	fn of_equal_logits_the_lowest_class_counts() {
		// GIVEN rows of 17 logits, in two tiles: class 3 alone is greatest; 0 and 16 are; all are equal
		let mut logits = Tensor::new(Layout::Matrix { rows: 3, cols: 17 });
		logits.set(0, 3, 1.0);
		logits.set(1, 0, 2.0);
		logits.set(1, 16, 2.0);
		let right = |row: usize, target: u32| {
			// Only this row counts: whatever the others have, their targets are counted apart.
			let mut targets = vec![0; row];
			let others = correct(&logits, &targets);
			targets.push(target);
			correct(&logits, &targets) - others == 1
		};
		// THEN exactly one class of each row is the one that the model names
		for (row, named) in [3, 0, 0].into_iter().enumerate() {
			for target in 0..17 {
				assert_eq!(right(row, target), target == named, "row {row}: {target}");
			}
		}
	}

	#[test]
	fn zeros_of_either_sign_are_equal() {
		let mut logits = Tensor::new(Layout::Matrix { rows: 1, cols: 2 });
		logits.set(0, 0, -0.0);
		assert_eq!((correct(&logits, &[0]), correct(&logits, &[1])), (1, 0));
	}
}
