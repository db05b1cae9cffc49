//! What proof-of-compute asks of jobs and tells them.

use assay_protocol::{JobId, RoundFact, RoundView, Slot, TaskView};
use sp_runtime::{DispatchError, DispatchResult};

/// The current round of each job. Implemented by pallet-jobs.
pub trait Rounds<AccountId> {
	/// A task of the job's current round.
	///
	/// # Errors
	/// If the job does not run, or its round has no such slot.
	fn task(job: JobId, slot: Slot) -> Result<TaskView<AccountId>, DispatchError>;

	/// The job's current round.
	///
	/// # Errors
	/// If the job does not run.
	fn round(job: JobId) -> Result<RoundView, DispatchError>;

	/// Notes a fact, and everything that follows from it: the next phase, pays, penalties, the next
	/// round.
	///
	/// # Errors
	/// If phase, deadline or state do not allow the fact.
	fn note(job: JobId, fact: RoundFact<AccountId>) -> DispatchResult;
}
