//! Every tile that the engine computes is the one that the specification defines.

use std::sync::Arc;

use assay_engine::{Engine, EngineError, Isa, Params, StepTranscript, TaskInput};
use assay_numerics::{
	aggregate_tile, held_out_offset, train_items, Adapter, Classifier, CosineDecay, Decimal, Env,
	Loss, Memory, Model, OpKind, Program, StepPlan,
};

use proptest::prelude::*;

use crate::support::{
	engine, gpt, memory_of, noise, older, plan, rotary, task, tiles, tiny, with_adam,
};

/// Compares every tile of every op's output of one step.
fn compare(program: &Program, memory: &Memory, transcript: &StepTranscript, what: &str) {
	assert_eq!(transcript.outputs().len(), program.ops().len());
	for (op, output) in program.ops().iter().zip(transcript.outputs()) {
		let expected = memory.tiles(op.output);
		let found = tiles(&output);
		assert_eq!(found.len(), expected.len(), "{what}: {:?}", op.kind);
		for (tile, (found, expected)) in found.iter().zip(expected).enumerate() {
			assert!(found == expected, "{what}: tile {tile} of {:?}", op.kind);
		}
	}
}

/// Runs `steps` steps by the specification and compares the last of them.
fn compare_step(plan: &StepPlan, parent: &Params, input: &TaskInput<'_>, steps: u32) {
	compare_step_of(plan, None, (parent, input), steps);
}

/// The same for adapters of a model.
fn compare_step_of(
	plan: &StepPlan,
	base: Option<&Arc<Params>>,
	(parent, input): (&Params, &TaskInput<'_>),
	steps: u32,
) {
	let program = engine(plan).program().clone();
	let mut memory = memory_of(&program, parent, input.data);
	let frozen = base.map_or(Vec::new(), |base| base.tensors().map(tiles).collect());
	for (id, tiles) in program.frozen().iter().zip(frozen) {
		memory.set(*id, tiles);
	}
	let items = input.data.len() as u64 / u64::from(program.outline().item_bytes());
	let train = train_items(items);
	for step in 0..steps {
		if step > 0 {
			memory.advance(&program);
		}
		let env = Env::new(
			input.seed,
			input.round,
			input.slot,
			step,
			input.steps,
			train,
		);
		let env = env.with_turns(program.outline().turns());
		memory.run(&program, &env).expect("the step stays in range");
	}
	for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
		for threads in [1, 2] {
			let mut engine = Engine::with_isa(plan, threads, isa).unwrap();
			if let Some(base) = base {
				engine = engine.with_base(base.clone()).unwrap();
			}
			let transcript = engine.transcript(input, steps - 1).unwrap();
			let what = format!("{plan:?}, {isa}, {threads} threads, step {}", steps - 1);
			compare(&program, &memory, &transcript, &what);
			if steps < input.steps {
				continue;
			}
			// Training keeps less in memory than a transcript.
			let trained = engine.train(input, &mut |_| {}).unwrap().params;
			for (id, bytes) in program.next_params().iter().zip(trained.tensors()) {
				assert!(tiles(bytes) == memory.tiles(*id), "{what}, trained");
			}
		}
	}
}

#[test]
fn every_tile_of_plans_of_many_shapes_equals_the_specification() {
	let plans = [
		tiny(),
		plan(1, 16, &[16], 32),
		plan(3, 32, &[48, 16], 16),
		plan(16, 16, &[144], 48),
		plan(17, 16, &[32], 16),
		plan(33, 16, &[16, 32, 16], 32),
		plan(5, 48, &[272], 288),
		plan(64, 16, &[64], 16),
	];
	let data = noise(5_000);
	for plan in plans {
		let parent = engine(&plan).init(&[3; 32]);
		compare_step(&plan, &parent, &task(&parent, &data, 2), 2);
	}
}

