//! What an equivocation costs.

use assay_traits::{Bonds as _, Role};
use frame_support::assert_ok;
use sp_runtime::Perbill;
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};

use crate::{mock::*, BondOf, Equivocations, Event, HoldReason};

/// Reports `offenders` of `session`, each with the same `percent`, as the SDK does.
fn report(offenders: &[u64], percent: u32, session: u32) {
	let details: Vec<_> = offenders
		.iter()
		.map(|who| OffenceDetails {
			offender: (*who, ()),
			reporters: vec![],
		})
		.collect();
	let fractions = vec![Perbill::from_percent(percent); offenders.len()];
	Stake::on_offence(&details, &fractions, session);
}

/// A chain of validators 1 to 4, so that one of them may be disabled.
fn four_validators() -> Chain {
	Chain::default().validators(
		(1..5)
			.map(|who| (who, (10 + 10 * who as u128) * ASY))
			.collect(),
	)
}

#[test]
fn an_equivocation_burns_disables_and_suspends() {
	four_validators().build_and_execute(|| {
		// WHEN validator 4, with 50 ASY, is reported with 10 %
		take_events();
		report(&[4], 10, 0);

		// THEN 50 * 10 % = 5 are burned, and it is out of the running set
		assert_eq!(held(4, HoldReason::ValidatorBond), 45 * ASY);
		assert!(!Stake::active(&4, Role::Validator));
		assert_eq!(Session::disabled_validators(), vec![0]);
		assert_eq!(
			take_events(),
			vec![
				Event::ValidatorSlashed {
					stash: 4,
					session: 0,
					amount: 5 * ASY
				},
				Event::ValidatorSuspended {
					stash: 4,
					until: SUSPENSION
				},
			]
		);

		// WHEN the set that was planned before is over, THEN it is not a validator
		next_sessions(2);
		assert_eq!(Session::validators(), vec![3, 2, 1]);

		// WHEN the suspension ends, THEN it is elected again by itself
		next_sessions(SUSPENSION - 2);
		assert!(Stake::active(&4, Role::Validator));
		assert_eq!(Session::validators(), vec![4, 3, 2, 1]);
	});
}

#[test]
fn a_suspended_member_of_a_set_that_was_planned_before_stays_disabled() {
	four_validators().build_and_execute(|| {
		// GIVEN a planned set that changes, so that the session pallet enables everybody
		bond(2, Role::Validator, 100 * ASY);
		next_sessions(1);
		report(&[4], 10, 1);

		// WHEN it starts
		next_sessions(1);

		// THEN validator 4, in its second place, is disabled there too
		assert_eq!(Session::validators(), vec![2, 4, 3, 1]);
		assert_eq!(Session::disabled_validators(), vec![1]);
	});
}

#[test]
fn p7_an_offender_that_is_reported_again_pays_the_difference() {
	four_validators().build_and_execute(|| {
		// GIVEN validator 4, with 50 ASY, reported with 10 %
		report(&[4], 10, 0);

		// WHEN another offender of the same slot raises the fraction for both to 30 %
		report(&[4, 3], 30, 0);

		// THEN 4 has paid 50 * 30 % = 15 in all, and 3 has paid 40 * 30 % = 12
		assert_eq!(held(4, HoldReason::ValidatorBond), 35 * ASY);
		assert_eq!(held(3, HoldReason::ValidatorBond), 28 * ASY);

		// WHEN a lower fraction is reported for the same session, THEN nothing more is paid
		report(&[4], 20, 0);
		assert_eq!(held(4, HoldReason::ValidatorBond), 35 * ASY);
		assert_eq!(
			Equivocations::<Test>::get(0, 4),
			Some(Perbill::from_percent(30))
		);
	});
}

