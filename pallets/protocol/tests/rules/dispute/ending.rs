//! P26: a true claim that training ends is never found wrong, a false one always is.

use super::{
	honest::asked,
	play::{
		ending, ending_at_finish, ending_gpt, ending_in_fold, gpt, mlp, play, End, Party, Setup,
		MOST_MOVES,
	},
};
use assay_numerics::{
	ops,
	referee::{fold_steps, judged_ops, Held, Part},
};
use assay_protocol::{
	dispute::{Ask, DisputeError, Place, Ruling, Stage},
	failure::FailureError,
	Failure, FailureReveal, Trace,
};
use proptest::prelude::*;
use std::sync::OnceLock;

/// A true claim, its borders, and the stages of disputes in which its first difference is the place
/// itself, or an accumulator before it.
pub(super) fn stages(setup: &Setup) -> (Failure, Trace, Vec<Stage>) {
	let mut provider = setup.party(setup.task, &mut |_, _, _, _| {});
	let op = (0..judged_ops(setup.outline())).find(|op| {
		let made = &setup.program.ops()[*op as usize];
		ops::steps(made, 0) > 1
	});
	let claim = Failure {
		step: 0,
		op: op.unwrap(),
		tile: 0,
		part: Part::Finish,
	};
	provider.claim = Some(claim);
	let stages = play(&provider, &forced(setup)).1;
	(claim, provider.trace(), stages)
}

/// Tasks whose training ends, with what is true of each: in the optimiser, in the middle of a fold, in
/// the middle of a segment, at the end of a fold.
fn bad() -> &'static [(Setup, Failure); 4] {
	static BAD: OnceLock<[(Setup, Failure); 4]> = OnceLock::new();
	BAD.get_or_init(|| {
		[ending(), ending_in_fold(), ending_gpt(), ending_at_finish()].map(|setup| {
			let claim = setup.honest().claim.unwrap();
			(setup, claim)
		})
	})
}

fn good() -> &'static [Setup; 2] {
	static GOOD: OnceLock<[Setup; 2]> = OnceLock::new();
	GOOD.get_or_init(|| [Setup::new(mlp()), Setup::new(gpt())])
}

/// What is true, plainly: training ends in this tile of this op of this step, at this part of the fold.
fn is_true(setup: &Setup, claim: &Failure) -> bool {
	let honest = setup.honest();
	let Some((step, op, _)) = honest.ends else {
		return false;
	};
	let trace = honest.trace();
	let case = setup.case(&trace);
	(step, op) == (claim.step, claim.op)
		&& honest
			.transcript(step)
			.ending(&case.env(step), (op, claim.tile))
			== Ok(Some(claim.part))
}

/// A place of the task, by any numbers.
fn place(setup: &Setup, (step, op, tile, part): (u32, u32, u32, u32)) -> Failure {
	let op = op % judged_ops(setup.outline());
	let tile = tile % ops::tiles(&setup.program.ops()[op as usize]);
	let steps = fold_steps(setup.outline(), op, tile).unwrap();
	let part = match steps {
		0 | 1 => Part::Whole,
		_ if part % (steps + 1) == steps => Part::Finish,
		_ => Part::Step(part % (steps + 1)),
	};
	Failure {
		step: step % setup.plan.steps,
		op,
		tile,
		part,
	}
}

/// That whoever claims this is convicted by an honest challenger, in how few moves.
fn ensure_convicted(provider: &Party<'_>) {
	let honest = provider.setup.honest();
	let (end, stages) = play(provider, &honest);
	let claim = provider.claim.unwrap();
	assert_eq!(
		end,
		End::Judged(Ruling::ProviderWrong),
		"{claim:?} at {:?}",
		stages.last()
	);
	assert!(stages.len() as u32 <= MOST_MOVES, "{}", stages.len());
}

/// Somebody that computes as it should, goes on with zeros where there is nothing, and claims this.
fn claims(setup: &Setup, claim: Failure) -> Party<'_> {
	let mut party = setup.party(setup.task, &mut |_, _, _, _| {});
	party.claim = Some(claim);
	party
}

#[test]
fn p26_training_ends_where_the_tests_say() {
	let found = bad().each_ref().map(|(_, claim)| *claim);
	let [optimiser, fold, product, finish] = found;
	assert_eq!((optimiser.step, optimiser.part), (1, Part::Whole));
	assert!(
		matches!(fold.part, Part::Step(step) if step > 0),
		"{fold:?}"
	);
	assert_eq!((fold.step, product.step), (0, 3));
	assert_eq!((finish.step, finish.part), (0, Part::Finish));
	for (setup, claim) in bad() {
		assert!(is_true(setup, claim));
		// AND nobody who is honest disputes it
		let honest = setup.honest();
		assert_eq!(play(&honest, &honest).0, End::Agreed);
		assert_eq!(honest.trace().len() as u32, claim.segment(&setup.plan) + 1);
	}
}

