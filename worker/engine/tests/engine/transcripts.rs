//! A transcript is what a provider commits to: every tensor of a step, as the specification has it.

use std::sync::Arc;

use assay_engine::{EngineError, Params, StepTranscript, TaskInput};
use assay_numerics::{
	hash::Tree,
	program::DATA,
	referee::{self, Moments, Tensors},
	tensor_root, Adapter, Classifier, Decimal, Env, Memory, Model, Program, StepPlan, TensorId,
	Tile, TileRef, ZERO_ROOT,
};

use crate::support::{
	engine, engine_of, gpt, memory_of, noise, older, plan, shared_heads, task, tiles, with_adam,
};

/// A plan, the model that its adapters belong to if it has any, and data.
struct Case {
	name: &'static str,
	plan: StepPlan,
	base: Option<Arc<Params>>,
	data: Vec<u8>,
}

fn cases() -> Vec<Case> {
	let words: Vec<u8> = noise(3_000).into_iter().map(|byte| byte % 61).collect();
	let case = |name, plan, data: &Vec<u8>| Case {
		name,
		plan,
		base: None,
		data: data.clone(),
	};
	let whole = gpt(|model| model.kv_heads = 1, 1);
	let base = Arc::new(engine(&whole).init(&[8; 32]));
	let mut adapters = whole;
	if let Model::Gpt(model) = &mut adapters.model {
		model.adapter = Some(Adapter {
			rank: 16,
			scale: Decimal::new(2, 0),
			base: base.root(),
		});
	}
	let clipped = with_adam(gpt(|_| {}, 2), |adam| adam.clip = Some(Decimal::new(5, -1)));
	let mut classes = plan(2, 16, &[16], 48);
	classes.model = Model::Classifier(Classifier {
		inputs: 32,
		hidden: vec![272, 16].try_into().unwrap(),
		classes: 7,
	});
	let mut records = noise(33 * 300);
	records.chunks_exact_mut(33).for_each(|r| r[32] %= 7);
	vec![
		case("bytes", plan(3, 32, &[48, 16], 16), &noise(2_000)),
		case("rotary, clipped", clipped, &words),
		case("learned, tied", gpt(older, 2), &words),
		case("shared heads", shared_heads(), &words),
		Case {
			base: Some(base),
			..case("adapters", adapters, &words)
		},
		case("classifier", classes, &records),
	]
}

/// The specification's tensors of a step.
fn specified(program: &Program, case: &Case, input: &TaskInput<'_>, step: u32) -> Memory {
	let mut memory = memory_of(program, input.parent, input.data);
	let frozen = case.base.iter().flat_map(|base| base.tensors());
	for (id, bytes) in program.frozen().iter().zip(frozen) {
		memory.set(*id, tiles(bytes));
	}
	for at in 0..=step {
		if at > 0 {
			memory.advance(program);
		}
		memory
			.run(program, &env(program, input, at))
			.expect("the step stays in range");
	}
	memory
}

fn env<'a>(program: &'a Program, input: &TaskInput<'_>, step: u32) -> Env<'a> {
	let items = input.data.len() as u64 / u64::from(program.outline().item_bytes());
	let items = assay_numerics::train_items(items);
	let env = Env::new(
		input.seed,
		input.round,
		input.slot,
		step,
		input.steps,
		items,
	);
	env.with_turns(program.outline().turns())
}

#[test]
fn a_transcript_commits_to_what_the_specifications_tensors_commit_to() {
	for case in cases() {
		let engine = engine_of(&case.plan, case.base.as_ref());
		let program = engine.program();
		let parent = engine.init(&[3; 32]);
		let input = TaskInput {
			round: 1,
			slot: 2,
			..task(&parent, &case.data, 3)
		};
		// The first step of a task has moments that are not materialised.
		for (step, moments) in [(0, Moments::Zero), (1, Moments::Held)] {
			// GIVEN all tensors of a step by the specification
			let memory = specified(program, &case, &input, step);
			let expected =
				referee::Transcript::new(program.outline(), &memory, &case.data, moments);
			let expected = expected.unwrap();
			// WHEN the engine makes its transcript
			let transcript = engine.transcript(&input, step).unwrap();
			let what = format!("{}, step {step}", case.name);
			assert_eq!(transcript.moments(), moments, "{what}");
			assert_eq!(transcript.env(), env(program, &input, step), "{what}");
			// THEN every op's output has the same root, virtual ones included
			let found = transcript.witness(&case.data).unwrap();
			let pairs = found.outputs().iter().zip(expected.outputs());
			for (op, (found, expected)) in program.ops().iter().zip(pairs) {
				assert_eq!(found, expected, "{what}: {:?}", op.kind);
			}
			let counts = [found.outputs().len(), expected.outputs().len()];
			assert_eq!(counts, [program.ops().len() - 1; 2], "{what}");
			// AND so have the lists of it and of what was there before
			assert_eq!(found.commitments(), expected.commitments(), "{what}");
			let commitments = found.commitments();
			assert_eq!(transcript.before().params, commitments.params, "{what}");
			assert_eq!(transcript.before().moments, commitments.moments, "{what}");
		}
	}
}

