//! Why calls are refused.

use frame_support::pallet_macros::pallet_section;

/// The errors of the pallet.
#[pallet_section]
mod errors {
	/// Why a call is refused. Errors of pallet-stake, about a bond, are passed on.
	#[pallet::error]
	pub enum Error<T> {
		/// The key acts for no stash. Register it with the stash's `set_worker`.
		#[codec(index = 0)]
		NotAWorker,
		/// There is no open dispute about this attempt.
		#[codec(index = 1)]
		NoDispute,
		/// Only the challenger asks.
		#[codec(index = 2)]
		NotChallenger,
		/// Only the provider commits to something new.
		#[codec(index = 3)]
		NotProvider,
		/// The time for this turn is over.
		#[codec(index = 4)]
		TimeOver,
		/// The side whose turn it is has time left, or the work is still being judged.
		#[codec(index = 5)]
		TimeLeft,
		/// It is the other side's turn.
		#[codec(index = 6)]
		NotYourTurn,
		/// The dispute waits for another kind of move.
		#[codec(index = 7)]
		NotAwaited,
		/// There is no such segment, step, node or root: count from 0.
		#[codec(index = 8)]
		NoSuchPlace,
		/// The states do not lead from one border of the segment to the other.
		#[codec(index = 9)]
		OtherStates,
		/// The nodes, or the roots, do not make what was committed.
		#[codec(index = 10)]
		OtherNodes,
		/// The evidence does not open what is committed, or is not what the step reads.
		#[codec(index = 11)]
		BadEvidence,
		/// A defect: the plan of the dispute has no such op. Tell the developers.
		#[codec(index = 12)]
		Inconsistent,
		/// The challenger has lost, and nobody has followed it yet. Call `end` when the work is judged
		/// or somebody else has said that it is invalid.
		#[codec(index = 13)]
		ChallengerHasLost,
		/// The challenger has lost a dispute about this attempt before. Others can open one.
		#[codec(index = 34)]
		HasLostBefore,
		/// There is no open conflict about the next checkpoint of this round.
		#[codec(index = 24)]
		NoConflict,
		/// A defect: the round has a conflict already. Tell the developers.
		#[codec(index = 25)]
		ConflictExists,
	}

	impl<T> From<DisputeError> for Error<T> {
		fn from(error: DisputeError) -> Self {
			match error {
				DisputeError::NotYourTurn { .. } => Error::NotYourTurn,
				DisputeError::NotAwaited => Error::NotAwaited,
				DisputeError::NoSuchPlace { .. } => Error::NoSuchPlace,
				DisputeError::OtherStates => Error::OtherStates,
				DisputeError::Descent(_) => Error::OtherNodes,
				DisputeError::Evidence(_) => Error::BadEvidence,
				DisputeError::Inconsistent => Error::Inconsistent,
			}
		}
	}
}
