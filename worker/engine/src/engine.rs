//! The executor of one plan.

use std::time::Duration;

use assay_numerics::{
	batch::{span, train_bytes},
	hash::{list_root, state_root, tensor_root, Root, ZERO_ROOT},
	init_tile,
	loss::Loss,
	lower,
	ops::Env,
	Model, Program, StepPlan,
};

use crate::{
	error::EngineError,
	exec::{Memory, Step},
	isa::Isa,
	layout,
	params::Params,
	pool::{Lane, Pool},
	task::{Fault, StepReport, TaskInput, TaskOutput},
};

/// Losses that are made room for before the first step; tasks of the chain have fewer steps.
const MANY: u32 = 1 << 16;

/// Executes the steps of one plan. Threads start with it and end with it.
#[derive(Debug)]
pub struct Engine {
	pub(crate) plan: StepPlan,
	pub(crate) program: Program,
	pub(crate) pool: Pool,
}

impl Engine {
	/// An engine on so many threads, with the instruction set that [`Isa::from_env`] chooses.
	///
	/// # Errors
	/// A plan that cannot be lowered, an instruction set that is unknown or not there, no threads,
	/// or threads whose floating-point mode is not IEEE's default.
	pub fn new(plan: &StepPlan, threads: usize) -> Result<Self, EngineError> {
		Engine::with_isa(plan, threads, Isa::from_env()?)
	}

	/// [`new`](Self::new) with this instruction set, whatever the environment says.
	///
	/// # Errors
	/// As [`new`](Self::new).
	pub fn with_isa(plan: &StepPlan, threads: usize, isa: Isa) -> Result<Self, EngineError> {
		let program = lower(plan).map_err(EngineError::Plan)?;
		Ok(Engine {
			plan: plan.clone(),
			program,
			pool: Pool::new(threads, isa)?,
		})
	}

	/// The program of one step.
	pub fn program(&self) -> &Program {
		&self.program
	}

	/// The instruction set in use.
	pub fn isa(&self) -> Isa {
		self.pool.lane().isa
	}

	/// The parameters before the first round.
	pub fn init(&self, seed: &[u8; 32]) -> Params {
		let layouts = layout::of_params(&self.program);
		let tensors = layouts.iter().enumerate().map(|(param, layout)| {
			let tiles = (0..layout.tiles()).flat_map(|tile| {
				let tile = init_tile(&self.program, seed, param, tile);
				tile.expect("the tile is one of the parameter's; qed")
					.to_bytes()
			});
			tiles.collect()
		});
		Params::of_bytes(layouts.clone(), tensors.collect())
	}

	/// Trains one task. `observer` is called after every step, on one of the engine's threads.
	///
	/// # Errors
	/// A parent of another plan, too little data, no steps, a fault that names no parameter, and
	/// [`EngineError::OutOfRange`] if training diverges.
	pub fn train(
		&self,
		task: &TaskInput<'_>,
		observer: &mut (dyn FnMut(StepReport) + Send),
	) -> Result<TaskOutput, EngineError> {
		let mut losses = Vec::with_capacity(task.steps.min(MANY) as usize);
		let start = state_root(task.parent.root(), ZERO_ROOT, ZERO_ROOT);
		let memory = self.run(task, task.steps, &mut [], &mut |memory, step| {
			let loss = Loss::mean_of_rows(memory.tensor(self.program.row_losses()).iter().copied());
			losses.push(loss);
			observer(StepReport { step, loss });
		})?;
		Ok(self.pool.run(|_| {
			let params = self.params_of(&memory);
			let moments_root = list_root(&self.moment_roots(&memory));
			let end = state_root(params.root(), moments_root, ZERO_ROOT);
			let loss = Loss::mean(losses.iter().copied());
			TaskOutput {
				params,
				trace: vec![start, end],
				moments_root,
				loss,
				losses,
			}
		}))
	}

	/// Runs the first `steps` steps of a task; `after` sees the memory before it advances.
	pub(crate) fn run(
		&self,
		task: &TaskInput<'_>,
		steps: u32,
		times: &mut [Duration],
		after: &mut (dyn FnMut(&Memory, u32) + Send),
	) -> Result<Memory, EngineError> {
		self.check_params(task.parent)?;
		if task.steps == 0 {
			return Err(EngineError::NoSteps);
		}
		let params = self.program.params().len();
		if let Some(Fault::NegateGradient { param }) = task.fault {
			if param >= params {
				return Err(EngineError::FaultOfNoParam { param, params });
			}
		}
		let bytes = train_bytes(task.data.len() as u64);
		let span = self.span_of(bytes)?;
		self.pool.run(|lane: Lane| {
			let mut memory = Memory::new(&self.program, self.program.ops());
			memory.load(&self.program, task.parent);
			for step in 0..steps {
				let env = &Env::new(task.seed, task.round, task.slot, step, task.steps, bytes);
				let inputs = Step {
					data: task.data,
					env,
					span,
					fault: task.fault,
				};
				memory
					.step(lane, &self.program, inputs, times)
					.map_err(|error| EngineError::OutOfRange { step, op: error.op })?;
				after(&memory, step);
				memory.advance(&self.program);
			}
			Ok(memory)
		})
	}

	/// Bytes that a prediction sees.
	pub(crate) fn context(&self) -> u32 {
		let Model::ByteMlp(model) = &self.plan.model;
		u32::from(model.context)
	}

	/// Offsets that a row may start at inside so many bytes; at least one.
	pub(crate) fn span_of(&self, bytes: u64) -> Result<u64, EngineError> {
		match span(bytes, self.context()) {
			0 => Err(EngineError::DataTooShort {
				bytes,
				needed: u64::from(self.context()) + 1,
			}),
			span => Ok(span),
		}
	}

	/// Refuses parameters that were made for another program.
	pub(crate) fn check_params(&self, params: &Params) -> Result<(), EngineError> {
		if params.layouts().eq(layout::of_params(&self.program)) {
			Ok(())
		} else {
			Err(EngineError::ParamsOfAnotherPlan)
		}
	}

	/// The parameters in memory, after [`Memory::advance`].
	fn params_of(&self, memory: &Memory) -> Params {
		let ids = self.program.params();
		let bytes = ids
			.iter()
			.map(|id| memory.bytes(&self.program, *id))
			.collect();
		Params::of_bytes(layout::of_params(&self.program), bytes)
	}

	/// The roots of the moments in memory, after [`Memory::advance`].
	fn moment_roots(&self, memory: &Memory) -> Vec<Root> {
		let ids = self.program.moments().iter();
		ids.map(|id| tensor_root(&memory.bytes(&self.program, *id)))
			.collect()
	}
}
