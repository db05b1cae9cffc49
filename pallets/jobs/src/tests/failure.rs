//! Claims of failure: a bad plan costs its submitter, and nobody earns from claiming one.

use assay_protocol::{FailReason, JobId, JobState, Phase, SlotState, Terms, Unpaid, Verdict};
use assay_traits::Rounds as _;
use frame_support::assert_ok;

use crate::{
	mock::{play::*, *},
	Event,
};

/// The reasons of the unpaid attempts since the last question.
fn unpaid() -> Vec<(u32, Unpaid)> {
	let reason = |event| match event {
		Event::TaskUnpaid { slot, reason, .. } => Some((slot, reason)),
		_ => None,
	};
	events().into_iter().filter_map(reason).collect()
}

/// A job in UNSEAL whose slot 0 claims failure and whose others show work.
fn claimed_with(terms: Terms) -> JobId {
	let job = started_with(terms);
	commit_all(job);
	assert_ok!(reveal_failure(job, 0));
	reveal_all(job);
	assert_ok!(draw(job));
	seal_all(job);
	events();
	job
}

#[test]
fn a_bad_plan_costs_the_submitter_the_verdicts_and_the_accepted_work_alone() {
	build_and_execute(|| {
		// GIVEN a claim of failure beside two tasks of work
		let job = claimed_with(terms());
		// WHEN the committee finds the same
		judge(job, 0, Verdict::Valid);
		// THEN its three verdicts are paid, the stake is released, and nothing is paid for the task
		assert_eq!(unpaid(), [(0, Unpaid::BadPlan)]);
		assert_eq!(slot(job, 0).state, SlotState::Dropped(Unpaid::BadPlan));
		assert_eq!(ledger(job).paid_validation, 3 * 980);
		assert_eq!(ledger(job).paid_compute, 0);
		assert_eq!(Purses::held().len(), 2);
		// AND the job goes on until the rest of the pass is judged
		assert_eq!(record(job).state, JobState::Running);
		judge(job, 1, Verdict::Valid);
		assert_eq!(record(job).state, JobState::Running);
		judge(job, 2, Verdict::Valid);
		assert_eq!(record(job).state, JobState::Failed(FailReason::BadPlan));
		// AND nobody has lost a stake, accepted work is paid, and the rest is refunded
		assert_eq!((Purses::held(), Purses::burned()), (vec![], 0));
		let books = ledger(job);
		assert_eq!((books.paid_compute, books.slashed), (2 * 980, 0));
		assert_eq!(books.paid_validation, 9 * 980);
		assert_eq!(books.refunded, ESCROW - 11 * 1_000);
		assert_eq!(balance(OWNER), ENDOWMENT - DEPOSIT - 11 * 1_000);
	});
}

#[test]
fn a_plan_that_fails_everywhere_costs_the_verdicts_alone() {
	build_and_execute(|| {
		// GIVEN a job all of whose providers claim failure
		let job = started();
		commit_all(job);
		for slot in 0..3 {
			assert_ok!(reveal_failure(job, slot));
		}
		assert_ok!(draw(job));
		seal_all(job);
		let purses = PROVIDERS.map(Purses::left);
		// WHEN every committee agrees
		for slot in 0..3 {
			judge(job, slot, Verdict::Valid);
		}
		// THEN the escrow less nine fees is refunded, and no provider has gained or lost
		assert_eq!(record(job).state, JobState::Failed(FailReason::BadPlan));
		assert_eq!(ledger(job).refunded, ESCROW - 9 * 1_000);
		assert_eq!(Purses::burned(), 0);
		assert_eq!(PROVIDERS.map(|stash| Jobs::claimable(job, &stash)), [0; 4]);
		let released = PROVIDERS.map(Purses::left).iter().sum::<u128>();
		assert_eq!(released, purses.iter().sum::<u128>() + 3 * 500);
	});
}

#[test]
fn the_fees_above_the_floor_come_out_of_the_price_that_nobody_earns() {
	build_and_execute(|| {
		// GIVEN terms whose submitter pays for the checks of a fifth of all tasks
		let terms = Terms {
			audit_floor_ppm: 200_000,
			task_stake: 10_000,
			..terms()
		};
		PROVIDERS
			.iter()
			.for_each(|stash| Purses::fill(*stash, 100_000));
		let job = claimed_with(terms);
		let before = record(job).pools;
		// WHEN its committee finds that the plan is bad
		judge(job, 0, Verdict::Valid);
		// THEN each of the three fees of 1,000 is paid: four fifths from the price as far as it
		// reaches, and the rest from the pool
		assert_eq!(ledger(job).paid_validation, 3 * 980);
		let after = record(job).pools;
		assert_eq!(before.compute - after.compute, 1_000);
		assert_eq!(before.validation - after.validation, 3 * 1_000 - 1_000);
		assert_eq!(ledger(job).paid_compute, 0);
	});
}

