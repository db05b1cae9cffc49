//! Facts that come at the wrong time, and what is answered to proof-of-compute.

use assay_protocol::{JobId, Phase, RoundFact, Verdict};
use assay_traits::Rounds as _;
use frame_support::{assert_noop, assert_ok};

use crate::{
	mock::{play::*, *},
	Error, Rounds,
};

#[test]
fn a_fact_about_no_running_job_is_refused() {
	build_and_execute(|| {
		assert_noop!(commit(JobId(0), 0), Error::<Test>::UnknownJob);
		assert_noop!(Jobs::round(JobId(0)), Error::<Test>::UnknownJob);
		let job = post();
		assert_noop!(commit(job, 0), Error::<Test>::JobNotRunning);
		assert_noop!(Jobs::task(job, 0), Error::<Test>::JobNotRunning);
		assert_noop!(Jobs::round(job), Error::<Test>::JobNotRunning);
	});
}

#[test]
fn a_fact_of_another_phase_is_refused() {
	build_and_execute(|| {
		// GIVEN a round in TRAIN.
		let job = started();
		// THEN every fact but a commit is refused.
		assert_noop!(reveal(job, 0), Error::<Test>::WrongPhase);
		assert_noop!(draw(job), Error::<Test>::WrongPhase);
		assert_noop!(seal(job, 0, 21), Error::<Test>::WrongPhase);
		assert_noop!(
			unseal(job, 0, 21, Verdict::Valid),
			Error::<Test>::WrongPhase
		);
		assert_noop!(close(job), Error::<Test>::WrongPhase);
		// AND a commit in any other phase.
		work_until_assay(job);
		assert_noop!(commit(job, 0), Error::<Test>::WrongPhase);
	});
}

#[test]
fn a_fact_about_the_wrong_slot_is_refused() {
	build_and_execute(|| {
		let job = started();
		assert_noop!(commit(job, 3), Error::<Test>::UnknownSlot);
		assert_noop!(Jobs::task(job, 3), Error::<Test>::UnknownSlot);
		assert_ok!(commit(job, 0));
		assert_noop!(commit(job, 0), Error::<Test>::WrongSlotState);
	});
}

#[test]
fn more_verdicts_than_seats_or_seals_are_refused() {
	build_and_execute(|| {
		// GIVEN a slot with two seats.
		let job = started();
		work_until_assay(job);
		let seal_of = |slot, validator, seats| {
			Jobs::note(
				job,
				RoundFact::Sealed {
					slot,
					validator,
					seats,
				},
			)
		};
		assert_noop!(seal_of(0, 21, 0), Error::<Test>::SeatsWrong);
		assert_ok!(seal_of(0, 21, 2));
		assert_noop!(seal_of(0, 22, 3), Error::<Test>::SeatsWrong);
		assert_ok!(seal_of(0, 22, 2));
		assert_noop!(seal_of(0, 23, 2), Error::<Test>::AllSealed);
		assert_ok!(seal_of(1, 21, 2));
		assert_noop!(seal(job, 3, 21), Error::<Test>::UnknownSlot);
		// WHEN the window is over, THEN what was sealed is opened once.
		go_past_deadline(job);
		advance(job);
		assert_noop!(
			unseal(job, 3, 21, Verdict::Valid),
			Error::<Test>::UnknownSlot
		);
		assert_ok!(unseal(job, 0, 21, Verdict::Valid));
		assert_noop!(
			unseal(job, 0, 21, Verdict::Valid),
			Error::<Test>::AlreadyUnsealed
		);
		// AND a slot without seals has nothing to open.
		assert_noop!(
			unseal(job, 2, 21, Verdict::Valid),
			Error::<Test>::WrongSlotState
		);
	});
}

#[test]
fn more_openings_than_seals_are_refused() {
	build_and_execute(|| {
		// GIVEN a slot whose record says that one of its two opened verdicts was sealed. The state
		// machine decides with the last opened one, so only a broken record can come here.
		let job = started();
		work_until_assay(job);
		assert_ok!(seal(job, 0, 21));
		assert_ok!(seal(job, 0, 22));
		go_past_deadline(job);
		advance(job);
		assert_ok!(unseal(job, 0, 21, Verdict::Valid));
		let intact = slot(job, 0);
		let mut broken = intact.clone();
		broken.state = assay_protocol::SlotState::Judging {
			seats: 3,
			sealed: 1,
		};
		crate::Slots::<Test>::insert(job, 0, broken);
		assert_noop!(unseal(job, 0, 22, Verdict::Valid), Error::<Test>::NotSealed);
		crate::Slots::<Test>::insert(job, 0, intact);
	});
}

#[test]
fn a_late_fact_hears_of_the_deadline() {
	build_and_execute(|| {
		// GIVEN a round in UNSEAL that nobody has advanced.
		let job = started();
		work_until_assay(job);
		seal_all(job);
		go_past_deadline(job);
		// THEN an opened verdict is late, whatever the slot is.
		assert_noop!(
			unseal(job, 0, 21, Verdict::Valid),
			Error::<Test>::DeadlinePassed
		);
		assert_noop!(
			unseal(job, 9, 21, Verdict::Valid),
			Error::<Test>::DeadlinePassed
		);
	});
}

#[test]
fn a_deadline_decides_with_what_was_opened() {
	build_and_execute(|| {
		// GIVEN three sealed slots: two verdicts are opened about the first, one about the second.
		let job = started();
		work_until_assay(job);
		seal_all(job);
		assert_ok!(unseal(job, 0, 21, Verdict::Valid));
		assert_ok!(unseal(job, 0, 22, Verdict::Valid));
		assert_ok!(unseal(job, 1, 21, Verdict::Invalid));
		// WHEN the window is over.
		go_past_deadline(job);
		advance(job);
		// THEN the first is accepted with a quorum of two, the others are drawn again.
		assert_eq!(ledger(job).paid_compute, 980);
		assert_eq!(ledger(job).paid_validation, 2 * 980);
		assert_eq!(round(job).phase, Phase::Draw);
		assert_eq!(round(job).counts.open, 2);
	});
}

#[test]
fn records_that_disagree_are_a_defect_of_their_own() {
	build_and_execute(|| {
		// GIVEN a running job whose round has vanished.
		let job = started();
		let round = Rounds::<Test>::take(job).unwrap();
		// THEN that is what is answered, not a user's error.
		assert_noop!(commit(job, 0), Error::<Test>::Inconsistent);
		Rounds::<Test>::insert(job, round);
	});
}
