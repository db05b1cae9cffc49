//! Opening work: P2 and P3.

use crate::{mock::*, Error, Submissions};
use assay_protocol::{Loss, SlotState, TaskReveal, Verdict};
use frame_support::{assert_noop, assert_ok};

fn show(stash: u64, slot: u32, reveal: TaskReveal) -> sp_runtime::DispatchResult {
	ProofOfCompute::reveal_task(worker(stash), JOB, slot, reveal)
}

#[test]
fn a_seal_opens_to_nothing_but_what_was_sealed() {
	build_and_execute(|| {
		start(Setup::default());
		commit(DAVE, 0).unwrap();
		let honest = work(DAVE, 0);
		// Every field that the seal binds, changed alone.
		let changed = [
			TaskReveal {
				salt: [1; 32],
				..honest
			},
			TaskReveal {
				loss: Loss(honest.loss.0 - 1),
				..honest
			},
			TaskReveal {
				trace_root: [1; 32],
				..honest
			},
			TaskReveal {
				update_root: [1; 32],
				..honest
			},
			TaskReveal {
				slot_root: [1; 32],
				..honest
			},
		];
		for reveal in changed {
			assert_noop!(show(DAVE, 0, reveal), Error::<Test>::SealMismatch);
		}
		// The moments are bound by the trace.
		let moments = TaskReveal {
			moments_root: [1; 32],
			..honest
		};
		assert_noop!(show(DAVE, 0, moments), Error::<Test>::TraceMismatch);
		assert_ok!(show(DAVE, 0, honest));
	});
}

#[test]
fn work_that_begins_elsewhere_cannot_be_revealed() {
	build_and_execute(|| {
		// GIVEN a sealed trace that begins at another checkpoint than the round's.
		start(Setup::default());
		let reveal = work_from(DAVE, 0, [8; 32]);
		let seal = task_seal(DAVE, 0, &reveal);
		ProofOfCompute::commit_task(worker(DAVE), JOB, 0, seal).unwrap();
		// THEN it is refused although the seal opens.
		assert_noop!(show(DAVE, 0, reveal), Error::<Test>::TraceMismatch);
	});
}

#[test]
fn a_copied_seal_earns_nothing() {
	build_and_execute(|| {
		// GIVEN a provider that commits another one's seal.
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		let copied = task_seal(DAVE, 0, &work(DAVE, 0));
		commit(DAVE, 0).unwrap();
		ProofOfCompute::commit_task(worker(EVE), JOB, 1, copied).unwrap();
		// WHEN the first one shows its work.
		reveal(DAVE, 0).unwrap();
		// THEN the copy opens neither to the copied work nor to its own.
		assert_noop!(show(EVE, 1, work(DAVE, 0)), Error::<Test>::SealMismatch);
		assert_noop!(show(EVE, 1, work(EVE, 1)), Error::<Test>::SealMismatch);
		// AND it pays for the missed reveal.
		miss_deadline(JOB);
		assert_eq!(offences()[0].offender, EVE);
	});
}

#[test]
fn work_copied_from_a_reveal_cannot_be_sealed_any_more() {
	build_and_execute(|| {
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		commit_all();
		reveal(DAVE, 0).unwrap();
		// What is public now can only be sealed by whoever is in TRAIN, and nobody is.
		let copy = task_seal(
			EVE,
			1,
			&TaskReveal {
				salt: salt(EVE),
				..work(DAVE, 0)
			},
		);
		let late = ProofOfCompute::commit_task(worker(EVE), JOB, 1, copy);
		assert_noop!(late, Error::<Test>::NotTraining);
	});
}

