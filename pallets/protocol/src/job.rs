//! The states of a job and the events that lead from one to the next.
//!
//! ```text
//! Open ────▶ Running ────▶ Completed ──┐
//!  ├───────────┼─────────▶ Cancelled ──┤
//!  │           └─────────▶ Failed ─────┼──▶ Settled
//!  └─────────────────────▶ Expired ────┘
//! ```

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Why a job ended without all its rounds.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum FailReason {
	/// A slot found nobody left to work on it, or too few slots of a round were accepted.
	#[codec(index = 0)]
	TooFewProviders,
	/// Validators did not decide a task or close a round within all restarts.
	#[codec(index = 1)]
	ValidatorsAbsent,
	/// The submitter took the job back.
	#[codec(index = 2)]
	SubmitterCancelled,
	/// Training ends with a value out of the range of the profile, on every machine: the validators
	/// have found the same as the provider that claimed it. The plan is the submitter's.
	#[codec(index = 3)]
	BadPlan,
}

/// Where a job is.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum JobState {
	/// Waits for providers, until the end of the window.
	#[codec(index = 0)]
	Open,
	/// Runs a round.
	#[codec(index = 1)]
	Running,
	/// All rounds are closed.
	#[codec(index = 2)]
	Completed,
	/// The submitter took it back.
	#[codec(index = 3)]
	Cancelled,
	/// It could not go on. What was accepted is paid, the rest is refunded.
	#[codec(index = 4)]
	Failed(FailReason),
	/// Too few providers joined in time.
	#[codec(index = 5)]
	Expired,
	/// It ended, and every claim is drained: it can be pruned.
	#[codec(index = 6)]
	Settled,
}

/// What happens to a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobEvent {
	/// Enough providers joined.
	Started,
	/// The last round closed.
	Completed,
	/// The submitter takes it back.
	Cancelled,
	/// It cannot go on.
	Failed(FailReason),
	/// The window for joining ended with too few providers.
	Expired,
	/// The last claim was drained.
	Drained,
}

/// The event does not belong to the state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobEventRefused {
	/// The state that the job is in.
	pub state: JobState,
	/// The event that came.
	pub event: JobEvent,
}

impl JobState {
	/// The state after an event.
	///
	/// # Errors
	/// [`JobEventRefused`] if the event does not belong to the state; nothing changes then.
	pub fn apply(self, event: JobEvent) -> Result<Self, JobEventRefused> {
		match (self, event) {
			(Self::Open, JobEvent::Started) => Ok(Self::Running),
			(Self::Open, JobEvent::Expired) => Ok(Self::Expired),
			(Self::Open | Self::Running, JobEvent::Cancelled) => Ok(Self::Cancelled),
			(Self::Running, JobEvent::Completed) => Ok(Self::Completed),
			(Self::Running, JobEvent::Failed(reason)) => Ok(Self::Failed(reason)),
			(state, JobEvent::Drained) if state.has_ended() => Ok(Self::Settled),
			(state, event) => Err(JobEventRefused { state, event }),
		}
	}

	/// Whether the job ended and still owes claims.
	pub fn has_ended(self) -> bool {
		matches!(
			self,
			Self::Completed | Self::Cancelled | Self::Failed(_) | Self::Expired
		)
	}
}
