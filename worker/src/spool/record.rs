//! What the log holds.

use assay_numerics::Loss;
use assay_protocol::{FailureReveal, JobId, Round, TaskKey, TaskReveal, Verdict};
use codec::{Decode, Encode};

use crate::account::Account;

/// One entry of the log. The encoding is the file format: append variants, never change one.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Record {
	/// Whose log it is. Always first.
	#[codec(index = 0)]
	Owner {
		/// The hash of block 0.
		genesis: [u8; 32],
		/// The stash.
		stash: Account,
	},
	/// A provider finished a task.
	#[codec(index = 1)]
	Task(TaskRecord),
	/// A validator judged a task.
	#[codec(index = 2)]
	Verdict(VerdictRecord),
	/// A validator computed the next checkpoint.
	#[codec(index = 3)]
	Claim(ClaimRecord),
	/// A call was seen in a block.
	#[codec(index = 4)]
	Mark(Mark),
	/// The training of a task ends. 5 was a claim without the borders before it.
	#[codec(index = 6)]
	Failure(FailureRecord),
}

/// Everything that commit and reveal of a task need.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct TaskRecord {
	/// The attempt.
	pub key: TaskKey,
	/// The checkpoint it started from.
	pub parent: [u8; 32],
	/// The slot's own state before it.
	pub slot_root_in: [u8; 32],
	/// What is revealed, the secret of the seal included.
	pub reveal: TaskReveal,
}

/// Everything that commit and reveal of a claim of failure need.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FailureRecord {
	/// The attempt.
	pub key: TaskKey,
	/// The checkpoint it started from.
	pub parent: [u8; 32],
	/// The slot's own state before it.
	pub slot_root_in: [u8; 32],
	/// What is revealed, the secret of the seal included.
	pub reveal: FailureReveal,
}

/// Names one verdict: a task drawn again is judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct VerdictKey {
	/// The attempt that is judged.
	pub task: TaskKey,
	/// The draw that named the validator.
	pub draw: u32,
}

/// Everything that sealing and revealing a verdict need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct VerdictRecord {
	/// What is judged.
	pub key: VerdictKey,
	/// The update that is judged; of a claim of failure, the hash of the claim.
	pub update: [u8; 32],
	/// The verdict.
	pub verdict: Verdict,
	/// The secret of the seal.
	pub salt: [u8; 32],
}

/// What a validator claims a round's next checkpoint to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct ClaimRecord {
	/// The job.
	pub job: JobId,
	/// The round.
	pub round: Round,
	/// The checkpoint that the round started from.
	pub parent: [u8; 32],
	/// The next checkpoint.
	pub checkpoint: [u8; 32],
	/// Its loss on the held-out set.
	pub loss: Loss,
}

/// A call that was seen in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Mark {
	/// The seal of a task.
	#[codec(index = 0)]
	Committed(TaskKey),
	/// The reveal of a task.
	#[codec(index = 1)]
	Revealed(TaskKey),
	/// The seal of a verdict.
	#[codec(index = 2)]
	Sealed(VerdictKey),
	/// The reveal of a verdict.
	#[codec(index = 3)]
	Unsealed(VerdictKey),
	/// The claim of a checkpoint.
	#[codec(index = 4)]
	Claimed {
		/// The job.
		job: JobId,
		/// The round.
		round: Round,
	},
}
