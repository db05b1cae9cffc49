//! What happened on the chain, as far as a submitter wants to see it.

use assay_numerics::Loss;
use assay_protocol::{
	Attempt, Balance, FailReason, FailureReveal, JobId, JobState, Phase, Round, Slot, TaskReveal,
	Unpaid, Verdict,
};

use super::Detail;
use crate::account::Account;

/// One event of a job. Others are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
	missing_docs,
	reason = "the fields are the events' own, described by the pallets"
)]
pub enum Event {
	/// A job was posted.
	JobPosted {
		job: JobId,
		owner: Account,
		escrow: Balance,
		plan_id: [u8; 32],
	},
	/// A provider joined.
	ProviderJoined { job: JobId, provider: Account },
	/// A round began.
	RoundStarted {
		job: JobId,
		round: Round,
		parent: [u8; 32],
	},
	/// A phase began.
	PhaseEntered {
		job: JobId,
		round: Round,
		phase: Phase,
	},
	/// A provider got a task.
	TaskAssigned {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		provider: Account,
	},
	/// A provider sealed its work.
	TaskCommitted {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		provider: Account,
		seal: [u8; 32],
	},
	/// A provider opened its seal.
	TaskRevealed {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		provider: Account,
		reveal: TaskReveal,
	},
	/// A provider opened its seal to a claim that training ends.
	FailureRevealed {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		provider: Account,
		failure: FailureReveal,
	},
	/// A validator's verdict is public.
	VerdictRevealed {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		draw: u32,
		validator: Account,
		verdict: Verdict,
		uptime_ppm: u32,
	},
	/// A task was accepted and its pay credited.
	TaskAccepted {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		provider: Account,
		pay: Balance,
		charged: Balance,
		rate_ppm: u32,
	},
	/// A task was not paid.
	TaskUnpaid {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		provider: Account,
		reason: Unpaid,
	},
	/// A stash was credited for a verdict.
	VerdictPaid {
		job: JobId,
		round: Round,
		slot: Slot,
		validator: Account,
		pay: Balance,
	},
	/// A stake was burned.
	Slashed {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		offender: Account,
		amount: Balance,
	},
	/// A dispute about an attempt was opened.
	DisputeOpened {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		provider: Account,
		challenger: Account,
	},
	/// A challenger has lost its pledge.
	PledgeLost {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		challenger: Account,
		amount: Balance,
	},
	/// A dispute is over.
	DisputeEnded {
		job: JobId,
		round: Round,
		slot: Slot,
		attempt: Attempt,
		provider: Account,
		/// Whether the work is wrong, or its provider fell silent.
		convicted: bool,
	},
	/// A round closed with its next checkpoint.
	RoundClosed {
		job: JobId,
		round: Round,
		checkpoint: [u8; 32],
		loss: Loss,
	},
	/// A credit was paid out.
	Claimed {
		job: JobId,
		beneficiary: Account,
		amount: Balance,
	},
	/// The rest went back.
	Refunded {
		job: JobId,
		owner: Account,
		amount: Balance,
	},
	/// The job ended, in this state.
	JobEnded { job: JobId, state: JobState },
	/// A step that only an account of the whole job is interested in.
	Detail(Detail),
}

impl Event {
	/// The job it is about.
	pub fn job(&self) -> JobId {
		match self {
			Self::JobPosted { job, .. }
			| Self::ProviderJoined { job, .. }
			| Self::RoundStarted { job, .. }
			| Self::PhaseEntered { job, .. }
			| Self::TaskAssigned { job, .. }
			| Self::TaskCommitted { job, .. }
			| Self::TaskRevealed { job, .. }
			| Self::FailureRevealed { job, .. }
			| Self::VerdictRevealed { job, .. }
			| Self::TaskAccepted { job, .. }
			| Self::TaskUnpaid { job, .. }
			| Self::VerdictPaid { job, .. }
			| Self::Slashed { job, .. }
			| Self::DisputeOpened { job, .. }
			| Self::DisputeEnded { job, .. }
			| Self::PledgeLost { job, .. }
			| Self::RoundClosed { job, .. }
			| Self::Claimed { job, .. }
			| Self::Refunded { job, .. }
			| Self::JobEnded { job, .. } => *job,
			Self::Detail(detail) => detail.job(),
		}
	}
}

/// A phase in capitals, as the protocol's text names it.
pub fn phase_word(phase: Phase) -> &'static str {
	match phase {
		Phase::Train => "TRAIN",
		Phase::Reveal => "REVEAL",
		Phase::Draw => "DRAW",
		Phase::Assay => "ASSAY",
		Phase::Unseal => "UNSEAL",
		Phase::Close => "CLOSE",
		Phase::Ended => "ENDED",
	}
}

/// Why a task is unpaid, for people.
pub fn unpaid_word(reason: Unpaid) -> &'static str {
	match reason {
		Unpaid::MissedCommit => "missed the commit",
		Unpaid::MissedReveal => "missed the reveal",
		Unpaid::Disputed => "disputed: somebody found the work, or the claim, wrong",
		Unpaid::Withheld => "withheld its work",
		Unpaid::Undecided => "never decided by the validators",
		Unpaid::JobEnded => "not judged before the job ended",
		Unpaid::BadPlan => "training ends out of range: the plan is bad",
	}
}

/// Why a job failed, for people.
pub fn fail_word(reason: FailReason) -> &'static str {
	match reason {
		FailReason::TooFewProviders => "too few providers",
		FailReason::ValidatorsAbsent => "validators absent",
		FailReason::SubmitterCancelled => "cancelled by its submitter",
		FailReason::BadPlan => "bad plan: its training ends out of range",
	}
}
