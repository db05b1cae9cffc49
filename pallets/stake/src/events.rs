//! What the pallet tells. Part of the pallet's module, see [`crate::pallet`].

use frame_support::pallet_macros::pallet_section;

/// What has changed.
#[pallet_section]
mod events {
	/// What has changed.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A bond was placed, raised or taken back from unbonding.
		#[codec(index = 0)]
		Bonded {
			/// Who bonded.
			stash: T::AccountId,
			/// For which role.
			role: Role,
			/// What was added.
			amount: Balance,
			/// The bond after it.
			total: Balance,
		},
		/// A bond started to unbond.
		#[codec(index = 1)]
		Unbonding {
			/// Whose bond.
			stash: T::AccountId,
			/// For which role.
			role: Role,
			/// The bond.
			amount: Balance,
			/// First session in which it can be withdrawn.
			until: SessionIndex,
		},
		/// A bond was released to its owner.
		#[codec(index = 2)]
		Withdrawn {
			/// Whose bond.
			stash: T::AccountId,
			/// For which role.
			role: Role,
			/// What was released.
			amount: Balance,
		},
		/// A stash named its worker key.
		#[codec(index = 3)]
		WorkerSet {
			/// Who is served.
			stash: T::AccountId,
			/// The key that serves.
			worker: T::AccountId,
		},
		/// A stash has no worker key any more.
		#[codec(index = 4)]
		WorkerUnset {
			/// Who was served.
			stash: T::AccountId,
			/// The key that served.
			worker: T::AccountId,
		},
		/// A task's stake was placed on hold.
		#[codec(index = 5)]
		TaskHeld {
			/// Whose stake.
			stash: T::AccountId,
			/// Which task.
			task: TaskKey,
			/// How much.
			amount: Balance,
		},
		/// What was left of a task's stake was released.
		#[codec(index = 6)]
		TaskReleased {
			/// Whose stake.
			stash: T::AccountId,
			/// Which task.
			task: TaskKey,
			/// How much.
			amount: Balance,
		},
		/// A part of a task's stake, or all of it, was burned.
		#[codec(index = 7)]
		TaskSlashed {
			/// Whose stake.
			stash: T::AccountId,
			/// Which task.
			task: TaskKey,
			/// How much was burned.
			amount: Balance,
		},
		/// The set of a coming session was chosen. Its members are in the snapshot.
		#[codec(index = 8)]
		ValidatorsElected {
			/// The planned session.
			session: SessionIndex,
			/// How many were elected.
			elected: u32,
		},
		/// Nobody qualified for a coming session: the previous set goes on.
		#[codec(index = 9)]
		NobodyElected {
			/// The planned session.
			session: SessionIndex,
		},
		/// A part of a validator's bond was burned for an equivocation.
		#[codec(index = 10)]
		ValidatorSlashed {
			/// The offender.
			stash: T::AccountId,
			/// The session of the offence.
			session: SessionIndex,
			/// How much was burned.
			amount: Balance,
		},
		/// A validator may not be elected for a while.
		#[codec(index = 11)]
		ValidatorSuspended {
			/// The offender.
			stash: T::AccountId,
			/// First session for which it can be elected again.
			until: SessionIndex,
		},
		/// The currency released or burned less than the recorded hold: something outside this
		/// pallet took held money.
		#[codec(index = 12)]
		UnexpectedHold {
			/// Whose hold.
			stash: T::AccountId,
			/// What was missing.
			missing: Balance,
		},
		/// A part of a bond was reserved for a dispute.
		#[codec(index = 13)]
		Pledged {
			/// Whose bond.
			stash: T::AccountId,
			/// For which role.
			role: Role,
			/// The task that the dispute is about.
			dispute: TaskKey,
			/// How much.
			amount: Balance,
		},
		/// What was left of a pledge is free for others.
		#[codec(index = 14)]
		PledgeReleased {
			/// Whose bond.
			stash: T::AccountId,
			/// The task that the dispute is about.
			dispute: TaskKey,
			/// How much was left.
			amount: Balance,
		},
		/// A part of a pledge, or all of it, was paid out of the bond.
		#[codec(index = 15)]
		PledgePaid {
			/// Whose bond.
			stash: T::AccountId,
			/// The task that the dispute is about.
			dispute: TaskKey,
			/// Who was paid.
			to: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// A part of a pledge, or all of it, was burned out of the bond.
		#[codec(index = 16)]
		PledgeBurned {
			/// Whose bond.
			stash: T::AccountId,
			/// The task that the dispute is about.
			dispute: TaskKey,
			/// How much was burned.
			amount: Balance,
		},
		/// A part of a task's stake, or all of it, was paid to somebody else.
		#[codec(index = 17)]
		TaskStakePaid {
			/// Whose stake.
			stash: T::AccountId,
			/// Which task.
			task: TaskKey,
			/// Who was paid.
			to: T::AccountId,
			/// How much.
			amount: Balance,
		},
		/// A bond that was slashed since could not cover what was drawn from a pledge.
		#[codec(index = 18)]
		PledgeUncovered {
			/// Whose bond.
			stash: T::AccountId,
			/// The task that the dispute is about.
			dispute: TaskKey,
			/// What the pledge has lost by it.
			missing: Balance,
		},
	}
}
