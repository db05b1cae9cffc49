//! What happens, told to whoever follows.

use frame_support::pallet_macros::pallet_section;

/// The events of the pallet.
#[pallet_section]
mod events {
	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A provider sealed the work of its task.
		#[codec(index = 0)]
		TaskCommitted {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
			/// The attempt.
			attempt: Attempt,
			/// The provider's stash.
			provider: T::AccountId,
			/// The seal.
			seal: Digest,
		},
		/// A provider opened its seal.
		#[codec(index = 1)]
		TaskRevealed {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
			/// The attempt.
			attempt: Attempt,
			/// The provider's stash.
			provider: T::AccountId,
			/// What was sealed.
			reveal: TaskReveal,
		},
		/// The beacon was read: the committees of this draw are decided.
		#[codec(index = 2)]
		Drawn {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// Which draw of the round, from 0.
			draw_index: u32,
			/// The seed of the committees.
			seed: Digest,
			/// The session whose stakes they are drawn from.
			session: SessionIndex,
		},
		/// The committee of a slot was stored, with its first seal.
		#[codec(index = 3)]
		PanelFormed {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
			/// The attempt.
			attempt: Attempt,
			/// The draw.
			draw_index: u32,
			/// The stashes, in the order of their seats.
			validators: Committee<T::AccountId>,
		},
		/// A drawn validator sealed a verdict.
		#[codec(index = 4)]
		VerdictSealed {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
			/// The attempt.
			attempt: Attempt,
			/// The draw.
			draw_index: u32,
			/// The validator's stash.
			validator: T::AccountId,
			/// The seal.
			seal: Digest,
		},
		/// A drawn validator opened its verdict.
		#[codec(index = 5)]
		VerdictRevealed {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
			/// The attempt.
			attempt: Attempt,
			/// The draw.
			draw_index: u32,
			/// The validator's stash.
			validator: T::AccountId,
			/// What it says.
			verdict: Verdict,
			/// Its uptime bonus with this answer, in parts per million.
			uptime_ppm: u32,
		},
		/// A validator did not answer a draw in time.
		#[codec(index = 6)]
		ValidatorAbsent {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
			/// The draw.
			draw_index: u32,
			/// The validator's stash.
			validator: T::AccountId,
		},
		/// A validator named the next checkpoint.
		#[codec(index = 7)]
		AggregateClaimed {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The validator's stash.
			validator: T::AccountId,
			/// Root of the checkpoint.
			checkpoint: Root,
			/// Its loss on the held-out set.
			loss: Loss,
		},
		/// Nothing is left of a round here.
		#[codec(index = 8)]
		RoundCleared {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
		},
		/// A provider opened its seal to a claim that training ends.
		#[codec(index = 9)]
		FailureRevealed {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The slot.
			slot: Slot,
			/// The attempt.
			attempt: Attempt,
			/// The provider's stash.
			provider: T::AccountId,
			/// What was sealed.
			failure: FailureReveal,
		},
		/// A claim about the next checkpoint counts no more.
		#[codec(index = 20)]
		ClaimStruck {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The validator's stash.
			validator: T::AccountId,
			/// Why.
			struck: Struck,
		},
	}
}
