//! # Stake
//!
//! Who has put up money, for which role, and who therefore may author blocks, judge or train.
//!
//! ## Overview
//!
//! An account (the STASH) bonds native tokens as a provider, as a validator, or as both. The bond
//! is the admission to the role. The stake of a single task is a second, separate hold that other
//! pallets place through [`assay_traits::Bonds`]. A PLEDGE is no hold of its own: it reserves a part
//! of a bond for one dispute, which is paid or burned from the bond if the dispute is lost. A stash
//! names one WORKER: the key that signs for it day by day and holds fee money only.
//!
//! The pallet is also the session manager: at every session change it elects the bonded
//! validators with the highest stake and keeps a snapshot of them, so that a draw is a function of
//! (seed, task, snapshot) and an offence is judged by the stake of its own session.
//!
//! ## States of a bond
//!
//! `(none) -> active -> unbonding -> (none)`. `bond` makes a bond active, also one that is
//! unbonding. `unbond` starts the delay, `withdraw` ends it. A validator's bond may be suspended
//! on top: it then counts for nothing until the suspension ends, and stays slashable. A bond of
//! which something is pledged may unbond, but is not withdrawn before every pledge is released.
//!
//! ## Properties
//!
//! - P1: what the currency holds for a bond or for tasks equals what this pallet records.
//! - P2: a task's hold is placed once, and is released and slashed for that task alone.
//! - P3: a bond stays slashable while it is unbonding, and a validator's bond is held for as long
//!   as an offence in any session whose set contains that validator can be reported.
//! - P4: an active provider's bond does not start to unbond while one of its tasks is held.
//! - P5: a worker serves one stash and a stash has at most one worker.
//! - P6: a planned set is never empty: if nobody qualifies, the previous set goes on.
//! - P7: one offender pays at most the highest fraction reported for one session.
//! - P8: snapshots and historical session roots of sessions older than
//!   [`Config::HistorySessions`] are gone.
//! - P9: the historical root of a session is made of the keys that its validators use in it.
//! - P10: a dispute's pledge is placed once, on one bond, and is paid, burned and released for that
//!   dispute alone; a bond is not withdrawn while a pledge of it is open.
//! - P11: the pledges of a bond are no more than the bond, but for what a slash has taken since. Who
//!   draws on pledges that are not covered any more gets what is there, first come, first served.
//!
//! ## Terminology
//!
//! - PLANNED session: the one whose set is chosen when the session before it starts.
//! - SNAPSHOT: the set of a session with the stakes at the time it was planned.
//!
//! ## Implementation
//!
//! `bond` and `worker` hold the logic of the calls, `tasks` the holds of tasks, `pledges` the
//! pledges of disputes, `validators` the session manager, `offence` the answer to equivocations,
//! `invariants` the checks of the properties above.

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

pub use bond::Bond;
pub use pallet::*;
pub use pledges::{Pledge, PledgeTotal};
pub use tasks::{HeldTotal, TaskHold};
pub use validators::{QueuedSet, UnitIdentificationOf, ValidatorIdOf};
pub use weights::WeightInfo;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod bond;
mod errors;
mod events;
#[cfg(any(test, feature = "try-runtime"))]
mod invariants;
#[cfg(test)]
mod mock;
mod offence;
mod pledges;
mod tasks;
#[cfg(test)]
mod tests;
mod validators;
pub mod weights;
mod worker;

use frame_support::pallet_macros::import_section;

/// Bonds, task holds, pledges, worker keys and the validator set.
#[expect(
	clippy::as_conversions,
	clippy::expect_used,
	missing_debug_implementations,
	reason = "the code that FRAME generates; what is written by hand here needs none of them"
)]
#[import_section(events::events)]
#[import_section(errors::errors)]
#[frame_support::pallet]
pub mod pallet {
	use alloc::vec::Vec;

