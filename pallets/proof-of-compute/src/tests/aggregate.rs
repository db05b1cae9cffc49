//! Closing a round: P8.

use crate::{mock::*, Aggregations, Error};
use assay_protocol::{Loss, Outlook, Phase, Verdict};
use frame_support::{assert_noop, assert_ok};

/// A round that waits for claims, and who is drawn to make them.
fn closing() -> [u64; 3] {
	start(Setup::default());
	to_close();
	closers().try_into().unwrap()
}

#[test]
fn equal_claims_of_everybody_drawn_close_the_round() {
	build_and_execute(|| {
		let [first, second, third] = closing();
		claim(first, [9; 32], 5).unwrap();
		claim(second, [9; 32], 5).unwrap();
		// A third could still contradict.
		assert!(job(JOB).closed.is_empty());
		claim(third, [9; 32], 5).unwrap();
		assert_eq!(job(JOB).closed, vec![([9; 32], Loss(5))]);
	});
}

#[test]
fn a_quorum_closes_the_round_at_its_deadline_without_whoever_is_absent() {
	build_and_execute(|| {
		// GIVEN two equal claims, and a third that does not come
		let [first, second, _] = closing();
		claim(first, [9; 32], 5).unwrap();
		claim(second, [9; 32], 5).unwrap();
		let agreed = Outlook::Agreed {
			checkpoint: [9; 32],
			loss: Loss(5),
		};
		assert_eq!(job(JOB).round.outlook, agreed);
		// WHEN the window is over
		miss_deadline(JOB);
		// THEN the round closes, and what is left of it goes
		assert_eq!(job(JOB).closed, vec![([9; 32], Loss(5))]);
		idle();
		assert_eq!(Aggregations::<Test>::iter().count(), 0);
	});
}

#[test]
fn less_than_a_quorum_closes_nothing_at_the_deadline() {
	build_and_execute(|| {
		let [first, ..] = closing();
		claim(first, [9; 32], 5).unwrap();
		assert_eq!(job(JOB).round.outlook, Outlook::Awaited);
		miss_deadline(JOB);
		assert!(job(JOB).closed.is_empty());
		assert_eq!(job(JOB).round.restarts, 1);
	});
}

#[test]
fn claims_of_the_same_root_with_another_loss_are_decided_by_a_quorum() {
	build_and_execute(|| {
		let [first, second, third] = closing();
		claim(first, [9; 32], 5).unwrap();
		claim(second, [9; 32], 6).unwrap();
		assert_eq!(phase(), Phase::Close);
		claim(third, [9; 32], 6).unwrap();
		assert_eq!(conflict(), None);
		assert_eq!(job(JOB).closed, vec![([9; 32], Loss(6))]);
	});
}

#[test]
fn a_validator_claims_once_in_a_window() {
	build_and_execute(|| {
		start(Setup::default());
		to_close();
		let closer = closers()[0];
		claim(closer, [9; 32], 5).unwrap();
		// The same again would be a quorum of one stash.
		assert_noop!(claim(closer, [9; 32], 5), Error::<Test>::AlreadyClaimed);
		assert_noop!(claim(closer, [6; 32], 5), Error::<Test>::AlreadyClaimed);
	});
}

#[test]
fn only_validators_drawn_to_close_claim() {
	build_and_execute(|| {
		start(Setup::default());
		to_close();
		let closers = closers();
		let outsider = VALIDATORS
			.into_iter()
			.find(|stash| !closers.contains(stash))
			.unwrap();
		assert_noop!(claim(outsider, [9; 32], 5), Error::<Test>::NotDrawn);
		assert_noop!(claim(DAVE, [9; 32], 5), Error::<Test>::NotDrawn);
		let stranger = RuntimeOrigin::signed(STRANGER);
		let foreign = ProofOfCompute::claim_aggregate(stranger, JOB, 0, [9; 32], Loss(5));
		assert_noop!(foreign, Error::<Test>::NotAWorker);
	});
}

#[test]
fn a_claim_names_the_current_round_in_its_phase_and_in_time() {
	build_and_execute(|| {
		start(Setup::default());
		assert_noop!(claim(1, [9; 32], 5), Error::<Test>::NotClosing);
		to_close();
		let closer = closers()[0];
		let other = ProofOfCompute::claim_aggregate(worker(closer), JOB, 1, [9; 32], Loss(5));
		assert_noop!(other, Error::<Test>::RoundMismatch);
		run_to(job(JOB).round.deadline + 1);
		assert_noop!(claim(closer, [9; 32], 5), Error::<Test>::DeadlinePassed);
	});
}

#[test]
fn claims_are_void_when_the_window_begins_again() {
	build_and_execute(|| {
		// GIVEN three claims of one checkpoint, and no two of one loss
		for (loss, closer) in (0..).zip(closing()) {
			claim(closer, [1; 32], loss).unwrap();
		}
		miss_deadline(JOB);
		assert_eq!(job(JOB).round.restarts, 1);
		// WHEN the next window's validators claim
		let again = closers();
		claim(again[0], [1; 32], 0).unwrap();
		claim(again[1], [1; 32], 1).unwrap();
		// THEN claims of the earlier window do not count
		assert!(job(JOB).closed.is_empty());
		assert_eq!(Aggregations::<Test>::get(JOB, 0).unwrap().restarts, 1);
		claim(again[2], [1; 32], 1).unwrap();
		assert_eq!(job(JOB).closed, vec![([1; 32], Loss(1))]);
	});
}

#[test]
fn a_round_that_nobody_closes_fails_its_job_and_keeps_what_was_accepted() {
	build_and_execute(|| {
		start(Setup::default());
		to_close();
		// The window and three restarts.
		for _ in 0..4 {
			assert_eq!(phase(), Phase::Close);
			miss_deadline(JOB);
		}
		assert!(job(JOB).is_over);
		assert_eq!(job(JOB).paid, vec![DAVE]);
	});
}

#[test]
fn a_provider_that_is_a_validator_can_close() {
	build_and_execute(|| {
		// The aggregate follows from accepted work, so nobody is excluded from naming it.
		set_session(1, [1, 2, DAVE]);
		next_block();
		start(Setup::default());
		to_unseal(Verdict::Valid);
		open_all(Verdict::Valid);
		assert!(closers().contains(&DAVE));
		assert_ok!(claim(DAVE, [9; 32], 5));
	});
}
