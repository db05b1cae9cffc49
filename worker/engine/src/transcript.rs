//! Every tensor of one step, as its provider has to show them.

mod ending;
mod tensors;

pub use ending::Ending;

use std::{
	borrow::Cow,
	collections::VecDeque,
	sync::{Arc, Mutex},
};

use assay_numerics::{
	hash::{list_root, Root, ZERO_ROOT},
	ops::Env,
	program::{Program, TensorId},
	referee::{self, Tensors, WitnessError},
};
use rayon::prelude::*;

use crate::{
	engine::Engine,
	error::EngineError,
	hash,
	memory::{Keep, Memory},
	pool::Pool,
	run::Run,
	state::StateRoots,
	task::TaskInput,
};

/// The tensors of one step: the state before it, the model that adapters belong to, and every op's
/// output. With a fault in the task they are those of the faulty run.
///
/// It takes the memory of a step whose tensors are all kept, and that of the state once more. Virtual
/// tensors are in neither: their tiles are made by the specification's own functions when they are
/// asked for, all of a tensor on the engine's threads. The last two that were made whole are kept.
///
/// As [`Tensors`] it knows everything but the data. Roots are hashed on the engine's threads.
pub struct StepTranscript {
	program: Arc<Program>,
	pool: Arc<Pool>,
	env: Env<'static>,
	memory: Memory,
	/// The parameters before the step, which are updated in place, and the moments if there are any.
	before: Vec<Vec<u8>>,
	/// The op at which the step ends, if it does: there are no outputs from it on.
	ended: Option<u32>,
	made: Mutex<VecDeque<(TensorId, Arc<Vec<u8>>)>>,
}

impl Engine {
	/// Repeats a task, or the part of it that is given, up to `step`, which counts from the start of the
	/// task, and keeps every tensor of that step.
	///
	/// # Errors
	/// As [`train`](Engine::train), and [`EngineError::NoSuchStep`] if it is none of the steps that are
	/// run.
	pub fn transcript(
		&self,
		task: &TaskInput<'_>,
		step: u32,
	) -> Result<StepTranscript, EngineError> {
		let transcript = self.transcript_of(task, step)?;
		match transcript.ended {
			Some(op) => {
				let op = op as usize;
				Err(EngineError::OutOfRange { step, op })
			}
			None => Ok(transcript),
		}
	}

	/// The transcript of a step that may end.
	fn transcript_of(
		&self,
		task: &TaskInput<'_>,
		step: u32,
	) -> Result<StepTranscript, EngineError> {
		let range = self.check_task(task)?;
		if !range.contains(&step) {
			let steps = task.steps;
			return Err(EngineError::NoSuchStep { step, steps });
		}
		let (memory, before, ended) = self.pool.run(|lane| {
			let mut run = Run::new(self, task, Keep::Everything)?;
			for earlier in range.start..step {
				run.step(lane, earlier, false, &mut [])?;
			}
			let mut before = run.memory().copies(self.program.params());
			if step > 0 {
				before.extend(run.memory().copies(self.program.moments()));
			}
			let ended = match run.step(lane, step, false, &mut []) {
				Err(EngineError::OutOfRange { op, .. }) => Some(op as u32),
				other => {
					other?;
					None
				}
			};
			Ok::<_, EngineError>((run.into_memory(), before, ended))
		})?;
		Ok(StepTranscript {
			env: self.env(task, step),
			program: self.program.clone(),
			pool: self.pool.clone(),
			memory,
			before,
			ended,
			made: Mutex::default(),
		})
	}
}

impl StepTranscript {
	/// The environment of the step. A fault does not change it.
	pub fn env(&self) -> Env<'_> {
		self.env.with_turns(self.program.outline().turns())
	}

	/// Whether the moments before the step are materialised: not before the first step of a task.
	pub fn moments(&self) -> referee::Moments {
		if self.before.len() > self.program.params().len() {
			referee::Moments::Held
		} else {
			referee::Moments::Zero
		}
	}

	/// Ops whose outputs are there: all of them, or those before the one at which the step ends.
	fn made(&self) -> usize {
		let all = self.program.ops().len();
		self.ended.map_or(all, |op| all.min(op as usize))
	}

	/// What commits to this step and opens places of it. Every tensor is hashed, one after the other.
	///
	/// # Errors
	/// As [`referee::Transcript::new`].
	pub fn witness<'a>(
		&'a self,
		data: &'a [u8],
	) -> Result<referee::Transcript<'a, Self>, WitnessError> {
		let outline = self.program.outline();
		referee::Transcript::until(outline, self, data, self.moments(), self.made() as u32)
	}

	/// The roots of the state before the step.
	pub fn before(&self) -> StateRoots {
		let roots = |_| {
			self.before
				.par_iter()
				.map(|bytes| hash::root(bytes))
				.collect()
		};
		let roots: Vec<Root> = self.pool.run(roots);
		let (params, moments) = roots.split_at(self.program.params().len());
		StateRoots {
			params: list_root(params),
			moments: match moments {
				[] => ZERO_ROOT,
				moments => list_root(moments),
			},
		}
	}

	/// The roots of the state after it, unless it ends.
	pub fn after(&self) -> StateRoots {
		let roots = |ids| list_root(&self.memory.roots(ids));
		self.pool.run(|_| StateRoots {
			params: roots(self.program.next_params()),
			moments: roots(self.program.next_moments()),
		})
	}

	/// The canonical bytes of each op's output, the list of the state's roots included, in the program's
	/// order; of a step that ends up to the op at which it does.
	pub fn outputs(&self) -> impl ExactSizeIterator<Item = Cow<'_, [u8]>> {
		self.program.ops()[..self.made()].iter().map(|op| {
			let bytes = Tensors::bytes(self, op.output);
			bytes.expect("the tensors that a virtual one is made of are in memory; qed")
		})
	}

	/// The root of each op's output.
	pub fn roots(&self) -> Vec<Root> {
		let roots = self.program.ops()[..self.made()].iter().map(|op| {
			let root = Tensors::root(self, op.output);
			root.expect("the tensors that a virtual one is made of are in memory; qed")
		});
		roots.collect()
	}
}

impl std::fmt::Debug for StepTranscript {
	fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		formatter
			.debug_struct("StepTranscript")
			.field("env", &self.env)
			.finish_non_exhaustive()
	}
}
