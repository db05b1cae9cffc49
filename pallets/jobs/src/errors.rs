//! Why calls are refused. Part of the pallet's module, see [`crate::pallet`].

use frame_support::pallet_macros::pallet_section;

/// Why a call was refused.
#[pallet_section]
mod errors {
	/// Why a call was refused.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such job, or it is pruned.
		#[codec(index = 0)]
		UnknownJob,
		/// The plan describes no program of its profile. The runtime API `JobsApi_check` tells which
		/// value is out of range.
		#[codec(index = 1)]
		PlanNotLowered,
		/// The encoded plan is too long.
		#[codec(index = 2)]
		PlanTooLong,
		/// The data are too few to train on, or more than supported.
		#[codec(index = 3)]
		DataBytesOutOfRange,
		/// A task has no steps, or too many.
		#[codec(index = 4)]
		StepsOutOfRange,
		/// The stride is longer than the task, or makes more than 31 segments of it.
		#[codec(index = 5)]
		StrideOutOfRange,
		/// The held-out set is too small to mean anything, or too large to evaluate.
		#[codec(index = 6)]
		EvalRowsOutOfRange,
		/// The first checkpoint cannot be one of this model: its bytes are another number.
		#[codec(index = 7)]
		ParentBytesWrong,
		/// A task would be paid nothing.
		#[codec(index = 8)]
		PriceZero,
		/// The task stake does not cover the penalty of a missed commit, a tenth of the price.
		#[codec(index = 9)]
		StakeBelowPenalty,
		/// A round has no tasks, or more than the chain takes.
		#[codec(index = 10)]
		TasksOutOfRange,
		/// The job has no rounds, or too many.
		#[codec(index = 11)]
		RoundsOutOfRange,
		/// The job starts without providers, or waits for more than can join.
		#[codec(index = 12)]
		ProvidersOutOfRange,
		/// The committee has no seats, or too many.
		#[codec(index = 13)]
		CommitteeOutOfRange,
		/// The quorum is no strict majority of the committee, or more than the whole of it.
		#[codec(index = 14)]
		QuorumOutOfRange,
		/// A window is too short to answer in, or too long.
		#[codec(index = 15)]
		WindowOutOfRange,
		/// The shares do not add up to 1,000,000 parts per million.
		#[codec(index = 16)]
		SharesSumWrong,
		/// Nothing is left for compute.
		#[codec(index = 17)]
		ComputeShareZero,
		/// There is a share for data, but no dataset with an owner yet. Make it 0.
		#[codec(index = 18)]
		NoDataset,
		/// The verdicts of a round can cost more than their share of the budget. Raise the share
		/// for validation, or lower the floor of the audit rate, the committee or the stride.
		#[codec(index = 19)]
		AuditBillAbovePool,
		/// An amount leaves the range of a balance. Lower the price or the stake.
		#[codec(index = 20)]
		AmountTooLarge,
		/// The signer works for no stash. Sign with a worker key.
		#[codec(index = 21)]
		NotWorker,
		/// The stash has no active bond as a provider.
		#[codec(index = 22)]
		NotProvider,
		/// The provider is a member already.
		#[codec(index = 23)]
		AlreadyMember,
		/// The provider is no member.
		#[codec(index = 24)]
		NotMember,
		/// The job has as many members as it takes.
		#[codec(index = 25)]
		MembersFull,
		/// The job pays less than the provider asks for.
		#[codec(index = 26)]
		PriceBelowMinimum,
		/// Only who posted the job may do this.
		#[codec(index = 27)]
		NotOwner,
		/// The job has ended.
		#[codec(index = 28)]
		JobOver,
		/// The job does not run.
		#[codec(index = 29)]
		JobNotRunning,
		/// The round has no such slot.
		#[codec(index = 30)]
		UnknownSlot,
		/// The round is in another phase.
		#[codec(index = 31)]
		WrongPhase,
		/// The phase takes nothing more: its last block is over.
		#[codec(index = 32)]
		DeadlinePassed,
		/// There is still time: wait until the deadline is over.
		#[codec(index = 33)]
		DeadlineAhead,
		/// The slot waits for something else.
		#[codec(index = 34)]
		WrongSlotState,
		/// The committee of a slot has another number of seats.
		#[codec(index = 35)]
		SeatsWrong,
		/// Every seat of the slot has sealed its verdict.
		#[codec(index = 36)]
		AllSealed,
		/// More verdicts are opened than were sealed.
		#[codec(index = 37)]
		NotSealed,
		/// The validator has opened its verdict already.
		#[codec(index = 38)]
		AlreadyUnsealed,
		/// None of the beneficiaries has a credit that it can receive.
		#[codec(index = 39)]
		NothingToClaim,
		/// The job has not ended, or its credits can still be claimed.
		#[codec(index = 40)]
		NotPrunable,
		/// The chain's own records disagree. A defect: please report it.
		#[codec(index = 41)]
		Inconsistent,
		/// The data end in the middle of a token or record. The runtime API `JobsApi_check` tells
		/// the bytes that their length must be a multiple of.
		#[codec(index = 42)]
		DataNotWholeItems,
		/// The held-out part of the data, the last sixteenth, is too short for a single example:
		/// bring more data or shorten the context.
		#[codec(index = 43)]
		DataHoldsNoExample,
		// 44 refused adapters; the index is never used again.
		/// The checkpoint is larger than what any worker can be asked to hold: take a smaller model.
		#[codec(index = 45)]
		CheckpointTooLarge,
		/// A step has a tensor that is larger than what any worker can be asked to hold: take a smaller
		/// batch or context.
		#[codec(index = 46)]
		StepTooLarge,
		/// The frozen model that the plan's adapters belong to is larger than what any worker can be
		/// asked to hold: take a smaller one.
		#[codec(index = 47)]
		BaseTooLarge,
		/// Tasks would never be drawn for a check, or more often than always. The floor of the audit
		/// rate is from 1 to 1,000,000 parts per million.
		#[codec(index = 48)]
		AuditFloorOutOfRange,
		/// Checks would repeat too much of the work. Lower the floor of the audit rate, the committee or
		/// the stride; the runtime API `JobsApi_check` tells the highest floor.
		#[codec(index = 49)]
		AuditRepeatsTooMuch,
		/// The check of a newcomer's task would cost it more than the task pays. Take a smaller
		/// committee or a shorter stride.
		#[codec(index = 50)]
		CheckAbovePrice,
		/// Wrong work would pay on average. Raise the task stake or the floor of the audit rate, or take
		/// fewer segments; the runtime API `JobsApi_check` tells the least stake.
		#[codec(index = 51)]
		StakeDoesNotDeter,
		/// Work of the job can still be disputed, or the stake of it was not released yet. Wait for the
		/// end of its windows, then call `release_stakes` or prune again after some idle blocks.
		#[codec(index = 73)]
		WindowsOpen,
		/// None of the tasks was accepted and has a window that is over.
		#[codec(index = 74)]
		NothingToRelease,
		/// The attempt was not accepted, or its stake is released or lost.
		#[codec(index = 75)]
		NotAccepted,
		/// There is a dispute about this work already.
		#[codec(index = 76)]
		AlreadyDisputed,
		/// The window for disputes about this work is over.
		#[codec(index = 77)]
		WindowOver,
	}
}
