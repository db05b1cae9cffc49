//! # Jobs
//!
//! Training jobs from posting to the last payout: who works on what, what phase a round is in, and
//! where every unit of the submitter's money is.
//!
//! ## Overview
//!
//! A SUBMITTER posts a plan and terms with [`Pallet::post_job`] and deposits the budget of every
//! round in the job's own sub-account. PROVIDERS join; with enough of them round 0 starts: each
//! slot is given to a member, and the task's stake is held. What happens to the slots is told by
//! pallet-proof-of-compute through [`assay_traits::Rounds`]; the rules of a round are the state
//! machine of [`assay_protocol::round`]. Accepted work is credited at once, and anybody can have a
//! credit paid out with [`Pallet::claim`]. When the job ends, however it ends, everything that was
//! not credited is refunded.
//!
//! Every wait has a deadline. Whoever wants can end an overdue one with [`Pallet::advance`]; if
//! nobody does, `on_idle` does it.
//!
//! ## States
//!
//! ```text
//! Open ──▶ Running ──▶ Completed ──┐
//!  │         ├──▶ Failed(reason) ──┤
//!  │         └──▶ Cancelled ◀─┐    ├──▶ Settled ──▶ (pruned)
//!  ├──────────────────────────┘    │
//!  └──▶ Expired ───────────────────┘
//! ```
//! The phases of a round and the states of a slot are drawn in [`assay_protocol::round`].
//!
//! ## Properties
//!
//! - P1: `escrow = paid + refunded + fees + held`, for every job, to the unit, at any time.
//! - P2: a job's sub-account holds `held + unclaimed` and the job's deposit, at any time.
//! - P3: the claims of a job add up to what its ledger says is unclaimed.
//! - P4: an attempt at a task is paid at most once, and never both paid and unpaid.
//! - P5: no verdict is paid from money that is set aside for tasks, but for the part that the task's
//!   provider owes (P9), or would owe of the price that a bad plan leaves unearned.
//! - P6: every job that has not ended has exactly one place in the queue of deadlines.
//! - P7: a job that has ended holds nothing, and no task of it has a stake, but for those of disputed
//!   attempts, which pallet-disputes releases, and of accepted ones in their windows (P11).
//! - P8: the slots of a running round are counted right.
//! - P9: a provider pays for its check only what the submitter does not pay at the floor of the audit
//!   rate, and never more than its pay.
//! - P10: whoever claims that training ends is paid nothing for it. If that is true its stake is
//!   released; if a quorum finds it false, it loses a tenth of the price.
//! - P11: the stake of an accepted task is held while its record is there: from its acceptance until
//!   its window is over and no dispute about it is open. It is released once, or lost.
//!
//! ## Terminology
//!
//! - Slot: the position of a task in its round. Attempt: how often it was given out before.
//! - Pool: what a round's budget may still pay for one purpose.
//! - Credit: an amount that belongs to a beneficiary and waits in the sub-account.
//! - Deposit: what the poster leaves in the sub-account besides the escrow, to keep it alive. It
//!   is returned when the job is pruned, and is no part of the books.
//!
//! ## Implementation
//!
//! A call opens the job's `desk` (its record, its round and its books), changes it in memory and
//! closes it, which writes everything back once. `post`, `join` and `cancel` have the calls of
//! people, `fact` what proof-of-compute tells, `advance` the deadlines, `follow` what follows from
//! a transition, `assign` who works, `judge` pay and penalty of one slot, `standing` how often it is checked, `end` the ways out,
//! `challenge` accepted work that can be disputed, `claim` and `prune` what remains, `due` the queue, `view` what is shown.

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

mod advance;
mod assign;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod cancel;
mod challenge;
mod claim;
mod desk;
mod due;
mod end;
mod errors;
mod events;
mod fact;
mod follow;
#[cfg(any(test, feature = "try-runtime"))]
mod invariants;
mod job;
mod join;
mod judge;
#[cfg(test)]
mod mock;
mod post;
mod prune;
mod refusal;
pub mod runtime_api;
mod standing;
#[cfg(test)]
mod tests;
mod view;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use job::Job;
pub use pallet::*;
// The trait that clients call exists only where there are clients.
#[cfg(feature = "std")]
pub use runtime_api::JobsApi;
pub use standing::StandingRecord;
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

