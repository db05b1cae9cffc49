//! Removing ended jobs.

use assay_protocol::{JobId, JobState};
use frame_support::{assert_noop, assert_ok};

use crate::{
	mock::{play::*, *},
	Error, Event,
};

fn prune(job: JobId) -> sp_runtime::DispatchResult {
	Jobs::prune_job(RuntimeOrigin::signed(PASSER_BY), job)
		.map(|_| ())
		.map_err(|error| error.error)
}

/// A completed job with its credits.
fn completed() -> JobId {
	let job = started();
	for _ in 0..2 {
		work_until_close(job);
		assert_ok!(close(job));
	}
	assert_eq!(record(job).state, JobState::Completed);
	job
}

#[test]
fn a_settled_job_leaves_nothing_behind_and_returns_its_deposit() {
	build_and_execute(|| {
		// GIVEN a settled job.
		let job = completed();
		assert_noop!(prune(job), Error::<Test>::NotPrunable);
		assert_ok!(claim(job, &[11, 12, 21, 22, 23]));
		assert_eq!(record(job).state, JobState::Settled);
		events();
		// WHEN anybody prunes it.
		assert_ok!(prune(job));
		// THEN the deposit is back, and the sub-account and every item are gone.
		assert_eq!(balance(OWNER), ENDOWMENT - 24_000);
		assert_eq!(balance(Jobs::account_of(job)), 0);
		assert_eq!(
			events(),
			[Event::JobPruned {
				job,
				owner: OWNER,
				returned: DEPOSIT
			}]
		);
		assert_eq!(Jobs::job_view(job), None);
		assert_eq!(crate::Slots::<Test>::iter_prefix(job).count(), 0);
		assert_eq!(crate::RoundRecords::<Test>::iter_prefix(job).count(), 0);
		assert!(!crate::Ledgers::<Test>::contains_key(job));
		assert!(!crate::Members::<Test>::contains_key(job));
		assert_noop!(prune(job), Error::<Test>::UnknownJob);
		// AND money is where it was, but for the fees of 24 payouts.
		assert_eq!(Balances::total_issuance(), 10 * ENDOWMENT - 24 * 20);
	});
}

#[test]
fn what_others_sent_to_the_sub_account_goes_to_the_owner_too() {
	build_and_execute(|| {
		let job = post();
		assert_ok!(Balances::transfer_allow_death(
			RuntimeOrigin::signed(PASSER_BY),
			Jobs::account_of(job),
			5,
		));
		assert_ok!(Jobs::cancel_job(RuntimeOrigin::signed(OWNER), job));
		Jobs::do_try_state().unwrap();
		assert_ok!(prune(job));
		assert_eq!(balance(OWNER), ENDOWMENT + 5);
	});
}

#[test]
fn credits_that_nobody_claims_in_time_are_burned() {
	build_and_execute(|| {
		// GIVEN a completed job with 24 * 980 of credits.
		let job = completed();
		// WHEN the retention is not over, THEN it stays; when it is, the credits are burned.
		go_to(1 + RETENTION);
		assert_noop!(prune(job), Error::<Test>::NotPrunable);
		go_to(2 + RETENTION);
		events();
		assert_ok!(prune(job));
		assert_eq!(
			events(),
			[
				Event::CreditsExpired {
					job,
					amount: 24 * 980
				},
				Event::JobSettled { job },
				Event::JobPruned {
					job,
					owner: OWNER,
					returned: DEPOSIT
				},
			]
		);
		assert_eq!(Balances::total_issuance(), 10 * ENDOWMENT - 24_000);
	});
}

#[test]
fn a_large_job_is_pruned_in_parts() {
	let mut ext = externalities();
	// GIVEN a settled job of 40 tasks, written to the database.
	let job = ext.execute_with(|| {
		System::set_block_number(1);
		PROVIDERS
			.into_iter()
			.for_each(|provider| Purses::fill(provider, 100_000));
		let job = started_with(assay_protocol::Terms {
			tasks: 40,
			rounds: 1,
			..terms()
		});
		work_until_close(job);
		assert_ok!(close(job));
		assert_ok!(claim(job, &[11, 12, 21, 22, 23]));
		job
	});
	ext.commit_all().unwrap();
	// WHEN it is pruned by 16 items a call.
	for left in [24, 8] {
		ext.execute_with(|| {
			assert_ok!(prune(job));
			check_everything();
			assert_eq!(crate::Slots::<Test>::iter_prefix(job).count(), left);
		});
		ext.commit_all().unwrap();
	}
	// THEN the third call finishes it.
	ext.execute_with(|| {
		assert_ok!(prune(job));
		check_everything();
		assert_eq!(Jobs::job_view(job), None);
	});
}