#[test]
fn every_tile_of_decoders_of_many_shapes_equals_the_specification() {
	let data: Vec<u8> = noise(9_000).into_iter().map(|byte| byte % 61).collect();
	let plans = [
		gpt(|_| {}, 1),
		gpt(older, 2),
		gpt(|model| model.context = 48, 3),
		gpt(
			|model| {
				// Blocks of 128 positions that are not whole, heads that share keys and values.
				model.context = 144;
				model.heads = 4;
				model.kv_heads = 2;
				model.head = 32;
				model.positions = rotary(32, 10_000.0);
				model.vocabulary = 61;
				model.two_terms = true;
			},
			2,
		),
		gpt(
			|model| {
				// Heads wider than a block.
				older(model);
				model.heads = 1;
				model.kv_heads = 1;
				model.head = 144;
				model.context = 32;
			},
			1,
		),
	];
	for plan in plans {
		let parent = engine(&plan).init(&[3; 32]);
		compare_step(&plan, &parent, &task(&parent, &data, 2), 2);
	}
}

#[test]
fn adapters_train_the_same_tiles_as_the_specification_and_leave_their_model_as_it_is() {
	// GIVEN a model, and a plan for adapters of it
	let data = noise(9_000);
	let whole = gpt(|model| model.kv_heads = 1, 1);
	let base = Arc::new(engine(&whole).init(&[8; 32]));
	let plan = gpt(
		|model| {
			model.kv_heads = 1;
			model.adapter = Some(Adapter {
				rank: 16,
				scale: Decimal::new(2, 0),
				base: base.root(),
			});
		},
		1,
	);
	let parent = engine(&plan).init(&[3; 32]);
	let input = task(&parent, &data, 3);
	// WHEN they are trained without the model, or with another one THEN that is refused
	let missing = engine(&plan).train(&input, &mut |_| {}).unwrap_err();
	assert!(matches!(missing, EngineError::NoBase), "{missing}");
	let other = Arc::new(engine(&whole).init(&[9; 32]));
	let refused = engine(&plan).with_base(other).unwrap_err();
	assert!(
		matches!(refused, EngineError::OtherBase { .. }),
		"{refused}"
	);
	let refused = engine(&whole).with_base(base.clone()).unwrap_err();
	assert!(
		matches!(refused, EngineError::ParamsOfAnotherPlan),
		"{refused}"
	);
	// WHEN they are trained with it THEN every tile is the specification's
	compare_step_of(&plan, Some(&base), (&parent, &input), 3);
}

#[test]
fn every_tile_of_classifiers_with_decay_limit_and_loss_scale_equals_the_specification() {
	// GIVEN records of 32 bytes and a label below 7
	let mut data = noise(33 * 300);
	for record in data.chunks_exact_mut(33) {
		record[32] %= 7;
	}
	let mut plan = with_adam(plan(2, 16, &[16], 48), |adam| {
		adam.clip = Some(Decimal::new(1, -2));
		adam.decay = Some(CosineDecay {
			steps: 3,
			floor: Decimal::new(1, -1),
		});
		adam.warmup = 2;
	});
	plan.loss_scale = 9;
	plan.model = Model::Classifier(Classifier {
		inputs: 32,
		hidden: vec![272, 16].try_into().unwrap(),
		classes: 7,
	});
	let parent = engine(&plan).init(&[3; 32]);
	// WHEN it is trained THEN every tile is the specification's
	compare_step(&plan, &parent, &task(&parent, &data, 4), 4);
	// WHEN a label is too great, or the last record is cut THEN both are refused by name
	let mut bad = data.clone();
	bad.iter_mut()
		.skip(32)
		.step_by(33)
		.for_each(|label| *label = 7);
	let refused = engine(&plan).train(&task(&parent, &bad, 1), &mut |_| {});
	assert!(matches!(
		refused,
		Err(EngineError::BadData {
			value: 7,
			most: 6,
			..
		})
	));
	let refused = engine(&plan).check_data(&bad);
	assert!(matches!(
		refused,
		Err(EngineError::BadData {
			item: 0,
			value: 7,
			most: 6
		})
	));
	assert!(engine(&plan).check_data(&data).is_ok());
	let refused = engine(&plan).train(&task(&parent, &data[1..], 1), &mut |_| {});
	assert!(matches!(
		refused,
		Err(EngineError::DataNotWhole { item: 33, .. })
	));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(24))]

	#[test]
	fn every_tile_of_a_random_plan_equals_the_specification(
		context in 1_u16..40,
		embedding in 1_u16..4,
		hidden in prop::collection::vec(1_u16..12, 1..4),
		batch in 1_u32..6,
		bytes in 64_usize..4_000,
		steps in 1_u32..3,
	) {
		let hidden: Vec<u16> = hidden.into_iter().map(|tiles| 16 * tiles).collect();
		let plan = plan(context, 16 * embedding, &hidden, 16 * batch);
		let data = noise(bytes);
		let parent = engine(&plan).init(&[6; 32]);
		compare_step(&plan, &parent, &task(&parent, &data, 2), steps);
	}
}

