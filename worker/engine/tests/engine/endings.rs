//! Steps that end: where the specification says, and with all that was made before.

use assay_engine::{EngineError, Params, TaskInput};
use assay_numerics::{
	ops,
	referee::{Moments, Transcript},
	StepPlan,
};

use crate::support::{engine, gpt, memory_of, noise, task, tiny};

const SEED: [u8; 32] = [1; 32];

/// A task whose first step ends, because a parameter is so many times greater than at the start; as the
/// engine and the specification have it.
fn ends(plan: &StepPlan, param: usize, factor: f32) -> bool {
	let engine = engine(plan);
	let program = engine.program();
	let data = noise(1_000);
	let first = engine.init(&SEED);
	let great = |(place, bytes): (usize, &[u8])| -> Vec<u8> {
		let element = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap());
		match place == param {
			true => bytes
				.chunks(4)
				.flat_map(|bytes| (element(bytes) * factor).to_le_bytes())
				.collect(),
			false => bytes.to_vec(),
		}
	};
	let tensors: Vec<_> = first.tensors().enumerate().map(great).collect();
	let parent = Params::from_tensors(program, &tensors).unwrap();
	let input = TaskInput {
		seed: SEED,
		..task(&parent, &data, 1)
	};
	let (step, op) = match engine.train(&input, &mut |_| ()) {
		Ok(_) => return false,
		Err(EngineError::OutOfRange { step, op }) => (step, op),
		Err(error) => panic!("{error}"),
	};
	// GIVEN a step that ends
	assert!(matches!(
		engine.transcript(&input, step),
		Err(EngineError::OutOfRange { step: 0, op: at }) if at == op
	));
	let transcript = engine.transcript_to_end(&input, step).unwrap();
	// WHEN it is asked where
	let found = transcript.ending(&data).unwrap().expect("it ends");
	// THEN it is the op, a tile and the part that the specification finds
	let mut memory = memory_of(program, &parent, &data);
	let stopped = memory.run(program, &transcript.env()).unwrap_err();
	assert_eq!((stopped.op as usize, found.op), (op, stopped.op));
	assert_eq!(found.tile, stopped.tile);
	let outline = program.outline();
	let witness = Transcript::until(outline, &memory, &data, Moments::Zero, stopped.op).unwrap();
	let place = (stopped.op, stopped.tile);
	let part = witness.ending(&transcript.env(), place).unwrap();
	assert_eq!(part, Some(found.part));
	// AND all outputs before it are there, and no others
	assert_eq!(transcript.ended(), Some(found.op));
	assert_eq!(transcript.roots(), witness.outputs());
	assert_eq!(transcript.outputs().len(), op);
	// AND a tile that there is does not end
	let own = transcript.witness(&data).unwrap();
	for tile in 0..ops::tiles(&program.ops()[op]) {
		let place = (found.op, tile);
		assert_eq!(
			own.ending(&transcript.env(), place).unwrap(),
			witness.ending(&transcript.env(), place).unwrap()
		);
	}
	true
}

#[test]
fn a_step_ends_where_the_specification_says() {
	let mut found = 0;
	for plan in [tiny(), gpt(|model| model.layers = 1, 1)] {
		let params = engine(&plan).program().params().len();
		for param in 0..params {
			for factor in [1e8, 1e12, 1e14] {
				found += u32::from(ends(&plan, param, factor));
			}
		}
	}
	assert!(found > 10, "{found}");
}

#[test]
fn a_step_that_does_not_end_has_no_place() {
	let engine = engine(&tiny());
	let data = noise(1_000);
	let parent = engine.init(&SEED);
	let input = task(&parent, &data, 2);
	let transcript = engine.transcript_to_end(&input, 1).unwrap();
	assert_eq!(transcript.ended(), None);
	assert_eq!(transcript.ending(&data).unwrap(), None);
	assert_eq!(transcript.roots().len(), engine.program().ops().len());
}
