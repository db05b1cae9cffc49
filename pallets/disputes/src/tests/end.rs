//! Who follows, and who pays.

use crate::{mock::*, Cases, Error, Event};
use assay_protocol::{dispute::Ask, SlotState};
use assay_traits::{Bonds, Disputes as _, Seated, Slash};
use frame_support::{assert_noop, assert_ok, traits::Hooks, weights::Weight};

/// What is burned of a pledge that pays the price and two fees.
const BURNED: u128 = PLEDGE - PRICE - 2 * FEE;

#[test]
fn the_next_dissenter_takes_over_from_the_beginning() {
	build_and_execute(|| {
		// GIVEN wrong work, an accomplice that dissents first, and two that are right
		for validator in [FIRST, SECOND, THIRD] {
			assert_ok!(dissent(validator, wrong()));
		}
		let before = issued();
		// WHEN the accomplice asks for a place that is right
		assert_ok!(Disputes::ask(
			signed(FIRST),
			TASK,
			Ask::Segment { segment: 0 }
		));
		System::reset_events();
		next_blocks(1);
		let challenger = setup().wrong(1, 3, 0);
		play_out(wrong(), &challenger);
		// THEN its pledge is burned, as nobody knows yet who is wronged
		assert_eq!(issued(), before - PLEDGE);
		let replaced = Event::ChallengerReplaced {
			task: TASK,
			challenger: SECOND,
			pledge: PLEDGE,
		};
		assert_eq!(take_events().last(), Some(&replaced));
		// AND the next one begins, with all its time
		let view = Disputes::dispute_view(TASK).unwrap();
		assert_eq!((view.challenger, view.moves), (SECOND, 0));
		// A block has passed since.
		assert_eq!(view.left, TURN - 1);
		assert!(Disputes::disputes_of(&FIRST).is_empty());
		assert_eq!(Disputes::disputes_of(&SECOND), [TASK]);
		// AND convicts; the accomplice gets nothing of it
		play_out(wrong(), honest());
		let convicted = Event::Convicted {
			task: TASK,
			provider: PROVIDER,
			proven: true,
			slashed: STAKE,
			informers: Seated::truncate_from(vec![SECOND, THIRD]),
		};
		assert_eq!(take_events().last(), Some(&convicted));
		assert_eq!(issued(), before - PLEDGE - (STAKE - STAKE / 2 / 2 * 2));
	});
}

#[test]
fn dissenters_that_cannot_pledge_are_passed_over() {
	build_and_execute(|| {
		// GIVEN a line of one that is silent, one that is poor and one that is neither
		for validator in [FIRST, POOR, SECOND] {
			assert_ok!(dissent(validator, wrong()));
		}
		// WHEN the first one is silent
		next_blocks(TURN + 1);
		assert_ok!(Disputes::end(signed(NOBODY), TASK));
		// THEN the third one takes over
		assert_eq!(Disputes::dispute_view(TASK).unwrap().challenger, SECOND);
		assert_eq!(Cases::<Test>::get(TASK).unwrap().lost, 2);
	});
}

#[test]
fn if_all_others_are_passed_over_the_last_challenger_pays_as_the_last() {
	build_and_execute(|| {
		// GIVEN right work, and behind its challenger somebody that cannot pledge
		let (before, provider) = (issued(), free(PROVIDER));
		for validator in [FIRST, POOR] {
			assert_ok!(dissent(validator, honest()));
		}
		// WHEN the challenger loses
		play_out(honest(), wrong());
		// THEN the provider is paid, as if nobody had stood behind it
		assert!(!Disputes::is_open(TASK));
		assert_eq!(free(PROVIDER), provider + STAKE + PRICE);
		assert_eq!(issued(), before - BURNED);
		assert_eq!(bond(POOR), 100);
	});
}