#[test]
fn every_tile_of_a_later_round_with_moments_and_decay_equals_the_specification() {
	// GIVEN a task in the middle of the warm-up, with much decay
	let plan = with_adam(plan(4, 32, &[32], 16), |adam| {
		adam.warmup = 25;
		adam.weight_decay = Decimal::new(5, -1);
	});
	let parent = engine(&plan).init(&[4; 32]);
	let data = noise(3_000);
	let input = TaskInput {
		round: 3,
		slot: 2,
		seed: [9; 32],
		..task(&parent, &data, 7)
	};
	// WHEN six steps are computed by both THEN the sixth is the same in every tile
	compare_step(&plan, &parent, &input, 6);
}

/// Parameters whose elements are `f(tensor, element)`, from the pattern of an initialisation.
fn changed(engine: &Engine, f: impl Fn(usize, f32) -> f32) -> Params {
	let initial = engine.init(&[5; 32]);
	let tensors: Vec<Vec<u8>> = initial
		.tensors()
		.enumerate()
		.map(|(tensor, bytes)| {
			let floats = bytes
				.as_chunks::<4>()
				.0
				.iter()
				.map(|b| f32::from_le_bytes(*b));
			floats.flat_map(|x| f(tensor, x).to_le_bytes()).collect()
		})
		.collect();
	Params::from_tensors(engine.program(), &tensors).expect("what was changed stays in range")
}

#[test]
fn every_tile_from_odd_parameters_equals_the_specification() {
	let plan = plan(4, 16, &[32, 16], 32);
	let engine = engine(&plan);
	let data = noise(2_000);
	let scale = |power: i32| 2.0_f64.powi(power) as f32;
	let cases: [(&str, Params); 5] = [
		("zeros", changed(&engine, |_, x| x * 0.0)),
		("subnormal", changed(&engine, |_, x| x * scale(-130))),
		("small", changed(&engine, |_, x| x * scale(-40))),
		("large", changed(&engine, |_, x| x * scale(9))),
		(
			"powers of two",
			changed(&engine, |_, x| f32::from_bits(x.to_bits() & 0xFF80_0000)),
		),
	];
	for (name, parent) in cases {
		eprintln!("{name}");
		compare_step(&plan, &parent, &task(&parent, &data, 2), 2);
	}
}

#[test]
fn the_first_op_that_leaves_the_range_is_the_specifications() {
	// GIVEN parameters that grow from layer to layer until something breaks
	let plan = plan(4, 16, &[32, 16], 32);
	let engine = engine(&plan);
	let data = noise(2_000);
	let mut stopped_at = std::collections::BTreeSet::new();
	for power in [6, 12, 15, 20, 25, 30, 35, 40, 45, 49] {
		for only in [None, Some(0), Some(1), Some(3), Some(5), Some(6)] {
			let scale = 2.0_f64.powi(power) as f32;
			let parent = changed(&engine, |tensor, x| {
				let x = x + f32::from(u8::from(tensor == 6)) * 0.5;
				if only.is_none_or(|only| only == tensor) {
					x * scale
				} else {
					x
				}
			});
			// WHEN both run one step
			let mut memory = memory_of(engine.program(), &parent, &data);
			let train = train_items(data.len() as u64);
			let env = Env::new([7; 32], 0, 0, 0, 1, train);
			let expected = memory
				.run(engine.program(), &env)
				.map_err(|stopped| stopped.op as usize);
			let found = match engine.train(&task(&parent, &data, 1), &mut |_| ()) {
				Ok(_) => Ok(()),
				Err(EngineError::OutOfRange { step: 0, op }) => Err(op),
				Err(other) => panic!("another error: {other}"),
			};
			// THEN both stop at the same op, or neither does
			assert_eq!(found, expected, "2^{power} in {only:?}");
			stopped_at.extend(found.err());
		}
	}
	assert!(
		stopped_at.len() >= 5,
		"several ops were the first: {stopped_at:?}"
	);
}

