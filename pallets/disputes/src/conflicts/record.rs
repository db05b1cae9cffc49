//! What is stored about a conflict.

use assay_protocol::{
	dispute::{Clock, ClosingRuling, ClosingStage, Updates},
	Plan, Root,
};
use assay_traits::ClosingSeat;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Where a conflict stands.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ConflictRecord {
	/// What it waits for.
	pub stage: ClosingStage,
	/// The time that both sides have left.
	pub clock: Clock,
	/// Moves so far.
	pub moves: u32,
	/// Who has lost, until the round has taken notice of it.
	pub ruling: Option<ClosingRuling>,
}

/// What a conflict is about, as it was when it was opened.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ConflictCase<AccountId> {
	/// How often the window of CLOSE had begun again.
	pub restarts: u8,
	/// Whose checkpoint is looked at.
	pub claimant: ClosingSeat<AccountId>,
	/// Who contradicts it.
	pub challenger: ClosingSeat<AccountId>,
	/// The claimant's checkpoint.
	pub claimed: Root,
	/// The checkpoint that the round started from.
	pub parent: Root,
	/// The accepted updates, in the order of their slots.
	pub updates: Updates,
	/// The job's plan.
	pub plan: Plan,
}
