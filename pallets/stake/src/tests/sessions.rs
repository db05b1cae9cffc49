//! The validator set from session to session, with the real session pallet.

use assay_traits::{Bonds as _, Role};
use codec::Encode;
use frame_support::{assert_noop, assert_ok, traits::KeyOwnerProofSystem};
use pallet_session::historical::HistoricalSessions;
use sp_runtime::{key_types::DUMMY, testing::UintAuthorityId};

use crate::{mock::*, BondOf, CurrentSession, Error, Event, SessionStakes};

fn stakes(session: u32) -> Vec<(u64, u128)> {
	Stake::stakes(session).unwrap().into_inner()
}

fn queued() -> Vec<u64> {
	Session::queued_keys()
		.into_iter()
		.map(|(who, _)| who)
		.collect()
}

/// Whose session key it was in the session that runs now, as far as that can be proven a session
/// later.
fn owner_proven_later(key: u64) -> Option<u64> {
	let key = (DUMMY, UintAuthorityId(key).encode());
	let proof = Historical::prove(key.clone()).unwrap();
	next_sessions(1);
	Historical::check_proof(key, proof).map(|(owner, ())| owner)
}

#[test]
fn genesis_elects_the_bonded_by_stake_for_the_first_two_sessions() {
	Chain::default().build_and_execute(|| {
		assert_eq!(Session::validators(), vec![3, 2, 1]);
		assert_eq!(queued(), vec![3, 2, 1]);
		let expected = vec![(3, 50 * ASY), (2, 40 * ASY), (1, 30 * ASY)];
		assert_eq!(stakes(0), expected);
		assert_eq!(stakes(1), expected);
		assert_eq!(Stake::session(), 0);
	});
}

#[test]
fn a_new_validator_with_keys_is_in_the_set_two_sessions_later() {
	Chain::default().build_and_execute(|| {
		// GIVEN a fourth validator with keys
		bond(5, Role::Validator, 45 * ASY);
		register_keys(5);

		// WHEN the next session starts
		next_sessions(1);

		// THEN the planned set contains it at the place of its stake
		assert_eq!(Session::validators(), vec![3, 2, 1]);
		assert_eq!(queued(), vec![3, 5, 2, 1]);
		assert_eq!(
			stakes(2),
			[(3, 50 * ASY), (5, 45 * ASY), (2, 40 * ASY), (1, 30 * ASY)]
		);

		// WHEN that session starts, THEN it is a validator
		next_sessions(1);
		assert_eq!(Session::validators(), vec![3, 5, 2, 1]);
		assert_eq!(Stake::session(), 2);
	});
}

#[test]
fn a_validator_without_keys_is_not_elected() {
	Chain::default().build_and_execute(|| {
		bond(5, Role::Validator, 45 * ASY);
		next_sessions(1);
		assert_eq!(queued(), vec![3, 2, 1]);
	});
}

#[test]
fn an_account_without_a_validator_bond_cannot_register_keys() {
	Chain::default().build_and_execute(|| {
		assert_noop!(
			Session::set_keys(signed(4), UintAuthorityId(4), vec![]),
			pallet_session::Error::<Test>::NoAssociatedValidatorId
		);
	});
}

#[test]
fn the_highest_stakes_win_and_equal_stakes_go_by_account() {
	Chain::default().build_and_execute(|| {
		// GIVEN 3 + 3 = 6 candidates for 4 seats, 5 and 6 with the same stake
		for (who, amount) in [(6, 35 * ASY), (5, 35 * ASY), (7, 60 * ASY)] {
			bond(who, Role::Validator, amount);
			register_keys(who);
		}

		// WHEN a set is planned
		take_events();
		next_sessions(1);

		// THEN it has the four highest: 60, 50, 40, and the first of the two with 35
		assert_eq!(queued(), vec![7, 3, 2, 5]);
		assert!(take_events().contains(&Event::ValidatorsElected {
			session: 2,
			elected: 4
		}));
	});
}

#[test]
fn an_unbonding_validator_leaves_with_the_next_planned_set() {
	Chain::default().build_and_execute(|| {
		assert_ok!(Stake::unbond(signed(3), Role::Validator));
		next_sessions(1);
		assert_eq!(
			Session::validators(),
			vec![3, 2, 1],
			"planned before it unbonded"
		);
		next_sessions(1);
		assert_eq!(Session::validators(), vec![2, 1]);
	});
}

#[test]
fn a_set_that_does_not_change_is_not_announced_but_its_snapshot_follows_the_stakes() {
	Chain::default().build_and_execute(|| {
		// GIVEN a validator that raises its bond and keeps its place: 50 + 5
		bond(3, Role::Validator, 5 * ASY);

		// WHEN a set is planned
		next_sessions(1);

		// THEN nothing is announced to consensus, and the snapshot has the new stake
		assert!(!pallet_session::QueuedChanged::<Test>::get());
		assert_eq!(stakes(2), [(3, 55 * ASY), (2, 40 * ASY), (1, 30 * ASY)]);
		assert_eq!(stakes(1), [(3, 50 * ASY), (2, 40 * ASY), (1, 30 * ASY)]);
	});
}