#[test]
fn the_loss_of_an_evaluation_is_the_mean_of_the_specifications_rows() {
	let plan = plan(6, 16, &[32], 16);
	let engine = engine(&plan);
	let program = engine.program();
	let data = noise(4_000);
	let params = engine.init(&[1; 32]);
	// A multiple of the batch, fewer rows than a batch, and a rest.
	for rows in [32, 5, 45] {
		// GIVEN the held-out rows, batch by batch, as ids of the specification
		let mut losses = Vec::new();
		for first in (0..rows).step_by(16) {
			let mut ids = vec![assay_numerics::Tile::ZERO; 1];
			let count = 16.min(rows - first);
			for row in 0..count {
				let offset = held_out_offset(first + row, rows, data.len() as u64, 6) as usize;
				for (column, byte) in data[offset..offset + 7].iter().enumerate() {
					ids[0].0[row as usize * 16 + column] = f32::from(*byte);
				}
			}
			let mut memory = memory_of(program, &params, &data);
			memory.set(program.ops()[0].output, ids);
			let env = Env::new([0; 32], 0, 0, 0, 1, 4_000);
			for (index, op) in program.ops().iter().enumerate().skip(1) {
				let tiles = (0..assay_numerics::ops::tiles(op))
					.map(|tile| assay_numerics::eval(program, index, tile, &env, &memory).unwrap());
				let tiles = tiles.collect();
				memory.set(op.output, tiles);
				if op.output == program.row_losses() {
					break;
				}
			}
			let tile = memory.tiles(program.row_losses())[0];
			losses.extend((0..count as usize).map(|row| tile.at(row, 0)));
		}
		// WHEN the engine evaluates as many rows THEN the loss is their mean
		let expected = Loss::mean_of_rows(losses);
		assert_eq!(
			engine.evaluate(&params, &data, rows).unwrap(),
			expected,
			"{rows} rows"
		);
	}
}

#[test]
fn an_aggregate_is_the_specifications_tile_by_tile() {
	let plan = plan(3, 16, &[32], 16);
	let engine = engine(&plan);
	let data = noise(2_000);
	let parent = engine.init(&[2; 32]);
	let update = |slot: u32| {
		let input = TaskInput {
			slot,
			..task(&parent, &data, 3)
		};
		engine.train(&input, &mut |_| ()).unwrap().params
	};
	let updates: Vec<Params> = (0..3).map(update).collect();
	for count in [1, 2, 3] {
		let aggregate = engine.aggregate(&parent, &updates[..count]).unwrap();
		for (tensor, found) in aggregate.tensors().enumerate() {
			let tiles_of = |params: &Params| tiles(params.tensors().nth(tensor).unwrap());
			let parent = tiles_of(&parent);
			let updates: Vec<_> = updates[..count].iter().map(tiles_of).collect();
			for (tile, found) in tiles(found).iter().enumerate() {
				let updates: Vec<_> = updates.iter().map(|update| &update[tile]).collect();
				assert_eq!(*found, aggregate_tile(&parent[tile], &updates).unwrap());
			}
		}
	}
}

/// Parameters whose elements are `f(tensor, row, col, initial)`.
fn placed(engine: &Engine, f: impl Fn(usize, u32, u32, f32) -> f32) -> Params {
	let program = engine.program();
	let initial = engine.init(&[0; 32]);
	let tensor = |index: usize| -> Vec<u8> {
		let layout = program.tensor(program.params()[index]).unwrap().layout;
		let (_, plain) = initial.tensor_f32(index).unwrap();
		let [rows, cols] = layout.shape();
		let mut out = vec![assay_numerics::Tile::ZERO; layout.tiles() as usize];
		for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
			let (tile, place) = layout.place(row, col).unwrap();
			let x = plain[(row * cols + col) as usize];
			out[tile as usize].0[place] = f(index, row, col, x);
		}
		out.iter().flat_map(|tile| tile.to_bytes()).collect()
	};
	let tensors: Vec<_> = (0..program.params().len()).map(tensor).collect();
	Params::from_tensors(program, &tensors).unwrap()
}

