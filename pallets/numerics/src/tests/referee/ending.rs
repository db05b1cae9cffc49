//! Places at which training is claimed to end, judged without a value to compare with.

use super::*;
use crate::referee::{judge_ending, outputs_before, tiles_before};

/// A step with sums of so many rows that their folds have several steps.
fn tall() -> Ready {
	let mut ready = ready(&samples::byte_mlp(2, 16, &[16], 1_024));
	ready.run(1, 0);
	let program = ready.program.clone();
	ready.memory.advance(&program);
	ready.run(1, 1);
	ready
}

/// The first sum of columns, and its memory with one number everywhere in what it sums.
fn summing(ready: &Ready, number: f32) -> (u32, Memory) {
	let ops = ready.program.ops();
	let is_sum = |op: &Op| matches!(op.kind, OpKind::ColSum { .. });
	let place = ops.iter().position(is_sum).unwrap();
	let input = ops[place].inputs[0].unwrap();
	let mut memory = ready.memory.clone();
	let tiles = memory.tiles(input).iter();
	let tiles = tiles.map(|_| Tile([number; 256])).collect();
	memory.set(input, tiles);
	(place as u32, memory)
}

/// What the referee finds at a part of the first tile of an op, of somebody who claims that training
/// ends there.
fn judged(case: &Case<'_>, op: u32, part: Part) -> Result<Option<StepError>, RefereeError> {
	let outline = case.ready.program.outline();
	let steps = fold_steps(outline, op, 0).unwrap();
	let own = case.transcript.accumulators(&case.env, (op, 0)).unwrap();
	let fold = tiles_before(&own.tiles, part, steps);
	let outputs = outputs_before(outline, case.transcript.outputs(), op);
	let commitments = Commitments {
		outputs: list_root(&outputs),
		fold: Some(Fold {
			op,
			tile: 0,
			accumulators: tiles_root(&fold),
		}),
		..case.commitments
	};
	let question = Question { op, tile: 0, part };
	let evidence = case.transcript.evidence(
		&case.env,
		&question,
		&Shown::list(&outputs, outputs.len() as u32),
		Some(&Shown::tiles(&fold, steps)),
	);
	judge_ending(
		outline,
		&commitments,
		&case.env,
		&question,
		&evidence.unwrap(),
	)
}

#[test]
fn a_sum_that_leaves_the_range_ends_at_its_step_or_at_its_end_and_nowhere_before() {
	let ready = tall();
	for (number, expected) in [(1e14, Part::Step(0)), (1e13, Part::Finish)] {
		// GIVEN a sum that leaves the range on its way, or only where its lanes are added up
		let (op, memory) = summing(&ready, number);
		let case = Case::new(&ready, &memory);
		let steps = fold_steps(ready.program.outline(), op, 0).unwrap();
		assert!(steps > 1);
		// WHEN it is asked where the step ends THEN it is there
		let found = case.transcript.ending(&case.env, (op, 0)).unwrap();
		assert_eq!(found, Some(expected));
		// AND the referee finds no tile there, and one at every part before
		assert_eq!(judged(&case, op, expected), Ok(Some(StepError::OutOfRange)));
		for step in 0..expected.before(steps) {
			assert_eq!(judged(&case, op, Part::Step(step)), Ok(None));
		}
	}
}

#[test]
fn an_op_that_has_its_tile_ends_nowhere() {
	let ready = small();
	let case = Case::new(&ready, &ready.memory);
	for op in 0..judged_ops(ready.program.outline()) {
		assert_eq!(case.transcript.ending(&case.env, (op, 0)).unwrap(), None);
		let steps = fold_steps(ready.program.outline(), op, 0).unwrap();
		let parts = (0..steps)
			.map(Part::Step)
			.chain([Part::Finish, Part::Whole]);
		for part in parts.filter(|part| part.is_of(steps)) {
			assert_eq!(judged(&case, op, part), Ok(None), "{op} {part:?}");
		}
	}
}

#[test]
fn a_part_that_the_fold_does_not_have_is_refused() {
	let ready = tall();
	let (op, memory) = summing(&ready, 1e13);
	let case = Case::new(&ready, &memory);
	let steps = fold_steps(ready.program.outline(), op, 0).unwrap();
	let question = Question {
		op,
		tile: 0,
		part: Part::Whole,
	};
	let outline = ready.program.outline();
	let refused = judge_ending(
		outline,
		&case.commitments,
		&case.env,
		&question,
		&Evidence::default(),
	);
	assert_eq!(refused, Err(RefereeError::NoSuchPart { steps }));
	// AND without the accumulators nothing is judged
	let question = Question {
		part: Part::Finish,
		..question
	};
	let refused = judge_ending(
		outline,
		&case.commitments,
		&case.env,
		&question,
		&Evidence::default(),
	);
	assert_eq!(refused, Err(RefereeError::NotCommitted));
}

#[test]
fn a_part_knows_its_folds_and_what_lies_before_it() {
	for steps in 0..4 {
		assert_eq!(Part::Whole.is_of(steps), steps <= 1);
		assert_eq!(Part::Finish.is_of(steps), steps > 1);
		for step in 0..5 {
			assert_eq!(Part::Step(step).is_of(steps), steps > 1 && step < steps);
			assert_eq!(Part::Step(step).before(steps), step);
		}
		assert_eq!(Part::Whole.before(steps), 0);
		assert_eq!(Part::Finish.before(steps), steps);
	}
}
