//! What the worker asks the chain to do.

use assay_numerics::Loss;
use assay_protocol::{
	dispute::{Addends, Answer, Ask, Layer, OpenedParam, Proof},
	Balance, FailureReveal, JobId, Plan, Round, Slot, TaskKey, Terms, Trace, Verdict,
};

use super::{Head, Role, TaskReveal};
use crate::account::Account;

/// One call of the runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
	missing_docs,
	reason = "the fields are the calls' own, described by the pallets"
)]
pub enum Call {
	/// Posts a job and moves its escrow.
	PostJob { plan: Box<Plan>, terms: Box<Terms> },
	/// Joins an open job.
	JoinJob { job: JobId, min_price: Balance },
	/// Ends a job of one's own.
	CancelJob { job: JobId },
	/// Moves a job whose deadline has passed.
	Advance { job: JobId },
	/// Pays out what the beneficiaries have earned.
	Claim {
		job: JobId,
		beneficiaries: Vec<Account>,
	},
	/// Seals trained work.
	CommitTask {
		job: JobId,
		slot: Slot,
		seal: [u8; 32],
	},
	/// Opens the seal of trained work.
	RevealTask {
		job: JobId,
		slot: Slot,
		reveal: TaskReveal,
	},
	/// Opens the seal of a claim that training ends.
	RevealFailure {
		job: JobId,
		slot: Slot,
		failure: FailureReveal,
	},
	/// Reads the beacon.
	Draw { job: JobId },
	/// Seals a verdict.
	SealVerdict {
		job: JobId,
		slot: Slot,
		seal: [u8; 32],
	},
	/// Opens the seal of a verdict.
	RevealVerdict {
		job: JobId,
		slot: Slot,
		verdict: Verdict,
		salt: [u8; 32],
	},
	/// Claims what the round's next checkpoint is.
	ClaimAggregate {
		job: JobId,
		round: Round,
		checkpoint: [u8; 32],
		loss: Loss,
	},
	/// Goes one level down in a dispute.
	AskDispute { task: TaskKey, ask: Ask },
	/// Shows what a challenger asks for.
	AnswerDispute { task: TaskKey, answer: Answer },
	/// Has the chain judge the place that a dispute has reached.
	ProveDispute { task: TaskKey, proof: Proof },
	/// Ends a turn that took too long.
	EndDispute { task: TaskKey },
	/// Disputes accepted work, of which this was revealed.
	DisputeAccepted { task: TaskKey, trace: Trace },
	/// Releases the stakes of accepted tasks that cannot be disputed any more.
	ReleaseStakes { tasks: Vec<TaskKey> },
	/// Shows what is below a node of a claimed checkpoint.
	ShowCheckpoint {
		job: JobId,
		round: Round,
		layer: Layer,
	},
	/// Goes on to the first node of it that differs.
	ChooseNode {
		job: JobId,
		round: Round,
		index: u32,
	},
	/// Adds the tiles of the next updates to the chosen one.
	AddUpdates {
		job: JobId,
		round: Round,
		parent: Option<Box<OpenedParam>>,
		updates: Box<Addends>,
	},
	/// Ends a turn of a conflict that took too long.
	EndConflict { job: JobId, round: Round },
	/// Names the key that acts for the signing stash.
	SetWorker { worker: Account, proof: [u8; 64] },
	/// Bonds the signer's own funds.
	Bond { role: Role, amount: Balance },
	/// Begins to release a bond.
	Unbond { role: Role },
	/// Takes back what is released.
	Withdraw,
}

impl Call {
	/// Whether it may move a whole round. The chain weighs it beforehand as if it did.
	pub fn is_heavy(&self) -> bool {
		match self {
			Self::PostJob { .. }
			| Self::JoinJob { .. }
			| Self::CancelJob { .. }
			| Self::Advance { .. }
			| Self::RevealVerdict { .. }
			| Self::ClaimAggregate { .. } => true,
			Self::Claim { .. }
			| Self::CommitTask { .. }
			| Self::RevealTask { .. }
			| Self::RevealFailure { .. }
			| Self::Draw { .. }
			| Self::SealVerdict { .. }
			| Self::AskDispute { .. }
			| Self::AnswerDispute { .. }
			| Self::ProveDispute { .. }
			| Self::EndDispute { .. }
			| Self::DisputeAccepted { .. }
			| Self::ReleaseStakes { .. }
			| Self::ShowCheckpoint { .. }
			| Self::ChooseNode { .. }
			| Self::AddUpdates { .. }
			| Self::EndConflict { .. }
			| Self::SetWorker { .. }
			| Self::Bond { .. }
			| Self::Unbond { .. }
			| Self::Withdraw => false,
		}
	}