#[test]
fn p26_a_claim_of_any_other_place_is_convicted() {
	for (setup, truth) in bad() {
		let others = [
			// The step before and after, the op before and after, another tile, another part.
			Failure {
				step: truth.step.wrapping_sub(1),
				..*truth
			},
			Failure {
				step: truth.step + 1,
				..*truth
			},
			place(setup, (truth.step, truth.op - 1, 0, 0)),
			place(setup, (truth.step, truth.op + 1, 0, 0)),
			place(setup, (truth.step, judged_ops(setup.outline()) - 1, 0, 0)),
			place(setup, (truth.step, 0, 0, 0)),
			Failure {
				part: Part::Step(0),
				..*truth
			},
			Failure {
				part: Part::Finish,
				..*truth
			},
		];
		let mut tried = 0;
		for claim in others {
			// GIVEN a claim that is not true WHEN it is challenged THEN it is found wrong
			if claim.check(&setup.plan, setup.outline()).is_ok() && !is_true(setup, &claim) {
				ensure_convicted(&claims(setup, claim));
				tried += 1;
			}
		}
		assert!(tried >= 5, "{tried}");
	}
}

#[test]
fn p26_a_tile_beside_the_one_in_which_training_ends_is_convicted() {
	for (setup, truth) in bad() {
		let tiles = ops::tiles(&setup.program.ops()[truth.op as usize]);
		let others = (0..tiles).map(|tile| Failure { tile, ..*truth });
		for claim in others.filter(|claim| !is_true(setup, claim)).take(4) {
			ensure_convicted(&claims(setup, claim));
		}
	}
}

#[test]
fn p26_borders_that_are_not_those_of_the_task_are_convicted_or_have_nothing_behind_them() {
	// GIVEN a true place behind a border that is made up
	let (setup, truth) = &bad()[2];
	let mut provider = claims(setup, *truth);
	provider.lie_in_list(1, Held::Param, 0);
	// WHEN it is challenged THEN the entry of the state is found
	let (end, stages) = play(&provider, &forced(setup));
	assert_eq!(end, End::Judged(Ruling::ProviderWrong));
	let Some(Stage::Search(search)) = stages.last() else {
		panic!("{:?}", stages.last());
	};
	assert!(matches!(search.place, Place::Entry { .. }));
	// AND one of the state before the step, within the segment, as well
	let mut provider = claims(setup, *truth);
	provider.lie_in_list(2, Held::SecondMoment, 0);
	let (end, _) = play(&provider, &forced(setup));
	assert_eq!(end, End::Judged(Ruling::ProviderWrong));
}

#[test]
fn p26_wrong_outputs_before_the_place_are_convicted_at_their_tile() {
	for (setup, truth) in bad() {
		for op in (0..truth.op).step_by(4) {
			// GIVEN a provider with a wrong tile that leads to the claimed place
			let mut provider = setup.with_wrong_tile(truth.step, op, 0);
			provider.claim = Some(*truth);
			// WHEN it is challenged THEN it is convicted of that tile
			let (end, stages) = play(&provider, &forced(setup));
			assert_eq!(end, End::Judged(Ruling::ProviderWrong));
			let Some(Stage::Search(search)) = stages.last() else {
				panic!("{:?}", stages.last());
			};
			let Place::Tile { op: found, .. } = search.place else {
				panic!("{:?}", search.place);
			};
			assert_eq!((search.step.step, found), (truth.step, op));
		}
	}
}

#[test]
fn p26_wrong_accumulators_before_the_place_are_convicted() {
	// GIVEN a true claim in the middle of a fold, and accumulators of one's own choice before it
	let (setup, truth) = &bad()[1];
	let mut provider = claims(setup, *truth);
	provider.accumulators = |tiles| tiles.into_iter().map(super::play::flipped).collect();
	// WHEN it is challenged THEN the first of them is found
	let (end, stages) = play(&provider, &forced(setup));
	assert_eq!(end, End::Judged(Ruling::ProviderWrong));
	let Some(Stage::Search(search)) = stages.last() else {
		panic!("{:?}", stages.last());
	};
	assert!(matches!(
		search.place,
		Place::Tile {
			part: Part::Step(0),
			..
		}
	));
}

#[test]
fn p26_what_a_claim_shows_behind_its_place_is_of_no_account() {
	// GIVEN a true claim whose list and accumulators go on with something
	let (setup, truth) = &bad()[1];
	let honest = setup.honest();
	let trace = honest.trace();
	let case = honest.case(&trace);
	let stages = play(&honest, &forced(setup)).1;
	// WHEN something behind the place is asked for THEN there is none
	let mut seen = 0;
	for stage in &stages {
		let Stage::Search(search) = stage else {
			continue;
		};
		let Place::Shown { node, layer, .. } = &search.place else {
			continue;
		};
		if search.fold.is_empty() && !node.is_leaf() {
			// Nodes of several roots lead down on either side of the place.
			continue;
		}
		let indices = 0..layer.len() as u32;
		let behind = indices.filter(|index| {
			let refused = case.ask(stage, &Ask::Child { index: *index });
			matches!(refused, Err(DisputeError::NoSuchPlace { .. }))
		});
		let before = match search.fold.is_empty() {
			true => truth.op,
			false => truth.part.before(u32::MAX),
		};
		assert_eq!(behind.min(), Some(before), "{node:?}");
		seen += 1;
	}
	assert_eq!(seen, 2);
	// AND there is no state behind the step
	let of = Held::Param;
	let refused = stages
		.iter()
		.filter(|stage| stage.turn() == assay_protocol::dispute::Side::Challenger);
	for stage in refused {
		assert_eq!(
			case.ask(stage, &Ask::State { of }),
			Err(DisputeError::NotAwaited)
		);
	}
}

