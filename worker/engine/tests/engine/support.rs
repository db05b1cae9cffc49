//! Plans, data and tasks for tests.

use assay_engine::{Engine, Isa, Params, TaskInput};
use assay_numerics::{
	AdamW, ByteMlp, Decimal, Memory, Model, Optimiser, Profile, Program, StepPlan, Tile,
};

/// A plan of these sizes with ordinary hyperparameters.
pub(crate) fn plan(context: u16, embedding: u16, hidden: &[u16], batch: u32) -> StepPlan {
	let hidden = hidden.to_vec().try_into().expect("at most eight layers");
	StepPlan {
		model: Model::ByteMlp(ByteMlp {
			context,
			embedding,
			hidden,
		}),
		optimiser: Optimiser::AdamW(AdamW {
			learning_rate: Decimal::new(2, -3),
			beta1: Decimal::new(9, -1),
			beta2: Decimal::new(99, -2),
			epsilon: Decimal::new(1, -8),
			weight_decay: Decimal::new(1, -2),
			warmup: 4,
		}),
		batch,
		profile: Profile::Exact12V1,
	}
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

/// A task of the first slot of the first round.
pub(crate) fn task<'a>(parent: &'a Params, data: &'a [u8], steps: u32) -> TaskInput<'a> {
	TaskInput {
		parent,
		data,
		seed: [7; 32],
		round: 0,
		slot: 0,
		steps,
		fault: None,
	}
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
