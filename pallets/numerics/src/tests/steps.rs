//! Whole steps by the slow executor.

use super::{
	matrix::{padding, read},
	runs::ready,
	shaped, text,
};
use crate::{
	arith, lower, ops,
	plan::tests::{adapter, classes, decoder, gpt2, llama, small},
	program::{OpKind, DATA},
	train_items, At, Decimal, Env, Gpt, Memory, Optimiser, Program, StepError, StepPlan, Stopped,
	Tile, TileRef, Tiles,
};

const SEED: [u8; 32] = [11; 32];

fn env(round: u32, step: u32, bytes: usize) -> Env<'static> {
	Env::new(SEED, round, 0, step, 8, train_items(bytes as u64))
}

fn started(plan: &StepPlan) -> (Program, Memory) {
	let program = lower(plan).unwrap();
	let memory = Memory::initial(&program, &SEED, &text(9_000)).unwrap();
	(program, memory)
}

/// Plans of every kind of model, with padding wherever there can be any.
pub(super) fn every_kind() -> Vec<StepPlan> {
	let limited = |plan: StepPlan| {
		let mut plan = plan;
		let Optimiser::AdamW(adam) = &mut plan.optimiser;
		adam.clip = Some(Decimal::new(1, -2));
		plan
	};
	vec![
		small(),
		shaped(17, 16, &[16, 48], 16),
		classes(32, &[48], 10),
		limited(decoder(gpt2())),
		decoder(llama()),
		limited(decoder(Gpt {
			adapter: Some(adapter()),
			..llama()
		})),
	]
}

fn op_of(program: &Program, wanted: impl Fn(&OpKind) -> bool) -> usize {
	program
		.ops()
		.iter()
		.position(|op| wanted(&op.kind))
		.unwrap()
}

#[test]
fn training_lowers_the_loss() {
	let mut plan = shaped(2, 16, &[32], 32);
	let Optimiser::AdamW(adam) = &mut plan.optimiser;
	(adam.learning_rate, adam.warmup) = (Decimal::new(1, -2), 0);
	let (program, mut memory) = started(&plan);
	memory.set_data(&b"the quick brown fox jumps over the lazy dog. ".repeat(200));
	let mut losses = Vec::new();
	for step in 0..40 {
		memory.run(&program, &env(0, step, 9_000)).unwrap();
		losses.push(read(&program, &memory, program.mean_loss()).data[0]);
		memory.advance(&program);
	}
	// The first loss is near ln 256 = 5.55.
	assert!((losses[0] - 5.55).abs() < 0.2, "{losses:?}");
	assert!(losses[39] < 3.5, "{losses:?}");
}

#[test]
fn padding_is_positive_zero_in_every_tensor_of_every_step() {
	for plan in every_kind() {
		let mut ready = ready(&plan);
		for step in 0..2 {
			ready.run(1, step);
			for op in ready.program.ops() {
				let padding = padding(&ready.program, &ready.memory, op.output);
				assert!(padding.iter().all(|x| x.to_bits() == 0), "{op:?}");
			}
			ready.memory.advance(&ready.program);
		}
	}
}

#[test]
fn what_is_masked_is_positive_zero_in_every_tensor_of_attention() {
	let mut seen = 0;
	for plan in every_kind() {
		let mut ready = ready(&plan);
		ready.run(0, 0);
		for op in ready.program.ops() {
			let context = match op.kind {
				OpKind::Scores { attention, .. } => attention.context,
				OpKind::CausalExp { context }
				| OpKind::Probability { context }
				| OpKind::ScoreGrad { context, .. } => context,
				_ => continue,
			};
			let layout = op.layout();
			let tiles = ready.memory.tiles(op.output);
			for i in 0..op.shape[0] {
				for j in i % context + 1..context {
					let (tile, place) = layout.place(i, j).unwrap();
					assert_eq!(tiles[tile as usize].0[place].to_bits(), 0, "{op:?}");
					seen += 1;
				}
			}
		}
	}
	assert!(seen > 0);
}

#[test]
fn every_element_of_a_step_is_in_range_and_no_product_is_negative_zero() {
	for plan in every_kind() {
		let mut ready = ready(&plan);
		ready.run(0, 0);
		for op in ready.program.ops() {
			if let OpKind::StateList { .. } = op.kind {
				continue;
			}
			let tiles = ready.memory.tiles(op.output);
			assert_eq!(tiles.len(), ops::tiles(op) as usize);
			assert!(tiles.iter().all(Tile::in_range), "{op:?}");
			let based = op.input_count() == 3;
			if matches!(op.kind, OpKind::MatMul { .. }) && !based {
				let mut elements = tiles.iter().flat_map(|tile| tile.0);
				assert!(
					elements.all(|x| x.to_bits() == 0 || x.is_normal()),
					"{op:?}"
				);
			}
		}
	}
}

