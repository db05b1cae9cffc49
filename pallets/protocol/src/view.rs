//! What is shown of jobs, rounds and tasks: to other pallets, to the worker and to clients.

use crate::{
	dispute::{ClosingStage, Side, Stage, Updates},
	ids::{Attempt, BlockNumber, Digest, JobId, Round, SessionIndex, Slot, TaskKey},
	job::JobState,
	judgement::Verdict,
	ledger::Ledger,
	plan::{CheckpointRef, Plan, PlanFacts},
	round::{DrawRecord, Failure, Outlook, Phase, RoundState, SlotState, Work},
	seal::Trace,
	terms::Terms,
};
use assay_numerics::{Loss, Root};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A task of the current round, with what is needed to work on it, check it and judge it.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct TaskView<AccountId> {
	/// The job.
	pub job: JobId,
	/// The round.
	pub round: Round,
	/// The slot.
	pub slot: Slot,
	/// The attempt.
	pub attempt: Attempt,
	/// The stash of its provider.
	pub provider: AccountId,
	/// Where the slot is.
	pub state: SlotState,
	/// The phase of the round.
	pub phase: Phase,
	/// The block in which the phase began.
	pub since: BlockNumber,
	/// The last block that takes the phase's calls.
	pub deadline: BlockNumber,
	/// Root of the checkpoint that the round starts from.
	pub parent: Root,
	/// Root of what the slot carried into the round.
	pub slot_root: Root,
	/// The work that was revealed, if it was.
	pub work: Option<Work>,
	/// The claim of failure that was revealed in its place. Its committee recomputes the task from the
	/// parent up to the step: no segment is drawn, and nothing but the parent is fetched. The borders
	/// before it are shown as those of work.
	pub failure: Option<Failure>,
	/// The latest draw of the round, if there was one.
	pub draw: Option<DrawRecord>,
	/// The first block whose beacon output the draw may use, while it is awaited.
	pub draw_from: Option<BlockNumber>,
	/// The index of the current or latest draw.
	pub draw_index: u32,
	/// Segments of the task: its trace has one border more.
	pub segments: u32,
	/// The segment that the current draw names, which is what a drawn validator recomputes: below
	/// `segments`, and 0 for tasks of one segment. None if the task is not drawn: its committee fetches
	/// the update and looks whether it is a checkpoint of the model. None as well unless the slot is
	/// being judged, so that a draw of an earlier pass is never taken for this attempt's.
	pub segment: Option<u32>,
	/// The probability that the work is drawn, in parts per million; 0 until it is revealed, and a
	/// million for a claim of failure.
	pub rate_ppm: u32,
	/// Seats of the committee, in the current draw if there is one.
	pub committee: u32,
	/// Equal verdicts that decide, of committees that have not grown.
	pub quorum: u32,
}

/// A round as it stands.
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
pub struct RoundView {
	/// The job.
	pub job: JobId,
	/// The round.
	pub round: Round,
	/// Its phase, deadline and counters.
	pub state: RoundState,
	/// The first block whose beacon output the draw may use, while it is awaited.
	pub draw_from: Option<BlockNumber>,
	/// Root of the checkpoint that it starts from.
	pub parent: Root,
	/// Seats of a committee.
	pub committee: u32,
	/// Equal verdicts, or equal claims, that decide.
	pub quorum: u32,
}

/// A job as it stands.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct JobView<AccountId> {
	/// The job.
	pub job: JobId,
	/// Who posted it, and gets what is refunded.
	pub owner: AccountId,
	/// Where it is.
	pub state: JobState,
	/// The block in which it was posted.
	pub posted: BlockNumber,
	/// The last block in which providers can join, while it is open.
	pub join_deadline: BlockNumber,
	/// The id of its plan.
	pub plan_id: Digest,
	/// The plan.
	pub plan: Plan,
	/// What lowering the plan told.
	pub facts: PlanFacts,
	/// The terms.
	pub terms: Terms,
	/// Providers that have joined.
	pub members: u32,
	/// Rounds that are closed: the number of the current round while it runs.
	pub round: Round,
	/// The latest agreed checkpoint.
	pub checkpoint: CheckpointRef,
	/// Where the money is.
	pub ledger: Ledger,
}