/// Runs one step by both, which must both stop at the same op, a product of several steps.
fn both_stop_at_a_product(engine: &Engine, parent: &Params, data: &[u8]) {
	let program = engine.program();
	let mut memory = memory_of(program, parent, data);
	let items = data.len() as u64 / u64::from(program.outline().item_bytes());
	let env = Env::new([7; 32], 0, 0, 0, 1, train_items(items));
	let stopped = memory.run(program, &env).unwrap_err();
	let found = engine.train(&task(parent, data, 1), &mut |_| ());
	let found = found.unwrap_err();
	let op = &program.ops()[stopped.op as usize];
	assert!(matches!(op.kind, OpKind::MatMul { .. }));
	assert!(assay_numerics::ops::steps(op, 0) > 1);
	assert!(
		matches!(found, EngineError::OutOfRange { step: 0, op } if op == stopped.op as usize),
		"{found}"
	);
}

#[test]
fn partial_sums_that_leave_the_range_between_steps_stop_both() {
	let huge = (1_u64 << 45) as f32;
	// GIVEN a layer of two blocks of 128 inputs whose products are far out of range and cancel: of
	// embedded bytes, and of features
	let bytes = engine(&plan(16, 16, &[16], 16));
	let parent = placed(&bytes, |tensor, row, _, x| match tensor {
		0 => 1.0,
		1 if row < 128 => huge,
		1 => -huge,
		_ => x,
	});
	// WHEN both run one step THEN both stop at that product, although its sum would be zero
	both_stop_at_a_product(&bytes, &parent, &[b'a'; 2_000]);
	let mut features = plan(2, 16, &[16], 16);
	features.model = Model::Classifier(Classifier {
		inputs: 256,
		hidden: vec![16].try_into().unwrap(),
		classes: 2,
	});
	let features = engine(&features);
	let parent = placed(&features, |tensor, row, _, x| match tensor {
		0 if row < 128 => huge,
		0 => -huge,
		_ => x,
	});
	let mut data = vec![255; 257 * 40];
	data.iter_mut()
		.skip(256)
		.step_by(257)
		.for_each(|label| *label = 1);
	both_stop_at_a_product(&features, &parent, &data);
}

#[test]
fn scores_that_are_masked_may_leave_the_range_between_steps() {
	// GIVEN heads of two blocks; queries that are not zero before position 5 only; and keys that are huge
	// at position 5 only, in the first block against the second: no visible score is anything but zero,
	// while masked ones are far out of range on their way
	let plan = gpt(
		|model| {
			older(model);
			model.heads = 1;
			model.kv_heads = 1;
			model.head = 144;
			model.layers = 1;
			model.tied = false;
		},
		1,
	);
	let engine = engine(&plan);
	let names: Vec<String> = engine
		.program()
		.params()
		.iter()
		.map(|id| engine.program().tensor(*id).unwrap().name.clone())
		.collect();
	let huge = (1_u64 << 44) as f32;
	// A norm makes of a row with a single one two different values, so that the difference of two columns
	// is zero unless one of them has the one. Column 3 never has it.
	let parent = placed(&engine, |tensor, row, col, x| {
		let name = names[tensor].as_str();
		let is = |suffix: &str| name.ends_with(suffix);
		let difference = |column: u32, value: f32| match col {
			_ if col == column => value,
			3 => -value,
			_ => 0.0,
		};
		if is("embed_tokens.weight") || is("q_proj.bias") || is("k_proj.bias") {
			0.0
		} else if is("embed_positions.weight") {
			let one = match row {
				0..5 => 1,
				5 => 0,
				_ => 2,
			};
			f32::from(u8::from(col == one))
		} else if is("q_proj.weight") {
			difference(1, 1.0)
		} else if is("k_proj.weight") {
			difference(0, if row < 128 { huge } else { -8.0 * huge })
		} else {
			x
		}
	});
	let data = vec![0; 400];
	// WHEN both run one step THEN they agree on how it ends
	let program = engine.program();
	let mut memory = memory_of(program, &parent, &data);
	let env = Env::new([7; 32], 0, 0, 0, 1, train_items(400));
	let expected = memory
		.run(program, &env)
		.map_err(|stopped| stopped.op as usize);
	let found = engine.train(&task(&parent, &data, 1), &mut |_| ());
	let found = match found {
		Ok(_) => Ok(()),
		Err(EngineError::OutOfRange { op, .. }) => Err(op),
		Err(error) => panic!("{error}"),
	};
	assert_eq!(found, expected);
}
