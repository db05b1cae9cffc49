//! Who may take part, and what stands behind it.

use assay_protocol::{limits::MAX_AUTHORITIES, Balance, SessionIndex, TaskKey};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use sp_runtime::DispatchResult;

/// What a bond admits to.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Role {
	/// Trains.
	#[codec(index = 0)]
	Provider,
	/// Authors and finalises blocks, and checks work.
	#[codec(index = 1)]
	Validator,
}

/// The validators of a session and their stakes, in the order in which they are drawn from.
pub type Stakes<AccountId> = BoundedVec<(AccountId, Balance), ConstU32<MAX_AUTHORITIES>>;

/// Bonds, worker keys and the stakes behind single tasks. Implemented by pallet-stake.
pub trait Bonds<AccountId> {
	/// The stash that a worker key acts for; `None` if it acts for nobody.
	fn stash_of(worker: &AccountId) -> Option<AccountId>;

	/// Whether the stash has a sufficient bond for the role and is not leaving it.
	fn active(stash: &AccountId, role: Role) -> bool;

	/// Holds a stake behind one attempt at a task.
	///
	/// # Errors
	/// If the stash cannot hold the amount, or the task has a stake already.
	fn hold_task(task: TaskKey, stash: &AccountId, amount: Balance) -> DispatchResult;

	/// Releases what is left of a task's stake. A task without one is no error.
	fn release_task(task: TaskKey) -> DispatchResult;

	/// Burns up to `amount` of a task's stake; what is left stays held. Tells how much was burned.
	fn slash_task(task: TaskKey, amount: Balance) -> Balance;

	/// The current session.
	fn session() -> SessionIndex;

	/// The validators of a session and their stakes; `None` once they are forgotten.
	fn stakes(session: SessionIndex) -> Option<Stakes<AccountId>>;
}
