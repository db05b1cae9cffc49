//! What is shown to clients.

use assay_protocol::{JobId, JobState, Phase, Refusal, SlotState};
use assay_traits::Rounds as _;
use frame_support::assert_ok;

use crate::mock::{play::*, *};

#[test]
fn a_job_is_shown_with_its_plan_terms_and_books() {
	build_and_execute(|| {
		assert_eq!(Jobs::job_view(JobId(0)), None);
		let job = post();
		join(job, 11);
		let view = Jobs::job_view(job).unwrap();
		assert_eq!(
			(view.owner, view.state, view.members),
			(OWNER, JobState::Open, 1)
		);
		assert_eq!((view.posted, view.join_deadline), (1, 21));
		assert_eq!((view.plan, view.terms), (plan(), terms()));
		assert_eq!(view.ledger, Jobs::ledger_of(job));
		assert_eq!(view.checkpoint.root, [2; 32]);
		assert_eq!(crate::NextJob::<Test>::get(), JobId(1));
	});
}

#[test]
fn only_open_and_running_jobs_are_live() {
	build_and_execute(|| {
		let (first, second, third) = (post(), started(), post());
		assert_ok!(Jobs::cancel_job(RuntimeOrigin::signed(OWNER), first));
		assert_eq!(Jobs::live_jobs(), [third, second]);
	});
}

#[test]
fn tasks_are_shown_in_the_order_of_their_slots() {
	build_and_execute(|| {
		assert_eq!(Jobs::task_views(JobId(0)), []);
		let job = started();
		assert_ok!(commit(job, 1));
		let tasks = Jobs::task_views(job);
		assert_eq!(
			tasks.iter().map(|task| task.slot).collect::<Vec<_>>(),
			[0, 1, 2]
		);
		assert_eq!(tasks[1].state, SlotState::Committed);
		assert_eq!(tasks[0], Jobs::task(job, 0).unwrap());
		let task = &tasks[0];
		assert_eq!(
			(task.phase, task.since, task.deadline),
			(Phase::Train, 1, 11)
		);
		assert_eq!((task.committee, task.quorum, task.parent), (3, 2, [2; 32]));
	});
}

#[test]
fn committees_are_shown_while_they_work() {
	build_and_execute(|| {
		// GIVEN a round before its draw: there is no committee.
		let job = started();
		assert_eq!(Jobs::committee_of(job, 0), []);
		assert_eq!(Jobs::closers_of(job), []);
		// WHEN it is drawn, THEN each slot has three distinct validators.
		work_until_assay(job);
		let mut committee = Jobs::committee_of(job, 0);
		committee.sort();
		committee.dedup();
		assert_eq!(committee.len(), 3);
		assert!(committee
			.iter()
			.all(|validator| VALIDATORS.contains(validator)));
		// AND in CLOSE there are three to close it, and none for the slots.
		seal_all(job);
		(0..3).for_each(|slot| judge(job, slot, assay_protocol::Verdict::Valid));
		assert_eq!(Jobs::closers_of(job).len(), 3);
		assert_eq!(Jobs::committee_of(job, 0), []);
		assert_eq!(Jobs::round(job).unwrap().state, round(job));
	});
}

#[test]
fn a_task_shows_the_segment_that_its_draw_names_while_it_is_judged() {
	build_and_execute(|| {
		// GIVEN a job whose tasks have one segment
		let job = started();
		let segments = || -> Vec<_> {
			let tasks = Jobs::task_views(job).into_iter();
			tasks.map(|task| (task.segments, task.segment)).collect()
		};
		// THEN none is named before the draw
		assert_eq!(segments(), [(1, None); 3]);
		// WHEN it is drawn THEN the only one is, and other pallets are told the same
		work_until_assay(job);
		assert_eq!(segments(), [(1, Some(0)); 3]);
		assert_eq!(Jobs::task(job, 1).unwrap().segment, Some(0));
		// AND none once the slots are decided
		seal_all(job);
		(0..3).for_each(|slot| judge(job, slot, assay_protocol::Verdict::Valid));
		assert_eq!(segments(), [(1, None); 3]);
	});
}

#[test]
fn a_task_of_several_segments_shows_one_of_them() {
	build_and_execute(|| {
		// GIVEN a job whose tasks have four segments, and a draw
		let plan = assay_protocol::Plan {
			stride: 1,
			..plan()
		};
		let job = crate::NextJob::<Test>::get();
		let owner = RuntimeOrigin::signed(OWNER);
		assert_ok!(Jobs::post_job(owner, plan, terms_of_segments(4)));
		join(job, PROVIDERS[0]);
		join(job, PROVIDERS[1]);
		work_until_assay(job);
		let seed = round(job).draw.unwrap().seed;
		// WHEN its tasks are looked at THEN each shows the segment that follows from the seed
		for task in Jobs::task_views(job) {
			let drawn = assay_protocol::sampling::segment(&seed, task.slot, task.attempt, 4);
			assert_eq!((task.segments, task.segment), (4, Some(drawn)));
		}
	});
}

#[test]
fn a_check_tells_the_price_or_the_value_that_is_refused() {
	build_and_execute(|| {
		let facts = Jobs::check(&plan(), &terms()).unwrap();
		assert_eq!((facts.round_budget, facts.escrow), (15_000, ESCROW));
		let mut terms = terms();
		terms.tasks = 65;
		let refusal = Jobs::check(&plan(), &terms).unwrap_err();
		assert_eq!(
			refusal,
			Refusal::TasksOutOfRange {
				tasks: 65,
				most: 64
			}
		);
	});
}
