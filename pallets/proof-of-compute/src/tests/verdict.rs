//! Sealed verdicts: P5 and P6.

use crate::{mock::*, Error, Submissions};
use assay_protocol::{Phase, SealContext, Verdict, VerdictClaim};
use frame_support::{assert_noop, assert_ok};

#[test]
fn only_drawn_validators_seal() {
	build_and_execute(|| {
		start(Setup::default());
		assert_noop!(seal(1, 0, Verdict::Valid), Error::<Test>::NotAssaying);
		to_assay();
		assert_noop!(seal(undrawn(0), 0, Verdict::Valid), Error::<Test>::NotDrawn);
		assert_noop!(seal(EVE, 0, Verdict::Valid), Error::<Test>::NotDrawn);
		let stranger = RuntimeOrigin::signed(STRANGER);
		let foreign = ProofOfCompute::seal_verdict(stranger, JOB, 0, [0; 32]);
		assert_noop!(foreign, Error::<Test>::NotAWorker);
		assert_ok!(seal(committee(0)[0], 0, Verdict::Valid));
	});
}

#[test]
fn a_seat_seals_once_in_a_draw() {
	build_and_execute(|| {
		start(Setup::default());
		to_assay();
		let validator = committee(0)[0];
		seal(validator, 0, Verdict::Valid).unwrap();
		// A second opinion does not replace the first, and does not count twice.
		assert_noop!(
			seal(validator, 0, Verdict::Invalid),
			Error::<Test>::AlreadySealed
		);
		assert_noop!(
			seal(validator, 0, Verdict::Valid),
			Error::<Test>::AlreadySealed
		);
		assert_eq!(phase(), Phase::Assay);
	});
}

#[test]
fn a_verdict_opens_only_to_what_its_own_stash_sealed() {
	build_and_execute(|| {
		// GIVEN a validator that copies the seal of another one.
		start(Setup::default());
		to_assay();
		let drawn = committee(0);
		let copied = verdict_seal(drawn[0], 0, Verdict::Valid);
		seal(drawn[0], 0, Verdict::Valid).unwrap();
		ProofOfCompute::seal_verdict(worker(drawn[1]), JOB, 0, copied).unwrap();
		seal(drawn[2], 0, Verdict::Valid).unwrap();
		open(drawn[0], 0, Verdict::Valid).unwrap();
		// THEN it cannot open it, with the salt that is public now or with its own.
		for salt in [salt(drawn[0]), salt(drawn[1])] {
			let echo =
				ProofOfCompute::reveal_verdict(worker(drawn[1]), JOB, 0, Verdict::Valid, salt);
			assert_noop!(echo, Error::<Test>::SealMismatch);
		}
		// AND nobody opens to another verdict or with another salt than it sealed.
		assert_noop!(
			open(drawn[2], 0, Verdict::Invalid),
			Error::<Test>::SealMismatch
		);
		let salted =
			ProofOfCompute::reveal_verdict(worker(drawn[2]), JOB, 0, Verdict::Valid, [0; 32]);
		assert_noop!(salted, Error::<Test>::SealMismatch);
	});
}

#[test]
fn a_verdict_about_another_task_or_draw_opens_to_nothing() {
	build_and_execute(|| {
		start(Setup::default());
		to_assay();
		let validator = committee(0)[0];
		let right = context(validator, 0);
		let claim = |context, draw_index| VerdictClaim {
			context,
			draw_index,
			verdict: Verdict::Valid,
			salt: salt(validator),
		};
		let wrong = [
			claim(
				SealContext {
					attempt: 1,
					..right
				},
				0,
			),
			claim(SealContext { round: 1, ..right }, 0),
			claim(SealContext { slot: 1, ..right }, 0),
			claim(
				SealContext {
					job: OTHER_JOB,
					..right
				},
				0,
			),
			claim(
				SealContext {
					genesis: [1; 32],
					..right
				},
				0,
			),
			claim(right, 1),
		];
		for claim in wrong {
			let tried = frame_support::storage::with_transaction(|| {
				let seal = claim.seal();
				ProofOfCompute::seal_verdict(worker(validator), JOB, 0, seal).unwrap();
				miss_deadline(JOB);
				assert_noop!(
					open(validator, 0, Verdict::Valid),
					Error::<Test>::SealMismatch
				);
				frame_support::storage::TransactionOutcome::Rollback(Ok::<
					(),
					sp_runtime::DispatchError,
				>(()))
			});
			assert_ok!(tried);
		}
	});
}

