//! Every tile that the engine computes is the one that the specification defines.

use assay_engine::{Engine, EngineError, Isa, Params, TaskInput, Transcript};
use assay_numerics::{
	aggregate_tile, held_out_offset, train_bytes, Decimal, Env, Loss, Memory, OpKind, Program,
	StepPlan,
};

use proptest::prelude::*;

use crate::support::{engine, memory_of, noise, plan, task, tiles, tiny, with_adam};

/// Compares every tile of every op's output of one step.
fn compare(program: &Program, memory: &Memory, transcript: &Transcript, what: &str) {
	assert_eq!(transcript.outputs().len(), program.ops().len());
	for (op, output) in program.ops().iter().zip(transcript.outputs()) {
		let expected = memory.tiles(op.output);
		let found = tiles(output);
		assert_eq!(found.len(), expected.len(), "{what}: {:?}", op.kind);
		for (tile, (found, expected)) in found.iter().zip(expected).enumerate() {
			assert!(found == expected, "{what}: tile {tile} of {:?}", op.kind);
		}
	}
}

/// Runs `steps` steps by the specification and compares the last of them.
fn compare_step(plan: &StepPlan, parent: &Params, input: &TaskInput<'_>, steps: u32) {
	let program = engine(plan).program().clone();
	let mut memory = memory_of(&program, parent, input.data);
	let train = train_bytes(input.data.len() as u64);
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
		memory.run(&program, &env).expect("the step stays in range");
	}
	for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
		for threads in [1, 2] {
			let engine = Engine::with_isa(plan, threads, isa).unwrap();
			let transcript = engine.transcript(input, steps - 1).unwrap();
			let what = format!("{plan:?}, {isa}, {threads} threads, step {}", steps - 1);
			compare(&program, &memory, &transcript, &what);
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
		compare_step(&plan, &parent, &task(&parent, &data, 3), 2);
	}
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
			let train = train_bytes(data.len() as u64);
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

#[test]
fn partial_sums_that_leave_the_range_between_steps_stop_both() {
	// GIVEN a layer of two blocks whose products are far out of range and cancel
	let plan = plan(16, 16, &[16], 16);
	let engine = engine(&plan);
	let data = vec![b'a'; 2_000];
	let huge = (1_u64 << 45) as f32;
	let initial = engine.init(&[0; 32]);
	let mut tensors: Vec<Vec<f32>> = (0..initial.tensors().len())
		.map(|i| initial.tensor_f32(i).unwrap().1)
		.collect();
	tensors[0].fill(1.0);
	for (at, x) in tensors[1].iter_mut().enumerate() {
		// 256 rows of 16: the first 128 rows against the last.
		*x = if at / 16 < 128 { huge } else { -huge };
	}
	let canonical = |tensor: usize, plain: &[f32]| -> Vec<u8> {
		let program = engine.program();
		let layout = program.tensor(program.params()[tensor]).unwrap().layout;
		let [rows, cols] = layout.shape();
		let mut out = vec![assay_numerics::Tile::ZERO; layout.tiles() as usize];
		for row in 0..rows {
			for col in 0..cols {
				let (tile, place) = layout.place(row, col).unwrap();
				out[tile as usize].0[place] = plain[(row * cols + col) as usize];
			}
		}
		out.iter().flat_map(|tile| tile.to_bytes()).collect()
	};
	let bytes: Vec<_> = tensors
		.iter()
		.enumerate()
		.map(|(i, plain)| canonical(i, plain))
		.collect();
	let parent = Params::from_tensors(engine.program(), &bytes).unwrap();
	// WHEN both run one step
	let mut memory = memory_of(engine.program(), &parent, &data);
	let env = Env::new([7; 32], 0, 0, 0, 1, train_bytes(2_000));
	let stopped = memory.run(engine.program(), &env).unwrap_err();
	let found = engine
		.train(&task(&parent, &data, 1), &mut |_| ())
		.unwrap_err();
	// THEN both stop at that product, although its sum would be zero
	let op = &engine.program().ops()[stopped.op as usize];
	assert!(matches!(op.kind, OpKind::MatMul { .. }));
	assert!(assay_numerics::ops::steps(op) > 1);
	assert!(
		matches!(found, EngineError::OutOfRange { step: 0, op } if op == stopped.op as usize),
		"{found}"
	);
}
