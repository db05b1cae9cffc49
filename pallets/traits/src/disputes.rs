//! What proof-of-compute tells about dissent.

use assay_protocol::{limits::MAX_COMMITTEE, Failure, Root, TaskKey, Trace};
use frame_support::{traits::ConstU32, BoundedVec};
use sp_runtime::DispatchResult;

/// The members of one committee, or some of them.
pub type Seated<AccountId> = BoundedVec<AccountId, ConstU32<MAX_COMMITTEE>>;

/// Somebody found another trace than the provider's, or another end of its training.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dissent<AccountId> {
	/// The attempt.
	pub task: TaskKey,
	/// The stash whose work it is.
	pub provider: AccountId,
	/// The checkpoint that the task started from.
	pub parent: Root,
	/// The trace that the provider revealed.
	pub trace: Trace,
	/// The stash that says so.
	pub validator: AccountId,
	/// The stashes that have said valid so far in the same committee.
	pub assenters: Seated<AccountId>,
	/// Where training is claimed to end, if that was revealed instead of work.
	pub failure: Option<Failure>,
}

/// Disputes about work. Implemented by pallet-disputes.
pub trait Disputes<AccountId> {
	/// Opens a dispute, or joins the one about this attempt: the next in line if the challenger falls
	/// silent or is wrong.
	///
	/// # Errors
	/// If the validator cannot stand behind what it says.
	fn dissent(dissent: Dissent<AccountId>) -> DispatchResult;

	/// Whether there is a dispute about this attempt.
	fn is_open(task: TaskKey) -> bool;

	/// Notes a validator that says valid, if there is a dispute about this attempt: whoever loses for
	/// nothing pays it.
	fn assent(task: TaskKey, validator: &AccountId);
}
