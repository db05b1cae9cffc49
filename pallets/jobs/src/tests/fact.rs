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
		assert_noop!(dispute(job, 0), Error::<Test>::WrongPhase);
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
		// GIVEN three sealed slots: two verdicts are opened about the first, one about each other, of
		// which one is a dissent.
		let job = started();
		work_until_assay(job);
		seal_all(job);
		assert_ok!(unseal(job, 0, 21, Verdict::Valid));
		assert_ok!(unseal(job, 0, 22, Verdict::Valid));
		assert_ok!(unseal(job, 1, 21, Verdict::Valid));
		assert_ok!(unseal(job, 2, 21, Verdict::Invalid));
		// WHEN the window is over.
		go_past_deadline(job);
		advance(job);
		// THEN the first is accepted with a quorum of two, the second is drawn again, and the third
		// is to be redone.
		assert_eq!(ledger(job).paid_compute, 980);
		assert_eq!(ledger(job).paid_validation, 2 * 980);
		assert_eq!(round(job).phase, Phase::Draw);
		assert_eq!((round(job).counts.open, round(job).counts.redo), (1, 1));
		assert_eq!(disputed().len(), 1);
	});
}

#[test]
fn disputes_are_told_what_the_job_promised_also_after_its_end() {
	build_and_execute(|| {
		// GIVEN no job THEN there is no contract
		assert_eq!(
			Jobs::contract(JobId(0)),
			Err(Error::<Test>::UnknownJob.into())
		);
		// GIVEN a job that is not started, one that runs and one that is over
		for job in [post(), started(), cancelled()] {
			// WHEN its contract is asked for THEN it is what was posted, with the fee of a verdict at
			// the highest uptime: five quarters of the price of a whole task
			let expected = assay_traits::Contract {
				plan: plan(),
				price: 1_000,
				task_stake: 500,
				verdict_fee: 1_250,
			};
			assert_eq!(Jobs::contract(job), Ok(expected));
		}
	});
}

#[test]
fn a_verdict_about_a_segment_has_the_fee_of_a_segment_in_the_contract() {
	build_and_execute(|| {
		// GIVEN 4 steps in segments of 2
		let mut plan = plan();
		plan.stride = 2;
		let job = crate::NextJob::<Test>::get();
		let owner = RuntimeOrigin::signed(OWNER);
		assert_ok!(Jobs::post_job(owner, plan, terms_of_segments(2)));
		// THEN a verdict is worth half of what a whole task is
		assert_eq!(Jobs::contract(job).map(|told| told.verdict_fee), Ok(625));
	});
}

fn cancelled() -> JobId {
	let job = started();
	assert_ok!(Jobs::cancel_job(RuntimeOrigin::signed(OWNER), job));
	job
}

#[test]
fn a_contract_without_its_plan_is_a_defect_of_its_own() {
	build_and_execute(|| {
		let job = started();
		let plan = crate::Plans::<Test>::take(job).unwrap();
		assert_eq!(Jobs::contract(job), Err(Error::<Test>::Inconsistent.into()));
		crate::Plans::<Test>::insert(job, plan);
	});
}

#[test]
fn what_a_dispute_slashed_is_noted_as_long_as_the_job_is_there() {
	build_and_execute(|| {
		// GIVEN a running job and one that is over
		for job in [started(), cancelled()] {
			let before = ledger(job);
			// WHEN two disputes about its work have slashed something
			Jobs::note_slash(job, &11, 500);
			Jobs::note_slash(job, &11, 20);
			// THEN its books tell, and nothing else changed
			let expected = assay_protocol::Ledger {
				slashed: 520,
				..before
			};
			assert_eq!(ledger(job), expected);
			// AND a total beyond any issuance stays as it was
			Jobs::note_slash(job, &11, u128::MAX);
			assert_eq!(ledger(job), expected);
		}
		// AND a job that is gone leaves no books behind
		Jobs::note_slash(JobId(9), &11, 5);
		assert!(!crate::Ledgers::<Test>::contains_key(JobId(9)));
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
