//! Accuracy on held-out data is what the specification's logits give.

use assay_engine::{Accuracy, EngineError, Params};
use assay_numerics::{
	held_out_offset, Classifier, Env, Memory, Model, OpKind, Program, StepPlan, Tile,
};

use crate::support::{engine, gpt, memory_of, noise, plan, task};

/// A classifier of records of 32 bytes.
fn classifier(classes: u16) -> StepPlan {
	let mut plan = plan(2, 16, &[16], 16);
	plan.model = Model::Classifier(Classifier {
		inputs: 32,
		hidden: vec![32].try_into().unwrap(),
		classes,
	});
	plan
}

/// Parameters after a few steps: those of an initialisation are hardly ever right.
fn trained(plan: &StepPlan, data: &[u8]) -> Params {
	let engine = engine(plan);
	let parent = engine.init(&[1; 32]);
	let trained = engine.train(&task(&parent, data, 24), &mut |_| {});
	trained.unwrap().params
}

/// Sets a tensor to these rows.
fn set(memory: &mut Memory, program: &Program, op: usize, rows: &[Vec<u32>]) {
	let id = program.ops()[op].output;
	let layout = program.tensor(id).unwrap().layout;
	let mut tiles = vec![Tile::ZERO; layout.tiles() as usize];
	for (row, values) in rows.iter().enumerate() {
		for (column, value) in values.iter().enumerate() {
			let (tile, place) = layout.place(row as u32, column as u32).unwrap();
			tiles[tile as usize].0[place] = *value as f32;
		}
	}
	memory.set(id, tiles);
}

/// Counts by the specification: every example in a batch of its own, op by op.
fn expected(plan: &StepPlan, params: &Params, data: &[u8], examples: u32) -> Accuracy {
	let engine = engine(plan);
	let program = engine.program();
	let outline = program.outline();
	let (item, context) = (outline.item_bytes() as usize, outline.context() as usize);
	let items = (data.len() / item) as u64;
	let id_of = |item: &[u8]| (item.iter().rev()).fold(0, |id, byte| id << 8 | u32::from(*byte));
	let mut accuracy = Accuracy::default();
	for example in 0..examples {
		let start = held_out_offset(example, examples, items, outline.context()) as usize;
		let bytes = &data[start * item..][..(context + 1) * item];
		let ids: Vec<u32> = bytes.chunks(item).map(id_of).collect();
		let mut memory = memory_of(program, params, data);
		let (inputs, targets) = match program.ops()[0].kind {
			OpKind::Batch { .. } => {
				set(&mut memory, program, 0, std::slice::from_ref(&ids));
				(1, vec![ids[context]])
			}
			OpKind::Tokens { .. } => {
				let pairs: Vec<_> = ids.windows(2).map(<[u32]>::to_vec).collect();
				set(&mut memory, program, 0, &pairs);
				(1, ids[1..].to_vec())
			}
			_ => {
				let features = bytes[..item - 1].iter().copied().map(u32::from).collect();
				let label = u32::from(bytes[item - 1]);
				set(&mut memory, program, 0, &[vec![label]]);
				set(&mut memory, program, 1, &[features]);
				// A byte of a record counts as so many parts of 256.
				let id = program.ops()[1].output;
				let mut tiles = memory.tiles(id).to_vec();
				for x in tiles.iter_mut().flat_map(|tile| tile.0.iter_mut()) {
					*x /= 256.0;
				}
				memory.set(id, tiles);
				(2, vec![label])
			}
		};
		let env = Env::new([0; 32], 0, 0, 0, 1, items).with_turns(outline.turns());
		for (index, op) in program.ops().iter().enumerate().skip(inputs) {
			if matches!(op.kind, OpKind::RowMax { .. }) {
				break;
			}
			let tiles = (0..assay_numerics::ops::tiles(op))
				.map(|tile| assay_numerics::eval(program, index, tile, &env, &memory).unwrap());
			let tiles = tiles.collect();
			memory.set(op.output, tiles);
		}
		let mut ops = program.ops().iter();
		let maximum = ops.find(|op| matches!(op.kind, OpKind::RowMax { .. }));
		let logits = maximum.unwrap().input(0).unwrap();
		let layout = program.tensor(logits).unwrap().layout;
		for (row, target) in targets.iter().enumerate() {
			let logit = |column: u32| {
				let (tile, place) = layout.place(row as u32, column).unwrap();
				memory.tiles(logits)[tile as usize].0[place]
			};
			let named = (1..program.vocabulary()).fold(0, |named, column| {
				if logit(column) > logit(named) {
					column
				} else {
					named
				}
			});
			accuracy.correct += u64::from(named == *target);
			accuracy.rows += 1;
		}
	}
	accuracy
}

#[test]
fn the_accuracy_of_an_evaluation_is_that_of_the_specifications_logits() {
	let letters = |bytes: usize| -> Vec<u8> {
		let text = noise(bytes).into_iter();
		text.map(|byte| b"the cat sat on a mat, "[usize::from(byte) % 4 + usize::from(byte >> 7)])
			.collect()
	};
	// Tokens of two bytes, of which there are 300.
	let tokens: Vec<u8> = (0..3_000_u32)
		.flat_map(|at| ((at * at / 7 % 5 * 59) as u16).to_le_bytes())
		.collect();
	// Records whose label is told by their first byte.
	let mut records = noise(33 * 600);
	for record in records.chunks_exact_mut(33) {
		record[32] = record[0] / 86;
	}
	let cases = [
		(plan(6, 16, &[32], 16), letters(4_000), 45),
		(gpt(|model| model.vocabulary = 300, 2), tokens, 5),
		(classifier(3), records, 37),
	];
	for (plan, data, examples) in cases {
		// GIVEN a model that has learnt something
		let params = trained(&plan, &data);
		// WHEN the engine scores it on some examples, the last of them no whole batch
		let score = engine(&plan).score(&params, &data, examples).unwrap();
		// THEN it counts what the specification's logits say, and the loss is that of an evaluation
		let expected = expected(&plan, &params, &data, examples);
		assert_eq!(score.accuracy, expected);
		assert!(0 < expected.correct && expected.correct < expected.rows);
		let loss = engine(&plan).evaluate(&params, &data, examples).unwrap();
		assert_eq!(score.loss, loss);
	}
}

#[test]
fn a_model_whose_logits_are_all_equal_names_the_lowest_class() {
	// GIVEN a classifier without a single weight, and records of which one in three has the label 0
	let plan = classifier(3);
	let engine = engine(&plan);
	let zeros: Vec<Vec<u8>> = engine
		.init(&[1; 32])
		.tensors()
		.map(|tensor| vec![0; tensor.len()])
		.collect();
	let params = Params::from_tensors(engine.program(), &zeros).unwrap();
	let mut records = noise(33 * 480);
	for (label, record) in records.chunks_exact_mut(33).enumerate() {
		record[32] = (label % 3) as u8;
	}
	// WHEN it is scored on the whole held-out part THEN every third record is right
	let score = engine.score(&params, &records, 30).unwrap();
	let expected = Accuracy {
		correct: 10,
		rows: 30,
	};
	assert_eq!(score.accuracy, expected);
	assert_eq!(score.accuracy.share(), 1.0 / 3.0);
	// AND a label that the model does not have is refused
	records[33 * 479 + 32] = 3;
	let refused = engine.score(&params, &records, 30);
	assert!(matches!(
		refused,
		Err(EngineError::BadData { value: 3, .. })
	));
}
