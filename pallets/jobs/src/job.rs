//! The record of a job.

use assay_protocol::{
	Balance, BlockNumber, CheckpointRef, Digest, JobState, PlanFacts, Pools, Round, Terms,
};
use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A job as stored: everything of constant length but its plan, its round and its books.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Job<AccountId> {
	/// Who posted it, and gets what is refunded.
	pub owner: AccountId,
	/// Where it is.
	pub state: JobState,
	/// The id of its plan.
	pub plan_id: Digest,
	/// What lowering the plan told.
	pub facts: PlanFacts,
	/// The terms, frozen.
	pub terms: Terms,
	/// The latest agreed checkpoint.
	pub checkpoint: CheckpointRef,
	/// Rounds that are closed: the number of the current round while it runs.
	pub round: Round,
	/// What is left of the current round's budget.
	pub pools: Pools,
	/// What keeps the sub-account alive, returned when the job is pruned.
	pub deposit: Balance,
	/// The block in which it was posted.
	pub posted: BlockNumber,
	/// The block in which it ended.
	pub ended: Option<BlockNumber>,
	/// The first block in which it can be advanced: its place in the queue of deadlines.
	pub due: Option<BlockNumber>,
}

impl<AccountId> Job<AccountId> {
	/// The last block in which the job waits for providers.
	pub(crate) fn join_deadline(&self) -> BlockNumber {
		// Saturates: a deadline beyond the last block number is as good as that block.
		self.posted.saturating_add(self.terms.windows.open)
	}
}
