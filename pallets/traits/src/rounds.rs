//! What proof-of-compute asks of jobs and tells them.

use assay_protocol::{Balance, JobId, Plan, RoundFact, RoundView, Slot, TaskView};
use sp_runtime::{DispatchError, DispatchResult};

/// What a job promised, as far as a dispute about its work needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contract {
	/// The plan: every op follows from it.
	pub plan: Plan,
	/// The price of a task.
	pub price: Balance,
	/// What is held of a provider for a task.
	pub task_stake: Balance,
	/// The fee of a verdict, with the highest bonus.
	pub verdict_fee: Balance,
}

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

	/// What the job promised, whether it runs or not.
	///
	/// # Errors
	/// If there is no such job.
	fn contract(job: JobId) -> Result<Contract, DispatchError>;

	/// Notes what was slashed for the job's work, if the job is still there, and that its provider has
	/// proven nothing any more.
	fn note_slash(job: JobId, offender: &AccountId, amount: Balance);
}
