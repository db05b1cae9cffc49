//! The chain as the worker sees it: views, calls and events, all typed.
//!
//! [`Chain`] is what the roles are written against. [`rpc::Rpc`] implements it over a node's
//! WebSocket, and it and its children are the only place that knows subxt; tests implement it in
//! memory.

mod call;
mod detail;
mod error;
mod event;
pub mod rpc;
mod view;

use std::future::Future;

use assay_numerics::Root;
use assay_protocol::{Balance, BlockNumber, JobId, Round, Slot};

pub use self::{
	call::{Call, Outcome, Receipt, Refused},
	detail::Detail,
	error::{ChainError, SubmitError},
	event::{fail_word, phase_word, unpaid_word, Event},
	view::{
		is_final, key_of, state_word, AcceptedTask, ConflictView, DisputeView, FailReason, Head,
		JobState, JobView, Ledger, Phase, Role, RoundRecord, RoundView, SlotState, TaskKey,
		TaskReveal, TaskView, VerdictState, Work,
	},
};
use crate::{account::Account, keys::WorkerKey};

/// Reads and writes of one chain. Reads name the block they are made at, so that one decision is
/// never taken from two states.
pub trait Chain: Send + Sync + 'static {
	/// The hash of block 0: part of every seal.
	fn genesis(&self) -> [u8; 32];

	/// The best block, as soon as it is a later one than `after`. Waits while the node is down and
	/// reconnects by itself.
	fn next_head(
		&self,
		after: Option<Head>,
	) -> impl Future<Output = Result<Head, ChainError>> + Send;

	/// Jobs that are open or run, newest last.
	fn live_jobs(&self, at: Head) -> impl Future<Output = Result<Vec<JobId>, ChainError>> + Send;

	/// One job, or nothing when there is none of this id.
	fn job(
		&self,
		at: Head,
		job: JobId,
	) -> impl Future<Output = Result<Option<JobView>, ChainError>> + Send;

	/// Whether a stash has joined a job.
	fn is_member(
		&self,
		at: Head,
		job: JobId,
		stash: Account,
	) -> impl Future<Output = Result<bool, ChainError>> + Send;

	/// The current round of a running job.
	fn round(
		&self,
		at: Head,
		job: JobId,
	) -> impl Future<Output = Result<Option<RoundView>, ChainError>> + Send;

	/// The tasks of the current round, by slot.
	fn tasks(
		&self,
		at: Head,
		job: JobId,
	) -> impl Future<Output = Result<Vec<TaskView>, ChainError>> + Send;

	/// The roots of the states at the borders of a task's segments, in order: of the attempt of the
	/// current round that is revealed. Empty before it is.
	fn trace(
		&self,
		at: Head,
		job: JobId,
		slot: Slot,
	) -> impl Future<Output = Result<Vec<Root>, ChainError>> + Send;

	/// Who judges a slot, in the draw that is judged now: stashes. Empty before it is made.
	fn committee(
		&self,
		at: Head,
		job: JobId,
		slot: Slot,
	) -> impl Future<Output = Result<Vec<Account>, ChainError>> + Send;

	/// Whose equal claims close the round, in the current window: stashes. Empty outside of CLOSE.
	fn closers(
		&self,
		at: Head,
		job: JobId,
	) -> impl Future<Output = Result<Vec<Account>, ChainError>> + Send;

	/// How far a validator's verdict on a task of the current round is, in this draw.
	fn verdict_state(
		&self,
		at: Head,
		task: TaskKey,
		draw: u32,
		validator: Account,
	) -> impl Future<Output = Result<VerdictState, ChainError>> + Send;

	/// Whether a validator has claimed the round's checkpoint, in the window of CLOSE that began
	/// again so many times.
	fn has_claimed(
		&self,
		at: Head,
		job: JobId,
		round: Round,
		restarts: u8,
		validator: Account,
	) -> impl Future<Output = Result<bool, ChainError>> + Send;

	/// The open disputes that a stash is a side of.
	fn disputes_of(
		&self,
		at: Head,
		stash: Account,
	) -> impl Future<Output = Result<Vec<TaskKey>, ChainError>> + Send;

	/// All open disputes, up to 256.
	fn open_disputes(
		&self,
		at: Head,
	) -> impl Future<Output = Result<Vec<TaskKey>, ChainError>> + Send;

	/// An open dispute; nothing when it is over.
	fn dispute(
		&self,
		at: Head,
		task: TaskKey,
	) -> impl Future<Output = Result<Option<DisputeView>, ChainError>> + Send;

	/// Accepted work that can still be disputed, or is; nothing once its stake is released or lost.
	fn accepted(
		&self,
		at: Head,
		task: TaskKey,
	) -> impl Future<Output = Result<Option<AcceptedTask>, ChainError>> + Send;

	/// The accepted tasks of a stash whose stakes are held.
	fn accepted_of(
		&self,
		at: Head,
		stash: Account,
	) -> impl Future<Output = Result<Vec<(TaskKey, AcceptedTask)>, ChainError>> + Send;

	/// The open conflicts about next checkpoints that a stash is a side of.
	fn conflicts_of(
		&self,
		at: Head,
		stash: Account,
	) -> impl Future<Output = Result<Vec<(JobId, Round)>, ChainError>> + Send;

	/// An open conflict; nothing when it is ruled.
	fn conflict(
		&self,
		at: Head,
		job: JobId,
		round: Round,
	) -> impl Future<Output = Result<Option<ConflictView>, ChainError>> + Send;

	/// What a stash could claim from a job now.
	fn claimable(
		&self,
		at: Head,
		job: JobId,
		stash: Account,
	) -> impl Future<Output = Result<Balance, ChainError>> + Send;

	/// What a job owes now, and to whom. In no order.
	fn credits(
		&self,
		at: Head,
		job: JobId,
	) -> impl Future<Output = Result<Vec<(Account, Balance)>, ChainError>> + Send;

	/// The closed rounds of a job, oldest first.
	fn rounds(
		&self,
		at: Head,
		job: JobId,
	) -> impl Future<Output = Result<Vec<RoundRecord>, ChainError>> + Send;

	/// The stash a worker key acts for.
	fn stash_of(
		&self,
		at: Head,
		worker: Account,
	) -> impl Future<Output = Result<Option<Account>, ChainError>> + Send;

	/// Whether a stash has an active bond in a role.
	fn bonded(
		&self,
		at: Head,
		stash: Account,
		role: Role,
	) -> impl Future<Output = Result<bool, ChainError>> + Send;

	/// What an account can spend.
	fn free_balance(
		&self,
		at: Head,
		account: Account,
	) -> impl Future<Output = Result<Balance, ChainError>> + Send;

	/// The block of this number on the best chain.
	fn block(
		&self,
		number: BlockNumber,
	) -> impl Future<Output = Result<Option<Head>, ChainError>> + Send;

	/// The id that the next posted job will have: every earlier one was given to a job.
	fn next_job(&self, at: Head) -> impl Future<Output = Result<JobId, ChainError>> + Send;

	/// What happened in a block, in order.
	fn events(&self, at: Head) -> impl Future<Output = Result<Vec<Event>, ChainError>> + Send;

	/// Signs the calls, sends them all at once and waits until they are in a block. Each stands or
	/// falls alone.
	fn submit(
		&self,
		key: &WorkerKey,
		calls: Vec<Call>,
	) -> impl Future<Output = Result<Receipt, SubmitError>> + Send;
}
