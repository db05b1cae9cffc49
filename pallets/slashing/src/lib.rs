//! # Slashing
//!
//! What was done wrong, by whom, and what it cost.
//!
//! ## Overview
//!
//! Pallets that find a fault report it through [`assay_traits::Slash`]. In this version a reported
//! offence is punished at once: its amount is burned from the stake of the task that it is about.
//! The record of it stays until its job has ended and somebody prunes it, and with it the count
//! of the offender's faults by cause.
//!
//! A [`Cause::Majority`](assay_traits::Cause::Majority) is the verdict of a majority of drawn
//! validators, not a proof: it is recorded as such, so that whoever reads the record knows what
//! the slash rests on.
//!
//! ## Properties
//!
//! - P1: an offence, that is, a task and a cause, is punished once.
//! - P2: a report that burns nothing although it asks for something changes nothing.
//! - P3: an offender's counts are the numbers of its records.
//! - P4: records of a job that has not ended are never pruned; a pruning has a fixed worst case.
//!
//! ## Implementation
//!
//! `report` holds the way of an offence, `prune` the removal of records. The amount, now the
//! reporter's, is the place of a later ladder by cause and repetition, which the counts are for;
//! between the record and the burning is the place of a later delay.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::arithmetic_side_effects,
		clippy::as_conversions,
		clippy::expect_used,
		clippy::indexing_slicing,
		clippy::panic,
		clippy::unwrap_used
	)
)]

extern crate alloc;

pub use pallet::*;
pub use report::{Counts, Record};
pub use weights::WeightInfo;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(any(test, feature = "try-runtime"))]
mod invariants;
#[cfg(test)]
mod mock;
mod prune;
mod report;
#[cfg(test)]
mod tests;
pub mod weights;

/// Offences and their slashes.
#[frame_support::pallet]
#[expect(
	clippy::as_conversions,
	clippy::expect_used,
	missing_debug_implementations,
	reason = "the code that FRAME generates; what is written by hand here needs none of them"
)]
pub mod pallet {
	use assay_protocol::{Balance, JobId, TaskKey};
	use assay_traits::{Bonds, Cause};
	use frame_support::{pallet_prelude::*, traits::Contains};
	use frame_system::pallet_prelude::*;

	use crate::{Counts, Record, WeightInfo};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet itself; implements [`assay_traits::Slash`].
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime chooses.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Burns the stakes of tasks.
		type Bonds: Bonds<Self::AccountId>;

		/// The jobs that have ended, so that nobody reports about them any more and their records
		/// may go.
		type Ended: Contains<JobId>;

		/// Most records that one call prunes. Safe range: 1 to what a small part of a block can
		/// take.
		#[pallet::constant]
		type MaxPrune: Get<u32>;

		/// Weight of the call.
		type WeightInfo: WeightInfo;
	}

	/// The punished offences of each job.
	// Twox64: job, round, slot and attempt are counted by the chain.
	#[pallet::storage]
	pub type Offences<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		JobId,
		Twox64Concat,
		(TaskKey, Cause),
		Record<T::AccountId>,
		OptionQuery,
	>;

	/// How many records name an offender, by cause. No entry is all zero.
	// Blake2: the account is chosen by its owner.
	#[pallet::storage]
	pub type CountsOf<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Counts, ValueQuery>;

	/// What has changed.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An offence was punished.
		#[codec(index = 0)]
		Slashed {
			/// The stash that paid.
			offender: T::AccountId,
			/// The task whose stake paid.
			task: TaskKey,
			/// What was done; a majority's verdict is no proof.
			cause: Cause,
			/// What was burned.
			amount: Balance,
		},
		/// Records of an ended job were removed.
		#[codec(index = 1)]
		OffencesPruned {
			/// The job.
			job: JobId,
			/// How many records went.
			pruned: u32,
			/// Whether some are left for another call.
			remaining: bool,
		},
	}

	/// Why a report or a call was refused.
	#[pallet::error]
	pub enum Error<T> {
		/// This task was punished for this cause already.
		#[codec(index = 0)]
		AlreadyReported,
		/// The task has no stake left to burn.
		#[codec(index = 1)]
		NoStakeLeft,
		/// The job has not ended. Prune it afterwards.
		#[codec(index = 2)]
		JobNotEnded,
		/// The job has no records.
		#[codec(index = 3)]
		NothingToPrune,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxPrune::get() > 0, "a pruning of nothing never ends");
			let worst = T::WeightInfo::prune_offences(T::MaxPrune::get());
			assert!(
				worst.all_lte(T::BlockWeights::get().max_block),
				"a pruning has to fit into one block"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Removes records of an ended job, at most [`Config::MaxPrune`] of them.
		///
		/// Call it again while the event says that some remain. The offenders' counts fall with
		/// their records: a fault is forgotten with its job.
		///
		/// **Dispatch Origin:** signed by anyone.
		///
		/// **Errors:** `JobNotEnded`, `NothingToPrune`.
		///
		/// **Events:** `OffencesPruned`.
		///
		/// **Complexity:** linear in the records that are removed.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::prune_offences(T::MaxPrune::get()))]
		pub fn prune_offences(origin: OriginFor<T>, job: JobId) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let pruned = Self::do_prune_offences(job)?;
			Ok(Some(T::WeightInfo::prune_offences(pruned)).into())
		}
	}
}
