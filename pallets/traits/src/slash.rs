//! Offences and what they cost.

use assay_protocol::{Balance, TaskKey};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::DispatchResult;

/// What the offender did. Append only.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Cause {
	/// A majority of the committee found the work wrong.
	#[codec(index = 0)]
	Majority,
	/// No seal in time.
	#[codec(index = 1)]
	MissedCommit,
	/// The seal was not opened in time.
	#[codec(index = 2)]
	MissedReveal,
}

/// One offence against one task.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Offence<AccountId> {
	/// The stash that pays.
	pub offender: AccountId,
	/// The task whose stake pays.
	pub task: TaskKey,
	/// What was done.
	pub cause: Cause,
	/// What it costs, at most the task's stake.
	pub amount: Balance,
}

/// The queue of offences. Implemented by pallet-slashing.
pub trait Slash<AccountId> {
	/// Reports an offence. In this version its cost is burned at once.
	///
	/// # Errors
	/// If the task has no stake left.
	fn report(offence: Offence<AccountId>) -> DispatchResult;
}
