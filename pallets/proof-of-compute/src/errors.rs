//! Why calls are refused.

use frame_support::pallet_macros::pallet_section;

/// The errors of the pallet.
#[pallet_section]
mod errors {
	/// Why a call is refused. Errors of pallet-jobs, about a job that does not run or a slot that
	/// does not exist, are passed on.
	#[pallet::error]
	pub enum Error<T> {
		/// The key acts for no stash. Register it with the stash's `set_worker`.
		#[codec(index = 0)]
		NotAWorker,
		/// The slot is assigned to another provider.
		#[codec(index = 1)]
		NotAssigned,
		/// The stash has no seat in this draw.
		#[codec(index = 2)]
		NotDrawn,
		/// The round is not in TRAIN.
		#[codec(index = 3)]
		NotTraining,
		/// The round is not in REVEAL.
		#[codec(index = 4)]
		NotRevealing,
		/// The round is not in DRAW.
		#[codec(index = 5)]
		NotDrawing,
		/// The round is not in ASSAY.
		#[codec(index = 6)]
		NotAssaying,
		/// The round is not in UNSEAL.
		#[codec(index = 7)]
		NotUnsealing,
		/// The round is not in CLOSE.
		#[codec(index = 8)]
		NotClosing,
		/// The phase is over; anybody can move the round on with the jobs pallet's `advance`.
		#[codec(index = 9)]
		DeadlinePassed,
		/// The round runs, but this slot waits for something else, or is decided.
		#[codec(index = 10)]
		SlotNotOpen,
		/// The task has its seal.
		#[codec(index = 11)]
		AlreadyCommitted,
		/// The task's seal is open.
		#[codec(index = 12)]
		AlreadyRevealed,
		/// The seat has sealed its verdict in this draw.
		#[codec(index = 13)]
		AlreadySealed,
		/// The seat's verdict is open.
		#[codec(index = 14)]
		AlreadyUnsealed,
		/// The stash has made its claim in this window.
		#[codec(index = 15)]
		AlreadyClaimed,
		/// The seat has sealed no verdict that could be opened.
		#[codec(index = 16)]
		NotSealed,
		/// What is shown is not what was sealed here by this stash.
		#[codec(index = 17)]
		SealMismatch,
		/// The trace does not begin at the agreed state, does not end at the revealed one, or leaves
		/// something in its slot, which no work of this version does. That of a claim of failure ends at
		/// the start of the segment in which training ends.
		#[codec(index = 18)]
		TraceMismatch,
		/// The job is in another round.
		#[codec(index = 19)]
		RoundMismatch,
		/// The window of the draw is not over, or it has no output, or the beacon has forgotten it.
		/// Later, or after the next deadline, there is another.
		#[codec(index = 20)]
		OutputsNotReady,
		/// The session of the block that the draw counts from is forgotten. The next draw has
		/// another one.
		#[codec(index = 21)]
		SessionForgotten,
		/// The stakes of the draw's session are forgotten. The next draw has others.
		#[codec(index = 22)]
		StakesForgotten,
		/// The round still runs.
		#[codec(index = 23)]
		RoundNotOver,
		/// Nothing is left of the round.
		#[codec(index = 24)]
		NothingToClear,
		/// The jobs pallet knows of something that this pallet does not: a defect, please report it.
		#[codec(index = 25)]
		RecordMissing,
		/// Nobody disputes its own work.
		#[codec(index = 26)]
		OwnWork,
		/// There is a dispute about this work already.
		#[codec(index = 27)]
		AlreadyDisputed,
		/// The plan's tasks have no such step.
		#[codec(index = 28)]
		StepOutsidePlan,
		/// A step of the plan has no such op whose output is judged.
		#[codec(index = 30)]
		NoSuchOp,
		/// The output of the op has no such tile.
		#[codec(index = 31)]
		NoSuchTile,
		/// The fold of the tile has no such part: of at most one step it is the whole, of more a step or
		/// the end.
		#[codec(index = 32)]
		NoSuchPart,
		/// The attempt was not accepted, or its stake is released or lost. What is still being judged is
		/// disputed with `dispute_task`.
		#[codec(index = 50)]
		NotAccepted,
		/// The window for disputes about this work is over.
		#[codec(index = 51)]
		WindowOver,
		/// This is not what the provider revealed. Its `TaskRevealed` event has the trace.
		#[codec(index = 52)]
		OtherTrace,
		/// No conflict about the next checkpoint of this round is ruled and waits for that.
		#[codec(index = 40)]
		NothingToSettle,
	}

	impl<T> From<FailureError> for Error<T> {
		fn from(error: FailureError) -> Self {
			match error {
				FailureError::NoSuchStep { .. } => Error::StepOutsidePlan,
				FailureError::NoSuchOp { .. } => Error::NoSuchOp,
				FailureError::NoSuchTile { .. } => Error::NoSuchTile,
				FailureError::NoSuchPart { .. } => Error::NoSuchPart,
				FailureError::OtherTrace => Error::TraceMismatch,
			}
		}
	}
}
