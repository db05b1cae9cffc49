//! Accepted work that can still be disputed.

use assay_protocol::{AcceptedTask, TaskKey};
use sp_runtime::DispatchResult;

/// The challenge windows of accepted work. Implemented by pallet-jobs.
pub trait Windows<AccountId> {
	/// Accepted work whose stake is held; `None` once it is released or lost.
	fn accepted(task: TaskKey) -> Option<AcceptedTask<AccountId>>;

	/// Notes that a dispute about accepted work opens: its window waits for it.
	///
	/// # Errors
	/// If the work takes no dispute.
	fn note_disputed(task: TaskKey) -> DispatchResult;

	/// Notes that the dispute about an attempt is over. Tells whether the attempt's stake stays held,
	/// because its window begins anew: only if the work was accepted and not convicted.
	fn note_settled(task: TaskKey, is_convicted: bool) -> bool;
}