#[test]
fn an_equivocation_in_another_session_is_paid_on_its_own() {
	four_validators().build_and_execute(|| {
		report(&[4], 10, 0);
		next_sessions(1);
		report(&[4], 10, 1);
		// Both sessions were planned with 50 ASY: 50 - 5 - 5 = 40.
		assert_eq!(held(4, HoldReason::ValidatorBond), 40 * ASY);
	});
}

#[test]
fn the_stake_of_the_offences_session_counts_not_a_later_one() {
	four_validators().build_and_execute(|| {
		// GIVEN a bond that was raised from 50 to 150 after the session was planned
		bond(4, Role::Validator, 100 * ASY);

		// WHEN 10 % are slashed, THEN 150 - 5 = 145 are left
		report(&[4], 10, 0);
		assert_eq!(held(4, HoldReason::ValidatorBond), 145 * ASY);
	});
}

#[test]
fn p3_stake_that_is_unbonding_is_slashed() {
	four_validators().build_and_execute(|| {
		// GIVEN a validator that unbonds after its offence
		assert_ok!(Stake::unbond(signed(4), Role::Validator));
		next_sessions(HISTORY);

		// WHEN the offence of session 0 is reported at the last moment
		report(&[4], 100, 0);

		// THEN everything is gone, and the withdrawal gives back nothing
		assert_eq!(held(4, HoldReason::ValidatorBond), 0);
		next_sessions(UNBONDING - HISTORY);
		assert_ok!(Stake::withdraw(signed(4)));
		assert_eq!(free(4), ENDOWMENT - 50 * ASY - MIN_PROVIDER);
	});
}

#[test]
fn a_validator_slashed_below_the_minimum_is_out_until_it_tops_up() {
	four_validators().build_and_execute(|| {
		// GIVEN validator 1, with exactly the minimum of 20 ASY, slashed and suspended
		report(&[1], 10, 0);
		next_sessions(SUSPENSION);
		assert!(!Stake::active(&1, Role::Validator));
		assert_eq!(Session::validators(), vec![4, 3, 2]);

		// WHEN it adds the 2 ASY that are missing
		bond(1, Role::Validator, 2 * ASY);

		// THEN it is elected again
		next_sessions(2);
		assert_eq!(Session::validators(), vec![4, 3, 2, 1]);
	});
}

#[test]
fn an_offence_without_a_fraction_suspends_only() {
	four_validators().build_and_execute(|| {
		report(&[4], 0, 0);
		assert_eq!(held(4, HoldReason::ValidatorBond), 50 * ASY);
		assert!(!Stake::active(&4, Role::Validator));
	});
}

#[test]
fn a_session_that_is_forgotten_or_not_theirs_costs_nothing() {
	four_validators().build_and_execute(|| {
		// GIVEN a candidate that was not in the set of session 0
		bond(5, Role::Validator, MIN_VALIDATOR);
		report(&[5], 100, 0);
		assert_eq!(held(5, HoldReason::ValidatorBond), MIN_VALIDATOR);

		// WHEN the snapshot of session 0 is gone, THEN its offences are too
		next_sessions(HISTORY + 1);
		report(&[4], 100, 0);
		assert_eq!(held(4, HoldReason::ValidatorBond), 50 * ASY);
	});
}

#[test]
fn a_slash_is_rounded_against_the_offender() {
	Chain::default()
		.validators(vec![(1, MIN_VALIDATOR + 1)])
		.build_and_execute(|| {
			// 20,001 * 10 % = 2,000.1, so 2,001 are burned.
			report(&[1], 10, 0);
			let left = BondOf::<Test>::get(1, Role::Validator).unwrap().amount;
			assert_eq!(left, MIN_VALIDATOR + 1 - 2_001);
		});
}

#[test]
fn equivocations_are_forgotten_with_their_session() {
	four_validators().build_and_execute(|| {
		report(&[4], 10, 0);
		next_sessions(HISTORY);
		assert!(Equivocations::<Test>::contains_key(0, 4));
		next_sessions(1);
		assert!(!Equivocations::<Test>::contains_key(0, 4));
	});
}
