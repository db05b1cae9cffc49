//! P21: wrong work is found wrong.

use super::play::{flipped, gpt, mlp, play, End, Party, Setup, MOST_MOVES};
use assay_numerics::{
	ops,
	referee::{judged_ops, Held, Part},
	StepPlan, ZERO_ROOT,
};
use assay_protocol::dispute::{Place, Ruling, Stage};

const WRONG: End = End::Judged(Ruling::ProviderWrong);

/// That the provider is found wrong, in how few moves; and where.
fn convicted(provider: &Party<'_>, challenger: &Party<'_>) -> (u32, Place) {
	let (end, stages) = play(provider, challenger);
	let Some(Stage::Search(search)) = stages.last() else {
		panic!("{end:?} at {:?}", stages.last());
	};
	assert_eq!(end, WRONG, "{:?}", search.place);
	// Each stage was reached by a move but the first one, and the proof is one more.
	let moves = stages.len() as u32;
	assert!(moves <= MOST_MOVES, "{moves}");
	(search.step.step, search.place.clone())
}

fn tiles_of_any_op(plan: StepPlan, every: usize) {
	let setup = Setup::new(plan);
	let honest = setup.honest();
	for op in (0..judged_ops(setup.outline())).step_by(every) {
		// GIVEN a provider that changed one bit of an output of step 3 and went on from it
		let made = &setup.program.ops()[op as usize];
		let tile = ops::tiles(made) / 2;
		let provider = setup.wrong(3, op, tile as usize);
		// WHEN it is challenged THEN it is convicted of exactly that tile
		let (step, place) = convicted(&provider, &honest);
		let Place::Tile {
			op: found,
			tile: at,
			..
		} = place
		else {
			panic!("{place:?}");
		};
		assert_eq!((step, found, at), (3, op, tile));
	}
}

#[test]
fn p21_a_wrong_tile_of_any_op_of_a_byte_model_is_proven() {
	tiles_of_any_op(mlp(), 1);
}

#[test]
fn p21_a_wrong_tile_of_ops_of_a_decoder_is_proven() {
	tiles_of_any_op(gpt(), 5);
}

fn folds_of_several_steps(plan: StepPlan) {
	let setup = Setup::new(plan);
	let honest = setup.honest();
	let mut folds = 0;
	for op in 0..judged_ops(setup.outline()) {
		let steps = ops::steps(&setup.program.ops()[op as usize], 0);
		if steps < 2 || folds == 4 {
			continue;
		}
		folds += 1;
		// GIVEN a provider with a wrong tile of a fold of several steps
		let mut provider = setup.wrong(3, op, 0);
		// WHEN its accumulators are right THEN it is convicted of the end of the fold
		let (_, place) = convicted(&provider, &honest);
		assert!(
			matches!(
				place,
				Place::Tile {
					part: Part::Finish,
					..
				}
			),
			"{place:?}"
		);
		// WHEN they are wrong from the first one, or at the last one THEN of that one
		provider.accumulators = |tiles| tiles.into_iter().map(flipped).collect();
		let (_, place) = convicted(&provider, &honest);
		assert!(
			matches!(
				place,
				Place::Tile {
					part: Part::Step(0),
					..
				}
			),
			"{place:?}"
		);
		provider.accumulators = |mut tiles| {
			let last = tiles.pop().unwrap();
			tiles.push(flipped(last));
			tiles
		};
		let (_, place) = convicted(&provider, &honest);
		let Place::Tile {
			part: Part::Step(step),
			..
		} = place
		else {
			panic!("{place:?}");
		};
		assert_eq!(step, steps - 1);
	}
	assert!(folds >= 2, "{folds}");
}

#[test]
fn p21_wrong_accumulators_do_not_save_a_wrong_tile_of_a_byte_model() {
	folds_of_several_steps(mlp());
}

#[test]
fn p21_wrong_accumulators_do_not_save_a_wrong_tile_of_a_decoder() {
	folds_of_several_steps(gpt());
}

