//! What opens disputes, and what is told about them: P10.

use crate::{mock::*, Error, Submissions};
use assay_protocol::{Phase, SlotState, TaskKey, Unpaid, Verdict};
use frame_support::{assert_noop, assert_ok};

/// All three seats have sealed: the first says invalid and the others valid.
fn one_against_two() -> Vec<u64> {
	to_assay();
	let drawn = committee(0);
	let verdicts = [Verdict::Invalid, Verdict::Valid, Verdict::Valid];
	for (validator, verdict) in drawn.iter().zip(verdicts) {
		seal(*validator, 0, verdict).unwrap();
	}
	drawn
}

#[test]
fn a_dissent_opens_a_dispute_with_all_that_it_needs() {
	build_and_execute(|| {
		// GIVEN work of three segments about which one validator has said valid
		start(Setup {
			segments: 3,
			..Default::default()
		});
		let drawn = one_against_two();
		open(drawn[2], 0, Verdict::Valid).unwrap();
		let (task, trace) = (key(0), ProofOfCompute::trace_of(JOB, 0));
		assert!(dissents().is_empty());
		// WHEN another says invalid
		open(drawn[0], 0, Verdict::Invalid).unwrap();
		// THEN the dispute is told what it is about, and who has agreed so far
		let told = Dissented {
			task,
			provider: DAVE,
			parent: PARENT,
			trace,
			validator: drawn[0],
			assenters: vec![drawn[2]],
			failure: None,
		};
		assert_eq!(told.trace.len(), 4);
		assert_eq!(dissents(), vec![told]);
	});
}

#[test]
fn later_verdicts_join_the_dispute_or_are_told_as_assents() {
	build_and_execute(|| {
		// GIVEN work that is disputed by the first opened verdict
		start(Setup {
			committee: 4,
			quorum: 3,
			..Default::default()
		});
		to_assay();
		let (task, drawn) = (key(0), committee(0));
		let verdicts = [
			Verdict::Invalid,
			Verdict::Valid,
			Verdict::Unfetched,
			Verdict::Invalid,
		];
		for (validator, verdict) in drawn.iter().zip(verdicts) {
			seal(*validator, 0, verdict).unwrap();
		}
		// WHEN all of the committee opens
		for (validator, verdict) in drawn.iter().zip(verdicts) {
			open(*validator, 0, verdict).unwrap();
		}
		// THEN the second dissent follows with the assent between them, and who fetched nothing is
		// not told of
		let said: Vec<_> = dissents()
			.into_iter()
			.map(|dissent| (dissent.task, dissent.validator, dissent.assenters))
			.collect();
		assert_eq!(
			said,
			vec![(task, drawn[0], vec![]), (task, drawn[3], vec![drawn[1]])]
		);
		assert_eq!(assents(), vec![(task, drawn[1])]);
	});
}

#[test]
fn verdicts_that_agree_open_no_dispute() {
	build_and_execute(|| {
		start(Setup::default());
		to_close();
		assert!(dissents().is_empty());
		assert_eq!(job(JOB).paid, vec![DAVE]);
	});
}

#[test]
fn a_dissent_without_a_pledge_is_refused_as_a_whole_and_changes_nothing() {
	build_and_execute(|| {
		// GIVEN a validator that sealed a dissent and has no bond left for it
		start(Setup::default());
		let drawn = one_against_two();
		make_broke(drawn[0]);
		let before = ProofOfCompute::uptime_of(&drawn[0]);
		// WHEN it opens its verdict THEN nothing of it is kept: no verdict, no uptime, no dispute
		assert_noop!(open(drawn[0], 0, Verdict::Invalid), NO_PLEDGE);
		assert_eq!(ProofOfCompute::uptime_of(&drawn[0]), before);
		assert!(dissents().is_empty());
		assert!(!job(JOB).slots[0].is_disputed);
		// AND the others decide without it: it is as absent as one that never opened
		open(drawn[1], 0, Verdict::Valid).unwrap();
		open(drawn[2], 0, Verdict::Valid).unwrap();
		assert_noop!(open(drawn[0], 0, Verdict::Invalid), NO_PLEDGE);
		miss_deadline(JOB);
		assert_eq!(job(JOB).paid, vec![DAVE]);
	});
}

