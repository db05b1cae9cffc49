//! The stakes of single tasks.

use assay_protocol::TaskKey;
use assay_traits::{Bonds as _, Role};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::TokenError;

use crate::{mock::*, Error, Event, HeldTotal, HeldTotals, HoldReason, TaskHolds};

#[test]
fn a_stake_is_held_beside_the_bond_and_comes_back_whole() {
	Chain::default().build_and_execute(|| {
		// WHEN a task's stake is placed
		take_events();
		assert_ok!(Stake::hold_task(task(0), &4, 7));

		// THEN it is held for its own reason
		assert_eq!(held(4, HoldReason::TaskStake), 7);
		assert_eq!(held(4, HoldReason::ProviderBond), MIN_PROVIDER);

		// WHEN it is released
		assert_ok!(Stake::release_task(task(0)));

		// THEN nothing is left of it
		assert_eq!(free(4), ENDOWMENT - MIN_PROVIDER);
		assert!(!TaskHolds::<Test>::contains_key(task(0)));
		assert!(!HeldTotals::<Test>::contains_key(4));
		assert_eq!(
			take_events(),
			vec![
				Event::TaskHeld {
					stash: 4,
					task: task(0),
					amount: 7
				},
				Event::TaskReleased {
					stash: 4,
					task: task(0),
					amount: 7
				},
			]
		);
	});
}

#[test]
fn p2_each_task_and_each_attempt_has_a_stake_of_its_own() {
	Chain::default().build_and_execute(|| {
		// GIVEN two tasks and a second attempt at the first
		let again = TaskKey {
			attempt: 1,
			..task(0)
		};
		assert_ok!(Stake::hold_task(task(0), &4, 7));
		assert_ok!(Stake::hold_task(task(1), &4, 11));
		assert_ok!(Stake::hold_task(again, &4, 13));
		assert_eq!(
			HeldTotals::<Test>::get(4),
			HeldTotal {
				tasks: 3,
				amount: 7 + 11 + 13
			}
		);

		// WHEN one is slashed whole and another released
		assert_eq!(Stake::slash_task(task(0), 7), 7);
		assert_ok!(Stake::release_task(task(1)));

		// THEN the third is untouched
		assert_eq!(held(4, HoldReason::TaskStake), 13);
		assert_eq!(TaskHolds::<Test>::get(again).unwrap().amount, 13);
	});
}

#[test]
fn p2_a_task_is_held_once() {
	Chain::default().build_and_execute(|| {
		assert_ok!(Stake::hold_task(task(0), &4, 7));
		assert_noop!(
			Stake::hold_task(task(0), &4, 7),
			Error::<Test>::TaskAlreadyHeld
		);
	});
}

#[test]
fn a_stake_is_held_for_active_providers_alone() {
	Chain::default().build_and_execute(|| {
		assert_noop!(Stake::hold_task(task(0), &5, 7), Error::<Test>::NotBonded);
		assert_noop!(Stake::hold_task(task(0), &1, 7), Error::<Test>::NotBonded);
		assert_ok!(Stake::unbond(signed(4), Role::Provider));
		assert_noop!(Stake::hold_task(task(0), &4, 7), Error::<Test>::NotBonded);
	});
}

#[test]
fn a_stake_beyond_the_free_balance_is_refused() {
	Chain::default().build_and_execute(|| {
		set_free(4, 7);
		assert_noop!(
			Stake::hold_task(task(0), &4, 7),
			TokenError::FundsUnavailable
		);
		assert_ok!(Stake::hold_task(task(0), &4, 6));
	});
}

#[test]
fn a_stake_of_nothing_is_a_record_all_the_same() {
	Chain::default().build_and_execute(|| {
		assert_ok!(Stake::hold_task(task(0), &4, 0));
		assert_noop!(
			Stake::hold_task(task(0), &4, 0),
			Error::<Test>::TaskAlreadyHeld
		);
		assert_ok!(Stake::release_task(task(0)));
	});
}

#[test]
fn releasing_a_task_without_a_stake_changes_nothing() {
	Chain::default().build_and_execute(|| {
		take_events();
		assert_ok!(Stake::release_task(task(0)));
		assert_eq!(take_events(), vec![]);
	});
}

