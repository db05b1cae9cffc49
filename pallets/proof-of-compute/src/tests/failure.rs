//! Claims of failure: P1, P2 and P11.

use crate::{mock::*, Error, Event, Submissions};
use assay_protocol::{
	FailReason, Failure, FailureReveal, Phase, SealContext, SlotState, Unpaid, Verdict,
	VerdictClaim,
};
use assay_traits::{Cause, Rounds};
use frame_support::{assert_noop, assert_ok};

fn show(stash: u64, slot: u32, reveal: FailureReveal) -> sp_runtime::DispatchResult {
	ProofOfCompute::reveal_failure(worker(stash), JOB, slot, reveal)
}

/// The only slot claims failure, and its committee has sealed these verdicts.
fn claimed(verdicts: [Verdict; 3]) -> Vec<u64> {
	start(Setup::default());
	commit_failure(DAVE, 0).unwrap();
	reveal_failure(DAVE, 0).unwrap();
	draw();
	let drawn = committee(0);
	for (validator, verdict) in drawn.iter().zip(verdicts) {
		seal(*validator, 0, verdict).unwrap();
	}
	drawn
}

fn open_each(drawn: &[u64], verdicts: [Verdict; 3]) {
	for (validator, verdict) in drawn.iter().zip(verdicts) {
		assert_ok!(open(*validator, 0, verdict));
	}
}

#[test]
fn a_claim_of_failure_is_opened_and_shown_without_work_or_trace() {
	build_and_execute(|| {
		// GIVEN a task of several segments whose provider seals that its training ends
		start(Setup {
			segments: 3,
			..Default::default()
		});
		commit_failure(DAVE, 0).unwrap();
		// WHEN it opens the seal
		assert_ok!(reveal_failure(DAVE, 0));
		// THEN everybody is told where
		System::assert_last_event(
			Event::FailureRevealed {
				job: JOB,
				round: 0,
				slot: 0,
				attempt: 0,
				provider: DAVE,
				failure: failure(DAVE),
			}
			.into(),
		);
		// AND the committee finds the claim, no work and no borders, whatever the draw
		draw();
		let task = MockRounds::task(JOB, 0).unwrap();
		assert_eq!(task.failure, Some(Failure { step: 0, op: 41 }));
		assert_eq!((task.work, task.segment), (None, None));
		assert_eq!(task.rate_ppm, 1_000_000);
		assert!(ProofOfCompute::trace_of(JOB, 0).is_empty());
	});
}

#[test]
fn a_seal_opens_to_the_failure_that_was_sealed_and_to_nothing_else() {
	build_and_execute(|| {
		// GIVEN a sealed claim of failure
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		commit_failure(DAVE, 0).unwrap();
		let honest = failure(DAVE);
		commit(EVE, 1).unwrap();
		// WHEN any of its fields is another THEN it does not open
		let changes: [fn(&mut FailureReveal); 3] = [
			|reveal| reveal.step += 1,
			|reveal| reveal.op += 1,
			|reveal| reveal.salt[0] ^= 1,
		];
		for change in changes {
			let mut reveal = honest;
			change(&mut reveal);
			assert_noop!(show(DAVE, 0, reveal), Error::<Test>::SealMismatch);
		}
		// AND it is no seal of work, nor is one of work a claim
		assert_noop!(reveal(DAVE, 0), Error::<Test>::SealMismatch);
		assert_noop!(show(EVE, 1, failure(EVE)), Error::<Test>::SealMismatch);
		assert_ok!(show(DAVE, 0, honest));
		assert_ok!(reveal(EVE, 1));
	});
}

#[test]
fn a_copied_or_inherited_claim_opens_to_nothing() {
	build_and_execute(|| {
		// GIVEN a provider that copies the seal of another's claim
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		let copied = failure_seal(DAVE, 0, &failure(DAVE));
		commit_failure(DAVE, 0).unwrap();
		ProofOfCompute::commit_task(worker(EVE), JOB, 1, copied).unwrap();
		// WHEN the first one has shown where training ends THEN the copy does not open to it
		reveal_failure(DAVE, 0).unwrap();
		assert_noop!(show(EVE, 1, failure(DAVE)), Error::<Test>::SealMismatch);
		// AND the seal of an earlier attempt does not open for the next
		miss_deadline(JOB);
		let drawn = {
			draw();
			committee(0)
		};
		for validator in &drawn {
			seal(*validator, 0, Verdict::Invalid).unwrap();
		}
		for validator in &drawn {
			open(*validator, 0, Verdict::Invalid).unwrap();
		}
		let (next, task) = (
			job(JOB).slots[0].provider,
			MockRounds::task(JOB, 0).unwrap(),
		);
		let earlier = SealContext {
			attempt: 0,
			..context(next, 0)
		};
		let old =
			assay_protocol::FailureClaim::of(earlier, task.parent, task.slot_root, &failure(next));
		ProofOfCompute::commit_task(worker(next), JOB, 0, old.seal()).unwrap();
		commit(job(JOB).slots[1].provider, 1).unwrap();
		assert_noop!(show(next, 0, failure(next)), Error::<Test>::SealMismatch);
	});
}

