//! The ways out: cancelled, expired, failed, and who gets what.

use assay_protocol::{FailReason, JobId, JobState, Phase, Terms, Unpaid, Verdict};
use frame_support::{assert_noop, assert_ok};

use crate::{
	mock::{play::*, *},
	Error, Event,
};

fn cancel(job: JobId, who: AccountId) -> sp_runtime::DispatchResult {
	Jobs::cancel_job(RuntimeOrigin::signed(who), job)
		.map(|_| ())
		.map_err(|error| error.error)
}

#[test]
fn an_open_job_is_cancelled_and_everything_comes_back() {
	build_and_execute(|| {
		// GIVEN an open job with one member.
		let job = post();
		join(job, 11);
		assert_noop!(cancel(JobId(9), OWNER), Error::<Test>::UnknownJob);
		assert_noop!(cancel(job, PASSER_BY), Error::<Test>::NotOwner);
		events();
		// WHEN its owner takes it back.
		assert_ok!(cancel(job, OWNER));
		// THEN the whole escrow is refunded and the job is settled at once.
		assert_eq!(balance(OWNER), ENDOWMENT - DEPOSIT);
		assert_eq!(record(job).state, JobState::Settled);
		assert_eq!(
			events(),
			[
				Event::JobCancelled { job },
				Event::Refunded {
					job,
					owner: OWNER,
					amount: ESCROW
				},
				Event::Claimed {
					job,
					beneficiary: OWNER,
					amount: ESCROW
				},
				Event::JobSettled { job },
			]
		);
		assert_noop!(cancel(job, OWNER), Error::<Test>::JobOver);
	});
}

#[test]
fn a_running_job_is_cancelled_and_accepted_work_stays_paid() {
	build_and_execute(|| {
		// GIVEN one accepted slot, one revealed and one that is judged.
		let job = started();
		work_until_assay(job);
		seal_all(job);
		judge(job, 0, Verdict::Valid);
		assert_ok!(unseal(job, 1, 21, Verdict::Valid));
		// WHEN the owner takes the job back.
		events();
		assert_ok!(cancel(job, OWNER));
		// THEN the stakes are free, and the two other tasks are unpaid for that reason.
		assert_eq!(Purses::held(), []);
		assert_eq!(Purses::burned(), 0);
		let unpaid = events()
			.into_iter()
			.filter(|event| {
				matches!(
					event,
					Event::TaskUnpaid {
						reason: Unpaid::JobEnded,
						attempt: 0,
						..
					}
				)
			})
			.count();
		assert_eq!(unpaid, 2);
		// AND 4 payouts of 1,000 are gone from the escrow: a task and its three verdicts.
		assert_eq!(ledger(job).refunded, ESCROW - 4_000);
		assert_eq!(record(job).state, JobState::Cancelled);
		assert_noop!(
			Jobs::advance(RuntimeOrigin::signed(PASSER_BY), job),
			Error::<Test>::JobOver
		);
	});
}

#[test]
fn disputed_work_keeps_its_stake_when_the_job_is_cancelled() {
	build_and_execute(|| {
		// GIVEN slots of which one was disputed and waits for the next pass, one is disputed by an
		// opened verdict and one from outside, while both are still judged
		let job = started_with(Terms {
			tasks: 4,
			..terms()
		});
		let providers: Vec<_> = (0..4).map(|index| slot(job, index).provider).collect();
		work_until_assay(job);
		assert_ok!(dispute(job, 2));
		seal_all(job);
		judge(job, 0, Verdict::Invalid);
		assert_ok!(unseal(job, 1, 21, Verdict::Invalid));
		events();
		// WHEN the owner takes the job back
		assert_ok!(cancel(job, OWNER));
		// THEN the stakes of these three stay held for their disputes, and the fourth is free
		let told: Vec<_> = events()
			.into_iter()
			.filter_map(|event| match event {
				Event::TaskUnpaid { slot, reason, .. } => Some((slot, reason)),
				_ => None,
			})
			.collect();
		let (disputed_work, ended) = (Unpaid::Disputed, Unpaid::JobEnded);
		assert_eq!(told, [(1, disputed_work), (2, disputed_work), (3, ended)]);
		let expected: Vec<_> = (0..3)
			.map(|slot| (key(job, slot, 0), providers[slot as usize], 500))
			.collect();
		assert_eq!(disputed(), expected);
		assert_eq!(Purses::held().len(), 3);
		// AND all of the escrow is back: nobody was paid
		assert_eq!(ledger(job).unclaimed, 0);
		assert_eq!(
			(Purses::burned(), record(job).state),
			(0, JobState::Settled)
		);
	});
}