#[test]
fn a_deadline_leaves_disputed_work_out_as_the_last_verdict_does() {
	build_and_execute(|| {
		// GIVEN a dissent and a quorum of valid verdicts, of which one is still sealed
		start(Setup {
			committee: 4,
			quorum: 3,
			..Default::default()
		});
		to_assay();
		let drawn = committee(0);
		seal(drawn[0], 0, Verdict::Invalid).unwrap();
		for validator in &drawn[1..] {
			seal(*validator, 0, Verdict::Valid).unwrap();
		}
		open(drawn[0], 0, Verdict::Invalid).unwrap();
		open(drawn[1], 0, Verdict::Valid).unwrap();
		// WHEN the deadline is over
		miss_deadline(JOB);
		// THEN the slot is given to another provider and nobody is paid
		assert_eq!(job(JOB).unpaid, vec![Unpaid::Disputed]);
		assert!(job(JOB).paid.is_empty() && job(JOB).fees.is_empty());
		assert_eq!(job(JOB).slots[0].provider, EVE);
	});
}

#[test]
fn anyone_with_a_bond_disputes_work_and_it_is_left_out() {
	build_and_execute(|| {
		// GIVEN revealed work of which nobody with a seat says anything
		start(Setup::default());
		commit_all();
		reveal_all();
		assert_eq!(phase(), Phase::Draw);
		// WHEN another provider disputes it
		assert_ok!(dispute(EVE, 0));
		// THEN the dispute is told of it, and the round goes on
		let told = &dissents()[0];
		assert_eq!((told.validator, told.provider), (EVE, DAVE));
		assert_eq!((told.task, told.parent), (key(0), PARENT));
		assert_eq!(told.trace, ProofOfCompute::trace_of(JOB, 0));
		assert!(told.assenters.is_empty());
		assert_eq!(phase(), Phase::Draw);
		// AND whatever the committee says, the slot is left out and nobody is paid for it
		draw();
		seal_all(Verdict::Valid);
		open_all(Verdict::Valid);
		assert_eq!(job(JOB).unpaid, vec![Unpaid::Disputed]);
		assert!(job(JOB).paid.is_empty() && job(JOB).fees.is_empty());
		assert_eq!(job(JOB).slots[0].attempt, 1);
		// AND the next attempt is disputed or not as if there had been none
		assert_eq!(job(JOB).slots[0].provider, EVE);
		to_close();
		assert_eq!(job(JOB).paid, vec![EVE]);
	});
}

#[test]
fn a_dispute_from_outside_is_told_who_has_said_valid_in_the_current_draw() {
	build_and_execute(|| {
		// GIVEN a draw in which one validator said valid, and which did not decide
		start(Setup::default());
		to_unseal(Verdict::Valid);
		let earlier = committee(0)[0];
		open(earlier, 0, Verdict::Valid).unwrap();
		miss_deadline(JOB);
		assert_eq!(phase(), Phase::Draw);
		let panel = Submissions::<Test>::get((JOB, 0, 0)).unwrap().panel;
		assert!(panel.is_some_and(|panel| panel.has_openings()));
		// WHEN the work is disputed while the next draw is awaited THEN nobody has assented
		let told = |stash: u64| {
			let assenters = frame_support::storage::with_transaction(|| {
				dispute(stash, 0).unwrap();
				let last = dissents().pop().unwrap();
				frame_support::storage::TransactionOutcome::Rollback(Ok::<
					_,
					sp_runtime::DispatchError,
				>(last.assenters))
			});
			assenters.unwrap()
		};
		assert_eq!(told(EVE), Vec::<u64>::new());
		// AND WHEN one of the next committee has opened THEN it is told of that one
		draw();
		seal_all(Verdict::Valid);
		let drawn = committee(0);
		open(drawn[1], 0, Verdict::Valid).unwrap();
		assert_eq!(told(EVE), vec![drawn[1]]);
	});
}

