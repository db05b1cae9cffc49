//! Whole disputes, from dissent to what is paid.

use crate::{mock::*, Event};
use assay_protocol::dispute::Place;
use assay_traits::{Bonds, Seated, Slash};
use frame_support::assert_ok;

#[test]
fn wrong_work_is_convicted_by_a_proof() {
	build_and_execute(|| {
		// GIVEN wrong work, and three validators that say so
		let before = issued();
		for validator in [FIRST, SECOND, THIRD] {
			assert_ok!(dissent(validator, wrong()));
		}
		System::reset_events();
		// WHEN both sides play
		let moves = play_out(wrong(), honest());
		// THEN it takes few moves, and the stake is lost: half burned, half to the three
		assert!(moves <= play::MOST_MOVES, "{moves}");
		let events = take_events();
		assert_eq!(events.len() as u32, moves);
		let convicted = Event::Convicted {
			task: TASK,
			provider: PROVIDER,
			proven: true,
			slashed: STAKE,
			informers: Seated::truncate_from(vec![FIRST, SECOND, THIRD]),
		};
		assert_eq!(events.last(), Some(&convicted));
		let share = STAKE / 2 / 3;
		for validator in [FIRST, SECOND, THIRD] {
			assert_eq!(
				free(validator),
				ENDOWMENT - BOND - key_deposit(validator) + share
			);
			assert_eq!(bond(validator), BOND);
		}
		assert_eq!(issued(), before - (STAKE - 3 * share));
		assert_eq!(Stake::task_stake(TASK), 0);
		assert_eq!(Stake::pledged(TASK), 0);
		assert_eq!(NotedSlash::get(), STAKE);
	});
}

#[test]
fn right_work_is_acquitted_and_the_challenger_pays() {
	build_and_execute(|| {
		// GIVEN right work, and a validator that has one bit wrong
		let (before, provider) = (issued(), free(PROVIDER));
		let assenters = ASSENTERS.map(free);
		assert_ok!(dissent(FIRST, honest()));
		System::reset_events();
		// WHEN both sides play
		let moves = play_out(honest(), wrong());
		assert!(moves <= play::MOST_MOVES, "{moves}");
		// THEN the place it named is found to be right
		let events = take_events();
		let ends = [
			Event::ChallengerLost {
				task: TASK,
				challenger: FIRST,
				proven: true,
			},
			Event::Acquitted {
				task: TASK,
				provider: PROVIDER,
				compensation: PRICE,
			},
		];
		assert_eq!(events[events.len() - 2..], ends);
		// AND its pledge pays the price and the fees, to the last unit, and the rest is burned
		assert_eq!(bond(FIRST), BOND - PLEDGE);
		assert_eq!(free(PROVIDER), provider + STAKE + PRICE);
		assert_eq!(ASSENTERS.map(free), assenters.map(|had| had + FEE));
		assert_eq!(issued(), before - (PLEDGE - PRICE - 2 * FEE));
		assert_eq!(Stake::task_stake(TASK), 0);
		assert_eq!(Slashing::lost_disputes(&FIRST), 1);
		assert_eq!(NotedSlash::get(), 0);
	});
}

#[test]
fn what_is_stored_while_a_dispute_goes_on_is_what_the_rules_say() {
	build_and_execute(|| {
		assert_ok!(dissent(FIRST, wrong()));
		let mut places = 0;
		while let Some(view) = Disputes::dispute_view(TASK) {
			// GIVEN any stage THEN the view tells it, its turn and its number
			assert_eq!(view.turn, view.stage.turn());
			if let assay_protocol::dispute::Stage::Search(search) = &view.stage {
				places += u32::from(matches!(search.place, Place::Tile { .. }));
			}
			let moves = view.moves;
			assert_ok!(step(wrong(), honest()));
			if let Some(next) = Disputes::dispute_view(TASK) {
				assert_eq!(next.moves, moves + 1);
			}
		}
		assert_eq!(places, 1);
	});
}

/// What the session pallet holds of a validator with keys.
fn key_deposit(who: u64) -> u128 {
	use frame_support::traits::fungible::InspectHold;
	Balances::total_balance_on_hold(&who) - bond(who)
}