#[test]
fn a_seal_of_another_attempt_round_job_slot_or_chain_opens_to_nothing() {
	build_and_execute(|| {
		start(Setup {
			tasks: 1,
			..Default::default()
		});
		let honest = work(DAVE, 0);
		let task = <MockRounds as assay_traits::Rounds<u64>>::task(JOB, 0).unwrap();
		let right = context(DAVE, 0);
		let seals = [
			assay_protocol::SealContext {
				attempt: 1,
				..right
			},
			assay_protocol::SealContext { round: 1, ..right },
			assay_protocol::SealContext {
				job: OTHER_JOB,
				..right
			},
			assay_protocol::SealContext { slot: 1, ..right },
			assay_protocol::SealContext {
				genesis: [1; 32],
				..right
			},
			assay_protocol::SealContext {
				account: EVE,
				..right
			},
		]
		.map(|context| {
			assay_protocol::TaskClaim::of(context, task.parent, task.slot_root, &honest).seal()
		});
		for seal in seals {
			let result: Result<(), ()> = frame_support::storage::with_transaction(|| {
				ProofOfCompute::commit_task(worker(DAVE), JOB, 0, seal).unwrap();
				assert_noop!(show(DAVE, 0, honest), Error::<Test>::SealMismatch);
				frame_support::storage::TransactionOutcome::Rollback(Ok::<
					_,
					sp_runtime::DispatchError,
				>(()))
			})
			.map_err(|_| ());
			assert_ok!(result);
		}
	});
}

#[test]
fn an_inherited_seal_does_not_open_for_the_next_attempt() {
	build_and_execute(|| {
		// GIVEN a provider that sealed in time and missed the reveal.
		start(Setup::default());
		let old = task_seal(DAVE, 0, &work(DAVE, 0));
		commit(DAVE, 0).unwrap();
		let reveal = work(DAVE, 0);
		miss_deadline(JOB);
		// WHEN the next one seals the same bytes.
		ProofOfCompute::commit_task(worker(EVE), JOB, 0, old).unwrap();
		// THEN it cannot open them.
		assert_noop!(show(EVE, 0, reveal), Error::<Test>::SealMismatch);
	});
}

#[test]
fn only_the_provider_reveals_and_only_in_time() {
	build_and_execute(|| {
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		assert_noop!(reveal(DAVE, 0), Error::<Test>::NotRevealing);
		commit_all();
		let honest = work(DAVE, 0);
		let stranger = RuntimeOrigin::signed(STRANGER);
		let foreign = ProofOfCompute::reveal_task(stranger, JOB, 0, honest);
		assert_noop!(foreign, Error::<Test>::NotAWorker);
		assert_noop!(show(EVE, 0, honest), Error::<Test>::NotAssigned);
		reveal(DAVE, 0).unwrap();
		assert_noop!(reveal(DAVE, 0), Error::<Test>::AlreadyRevealed);
		// The deadline's block is in time, the one after it is not.
		run_to(job(JOB).round.deadline + 1);
		assert_noop!(reveal(EVE, 1), Error::<Test>::DeadlinePassed);
	});
}

#[test]
fn a_reveal_in_the_last_block_is_in_time() {
	build_and_execute(|| {
		start(Setup::default());
		commit_all();
		run_to(job(JOB).round.deadline);
		assert_ok!(reveal(DAVE, 0));
	});
}

#[test]
fn an_accepted_slot_is_not_revealed_in_a_later_pass() {
	build_and_execute(|| {
		// GIVEN one slot accepted and the other in its second attempt.
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		commit_all();
		reveal(DAVE, 0).unwrap();
		miss_deadline(JOB);
		draw();
		let drawn = committee(0);
		for validator in &drawn {
			seal(*validator, 0, Verdict::Valid).unwrap();
		}
		for validator in &drawn {
			open(*validator, 0, Verdict::Valid).unwrap();
		}
		commit_all();
		assert_eq!(job(JOB).slots[0].state, SlotState::Accepted);
		assert_noop!(reveal(DAVE, 0), Error::<Test>::SlotNotOpen);
	});
}

#[test]
fn a_seal_that_only_the_jobs_pallet_knows_is_a_typed_error() {
	build_and_execute(|| {
		start(Setup::default());
		commit_all();
		// The record is lost, which no call can do.
		let submission = Submissions::<Test>::take((JOB, 0, 0));
		assert_noop!(reveal(DAVE, 0), Error::<Test>::RecordMissing);
		Submissions::<Test>::set((JOB, 0, 0), submission);
	});
}
