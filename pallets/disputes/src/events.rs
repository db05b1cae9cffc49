//! What happens, told to whoever follows.

use frame_support::pallet_macros::pallet_section;

/// The events of the pallet.
#[pallet_section]
mod events {
	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A dispute was opened.
		#[codec(index = 0)]
		Opened {
			/// The attempt.
			task: TaskKey,
			/// The stash whose work it is.
			provider: T::AccountId,
			/// The stash that says that the work is wrong.
			challenger: T::AccountId,
			/// What it pledged of its bond.
			pledge: Balance,
		},
		/// Another validator of the committee says the same.
		#[codec(index = 1)]
		Joined {
			/// The attempt.
			task: TaskKey,
			/// Its stash.
			validator: T::AccountId,
		},
		/// The challenger asked.
		#[codec(index = 2)]
		Asked {
			/// The attempt.
			task: TaskKey,
			/// The move, counted from 0.
			number: u32,
		},
		/// The provider answered, or somebody did for it.
		#[codec(index = 3)]
		Answered {
			/// The attempt.
			task: TaskKey,
			/// The move, counted from 0.
			number: u32,
			/// Whether it came when the provider's time was over: the price of the task is lost.
			late: bool,
		},
		/// The work is wrong, or its provider fell silent.
		#[codec(index = 4)]
		Convicted {
			/// The attempt.
			task: TaskKey,
			/// The stash whose work it is.
			provider: T::AccountId,
			/// Whether the runtime has checked a proof; else no answer came in time.
			proven: bool,
			/// What was taken of the task's stake.
			slashed: Balance,
			/// The stashes that share half of it.
			informers: Seated<T::AccountId>,
		},
		/// A challenger has lost: the place it named is right, or it fell silent.
		#[codec(index = 5)]
		ChallengerLost {
			/// The attempt.
			task: TaskKey,
			/// The stash.
			challenger: T::AccountId,
			/// Whether the runtime has checked that the place is right; else no move came in time.
			proven: bool,
		},
		/// The next dissenter takes over, from the beginning.
		#[codec(index = 6)]
		ChallengerReplaced {
			/// The attempt.
			task: TaskKey,
			/// Its stash.
			challenger: T::AccountId,
			/// What it pledged of its bond.
			pledge: Balance,
		},
		/// The last challenger has lost: the work stays left out of its round, and whoever lost pays
		/// for it.
		#[codec(index = 7)]
		Acquitted {
			/// The attempt.
			task: TaskKey,
			/// The stash whose work it is.
			provider: T::AccountId,
			/// What it is owed from the pledge: the price, or nothing if it answered late.
			compensation: Balance,
		},
		/// Two validators drawn to close a round name other checkpoints: the round waits until one of
		/// them has lost.
		#[codec(index = 18)]
		ConflictOpened {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The stash whose checkpoint is looked at.
			claimant: T::AccountId,
			/// The stash that contradicts it.
			challenger: T::AccountId,
			/// The claimant's checkpoint.
			claimed: Root,
			/// What each of them has pledged of its bond.
			pledge: Balance,
		},
		/// Nodes of a claimed checkpoint were shown.
		#[codec(index = 19)]
		CheckpointShown {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The move, counted from 0.
			number: u32,
		},
		/// The challenger of a checkpoint went one level down.
		#[codec(index = 20)]
		NodeChosen {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The move, counted from 0.
			number: u32,
		},
		/// Updates were added to the chosen tile, and more are needed.
		#[codec(index = 21)]
		UpdatesAdded {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// The move, counted from 0.
			number: u32,
		},
		/// A side of a conflict has lost. What follows for the claims is proof-of-compute's.
		#[codec(index = 22)]
		ConflictRuled {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// Who is wrong, and how that was found.
			ruling: ClosingRuling,
			/// The stash that has lost its pledge.
			loser: T::AccountId,
			/// The other side, which gets half of it.
			winner: T::AccountId,
		},
		/// Another validator has claimed the checkpoint that was found wrong, and has paid as much.
		#[codec(index = 23)]
		PartnerConvicted {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
			/// Its stash.
			partner: T::AccountId,
			/// What was taken of its bond; 0 if it had not as much that was not pledged.
			taken: Balance,
		},
		/// A conflict decides nothing any more, because its round is over. The pledges are free.
		#[codec(index = 24)]
		ConflictDropped {
			/// The job.
			job: JobId,
			/// The round.
			round: Round,
		},
	}
}
