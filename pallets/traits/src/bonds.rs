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

/// Bonds, worker keys, the stakes behind single tasks and the pledges behind single disputes.
/// Implemented by pallet-stake.
///
/// A PLEDGE is a part of a bond that stands behind one dispute. A dispute is about one attempt at a
/// task, so the task is its key.
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

	/// What is left of a task's stake; 0 for a task without one.
	fn task_stake(task: TaskKey) -> Balance;

	/// Burns up to `amount` of a task's stake; what is left stays held. Tells how much was burned.
	fn slash_task(task: TaskKey, amount: Balance) -> Balance;

	/// Pays up to `amount` of a task's stake to `to`; what is left stays held. Tells how much was
	/// paid.
	///
	/// An account that cannot take it gets nothing, and the stake stays as it is: one that does not
	/// exist takes no less than the existential deposit.
	fn pay_from_task(task: TaskKey, to: &AccountId, amount: Balance) -> Balance;

	/// Reserves `amount` of the bond of `stash` for one dispute, until it is released; of its bond
	/// as a validator, or as a provider if the first has less that is not pledged yet.
	///
	/// No money moves, and the bond counts as before. A bond that is unbonding will do: it is not
	/// withdrawn while something of it is pledged.
	///
	/// # Errors
	/// If the dispute has a pledge, or neither bond has that much.
	fn pledge(dispute: TaskKey, stash: &AccountId, amount: Balance) -> DispatchResult;

	/// What is left of a dispute's pledge; 0 for a dispute without one.
	fn pledged(dispute: TaskKey) -> Balance;

	/// Frees what is left of a dispute's pledge. A dispute without one changes nothing.
	///
	/// Whoever placed a pledge releases it, also one of which nothing is left.
	fn release_pledge(dispute: TaskKey);

	/// Pays up to `amount` of a dispute's pledge to `to`, out of the bond. Tells how much was paid.
	///
	/// An account that cannot take it gets nothing, as in [`pay_from_task`](Self::pay_from_task).
	/// A bond that was slashed since pays what it has.
	fn pay_from_pledge(dispute: TaskKey, to: &AccountId, amount: Balance) -> Balance;

	/// Burns up to `amount` of a dispute's pledge, out of the bond. Tells how much was burned.
	fn burn_pledge(dispute: TaskKey, amount: Balance) -> Balance;

	/// The current session.
	fn session() -> SessionIndex;

	/// The validators of a session and their stakes; `None` once they are forgotten.
	fn stakes(session: SessionIndex) -> Option<Stakes<AccountId>>;
}