#[test]
fn a_step_outside_of_the_plan_is_refused() {
	build_and_execute(|| {
		// GIVEN claims about the last step of a task of two segments and about the one behind it
		start(Setup {
			segments: 2,
			..Default::default()
		});
		let last = FailureReveal {
			step: 2 * STEPS - 1,
			..failure(DAVE)
		};
		let behind = FailureReveal {
			step: 2 * STEPS,
			..failure(DAVE)
		};
		let sealed = |reveal: FailureReveal| {
			let seal = failure_seal(DAVE, 0, &reveal);
			frame_support::storage::with_transaction(|| {
				ProofOfCompute::commit_task(worker(DAVE), JOB, 0, seal).unwrap();
				let shown = show(DAVE, 0, reveal);
				frame_support::storage::TransactionOutcome::Rollback(Ok::<
					_,
					sp_runtime::DispatchError,
				>(shown))
			})
			.unwrap()
		};
		// WHEN they are opened THEN only the first is taken
		assert_ok!(sealed(last));
		assert_eq!(sealed(behind), Err(Error::<Test>::StepOutsidePlan.into()));
	});
}

#[test]
fn only_the_provider_claims_failure_and_only_in_time() {
	build_and_execute(|| {
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		assert_noop!(reveal_failure(DAVE, 0), Error::<Test>::NotRevealing);
		commit_failure(DAVE, 0).unwrap();
		commit_failure(EVE, 1).unwrap();
		let stranger = RuntimeOrigin::signed(STRANGER);
		let foreign = ProofOfCompute::reveal_failure(stranger, JOB, 0, failure(DAVE));
		assert_noop!(foreign, Error::<Test>::NotAWorker);
		assert_noop!(show(EVE, 0, failure(DAVE)), Error::<Test>::NotAssigned);
		assert_ok!(reveal_failure(DAVE, 0));
		assert_noop!(reveal_failure(DAVE, 0), Error::<Test>::AlreadyRevealed);
		assert_noop!(reveal(DAVE, 0), Error::<Test>::AlreadyRevealed);
		run_to(job(JOB).round.deadline + 1);
		assert_noop!(reveal_failure(EVE, 1), Error::<Test>::DeadlinePassed);
	});
}

#[test]
fn a_decided_slot_claims_no_failure_in_a_later_pass() {
	build_and_execute(|| {
		// GIVEN one slot accepted and the other in its second attempt
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		commit_all();
		reveal(DAVE, 0).unwrap();
		miss_deadline(JOB);
		draw();
		for validator in committee(0) {
			seal(validator, 0, Verdict::Valid).unwrap();
		}
		for validator in committee(0) {
			open(validator, 0, Verdict::Valid).unwrap();
		}
		commit_all();
		assert_eq!(job(JOB).slots[0].state, SlotState::Accepted);
		assert_noop!(reveal_failure(DAVE, 0), Error::<Test>::SlotNotOpen);
	});
}

#[test]
fn a_sealed_claim_that_only_the_jobs_pallet_knows_is_a_typed_error() {
	build_and_execute(|| {
		start(Setup::default());
		commit_failure(DAVE, 0).unwrap();
		// The record is lost, which no call can do.
		let submission = Submissions::<Test>::take((JOB, 0, 0));
		assert_noop!(reveal_failure(DAVE, 0), Error::<Test>::RecordMissing);
		Submissions::<Test>::set((JOB, 0, 0), submission);
	});
}

