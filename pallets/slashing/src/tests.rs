//! Behaviour of the slashing pallet.

use std::collections::BTreeSet;

use assay_protocol::{JobId, TaskKey};
use assay_traits::{Cause, Slash as _};
use frame_support::{assert_noop, assert_ok, traits::Hooks};
use proptest::prelude::*;
use sp_runtime::DispatchError;

use crate::{mock::*, Counts, CountsOf, Error, Event, Offences, Record};

mod disputes;

fn prune(job: u64) -> frame_support::dispatch::DispatchResultWithPostInfo {
	Slashing::prune_offences(RuntimeOrigin::signed(1), JobId(job))
}

#[test]
fn an_offence_is_burned_recorded_and_counted() {
	build_and_execute(|| {
		// GIVEN a task with a stake of 100
		let offence = offence(1, task(5, 0), Cause::Proven, 40);

		// WHEN it is proven wrong
		assert_ok!(Slashing::report(offence));

		// THEN 100 - 40 = 60 is left, and record, count and event name the cause
		assert_eq!(TaskStakes::get().get(&(5, 0)), Some(&60));
		assert_eq!(
			Offences::<Test>::get(JobId(5), (task(5, 0), Cause::Proven, 1)),
			Some(Record {
				offender: 1,
				amount: 40,
				burned: 40,
				paid: 0,
				session: 7
			})
		);
		assert_eq!(CountsOf::<Test>::get(1).of(Cause::Proven), 1);
		assert_eq!(CountsOf::<Test>::get(1).of(Cause::MissedCommit), 0);
		System::assert_last_event(
			Event::Slashed {
				offender: 1,
				task: task(5, 0),
				cause: Cause::Proven,
				amount: 40,
				paid: 0,
			}
			.into(),
		);
	});
}

#[test]
fn an_offence_burns_no_more_than_the_stake() {
	build_and_execute(|| {
		assert_ok!(Slashing::report(offence(
			1,
			task(5, 0),
			Cause::MissedCommit,
			101
		)));
		let record = Offences::<Test>::get(JobId(5), (task(5, 0), Cause::MissedCommit, 1)).unwrap();
		assert_eq!((record.amount, record.burned), (101, 100));
	});
}

#[test]
fn p1_the_same_offence_is_refused_the_second_time() {
	build_and_execute(|| {
		// GIVEN a punished offence
		let offence = offence(1, task(5, 0), Cause::MissedReveal, 10);
		assert_ok!(Slashing::report(offence.clone()));

		// WHEN it is reported again, THEN nothing more is burned
		assert_noop!(Slashing::report(offence), Error::<Test>::AlreadyReported);
		assert_eq!(TaskStakes::get().get(&(5, 0)), Some(&90));
	});
}

#[test]
fn the_next_attempt_and_another_cause_are_offences_of_their_own() {
	build_and_execute(|| {
		assert_ok!(Slashing::report(offence(
			1,
			task(5, 0),
			Cause::MissedCommit,
			10
		)));
		let again = TaskKey {
			attempt: 1,
			..task(5, 0)
		};
		assert_ok!(Slashing::report(offence(1, again, Cause::MissedCommit, 10)));
		assert_ok!(Slashing::report(offence(1, again, Cause::Proven, 10)));
		assert_eq!(
			CountsOf::<Test>::get(1),
			Counts {
				proven: 1,
				missed_commit: 2,
				..Counts::default()
			}
		);
	});
}

#[test]
fn p2_an_offence_against_a_task_without_a_stake_is_refused() {
	build_and_execute(|| {
		// GIVEN a task whose stake is gone
		let offence = offence(1, task(5, 0), Cause::Proven, 10);
		TaskStakes::take();

		// WHEN it is reported, THEN it is refused and leaves no record
		assert_noop!(Slashing::report(offence), Error::<Test>::NoStakeLeft);
		assert_eq!(Offences::<Test>::iter().count(), 0);
	});
}

#[test]
fn an_offence_that_costs_nothing_is_recorded_all_the_same() {
	build_and_execute(|| {
		assert_ok!(Slashing::report(offence(
			1,
			task(5, 0),
			Cause::MissedCommit,
			0
		)));
		assert_eq!(CountsOf::<Test>::get(1).of(Cause::MissedCommit), 1);
	});
}

#[test]
fn p4_records_of_a_running_job_stay() {
	build_and_execute(|| {
		assert_ok!(Slashing::report(offence(1, task(5, 0), Cause::Proven, 10)));
		assert_noop!(prune(5), Error::<Test>::JobNotEnded);
	});
}

#[test]
fn a_job_without_records_has_nothing_to_prune() {
	build_and_execute(|| {
		EndedJobs::set(vec![JobId(5)]);
		assert_noop!(prune(5), Error::<Test>::NothingToPrune);
	});
}

#[test]
fn pruning_takes_a_signature() {
	build_and_execute(|| {
		assert_noop!(
			Slashing::prune_offences(RuntimeOrigin::none(), JobId(5)),
			DispatchError::BadOrigin
		);
	});
}