#[test]
fn p9_a_rotated_key_is_proven_after_its_session() {
	Chain::default().build_and_execute(|| {
		// GIVEN a validator that rotates its session key, in a set that stays as it is
		assert_ok!(Session::set_keys(signed(3), UintAuthorityId(30), vec![]));

		// WHEN the session begins in which it uses the new key
		next_sessions(1);
		assert!(pallet_session::QueuedChanged::<Test>::get());
		next_sessions(1);

		// THEN an equivocation with it, and with an old key of another, is its own in the next too
		assert_eq!(owner_proven_later(30), Some(3));
		assert_eq!(owner_proven_later(2), Some(2));
		// AND a key that it no longer uses is nobody's
		assert_eq!(owner_proven_later(3), None);
		// AND the set is announced once
		assert!(!pallet_session::QueuedChanged::<Test>::get());
	});
}

#[test]
fn p9_keys_are_proven_of_a_set_that_goes_on_without_a_member() {
	Chain::default().build_and_execute(|| {
		// GIVEN validators that all unbond, of which the first removes its key, and another rotates
		for who in 1..4 {
			assert_ok!(Stake::unbond(signed(who), Role::Validator));
		}
		assert_ok!(Session::purge_keys(signed(3)));
		assert_ok!(Session::set_keys(signed(2), UintAuthorityId(20), vec![]));

		// WHEN the set goes on
		next_sessions(2);

		// THEN it is without that one, and equivocations of the others are proven later
		assert_eq!(Session::validators(), vec![2, 1]);
		assert_eq!(owner_proven_later(20), Some(2));
		assert_eq!(owner_proven_later(1), Some(1));
		// AND the one that left answers for the set that it was planned for
		assert_eq!(stakes(2), [(3, 50 * ASY), (2, 40 * ASY), (1, 30 * ASY)]);
	});
}

#[test]
fn p6_the_old_set_goes_on_when_nobody_qualifies() {
	Chain::default().build_and_execute(|| {
		// GIVEN validators that all unbond in session 0
		for who in 1..4 {
			assert_ok!(Stake::unbond(signed(who), Role::Validator));
		}

		// WHEN sets are planned
		take_events();
		next_sessions(3);

		// THEN the old one goes on and the chain tells it
		assert_eq!(Session::validators(), vec![3, 2, 1]);
		assert_eq!(stakes(4), [(3, 50 * ASY), (2, 40 * ASY), (1, 30 * ASY)]);
		assert!(take_events().contains(&Event::NobodyElected { session: 4 }));
	});
}

#[test]
fn p3_members_of_a_set_that_goes_on_answer_for_it() {
	Chain::default().build_and_execute(|| {
		// GIVEN validators that all unbond in session 0, with 0 + 5 as the end of the delay
		for who in 1..4 {
			assert_ok!(Stake::unbond(signed(who), Role::Validator));
		}

		// WHEN the delay would be over but they had to go on, up to planned session 6
		next_sessions(UNBONDING);

		// THEN the delay ends 5 sessions after the last session they are planned for
		let bond = BondOf::<Test>::get(1, Role::Validator).unwrap();
		assert_eq!(bond.unbonding_until, Some(UNBONDING + 1 + UNBONDING));
		assert_noop!(Stake::withdraw(signed(1)), Error::<Test>::NothingToWithdraw);
	});
}

#[test]
fn p8_old_snapshots_and_historical_roots_are_forgotten() {
	Chain::default().build_and_execute(|| {
		// WHEN 10 sessions have passed
		next_sessions(10);

		// THEN what is kept is 10 - 3 = 7 up to the planned 11
		let mut kept: Vec<_> = SessionStakes::<Test>::iter_keys().collect();
		kept.sort();
		assert_eq!(kept, vec![7, 8, 9, 10, 11]);
		let mut roots: Vec<_> = HistoricalSessions::<Test>::iter_keys().collect();
		roots.sort();
		assert_eq!(roots, vec![7, 8, 9, 10, 11]);
		assert_eq!(Stake::stakes(6), None);
	});
}

#[test]
fn the_current_session_is_the_session_pallets() {
	Chain::default().build_and_execute(|| {
		next_sessions(4);
		assert_eq!(CurrentSession::<Test>::get(), Session::current_index());
	});
}

#[test]
fn a_chain_without_genesis_validators_takes_the_session_pallets_keys() {
	Chain::default().validators(vec![]).build_and_execute(|| {
		assert_eq!(Stake::stakes(0), None);
		assert_eq!(Stake::stakes(1), None);
	});
}