	/// The pallet and the name, as wallets show them.
	pub fn name(&self) -> &'static str {
		match self {
			Self::PostJob { .. } => "jobs.post_job",
			Self::JoinJob { .. } => "jobs.join_job",
			Self::CancelJob { .. } => "jobs.cancel_job",
			Self::Advance { .. } => "jobs.advance",
			Self::Claim { .. } => "jobs.claim",
			Self::CommitTask { .. } => "proof_of_compute.commit_task",
			Self::RevealTask { .. } => "proof_of_compute.reveal_task",
			Self::RevealFailure { .. } => "proof_of_compute.reveal_failure",
			Self::Draw { .. } => "proof_of_compute.draw",
			Self::SealVerdict { .. } => "proof_of_compute.seal_verdict",
			Self::RevealVerdict { .. } => "proof_of_compute.reveal_verdict",
			Self::ClaimAggregate { .. } => "proof_of_compute.claim_aggregate",
			Self::AskDispute { .. } => "disputes.ask",
			Self::AnswerDispute { .. } => "disputes.answer",
			Self::ProveDispute { .. } => "disputes.prove",
			Self::EndDispute { .. } => "disputes.end",
			Self::DisputeAccepted { .. } => "proof_of_compute.dispute_accepted",
			Self::ReleaseStakes { .. } => "jobs.release_stakes",
			Self::ShowCheckpoint { .. } => "disputes.show_checkpoint",
			Self::ChooseNode { .. } => "disputes.choose_node",
			Self::AddUpdates { .. } => "disputes.add_updates",
			Self::EndConflict { .. } => "disputes.end_conflict",
			Self::SetWorker { .. } => "stake.set_worker",
			Self::Bond { .. } => "stake.bond",
			Self::Unbond { .. } => "stake.unbond",
			Self::Withdraw => "stake.withdraw",
		}
	}
}

/// Why the chain refused a call: the name of the pallet's error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call} was refused: {pallet}.{error}{}", hint(.error))]
pub struct Refused {
	/// The call.
	pub call: &'static str,
	/// The pallet that refused.
	pub pallet: String,
	/// Its error.
	pub error: String,
}

/// What became of one call.
pub type Outcome = Result<(), Refused>;

/// A transaction in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
	/// The block.
	pub at: Head,
	/// What became of each call, in their order.
	pub outcomes: Vec<Outcome>,
}

impl Receipt {
	/// The block, if every call succeeded, or else the first refusal.
	pub fn all_done(self) -> Result<Head, Refused> {
		self.outcomes
			.into_iter()
			.collect::<Result<Vec<()>, _>>()
			.map(|_| self.at)
	}
}

/// What to do about the refusals that users meet.
fn hint(error: &str) -> &'static str {
	match error {
		"NotProvider" | "NotBonded" => "; bond first with `assay stake bond`",
		"NotWorker" | "NotAWorker" => "; register the key first with `assay keys register`",
		"FundsUnavailable" => "; send the account more ASY, or lower price, tasks or rounds",
		"UnknownJob" => "; list jobs with `assay job list`",
		"NotOwner" => "; sign with the key that posted the job",
		"JobOver" => "; it has ended, see `assay job show`",
		"TasksHeld" => "; stakes of its tasks are held, see `assay stake held`",
		"NothingToRelease" => "; see `assay stake held` for the last blocks of the windows",
		"BondTooSmall" => "; bond more with `assay stake bond`, or wait until a dispute is over",
		"HasLostBefore" => "; somebody else can dispute it",
		_ => "",
	}
}
