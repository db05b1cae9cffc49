//! P15: the states of a job.

use assay_protocol::{FailReason, JobEvent, JobEventRefused, JobState};

const FAILED: JobState = JobState::Failed(FailReason::TooFewProviders);
const STATES: [JobState; 7] = [
	JobState::Open,
	JobState::Running,
	JobState::Completed,
	JobState::Cancelled,
	FAILED,
	JobState::Expired,
	JobState::Settled,
];
const EVENTS: [JobEvent; 6] = [
	JobEvent::Started,
	JobEvent::Completed,
	JobEvent::Cancelled,
	JobEvent::Failed(FailReason::TooFewProviders),
	JobEvent::Expired,
	JobEvent::Drained,
];

#[test]
fn p15_only_these_events_lead_from_one_state_to_the_next() {
	let allowed = [
		(JobState::Open, JobEvent::Started, JobState::Running),
		(JobState::Open, JobEvent::Cancelled, JobState::Cancelled),
		(JobState::Open, JobEvent::Expired, JobState::Expired),
		(JobState::Running, JobEvent::Completed, JobState::Completed),
		(JobState::Running, JobEvent::Cancelled, JobState::Cancelled),
		(
			JobState::Running,
			JobEvent::Failed(FailReason::TooFewProviders),
			FAILED,
		),
		(JobState::Completed, JobEvent::Drained, JobState::Settled),
		(JobState::Cancelled, JobEvent::Drained, JobState::Settled),
		(FAILED, JobEvent::Drained, JobState::Settled),
		(JobState::Expired, JobEvent::Drained, JobState::Settled),
	];
	for state in STATES {
		for event in EVENTS {
			let expected = allowed
				.iter()
				.find(|(from, by, _)| *from == state && *by == event)
				.map(|(_, _, to)| *to)
				.ok_or(JobEventRefused { state, event });
			assert_eq!(state.apply(event), expected);
		}
	}
}

#[test]
fn a_settled_job_stays_settled() {
	for event in EVENTS {
		assert!(JobState::Settled.apply(event).is_err());
	}
	assert!(!JobState::Settled.has_ended());
}
