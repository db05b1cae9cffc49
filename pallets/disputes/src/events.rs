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
	}
}
