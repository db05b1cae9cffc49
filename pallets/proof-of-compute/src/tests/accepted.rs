//! Disputes about accepted work.

use crate::{mock::*, Error};
use assay_protocol::{TaskKey, Trace, Verdict};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchResult;

/// A task of three segments that every seat has said valid of: its key and its trace.
fn accepted() -> (TaskKey, Trace) {
	start(Setup {
		segments: 3,
		..Default::default()
	});
	let task = key(0);
	to_unseal(Verdict::Valid);
	let trace = ProofOfCompute::trace_of(JOB, 0);
	open_all(Verdict::Valid);
	assert_eq!(job(JOB).paid, vec![DAVE]);
	(task, trace.try_into().unwrap())
}

fn dispute_accepted(stash: u64, task: TaskKey, trace: &Trace) -> DispatchResult {
	ProofOfCompute::dispute_accepted(worker(stash), task, trace.clone())
}

#[test]
fn accepted_work_is_disputed_with_all_that_it_needs_and_the_round_goes_on() {
	build_and_execute(|| {
		// GIVEN accepted work of a round that is not closed yet
		let (task, trace) = accepted();
		let before = job(JOB).round;
		// WHEN another provider disputes it
		assert_ok!(dispute_accepted(EVE, task, &trace));
		// THEN the dispute is told of it; whoever said valid was paid and is owed nothing
		let told = Dissented {
			task,
			provider: DAVE,
			parent: PARENT,
			trace: trace.into_inner(),
			failure: None,
			validator: EVE,
			assenters: vec![],
		};
		assert_eq!(dissents(), vec![told]);
		// AND neither round nor pay has changed
		assert_eq!(job(JOB).round, before);
		assert_eq!(job(JOB).paid, vec![DAVE]);
	});
}

#[test]
fn the_last_block_of_the_window_takes_a_dispute_after_the_end_of_the_job_and_the_next_one_none() {
	build_and_execute(|| {
		// GIVEN accepted work whose job is over since
		let (task, trace) = accepted();
		let last = System::block_number() + CHALLENGE;
		cancel(JOB);
		// WHEN the window is over THEN it is too late
		run_to(last + 1);
		assert_noop!(
			dispute_accepted(EVE, task, &trace),
			Error::<Test>::WindowOver
		);
		// AND its last block is in time
		System::set_block_number(last);
		assert_ok!(dispute_accepted(EVE, task, &trace));
	});
}

#[test]
fn only_others_with_a_worker_dispute_accepted_work_once_and_with_its_own_trace() {
	build_and_execute(|| {
		let (task, trace) = accepted();
		// GIVEN nobody's key, the provider itself, and whoever cannot pledge THEN they are refused
		let stranger = RuntimeOrigin::signed(STRANGER);
		assert_noop!(
			ProofOfCompute::dispute_accepted(stranger, task, trace.clone()),
			Error::<Test>::NotAWorker
		);
		assert_noop!(dispute_accepted(DAVE, task, &trace), Error::<Test>::OwnWork);
		make_broke(1);
		assert_noop!(dispute_accepted(1, task, &trace), NO_PLEDGE);
		// AND so are a trace that was not revealed, and work that was not accepted
		let mut other = trace.clone();
		other[1][0] ^= 1;
		for wrong in [other, Trace::default()] {
			assert_noop!(
				dispute_accepted(EVE, task, &wrong),
				Error::<Test>::OtherTrace
			);
		}
		let unknown = TaskKey { attempt: 1, ..task };
		assert_noop!(
			dispute_accepted(EVE, unknown, &trace),
			Error::<Test>::NotAccepted
		);
		// AND of two that dispute it the second is
		assert_ok!(dispute_accepted(EVE, task, &trace));
		assert_noop!(
			dispute_accepted(2, task, &trace),
			Error::<Test>::AlreadyDisputed
		);
	});
}

#[test]
fn a_record_that_no_dispute_opens_about_stays_as_it_is() {
	build_and_execute(|| {
		// GIVEN accepted work about which pallet-disputes opens nothing, as it would without a stake
		let (task, trace) = accepted();
		open_nothing();
		// WHEN it is disputed THEN the call is refused, and its window still takes one
		assert_noop!(
			dispute_accepted(EVE, task, &trace),
			Error::<Test>::RecordMissing
		);
	});
}
