//! The loss on held-out data.

use assay_numerics::{held_out_offset, loss::Loss, ops::Env, train_bytes};

use crate::{
	engine::Engine,
	error::EngineError,
	exec::{forward_ops, Memory},
	kernels::embedding::copy_ids,
	params::Params,
};

impl Engine {
	/// The mean loss of `rows` rows that are spread evenly over the held-out part of the data, its
	/// last sixteenth.
	///
	/// # Errors
	/// Parameters of another plan, too little data, no rows, and
	/// [`EngineError::ForwardOutOfRange`] for parameters whose outputs break the range rule.
	pub fn evaluate(&self, params: &Params, data: &[u8], rows: u32) -> Result<Loss, EngineError> {
		self.check_params(params)?;
		if rows == 0 {
			return Err(EngineError::NoRows);
		}
		let total = data.len() as u64;
		self.span_of(total - train_bytes(total))?;
		let (context, batch) = (self.context(), self.plan.batch);
		let stride = context as usize + 1;
		// Nothing in the forward pass looks at counters.
		let env = Env::new([0; 32], 0, 0, 0, 1, train_bytes(total));
		self.pool.run(|lane| {
			let program = &self.program;
			let mut memory = Memory::new(program, forward_ops(program).map(|(_, op)| op));
			memory.load(program, params);
			let mut losses = Vec::with_capacity(rows as usize);
			for first in (0..rows).step_by(batch as usize) {
				let count = batch.min(rows - first);
				// A batch is filled up with its last row: rows do not see each other.
				let ids = memory.tensor_mut(program.ops()[0].output);
				for (row, ids) in (0..batch).zip(ids.chunks_exact_mut(stride)) {
					let row = first + row.min(count - 1);
					let offset = held_out_offset(row, rows, total, context) as usize;
					copy_ids(&data[offset..offset + stride], ids);
				}
				memory
					.forward(lane, program, &env)
					.map_err(|error| EngineError::ForwardOutOfRange { op: error.op })?;
				let batch = &memory.tensor(program.row_losses())[..count as usize];
				losses.extend(batch.iter().map(|loss| Loss::of_row(*loss)));
			}
			Ok(Loss::mean(losses))
		})
	}
}