#[test]
fn every_tensor_of_a_step_is_there_whole_and_tile_by_tile() {
	for case in cases() {
		// GIVEN the second step of a task
		let engine = engine_of(&case.plan, case.base.as_ref());
		let program = engine.program();
		let parent = engine.init(&[3; 32]);
		let input = task(&parent, &case.data, 3);
		let memory = specified(program, &case, &input, 1);
		let transcript = engine.transcript(&input, 1).unwrap();
		for id in (1..program.tensors().len() as u16).map(TensorId) {
			// WHEN a tensor is asked for THEN its bytes are the specification's
			let bytes = Tensors::bytes(&transcript, id).unwrap();
			assert!(tiles(&bytes) == memory.tiles(id), "{}: {id:?}", case.name);
			assert_eq!(Tensors::root(&transcript, id), Some(tensor_root(&bytes)));
			assert_eq!(transcript.tree(id), Some(Tree::new(&bytes)));
			// AND so is any tile
			let count = memory.tiles(id).len() as u32;
			for tile in [0, count / 2, count - 1, count] {
				let at = TileRef { tensor: id, tile };
				let [found, expected] =
					[Tensors::tile(&transcript, at), Tensors::tile(&memory, at)];
				assert_eq!(found, expected, "{}: {at:?}", case.name);
			}
		}
		// AND nothing else is
		let past = TensorId(program.tensors().len() as u16);
		for id in [DATA, past] {
			assert!(Tensors::bytes(&transcript, id).is_none());
			assert_eq!(transcript.tree(id), None);
			assert_eq!(Tensors::root(&transcript, id), None);
			let at = TileRef {
				tensor: id,
				tile: 0,
			};
			assert_eq!(Tensors::tile(&transcript, at), None);
		}
	}
}

#[test]
fn moments_before_the_first_step_are_zeros_of_their_own_sizes() {
	// GIVEN the first step of a task, before which no moments are in memory
	let engine = engine(&plan(3, 32, &[48, 16], 16));
	let parent = engine.init(&[3; 32]);
	let data = noise(1_000);
	let transcript = engine.transcript(&task(&parent, &data, 1), 0).unwrap();
	for id in engine.program().moments() {
		// WHEN they are asked for THEN there are as many zeros as later, and no tile behind them
		let layout = engine.program().tensor(*id).unwrap().layout;
		let (tensor, count) = (*id, layout.tiles());
		let zeros = vec![0; layout.bytes() as usize];
		assert_eq!(
			Tensors::bytes(&transcript, tensor).as_deref(),
			Some(&*zeros)
		);
		assert_eq!(transcript.tree(tensor), Some(Tree::new(&zeros)));
		for (tile, expected) in [(count - 1, Some(Tile::ZERO)), (count, None)] {
			let at = TileRef { tensor, tile };
			assert_eq!(Tensors::tile(&transcript, at), expected);
		}
	}
}

#[test]
fn a_transcript_from_a_snapshot_is_that_of_the_whole_task() {
	let plan = gpt(|model| model.layers = 1, 1);
	let engine = engine(&plan);
	let parent = engine.init(&[1; 32]);
	let data = noise(1_000);
	let input = TaskInput {
		stride: 2,
		..task(&parent, &data, 5)
	};
	// GIVEN a snapshot after two steps
	let mut snapshots = Vec::new();
	let output = engine.train_in_segments(&input, &mut |_| (), &mut |border| {
		snapshots.push(border.snapshot());
	});
	let output = output.unwrap();
	let segment = input.segment_from(&snapshots[0]);
	for step in [2, 3] {
		// WHEN a step is repeated from there, and from the start
		let short = engine.transcript(&segment, step).unwrap();
		let long = engine.transcript(&input, step).unwrap();
		// THEN nothing differs
		let commitments = |transcript: &StepTranscript| {
			let witness = transcript.witness(&data).unwrap();
			witness.commitments()
		};
		assert_eq!(commitments(&short), commitments(&long));
		assert_eq!(short.env(), long.env());
		assert_eq!(
			(short.before(), short.after()),
			(long.before(), long.after())
		);
	}
	assert_eq!(
		engine.transcript(&segment, 2).unwrap().before(),
		output.states[1]
	);
	assert_eq!(
		engine.transcript(&segment, 3).unwrap().after(),
		output.states[2]
	);
	let first = engine.transcript(&input, 0).unwrap();
	assert_eq!(first.before().moments, ZERO_ROOT);
	// AND steps that the part does not have are refused
	for step in [1, 4] {
		let refused = engine.transcript(&segment, step);
		assert!(matches!(
			refused,
			Err(EngineError::NoSuchStep { step: found, steps: 5 }) if found == step
		));
	}
}
