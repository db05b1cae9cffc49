//! What happens when a draw does not decide.

use crate::{mock::*, Error, Submissions};
use assay_protocol::{Phase, Verdict};
use frame_support::assert_noop;

/// A round whose verdicts have to be unanimous.
fn start_unanimous() {
	start(Setup {
		quorum: 3,
		..Default::default()
	});
}

/// A panel of which two say valid, and the others that they can fetch nothing: too few for either.
fn disagree() {
	let drawn = committee(0);
	let verdicts = || {
		let valid = [Verdict::Valid; 2];
		valid
			.into_iter()
			.chain(core::iter::repeat(Verdict::Unfetched))
	};
	for (validator, verdict) in drawn.iter().zip(verdicts()) {
		seal(*validator, 0, verdict).unwrap();
	}
	for (validator, verdict) in drawn.iter().zip(verdicts()) {
		open(*validator, 0, verdict).unwrap();
	}
}

#[test]
fn an_undecided_slot_is_drawn_again_from_later_outputs() {
	build_and_execute(|| {
		// GIVEN verdicts that have no quorum.
		start_unanimous();
		to_assay();
		let first = job(JOB).round.draw.unwrap();
		disagree();
		// THEN nobody is paid or slashed, and another draw waits for outputs of its own.
		assert_eq!(phase(), Phase::Draw);
		assert!(job(JOB).fees.is_empty());
		assert!(offences().is_empty());
		let early = ProofOfCompute::draw(RuntimeOrigin::signed(STRANGER), JOB);
		assert_noop!(early, Error::<Test>::OutputsNotReady);
		draw();
		let second = job(JOB).round.draw.unwrap();
		assert_eq!(second.index, 1);
		// AND its committees have grown, here to all of the validators.
		assert_eq!((first.seats, second.seats), (3, 6));
		assert_eq!(committee(0).len(), VALIDATORS.len());
		assert_ne!(first.seed, second.seed);
		// AND it can decide.
		seal_all(Verdict::Valid);
		open_all(Verdict::Valid);
		assert_eq!(job(JOB).paid, vec![DAVE]);
	});
}

#[test]
fn a_seal_of_an_earlier_draw_does_not_open_in_the_next_one() {
	build_and_execute(|| {
		start(Setup {
			committee: 5,
			quorum: 3,
			..Default::default()
		});
		to_assay();
		// GIVEN a seal from the first draw, in which too few answered.
		let validator = committee(0)[0];
		let old = verdict_seal(validator, 0, Verdict::Valid);
		ProofOfCompute::seal_verdict(worker(validator), JOB, 0, old).unwrap();
		miss_deadline(JOB);
		miss_deadline(JOB);
		draw();
		// WHEN it is sent again; with five validators everybody is drawn again.
		ProofOfCompute::seal_verdict(worker(validator), JOB, 0, old).unwrap();
		miss_deadline(JOB);
		assert_noop!(
			open(validator, 0, Verdict::Valid),
			Error::<Test>::SealMismatch
		);
	});
}

#[test]
fn a_job_whose_validators_never_decide_fails_after_all_redraws() {
	build_and_execute(|| {
		start_unanimous();
		commit_all();
		reveal_all();
		// The first draw and three redraws.
		for _ in 0..4 {
			assert_eq!(phase(), Phase::Draw);
			draw();
			disagree();
		}
		assert!(job(JOB).is_over);
		assert!(offences().is_empty());
		// The last opening removed the slot's record.
		assert_eq!(Submissions::<Test>::iter().count(), 0);
	});
}
