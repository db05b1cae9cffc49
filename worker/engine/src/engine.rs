//! The executor of one plan.

use std::{sync::Arc, time::Duration};

use assay_numerics::{
	hash::{list_root, state_root, ZERO_ROOT},
	init_tile,
	loss::Loss,
	lower,
	ops::Env,
	Gpt, Model, Program, StepPlan,
};

use rayon::prelude::*;

use crate::{
	error::EngineError,
	examples::Examples,
	exec::Step,
	isa::Isa,
	layout,
	memory::{Keep, Memory},
	params::Params,
	pool::{Lane, Pool},
	schedule::{schedule, Unit},
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
	/// The frozen model that adapters belong to.
	base: Option<Arc<Params>>,
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
		let pool = Pool::new(threads, isa)?;
		// On a thread whose rounding is known to be right: a plan has factors that are computed.
		let program = pool.run(|_| lower(plan)).map_err(EngineError::Plan)?;
		Ok(Engine {
			plan: plan.clone(),
			program,
			pool,
			base: None,
		})
	}

	/// The same for a plan with adapters, with the model that they are trained for.
	///
	/// # Errors
	/// [`EngineError::ParamsOfAnotherPlan`] for a model of another shape, also if the plan has no
	/// adapters, and [`EngineError::OtherBase`] for one that the plan does not name.
	pub fn with_base(mut self, base: Arc<Params>) -> Result<Self, EngineError> {
		let layouts = layout::of_frozen(&self.program);
		let Model::Gpt(Gpt {
			adapter: Some(adapter),
			..
		}) = &self.plan.model
		else {
			return Err(EngineError::ParamsOfAnotherPlan);
		};
		if !base.layouts().eq(layouts) {
			return Err(EngineError::ParamsOfAnotherPlan);
		}
		let found = self.pool.run(|_| base.root_on_pool());
		if found != adapter.base {
			let expected = adapter.base;
			return Err(EngineError::OtherBase { expected, found });
		}
		self.base = Some(base);
		Ok(self)
	}

	/// Bytes that training takes: parameters, moments, the model that adapters belong to and all
	/// tensors of a step, without what is quantised.
	pub fn memory_needed(&self) -> u64 {
		let units = schedule(self.program.ops(), Keep::State);
		// Parameters and base once more: the parent that training starts from, and what
		// `with_base` keeps.
		Memory::needed(&self.program, &units, Keep::State)
			+ self.program.checkpoint_bytes()
			+ self.base_bytes()
	}

	/// Bytes of the model that adapters belong to; 0 for a plan without them.
	pub fn base_bytes(&self) -> u64 {
		self.program.outline().frozen_bytes()
	}

	/// The program of the same model with the smallest batch that its plan may have.
	pub(crate) fn smallest(&self) -> Result<Program, EngineError> {
		let mut plan = self.plan.clone();
		plan.batch = match plan.model {
			Model::Gpt(_) => 1,
			Model::ByteMlp(_) | Model::Classifier(_) => crate::tensor::SIDE as u32,
		};
		self.pool.run(|_| lower(&plan)).map_err(EngineError::Plan)
	}

	/// Memory with these parameters and with the model that they are adapters of, if they are.
	pub(crate) fn memory(
		&self,
		program: &Program,
		units: &[Unit],
		params: &Params,
		keep: Keep,
	) -> Result<Memory, EngineError> {
		let mut memory = Memory::new(program, units, self.pool.lane().threads, keep);
		memory.load(program.params(), params);
		match &self.base {
			Some(base) => memory.load(program.frozen(), base),
			None if program.frozen().is_empty() => {}
			None => return Err(EngineError::NoBase),
		}
		Ok(memory)
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
		let tensors = self.pool.run(|_| {
			let tensors = layouts.par_iter().enumerate().map(|(param, layout)| {
				let tiles = (0..layout.tiles()).flat_map(|tile| {
					let tile = init_tile(&self.program, seed, param, tile);
					tile.expect("the tile is one of the parameter's; qed")
						.to_bytes()
				});
				tiles.collect()
			});
			tensors.collect()
		});
		Params::of_bytes(layouts, tensors)
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
		let rows = self.program.outline().rows() as usize;
		if task.steps == 0 {
			return Err(EngineError::NoSteps);
		}
		if task.stride == 0 {
			return Err(EngineError::NoStride);
		}
		let parent = self.pool.run(|_| task.parent.root_on_pool());
		let mut trace = vec![state_root(parent, ZERO_ROOT, ZERO_ROOT)];
		let ids = (self.program.params(), self.program.moments());
		let mut moments_root = ZERO_ROOT;
		let is_border =
			|step: u32| (step + 1).is_multiple_of(task.stride) || step + 1 == task.steps;
		let memory = self.run(
			task,
			task.steps,
			Keep::State,
			(&mut [], &is_border),
			&mut |memory, step| {
				let row_losses = &memory.tensor(self.program.row_losses()).floats()[..rows];
				let loss = Loss::mean_of_rows(row_losses.iter().copied());
				losses.push(loss);
				observer(StepReport { step, loss });
				if is_border(step) {
					let (params, moments) =
						rayon::join(|| memory.roots(ids.0), || memory.roots(ids.1));
					moments_root = list_root(&moments);
					trace.push(state_root(list_root(&params), moments_root, ZERO_ROOT));
				}
			},
		)?;
		let loss = Loss::mean(losses.iter().copied());
		Ok(TaskOutput {
			params: self.params_of(&memory),
			trace,
			moments_root,
			loss,
			losses,
		})
	}

	/// Runs the first `steps` steps of a task; `after` sees the memory after each. The state is hashed
	/// on the way in steps for which `roots` says that it will ask for roots.
	pub(crate) fn run(
		&self,
		task: &TaskInput<'_>,
		steps: u32,
		keep: Keep,
		(times, roots): (&mut [Duration], &(dyn Fn(u32) -> bool + Sync)),
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
		let outline = self.program.outline();
		let examples = Examples::new(outline, task.data)?;
		examples.check_train()?;
		let units = schedule(self.program.ops(), keep);
		self.pool.run(|lane: Lane| {
			let mut memory = self.memory(&self.program, &units, task.parent, keep)?;
			let mut starts = vec![0; outline.batch() as usize];
			for step in 0..steps {
				let items = examples.train_items();
				let env = Env::new(task.seed, task.round, task.slot, step, task.steps, items);
				let env = &env.with_turns(outline.turns());
				examples.drawn(env, &mut starts);
				examples.write(&self.program, &mut memory, &starts)?;
				let inputs = Step {
					env,
					fault: task.fault,
					roots: roots(step),
				};
				memory
					.step(lane, &self.program, &units, inputs, times)
					.map_err(|error| EngineError::OutOfRange { step, op: error.op })?;
				after(&memory, step);
			}
			Ok(memory)
		})
	}

	/// Refuses parameters that were made for another program.
	pub(crate) fn check_params(&self, params: &Params) -> Result<(), EngineError> {
		if params.layouts().eq(layout::of_params(&self.program)) {
			Ok(())
		} else {
			Err(EngineError::ParamsOfAnotherPlan)
		}
	}

	/// The parameters in memory.
	fn params_of(&self, memory: &Memory) -> Params {
		let ids = self.program.params();
		let bytes = ids.iter().map(|id| memory.bytes(*id).into_owned());
		Params::of_bytes(layout::of_params(&self.program), bytes.collect())
	}
}
