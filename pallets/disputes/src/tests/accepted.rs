//! Disputes about accepted work, whose windows pallet-jobs keeps: D7.

use crate::{mock::*, Error, Event};
use assay_traits::{Bonds, Disputes as _, Dissent, Seated};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchResult;

/// That somebody disputes accepted work of `provider`: nobody is owed a fee by it.
fn dispute(who: u64, provider: &Party<'_>) -> DispatchResult {
	IsAccepted::set(true);
	Settled::take();
	Disputes::dissent(Dissent {
		assenters: Seated::new(),
		..dissent_of(who, provider.trace())
	})
}

#[test]
fn accepted_work_that_is_wrong_costs_its_provider_the_stake() {
	build_and_execute(|| {
		// GIVEN wrong work that was accepted WHEN somebody disputes it and proves it
		let (before, challenger) = (issued(), free(SECOND));
		assert_ok!(dispute(SECOND, wrong()));
		play_out(wrong(), honest());
		// THEN the stake is lost, half of it to whoever said so, and the window is told
		let convicted = Event::Convicted {
			task: TASK,
			provider: PROVIDER,
			proven: true,
			slashed: STAKE,
			informers: Seated::truncate_from(vec![SECOND]),
		};
		assert_eq!(take_events().last(), Some(&convicted));
		assert_eq!(free(SECOND), challenger + STAKE / 2);
		assert_eq!(issued(), before - (STAKE - STAKE / 2));
		assert_eq!(NotedSlash::take(), STAKE);
		assert_eq!(Settled::take(), [(TASK, true)]);
		assert_eq!(Stake::task_stake(TASK), 0);
	});
}

#[test]
fn d7_a_lost_dispute_pays_the_provider_and_releases_no_stake() {
	build_and_execute(|| {
		// GIVEN right work that was accepted, and whoever disputes it all the same
		let (before, provider) = (issued(), free(PROVIDER));
		assert_ok!(dispute(FIRST, honest()));
		// WHEN its challenger loses
		play_out(honest(), wrong());
		// THEN the provider has the price for its trouble, and the rest of the pledge is burned
		assert!(!Disputes::is_open(TASK));
		assert_eq!(free(PROVIDER), provider + PRICE);
		assert_eq!(issued(), before - (PLEDGE - PRICE));
		// AND the stake is held, for a window anew
		assert_eq!(Stake::task_stake(TASK), STAKE);
		assert_eq!(Settled::take(), [(TASK, false)]);
	});
}

#[test]
fn d7_an_accomplice_that_loses_at_once_saves_nothing() {
	build_and_execute(|| {
		// GIVEN wrong work that was accepted, and an accomplice that disputes it and falls silent
		assert_ok!(dispute(FIRST, wrong()));
		next_blocks(TURN + 1);
		assert_ok!(Disputes::end(signed(NOBODY), TASK));
		assert!(!Disputes::is_open(TASK));
		// WHEN somebody else disputes it THEN its provider loses the stake after all
		assert_ok!(dispute(SECOND, wrong()));
		play_out(wrong(), honest());
		assert_eq!(Stake::task_stake(TASK), 0);
		assert_eq!(Settled::take(), [(TASK, true)]);
	});
}

#[test]
fn d7_whoever_has_lost_opens_no_second_dispute_which_could_never_end() {
	build_and_execute(|| {
		// GIVEN a challenger that has lost a dispute about accepted work
		assert_ok!(dispute(FIRST, honest()));
		play_out(honest(), wrong());
		// WHEN it opens another THEN it is refused: a second loss could not be reported
		assert_noop!(dispute(FIRST, honest()), Error::<Test>::HasLostBefore);
		// AND others are not
		assert_ok!(dispute(SECOND, honest()));
		play_out(honest(), wrong());
		assert!(!Disputes::is_open(TASK));
	});
}