#[test]
fn a_step_is_a_function_of_its_inputs_and_of_every_counter() {
	let run = |env: &Env<'_>| {
		let (program, mut memory) = started(&small());
		memory.run(&program, env).unwrap();
		let last = program.ops().last().unwrap().output;
		memory.tiles(last).to_vec()
	};
	let base = env(1, 2, 9_000);
	assert_eq!(run(&base), run(&base));
	for other in [
		Env {
			seed: [12; 32],
			..base
		},
		Env { round: 2, ..base },
		Env { slot: 1, ..base },
		Env { step: 3, ..base },
		Env {
			t_in_round: 4,
			..base
		},
		Env {
			t_global: 3,
			..base
		},
		Env {
			train_items: 8_000,
			..base
		},
	] {
		assert!(run(&base) != run(&other), "{other:?}");
	}
}

#[test]
fn the_first_op_that_leaves_the_range_ends_the_step() {
	// GIVEN a bias near the end of the range
	let (program, mut memory) = started(&small());
	let bias = program.params()[2];
	let mut tiles = memory.tiles(bias).to_vec();
	tiles[1].0[5] = f32::from_bits(arith::RANGE_END - 1);
	memory.set(bias, tiles);
	// WHEN the step is run
	let stopped = memory.run(&program, &env(0, 0, 9_000)).unwrap_err();
	// THEN the first product of it is out of range: activations of 2^50 times weights of 0.06, over
	// 272 of them, stay below, and their gradients' squares do not.
	let op = &program.ops()[stopped.op as usize];
	assert_eq!(stopped.error, StepError::OutOfRange, "{op:?}");
	let again = crate::eval(
		&program,
		stopped.op as usize,
		stopped.tile,
		&env(0, 0, 9_000),
		&memory,
	);
	assert_eq!(again, Err(StepError::OutOfRange));
}

#[test]
fn ids_that_are_no_bytes_are_bad_data() {
	let (program, mut memory) = started(&small());
	let env = env(0, 0, 9_000);
	memory.run(&program, &env).unwrap();
	let ids = program.ops()[0].output;
	for id in [256.0, -1.0, 0.5, -0.0, 1e9] {
		memory.set(ids, vec![Tile([id; 256]); memory.tiles(ids).len()]);
		for op in [
			op_of(&program, |kind| matches!(kind, OpKind::Embed { .. })),
			op_of(&program, |kind| matches!(kind, OpKind::LossRows { .. })),
			op_of(&program, |kind| matches!(kind, OpKind::LogitGrad { .. })),
			op_of(&program, |kind| matches!(kind, OpKind::EmbedGrad { .. })),
		] {
			assert_eq!(
				crate::eval(&program, op, 0, &env, &memory),
				Err(StepError::BadData)
			);
		}
	}
}

#[test]
fn data_shorter_than_a_row_is_bad_data() {
	let (program, mut memory) = started(&small());
	let short = Env {
		train_items: 3,
		..env(0, 0, 9_000)
	};
	let stopped = Stopped {
		op: 0,
		tile: 0,
		error: StepError::BadData,
	};
	assert_eq!(memory.run(&program, &short), Err(stopped));
	let just = Env {
		train_items: 4,
		..short
	};
	assert!(crate::eval(&program, 0, 0, &just, &memory).is_ok());
}

#[test]
fn what_the_store_lacks_is_named() {
	let (program, _) = started(&small());
	let env = env(0, 0, 9_000);
	let memory = Memory::new();
	let missing = crate::eval(&program, 0, 0, &env, &memory).unwrap_err();
	assert!(matches!(
		missing,
		StepError::MissingTile(TileRef { tensor: DATA, .. })
	));
	let last = program.ops().len() - 1;
	let root = StepError::MissingRoot(program.next_params()[0]);
	assert_eq!(crate::eval(&program, last, 0, &env, &memory), Err(root));
	assert_eq!(
		crate::eval(&program, last + 1, 0, &env, &memory),
		Err(StepError::Absent)
	);
	let (program, memory) = started(&small());
	assert_eq!(
		crate::eval(&program, 0, 99, &env, &memory),
		Err(StepError::Absent)
	);
	assert_eq!(
		crate::eval(&program, last, 1, &env, &memory),
		Err(StepError::Absent)
	);
}

#[test]
fn the_list_of_the_state_takes_roots_and_no_tiles() {
	let (program, mut memory) = started(&small());
	let env = env(0, 0, 9_000);
	memory.run(&program, &env).unwrap();
	let op = program.ops().last().unwrap();
	let at = At { tile: 0, step: 0 };
	assert_eq!(ops::deps(op, &env, at, &[]), Err(StepError::TakesRoots));
	assert_eq!(
		ops::step(op, &env, at, Tile::ZERO, &[]),
		Err(StepError::TakesRoots)
	);
	assert_eq!(ops::finish(op, Tile::ZERO), Err(StepError::TakesRoots));
	// THEN the list holds the roots of parameters and moments in order, and then zeros
	let bytes = memory.tiles(op.output)[0].to_bytes();
	let tensors = program.next_params().iter().chain(program.next_moments());
	let roots: Vec<_> = tensors.map(|id| memory.root(*id).unwrap()).collect();
	assert_eq!(bytes[..32 * roots.len()], *roots.as_flattened());
	assert!(bytes[32 * roots.len()..].iter().all(|byte| *byte == 0));
}
