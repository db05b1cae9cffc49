//! Bonding, unbonding, withdrawing.

use assay_traits::{Bonds as _, Role};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{DispatchError, TokenError};

use crate::{mock::*, Bond, BondOf, Candidates, Error, Event, HoldReason};

#[test]
fn genesis_bonds_are_held_and_each_stash_is_its_own_worker() {
	Chain::default().build_and_execute(|| {
		assert_eq!(held(1, HoldReason::ValidatorBond), 30 * ASY);
		assert_eq!(held(4, HoldReason::ProviderBond), MIN_PROVIDER);
		assert_eq!(Candidates::<Test>::get().into_inner(), vec![1, 2, 3]);
		for stash in 1..=4 {
			assert_eq!(Stake::stash_of(&stash), Some(stash));
		}
		assert!(Stake::active(&1, Role::Validator) && !Stake::active(&1, Role::Provider));
		assert!(Stake::active(&4, Role::Provider) && !Stake::active(&4, Role::Validator));
	});
}

#[test]
#[should_panic(expected = "genesis bond of 1 as Validator")]
fn a_genesis_bond_below_the_minimum_is_refused() {
	Chain::default()
		.validators(vec![(1, MIN_VALIDATOR - 1)])
		.externalities();
}

#[test]
fn a_bond_of_exactly_the_minimum_admits() {
	Chain::default().build_and_execute(|| {
		// WHEN an account bonds the minimum
		take_events();
		bond(5, Role::Provider, MIN_PROVIDER);

		// THEN it is admitted, the money is held and the event tells it
		assert!(Stake::active(&5, Role::Provider));
		assert_eq!(held(5, HoldReason::ProviderBond), MIN_PROVIDER);
		assert_eq!(free(5), ENDOWMENT - MIN_PROVIDER);
		assert_eq!(
			take_events(),
			vec![Event::Bonded {
				stash: 5,
				role: Role::Provider,
				amount: MIN_PROVIDER,
				total: MIN_PROVIDER,
			}]
		);
	});
}

#[test]
fn a_bond_below_the_minimum_is_refused() {
	Chain::default().build_and_execute(|| {
		assert_noop!(
			Stake::bond(signed(5), Role::Provider, MIN_PROVIDER - 1),
			Error::<Test>::BondBelowMinimum
		);
		assert_noop!(
			Stake::bond(signed(5), Role::Validator, MIN_VALIDATOR - 1),
			Error::<Test>::BondBelowMinimum
		);
	});
}

#[test]
fn a_bond_of_nothing_is_refused() {
	Chain::default().build_and_execute(|| {
		assert_noop!(
			Stake::bond(signed(4), Role::Provider, 0),
			Error::<Test>::ZeroBond
		);
	});
}

#[test]
fn calls_take_a_signature() {
	Chain::default().build_and_execute(|| {
		let nobody = RuntimeOrigin::none;
		assert_noop!(
			Stake::bond(nobody(), Role::Provider, 1),
			DispatchError::BadOrigin
		);
		assert_noop!(
			Stake::unbond(nobody(), Role::Provider),
			DispatchError::BadOrigin
		);
		assert_noop!(Stake::withdraw(nobody()), DispatchError::BadOrigin);
		assert_noop!(
			Stake::set_worker(nobody(), 1, proof(1, 1)),
			DispatchError::BadOrigin
		);
		assert_noop!(Stake::unset_worker(nobody()), DispatchError::BadOrigin);
	});
}

#[test]
fn a_bond_leaves_the_existential_deposit() {
	Chain::default().build_and_execute(|| {
		// GIVEN an account with the minimum and nothing else
		set_free(5, MIN_PROVIDER);

		// WHEN it bonds all of it, THEN it is refused: the existential deposit is 1
		assert_noop!(
			Stake::bond(signed(5), Role::Provider, MIN_PROVIDER),
			TokenError::FundsUnavailable
		);

		// WHEN it has that one unit more
		set_free(5, MIN_PROVIDER + 1);

		// THEN it may
		assert_ok!(Stake::bond(signed(5), Role::Provider, MIN_PROVIDER));
	});
}

#[test]
fn an_amount_that_no_account_can_have_is_refused() {
	Chain::default().build_and_execute(|| {
		assert_noop!(
			Stake::bond(signed(4), Role::Provider, u128::MAX),
			sp_runtime::ArithmeticError::Overflow
		);
	});
}

#[test]
fn a_bond_grows_by_any_amount_once_it_is_above_the_minimum() {
	Chain::default().build_and_execute(|| {
		bond(4, Role::Provider, 1);
		assert_eq!(held(4, HoldReason::ProviderBond), MIN_PROVIDER + 1);
	});
}

#[test]
fn one_account_can_have_both_roles_in_separate_holds() {
	Chain::default().build_and_execute(|| {
		bond(4, Role::Validator, MIN_VALIDATOR);
		assert_eq!(held(4, HoldReason::ProviderBond), MIN_PROVIDER);
		assert_eq!(held(4, HoldReason::ValidatorBond), MIN_VALIDATOR);
	});
}

#[test]
fn a_validator_is_refused_when_the_list_of_candidates_is_full() {
	Chain::default().build_and_execute(|| {
		// GIVEN 3 + 3 = 6 candidates, as many as the mock takes
		for who in 4..7 {
			bond(who, Role::Validator, MIN_VALIDATOR);
		}

		// WHEN a seventh comes, THEN it is refused, while a candidate may raise its bond
		assert_noop!(
			Stake::bond(signed(7), Role::Validator, MIN_VALIDATOR),
			Error::<Test>::CandidatesFull
		);
		bond(6, Role::Validator, 1);

		// WHEN one leaves, THEN there is room
		assert_ok!(Stake::unbond(signed(6), Role::Validator));
		bond(7, Role::Validator, MIN_VALIDATOR);
	});
}

