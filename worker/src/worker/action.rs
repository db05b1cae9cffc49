//! The calls a worker sends, each with what is remembered about it.

use std::fmt;

use assay_protocol::{JobId, Round, TaskKey};

use crate::{
	chain::Call,
	failpoint::Failpoint,
	spool::{Mark, VerdictKey},
};

/// What a call is for. Two calls of the same action are never wanted at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
	/// Join a job.
	Join(JobId),
	/// Seal a task.
	Commit(TaskKey),
	/// Open a task's seal.
	Reveal(TaskKey),
	/// Seal a verdict.
	Seal(VerdictKey),
	/// Open a verdict's seal.
	Unseal(VerdictKey),
	/// Claim a checkpoint; again after each restart of the window.
	Claim {
		/// The job.
		job: JobId,
		/// The round.
		round: Round,
	},
	/// Move a job past a deadline.
	Advance {
		/// The job.
		job: JobId,
		/// The block in which the phase began.
		since: u32,
	},
	/// Read the beacon.
	Draw {
		/// The job.
		job: JobId,
		/// The block in which the phase began.
		since: u32,
	},
	/// Have a payout.
	PayOut(JobId),
	/// Make a move in a dispute, or end a turn that took too long.
	Dispute {
		/// The attempt.
		task: TaskKey,
		/// Moves before it.
		number: u32,
	},
	/// Make a move in a conflict about a checkpoint, or end a turn that took too long.
	Conflict {
		/// The job.
		job: JobId,
		/// The round.
		round: Round,
		/// Moves before it.
		number: u32,
	},
}

/// A call to send.
#[derive(Debug, Clone)]
pub struct Planned {
	/// What for.
	pub action: Action,
	/// The call.
	pub call: Call,
}

impl Action {
	/// What the spool remembers when the call was seen in a block.
	pub fn mark(self) -> Option<Mark> {
		match self {
			Self::Commit(task) => Some(Mark::Committed(task)),
			Self::Reveal(task) => Some(Mark::Revealed(task)),
			Self::Seal(verdict) => Some(Mark::Sealed(verdict)),
			Self::Unseal(verdict) => Some(Mark::Unsealed(verdict)),
			Self::Claim { job, round } => Some(Mark::Claimed { job, round }),
			Self::Join(_)
			| Self::Advance { .. }
			| Self::Draw { .. }
			| Self::PayOut(_)
			| Self::Dispute { .. }
			| Self::Conflict { .. } => None,
		}
	}

	/// Where a test kills the worker between sending and marking.
	pub(super) fn sent_failpoint(self) -> Failpoint {
		match self {
			Self::Join(_) => Failpoint::Joined,
			Self::Commit(_) => Failpoint::TaskCommitted,
			Self::Reveal(_) => Failpoint::TaskRevealed,
			Self::Seal(_) => Failpoint::VerdictSealed,
			Self::Unseal(_) => Failpoint::VerdictRevealed,
			Self::Claim { .. } => Failpoint::AggregateClaimed,
			Self::Advance { .. } => Failpoint::Advanced,
			Self::Draw { .. } => Failpoint::Drew,
			Self::PayOut(_) => Failpoint::PaidOut,
			Self::Dispute { .. } | Self::Conflict { .. } => Failpoint::DisputeMoved,
		}
	}

	/// Where a test kills the worker after marking.
	pub(super) fn marked_failpoint(self) -> Option<Failpoint> {
		match self {
			Self::Commit(_) => Some(Failpoint::TaskCommitMarked),
			Self::Reveal(_) => Some(Failpoint::TaskRevealMarked),
			Self::Seal(_) => Some(Failpoint::VerdictSealMarked),
			Self::Unseal(_) => Some(Failpoint::VerdictRevealMarked),
			Self::Claim { .. } => Some(Failpoint::AggregateMarked),
			Self::Join(_)
			| Self::Advance { .. }
			| Self::Draw { .. }
			| Self::PayOut(_)
			| Self::Dispute { .. }
			| Self::Conflict { .. } => None,
		}
	}
}

impl fmt::Display for Action {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let task = |t: &TaskKey| {
			format!(
				"job {} round {} slot {} attempt {}",
				t.job.0, t.round, t.slot, t.attempt
			)
		};
		match self {
			Self::Join(job) => write!(f, "join job {}", job.0),
			Self::Commit(key) => write!(f, "commit {}", task(key)),
			Self::Reveal(key) => write!(f, "reveal {}", task(key)),
			Self::Seal(key) => write!(f, "seal verdict on {}", task(&key.task)),
			Self::Unseal(key) => write!(f, "reveal verdict on {}", task(&key.task)),
			Self::Claim { job, round } => {
				write!(f, "claim checkpoint of job {} round {round}", job.0)
			}
			Self::Draw { job, .. } => write!(f, "draw validators of job {}", job.0),
			Self::Advance { job, .. } => write!(f, "advance job {}", job.0),
			Self::PayOut(job) => write!(f, "payout of job {}", job.0),
			Self::Dispute { task: key, number } => {
				write!(f, "move {number} of the dispute about {}", task(key))
			}
			Self::Conflict { job, round, number } => write!(
				f,
				"move {number} of the conflict about the checkpoint of job {} round {round}",
				job.0
			),
		}
	}
}
