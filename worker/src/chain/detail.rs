//! What happened within the phases: too much for whoever follows a job, needed to account for it.

use assay_numerics::Loss;
use assay_protocol::{Attempt, Balance, JobId, Round, Slot, TaskKey};

use crate::account::Account;

/// One step of a job that moves no money by itself, or only in a rare case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
	missing_docs,
	reason = "the fields are the events' own, described by the pallets"
)]
pub enum Detail {
	/// A provider left.
	ProviderLeft { job: JobId, provider: Account },
	/// Enough providers have joined.
	JobStarted { job: JobId },
	/// A task's stake is held.
	TaskHeld {
		task: TaskKey,
		stash: Account,
		amount: Balance,
	},
	/// What is left of a task's stake is its owner's again.
	TaskReleased {
		task: TaskKey,
		stash: Account,
		amount: Balance,
	},
	/// The beacon was read.
	Drawn {
		job: JobId,
		round: Round,
		draw: u32,
		seed: [u8; 32],
	},
	/// The committee of an attempt is known.
	PanelFormed {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		draw: u32,
		validators: Vec<Account>,
	},
	/// A validator sealed its verdict.
	VerdictSealed {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		draw: u32,
		validator: Account,
	},
	/// A validator did not answer a draw.
	ValidatorAbsent {
		job: JobId,
		round: Round,
		slot: Slot,
		draw: u32,
		validator: Account,
	},
	/// The verdicts of a draw did not decide.
	TaskUndecided {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
	},
	/// The round goes on without a slot.
	SlotDropped {
		job: JobId,
		round: Round,
		slot: Slot,
	},
	/// A validator claimed the next checkpoint.
	AggregateClaimed {
		job: JobId,
		round: Round,
		validator: Account,
		checkpoint: [u8; 32],
		loss: Loss,
	},
	/// A credit could not be paid out yet.
	ClaimDeferred {
		job: JobId,
		beneficiary: Account,
		amount: Balance,
	},
	/// The job owes nothing any more.
	JobSettled { job: JobId },
	/// Credits that nobody claimed were burned.
	CreditsExpired { job: JobId, amount: Balance },
	/// The job was removed.
	JobPruned { job: JobId },
	/// A stake that should be there was not.
	StakeMissing {
		job: JobId,
		slot: Slot,
		attempt: Attempt,
	},
	/// Accepted work can be disputed up to a block.
	WindowOpened { task: TaskKey, until: u32 },
	/// Accepted work cannot be disputed any more.
	WindowClosed { task: TaskKey },
	/// A member got no task: it cannot put up the stake of one.
	PassedOver {
		job: JobId,
		round: Round,
		provider: Account,
	},
	/// Nobody can move the job. A defect.
	JobStuck { job: JobId },
}

impl Detail {
	/// The job it is about.
	pub fn job(&self) -> JobId {
		match self {
			Self::TaskHeld { task, .. }
			| Self::TaskReleased { task, .. }
			| Self::WindowOpened { task, .. }
			| Self::WindowClosed { task } => task.job,
			Self::ProviderLeft { job, .. }
			| Self::JobStarted { job }
			| Self::Drawn { job, .. }
			| Self::PanelFormed { job, .. }
			| Self::VerdictSealed { job, .. }
			| Self::ValidatorAbsent { job, .. }
			| Self::TaskUndecided { job, .. }
			| Self::SlotDropped { job, .. }
			| Self::AggregateClaimed { job, .. }
			| Self::ClaimDeferred { job, .. }
			| Self::JobSettled { job }
			| Self::CreditsExpired { job, .. }
			| Self::JobPruned { job }
			| Self::StakeMissing { job, .. }
			| Self::PassedOver { job, .. }
			| Self::JobStuck { job } => *job,
		}
	}
}