#[test]
fn a_slash_burns_and_the_rest_stays_held_until_it_is_released() {
	Chain::default().build_and_execute(|| {
		// GIVEN a stake of 100
		assert_ok!(Stake::hold_task(task(0), &4, 100));
		let issued = pallet_balances::TotalIssuance::<Test>::get();

		// WHEN a tenth is slashed
		assert_eq!(Stake::slash_task(task(0), 10), 10);

		// THEN 10 are gone for everybody and 100 - 10 = 90 are held
		assert_eq!(pallet_balances::TotalIssuance::<Test>::get(), issued - 10);
		assert_eq!(held(4, HoldReason::TaskStake), 90);

		// WHEN the rest is released, THEN all but the slash is free
		assert_ok!(Stake::release_task(task(0)));
		assert_eq!(free(4), ENDOWMENT - MIN_PROVIDER - 10);
	});
}

#[test]
fn a_slash_takes_no_more_than_the_task_has() {
	Chain::default().build_and_execute(|| {
		// GIVEN two tasks of one provider
		assert_ok!(Stake::hold_task(task(0), &4, 7));
		assert_ok!(Stake::hold_task(task(1), &4, 11));

		// WHEN one is slashed by more than it has, twice
		assert_eq!(Stake::slash_task(task(0), 100), 7);
		assert_eq!(Stake::slash_task(task(0), 100), 0);

		// THEN the other task and the bond are untouched
		assert_eq!(held(4, HoldReason::TaskStake), 11);
		assert_eq!(held(4, HoldReason::ProviderBond), MIN_PROVIDER);
		assert_ok!(Stake::release_task(task(0)));
		assert_eq!(
			HeldTotals::<Test>::get(4),
			HeldTotal {
				tasks: 1,
				amount: 11
			}
		);
	});
}

#[test]
fn a_stake_pays_somebody_else_and_the_rest_stays_held() {
	Chain::default().build_and_execute(|| {
		// GIVEN a stake of 100
		assert_ok!(Stake::hold_task(task(0), &4, 100));
		let issued = pallet_balances::TotalIssuance::<Test>::get();
		take_events();

		// WHEN 30 of it are paid to account 9
		assert_eq!(Stake::pay_from_task(task(0), &9, 30), 30);

		// THEN they are its free money, nothing was burned, and 100 - 30 = 70 are held
		assert_eq!(free(9), ENDOWMENT + 30);
		assert_eq!(pallet_balances::TotalIssuance::<Test>::get(), issued);
		assert_eq!(held(4, HoldReason::TaskStake), 70);
		assert_eq!(Stake::task_stake(task(0)), 70);
		assert_eq!(
			take_events(),
			vec![Event::TaskStakePaid {
				stash: 4,
				task: task(0),
				to: 9,
				amount: 30
			}]
		);

		// WHEN more is asked for than there is, THEN 70 are paid, and after that nothing
		assert_eq!(Stake::pay_from_task(task(0), &9, 100), 70);
		assert_eq!(Stake::pay_from_task(task(0), &9, 100), 0);
		assert_eq!(Stake::task_stake(task(0)), 0);
		assert!(TaskHolds::<Test>::contains_key(task(0)));
		assert_ok!(Stake::release_task(task(0)));
	});
}

#[test]
fn a_stake_pays_no_account_that_cannot_take_it() {
	Chain::default().build_and_execute(|| {
		// GIVEN an existential deposit of 10, and nobody at account 77
		ExistentialDeposit::set(10);
		assert_ok!(Stake::hold_task(task(0), &4, 100));
		take_events();

		// WHEN it would get 9, THEN nothing has moved
		assert_eq!(Stake::pay_from_task(task(0), &77, 9), 0);
		assert_eq!(held(4, HoldReason::TaskStake), 100);
		assert_eq!(take_events(), vec![]);

		// WHEN it gets 10, THEN it exists, and takes less from then on
		assert_eq!(Stake::pay_from_task(task(0), &77, 10), 10);
		assert_eq!(Stake::pay_from_task(task(0), &77, 1), 1);
		assert_eq!(free(77), 11);
	});
}

#[test]
fn a_task_without_a_stake_pays_nobody() {
	Chain::default().build_and_execute(|| {
		assert_eq!(Stake::task_stake(task(0)), 0);
		assert_eq!(Stake::pay_from_task(task(0), &9, 30), 0);
		assert_eq!(free(9), ENDOWMENT);
	});
}

#[test]
fn slashing_a_task_without_a_stake_burns_nothing() {
	Chain::default().build_and_execute(|| {
		assert_eq!(Stake::slash_task(task(0), 100), 0);
	});
}