/// An open dispute as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct DisputeView<AccountId> {
	/// The attempt.
	pub task: TaskKey,
	/// The stash whose work it is.
	pub provider: AccountId,
	/// The stash that says that the work is wrong.
	pub challenger: AccountId,
	/// The job's plan.
	pub plan: Plan,
	/// The checkpoint that the task started from.
	pub parent: Root,
	/// The trace that the provider revealed.
	pub trace: Trace,
	/// What the dispute waits for.
	pub stage: Stage,
	/// Whose turn it is.
	pub turn: Side,
	/// Blocks that this side has left, if none of them is full. What comes later costs a provider its
	/// pay and a challenger the dispute.
	pub left: BlockNumber,
	/// Moves so far.
	pub moves: u32,
	/// Whether the time of the side is over, so that anyone may end its turn.
	pub is_over: bool,
	/// Where training is claimed to end, if that was revealed instead of work.
	pub failure: Option<Failure>,
}

/// An open conflict about the next checkpoint of a round, as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ConflictView<AccountId> {
	/// The job.
	pub job: JobId,
	/// The round.
	pub round: Round,
	/// The stash whose checkpoint is looked at.
	pub claimant: AccountId,
	/// The stash that contradicts it.
	pub challenger: AccountId,
	/// The claimant's checkpoint.
	pub claimed: Root,
	/// The checkpoint that the round started from.
	pub parent: Root,
	/// The accepted updates, in the order of their slots.
	pub updates: Updates,
	/// The job's plan.
	pub plan: Plan,
	/// What the conflict waits for.
	pub stage: ClosingStage,
	/// Whose turn it is; the claimant plays the provider's part.
	pub turn: Side,
	/// Blocks that this side has left, if none of them is full.
	pub left: BlockNumber,
	/// Moves so far.
	pub moves: u32,
	/// Whether the time of the side is over, so that anyone may end its turn.
	pub is_over: bool,
}

/// What remains of a closed round.
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
pub struct RoundRecord {
	/// The round.
	pub round: Round,
	/// Root of the agreed checkpoint after it.
	pub checkpoint: Root,
	/// Its loss on the held-out set.
	pub loss: Loss,
	/// Accepted slots.
	pub accepted: u32,
	/// Slots that were given up.
	pub dropped: u32,
	/// The block in which it closed.
	pub closed: BlockNumber,
}

/// What proof-of-compute tells about a round. Each fact was checked there: the right account, the
/// right seal, the right seat. Phase, deadline and state are checked by whoever is told.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum RoundFact<AccountId> {
	/// The provider sealed its work.
	#[codec(index = 0)]
	Committed {
		/// The slot.
		slot: Slot,
	},
	/// The provider opened its seal.
	#[codec(index = 1)]
	Revealed {
		/// The slot.
		slot: Slot,
		/// What it shows.
		work: Work,
	},
	/// The beacon was read.
	#[codec(index = 2)]
	Drawn {
		/// The seed of the committees.
		seed: Digest,
		/// The session whose stakes they are drawn from.
		session: SessionIndex,
	},
	/// A drawn validator sealed a verdict, its first for this slot in this draw.
	#[codec(index = 3)]
	Sealed {
		/// The slot.
		slot: Slot,
		/// The validator's stash.
		validator: AccountId,
		/// Seats of the slot's committee: the same for each of its seals.
		seats: u32,
	},
	/// A drawn validator opened its verdict. Whether this decides the slot, and who is paid or
	/// slashed for it, is for whoever is told: the same must happen when the deadline decides.
	#[codec(index = 4)]
	Unsealed {
		/// The slot.
		slot: Slot,
		/// The validator's stash.
		validator: AccountId,
		/// What it says.
		verdict: Verdict,
		/// Its uptime, this answer included.
		uptime_ppm: u32,
	},
	/// Somebody without a seat opened a dispute about revealed work.
	#[codec(index = 6)]
	Disputed {
		/// The slot.
		slot: Slot,
	},
	/// The provider opened its seal to a claim of failure.
	#[codec(index = 7)]
	FailureRevealed {
		/// The slot.
		slot: Slot,
		/// Where training ends.
		failure: Failure,
	},
	/// Everybody drawn has made a claim about the next checkpoint, a quorum the same one, and no conflict is
	/// open.
	#[codec(index = 5)]
	Closed {
		/// Its root.
		checkpoint: Root,
		/// Its loss on the held-out set.
		loss: Loss,
	},
	/// What the claims about the next checkpoint come to so far.
	#[codec(index = 18)]
	Stands {
		/// What they come to.
		outlook: Outlook,
	},
}
