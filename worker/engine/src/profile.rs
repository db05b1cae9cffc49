//! How long each op takes.

use std::time::Duration;

use assay_numerics::{flops, OpKind};

use crate::{engine::Engine, error::EngineError, task::TaskInput};

/// What one op of the program took, over all steps of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct OpTime {
	/// The op.
	pub kind: OpKind,
	/// Name of its output.
	pub name: String,
	/// Reference operations of one step.
	pub flops: u64,
	/// Time over all steps.
	pub time: Duration,
}

impl Engine {
	/// Trains a task and measures every op; the result of the training is thrown away.
	///
	/// # Errors
	/// As [`train`](Engine::train).
	pub fn profile(&self, task: &TaskInput<'_>) -> Result<Vec<OpTime>, EngineError> {
		let ops = self.program.ops();
		let mut times = vec![Duration::ZERO; ops.len()];
		self.time(task, &mut times)?;
		let named = ops.iter().zip(times).map(|(op, time)| OpTime {
			kind: op.kind,
			name: self
				.program
				.tensor(op.output)
				.map_or_else(String::new, |t| t.name.clone()),
			flops: flops::of_op(op),
			time,
		});
		Ok(named.collect())
	}
}
