//! Disputes about claims that training ends: the runtime judges the place.

use crate::{mock::*, Cases, Event};
use assay_numerics::referee::Part;
use assay_protocol::Failure;
use assay_traits::{Bonds, Seated};
use frame_support::assert_ok;

/// A provider of the good plan that claims that its training ends.
fn liar(claim: Failure) -> Party<'static> {
	let mut party = honest().clone();
	party.claim = Some(claim);
	party
}

#[test]
fn a_claim_of_failure_that_there_is_not_costs_the_stake_by_proof() {
	build_and_execute(|| {
		// GIVEN a good plan, and a claim that it ends in an op of its fourth step
		let provider = liar(Failure {
			step: 3,
			op: 1,
			tile: 0,
			part: Part::Whole,
		});
		let before = Balances::total_issuance();
		assert_ok!(dissent(FIRST, &provider));
		let view = Disputes::dispute_view(TASK).unwrap();
		assert_eq!(
			(view.failure, &view.trace),
			(provider.claim, &provider.trace())
		);
		assert_eq!(view.trace.len(), 2);
		// WHEN the challenger agrees with all that is shown, up to the place
		let moves = play_out(&provider, honest());
		// THEN the runtime finds a tile there: half of the stake goes to whoever said so
		assert!(moves <= 20, "{moves}");
		assert!(Cases::<Test>::get(TASK).is_none());
		let convicted = Event::Convicted {
			task: TASK,
			provider: PROVIDER,
			proven: true,
			slashed: STAKE,
			informers: Seated::truncate_from(vec![FIRST]),
		};
		System::assert_has_event(convicted.into());
		assert_eq!(Balances::total_issuance(), before - (STAKE - STAKE / 2));
		assert_eq!((Stake::task_stake(TASK), Stake::pledged(TASK)), (0, 0));
	});
}

#[test]
fn a_claim_of_failure_that_is_true_survives_and_is_paid_by_its_challenger() {
	IsBad::set(true);
	build_and_execute(|| {
		// GIVEN a plan whose training ends, a true claim of it, and a challenger that says otherwise
		let provider = bad().honest();
		let mut challenger = provider.clone();
		challenger.claim = None;
		assert_ok!(dissent(FIRST, &provider));
		let before = Balances::total_issuance();
		// WHEN they go down to the place
		play_out(&provider, &challenger);
		// THEN the runtime finds no tile: the challenger pays the price and the fees
		let acquitted = Event::Acquitted {
			task: TASK,
			provider: PROVIDER,
			compensation: PRICE,
		};
		System::assert_has_event(acquitted.into());
		assert_eq!(NotedSlash::get(), 0);
		let burned = PLEDGE - PRICE - 2 * FEE;
		assert_eq!(Balances::total_issuance(), before - burned);
	});
	IsBad::set(false);
}

#[test]
fn a_claim_of_a_later_place_than_the_true_one_is_convicted() {
	IsBad::set(true);
	build_and_execute(|| {
		// GIVEN a plan whose training ends in its second step, and a claim that it is the fourth
		let mut provider = bad().party(TASK, &mut |_, _, _, _| {});
		provider.claim = Some(Failure {
			step: 3,
			op: 1,
			tile: 0,
			part: Part::Whole,
		});
		assert_ok!(dissent(FIRST, &provider));
		// WHEN somebody whose training ended before disputes it THEN what is shown behind is wrong
		play_out(&provider, &bad().honest());
		assert_eq!(NotedSlash::get(), STAKE);
		NotedSlash::set(0);
	});
	IsBad::set(false);
}

#[test]
fn a_claim_whose_provider_is_silent_costs_the_stake() {
	build_and_execute(|| {
		let provider = liar(Failure {
			step: 0,
			op: 0,
			tile: 0,
			part: Part::Finish,
		});
		assert_ok!(dissent(FIRST, &provider));
		// WHEN the claim is asked for and nothing is shown in time
		assert_ok!(step(&provider, honest()));
		next_blocks(TURN + GRACE + 1);
		assert_ok!(Disputes::end(signed(NOBODY), TASK));
		assert_eq!(NotedSlash::get(), STAKE);
		NotedSlash::set(0);
	});
}
