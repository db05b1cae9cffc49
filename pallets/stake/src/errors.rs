//! Why calls are refused. Part of the pallet's module, see [`crate::pallet`].

use frame_support::pallet_macros::pallet_section;

/// Why a call was refused.
#[pallet_section]
mod errors {
	/// Why a call was refused.
	#[pallet::error]
	pub enum Error<T> {
		/// Nothing was offered. Bond more than zero.
		#[codec(index = 0)]
		ZeroBond,
		/// The bond would be below the role's minimum. Offer at least what is missing.
		#[codec(index = 1)]
		BondBelowMinimum,
		/// There are as many candidates as the chain takes. Wait until one unbonds.
		#[codec(index = 2)]
		CandidatesFull,
		/// The account has no bond for this role, or none that is active. Bond first.
		#[codec(index = 3)]
		NotBonded,
		/// The bond is unbonding already. Wait, then withdraw.
		#[codec(index = 4)]
		AlreadyUnbonding,
		/// The stake of a task of this provider is still held. Finish the task, or wait until its job ends
		/// and, if it was accepted, its challenge window is over.
		#[codec(index = 5)]
		TasksHeld,
		/// No bond of this account has reached the end of its delay.
		#[codec(index = 6)]
		NothingToWithdraw,
		/// The key serves another stash. Unset it there first or use another key.
		#[codec(index = 7)]
		WorkerTaken,
		/// The proof was not made by the worker key for this stash on this chain.
		#[codec(index = 8)]
		ProofMismatch,
		/// The account has no worker key.
		#[codec(index = 9)]
		NoWorker,
		/// A stake is already held for this task.
		#[codec(index = 10)]
		TaskAlreadyHeld,
		/// This dispute has a pledge already.
		#[codec(index = 11)]
		AlreadyPledged,
		/// No bond of this account has that much that is not pledged yet. Bond more, or wait until
		/// a dispute is over.
		#[codec(index = 12)]
		BondTooSmall,
		/// The bond stands behind a dispute. Withdraw it when the dispute is over.
		#[codec(index = 13)]
		PledgesOpen,
	}
}
