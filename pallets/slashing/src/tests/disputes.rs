//! What a lost dispute costs: a provider, of whose stake informers get a half, and a challenger,
//! whose pledge pays those whom it has wronged.

use std::collections::BTreeMap;

use assay_protocol::{Balance, JobId};
use assay_traits::{Bonds as _, Cause, Offence, Slash as _};
use frame_support::{assert_noop, assert_ok};
use proptest::prelude::*;

use crate::{mock::*, CountsOf, Error, Event, Offences, Record};

/// An offence against a stake of 100, with informers.
fn informed(cause: Cause, amount: Balance, informers: &[u64]) -> Offence<u64> {
	Offence {
		informers: informers.to_vec().try_into().unwrap(),
		..offence(1, task(5, 0), cause, amount)
	}
}

fn record(cause: Cause) -> Record<u64> {
	let mut found = Offences::<Test>::iter_prefix(JobId(5))
		.filter(|((of, by, _), _)| (*of, *by) == (task(5, 0), cause));
	let (_, record) = found.next().expect("it was reported");
	assert!(found.next().is_none());
	record
}

#[test]
fn p6_half_of_a_proven_offence_goes_to_the_informers_in_equal_parts() {
	build_and_execute(|| {
		// GIVEN three informers
		let offence = informed(Cause::Proven, 90, &[7, 8, 9]);

		// WHEN 90 of a stake of 100 are taken
		assert_ok!(Slashing::report(offence));

		// THEN each gets 90 / 2 / 3 = 15, and 90 - 3 * 15 = 45 are burned
		assert_eq!((purse(7), purse(8), purse(9)), (15, 15, 15));
		assert_eq!(PlainBonds::task_stake(task(5, 0)), 10);
		assert_eq!(
			record(Cause::Proven),
			Record {
				offender: 1,
				amount: 90,
				burned: 45,
				paid: 45,
				session: 7
			}
		);
		assert_eq!(CountsOf::<Test>::get(1).of(Cause::Proven), 1);
		System::assert_last_event(
			Event::Slashed {
				offender: 1,
				task: task(5, 0),
				cause: Cause::Proven,
				amount: 45,
				paid: 45,
			}
			.into(),
		);
	});
}

#[test]
fn p6_what_does_not_divide_is_burned() {
	build_and_execute(|| {
		// 99 / 2 = 49, 49 / 3 = 16: 3 * 16 = 48 are paid and 99 - 48 = 51 are burned.
		assert_ok!(Slashing::report(informed(Cause::Silent, 99, &[7, 8, 9])));
		let record = record(Cause::Silent);
		assert_eq!((record.paid, record.burned), (48, 51));
		assert_eq!(PlainBonds::task_stake(task(5, 0)), 1);
		assert_eq!(CountsOf::<Test>::get(1).of(Cause::Silent), 1);
	});
}

#[test]
fn p6_the_half_is_of_what_is_there_not_of_what_was_asked_for() {
	build_and_execute(|| {
		// GIVEN an offence that costs more than the stake of 100
		assert_ok!(Slashing::report(informed(Cause::Proven, 1_000, &[7])));

		// THEN 100 / 2 = 50 are paid
		let record = record(Cause::Proven);
		assert_eq!((record.amount, record.paid, record.burned), (1_000, 50, 50));
	});
}

#[test]
fn p6_an_informer_that_cannot_receive_leaves_its_part_to_be_burned() {
	build_and_execute(|| {
		// GIVEN two informers, of whom only 7 has an account
		Purses::mutate(|purses| purses.insert(7, EXISTENTIAL));

		// WHEN each would get 16 / 2 / 2 = 4, below what a new account has to have
		assert_ok!(Slashing::report(informed(Cause::Proven, 16, &[8, 7])));

		// THEN 7 has its 4, and 16 - 4 = 12 are burned
		assert_eq!((purse(7), purse(8)), (EXISTENTIAL + 4, 0));
		let record = record(Cause::Proven);
		assert_eq!((record.paid, record.burned), (4, 12));
		assert_eq!(PlainBonds::task_stake(task(5, 0)), 100 - 16);
	});
}

#[test]
fn an_offence_that_nobody_informed_about_is_burned_whole() {
	build_and_execute(|| {
		assert_ok!(Slashing::report(informed(Cause::Silent, 100, &[])));
		let record = record(Cause::Silent);
		assert_eq!((record.paid, record.burned), (0, 100));
	});
}

