//! Offences and what they cost.

use assay_protocol::{limits::MAX_COMMITTEE, Balance, TaskKey};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use sp_runtime::DispatchResult;

/// What the offender did. Append only; 0 was the verdict of a majority and 6 that about a claim of
/// failure, which convict nobody.
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
	/// No seal in time.
	#[codec(index = 1)]
	MissedCommit,
	/// The seal was not opened in time.
	#[codec(index = 2)]
	MissedReveal,
	/// The work, or the claim of failure, is wrong: the runtime has checked a proof.
	#[codec(index = 3)]
	Proven,
	/// An answer in a dispute did not come in time.
	#[codec(index = 4)]
	Silent,
	/// A challenger's claim was wrong, or its move did not come in time; the same of either side of a
	/// conflict about the next checkpoint, and of whoever claims one that was found wrong. Paid from
	/// its pledge.
	#[codec(index = 5)]
	LostDispute,
}

impl Cause {
	/// Whether half of what is taken goes to those who brought the offence to light.
	pub const fn pays_informers(self) -> bool {
		matches!(self, Self::Proven | Self::Silent)
	}
}

/// Those who brought an offence to light.
pub type Informers<AccountId> = BoundedVec<AccountId, ConstU32<MAX_COMMITTEE>>;

/// Most accounts that one lost dispute has wronged: the provider and the drawn validators.
pub const MAX_WRONGED: u32 = MAX_COMMITTEE + 1;

/// Those who were wronged, with what each is owed.
pub type Wronged<AccountId> = BoundedVec<(AccountId, Balance), ConstU32<MAX_WRONGED>>;

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
	/// Who gets half of it, in equal parts, if the cause [pays them](Cause::pays_informers); each
	/// is named once. Empty for other causes.
	pub informers: Informers<AccountId>,
}

/// A dispute that its challenger has lost.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct LostDispute<AccountId> {
	/// The challenger, who pledged.
	pub offender: AccountId,
	/// The dispute whose pledge pays.
	pub dispute: TaskKey,
	/// Who is paid from the pledge: in this order, each as far as it reaches.
	pub wronged: Wronged<AccountId>,
}

/// The queue of offences. Implemented by pallet-slashing.
pub trait Slash<AccountId> {
	/// Reports an offence. In this version its cost is taken at once: burned, but for the half
	/// that goes to informers.
	///
	/// # Errors
	/// If it was reported before, if the task has no stake left, or if its cause is a lost dispute.
	fn report(offence: Offence<AccountId>) -> DispatchResult;

	/// Reports a challenger that has lost. The wronged are paid from its pledge, what is left of
	/// the pledge is burned, and the empty pledge is the caller's to release.
	///
	/// # Errors
	/// If it was reported before, or if the dispute has nothing pledged.
	fn report_challenger(lost: LostDispute<AccountId>) -> DispatchResult;

	/// The disputes that an account has lost as a challenger and that are still on record.
	fn lost_disputes(challenger: &AccountId) -> u32;

	/// Whether an account has lost a dispute about this attempt as its challenger: it could not be
	/// reported for another one.
	fn has_lost(dispute: TaskKey, challenger: &AccountId) -> bool;
}