#[test]
fn p21_a_state_that_is_not_made_of_the_outputs_is_proven_at_its_entry() {
	for plan in [mlp(), gpt()] {
		let setup = Setup::new(plan);
		let honest = setup.honest();
		let count = setup.outline().param_count();
		for held in [Held::Param, Held::FirstMoment, Held::SecondMoment] {
			for place in [0, count / 2, count - 1] {
				// GIVEN a provider whose ops are all right and whose state has another root
				let mut provider = setup.honest();
				let entry = held.entry(setup.outline(), place).unwrap();
				provider.lie_in_list(4, held, entry as usize);
				// WHEN it is challenged THEN it is convicted of that entry
				let (step, found) = convicted(&provider, &honest);
				let Place::Entry {
					held: found,
					place: at,
					..
				} = found
				else {
					panic!("{found:?}");
				};
				assert_eq!((step, found, at), (4, held, place));
			}
		}
	}
}

#[test]
fn p21_moments_that_are_not_there_after_a_step_are_wrong() {
	// GIVEN a provider that forgets the moments after the last step
	let setup = Setup::new(mlp());
	let mut provider = setup.honest();
	provider.states[5].moments = ZERO_ROOT;
	// WHEN it is challenged THEN it is convicted, although there is nothing to show
	let (step, place) = convicted(&provider, &setup.honest());
	let Place::Entry { root, .. } = place else {
		panic!("{place:?}");
	};
	assert_eq!((step, root), (4, ZERO_ROOT));
}

#[test]
fn p21_wrong_work_is_found_in_whichever_segment_it_begins() {
	let setup = Setup::new(mlp());
	let honest = setup.honest();
	let mut inner = 0;
	for step in 0..setup.plan.steps {
		for op in 0..judged_ops(setup.outline()) {
			// GIVEN a provider that is wrong from a step on, inside of a segment or not
			let provider = setup.with_wrong_tile(step, op, 0);
			if provider.trace() == honest.trace() {
				continue;
			}
			inner += u32::from([0, 2].contains(&step));
			// WHEN it is challenged THEN it is convicted in that step
			let (found, _) = convicted(&provider, &honest);
			assert_eq!(found, step);
			break;
		}
	}
	assert_eq!(inner, 2);
}

#[test]
fn p21_inner_states_that_nobody_knows_leave_the_provider_silent() {
	let setup = Setup::new(mlp());
	// GIVEN a provider with a wrong border, and an inner state that is made up
	let mut provider = setup.wrong(1, 3, 0);
	provider.states[1].params = [77; 32];
	// WHEN it is challenged
	let (end, stages) = play(&provider, &setup.honest());
	// THEN either it is convicted of what leads there, or it has nothing to show for it
	assert!(end == WRONG || end == End::Silent, "{end:?}");
	assert!(stages.len() as u32 <= MOST_MOVES);
	// AND of an honest step before a made up state nothing can be shown but that
	let mut provider = setup.honest();
	provider.states[1].params = [77; 32];
	provider.states[2].params = [78; 32];
	let (end, stages) = play(&provider, &setup.honest());
	let Some(Stage::Search(search)) = stages.last() else {
		panic!("{:?}", stages.last());
	};
	assert_eq!((end, search.step.step), (End::Silent, 0));
}

#[test]
fn p21_a_challenger_that_is_wrong_itself_loses() {
	// GIVEN an honest provider, and a challenger with one wrong bit
	let setup = Setup::new(mlp());
	for op in (0..judged_ops(setup.outline())).step_by(3) {
		let challenger = setup.with_wrong_tile(1, op, 0);
		if challenger.trace() == setup.honest().trace() {
			continue;
		}
		// WHEN it challenges THEN the provider is right
		let (end, _) = play(&setup.honest(), &challenger);
		assert_eq!(end, End::Judged(Ruling::ChallengerWrong));
	}
}
