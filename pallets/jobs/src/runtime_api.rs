//! What clients ask of jobs.
//!
//! The runtime implements it with the functions of [`Pallet`](crate::Pallet) that show jobs, such
//! as [`job_view`](crate::Pallet::job_view).

use alloc::vec::Vec;

use assay_protocol::{
	AcceptedTask, Balance, JobId, JobView, Ledger, Plan, Refusal, RoundRecord, RoundView, Slot,
	Standing, TaskKey, TaskView, Terms, TermsFacts,
};
use codec::Codec;

sp_api::decl_runtime_apis! {
	/// Jobs, rounds, tasks and money as they stand.
	pub trait JobsApi<AccountId>
	where
		AccountId: Codec,
	{
		/// A job with its plan, terms and books; `None` if unknown or pruned.
		fn job(job: JobId) -> Option<JobView<AccountId>>;

		/// The id that the next posted job will have.
		fn next_job() -> JobId;

		/// The open and running ones of the latest 4,096 jobs, newest first.
		fn open_jobs() -> Vec<JobId>;

		/// The current round; `None` unless the job runs.
		fn round(job: JobId) -> Option<RoundView>;

		/// The tasks of the current round, in the order of their slots; none unless the job runs.
		fn tasks(job: JobId) -> Vec<TaskView<AccountId>>;

		/// The drawn validators of a slot, in the order of their seats; none unless it is judged.
		fn committee(job: JobId, slot: Slot) -> Vec<AccountId>;

		/// The drawn validators whose equal claims close the round; none outside of CLOSE.
		fn closers(job: JobId) -> Vec<AccountId>;

		/// The stashes that have joined, in the order of joining.
		fn members(job: JobId) -> Vec<AccountId>;

		/// What an account can claim of a job.
		fn claimable(job: JobId, account: AccountId) -> Balance;

		/// What drawn checks have found valid of a provider's work.
		fn standing(provider: AccountId) -> Standing;

		/// The books of a job; all zero if unknown or pruned.
		fn ledger(job: JobId) -> Ledger;

		/// The closed rounds of a job, in order.
		fn rounds(job: JobId) -> Vec<RoundRecord>;

		/// What posting a job would move, or why it would be refused.
		fn check(plan: Plan, terms: Terms) -> Result<TermsFacts, Refusal>;

		/// Accepted work that can still be disputed, or is; `None` once its stake is released or lost.
		fn accepted(task: TaskKey) -> Option<AcceptedTask<AccountId>>;

		/// The same of all work of a provider, of the first 4,096 accepted tasks of all providers.
		fn accepted_of(provider: AccountId) -> Vec<(TaskKey, AcceptedTask<AccountId>)>;
	}
}