#[test]
fn only_others_with_a_worker_dispute_work_and_only_what_is_being_judged() {
	build_and_execute(|| {
		// GIVEN two slots in TRAIN
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		let foreign = ProofOfCompute::dispute_task(RuntimeOrigin::signed(STRANGER), JOB, 0);
		assert_noop!(foreign, Error::<Test>::NotAWorker);
		assert_noop!(dispute(1, 0), Error::<Test>::SlotNotOpen);
		assert!(dispute(1, 9).is_err(), "there is no such slot");
		// WHEN one is revealed, THEN it is too early while others reveal
		commit_all();
		assert_noop!(dispute(1, 0), Error::<Test>::SlotNotOpen);
		reveal(DAVE, 0).unwrap();
		assert_eq!(job(JOB).slots[0].state, SlotState::Revealed);
		let early = sp_runtime::DispatchError::Other("RoundError");
		assert_noop!(dispute(1, 0), early);
		reveal(EVE, 1).unwrap();
		// THEN nobody disputes its own work, or what it cannot pledge for
		assert_noop!(dispute(DAVE, 0), Error::<Test>::OwnWork);
		make_broke(1);
		assert_noop!(dispute(1, 0), NO_PLEDGE);
		assert!(!job(JOB).slots[0].is_disputed);
		// AND a task is disputed once
		assert_ok!(dispute(EVE, 0));
		assert_noop!(dispute(2, 0), Error::<Test>::AlreadyDisputed);
		// AND not after the deadline
		run_to(job(JOB).round.deadline + 1);
		assert_noop!(dispute(2, 1), early);
	});
}

#[test]
fn what_is_decided_is_disputed_no_more() {
	build_and_execute(|| {
		// GIVEN an accepted slot beside one that is still judged
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		to_unseal(Verdict::Valid);
		for validator in committee(0) {
			open(validator, 0, Verdict::Valid).unwrap();
		}
		assert_eq!(job(JOB).slots[0].state, SlotState::Accepted);
		// THEN only the other can be disputed
		assert_noop!(dispute(103, 0), Error::<Test>::SlotNotOpen);
		assert_ok!(dispute(103, 1));
		// AND late is late
		run_to(job(JOB).round.deadline + 1);
		assert_noop!(
			open(committee(1)[0], 1, Verdict::Valid),
			Error::<Test>::DeadlinePassed
		);
	});
}

#[test]
fn a_seat_that_disputed_before_joins_its_own_dispute_with_its_verdict() {
	build_and_execute(|| {
		// GIVEN a drawn validator that did not wait for UNSEAL
		start(Setup::default());
		let drawn = one_against_two();
		let task: TaskKey = key(0);
		assert_ok!(dispute(drawn[0], 0));
		// WHEN it opens its verdict
		assert_ok!(open(drawn[0], 0, Verdict::Invalid));
		// THEN it is told again, and pallet-disputes knows it already
		let said: Vec<_> = dissents()
			.into_iter()
			.map(|dissent| (dissent.task, dissent.validator))
			.collect();
		assert_eq!(said, vec![(task, drawn[0]), (task, drawn[0])]);
	});
}

#[test]
fn revealed_work_that_only_the_jobs_pallet_knows_cannot_be_disputed() {
	build_and_execute(|| {
		start(Setup::default());
		commit_all();
		reveal_all();
		// The record is lost, which no call can do.
		let submission = Submissions::<Test>::take((JOB, 0, 0)).unwrap();
		assert_noop!(dispute(EVE, 0), Error::<Test>::RecordMissing);
		// Nor can its trace alone.
		Submissions::<Test>::insert(
			(JOB, 0, 0),
			crate::Submission {
				trace: None,
				..submission.clone()
			},
		);
		assert_noop!(dispute(EVE, 0), Error::<Test>::RecordMissing);
		Submissions::<Test>::insert((JOB, 0, 0), submission);
	});
}
