//! What proof-of-compute tells about claims that contradict each other.

use assay_protocol::{
	dispute::{ClosingRuling, Updates},
	JobId, Root, Round,
};
use sp_runtime::DispatchError;

/// A seat drawn to close a round: its place in the draw, and its stash.
pub type ClosingSeat<AccountId> = (u32, AccountId);

/// Two validators drawn to close a round name other checkpoints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict<AccountId> {
	/// The job.
	pub job: JobId,
	/// The round.
	pub round: Round,
	/// How often the window of CLOSE had begun again.
	pub restarts: u8,
	/// Whose checkpoint is looked at.
	pub claimant: ClosingSeat<AccountId>,
	/// Who contradicts it.
	pub challenger: ClosingSeat<AccountId>,
	/// The claimant's checkpoint.
	pub claimed: Root,
	/// The checkpoint that the round started from.
	pub parent: Root,
	/// The accepted updates, in the order of their slots.
	pub updates: Updates,
}

/// What became of an attempt to open a conflict.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opened {
	/// It is open.
	Open,
	/// Nothing stands behind the claim of this seat: its bond is too small for another pledge.
	Unpledged {
		/// The seat's place in the draw.
		seat: u32,
	},
}

/// Where a conflict is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConflictState {
	/// Nobody has lost yet.
	Open,
	/// Somebody has lost, and the claims wait to be looked at again.
	Ruled(Ruled),
}

/// How a conflict was ruled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ruled {
	/// Who is wrong.
	pub ruling: ClosingRuling,
	/// The place of the claimant's seat.
	pub claimant: u32,
	/// The place of the challenger's seat.
	pub challenger: u32,
	/// The claimant's checkpoint.
	pub claimed: Root,
}

impl Ruled {
	/// Whether the claim of a seat about a checkpoint is struck by it: that of whoever has lost, and
	/// every claim of a checkpoint that was found wrong.
	pub fn strikes(&self, seat: u32, checkpoint: &Root) -> bool {
		match self.ruling {
			ClosingRuling::CheckpointWrong => *checkpoint == self.claimed,
			ClosingRuling::ClaimantSilent => seat == self.claimant,
			ClosingRuling::ChallengerWrong | ClosingRuling::ChallengerSilent => {
				seat == self.challenger
			}
		}
	}
}

/// Conflicts about the next checkpoint, at most one of a round at a time. Implemented by
/// pallet-disputes.
pub trait Conflicts<AccountId> {
	/// Opens a conflict, with a pledge of each side.
	///
	/// # Errors
	/// If the round has one, or the job is not there.
	fn open(conflict: Conflict<AccountId>) -> Result<Opened, DispatchError>;

	/// Where the conflict of a round is, if there is one.
	fn state(job: JobId, round: Round) -> Option<ConflictState>;

	/// Forgets a conflict that is ruled. Whoever else's claim is struck by it pays what its loser has
	/// paid.
	fn settle(job: JobId, round: Round, struck: &[ClosingSeat<AccountId>]);

	/// Forgets the conflict of a round that is over: it decides nothing any more, and nobody pays for
	/// it.
	fn forget(job: JobId, round: Round);
}
