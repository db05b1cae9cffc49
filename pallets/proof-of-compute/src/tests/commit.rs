//! Sealing work: P1.

use crate::{mock::*, Error, Submissions};
use assay_protocol::{SlotState, Verdict};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn only_a_worker_of_the_assigned_stash_commits() {
	build_and_execute(|| {
		start(Setup::default());
		// A key without a stash, the stash itself, another provider.
		let call = |origin| ProofOfCompute::commit_task(origin, JOB, 0, [1; 32]);
		assert_noop!(
			call(RuntimeOrigin::signed(STRANGER)),
			Error::<Test>::NotAWorker
		);
		assert_noop!(call(RuntimeOrigin::signed(DAVE)), Error::<Test>::NotAWorker);
		assert_noop!(call(worker(EVE)), Error::<Test>::NotAssigned);
		assert_noop!(call(RuntimeOrigin::none()), DispatchError::BadOrigin);
		assert_noop!(call(RuntimeOrigin::root()), DispatchError::BadOrigin);
		assert_ok!(call(worker(DAVE)));
	});
}

#[test]
fn what_the_jobs_pallet_does_not_know_is_its_error() {
	build_and_execute(|| {
		start(Setup::default());
		let call = |job, slot| ProofOfCompute::commit_task(worker(DAVE), job, slot, [1; 32]);
		assert_noop!(call(OTHER_JOB, 0), DispatchError::Other("NotRunning"));
		assert_noop!(call(JOB, 1), DispatchError::Other("UnknownSlot"));
	});
}

#[test]
fn a_task_is_committed_once() {
	build_and_execute(|| {
		// GIVEN a round that still waits for another task.
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		commit(DAVE, 0).unwrap();
		// THEN the seal cannot be replaced, not even by the same one.
		assert_noop!(commit(DAVE, 0), Error::<Test>::AlreadyCommitted);
		let other = ProofOfCompute::commit_task(worker(DAVE), JOB, 0, [2; 32]);
		assert_noop!(other, Error::<Test>::AlreadyCommitted);
	});
}

#[test]
fn a_commit_comes_in_train_and_up_to_its_deadline() {
	build_and_execute(|| {
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		let deadline = job(JOB).round.deadline;
		run_to(deadline);
		commit(DAVE, 0).unwrap();
		// The next block is too late, although nobody has moved the round on.
		next_block();
		assert_noop!(commit(EVE, 1), Error::<Test>::DeadlinePassed);
		advance(JOB).unwrap();
		assert_noop!(commit(DAVE, 0), Error::<Test>::NotTraining);
	});
}

#[test]
fn an_accepted_slot_takes_no_seal_in_a_later_pass() {
	build_and_execute(|| {
		// GIVEN two slots, of which one is accepted and one has to be redone.
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		to_assay();
		for (slot, verdict) in [(0, Verdict::Valid), (1, Verdict::Invalid)] {
			for validator in committee(slot) {
				seal(validator, slot, verdict).unwrap();
			}
		}
		for (slot, verdict) in [(0, Verdict::Valid), (1, Verdict::Invalid)] {
			for validator in committee(slot) {
				open(validator, slot, verdict).unwrap();
			}
		}
		assert_eq!(job(JOB).slots[0].state, SlotState::Accepted);
		assert_noop!(commit(DAVE, 0), Error::<Test>::SlotNotOpen);
	});
}

#[test]
fn a_new_attempt_replaces_what_the_earlier_one_left() {
	build_and_execute(|| {
		// GIVEN a seal that was never opened.
		start(Setup::default());
		commit(DAVE, 0).unwrap();
		miss_deadline(JOB);
		assert_eq!(Submissions::<Test>::get((JOB, 0, 0)).unwrap().attempt, 0);
		// WHEN the next provider commits.
		commit(EVE, 0).unwrap();
		// THEN there is one submission, its own.
		let submission = Submissions::<Test>::get((JOB, 0, 0)).unwrap();
		assert_eq!((submission.attempt, submission.provider), (1, EVE));
		assert_eq!(Submissions::<Test>::iter().count(), 1);
		// AND the first one is shut out.
		assert_noop!(reveal(DAVE, 0), Error::<Test>::NotAssigned);
	});
}