#[test]
fn unbonding_ends_the_role_at_once_and_releases_after_the_delay() {
	Chain::default().build_and_execute(|| {
		// WHEN a provider unbonds in session 0
		take_events();
		assert_ok!(Stake::unbond(signed(4), Role::Provider));

		// THEN it is admitted no more, but its money is still held
		assert!(!Stake::active(&4, Role::Provider));
		assert_eq!(held(4, HoldReason::ProviderBond), MIN_PROVIDER);
		assert_eq!(
			take_events(),
			vec![Event::Unbonding {
				stash: 4,
				role: Role::Provider,
				amount: MIN_PROVIDER,
				until: UNBONDING,
			}]
		);

		// WHEN one session is missing, THEN nothing can be withdrawn
		next_sessions(UNBONDING - 1);
		assert_noop!(Stake::withdraw(signed(4)), Error::<Test>::NothingToWithdraw);

		// WHEN the delay is over, THEN the bond comes back and worker and record are gone
		next_sessions(1);
		take_events();
		assert_ok!(Stake::withdraw(signed(4)));
		assert_eq!(free(4), ENDOWMENT);
		assert_eq!(BondOf::<Test>::get(4, Role::Provider), None);
		assert_eq!(
			take_events(),
			vec![
				Event::Withdrawn {
					stash: 4,
					role: Role::Provider,
					amount: MIN_PROVIDER
				},
				Event::WorkerUnset {
					stash: 4,
					worker: 4
				},
			]
		);
	});
}

#[test]
fn a_bond_that_does_not_exist_cannot_be_unbonded() {
	Chain::default().build_and_execute(|| {
		assert_noop!(
			Stake::unbond(signed(5), Role::Provider),
			Error::<Test>::NotBonded
		);
		assert_noop!(
			Stake::unbond(signed(4), Role::Validator),
			Error::<Test>::NotBonded
		);
	});
}

#[test]
fn an_unbonding_bond_cannot_be_unbonded_again() {
	Chain::default().build_and_execute(|| {
		assert_ok!(Stake::unbond(signed(4), Role::Provider));
		assert_noop!(
			Stake::unbond(signed(4), Role::Provider),
			Error::<Test>::AlreadyUnbonding
		);
	});
}

#[test]
fn p4_a_provider_with_a_running_task_cannot_unbond() {
	Chain::default().build_and_execute(|| {
		// GIVEN a provider with one task
		assert_ok!(Stake::hold_task(task(0), &4, 5));

		// WHEN it unbonds, THEN it is refused
		assert_noop!(
			Stake::unbond(signed(4), Role::Provider),
			Error::<Test>::TasksHeld
		);

		// WHEN the task is over, THEN it may
		assert_ok!(Stake::release_task(task(0)));
		assert_ok!(Stake::unbond(signed(4), Role::Provider));
	});
}

#[test]
fn bonding_takes_a_bond_back_from_unbonding() {
	Chain::default().build_and_execute(|| {
		// GIVEN a validator that is unbonding
		assert_ok!(Stake::unbond(signed(1), Role::Validator));
		assert!(!Candidates::<Test>::get().contains(&1));

		// WHEN it bonds a little more
		bond(1, Role::Validator, 1);

		// THEN the whole bond is active and the delay is forgotten
		let expected = Bond {
			amount: 30 * ASY + 1,
			unbonding_until: None,
			suspended_until: 0,
		};
		assert_eq!(BondOf::<Test>::get(1, Role::Validator), Some(expected));
		assert!(Candidates::<Test>::get().contains(&1));
		next_sessions(UNBONDING);
		assert_noop!(Stake::withdraw(signed(1)), Error::<Test>::NothingToWithdraw);
	});
}

#[test]
fn a_worker_stays_while_one_of_two_bonds_is_left() {
	Chain::default().build_and_execute(|| {
		// GIVEN an account with both bonds, one of them unbonded
		bond(4, Role::Validator, MIN_VALIDATOR);
		assert_ok!(Stake::unbond(signed(4), Role::Validator));
		next_sessions(UNBONDING);

		// WHEN it withdraws
		assert_ok!(Stake::withdraw(signed(4)));

		// THEN the other bond and the worker are as before
		assert_eq!(held(4, HoldReason::ValidatorBond), 0);
		assert!(Stake::active(&4, Role::Provider));
		assert_eq!(Stake::stash_of(&4), Some(4));
	});
}

#[test]
fn both_bonds_can_be_withdrawn_at_once() {
	Chain::default().build_and_execute(|| {
		bond(4, Role::Validator, MIN_VALIDATOR);
		assert_ok!(Stake::unbond(signed(4), Role::Validator));
		assert_ok!(Stake::unbond(signed(4), Role::Provider));
		next_sessions(UNBONDING);
		assert_ok!(Stake::withdraw(signed(4)));
		assert_eq!(free(4), ENDOWMENT);
	});
}

#[test]
fn an_account_without_a_bond_has_nothing_to_withdraw() {
	Chain::default().build_and_execute(|| {
		assert_noop!(Stake::withdraw(signed(5)), Error::<Test>::NothingToWithdraw);
	});
}
