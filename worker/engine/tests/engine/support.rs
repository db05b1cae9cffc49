//! Plans, data and tasks for tests.

use std::sync::Arc;

use assay_engine::{Engine, Isa, Params, Snapshot, TaskInput, TaskOutput};
use assay_numerics::{
	samples, AdamW, Decimal, FeedForward, Gpt, Memory, Model, Norm, Optimiser, Positions, Program,
	StepPlan, Tile,
};

/// A plan of these sizes with ordinary hyperparameters.
pub(crate) fn plan(context: u16, embedding: u16, hidden: &[u16], batch: u32) -> StepPlan {
	with_adam(samples::byte_mlp(context, embedding, hidden, batch), eager)
}

/// A rate at which a few steps are enough to see a difference.
fn eager(adam: &mut AdamW) {
	adam.learning_rate = Decimal::new(2, -3);
	adam.warmup = 4;
}

/// A decoder of two small blocks; `change` makes another one of it.
pub(crate) fn gpt(change: impl FnOnce(&mut Gpt), batch: u32) -> StepPlan {
	let mut plan = with_adam(samples::gpt(16, 32, 2, batch), eager);
	if let Model::Gpt(model) = &mut plan.model {
		change(model);
	}
	plan
}

/// The usual turns of a head of this width.
pub(crate) fn rotary(head: u16, base: f64) -> Positions {
	let turn = |pair: u16| {
		let frequency = base.powf(-2.0 * f64::from(pair) / f64::from(head));
		(frequency / std::f64::consts::TAU * 2_f64.powi(64)) as u64
	};
	let turns: Vec<u64> = (0..head / 2).map(turn).collect();
	Positions::Rotary(turns.try_into().expect("a head has at most 128 pairs"))
}

/// The same decoder in the manner of older models.
pub(crate) fn older(model: &mut Gpt) {
	model.norm = Norm::Layer;
	model.positions = Positions::Learned;
	model.mlp = FeedForward::Plain;
	model.biases = true;
	model.tied = true;
}

/// A block of attention over spans of 128 positions that are not whole, whose heads share keys and
/// values.
pub(crate) fn shared_heads() -> StepPlan {
	let change = |model: &mut Gpt| {
		(model.context, model.vocabulary) = (144, 61);
		(model.heads, model.kv_heads, model.head) = (2, 1, 32);
		model.positions = rotary(32, 10_000.0);
		model.layers = 1;
	};
	gpt(change, 1)
}

/// The smallest model there is.
pub(crate) fn tiny() -> StepPlan {
	plan(2, 16, &[16], 16)
}

/// The same plan with another optimiser.
pub(crate) fn with_adam(mut plan: StepPlan, change: impl FnOnce(&mut AdamW)) -> StepPlan {
	let Optimiser::AdamW(adam) = &mut plan.optimiser;
	change(adam);
	plan
}

/// An engine on one thread with the widest instruction set.
pub(crate) fn engine(plan: &StepPlan) -> Engine {
	Engine::with_isa(plan, 1, Isa::widest()).expect("the plan is in order")
}

/// The same with the model that the plan's adapters belong to, if it has any.
pub(crate) fn engine_of(plan: &StepPlan, base: Option<&Arc<Params>>) -> Engine {
	let engine = engine(plan);
	match base {
		Some(base) => engine
			.with_base(base.clone())
			.expect("the base is the plan's"),
		None => engine,
	}
}

/// A task of the first slot of the first round.
pub(crate) fn task<'a>(parent: &'a Params, data: &'a [u8], steps: u32) -> TaskInput<'a> {
	TaskInput {
		parent,
		data,
		seed: [7; 32],
		round: 0,
		slot: 0,
		steps,
		stride: steps,
		part: None,
		fault: None,
	}
}

/// Trains, and keeps the states at all borders, the first one included.
pub(crate) fn with_states(engine: &Engine, input: &TaskInput<'_>) -> (TaskOutput, Vec<Snapshot>) {
	let mut snapshots = vec![Snapshot::start(input.parent.clone())];
	let output = engine.train_in_segments(input, &mut |_| (), &mut |border| {
		snapshots.push(border.snapshot());
	});
	(output.expect("the task stays in range"), snapshots)
}

/// Bytes without any pattern, the same in every run.
pub(crate) fn noise(bytes: usize) -> Vec<u8> {
	let mut data = vec![0; bytes];
	blake3::Hasher::new()
		.update(b"noise")
		.finalize_xof()
		.fill(&mut data);
	data
}

/// Tiles of canonical bytes.
pub(crate) fn tiles(bytes: &[u8]) -> Vec<Tile> {
	bytes.as_chunks().0.iter().map(Tile::from_bytes).collect()
}

/// The specification's memory with these parameters and no moments.
pub(crate) fn memory_of(program: &Program, params: &Params, data: &[u8]) -> Memory {
	let mut memory = Memory::new();
	memory.set_data(data);
	for (id, bytes) in program.params().iter().zip(params.tensors()) {
		memory.set(*id, tiles(bytes));
	}
	for id in program.moments() {
		let layout = program
			.tensor(*id)
			.expect("a program has its tensors")
			.layout;
		memory.set(*id, vec![Tile::ZERO; layout.tiles() as usize]);
	}
	memory
}
