//! The same training by each lane.

use std::{error::Error, str::FromStr, sync::Arc};

use assay_engine::{Engine, Params, TaskInput};
use assay_native::{initial_parameters, NamedTensor, NativeModel, NativeTrainer, Precision, Task};
use assay_numerics::{Program, StepPlan};
use candle_core::Device;

use crate::{channel, plans};

/// Who computes.
#[derive(Clone, Copy)]
pub(crate) enum Lane {
	Exact,
	Native(Precision),
}

impl FromStr for Lane {
	type Err = String;

	fn from_str(name: &str) -> Result<Self, String> {
		match name {
			"exact" => Ok(Lane::Exact),
			"f32" => Ok(Lane::Native(Precision::F32)),
			"bf16" => Ok(Lane::Native(Precision::Bf16)),
			_ => Err(format!("there is no lane {name}: exact, f32 or bf16")),
		}
	}
}

/// What is trained, by whichever lane.
pub(crate) struct Training {
	pub(crate) plan: StepPlan,
	pub(crate) data: Vec<u8>,
	pub(crate) seed: [u8; 32],
	pub(crate) steps: u32,
	/// The frozen model of adapters, with the program that it was trained by.
	pub(crate) base: Option<(Program, Arc<Params>)>,
}

/// What came out.
pub(crate) struct Found {
	/// Mean loss of every step's batch, in nats.
	pub(crate) losses: Vec<f64>,
	/// Loss on held-out examples before the first step and after the last one, in nats.
	pub(crate) before: f64,
	pub(crate) after: f64,
	/// Numbers that were trained.
	pub(crate) parameters: usize,
}

impl Training {
	/// Trains the model on other data, makes one of its channels great, and goes on with adapters.
	pub(crate) fn of_adapters(
		mut self,
		base_data: Vec<u8>,
		scale: u32,
	) -> Result<Self, Box<dyn Error>> {
		let data = std::mem::replace(&mut self.data, base_data);
		// One base for all plans of a seed.
		let engine = Engine::new(&plans::with_one_term(&self.plan), 1)?;
		let trained = engine.train(&self.task(&engine.init(&self.seed)), &mut |_| {})?;
		let base = channel::scaled(engine.program(), &trained.params, scale)?;
		self.plan = plans::adapted(&self.plan, base.root());
		self.data = data;
		self.base = Some((engine.program().clone(), Arc::new(base)));
		Ok(self)
	}

	/// Trains by this lane; losses on held-out examples are its own, too.
	pub(crate) fn run(&self, lane: Lane, held_out: u32) -> Result<Found, Box<dyn Error>> {
		match lane {
			Lane::Exact => self.exact(held_out),
			Lane::Native(precision) => self.native(precision, held_out),
		}
	}

	fn exact(&self, held_out: u32) -> Result<Found, Box<dyn Error>> {
		let mut engine = Engine::new(&self.plan, 1)?;
		if let Some((_, base)) = &self.base {
			engine = engine.with_base(base.clone())?;
		}
		let parent = engine.init(&self.seed);
		let before = engine.evaluate(&parent, &self.data, held_out)?;
		let trained = engine.train(&self.task(&parent), &mut |_| {})?;
		let after = engine.evaluate(&trained.params, &self.data, held_out)?;
		let tensors = (0..).map_while(|index| parent.tensor_f32(index));
		Ok(Found {
			losses: trained.losses.iter().map(|loss| loss.to_nats()).collect(),
			before: before.to_nats(),
			after: after.to_nats(),
			parameters: tensors.map(|(_, values)| values.len()).sum(),
		})
	}

	fn native(&self, precision: Precision, held_out: u32) -> Result<Found, Box<dyn Error>> {
		let mut params = initial_parameters(&self.plan, &self.seed)?;
		if let Some((program, base)) = &self.base {
			params.extend(named(program, base));
		}
		let model = NativeModel::with_precision(&self.plan, params, &Device::Cpu, precision)?;
		let (parameters, before) = (
			model.parameter_count(),
			model.evaluate(&self.data, held_out)?,
		);
		let task = Task {
			seed: self.seed,
			round: 0,
			slot: 0,
			steps: self.steps,
		};
		let mut trainer = NativeTrainer::new(model, task)?;
		let losses = (0..self.steps).map(|_| trainer.step(&self.data).map(f64::from));
		let losses = losses.collect::<Result<_, _>>()?;
		let after = trainer.model().evaluate(&self.data, held_out)?;
		Ok(Found {
			losses,
			before,
			after,
			parameters,
		})
	}

	/// All steps in one task: moments are never restarted.
	fn task<'a>(&'a self, parent: &'a Params) -> TaskInput<'a> {
		TaskInput {
			parent,
			data: &self.data,
			seed: self.seed,
			round: 0,
			slot: 0,
			steps: self.steps,
			stride: self.steps,
			part: None,
			fault: None,
		}
	}
}

/// Parameters by their names in the program.
fn named<'a>(program: &'a Program, params: &'a Params) -> impl Iterator<Item = NamedTensor> + 'a {
	let ids = program.params().iter().enumerate();
	ids.filter_map(|(index, id)| {
		let (shape, values) = params.tensor_f32(index)?;
		Some(NamedTensor {
			name: program.tensor(*id)?.name.clone(),
			shape,
			values,
		})
	})
}
