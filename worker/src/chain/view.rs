//! What the chain tells about jobs, rounds and tasks: the protocol's own views.

use assay_protocol::BlockNumber;
pub use assay_protocol::{
	FailReason, JobState, Ledger, Phase, RoundRecord, RoundView, SlotState, TaskKey, TaskReveal,
	Work,
};

use crate::account::Account;

/// A job as it stands.
pub type JobView = assay_protocol::JobView<Account>;

/// A task of the current round.
pub type TaskView = assay_protocol::TaskView<Account>;

/// An open dispute.
pub type DisputeView = assay_protocol::DisputeView<Account>;

/// Accepted work whose stake is held.
pub type AcceptedTask = assay_protocol::AcceptedTask<Account>;

/// An open conflict about the next checkpoint of a round.
pub type ConflictView = assay_protocol::ConflictView<Account>;

/// A block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Head {
	/// Its number.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: [u8; 32],
}

/// What a bond is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
	/// Trains.
	Provider,
	/// Authors blocks and judges tasks.
	Validator,
}

impl Role {
	/// The role in lower case.
	pub fn word(self) -> &'static str {
		match self {
			Self::Provider => "provider",
			Self::Validator => "validator",
		}
	}
}

/// How far a validator's verdict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerdictState {
	/// Nothing was sealed.
	Absent,
	/// Sealed and not revealed.
	Sealed,
	/// Revealed.
	Revealed,
}

/// Whether no further work can come.
pub fn is_final(state: JobState) -> bool {
	!matches!(state, JobState::Open | JobState::Running)
}

/// A job's state as one lower-case word.
pub fn state_word(state: JobState) -> &'static str {
	match state {
		JobState::Open => "open",
		JobState::Running => "running",
		JobState::Completed => "completed",
		JobState::Cancelled => "cancelled",
		JobState::Failed(_) => "failed",
		JobState::Expired => "expired",
		JobState::Settled => "settled",
	}
}

/// The names of one attempt at a task.
pub fn key_of(task: &TaskView) -> TaskKey {
	TaskKey {
		job: task.job,
		round: task.round,
		slot: task.slot,
		attempt: task.attempt,
	}
}
