//! Claims of failure: P1, P2 and P11.

use crate::{mock::*, Error, Event, Submissions};
use assay_numerics::referee::Part;
use assay_protocol::{
	FailReason, FailureReveal, Phase, SealContext, SlotState, Unpaid, Verdict, VerdictClaim,
};
use assay_traits::Rounds;
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
fn a_claim_of_failure_is_opened_and_shown_with_its_borders_and_without_work() {
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
		// AND the committee finds the claim, the borders before it and no work, whatever the draw
		draw();
		let task = MockRounds::task(JOB, 0).unwrap();
		assert_eq!(task.failure, Some(PLACE));
		assert_eq!((task.work, task.segment), (None, None));
		assert_eq!(task.rate_ppm, 1_000_000);
		assert_eq!(
			ProofOfCompute::trace_of(JOB, 0),
			failure(DAVE).trace.into_inner()
		);
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
		let changes: [fn(&mut FailureReveal); 6] = [
			|reveal| reveal.place.step += 1,
			|reveal| reveal.place.op += 1,
			|reveal| reveal.place.tile += 1,
			|reveal| reveal.place.part = Part::Finish,
			|reveal| reveal.trace[0][0] ^= 1,
			|reveal| reveal.salt[0] ^= 1,
		];
		for change in changes {
			let mut reveal = honest.clone();
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

/// What becomes of a claim that is sealed and opened, without any trace of it.
fn sealed(reveal: FailureReveal) -> sp_runtime::DispatchResult {
	let seal = failure_seal(DAVE, 0, &reveal);
	frame_support::storage::with_transaction(|| {
		ProofOfCompute::commit_task(worker(DAVE), JOB, 0, seal).unwrap();
		let shown = show(DAVE, 0, reveal);
		frame_support::storage::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(
			shown,
		))
	})
	.unwrap()
}

#[test]
fn a_place_that_the_plan_does_not_have_is_refused() {
	build_and_execute(|| {
		// GIVEN claims about the last step of a task of two segments, with the borders before it
		start(Setup {
			segments: 2,
			..Default::default()
		});
		let mut last = failure(DAVE);
		last.place.step = 2 * STEPS - 1;
		last.trace.try_push([9; 32]).unwrap();
		let with = |change: fn(&mut FailureReveal)| {
			let mut reveal = last.clone();
			change(&mut reveal);
			sealed(reveal)
		};
		// WHEN they are opened THEN only the one about a place of the plan is taken
		assert_ok!(with(|_| {}));
		type Change = fn(&mut FailureReveal);
		let refused: [(Change, Error<Test>); 7] = [
			(|reveal| reveal.place.step += 1, Error::StepOutsidePlan),
			(|reveal| reveal.place.op = 9_999, Error::NoSuchOp),
			(|reveal| reveal.place.tile = 9_999, Error::NoSuchTile),
			(|reveal| reveal.place.part = Part::Finish, Error::NoSuchPart),
			(|reveal| reveal.trace[0][0] ^= 1, Error::TraceMismatch),
			(
				|reveal| reveal.trace = Default::default(),
				Error::TraceMismatch,
			),
			// Of the first segment there is one border alone.
			(|reveal| reveal.place.step = 0, Error::TraceMismatch),
		];
		for (change, error) in refused {
			assert_eq!(with(change), Err(error.into()));
		}
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
		assert!(offences().is_empty() && dissents().is_empty());
	});
}

#[test]
fn dissent_about_a_claim_of_failure_opens_a_dispute_about_its_place() {
	build_and_execute(|| {
		// GIVEN a claim that two of three validators agree with, and one that finds otherwise
		let verdicts = [Verdict::Valid, Verdict::Invalid, Verdict::Valid];
		let drawn = claimed(verdicts);
		// WHEN they open
		open_each(&drawn, verdicts);
		// THEN there is a dispute about the place, with the borders before it
		let [told] = &dissents()[..] else {
			panic!("{:?}", dissents());
		};
		assert_eq!((told.validator, told.provider), (drawn[1], DAVE));
		assert_eq!(
			(told.failure, &told.trace),
			(Some(PLACE), &failure(DAVE).trace.into_inner())
		);
		assert_eq!(told.assenters, [drawn[0]]);
		// AND no vote has taken anything: the slot is given to the next provider
		assert_eq!(job(JOB).unpaid, [Unpaid::Disputed]);
		assert!(offences().is_empty() && job(JOB).fees.is_empty());
		assert_eq!((phase(), job(JOB).slots[0].provider), (Phase::Train, EVE));
		to_close();
		assert_eq!(job(JOB).paid, [EVE]);
	});
}

#[test]
fn a_whole_committee_against_a_claim_is_a_dispute_and_no_penalty() {
	build_and_execute(|| {
		let verdicts = [Verdict::Invalid; 3];
		let drawn = claimed(verdicts);
		open_each(&drawn, verdicts);
		assert_eq!(job(JOB).unpaid, [Unpaid::Disputed]);
		assert!(offences().is_empty() && job(JOB).fees.is_empty());
		assert_eq!(dissents().len(), 3);
	});
}

#[test]
fn a_dissent_that_nothing_stands_behind_is_refused() {
	build_and_execute(|| {
		// GIVEN a validator without anything to pledge that finds otherwise
		let verdicts = [Verdict::Invalid, Verdict::Valid, Verdict::Valid];
		let drawn = claimed(verdicts);
		make_broke(drawn[0]);
		// WHEN it opens its verdict THEN it is refused as a whole, as one about work is
		assert!(open(drawn[0], 0, Verdict::Invalid).is_err());
		assert!(dissents().is_empty());
	});
}

#[test]
fn anybody_with_a_bond_disputes_a_claim_of_failure() {
	build_and_execute(|| {
		// GIVEN a claim whose whole committee agrees with it
		let verdicts = [Verdict::Valid; 3];
		let drawn = claimed(verdicts);
		// WHEN somebody without a seat disputes it before they open
		assert_noop!(dispute(DAVE, 0), Error::<Test>::OwnWork);
		assert_ok!(dispute(EVE, 0));
		assert_noop!(dispute(drawn[0], 0), Error::<Test>::AlreadyDisputed);
		assert_eq!(dissents()[0].failure, Some(PLACE));
		open_each(&drawn, verdicts);
		// THEN the job goes on, and the runtime finds out who is right
		assert_eq!(job(JOB).unpaid, [Unpaid::Disputed]);
		assert_eq!(job(JOB).failed, None);
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