#[test]
fn a_doubted_claim_waits_for_its_dispute_with_its_stake_and_the_next_provider_is_asked() {
	for verdicts in [
		[Verdict::Invalid; 3],
		[Verdict::Valid, Verdict::Invalid, Verdict::Valid],
	] {
		build_and_execute(|| {
			// GIVEN a claim of failure beside accepted work
			let job = claimed_with(terms());
			let claimer = slot(job, 0).provider;
			judge(job, 1, Verdict::Valid);
			judge(job, 2, Verdict::Valid);
			events();
			// WHEN one of its committee, or all of it, find that training does not end there
			for (validator, verdict) in [21, 22, 23].into_iter().zip(verdicts) {
				assert_ok!(unseal(job, 0, validator, verdict));
			}
			// THEN no vote takes anything: the stake stays held, and no verdict about it is paid
			assert_eq!(unpaid(), [(0, Unpaid::Disputed)]);
			assert_eq!((Purses::burned(), ledger(job).slashed), (0, 0));
			assert_eq!(ledger(job).paid_validation, 6 * 980);
			let held = Purses::held();
			assert!(held
				.iter()
				.any(|(task, ..)| (task.slot, task.attempt) == (0, 0)));
			// AND nobody waits for the dispute: another provider has the slot
			assert_eq!(round(job).phase, Phase::Train);
			let next = slot(job, 0);
			assert_ne!(next.provider, claimer);
			assert_eq!((next.attempt, next.failure, next.rate_ppm), (1, None, 0));
			assert!(!next.is_disputed);
		});
	}
}

#[test]
fn a_claim_of_failure_is_shown_without_a_segment_and_can_be_disputed() {
	build_and_execute(|| {
		let job = started();
		commit_all(job);
		assert_ok!(reveal_failure(job, 0));
		reveal_all(job);
		assert_ok!(draw(job));
		// WHEN its committee looks THEN it sees where training ends, and no segment
		let view = Jobs::task(job, 0).unwrap();
		assert_eq!(view.failure, Some(FAILURE));
		assert_eq!((view.work, view.segment), (None, None));
		assert_eq!(view.rate_ppm, 1_000_000);
		assert_eq!(Jobs::task(job, 2).unwrap().segment, Some(0));
		assert_eq!(Jobs::committee_of(job, 0).len(), 3);
		// AND whoever disputes it keeps it from ending the job
		assert_ok!(dispute(job, 0));
		seal_all(job);
		events();
		for slot in 0..3 {
			judge(job, slot, Verdict::Valid);
		}
		assert_eq!(unpaid(), [(0, Unpaid::Disputed)]);
		assert_eq!(record(job).state, JobState::Running);
	});
}

#[test]
fn work_that_nobody_decides_does_not_hide_a_bad_plan() {
	build_and_execute(|| {
		// GIVEN a true claim beside work whose committees never answer
		let job = started();
		commit_all(job);
		assert_ok!(reveal_failure(job, 0));
		reveal_all(job);
		assert_ok!(draw(job));
		for validator in &VALIDATORS[..3] {
			assert_ok!(seal(job, 0, *validator));
		}
		go_past_deadline(job);
		advance(job);
		judge(job, 0, Verdict::Valid);
		events();
		// WHEN every further draw is missed
		assert_eq!(round(job).phase, Phase::Draw);
		for _ in 0..3 {
			assert_eq!(record(job).state, JobState::Running);
			go_past_deadline(job);
			advance(job);
		}
		// THEN the job fails of its plan, and what was not decided is unpaid with its stake released
		assert_eq!(record(job).state, JobState::Failed(FailReason::BadPlan));
		assert_eq!(unpaid(), [(1, Unpaid::Undecided), (2, Unpaid::Undecided)]);
		assert_eq!((Purses::held(), Purses::burned()), (vec![], 0));
		assert_eq!(ledger(job).refunded, ESCROW - 3 * 1_000);
	});
}