#[test]
fn p4_a_pruning_stops_at_its_limit_and_goes_on_with_the_next_call() {
	build_and_execute(|| {
		// GIVEN 4 offences of an ended job and one of another, with a limit of 3
		for slot in 0..4 {
			assert_ok!(Slashing::report(offence(
				1,
				task(5, slot),
				Cause::Proven,
				10
			)));
		}
		assert_ok!(Slashing::report(offence(
			1,
			task(6, 0),
			Cause::MissedCommit,
			10
		)));
		EndedJobs::set(vec![JobId(5)]);

		// WHEN somebody prunes, THEN 3 go and 4 - 3 = 1 is left
		assert_ok!(prune(5));
		System::assert_last_event(
			Event::OffencesPruned {
				job: JobId(5),
				pruned: 3,
				remaining: true,
			}
			.into(),
		);
		assert_eq!(CountsOf::<Test>::get(1).of(Cause::Proven), 1);

		// WHEN somebody prunes again, THEN only the other job's record is left
		assert_ok!(prune(5));
		System::assert_last_event(
			Event::OffencesPruned {
				job: JobId(5),
				pruned: 1,
				remaining: false,
			}
			.into(),
		);
		assert_eq!(
			CountsOf::<Test>::get(1),
			Counts {
				missed_commit: 1,
				..Counts::default()
			}
		);
		assert_eq!(Offences::<Test>::iter().count(), 1);
	});
}

#[test]
fn an_offender_is_forgotten_with_its_last_record() {
	build_and_execute(|| {
		assert_ok!(Slashing::report(offence(
			1,
			task(5, 0),
			Cause::MissedReveal,
			10
		)));
		EndedJobs::set(vec![JobId(5)]);
		assert_ok!(prune(5));
		assert!(!CountsOf::<Test>::contains_key(1));
	});
}

#[test]
fn a_pruning_of_few_records_costs_less_than_announced() {
	build_and_execute(|| {
		assert_ok!(Slashing::report(offence(
			1,
			task(5, 0),
			Cause::MissedReveal,
			10
		)));
		EndedJobs::set(vec![JobId(5)]);
		let actual = prune(5).unwrap().actual_weight;
		assert_eq!(actual, Some(<() as crate::WeightInfo>::prune_offences(1)));
	});
}

#[test]
fn the_constants_fit_together() {
	<Slashing as Hooks<u32>>::integrity_test();
}

#[test]
#[should_panic(expected = "a pruning of nothing never ends")]
fn a_limit_of_zero_is_refused() {
	MaxPrune::set(0);
	<Slashing as Hooks<u32>>::integrity_test();
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// P1 to P4 against a plain set of offences: what is left of stakes and counts follows from
	/// the accepted reports and prunings alone.
	#[test]
	fn records_follow_a_plain_model(
		steps in prop::collection::vec((0u8..12, 0u64..3, 0u32..4, 1u64..4, 0u128..120), 1..60),
	) {
		build_and_execute(|| {
			TaskStakes::take();
			EndedJobs::take();
			BondLeft::set(u128::MAX);
			let mut model = BTreeSet::<(u64, u32, u8, u64)>::new();
			for (step, job, slot, offender, amount) in steps {
				let cause = match step {
					0..=2 | 6..=7 => Cause::Proven,
					3..=4 => Cause::MissedCommit,
					5 => Cause::MissedReveal,
					8 => Cause::Silent,
					9..=10 => Cause::LostDispute,
					_ => {
						EndedJobs::set(vec![JobId(job)]);
						let before = model.len();
						let had = model.iter().filter(|(of, ..)| *of == job).count();
						assert_eq!(prune(job).is_ok(), had > 0);
						model.retain(|(of, slot, cause, who)| {
							*of != job
								|| Offences::<Test>::contains_key(
									JobId(job),
									(task(job, *slot), cause_of(*cause), *who),
								)
						});
						// At most 3 records go at once, and none of another job.
						assert_eq!(before - model.len(), had.min(3));
						continue;
					},
				};
				let key = (job, slot, cause as u8, offender);
				let expected = !model.contains(&key);
				let task = task(job, slot);
				let accepted = if cause == Cause::LostDispute {
					Slashing::report_challenger(lost(offender, task, &[(offender, amount)]))
				} else {
					Slashing::report(offence(offender, task, cause, amount))
				};
				assert_eq!(accepted.is_ok(), expected);
				model.insert(key);
				for offender in 1..4 {
					for cause in (0..5).map(cause_of) {
						let count = model
							.iter()
							.filter(|(_, _, of, who)| *who == offender && *of == cause as u8)
							.count();
						assert_eq!(CountsOf::<Test>::get(offender).of(cause) as usize, count);
					}
				}
			}
		});
	}
}

fn cause_of(index: u8) -> Cause {
	match index {
		0 => Cause::MissedCommit,
		1 => Cause::MissedReveal,
		2 => Cause::Proven,
		3 => Cause::Silent,
		_ => Cause::LostDispute,
	}
}
