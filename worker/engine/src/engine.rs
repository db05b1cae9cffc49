//! The executor of one plan.

use std::sync::Arc;

use assay_numerics::{init_tile, lower, Gpt, Model, Program, StepPlan};

use rayon::prelude::*;

use crate::{
	error::EngineError,
	isa::Isa,
	layout,
	list::List,
	memory::{Keep, Memory},
	params::Params,
	pool::Pool,
	schedule::{schedule, Unit},
};

/// Executes the steps of one plan. Threads start with it and end with it.
#[derive(Debug)]
pub struct Engine {
	pub(crate) plan: StepPlan,
	pub(crate) program: Arc<Program>,
	pub(crate) pool: Arc<Pool>,
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
			program: Arc::new(program),
			pool: Arc::new(pool),
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
		if !base.0.layouts().eq(layouts) {
			return Err(EngineError::ParamsOfAnotherPlan);
		}
		let found = self.pool.run(|_| base.0.root_on_pool());
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
		memory.load(program.params(), params.tensors());
		match &self.base {
			Some(base) => memory.load(program.frozen(), base.tensors()),
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
		Params(List::of_bytes(layouts, tensors))
	}

	/// Refuses parameters that were made for another program.
	pub(crate) fn check_params(&self, params: &Params) -> Result<(), EngineError> {
		if params.0.layouts().eq(layout::of_params(&self.program)) {
			Ok(())
		} else {
			Err(EngineError::ParamsOfAnotherPlan)
		}
	}
}
