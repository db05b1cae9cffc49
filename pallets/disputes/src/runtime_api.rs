//! What clients ask of disputes.

use alloc::vec::Vec;

use assay_protocol::{ConflictView, DisputeView, JobId, Root, Round, Slot, TaskKey};
use codec::Codec;

sp_api::decl_runtime_apis! {
	/// Open disputes.
	pub trait DisputesApi<AccountId>
	where
		AccountId: Codec,
	{
		/// An open dispute; `None` if it is over, or waits for another dissenter after a lost one.
		fn dispute(task: TaskKey) -> Option<DisputeView<AccountId>>;

		/// The open disputes of a stash, as provider or as challenger, up to 256.
		fn disputes_of(stash: AccountId) -> Vec<TaskKey>;

		/// The open disputes, up to 256.
		fn disputes() -> Vec<TaskKey>;

		/// The borders of the segments of a task of the current round, once they are revealed; none
		/// before.
		fn trace(job: JobId, slot: Slot) -> Vec<Root>;

		/// The open conflict about the next checkpoint of a round; `None` once it is ruled.
		fn conflict(job: JobId, round: Round) -> Option<ConflictView<AccountId>>;

		/// The open conflicts that a stash is a side of, of the first 256.
		fn conflicts_of(stash: AccountId) -> Vec<(JobId, Round)>;

		/// The open conflicts, up to 256.
		fn conflicts() -> Vec<(JobId, Round)>;
	}
}
