//! The loss on held-out data.

use assay_numerics::{loss::Loss, ops::Env};

use crate::{
	engine::Engine,
	error::EngineError,
	examples::Examples,
	exec::{forward_ops, Step},
	memory::Keep,
	params::Params,
	schedule::schedule,
};

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
		self.check_params(params)?;
		if examples == 0 {
			return Err(EngineError::NoRows);
		}
		let program = &self.program;
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
		};
		let units = schedule(forward_ops(program), Keep::State);
		self.pool.run(|lane| {
			let mut memory = self.memory(program, &units, params, Keep::State)?;
			let mut losses = Vec::with_capacity(examples as usize * each);
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
				let rows = &memory.tensor(program.row_losses()).floats()[..count as usize * each];
				losses.extend(rows.iter().map(|loss| Loss::of_row(*loss)));
			}
			Ok(Loss::mean(losses))
		})
	}
}
