//! The steps of a task, one after the other in the same memory.

use std::{ops::Range, time::Duration};

use assay_numerics::{batch::train_items, ops::Env};

use crate::{
	engine::Engine,
	error::EngineError,
	examples::Examples,
	exec::Step,
	fault::Fault,
	layout,
	memory::{Keep, Memory},
	pool::Lane,
	schedule::{schedule, Unit},
	task::TaskInput,
};

/// A task, or a part of one, on its way. It is made and used on the engine's pool.
pub(crate) struct Run<'a> {
	engine: &'a Engine,
	task: &'a TaskInput<'a>,
	examples: Examples<'a>,
	units: Vec<Unit>,
	memory: Memory,
	/// The items that the examples of a step start at.
	starts: Vec<u64>,
}

impl<'a> Run<'a> {
	/// Loads what the task starts from.
	pub(crate) fn new(
		engine: &'a Engine,
		task: &'a TaskInput<'a>,
		keep: Keep,
	) -> Result<Self, EngineError> {
		let program = &engine.program;
		let outline = program.outline();
		let examples = Examples::new(outline, task.data)?;
		let units = schedule(program.ops(), keep);
		let mut memory = engine.memory(program, &units, task.parent, keep)?;
		if let Some(moments) = task.moments() {
			memory.load(program.moments(), moments.tensors());
		}
		Ok(Run {
			engine,
			task,
			examples,
			units,
			memory,
			starts: vec![0; outline.batch() as usize],
		})
	}

	/// Takes a step. The state is hashed on the way if `roots`, which says that its roots will be asked
	/// for. `times`, if it has a place for every op, gets what each of them took.
	pub(crate) fn step(
		&mut self,
		lane: Lane,
		step: u32,
		roots: bool,
		times: &mut [Duration],
	) -> Result<(), EngineError> {
		let program = &self.engine.program;
		let fault = self.task.fault;
		let env = self.engine.env(self.task, step);
		let env = env.with_turns(program.outline().turns());
		let drawn = match fault {
			Some(Fault::WrongData { slot }) => Env { slot, ..env },
			_ => env,
		};
		self.examples.drawn(&drawn, &mut self.starts);
		self.examples
			.write(program, &mut self.memory, &self.starts)?;
		let env = &env;
		let inputs = Step { env, fault, roots };
		self.memory
			.step(lane, program, &self.units, inputs, times)
			.map_err(|error| EngineError::OutOfRange { step, op: error.op })
	}

	pub(crate) fn memory(&self) -> &Memory {
		&self.memory
	}

	pub(crate) fn into_memory(self) -> Memory {
		self.memory
	}
}

impl Engine {
	/// The environment of a step of a task whose data are whole items, but for the plan's turns.
	pub(crate) fn env(&self, task: &TaskInput<'_>, step: u32) -> Env<'static> {
		let item = self.program.outline().item_bytes();
		let items = train_items(task.data.len() as u64 / u64::from(item));
		Env::new(task.seed, task.round, task.slot, step, task.steps, items)
	}

	/// The steps of a task that are run, if it can be run.
	pub(crate) fn check_task(&self, task: &TaskInput<'_>) -> Result<Range<u32>, EngineError> {
		self.check_params(task.parent)?;
		let range = task.range()?;
		if let Some(moments) = task.moments() {
			if !moments.0.layouts().eq(layout::of_moments(&self.program)) {
				return Err(EngineError::MomentsOfAnotherPlan);
			}
		}
		let params = self.program.params().len();
		let param = task.fault.and_then(Fault::param);
		if let Some(param) = param.filter(|param| *param >= params) {
			return Err(EngineError::FaultOfNoParam { param, params });
		}
		Examples::new(self.program.outline(), task.data)?.check_train()?;
		Ok(range)
	}
}