	use assay_protocol::{limits::MAX_AUTHORITIES, Balance, SessionIndex};
	use assay_traits::{Role, Stakes, TaskKey};
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible::hold::Mutate as MutateHold, ValidatorRegistration},
	};
	use frame_system::pallet_prelude::*;
	use pallet_session::SessionInterface;
	use sp_runtime::{
		traits::{IdentifyAccount, Verify},
		Perbill,
	};

	use crate::{Bond, HeldTotal, Pledge, PledgeTotal, QueuedSet, TaskHold, WeightInfo};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet itself; implements [`assay_traits::Bonds`] and the session managers.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime chooses.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The native token, in which every stake is held.
		type Currency: MutateHold<Self::AccountId, Balance = Balance, Reason: From<HoldReason>>;

		/// The session pallet: prunes historical roots, disables offenders and knows who has
		/// registered session keys, and with which of them the next set is queued.
		type Session: SessionInterface<ValidatorId = Self::AccountId, AccountId = Self::AccountId>
			+ ValidatorRegistration<Self::AccountId>
			+ QueuedSet<Self::AccountId>;

		/// Signature by which a worker key agrees to serve a stash.
		type Signature: Verify<Signer: IdentifyAccount<AccountId = Self::AccountId>> + Parameter;

		/// Least bond of a provider, in the smallest unit of the token. Makes a flood of
		/// identities cost money. Safe range: above the existential deposit.
		#[pallet::constant]
		type MinProviderBond: Get<Balance>;

		/// Least bond of a validator, in the smallest unit of the token. It backs every block and
		/// every verdict. Safe range: at least the provider's.
		#[pallet::constant]
		type MinValidatorBond: Get<Balance>;

		/// Most validators of one session. Consensus messages grow with it. Safe range: 1 to 100,
		/// and not above the authorities that BABE and GRANDPA take.
		#[pallet::constant]
		type MaxValidators: Get<u32>;

		/// Most bonded validators, elected or not. Every session change reads each one's bond.
		/// Safe range: at least [`Config::MaxValidators`], at most what fits a block.
		#[pallet::constant]
		type MaxCandidates: Get<u32>;

		/// Sessions for which snapshots and historical roots are kept, that is, for which draws
		/// can be recomputed and equivocations reported. Safe range: at least 2, and longer than
		/// any window of a job.
		#[pallet::constant]
		type HistorySessions: Get<SessionIndex>;

		/// Delay between `unbond` and `withdraw`, in sessions. A validator stays in the set for up
		/// to two sessions after unbonding and is answerable for [`Config::HistorySessions`] after
		/// that. Safe range: at least `HistorySessions + 2`.
		#[pallet::constant]
		type UnbondingSessions: Get<SessionIndex>;

		/// Sessions for which an equivocating validator may not be elected. Safe range: at least
		/// 2, as one session is always planned already.
		#[pallet::constant]
		type SuspensionSessions: Get<SessionIndex>;

		/// Weights of the calls and of the session hooks.
		type WeightInfo: WeightInfo;

		/// Makes worker keys and their proofs for benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::BenchmarkHelper<Self::AccountId, Self::Signature>;
	}

	/// Why this pallet holds money.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Admission of a provider.
		#[codec(index = 0)]
		ProviderBond,
		/// Admission of a validator.
		#[codec(index = 1)]
		ValidatorBond,
		/// The sum of the stakes of a provider's tasks: running, disputed, or accepted and in their
		/// challenge windows.
		#[codec(index = 2)]
		TaskStake,
	}

	/// The bonds of a stash, one for each role.
	// Blake2: the account is chosen by its owner. Twox64: there are two roles.
	#[pallet::storage]
	pub type BondOf<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, Role, Bond, OptionQuery>;

	/// The stashes with an active validator bond, elected or not, in the order of bonding.
	#[pallet::storage]
	pub type Candidates<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, T::MaxCandidates>, ValueQuery>;

	/// The worker key of a stash.
	// Blake2: the account is chosen by its owner.
	#[pallet::storage]
	pub type WorkerOf<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, T::AccountId, OptionQuery>;

	/// The stash that a worker key serves.
	// Blake2: the account is chosen by its owner.
	#[pallet::storage]
	pub type StashOf<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, T::AccountId, OptionQuery>;

	/// What is held for each task, see [`HoldReason::TaskStake`].
	// Twox64: job, round, slot and attempt are counted by the chain.
	#[pallet::storage]
	pub type TaskHolds<T: Config> =
		StorageMap<_, Twox64Concat, TaskKey, TaskHold<T::AccountId>, OptionQuery>;

	/// How many tasks are held for a stash, and their sum.
	// Blake2: the account is chosen by its owner.
	#[pallet::storage]
	pub type HeldTotals<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, HeldTotal, ValueQuery>;

	/// The open pledges, by the task that the dispute is about.
	// Twox64: job, round, slot and attempt are counted by the chain.
	#[pallet::storage]
	pub type Pledges<T: Config> =
		StorageMap<_, Twox64Concat, TaskKey, Pledge<T::AccountId>, OptionQuery>;

	/// How many pledges of a bond are open, and their sum. No entry without an open pledge.
	// Blake2: the account is chosen by its owner. Twox64: there are two roles.
	#[pallet::storage]
	pub type PledgeTotals<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Twox64Concat,
		Role,
		PledgeTotal,
		ValueQuery,
	>;

	/// The session that runs now.
	#[pallet::storage]
	pub type CurrentSession<T: Config> = StorageValue<_, SessionIndex, ValueQuery>;

	/// The snapshots of the planned, the running and [`Config::HistorySessions`] past sessions.
	// Twox64: sessions are counted by the chain.
	#[pallet::storage]
	pub type SessionStakes<T: Config> =
		StorageMap<_, Twox64Concat, SessionIndex, Stakes<T::AccountId>, OptionQuery>;

	/// The highest fraction that was slashed for an equivocation in a session whose snapshot is
	/// still kept.
	// Twox64: sessions are counted by the chain. Blake2: the account is chosen by its owner.
	#[pallet::storage]
	pub type Equivocations<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		SessionIndex,
		Blake2_128Concat,
		T::AccountId,
		Perbill,
		OptionQuery,
	>;

	/// The first validators and providers. Each is its own worker.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound, frame_support::DebugNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Stash and bond of each validator. Session keys come with the session pallet's genesis.
		pub validators: Vec<(T::AccountId, Balance)>,
		/// Stash and bond of each provider.
		pub providers: Vec<(T::AccountId, Balance)>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let validators = self.validators.iter().map(|bond| (bond, Role::Validator));
			let providers = self.providers.iter().map(|bond| (bond, Role::Provider));
			for ((stash, amount), role) in validators.chain(providers) {
				let bonded = Pallet::<T>::do_bond(stash, role, *amount);
				assert!(
					bonded.is_ok(),
					"genesis bond of {stash:?} as {role:?}: {bonded:?}"
				);
				Pallet::<T>::link_worker(stash, stash);
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			let limit = T::MaxValidators::get();
			assert!(limit > 0, "a set of no validators would stop the chain");
			assert!(
				limit <= MAX_AUTHORITIES,
				"a snapshot takes no more validators than this"
			);
			assert!(
				T::MaxCandidates::get() >= limit,
				"whoever is elected is a candidate"
			);
			assert!(
				T::MinProviderBond::get() > 0 && T::MinValidatorBond::get() > 0,
				"an identity that costs nothing can be had in any number"
			);
			let history = T::HistorySessions::get();
			assert!(
				history >= 2,
				"draws ask for the session that has just ended"
			);
			assert!(
				T::UnbondingSessions::get() >= history.saturating_add(2),
				"a validator leaves the set two sessions after unbonding at the latest, and its \
				 offences can be reported for as long as history is kept"
			);
			assert!(
				T::SuspensionSessions::get() >= 2,
				"one session is planned already when an offence is reported"
			);
			let change = T::WeightInfo::new_session(T::MaxCandidates::get())
				.saturating_add(T::WeightInfo::start_session(limit));
			assert!(
				change.all_lte(T::BlockWeights::get().max_block),
				"a session change has to fit into one block"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Bonds `amount` more of the caller's tokens for `role`.
		///
		/// A bond that is unbonding becomes active again. A validator is elected from the next
		/// planned session on if its session keys are registered and its bond is among the
		/// highest.
		///
		/// **Dispatch Origin:** signed by the stash.
		///
		/// **Errors:** `ZeroBond`, `BondBelowMinimum`, `CandidatesFull`, and the currency's when
		/// the free balance does not cover the amount and the existential deposit.
		///
		/// **Events:** `Bonded`.
		///
		/// **Complexity:** linear in the bounded list of candidates for a validator, else
		/// constant.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::bond(T::MaxCandidates::get()))]
		pub fn bond(
			origin: OriginFor<T>,
			role: Role,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let stash = ensure_signed(origin)?;
			Self::do_bond(&stash, role, amount)
		}

		/// Starts to unbond the caller's whole bond for `role`.
		///
		/// The bond counts for nothing from now on and stays slashable until it is withdrawn. A
		/// validator leaves the set with the next planned session.
		///
		/// **Dispatch Origin:** signed by the stash.
		///
		/// **Errors:** `NotBonded`, `AlreadyUnbonding`, and `TasksHeld` for a provider with
		/// running tasks, or accepted ones that can still be disputed.
		///
		/// **Events:** `Unbonding`.
		///
		/// **Complexity:** linear in the bounded list of candidates for a validator, else
		/// constant.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::unbond(T::MaxCandidates::get()))]
		pub fn unbond(origin: OriginFor<T>, role: Role) -> DispatchResult {
			let stash = ensure_signed(origin)?;
			Self::do_unbond(&stash, role)
		}

		/// Releases the caller's bonds whose delay is over.
		///
		/// With its last bond the stash loses its worker key too. A bond that stands behind a
		/// dispute stays.
		///
		/// **Dispatch Origin:** signed by the stash.
		///
		/// **Errors:** `NothingToWithdraw`, `PledgesOpen`.
		///
		/// **Events:** `Withdrawn` for each bond, `WorkerUnset`.
		///
		/// **Complexity:** constant.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>) -> DispatchResult {
			let stash = ensure_signed(origin)?;
			Self::do_withdraw(&stash)
		}

		/// Names the key that signs for the caller, in place of an earlier one.
		///
		/// `proof` is the worker's signature of
		/// `blake2_256("assay/worker/v1" ++ genesis hash ++ stash)`. It binds the key to this
		/// stash on this chain, so nobody can claim a key that is not theirs. It may be used again
		/// by the same stash as long as the key is free.
		///
		/// **Dispatch Origin:** signed by the stash, which has a bond.
		///
		/// **Errors:** `NotBonded`, `ProofMismatch`, `WorkerTaken`.
		///
		/// **Events:** `WorkerUnset` for the earlier key, `WorkerSet`.
		///
		/// **Complexity:** constant, with one signature check.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_worker())]
		pub fn set_worker(
			origin: OriginFor<T>,
			worker: T::AccountId,
			proof: T::Signature,
		) -> DispatchResult {
			let stash = ensure_signed(origin)?;
			Self::do_set_worker(&stash, &worker, &proof)
		}

		/// Frees the caller's worker key.
		///
		/// Tasks and verdicts that wait for a signature of that key are lost unless another key
		/// is named in time.
		///
		/// **Dispatch Origin:** signed by the stash.
		///
		/// **Errors:** `NoWorker`.
		///
		/// **Events:** `WorkerUnset`.
		///
		/// **Complexity:** constant.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::unset_worker())]
		pub fn unset_worker(origin: OriginFor<T>) -> DispatchResult {
			let stash = ensure_signed(origin)?;
			Self::do_unset_worker(&stash)
		}
	}
}