/// Most beneficiaries of one [`Pallet::claim`].
pub const MAX_BENEFICIARIES: u32 = 64;
/// Most tasks of one [`Pallet::release_stakes`].
pub const MAX_RELEASES: u32 = 64;

/// Jobs, rounds, slots, escrow and claims.
#[expect(
	clippy::as_conversions,
	clippy::expect_used,
	clippy::large_enum_variant,
	missing_debug_implementations,
	reason = "in what FRAME generates; nothing below needs them"
)]
#[import_section(events::events)]
#[import_section(errors::errors)]
#[frame_support::pallet]
pub mod pallet {
	use crate::{weights::WeightInfo, Job, StandingRecord, MAX_BENEFICIARIES, MAX_RELEASES};
	use assay_protocol::{
		limits, AcceptedTask, Attempt, Balance, BlockNumber, FailReason, JobId, Ledger, Loss,
		Phase, Plan, Root, Round, RoundRecord, RoundState, Slot, SlotRecord, TaskKey, Terms,
		Unpaid,
	};
	use assay_traits::{Bonds, Rewards, Slash};
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{Inspect, Mutate},
		weights::WeightMeter,
		PalletId,
	};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet itself; implements [`assay_traits::Rounds`].
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime chooses.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The asset of escrow, pay and refunds: the native token.
		type Currency: Inspect<Self::AccountId, Balance = Balance> + Mutate<Self::AccountId>;

		/// Bonds of the members, worker keys and the stakes behind tasks.
		type Bonds: Bonds<Self::AccountId>;

		/// What a task and a verdict are worth.
		type Rewards: Rewards<Self::AccountId>;

		/// Where offences against tasks are reported.
		type Slash: Slash<Self::AccountId>;

		/// The name from which the jobs' sub-accounts are derived.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// What the poster leaves in the sub-account besides the escrow, in the smallest unit of
		/// the currency. It keeps the sub-account alive and pays for the job's storage; it is
		/// returned when the job is pruned. Safe range: at least the existential deposit.
		#[pallet::constant]
		type JobDeposit: Get<Balance>;

		/// Most tasks of a round. A deadline looks at each, so their number must fit a block. Safe
		/// range: 1 to [`limits::MAX_TASKS`].
		#[pallet::constant]
		type MaxTasks: Get<u32>;

		/// Most members of a job. Each start of a round orders them. Safe range: 1 to
		/// [`limits::MAX_MEMBERS`].
		#[pallet::constant]
		type MaxMembers: Get<u32>;

		/// What the checks of a job may cost and must deter, when it is posted.
		type AuditPolicy: Get<assay_protocol::AuditPolicy>;

		/// Blocks after a job's end during which credits can be claimed before
		/// [`Pallet::prune_job`] may burn them. Safe range: weeks, so that nobody loses a credit by
		/// being away.
		#[pallet::constant]
		type Retention: Get<BlockNumber>;

		/// Most storage items that one [`Pallet::prune_job`] removes. Safe range: from 16, so that
		/// every call makes progress, to what fits a block.
		#[pallet::constant]
		type PruneBatch: Get<u32>;

		/// Weights of the calls, the facts and the hook.
		type WeightInfo: WeightInfo;

		/// Makes members and validators for benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::BenchmarkHelper<Self::AccountId>;
	}

	/// The id of the next job.
	#[pallet::storage]
	pub type NextJob<T: Config> = StorageValue<_, JobId, ValueQuery>;

	/// Every job that is not pruned.
	// Twox64: jobs are counted by the chain.
	#[pallet::storage]
	pub type Jobs<T: Config> = StorageMap<_, Twox64Concat, JobId, Job<T::AccountId>, OptionQuery>;

	/// The plan of each job.
	// Twox64: jobs are counted by the chain.
	#[pallet::storage]
	pub type Plans<T: Config> = StorageMap<_, Twox64Concat, JobId, Plan, OptionQuery>;

	/// The books of each job.
	// Twox64: jobs are counted by the chain.
	#[pallet::storage]
	pub type Ledgers<T: Config> = StorageMap<_, Twox64Concat, JobId, Ledger, ValueQuery>;

	/// The stashes that have joined each job, in the order of joining.
	// Twox64: jobs are counted by the chain.
	#[pallet::storage]
	pub type Members<T: Config> =
		StorageMap<_, Twox64Concat, JobId, BoundedVec<T::AccountId, T::MaxMembers>, ValueQuery>;

	/// The current or last round of each job that has started.
	// Twox64: jobs are counted by the chain.
	#[pallet::storage]
	pub type Rounds<T: Config> = StorageMap<_, Twox64Concat, JobId, RoundState, OptionQuery>;

	/// The slots of the current or last round.
	// Twox64: jobs and slots are counted by the chain.
	#[pallet::storage]
	pub type Slots<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		JobId,
		Twox64Concat,
		Slot,
		SlotRecord<T::AccountId>,
		OptionQuery,
	>;

	/// What each slot carried into the current round; 32 zero bytes if nothing.
	// Twox64: jobs and slots are counted by the chain.
	#[pallet::storage]
	pub type SlotRoots<T: Config> =
		StorageDoubleMap<_, Twox64Concat, JobId, Twox64Concat, Slot, Root, ValueQuery>;

	/// The closed rounds of each job.
	// Twox64: jobs and rounds are counted by the chain.
	#[pallet::storage]
	pub type RoundRecords<T: Config> =
		StorageDoubleMap<_, Twox64Concat, JobId, Twox64Concat, Round, RoundRecord, OptionQuery>;

	/// Credits that are not paid out yet.
	// Twox64: jobs are counted by the chain. Blake2: the account is chosen by its owner.
	#[pallet::storage]
	pub type Claims<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		JobId,
		Blake2_128Concat,
		T::AccountId,
		Balance,
		ValueQuery,
	>;

	/// What drawn checks have found valid of each provider's work; nothing of newcomers.
	// Blake2: anybody can choose an account.
	#[pallet::storage]
	pub type Standings<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, StandingRecord, OptionQuery>;

	/// Accepted work that can still be disputed, or is: its stake is held.
	// Twox64: jobs, rounds, slots and attempts are counted by the chain.
	#[pallet::storage]
	pub type Accepted<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		JobId,
		Twox64Concat,
		TaskKey,
		AcceptedTask<T::AccountId>,
		OptionQuery,
	>;

	/// The accepted work that the sweep looked at last.
	#[pallet::storage]
	pub type AcceptedCursor<T: Config> = StorageValue<_, TaskKey>;

	/// The jobs by the first block in which [`Pallet::advance`] moves them.
	// Twox64: blocks and jobs are counted by the chain.
	#[pallet::storage]
	pub type Due<T: Config> =
		StorageDoubleMap<_, Twox64Concat, BlockNumber, Twox64Concat, JobId, (), OptionQuery>;

	/// The first block whose due jobs are not all advanced by `on_idle`.
	#[pallet::storage]
	pub type DueFrom<T: Config> = StorageValue<_, BlockNumber, ValueQuery>;

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_idle(_now: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			Self::advance_due(&mut meter);
			Self::sweep_accepted(&mut meter);
			meter.consumed()
		}

		fn integrity_test() {
			let (tasks, members) = (T::MaxTasks::get(), T::MaxMembers::get());
			assert!(
				tasks > 0 && tasks <= limits::MAX_TASKS,
				"a round has tasks, and no more than the protocol counts"
			);
			assert!(
				members > 0 && members <= limits::MAX_MEMBERS,
				"a job has members, and no more than the protocol orders"
			);
			assert!(
				T::JobDeposit::get() >= T::Currency::minimum_balance(),
				"the deposit alone must keep the sub-account alive when everything else is paid"
			);
			assert!(
				T::PruneBatch::get() >= 16,
				"pruning makes progress with every call"
			);
			assert!(
				T::Retention::get() > 0,
				"a credit can be claimed for a while"
			);
			let limit = T::BlockWeights::get()
				.get(DispatchClass::Normal)
				.max_extrinsic;
			for weight in [
				T::WeightInfo::join_job(tasks),
				T::WeightInfo::cancel_job(tasks),
				T::WeightInfo::advance(tasks, tasks),
				T::WeightInfo::note(tasks),
				T::WeightInfo::claim(MAX_BENEFICIARIES),
				T::WeightInfo::prune_job(T::PruneBatch::get()),
				T::WeightInfo::release_stakes(MAX_RELEASES),
			] {
				assert!(
					limit.is_none_or(|limit| weight.all_lte(limit)),
					"every call fits a block at its worst: {weight:?} of {limit:?}"
				);
			}
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Posts a job and deposits its escrow.
		///
		/// The plan's outline is asked once for its sizes and operations, which are kept. The terms are
		/// frozen. The budget of all rounds and [`Config::JobDeposit`] move
		/// from the caller to the job's sub-account.
		///
		/// **Dispatch Origin:** signed by the submitter.
		///
		/// **Errors:** one for each reason to refuse plan or terms; the runtime API `check` tells
		/// the value and its bound. The currency's when the caller cannot pay.
		///
		/// **Events:** `JobPosted`.
		///
		/// **Complexity:** linear in the number of the model's parameter tensors, at most some
		/// thousands. No list of ops is made.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::post_job())]
		pub fn post_job(origin: OriginFor<T>, plan: Plan, terms: Terms) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_post_job(owner, plan, terms)
		}

		/// Makes the signer's stash a member of a job, if the job pays at least `min_price` for a
		/// task.
		///
		/// With the last member that the terms wait for, the job starts. If the stakes of the
		/// tasks cannot be held from its members then, it stays open. A member of a running job
		/// is considered from the next time that slots are given out.
		///
		/// **Dispatch Origin:** signed by the worker of a bonded provider.
		///
		/// **Errors:** `NotWorker`, `NotProvider`, `UnknownJob`, `JobOver`, `DeadlinePassed`,
		/// `PriceBelowMinimum`, `AlreadyMember`, `MembersFull`.
		///
		/// **Events:** `ProviderJoined`; `JobStarted`, `RoundStarted` and `TaskAssigned` if the
		/// job starts.
		///
		/// **Complexity:** linear in the members, and in the tasks of a round if the job starts.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::join_job(Pallet::<T>::tasks_of(*job)))]
		pub fn join_job(
			origin: OriginFor<T>,
			job: JobId,
			#[pallet::compact] min_price: Balance,
		) -> DispatchResultWithPostInfo {
			let worker = ensure_signed(origin)?;
			let touched = Self::do_join_job(&worker, job, min_price)?;
			Ok(Some(T::WeightInfo::join_job(touched)).into())
		}

		/// Ends the membership of the signer's stash.
		///
		/// It gets no more slots and finishes those that it has.
		///
		/// **Dispatch Origin:** signed by the worker of a member.
		///
		/// **Errors:** `NotWorker`, `UnknownJob`, `NotMember`.
		///
		/// **Events:** `ProviderLeft`.
		///
		/// **Complexity:** linear in the members.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::leave_job())]
		pub fn leave_job(origin: OriginFor<T>, job: JobId) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_leave_job(&worker, job)
		}

		/// Takes a job back.
		///
		/// Accepted work stays paid. Work that is not accepted yet is not paid, its stakes are
		/// released, and the rest of the escrow is refunded.
		///
		/// **Dispatch Origin:** signed by the submitter.
		///
		/// **Errors:** `UnknownJob`, `NotOwner`, `JobOver`.
		///
		/// **Events:** `TaskUnpaid` for each unfinished task, `JobCancelled`, `Refunded`,
		/// `Claimed`, `JobSettled`.
		///
		/// **Complexity:** linear in the tasks of a round.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::cancel_job(Pallet::<T>::tasks_of(*job)))]
		pub fn cancel_job(origin: OriginFor<T>, job: JobId) -> DispatchResultWithPostInfo {
			let owner = ensure_signed(origin)?;
			let touched = Self::do_cancel_job(&owner, job)?;
			Ok(Some(T::WeightInfo::cancel_job(touched)).into())
		}

		/// Ends what a job waits for in vain, once the deadline is over.
		///
		/// An open job starts if it can, else it expires. A running one goes on without what is
		/// missing: see [`assay_protocol::round`].
		///
		/// **Dispatch Origin:** signed by anyone.
		///
		/// **Errors:** `UnknownJob`, `JobOver`, `DeadlineAhead`.
		///
		/// **Events:** those of what follows.
		///
		/// **Complexity:** linear in the tasks of a round.
		#[pallet::call_index(4)]
		#[pallet::weight({
			let tasks = Pallet::<T>::tasks_of(*job);
			T::WeightInfo::advance(tasks, tasks)
		})]
		pub fn advance(origin: OriginFor<T>, job: JobId) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let tasks = Self::tasks_of(job);
			let touched = Self::do_advance(job)?;
			Ok(Some(T::WeightInfo::advance(tasks, touched)).into())
		}

		/// Pays out the credits of the given accounts.
		///
		/// Accounts without a credit, and those that cannot receive theirs, are passed over.
		///
		/// **Dispatch Origin:** signed by anyone.
		///
		/// **Errors:** `UnknownJob`, `NothingToClaim`.
		///
		/// **Events:** `Claimed` or `ClaimDeferred` for each credit, `JobSettled` with the last one
		/// of an ended job.
		///
		/// **Complexity:** linear in the accounts.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::claim(beneficiaries.len().try_into().unwrap_or(u32::MAX)))]
		pub fn claim(
			origin: OriginFor<T>,
			job: JobId,
			beneficiaries: BoundedVec<T::AccountId, ConstU32<MAX_BENEFICIARIES>>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_claim(job, &beneficiaries)
		}

		/// Removes a settled job from storage, a part with each call, and returns its deposit with
		/// the last part.
		///
		/// [`Config::Retention`] blocks after its end a job can be removed although credits are
		/// left: they are burned.
		///
		/// **Dispatch Origin:** signed by anyone.
		///
		/// **Errors:** `UnknownJob`, `NotPrunable`, `WindowsOpen` while work of it can be disputed.
		///
		/// **Events:** `CreditsExpired`, `JobSettled`, `JobPruned`.
		///
		/// **Complexity:** at most [`Config::PruneBatch`] items are removed.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::prune_job(T::PruneBatch::get()))]
		pub fn prune_job(origin: OriginFor<T>, job: JobId) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let removed = Self::do_prune_job(job)?;
			Ok(Some(T::WeightInfo::prune_job(removed)).into())
		}

		/// Releases the stakes of accepted tasks that cannot be disputed any more. Others are passed
		/// over. Idle blocks do the same.
		///
		/// **Dispatch Origin:** signed by anyone; each stake is its provider's again.
		///
		/// **Errors:** `NothingToRelease`.
		///
		/// **Events:** `WindowClosed` for each.
		///
		/// **Complexity:** linear in the tasks.
		#[pallet::call_index(27)]
		#[pallet::weight(T::WeightInfo::release_stakes(tasks.len().try_into().unwrap_or(u32::MAX)))]
		pub fn release_stakes(
			origin: OriginFor<T>,
			tasks: BoundedVec<TaskKey, ConstU32<MAX_RELEASES>>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_release_stakes(&tasks)?;
			Ok(())
		}
	}
}
