//! What is said about work, and what follows: verdicts, outcomes and the reasons of unpaid tasks.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What a drawn validator says about a task.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Verdict {
	/// Recomputing gave the same roots; about a claim of failure: the same borders, and it ended at the
	/// same place.
	#[codec(index = 0)]
	Valid,
	/// Recomputing gave another trace; about a claim of failure: another one, or it did not end there.
	/// Opens a dispute.
	#[codec(index = 1)]
	Invalid,
	/// The work as it was revealed cannot be had: nothing could be fetched, or what is revealed
	/// beside the trace, the loss or the slot's state, is not the task's.
	#[codec(index = 2)]
	Unfetched,
}

/// How the verdicts about one attempt at a task were counted.
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
pub enum Outcome {
	/// A quorum of distinct validators said valid, and none said invalid.
	#[codec(index = 0)]
	Accepted,
	/// A validator said invalid, or somebody opened a dispute: the work, or the claim, is left out, and
	/// a dispute finds out who is right.
	#[codec(index = 1)]
	Disputed,
	/// A quorum, and two thirds of the seats, could not fetch the work.
	#[codec(index = 2)]
	Withheld,
	/// None of these: the slot is drawn again.
	#[codec(index = 3)]
	Undecided,
	/// A quorum of distinct validators said that training ends where the provider claims, and none
	/// said that it does not.
	#[codec(index = 4)]
	BadPlan,
}

/// Why an attempt at a task is not paid.
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
pub enum Unpaid {
	/// No seal came in time. A tenth of the price is burned from the task's stake.
	#[codec(index = 0)]
	MissedCommit,
	/// The seal was not opened in time. A tenth of the price is burned from the task's stake.
	#[codec(index = 1)]
	MissedReveal,
	/// Somebody found the work, or the claim of failure, wrong. The stake stays held until the dispute
	/// about it is over.
	#[codec(index = 2)]
	Disputed,
	/// The committee could not fetch the work. The stake is released.
	#[codec(index = 3)]
	Withheld,
	/// The validators never decided, and the job failed of it. The stake is released.
	#[codec(index = 4)]
	Undecided,
	/// The job ended before the task was judged. The stake is released.
	#[codec(index = 5)]
	JobEnded,
	/// Training ends where the provider claimed, and the job with it. The stake is released.
	#[codec(index = 8)]
	BadPlan,
}

impl Unpaid {
	/// Whether the provider loses a part of the task's stake at once.
	pub fn is_offence(self) -> bool {
		matches!(self, Self::MissedCommit | Self::MissedReveal)
	}
}