#[test]
fn a_verdict_is_opened_once_and_only_in_unseal() {
	build_and_execute(|| {
		start(Setup::default());
		to_assay();
		let drawn = committee(0);
		seal(drawn[0], 0, Verdict::Valid).unwrap();
		assert_noop!(
			open(drawn[0], 0, Verdict::Valid),
			Error::<Test>::NotUnsealing
		);
		seal(drawn[1], 0, Verdict::Valid).unwrap();
		seal(drawn[2], 0, Verdict::Valid).unwrap();
		let outsider = undrawn(0);
		open(drawn[0], 0, Verdict::Valid).unwrap();
		assert_noop!(
			open(drawn[0], 0, Verdict::Valid),
			Error::<Test>::AlreadyUnsealed
		);
		assert_noop!(open(outsider, 0, Verdict::Valid), Error::<Test>::NotDrawn);
		let stranger = RuntimeOrigin::signed(STRANGER);
		let foreign =
			ProofOfCompute::reveal_verdict(stranger, JOB, 0, Verdict::Valid, salt(STRANGER));
		assert_noop!(foreign, Error::<Test>::NotAWorker);
		run_to(job(JOB).round.deadline + 1);
		assert_noop!(
			open(drawn[1], 0, Verdict::Valid),
			Error::<Test>::DeadlinePassed
		);
	});
}

#[test]
fn who_did_not_seal_has_nothing_to_open() {
	build_and_execute(|| {
		start(Setup::default());
		to_assay();
		let drawn = committee(0);
		seal(drawn[0], 0, Verdict::Valid).unwrap();
		run_to(job(JOB).round.deadline + 1);
		assert_noop!(
			seal(drawn[1], 0, Verdict::Valid),
			Error::<Test>::DeadlinePassed
		);
		advance(JOB).unwrap();
		assert_noop!(open(drawn[1], 0, Verdict::Valid), Error::<Test>::NotSealed);
		assert_noop!(
			seal(drawn[1], 0, Verdict::Valid),
			Error::<Test>::NotAssaying
		);
	});
}

#[test]
fn a_slot_that_is_not_judged_takes_no_verdict() {
	build_and_execute(|| {
		// GIVEN a slot that waits for its next attempt, beside one that is judged.
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		commit_all();
		reveal(DAVE, 0).unwrap();
		miss_deadline(JOB);
		draw();
		for validator in VALIDATORS {
			assert_noop!(
				seal(validator, 1, Verdict::Valid),
				Error::<Test>::SlotNotOpen
			);
		}
		for validator in committee(0) {
			seal(validator, 0, Verdict::Valid).unwrap();
		}
		assert_eq!(phase(), Phase::Unseal);
		assert_noop!(open(1, 1, Verdict::Valid), Error::<Test>::SlotNotOpen);
	});
}

#[test]
fn one_stash_counts_once_however_many_workers_it_has() {
	build_and_execute(|| {
		// GIVEN a quorum of two and a single validator that says the work is right.
		start(Setup::default());
		to_assay();
		let drawn = committee(0);
		seal(drawn[0], 0, Verdict::Valid).unwrap();
		miss_deadline(JOB);
		// WHEN it is the only one to answer, as often as it likes.
		open(drawn[0], 0, Verdict::Valid).unwrap();
		assert!(open(drawn[0], 0, Verdict::Valid).is_err());
		// THEN nothing is accepted: the slot is drawn again.
		assert!(job(JOB).paid.is_empty());
		assert_eq!(phase(), Phase::Draw);
	});
}

#[test]
fn a_deadline_decides_with_the_verdicts_that_are_open() {
	build_and_execute(|| {
		start(Setup::default());
		to_unseal(Verdict::Valid);
		let drawn = committee(0);
		open(drawn[0], 0, Verdict::Valid).unwrap();
		open(drawn[1], 0, Verdict::Valid).unwrap();
		miss_deadline(JOB);
		assert_eq!(job(JOB).paid, vec![DAVE]);
		assert_eq!(job(JOB).fees.len(), 2);
	});
}

#[test]
fn a_panel_that_only_the_jobs_pallet_knows_is_a_typed_error() {
	build_and_execute(|| {
		start(Setup::default());
		to_unseal(Verdict::Valid);
		let validator = committee(0)[0];
		// The record is lost, which no call can do.
		let kept = Submissions::<Test>::get((JOB, 0, 0)).unwrap();
		Submissions::<Test>::insert(
			(JOB, 0, 0),
			crate::Submission {
				panel: None,
				..kept.clone()
			},
		);
		assert_noop!(
			open(validator, 0, Verdict::Valid),
			Error::<Test>::RecordMissing
		);
		Submissions::<Test>::insert((JOB, 0, 0), kept);
	});
}
