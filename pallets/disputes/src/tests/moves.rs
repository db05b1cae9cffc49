//! Who may move when, and what is refused.

use crate::{mock::*, Error};
use assay_numerics::referee::Held;
use assay_protocol::dispute::{Answer, Ask, Place, Proof, Stage};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

fn stage() -> Stage {
	Disputes::open_dispute(TASK).unwrap().1.stage
}

#[test]
fn without_a_dispute_every_call_is_refused() {
	build_and_execute(|| {
		let none = DispatchError::from(Error::<Test>::NoDispute);
		let ask = Ask::Finish;
		assert_noop!(Disputes::ask(signed(FIRST), TASK, ask.clone()), none);
		let answer = Answer::States(Default::default());
		assert_noop!(
			Disputes::answer(signed(PROVIDER), TASK, answer.clone()),
			none
		);
		let proof = Proof::Entry(Default::default());
		assert_noop!(Disputes::prove(signed(NOBODY), TASK, proof.clone()), none);
		assert_noop!(Disputes::end(signed(NOBODY), TASK), none);
		// AND so is whoever has no worker key, or does not sign
		let unknown = DispatchError::from(Error::<Test>::NotAWorker);
		assert_noop!(Disputes::ask(signed(NOBODY), TASK, ask.clone()), unknown);
		assert_noop!(
			Disputes::answer(signed(NOBODY), TASK, answer.clone()),
			unknown
		);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			let bad = DispatchError::BadOrigin;
			assert_noop!(Disputes::ask(origin.clone(), TASK, ask.clone()), bad);
			assert_noop!(Disputes::answer(origin.clone(), TASK, answer.clone()), bad);
			assert_noop!(Disputes::prove(origin.clone(), TASK, proof.clone()), bad);
			assert_noop!(Disputes::end(origin, TASK), bad);
		}
	});
}

#[test]
fn d3_only_the_challenger_asks_and_only_the_provider_commits() {
	build_and_execute(|| {
		assert_ok!(dissent(FIRST, wrong()));
		assert_ok!(dissent(SECOND, wrong()));
		// GIVEN the challenger's turn WHEN others ask THEN they are refused
		let segment = Ask::Segment { segment: 0 };
		for who in [SECOND, THIRD, PROVIDER] {
			let refused = Error::<Test>::NotChallenger;
			assert_noop!(Disputes::ask(signed(who), TASK, segment.clone()), refused);
		}
		// AND what is not its turn
		let answer = Answer::States(Default::default());
		assert_noop!(
			Disputes::answer(signed(PROVIDER), TASK, answer.clone()),
			Error::<Test>::NotYourTurn
		);
		assert_noop!(
			Disputes::answer(signed(FIRST), TASK, answer.clone()),
			Error::<Test>::NotProvider
		);
		// AND what is not awaited
		for ask in [
			Ask::Finish,
			Ask::State { of: Held::Param },
			Ask::Child { index: 0 },
			Ask::Step { step: 0 },
		] {
			let refused = Error::<Test>::NotAwaited;
			assert_noop!(Disputes::ask(signed(FIRST), TASK, ask), refused);
		}
		assert_noop!(
			Disputes::ask(signed(FIRST), TASK, Ask::Segment { segment: 3 }),
			Error::<Test>::NoSuchPlace
		);
		// GIVEN the provider's turn WHEN others commit for it THEN they are refused
		moves(1);
		assert_noop!(
			Disputes::answer(signed(FIRST), TASK, answer.clone()),
			Error::<Test>::NotProvider
		);
		assert_noop!(
			Disputes::ask(signed(FIRST), TASK, segment),
			Error::<Test>::NotYourTurn
		);
		let proof = Proof::Entry(Default::default());
		assert_noop!(
			Disputes::prove(signed(FIRST), TASK, proof),
			Error::<Test>::NotYourTurn
		);
		assert_noop!(
			Disputes::answer(signed(PROVIDER), TASK, answer),
			Error::<Test>::OtherStates
		);
	});
}

#[test]
fn anyone_with_a_worker_key_shows_facts_and_nobody_shows_what_is_none() {
	build_and_execute(|| {
		assert_ok!(dissent(FIRST, wrong()));
		// GIVEN a stage in which nodes are awaited
		let is_asked = |stage: &Stage| matches!(stage, Stage::Search(search) if matches!(search.place, Place::Asked { .. }));
		while !is_asked(&stage()) {
			moves(1);
		}
		let (case, dispute) = Disputes::open_dispute(TASK).unwrap();
		let subject = case.subject(TASK, setup().outline());
		let answer = wrong().answer(&subject, &dispute.stage).unwrap();
		let Answer::Layer(mut layer) = answer.clone() else {
			panic!("{answer:?}");
		};
		// WHEN a bit of them is another one THEN it is refused, whoever shows it
		layer[0][0] ^= 1;
		for who in [PROVIDER, THIRD] {
			let other = Answer::Layer(layer.clone());
			let refused = Error::<Test>::OtherNodes;
			assert_noop!(Disputes::answer(signed(who), TASK, other), refused);
		}
		// WHEN a bystander shows them THEN the provider has answered
		assert_ok!(Disputes::answer(signed(THIRD), TASK, answer));
		assert_ne!(stage(), dispute.stage);
	});
}

#[test]
fn evidence_that_proves_nothing_costs_nothing_and_anyone_shows_what_does() {
	build_and_execute(|| {
		assert_ok!(dissent(FIRST, wrong()));
		// GIVEN the place where they part
		let is_tile = |stage: &Stage| matches!(stage, Stage::Search(search) if matches!(search.place, Place::Tile { .. }));
		while !is_tile(&stage()) {
			moves(1);
		}
		// WHEN evidence is empty, or of another kind THEN nothing happens
		assert_noop!(
			Disputes::prove(signed(FIRST), TASK, Proof::Tile(Default::default())),
			Error::<Test>::BadEvidence
		);
		assert_noop!(
			Disputes::prove(signed(FIRST), TASK, Proof::Entry(Default::default())),
			Error::<Test>::NotAwaited
		);
		// WHEN somebody without a bond shows it THEN the provider is convicted all the same
		let (case, dispute) = Disputes::open_dispute(TASK).unwrap();
		let subject = case.subject(TASK, setup().outline());
		let Some(Move::Prove(proof)) = honest().ask(&subject, &dispute.stage) else {
			panic!("{:?}", dispute.stage);
		};
		assert_ok!(Disputes::prove(signed(NOBODY), TASK, proof));
		assert_eq!(NotedSlash::get(), STAKE);
	});
}

#[test]
fn a_plan_that_cannot_be_lowered_is_told_as_a_defect() {
	build_and_execute(|| {
		// GIVEN a case whose plan is none, which no job was posted with
		assert_ok!(dissent(FIRST, wrong()));
		crate::Cases::<Test>::mutate(TASK, |case| {
			case.as_mut().unwrap().plan.step.batch = 0;
		});
		// WHEN somebody moves THEN it is refused as a defect
		assert_noop!(
			Disputes::ask(signed(FIRST), TASK, Ask::Segment { segment: 0 }),
			Error::<Test>::Inconsistent
		);
	});
}