/// An honest challenger that asks for what it is shown of a claim even where it agrees with the place.
fn forced(setup: &Setup) -> Party<'_> {
	let mut challenger = setup.honest();
	challenger.claim = None;
	challenger
}

#[test]
fn p26_who_disputes_a_true_claim_loses_at_its_place() {
	for (setup, _) in bad() {
		let (end, stages) = play(&setup.honest(), &forced(setup));
		assert_eq!(
			end,
			End::Judged(Ruling::ChallengerWrong),
			"{:?}",
			stages.last()
		);
	}
}

#[test]
fn a_claim_that_is_none_of_the_plan_is_refused_with_its_bound() {
	let (setup, truth) = &bad()[1];
	let (plan, outline) = (&setup.plan, setup.outline());
	let check = |claim: Failure| claim.check(plan, outline);
	assert_eq!(check(*truth), Ok(()));
	assert_eq!(
		check(Failure { step: 5, ..*truth }),
		Err(FailureError::NoSuchStep { step: 5, count: 5 })
	);
	let count = judged_ops(outline);
	assert_eq!(
		check(Failure {
			op: count,
			..*truth
		}),
		Err(FailureError::NoSuchOp { op: count, count })
	);
	assert_eq!(
		check(Failure {
			tile: 9_999,
			..*truth
		}),
		Err(FailureError::NoSuchTile { tile: 9_999 })
	);
	let steps = fold_steps(outline, truth.op, truth.tile).unwrap();
	for part in [Part::Whole, Part::Step(steps)] {
		assert_eq!(
			check(Failure { part, ..*truth }),
			Err(FailureError::NoSuchPart { steps })
		);
	}
	let (setup, whole) = &bad()[0];
	let claim = Failure {
		part: Part::Finish,
		..*whole
	};
	assert_eq!(
		claim.check(&setup.plan, setup.outline()),
		Err(FailureError::NoSuchPart { steps: 1 })
	);
}

#[test]
fn the_borders_of_a_claim_begin_at_the_parent_and_end_where_training_does() {
	let (setup, truth) = &bad()[2];
	let honest = setup.honest();
	let reveal = FailureReveal {
		trace: honest.trace(),
		place: *truth,
		salt: [1; 32],
	};
	let parent = setup.plan.parent.root;
	let check =
		|reveal: &FailureReveal| reveal.check(&setup.plan, setup.outline(), &parent, &[0; 32]);
	assert_eq!(check(&reveal), Ok(()));
	let mut fewer = reveal.clone();
	fewer.trace.pop();
	let mut more = reveal.clone();
	more.trace.try_push([1; 32]).unwrap();
	let mut other = reveal.clone();
	other.trace[0][0] ^= 1;
	for wrong in [fewer, more, other] {
		assert_eq!(check(&wrong), Err(FailureError::OtherTrace));
	}
	let mut nowhere = reveal;
	nowhere.place.step = 99;
	assert!(matches!(
		check(&nowhere),
		Err(FailureError::NoSuchStep { .. })
	));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(60))]

	#[test]
	fn p26_a_claim_survives_exactly_if_it_is_true(
		which in 0..6_usize,
		any in any::<(u32, u32, u32, u32)>(),
	) {
		// GIVEN a claim of any place of a task whose training ends, or does not
		let setup = match which {
			0..4 => &bad()[which].0,
			_ => &good()[which - 4],
		};
		let claim = place(setup, any);
		prop_assert_eq!(claim.check(&setup.plan, setup.outline()), Ok(()));
		// WHEN an honest challenger looks at it THEN it disputes and wins, unless the claim is true
		if !is_true(setup, &claim) {
			ensure_convicted(&claims(setup, claim));
		}
	}

	#[test]
	fn p26_a_true_claim_is_never_found_wrong(
		asks in prop::collection::vec(super::honest::asks(), 0..60),
		which in 0..4_usize,
	) {
		// GIVEN a provider that claims what is true, WHEN it is asked anything
		let honest = bad()[which].0.honest();
		let (ruling, moves) = asked(&honest, &asks);
		// THEN its challenger is wrong
		prop_assert_eq!(ruling, Ruling::ChallengerWrong);
		prop_assert!(moves <= MOST_MOVES, "{}", moves);
	}
}
