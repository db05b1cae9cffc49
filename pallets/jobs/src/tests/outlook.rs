//! A round that is to be closed: claims that nobody contradicts, and conflicts.

use assay_protocol::{round::NO_DEADLINE, JobState, Outlook, Phase, RoundFact};
use assay_traits::Rounds as _;
use frame_support::{assert_noop, assert_ok};

use crate::{
	mock::{play::*, *},
	Due, Error, Event, RoundRecords,
};

const AGREED: Outlook = Outlook::Agreed {
	checkpoint: CHECKPOINT,
	loss: LOSS,
};

fn stands(job: assay_protocol::JobId, outlook: Outlook) {
	assert_ok!(Jobs::note(job, RoundFact::Stands { outlook }));
}

#[test]
fn what_is_agreed_closes_the_round_at_its_deadline() {
	build_and_execute(|| {
		// GIVEN a round in CLOSE whose claims are equal, and not all there
		let job = started();
		work_until_close(job);
		stands(job, AGREED);
		let deadline = round(job).deadline;
		go_to(deadline);
		assert_noop!(
			Jobs::advance(RuntimeOrigin::signed(PASSER_BY), job),
			Error::<Test>::DeadlineAhead
		);
		// WHEN the window is over
		go_to(deadline + 1);
		idle();
		// THEN the next round starts from the agreed checkpoint
		let closed = RoundRecords::<Test>::get(job, 0).unwrap();
		assert_eq!((closed.checkpoint, closed.loss), (CHECKPOINT, LOSS));
		assert_eq!((closed.closed, record(job).round), (deadline + 1, 1));
		assert_eq!(record(job).checkpoint.root, CHECKPOINT);
		System::assert_has_event(
			Event::RoundClosed {
				job,
				round: 0,
				checkpoint: CHECKPOINT,
				loss: LOSS,
			}
			.into(),
		);
	});
}

#[test]
fn a_conflict_stops_the_deadline_and_not_the_job() {
	build_and_execute(|| {
		// GIVEN a round in CLOSE whose claims contradict each other
		let job = started();
		work_until_close(job);
		let deadline = round(job).deadline;
		stands(job, Outlook::Contested);
		// WHEN long after the window somebody wants to go on
		go_to(deadline + 500);
		idle();
		assert_noop!(
			Jobs::advance(RuntimeOrigin::signed(PASSER_BY), job),
			Error::<Test>::DeadlineAhead
		);
		// THEN the round still waits, with a place in the queue
		assert_eq!((round(job).phase, round(job).restarts), (Phase::Close, 0));
		assert!(Due::<Test>::contains_key(NO_DEADLINE + 1, job));
		// AND when the conflict is over it goes on with the next block
		stands(job, Outlook::Awaited);
		go_to(deadline + 501);
		idle();
		assert_eq!((round(job).phase, round(job).restarts), (Phase::Close, 1));
	});
}

#[test]
fn a_job_whose_round_is_contested_can_be_cancelled() {
	build_and_execute(|| {
		let job = started();
		work_until_close(job);
		stands(job, Outlook::Contested);
		assert_ok!(Jobs::cancel_job(
			RuntimeOrigin::signed(record(job).owner),
			job
		));
		assert_ne!(record(job).state, JobState::Running);
		let late = Jobs::note(job, RoundFact::Stands { outlook: AGREED });
		assert_eq!(late, Err(Error::<Test>::JobNotRunning.into()));
	});
}