#[test]
fn disputed_work_keeps_its_stake_when_the_job_fails() {
	build_and_execute(|| {
		// GIVEN disputed work about which no committee ever seals a verdict
		let job = started();
		work_until_assay(job);
		assert_ok!(dispute(job, 0));
		// WHEN no validator answers until the job fails
		for _ in 0..3 {
			go_past_deadline(job);
			advance(job);
			assert_ok!(draw(job));
		}
		events();
		go_past_deadline(job);
		advance(job);
		// THEN the disputed attempt ends as disputed, with its stake, and the others as undecided
		let reasons: Vec<_> = events()
			.into_iter()
			.filter_map(|event| match event {
				Event::TaskUnpaid { slot, reason, .. } => Some((slot, reason)),
				_ => None,
			})
			.collect();
		let undecided = Unpaid::Undecided;
		assert_eq!(
			reasons,
			[(0, Unpaid::Disputed), (1, undecided), (2, undecided)]
		);
		assert_eq!(Purses::held(), disputed());
		assert_eq!(disputed().len(), 1);
	});
}

#[test]
fn a_job_that_nobody_joins_expires() {
	build_and_execute(|| {
		// GIVEN a job with one of two members.
		let job = post();
		join(job, 11);
		// WHEN its window of 20 from block 1 is over.
		go_to(21);
		assert_noop!(
			Jobs::advance(RuntimeOrigin::signed(PASSER_BY), job),
			Error::<Test>::DeadlineAhead
		);
		go_to(22);
		advance(job);
		// THEN the escrow is refunded.
		assert!(events().contains(&Event::JobExpired { job }));
		assert_eq!(balance(OWNER), ENDOWMENT - DEPOSIT);
		assert_eq!(record(job).state, JobState::Settled);
	});
}

#[test]
fn an_overdue_job_starts_if_its_members_can_by_then() {
	build_and_execute(|| {
		// GIVEN a job that could not start, because its members had no money.
		let job = post();
		Purses::fill(11, 0);
		Purses::fill(12, 0);
		join(job, 11);
		join(job, 12);
		// WHEN one of them has some at the deadline.
		Purses::fill(12, 1_500);
		go_past_deadline(job);
		advance(job);
		// THEN the job starts.
		assert_eq!(record(job).state, JobState::Running);
		assert_eq!(Purses::left(12), 0);
	});
}

#[test]
fn a_slot_that_finds_nobody_fails_the_job() {
	build_and_execute(|| {
		// GIVEN a job with one member, which does not commit.
		let job = post_with(Terms {
			providers: 1,
			..terms()
		});
		join(job, 11);
		assert_ok!(commit(job, 0));
		go_past_deadline(job);
		advance(job);
		// WHEN its one committed slot is accepted and the others need somebody else.
		assert_ok!(reveal(job, 0));
		assert_ok!(draw(job));
		seal_all(job);
		events();
		judge(job, 0, Verdict::Valid);
		// THEN the job fails, the accepted task is paid, and the rest is refunded.
		let reason = FailReason::TooFewProviders;
		assert_eq!(record(job).state, JobState::Failed(reason));
		assert!(events().contains(&Event::JobFailed { job, reason }));
		assert_eq!(Purses::held(), []);
		assert_eq!(ledger(job).paid_compute, 980);
		assert_eq!(ledger(job).refunded, ESCROW - 4_000);
		assert_eq!(Jobs::task_views(job), []);
	});
}

