//! Why a job is not accepted: one variant for each reason, with the value and its bound.

use crate::{
	ids::{Balance, BlockNumber},
	money::Overflow,
	terms::WindowKind,
};
use assay_numerics::PlanError;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// A reason why posting a job is refused.
///
/// Append only: an index is never used for another reason. 22 refused adapters, and is gone.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Refusal {
	/// The plan describes no program of its profile.
	#[codec(index = 0)]
	PlanNotLowered(PlanError),
	/// The encoded plan is too long.
	#[codec(index = 1)]
	PlanTooLong {
		/// Encoded bytes.
		bytes: u32,
		/// The most that is accepted.
		most: u32,
	},
	/// The data are too few to train on, or more than supported.
	#[codec(index = 2)]
	DataBytesOutOfRange {
		/// Its bytes.
		bytes: u64,
		/// The least that is accepted.
		least: u64,
		/// The most that is accepted.
		most: u64,
	},
	/// A task has no steps, or too many.
	#[codec(index = 3)]
	StepsOutOfRange {
		/// Steps of a task.
		steps: u32,
		/// The most that is accepted; the least is 1.
		most: u32,
	},
	/// The stride is longer than the task, or makes more segments than a trace has room for.
	#[codec(index = 4)]
	StrideOutOfRange {
		/// The stride.
		stride: u32,
		/// The least that is accepted: a 31st of the steps, rounded up.
		least: u32,
		/// The most that is accepted: the steps.
		most: u32,
	},
	/// The held-out set is too small to mean anything, or too large to evaluate.
	#[codec(index = 5)]
	EvalRowsOutOfRange {
		/// Its examples.
		rows: u32,
		/// The least that is accepted.
		least: u32,
		/// The most that is accepted of this model.
		most: u32,
	},
	/// The first checkpoint cannot be one of this model: its bytes are another number.
	#[codec(index = 6)]
	ParentBytesWrong {
		/// The bytes given.
		bytes: u64,
		/// The bytes of the model's parameters.
		expected: u64,
	},
	/// A task would be paid nothing.
	#[codec(index = 7)]
	PriceZero,
	/// The task stake does not cover the penalty of a missed commit.
	#[codec(index = 8)]
	StakeBelowPenalty {
		/// The stake.
		stake: Balance,
		/// The penalty.
		least: Balance,
	},
	/// A round has no tasks, or too many.
	#[codec(index = 9)]
	TasksOutOfRange {
		/// Tasks of a round.
		tasks: u32,
		/// The most that is accepted; the least is 1.
		most: u32,
	},
	/// The job has no rounds, or too many.
	#[codec(index = 10)]
	RoundsOutOfRange {
		/// Rounds of the job.
		rounds: u32,
		/// The most that is accepted; the least is 1.
		most: u32,
	},
	/// The job starts without providers, or waits for more than can join.
	#[codec(index = 11)]
	ProvidersOutOfRange {
		/// Members it waits for.
		providers: u32,
		/// The most that is accepted; the least is 1.
		most: u32,
	},
	/// The committee has no seats, or too many.
	#[codec(index = 12)]
	CommitteeOutOfRange {
		/// Its seats.
		committee: u32,
		/// The most that is accepted; the least is 1.
		most: u32,
	},
	/// The quorum is no strict majority of the committee, less than two thirds of it, rounded down, or
	/// more than the whole of it.
	#[codec(index = 13)]
	QuorumOutOfRange {
		/// The quorum.
		quorum: u32,
		/// The least that is accepted.
		least: u32,
		/// The most that is accepted.
		most: u32,
	},
	/// A window is too short to answer in, or too long.
	#[codec(index = 14)]
	WindowOutOfRange {
		/// Which window.
		window: WindowKind,
		/// Its blocks.
		blocks: BlockNumber,
		/// The least that is accepted.
		least: BlockNumber,
		/// The most that is accepted.
		most: BlockNumber,
	},
	/// The shares do not add up to the whole.
	#[codec(index = 15)]
	SharesSumWrong {
		/// Their sum in parts per million.
		sum: u64,
		/// What it must be.
		expected: u32,
	},
	/// Nothing is left for compute: there would be no budget that pays the price.
	#[codec(index = 16)]
	ComputeShareZero,
	/// There is a share for data, but no dataset with an owner yet.
	#[codec(index = 17)]
	NoDataset {
		/// The share, in parts per million. It must be 0.
		data: u32,
	},
	/// The verdicts of a round can cost more than their share of the budget: raise the share, or lower
	/// the floor of the audit rate, the committee or the stride.
	#[codec(index = 18)]
	AuditBillAbovePool {
		/// What they can cost.
		bill: Balance,
		/// Their share.
		pool: Balance,
	},
	/// An amount leaves the range of a balance.
	#[codec(index = 19)]
	Overflow,
	/// The data end in the middle of a token or record.
	#[codec(index = 20)]
	DataNotWholeItems {
		/// The bytes given.
		bytes: u64,
		/// What they must be a multiple of: bytes of a token or record.
		item_bytes: u32,
	},
	/// The held-out part of the data, the last sixteenth, is too short for a single example.
	#[codec(index = 21)]
	DataHoldsNoExample {
		/// Tokens or records of that part.
		items: u64,
		/// The least that is accepted: the context and one.
		least: u64,
	},
	/// The checkpoint is larger than what any worker can be asked to hold.
	#[codec(index = 23)]
	CheckpointTooLarge {
		/// Its bytes.
		bytes: u64,
		/// The most that is accepted.
		most: u64,
	},
	/// A step has a tensor that is larger than what any worker can be asked to hold: take a smaller
	/// batch or context.
	#[codec(index = 24)]
	StepTooLarge {
		/// Elements of the largest tensor of a step.
		elements: u64,
		/// The most that is accepted.
		most: u64,
	},
	/// The frozen model that the plan's adapters belong to is larger than what any worker can be
	/// asked to hold.
	#[codec(index = 25)]
	BaseTooLarge {
		/// Its bytes.
		bytes: u64,
		/// The most that is accepted.
		most: u64,
	},
	/// Tasks would never be drawn for a check, or more often than always.
	#[codec(index = 26)]
	AuditFloorOutOfRange {
		/// The floor of the audit rate, in parts per million.
		floor_ppm: u32,
		/// The most that is accepted; the least is 1.
		most: u32,
	},
	/// Checks would repeat too much of the work: lower the floor of the audit rate, the committee or
	/// the stride.
	#[codec(index = 27)]
	AuditRepeatsTooMuch {
		/// The floor of the audit rate, in parts per million.
		floor_ppm: u32,
		/// The most that is accepted of this committee and stride.
		most: u32,
	},
	/// The check of a newcomer's task would cost it more than the task pays: take a smaller committee
	/// or a shorter stride.
	#[codec(index = 28)]
	CheckAbovePrice {
		/// The fees of a full committee, with the highest bonus.
		fees: Balance,
		/// The most that is accepted.
		most: Balance,
	},
	/// Wrong work would pay on average: raise the task stake or the floor of the audit rate, or take
	/// fewer segments.
	#[codec(index = 29)]
	StakeDoesNotDeter {
		/// The task stake.
		stake: Balance,
		/// The least that deters; the largest balance if none does.
		least: Balance,
	},
}

impl From<Overflow> for Refusal {
	fn from(_: Overflow) -> Self {
		Self::Overflow
	}
}
