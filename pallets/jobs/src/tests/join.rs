//! Joining and leaving.

use assay_protocol::{JobId, JobState};
use frame_support::{assert_noop, assert_ok};

use crate::{
	mock::{play::*, *},
	Error, Event,
};

fn try_join(job: JobId, provider: AccountId, min_price: u128) -> sp_runtime::DispatchResult {
	Jobs::join_job(RuntimeOrigin::signed(worker_of(provider)), job, min_price)
		.map(|_| ())
		.map_err(|error| error.error)
}

fn try_leave(job: JobId, provider: AccountId) -> sp_runtime::DispatchResult {
	Jobs::leave_job(RuntimeOrigin::signed(worker_of(provider)), job)
}

#[test]
fn the_last_member_that_is_waited_for_starts_the_job() {
	build_and_execute(|| {
		// GIVEN a job that waits for two providers, one of which has joined.
		let job = post();
		join(job, 11);
		assert_eq!(record(job).state, JobState::Open);
		events();
		// WHEN the second one joins.
		join(job, 12);
		// THEN all three slots are given out, and each has its stake of 500.
		assert_eq!(record(job).state, JobState::Running);
		assert_eq!(Purses::held().len(), 3);
		assert_eq!(Purses::left(11) + Purses::left(12), 20_000 - 3 * 500);
		let events = events();
		assert_eq!(events[0], Event::ProviderJoined { job, provider: 12 });
		assert_eq!(events[1], Event::JobStarted { job });
		let (parent, deadline) = ([2; 32], 1 + 10);
		assert_eq!(
			events[2],
			Event::RoundStarted {
				job,
				round: 0,
				parent,
				deadline
			}
		);
		assert!(matches!(
			events[3],
			Event::TaskAssigned {
				slot: 0,
				attempt: 0,
				..
			}
		));
		assert_eq!(events.len(), 6);
		// AND the slots are spread: neither provider has all of them.
		assert_ne!(slot(job, 0).provider, slot(job, 1).provider);
	});
}

#[test]
fn only_the_worker_of_a_bonded_provider_joins() {
	build_and_execute(|| {
		let job = post();
		assert_noop!(
			Jobs::join_job(RuntimeOrigin::signed(PASSER_BY), job, 0),
			Error::<Test>::NotWorker
		);
		assert_noop!(try_join(job, UNBONDED, 0), Error::<Test>::NotProvider);
	});
}

#[test]
fn a_provider_joins_once_and_for_its_price() {
	build_and_execute(|| {
		let job = post();
		assert_noop!(try_join(JobId(9), 11, 0), Error::<Test>::UnknownJob);
		assert_noop!(try_join(job, 11, 1_001), Error::<Test>::PriceBelowMinimum);
		assert_ok!(try_join(job, 11, 1_000));
		assert_noop!(try_join(job, 11, 0), Error::<Test>::AlreadyMember);
	});
}

#[test]
fn a_job_takes_no_more_members_than_the_runtime_allows() {
	build_and_execute(|| {
		// GIVEN a runtime with at most three members, and a job that has them.
		let job = started();
		assert_ok!(try_join(job, 13, 0));
		// THEN the fourth is refused, until one leaves.
		assert_noop!(try_join(job, 14, 0), Error::<Test>::MembersFull);
		assert_ok!(try_leave(job, 11));
		assert_ok!(try_join(job, 14, 0));
		assert_eq!(Jobs::members_of(job), [12, 13, 14]);
	});
}

#[test]
fn nobody_joins_after_the_window_or_after_the_end() {
	build_and_execute(|| {
		// GIVEN a job posted in block 1 with a window of 20.
		let job = post();
		// THEN block 21 still takes providers and block 22 does not.
		go_to(21);
		assert_ok!(try_join(job, 11, 0));
		go_to(22);
		assert_noop!(try_join(job, 12, 0), Error::<Test>::DeadlinePassed);
		advance(job);
		assert_noop!(try_join(job, 12, 0), Error::<Test>::JobOver);
	});
}

#[test]
fn a_member_leaves_and_finishes_what_it_has() {
	build_and_execute(|| {
		// GIVEN a running job.
		let job = started();
		let mine = slots_in(job, |_| true)
			.into_iter()
			.find(|s| slot(job, *s).provider == 11);
		let mine = mine.unwrap();
		// WHEN a provider leaves.
		assert_noop!(try_leave(JobId(9), 11), Error::<Test>::UnknownJob);
		assert_noop!(
			Jobs::leave_job(RuntimeOrigin::signed(PASSER_BY), job),
			Error::<Test>::NotWorker
		);
		assert_noop!(try_leave(job, 13), Error::<Test>::NotMember);
		events();
		assert_ok!(try_leave(job, 11));
		// THEN its slot is still its own, and the next round goes to the others.
		assert_eq!(events(), [Event::ProviderLeft { job, provider: 11 }]);
		assert_eq!(slot(job, mine).provider, 11);
		work_until_close(job);
		assert_ok!(close(job));
		assert_eq!(slots_in(job, |_| true).len(), 3);
		assert!((0..3).all(|s| slot(job, s).provider == 12));
	});
}

#[test]
fn a_member_without_money_is_passed_over() {
	build_and_execute(|| {
		// GIVEN two members, one of which cannot put up a single stake.
		let job = post();
		Purses::fill(11, 399);
		join(job, 11);
		// WHEN the second one joins.
		join(job, 12);
		// THEN it gets every slot.
		assert!((0..3).all(|s| slot(job, s).provider == 12));
		assert_eq!(Purses::left(11), 399);
	});
}

#[test]
fn a_job_that_cannot_start_stays_open() {
	build_and_execute(|| {
		// GIVEN two members that can put up two stakes of 500 together.
		let job = post();
		Purses::fill(11, 500);
		Purses::fill(12, 799);
		join(job, 11);
		join(job, 12);
		// THEN nothing is held, and the job waits.
		assert_eq!(record(job).state, JobState::Open);
		assert_eq!(Purses::held(), []);
		assert_eq!(
			events().last(),
			Some(&Event::ProviderJoined { job, provider: 12 })
		);
		// WHEN a third one joins, THEN it starts.
		join(job, 13);
		assert_eq!(record(job).state, JobState::Running);
		assert_eq!(Purses::held().len(), 3);
	});
}