#[test]
fn a_round_that_cannot_start_fails_the_job_and_frees_what_was_held() {
	build_and_execute(|| {
		// GIVEN a first round that closed, and members with money for two of three slots.
		let job = started();
		work_until_close(job);
		Purses::fill(11, 500);
		Purses::fill(12, 500);
		// WHEN the second round is to start.
		assert_ok!(close(job));
		// THEN the job fails with its first round, and both stakes are free.
		assert_eq!(
			record(job).state,
			JobState::Failed(FailReason::TooFewProviders)
		);
		assert_eq!(record(job).round, 1);
		assert_eq!((Purses::left(11), Purses::left(12)), (500, 500));
		assert_eq!(ledger(job).refunded, ESCROW - 12_000);
	});
}

#[test]
fn too_few_accepted_slots_fail_the_job() {
	build_and_execute(|| {
		// GIVEN three slots and three members; two slots are accepted, one is never committed.
		let job = started();
		join(job, 13);
		assert_ok!(commit(job, 0));
		assert_ok!(commit(job, 1));
		go_past_deadline(job);
		advance(job);
		assert_ok!(reveal(job, 0));
		assert_ok!(reveal(job, 1));
		assert_ok!(draw(job));
		seal_all(job);
		judge(job, 0, Verdict::Valid);
		judge(job, 1, Verdict::Valid);
		for _ in 0..2 {
			go_past_deadline(job);
			advance(job);
		}
		// THEN two thirds are less than the 70 % that a round needs.
		assert_eq!(
			record(job).state,
			JobState::Failed(FailReason::TooFewProviders)
		);
		assert_eq!(Purses::burned(), 300);
	});
}

#[test]
fn validators_that_never_decide_fail_the_job() {
	build_and_execute(|| {
		// GIVEN revealed work.
		let job = started();
		work_until_assay(job);
		// WHEN one validator seals and none opens, three redraws long.
		for redraw in 1..=3 {
			assert_ok!(seal(job, 0, 21));
			go_past_deadline(job);
			advance(job);
			assert_eq!(round(job).phase, Phase::Unseal);
			go_past_deadline(job);
			advance(job);
			assert_eq!(
				(round(job).phase, round(job).redraws),
				(Phase::Draw, redraw)
			);
			assert_ok!(draw(job));
		}
		events();
		go_past_deadline(job);
		advance(job);
		// THEN the job fails, every stake is free, and nothing was paid.
		assert!(events().iter().any(|event| matches!(
			event,
			Event::TaskUnpaid {
				slot: 0,
				reason: Unpaid::Undecided,
				..
			}
		)));
		assert_eq!(record(job).state, JobState::Settled);
		assert_eq!(ledger(job).refunded, ESCROW);
		assert_eq!(Purses::held(), []);
		assert_eq!(Purses::burned(), 0);
	});
}

#[test]
fn a_beacon_that_stays_silent_fails_the_job() {
	build_and_execute(|| {
		// GIVEN revealed work that waits for the draw.
		let job = started();
		commit_all(job);
		reveal_all(job);
		// WHEN nobody can read the beacon, four windows long.
		for _ in 0..4 {
			assert_eq!(round(job).phase, Phase::Draw);
			go_past_deadline(job);
			advance(job);
		}
		// THEN the job fails without a penalty for anybody.
		assert!(events().contains(&Event::JobFailed {
			job,
			reason: FailReason::ValidatorsAbsent
		}));
		assert_eq!(Purses::burned(), 0);
	});
}

#[test]
fn a_round_that_nobody_closes_fails_the_job_after_three_restarts() {
	build_and_execute(|| {
		// GIVEN a round in CLOSE.
		let job = started();
		work_until_close(job);
		// WHEN no quorum of claims comes, restart after restart.
		for restarts in 1..=3 {
			go_past_deadline(job);
			advance(job);
			assert_eq!(
				(round(job).phase, round(job).restarts),
				(Phase::Close, restarts)
			);
		}
		go_past_deadline(job);
		advance(job);
		// THEN accepted work stays paid, and the rest is refunded.
		assert_eq!(
			record(job).state,
			JobState::Failed(FailReason::ValidatorsAbsent)
		);
		assert_eq!(ledger(job).refunded, ESCROW - 12_000);
	});
}
