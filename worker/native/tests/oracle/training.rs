//! Several steps of training by both lanes.

use assay_native::{NativeModel, NativeTrainer, Task};
use assay_numerics::{
	lower, train_items, ByteMlp, Env, Gpt, Memory, Model, Norm, Positions, StepPlan,
};
use candle_core::Device;

use crate::{
	decoder::{plan, small},
	run::{distance, load, params, read, tokens, SEED},
};

const STEPS: u32 = 8;

/// Trains for a task by both lanes and compares the loss of each step and the change of parameters.
fn compare(plan: &StepPlan, data: &[u8], round: u32) {
	// GIVEN the same parameters
	let program = lower(plan).unwrap();
	let params = params(plan);
	let mut memory = Memory::initial(&program, &SEED, data).unwrap();
	load(&program, &mut memory, &params);
	let model = NativeModel::new(plan, params.clone(), &Device::Cpu).unwrap();
	let task = Task {
		seed: SEED,
		round,
		slot: 1,
		steps: STEPS,
	};
	let mut trainer = NativeTrainer::new(model, task).unwrap();
	let items = train_items(data.len() as u64);
	// WHEN both lanes train
	for step in 0..STEPS {
		let env = Env::new(SEED, round, 1, step, STEPS, items);
		let env = env.with_turns(program.outline().turns());
		memory.run(&program, &env).unwrap();
		let exact = read(&program, &memory, program.mean_loss())[0];
		memory.advance(&program);
		// THEN the losses of each step agree
		let native = f64::from(trainer.step(data).unwrap());
		assert!(
			(exact / native - 1.0).abs() < 1e-3,
			"step {step}: {exact} against {native}"
		);
	}
	// AND so do the parameters, much better than they have moved
	let trained = trainer.into_model().params().unwrap();
	for ((trained, before), id) in trained.iter().zip(&params).zip(program.params()) {
		let floats = |x: &[f32]| x.iter().copied().map(f64::from).collect::<Vec<_>>();
		let (trained, name) = (floats(&trained.values), &trained.name);
		let moved = distance(&trained, &floats(&before.values));
		let error = distance(&trained, &read(&program, &memory, *id));
		// Adam divides by the length of the gradient: one that is noise moves a parameter as far as any
		// other, here the bias of keys, which changes no loss without rotary positions.
		if !name.ends_with("k_proj.bias") {
			assert!(error < 0.05 * moved, "{name}: {error:.1e} of {moved:.1e}");
		}
	}
}

#[test]
fn a_decoder_trains_alike_from_the_first_step_of_the_warm_up_on() {
	compare(&plan(small(), 4), &tokens(3_000, 1, 40), 0);
}

#[test]
fn a_decoder_with_learned_positions_trains_alike_while_its_rate_decays() {
	let model = Gpt {
		positions: Positions::Learned,
		norm: Norm::Layer,
		biases: true,
		tied: true,
		..small()
	};
	compare(&plan(model, 4), &tokens(3_000, 1, 40), 1);
}

#[test]
fn a_perceptron_trains_alike() {
	let hidden = vec![48].try_into().unwrap();
	let model = Model::ByteMlp(ByteMlp {
		context: 4,
		embedding: 16,
		hidden,
	});
	let plan = StepPlan {
		model,
		..plan(small(), 32)
	};
	compare(&plan, &tokens(9_000, 1, 256), 0);
}
