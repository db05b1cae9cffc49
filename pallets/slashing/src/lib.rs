//! # Slashing
//!
//! What was done wrong, by whom, and what it cost.
//!
//! ## Overview
//!
//! Pallets that find a fault report it through [`assay_traits::Slash`]. In this version a reported
//! offence is punished at once: its amount is taken from the stake of the task that it is about.
//! It is burned; only if the provider lost a dispute, by a proof or by its silence, half of it goes
//! to the informers in equal parts. A challenger that lost a dispute pays with its pledge: those
//! whom it has wronged first, and the rest is burned.
//! The record of an offence stays until its job has ended and somebody prunes it, and with it the
//! count of the offender's faults by cause.
//!
//! No vote is among the causes: a slash rests on a proof that the runtime has checked, or on a
//! deadline that it has seen pass.
//!
//! ## Properties
//!
//! - P1: an offence, that is, a task, a cause and an offender, is punished once.
//! - P2: a report against a stake or a pledge of which nothing is left takes, records and counts
//!   nothing, unless it asks for nothing.
//! - P3: an offender's counts are the numbers of its records.
//! - P4: records of a job that has not ended are never pruned; a pruning has a fixed worst case.
//! - P5: what an offence takes is what it burns and what it pays, and no more than was asked for.
//! - P6: informers get half of what is taken at most, rounded down, and nobody is paid who cannot
//!   take it: that is burned, too.
//!
//! ## Implementation
//!
//! `report` holds the way of an offence, `record` what is kept of it, `prune` the removal of
//! records. The amount, now the reporter's, is the place of a later ladder by cause and repetition, which the counts are for;
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
pub use record::{Counts, Record};
pub use weights::WeightInfo;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(any(test, feature = "try-runtime"))]
mod invariants;
#[cfg(test)]
mod mock;
mod prune;
mod record;
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
		/// Burns and pays out the stakes of tasks and the pledges of disputes.
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
	// Twox64: jobs are counted by the chain. Blake2: an account is chosen by its owner.
	#[pallet::storage]
	pub type Offences<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		JobId,
		Blake2_128Concat,
		(TaskKey, Cause, T::AccountId),
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
			/// The task whose stake paid, or whose dispute's pledge.
			task: TaskKey,
			/// What was done.
			cause: Cause,
			/// What was burned.
			amount: Balance,
			/// What was paid, to informers or to those whom a lost dispute has wronged.
			paid: Balance,
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
		/// The task has no stake left, or the dispute no pledge.
		#[codec(index = 1)]
		NoStakeLeft,
		/// The job has not ended. Prune it afterwards.
		#[codec(index = 2)]
		JobNotEnded,
		/// The job has no records.
		#[codec(index = 3)]
		NothingToPrune,
		/// A lost dispute is paid from its pledge. Report the challenger instead.
		#[codec(index = 4)]
		PledgePays,
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