#[test]
fn an_accomplice_that_loses_early_does_not_free_the_stake() {
	build_and_execute(|| {
		// GIVEN wrong work that is being judged, and an accomplice that disputes it first and loses
		State::set(SlotState::Judging {
			seats: 3,
			sealed: 1,
		});
		let before = issued();
		assert_ok!(dissent(FIRST, wrong()));
		next_blocks(TURN + 1);
		System::reset_events();
		assert_ok!(Disputes::end(signed(PROVIDER), TASK));
		// THEN the stake is held, the pledge stands, and nothing can be moved or ended
		assert_eq!(Stake::task_stake(TASK), STAKE);
		assert_eq!(Stake::pledged(TASK), PLEDGE);
		assert!(Disputes::is_open(TASK));
		assert_eq!(Disputes::dispute_view(TASK), None);
		assert_eq!(take_events().len(), 1);
		Disputes::do_try_state().unwrap();
		assert_noop!(
			Disputes::ask(signed(FIRST), TASK, Ask::Segment { segment: 0 }),
			Error::<Test>::ChallengerHasLost
		);
		assert_noop!(
			Disputes::end(signed(PROVIDER), TASK),
			Error::<Test>::TimeLeft
		);
		// WHEN one that cannot pledge joins THEN it is passed over, and nothing else happens
		assert_ok!(dissent(POOR, wrong()));
		assert_ok!(Disputes::end(signed(NOBODY), TASK));
		assert_eq!(Stake::task_stake(TASK), STAKE);
		Disputes::do_try_state().unwrap();
		// WHEN a validator of the committee says invalid
		assert_ok!(dissent(SECOND, wrong()));
		assert_ok!(Disputes::end(signed(NOBODY), TASK));
		// THEN it takes over, the accomplice's pledge is burned, and the provider is convicted
		assert_eq!(issued(), before - PLEDGE);
		assert_eq!(Disputes::disputes_of(&SECOND), [TASK]);
		play_out(wrong(), honest());
		assert_eq!(NotedSlash::get(), STAKE);
		assert_eq!(issued(), before - PLEDGE - (STAKE - STAKE / 2));
	});
}

#[test]
fn whoever_lost_early_pays_when_the_work_is_judged() {
	build_and_execute(|| {
		// GIVEN right work that is being judged, and a challenger that has lost
		State::set(SlotState::Revealed);
		let (before, provider) = (issued(), free(PROVIDER));
		assert_ok!(dissent(FIRST, honest()));
		play_out(honest(), wrong());
		assert_eq!(free(PROVIDER), provider);
		// AND somebody who says valid after that
		Disputes::assent(TASK, &THIRD);
		// WHEN the slot is given to somebody else, and an idle block sweeps
		Attempt::set(1);
		Disputes::on_idle(System::block_number(), Weight::MAX);
		// THEN the provider and all that said valid are paid
		assert!(!Disputes::is_open(TASK));
		assert_eq!(free(PROVIDER), provider + STAKE + PRICE);
		assert_eq!(issued(), before - (BURNED - FEE));
		assert_eq!(bond(FIRST), BOND - PLEDGE);
	});
}

#[test]
fn d5_a_job_that_is_pruned_meanwhile_changes_nothing() {
	for prunes in 0..2 {
		NotedSlash::set(0);
		build_and_execute(|| {
			// GIVEN a dispute whose job is gone in its midst
			assert_ok!(dissent(FIRST, wrong()));
			assert_ok!(dissent(SECOND, wrong()));
			moves(3);
			IsPruned::set(true);
			if prunes == 1 {
				// AND whose challenger falls silent
				moves(1);
				while Disputes::dispute_view(TASK).unwrap().turn
					== assay_protocol::dispute::Side::Provider
				{
					moves(1);
				}
				next_blocks(TURN + 1);
				assert_ok!(Disputes::end(signed(NOBODY), TASK));
				assert_eq!(Disputes::disputes_of(&SECOND), [TASK]);
			}
			// WHEN it is played to its end THEN it ends as ever
			play_out(wrong(), honest());
			assert!(!Disputes::is_open(TASK));
			assert_eq!(NotedSlash::get(), STAKE);
			IsPruned::set(false);
		});
	}
}

#[test]
fn a_challenger_whose_bond_is_gone_pays_what_is_left_and_is_counted_as_lost() {
	build_and_execute(|| {
		// GIVEN a challenger whose bond was taken for another fault
		assert_ok!(dissent(FIRST, honest()));
		let left = 60;
		pallet_stake::BondOf::<Test>::mutate(FIRST, assay_traits::Role::Validator, |bond| {
			bond.as_mut().unwrap().amount = left;
		});
		let provider = free(PROVIDER);
		// WHEN it loses THEN the provider gets what there is, and no dispute is stuck
		next_blocks(TURN + 1);
		assert_ok!(Disputes::end(signed(NOBODY), TASK));
		assert!(!Disputes::is_open(TASK));
		assert_eq!(free(PROVIDER), provider + STAKE + left);
		assert_eq!(Slashing::lost_disputes(&FIRST), 1);
	});
}