#[test]
fn causes_without_informers_pay_nobody() {
	build_and_execute(|| {
		for cause in [Cause::MissedCommit, Cause::MissedReveal] {
			// GIVEN a reporter that names informers all the same
			let offence = informed(cause, 40, &[7]);

			// WHEN it reports, THEN everything is burned
			assert_ok!(Slashing::report(offence));
			let record = record(cause);
			assert_eq!((record.paid, record.burned), (0, 40));
		}
		assert_eq!(purse(7), 0);
	});
}

#[test]
fn p1_a_proven_offence_is_punished_once() {
	build_and_execute(|| {
		let offence = informed(Cause::Proven, 10, &[7]);
		assert_ok!(Slashing::report(offence.clone()));
		assert_noop!(Slashing::report(offence), Error::<Test>::AlreadyReported);
		assert_eq!(PlainBonds::task_stake(task(5, 0)), 90);
		assert_eq!(purse(7), 5);
	});
}

#[test]
fn p2_a_proven_offence_against_a_stake_of_nothing_pays_nobody() {
	build_and_execute(|| {
		// GIVEN a task whose stake was burned
		let offence = informed(Cause::Proven, 10, &[7]);
		PlainBonds::slash_task(task(5, 0), 100);

		// WHEN it is reported, THEN it is refused
		assert_noop!(Slashing::report(offence), Error::<Test>::NoStakeLeft);
		assert_eq!(purse(7), 0);
	});
}

#[test]
fn a_lost_dispute_is_not_taken_from_the_task() {
	build_and_execute(|| {
		assert_noop!(
			Slashing::report(informed(Cause::LostDispute, 10, &[])),
			Error::<Test>::PledgePays
		);
		assert_eq!(PlainBonds::task_stake(task(5, 0)), 100);
	});
}

#[test]
fn a_lost_pledge_pays_the_wronged_and_the_rest_is_burned() {
	build_and_execute(|| {
		// GIVEN a pledge of 100, and two accounts that were wronged
		let lost = lost(2, task(5, 0), &[(1, 30), (7, 20)]);

		// WHEN the challenger has lost
		assert_ok!(Slashing::report_challenger(lost));

		// THEN they have what they are owed, and 100 - 30 - 20 = 50 are burned
		assert_eq!((purse(1), purse(7)), (30, 20));
		assert_eq!(PlainBonds::pledged(task(5, 0)), 0);
		assert_eq!(
			record(Cause::LostDispute),
			Record {
				offender: 2,
				amount: 100,
				burned: 50,
				paid: 50,
				session: 7
			}
		);
		assert_eq!(Slashing::lost_disputes(&2), 1);
		System::assert_last_event(
			Event::Slashed {
				offender: 2,
				task: task(5, 0),
				cause: Cause::LostDispute,
				amount: 50,
				paid: 50,
			}
			.into(),
		);
	});
}

#[test]
fn the_wronged_are_paid_in_order_as_far_as_the_pledge_reaches() {
	build_and_execute(|| {
		let lost = lost(2, task(5, 0), &[(1, 70), (7, 70), (8, 70)]);
		assert_ok!(Slashing::report_challenger(lost));
		// 100 - 70 = 30 are left for the second, and nothing for the third or to be burned.
		assert_eq!((purse(1), purse(7), purse(8)), (70, 30, 0));
		let record = record(Cause::LostDispute);
		assert_eq!((record.paid, record.burned), (100, 0));
	});
}

#[test]
fn a_wronged_account_that_cannot_receive_leaves_it_to_be_burned() {
	build_and_execute(|| {
		let lost = lost(2, task(5, 0), &[(7, EXISTENTIAL - 1), (1, 30)]);
		assert_ok!(Slashing::report_challenger(lost));
		assert_eq!((purse(7), purse(1)), (0, 30));
		let record = record(Cause::LostDispute);
		assert_eq!((record.paid, record.burned), (30, 70));
	});
}

#[test]
fn p1_a_dispute_is_lost_once() {
	build_and_execute(|| {
		let lost = lost(2, task(5, 0), &[(1, 30)]);
		assert_ok!(Slashing::report_challenger(lost.clone()));
		assert_noop!(
			Slashing::report_challenger(lost),
			Error::<Test>::AlreadyReported
		);
		assert_eq!(Slashing::lost_disputes(&2), 1);
	});
}

