//! Every op's output of one step that the engine holds whole.

use assay_numerics::{
	hash::{list_root, tensor_root, Root},
	program::OpKind,
};

use crate::{
	engine::Engine,
	error::EngineError,
	memory::{Keep, Memory},
	task::TaskInput,
};

/// The canonical bytes of every op's output in one step, in the program's order; none of a virtual
/// one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
	outputs: Vec<Vec<u8>>,
}

impl Transcript {
	/// The canonical bytes of each op's output.
	pub fn outputs(&self) -> impl ExactSizeIterator<Item = &[u8]> {
		self.outputs.iter().map(Vec::as_slice)
	}

	/// The root of each op's output.
	pub fn roots(&self) -> Vec<Root> {
		self.outputs().map(tensor_root).collect()
	}

	/// The root of the list of [`roots`](Self::roots): to compare two runs. What a provider commits in a
	/// dispute, [`Commitments::outputs`](assay_numerics::referee::Commitments), is another list: it has
	/// the virtual tensors, and not the list of the state's roots.
	pub fn root(&self) -> Root {
		list_root(&self.roots())
	}
}

impl Engine {
	/// Repeats a task up to `step`, from 0, and keeps every op's output of that step.
	///
	/// # Errors
	/// As [`train`](Engine::train), and [`EngineError::NoSuchStep`] if the task ends before.
	pub fn transcript(&self, task: &TaskInput<'_>, step: u32) -> Result<Transcript, EngineError> {
		if step >= task.steps {
			return Err(EngineError::NoSuchStep {
				step,
				steps: task.steps,
			});
		}
		let mut outputs = Vec::new();
		self.run(
			task,
			step + 1,
			Keep::Everything,
			(&mut [], &|_| false),
			&mut |memory, at| {
				if at == step {
					outputs = self.outputs_of(memory);
				}
			},
		)?;
		Ok(Transcript { outputs })
	}

	fn outputs_of(&self, memory: &Memory) -> Vec<Vec<u8>> {
		let program = &self.program;
		let outputs = program.ops().iter().map(|op| match op.kind {
			OpKind::StateList { .. } => {
				let mut list = memory.roots(program.next_params());
				list.extend(memory.roots(program.next_moments()));
				let mut list = list.as_flattened().to_vec();
				list.resize(list.len().next_multiple_of(assay_numerics::tile::BYTES), 0);
				list
			}
			_ if op.kind.is_virtual() => Vec::new(),
			_ => memory.bytes(op.output).into_owned(),
		});
		outputs.collect()
	}
}
