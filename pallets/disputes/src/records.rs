//! What is stored about a dispute.

use assay_protocol::{
	dispute::{Clock, Stage},
	Balance, Failure, Plan, Root, Trace,
};
use assay_traits::Seated;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Where a dispute stands.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Dispute<AccountId> {
	/// The stash that says that the work is wrong.
	pub challenger: AccountId,
	/// What it waits for.
	pub stage: Stage,
	/// The time that both sides have left.
	pub clock: Clock,
	/// Moves so far.
	pub moves: u32,
	/// Whether the provider ever answered when its time was over.
	pub is_late: bool,
	/// Whether the challenger has lost and nobody has followed it yet: while the work is still being
	/// judged, somebody may.
	pub has_lost: bool,
}

/// What a dispute is about, as it was when it was opened, and who has a part in it.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct CaseRecord<AccountId> {
	/// The stash whose work it is.
	pub provider: AccountId,
	/// The checkpoint that the task started from.
	pub parent: Root,
	/// The trace that the provider revealed.
	pub trace: Trace,
	/// The job's plan.
	pub plan: Plan,
	/// The price of the task.
	pub price: Balance,
	/// What was held of the provider for it.
	pub task_stake: Balance,
	/// The fee of a verdict.
	pub verdict_fee: Balance,
	/// All that said invalid, first come first, the challengers among them.
	pub dissenters: Seated<AccountId>,
	/// All that said valid.
	pub assenters: Seated<AccountId>,
	/// How many of the first dissenters have lost as challengers, or were passed over because they
	/// could not pledge.
	pub lost: u32,
	/// Where training is claimed to end, if that was revealed instead of work.
	pub failure: Option<Failure>,
}