#[test]
fn a_quorum_that_finds_the_same_ends_the_job_and_pays_the_verdicts_alone() {
	build_and_execute(|| {
		// GIVEN a claim that two of three validators agree with, while the third cannot fetch
		let verdicts = [Verdict::Valid, Verdict::Unfetched, Verdict::Valid];
		let drawn = claimed(verdicts);
		// WHEN they open
		open_each(&drawn, verdicts);
		// THEN the plan is bad: nobody is paid for the task and nobody is punished
		let job = job(JOB);
		assert_eq!(job.failed, Some(FailReason::BadPlan));
		assert_eq!((job.unpaid, job.paid), (vec![Unpaid::BadPlan], vec![]));
		let fees: Vec<u64> = job.fees.iter().map(|fee| fee.0).collect();
		assert_eq!(fees, [drawn[0], drawn[2]]);
		assert!(offences().is_empty() && dissents().is_empty() && assents().is_empty());
	});
}

#[test]
fn dissent_about_a_claim_of_failure_pledges_nothing_and_opens_no_dispute() {
	build_and_execute(|| {
		// GIVEN a claim, and a validator without anything to pledge that finds otherwise
		let verdicts = [Verdict::Invalid, Verdict::Valid, Verdict::Valid];
		let drawn = claimed(verdicts);
		make_broke(drawn[0]);
		// WHEN it opens its verdict THEN it is taken, and no dispute is told of
		open_each(&drawn, verdicts);
		assert!(dissents().is_empty() && assents().is_empty());
		// AND that one verdict kept the job alive, at nobody's cost
		assert_eq!(job(JOB).unpaid, [Unpaid::DoubtedFailure]);
		assert!(offences().is_empty() && job(JOB).fees.is_empty());
		assert_eq!((phase(), job(JOB).slots[0].provider), (Phase::Train, EVE));
		// AND the next provider's work is judged like any other
		to_close();
		assert_eq!(job(JOB).paid, [EVE]);
	});
}

#[test]
fn a_false_claim_is_an_offence_and_the_next_provider_works() {
	build_and_execute(|| {
		let verdicts = [Verdict::Invalid, Verdict::Invalid, Verdict::Valid];
		let drawn = claimed(verdicts);
		open_each(&drawn, verdicts);
		assert_eq!(job(JOB).unpaid, [Unpaid::FalseFailure]);
		let offence = &offences()[0];
		assert_eq!(
			(offence.offender, offence.cause),
			(DAVE, Cause::FalseFailure)
		);
		assert_eq!(offence.amount, TASK_STAKE / 10);
		assert!(job(JOB).fees.is_empty() && dissents().is_empty());
		to_close();
		assert_eq!(job(JOB).paid, [EVE]);
	});
}

#[test]
fn nobody_disputes_a_claim_of_failure() {
	build_and_execute(|| {
		// GIVEN a claim in DRAW
		start(Setup::default());
		commit_failure(DAVE, 0).unwrap();
		reveal_failure(DAVE, 0).unwrap();
		// WHEN somebody without a seat disputes it THEN it is refused, there as later
		assert_noop!(dispute(EVE, 0), Error::<Test>::ClaimsFailure);
		draw();
		assert_noop!(dispute(EVE, 0), Error::<Test>::ClaimsFailure);
		seal_all(Verdict::Valid);
		assert_noop!(dispute(EVE, 0), Error::<Test>::ClaimsFailure);
		assert!(dissents().is_empty());
	});
}

#[test]
fn a_claim_that_nobody_judges_is_drawn_again() {
	build_and_execute(|| {
		// GIVEN a claim whose committee is too few in time
		let drawn = claimed([Verdict::Valid; 3]);
		assert_ok!(open(drawn[0], 0, Verdict::Valid));
		// WHEN the deadline is over
		miss_deadline(JOB);
		// THEN another draw decides, by verdicts of that draw alone
		assert_eq!(phase(), Phase::Draw);
		assert!(job(JOB).unpaid.is_empty() && job(JOB).fees.is_empty());
		let old = VerdictClaim {
			context: context(drawn[0], 0),
			draw_index: 0,
			verdict: Verdict::Valid,
			salt: salt(drawn[0]),
		};
		draw();
		ProofOfCompute::seal_verdict(worker(drawn[0]), JOB, 0, old.seal()).unwrap();
		let others: Vec<u64> = committee(0)
			.into_iter()
			.filter(|stash| *stash != drawn[0])
			.collect();
		for validator in &others {
			seal(*validator, 0, Verdict::Valid).unwrap();
		}
		let stale = open(drawn[0], 0, Verdict::Valid);
		assert_noop!(stale, Error::<Test>::SealMismatch);
		for validator in &others {
			assert_ok!(open(*validator, 0, Verdict::Valid));
		}
		miss_deadline(JOB);
		assert_eq!(job(JOB).failed, Some(FailReason::BadPlan));
	});
}