#[test]
fn p2_a_dispute_without_a_pledge_is_not_lost() {
	build_and_execute(|| {
		let lost = lost(2, task(5, 0), &[(1, 30)]);
		PlainBonds::release_pledge(task(5, 0));
		assert_noop!(
			Slashing::report_challenger(lost),
			Error::<Test>::NoStakeLeft
		);
		assert_eq!(Slashing::lost_disputes(&2), 0);
	});
}

#[test]
fn a_dispute_is_lost_also_if_a_slash_left_less_than_was_pledged() {
	build_and_execute(|| {
		// GIVEN a pledge of 100 on a bond that has 40 left
		let lost = lost(2, task(5, 0), &[(1, 30)]);
		BondLeft::set(40);

		// WHEN the challenger has lost, THEN 30 are paid and 40 - 30 = 10 burned
		assert_ok!(Slashing::report_challenger(lost));
		let record = record(Cause::LostDispute);
		assert_eq!((record.amount, record.paid, record.burned), (100, 30, 10));
		assert_eq!(Slashing::lost_disputes(&2), 1);
	});
}

#[test]
fn the_provider_and_the_challenger_of_one_dispute_are_offenders_of_their_own() {
	build_and_execute(|| {
		assert_ok!(Slashing::report(informed(Cause::Silent, 10, &[])));
		assert_ok!(Slashing::report_challenger(lost(2, task(5, 0), &[])));
		assert_eq!(CountsOf::<Test>::get(1).of(Cause::Silent), 1);
		assert_eq!(CountsOf::<Test>::get(2).of(Cause::LostDispute), 1);
	});
}

#[test]
fn a_lost_dispute_is_forgotten_with_its_job() {
	build_and_execute(|| {
		assert_ok!(Slashing::report_challenger(lost(2, task(5, 0), &[])));
		EndedJobs::set(vec![JobId(5)]);
		assert_ok!(super::prune(5));
		assert_eq!(Slashing::lost_disputes(&2), 0);
		assert!(!CountsOf::<Test>::contains_key(2));
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(128))]

	/// P5 and P6: whoever can receive and whatever is there, what left the stake was burned or
	/// paid, to the unit.
	#[test]
	fn p5_what_is_taken_was_burned_or_paid(
		amount in 1u128..200,
		informers in prop::collection::btree_set(10u64..30, 0..=15),
		rich in prop::collection::btree_set(10u64..30, 0..20),
	) {
		build_and_execute(|| {
			Purses::set(rich.iter().map(|who| (*who, EXISTENTIAL)).collect());
			let before: Balance = Purses::get().values().sum();
			let informers: Vec<u64> = informers.into_iter().collect();
			assert_ok!(Slashing::report(informed(Cause::Proven, amount, &informers)));
			let taken = amount.min(100);
			let record = record(Cause::Proven);
			assert_eq!(record.paid, Purses::get().values().sum::<Balance>() - before);
			assert_eq!(record.paid + record.burned, taken);
			assert_eq!(PlainBonds::task_stake(task(5, 0)), 100 - taken);
			let part = (taken / 2).checked_div(informers.len() as u128).unwrap_or(0);
			for who in informers {
				let had = if rich.contains(&who) { EXISTENTIAL } else { 0 };
				let gets = if had + part < EXISTENTIAL { 0 } else { part };
				assert_eq!(purse(who), had + gets);
			}
		});
	}

	/// P5 for pledges, against what a plain walk along the wronged gives.
	#[test]
	fn p5_what_a_pledge_loses_was_burned_or_paid(
		wronged in prop::collection::vec((10u64..14, 0u128..80), 0..=16),
		bond in 0u128..150,
	) {
		build_and_execute(|| {
			Purses::take();
			BondLeft::set(bond);
			assert_ok!(Slashing::report_challenger(lost(2, task(5, 0), &wronged)));
			let (mut left, mut paid) = (bond.min(100), 0);
			let mut purses = BTreeMap::<u64, Balance>::new();
			for (to, owed) in wronged {
				let due = owed.min(left);
				let purse = purses.entry(to).or_default();
				if due > 0 && *purse + due >= EXISTENTIAL {
					*purse += due;
					left -= due;
					paid += due;
				}
			}
			let record = record(Cause::LostDispute);
			assert_eq!((record.paid, record.burned), (paid, left));
			for (who, amount) in purses {
				assert_eq!(purse(who), amount);
			}
		});
	}
}
