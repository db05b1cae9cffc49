//! Seals, reveals, the draw, sealed verdicts and claims about aggregates.
//!
//! # Overview
//! A task is work for one provider. It is worth something only if the chain knows that it was done
//! before anybody could copy it, and that validators who could not choose themselves found it right.
//! This pallet takes the calls by which that is shown, checks them against seals and seats, and
//! tells pallet-jobs, which keeps phases, deadlines and money, through
//! [`Rounds`](assay_traits::Rounds).
//!
//! | phase | call | by | what it does |
//! |---|---|---|---|
//! | TRAIN | `commit_task` | the slot's provider | seals the work |
//! | REVEAL | `reveal_task` | the slot's provider | opens the seal |
//! | DRAW | `draw`, or the first `seal_verdict` | anyone, a drawn validator | reads the beacon |
//! | ASSAY | `seal_verdict` | a drawn validator | seals a verdict |
//! | UNSEAL | `reveal_verdict` | the same | opens it |
//! | CLOSE | `claim_aggregate` | a validator drawn to close | names the next checkpoint |
//! | after the round | `clear_round` | anyone | removes what the round left |
//!
//! Calls are signed by worker keys; the stash behind the key is in the seals, has the seats, is
//! paid and is slashed. Whoever is asked about money and deadlines is pallet-jobs: a slot can be
//! decided by its last verdict or by a deadline, and the same must follow from both, so pays and
//! slashes are not decided here.
//!
//! # States
//! What is stored about one slot, its [`Submission`]:
//!
//! ```text
//!            commit_task           reveal_task            first seal_verdict of a draw
//! (nothing) ────────────▶ sealed ─────────────▶ opened ───────────────────────────────▶ panel
//!     ▲                     │                     ▲  ▲                                    │
//!     │   next attempt's    │                     │  └─ last verdict opened, undecided ───┤
//!     └──── commit_task ────┘                     │                                       │
//!     ▲                                                                                   │
//!     └───────────── last verdict opened, decided · round over and cleared ───────────────┘
//! ```
//! A seat of a panel is awaited, then sealed, then opened, once in each draw.
//!
//! # Properties
//! - P1 Only the provider that a slot is assigned to commits and reveals it, once per attempt.
//! - P2 A seal opens only to what was sealed, for the same chain, job, round, slot, attempt and
//!   stash, the same parent and the same slot state: a copied, replayed or inherited seal opens to
//!   nothing.
//! - P3 What is revealed begins at the agreed checkpoint and the slot's state and ends at the
//!   revealed roots, or it is refused.
//! - P4 The seed of a draw depends on the job, the round, the number of the draw and the beacon's
//!   outputs after the block in which REVEAL, or the earlier draw, ended. Who draws, and when,
//!   changes nothing; neither does it change whose stakes count: those of the session of that block.
//! - P5 A committee is a pure function of seed, slot, attempt and stakes. Its seats are distinct
//!   stashes, none of them the provider's, so every count of seats counts distinct validators.
//! - P6 A verdict is sealed once per seat and draw, and opens only for the stash that sealed it.
//! - P7 A drawn validator that does not answer in time loses uptime; one that answers gains.
//! - P8 A round closes only by `quorum` equal claims of distinct validators drawn to close it.
//! - P9 Every record belongs to a round in [`OpenRounds`], and every such round is either running or
//!   can be cleared by anyone.
//!
//! # Terminology
//! - Attempt: how often a slot was given out in this round; part of every seal.
//! - Draw: one reading of the beacon. The slots that a draw does not decide are drawn again.
//! - Panel: the committee of one slot in one draw, with what its seats have sealed and opened.
//! - Closers: the committee whose equal claims close a round.
//! - Uptime: how many of the panels that a validator was drawn into it answered.
//!
//! # Limits of this version
//! - If fewer validators than `committee` can be drawn, the panel is what there is and the quorum
//!   stays. A quorum that cannot be reached accepts nothing: the slots stay undecided and the job
//!   fails in the end.
//! - Claims about aggregates are not sealed, so they can be repeated without work. A strict majority
//!   of the closers is trusted until disputes exist.
//! - The whole panel of a slot that fails to answer the last draw before its job fails keeps its
//!   uptime, because a job that was cancelled in that moment looks the same from here.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::panic,
		clippy::indexing_slicing,
		clippy::arithmetic_side_effects,
		clippy::as_conversions
	)
)]

extern crate alloc;

mod aggregate;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod clear;
mod commit;
mod draw;
mod gate;
#[cfg(any(feature = "try-runtime", test))]
mod invariants;
#[cfg(test)]
mod mock;
mod records;
mod reveal;
mod sessions;
#[cfg(test)]
mod tests;
mod uptime;
mod verdict;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use pallet::*;
pub use records::{
	AggregateClaim, Aggregation, Ballot, Closer, OpenRound, Panel, Seat, SessionStart, Submission,
	Uptime, CLEAR_LIMIT, MAX_DRAWS, MAX_SESSION_STARTS,
};
pub use weights::WeightInfo;

/// Submissions, panels, claims and uptimes.
#[frame_support::pallet]
#[expect(
	missing_debug_implementations,
	reason = "storage items are type-level names that nobody prints"
)]
pub mod pallet {
	use super::*;
	use assay_protocol::{
		draw::Committee,
		limits::{MAX_OUTPUTS, MAX_TASKS},
		Attempt, Digest, JobId, Loss, Root, Round, Salt, SessionIndex, Slot, TaskReveal, Verdict,
	};
	use assay_traits::{Beacon, Bonds, Rounds};
	use frame_support::{pallet_prelude::*, weights::WeightMeter};
	use frame_system::pallet_prelude::*;

	/// The storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Weights of calls and hooks.
		type WeightInfo: WeightInfo;

		/// The rounds of the jobs: read, and told what happens.
		type Rounds: Rounds<Self::AccountId>;

		/// Worker keys, sessions and the stakes that committees are drawn from.
		type Bonds: Bonds<Self::AccountId>;

		/// The VRF outputs that draws are made of.
		type Beacon: Beacon<Self::AccountId>;

		/// Outputs that a draw waits for, `1..=`[`MAX_OUTPUTS`], in blocks that have one.
		///
		/// The author of one of these blocks can withhold it, which is a second try for it: a single
		/// output lets one author decide. Local networks use 2, production at least 8.
		#[pallet::constant]
		type DrawBlocks: Get<u32>;

		/// Brings other pallets into the states that benchmarks begin in.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The rounds that this pallet has records of.
	// Twox: the chain itself counts jobs and rounds up.
	#[pallet::storage]
	pub type OpenRounds<T: Config> =
		StorageDoubleMap<_, Twox64Concat, JobId, Twox64Concat, Round, OpenRound>;

	/// What was submitted for a slot in its latest attempt, and the verdicts about it.
	// Twox: the chain itself counts jobs, rounds and slots up.
	#[pallet::storage]
	pub type Submissions<T: Config> = StorageNMap<
		_,
		(
			NMapKey<Twox64Concat, JobId>,
			NMapKey<Twox64Concat, Round>,
			NMapKey<Twox64Concat, Slot>,
		),
		Submission<T::AccountId>,
	>;

	/// The claims about the next checkpoint in the current window of CLOSE.
	// Twox: the chain itself counts jobs and rounds up.
	#[pallet::storage]
	pub type Aggregations<T: Config> =
		StorageDoubleMap<_, Twox64Concat, JobId, Twox64Concat, Round, Aggregation<T::AccountId>>;

	/// How often a validator's stash was drawn into a panel, and how often it answered.
	// Blake2: anybody can choose an account.
	#[pallet::storage]
	pub type Uptimes<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Uptime, ValueQuery>;

	/// When the latest sessions began, oldest first.
	#[pallet::storage]
	pub type SessionStarts<T: Config> =
		StorageValue<_, BoundedVec<SessionStart, ConstU32<MAX_SESSION_STARTS>>, ValueQuery>;

	/// The round that the sweep looked at last.
	#[pallet::storage]
	pub type SweepCursor<T: Config> = StorageValue<_, (JobId, Round)>;

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
	}

	/// Why a call is refused. Errors of pallet-jobs, about a job that does not run or a slot that
	/// does not exist, are passed on.
	#[pallet::error]
	pub enum Error<T> {
		/// The key acts for no stash. Register it with the stash's `set_worker`.
		#[codec(index = 0)]
		NotAWorker,
		/// The slot is assigned to another provider.
		#[codec(index = 1)]
		NotAssigned,
		/// The stash has no seat in this draw.
		#[codec(index = 2)]
		NotDrawn,
		/// The round is not in TRAIN.
		#[codec(index = 3)]
		NotTraining,
		/// The round is not in REVEAL.
		#[codec(index = 4)]
		NotRevealing,
		/// The round is not in DRAW.
		#[codec(index = 5)]
		NotDrawing,
		/// The round is not in ASSAY.
		#[codec(index = 6)]
		NotAssaying,
		/// The round is not in UNSEAL.
		#[codec(index = 7)]
		NotUnsealing,
		/// The round is not in CLOSE.
		#[codec(index = 8)]
		NotClosing,
		/// The phase is over; anybody can move the round on with the jobs pallet's `advance`.
		#[codec(index = 9)]
		DeadlinePassed,
		/// The round runs, but this slot waits for something else, or is decided.
		#[codec(index = 10)]
		SlotNotOpen,
		/// The task has its seal.
		#[codec(index = 11)]
		AlreadyCommitted,
		/// The task's seal is open.
		#[codec(index = 12)]
		AlreadyRevealed,
		/// The seat has sealed its verdict in this draw.
		#[codec(index = 13)]
		AlreadySealed,
		/// The seat's verdict is open.
		#[codec(index = 14)]
		AlreadyUnsealed,
		/// The stash has made its claim in this window.
		#[codec(index = 15)]
		AlreadyClaimed,
		/// The seat has sealed no verdict that could be opened.
		#[codec(index = 16)]
		NotSealed,
		/// What is shown is not what was sealed here by this stash.
		#[codec(index = 17)]
		SealMismatch,
		/// The trace does not begin at the agreed state or does not end at the revealed one.
		#[codec(index = 18)]
		TraceMismatch,
		/// The job is in another round.
		#[codec(index = 19)]
		RoundMismatch,
		/// The beacon has too few outputs yet, or has forgotten them. Later, or after the next
		/// deadline, it has others.
		#[codec(index = 20)]
		OutputsNotReady,
		/// The session of the block that the draw counts from is forgotten. The next draw has
		/// another one.
		#[codec(index = 21)]
		SessionForgotten,
		/// The stakes of the draw's session are forgotten. The next draw has others.
		#[codec(index = 22)]
		StakesForgotten,
		/// The round still runs.
		#[codec(index = 23)]
		RoundNotOver,
		/// Nothing is left of the round.
		#[codec(index = 24)]
		NothingToClear,
		/// The jobs pallet knows of something that this pallet does not: a defect, please report it.
		#[codec(index = 25)]
		RecordMissing,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			Self::note_session(Self::block_of(now));
			T::WeightInfo::on_initialize()
		}

		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			if meter.try_consume(T::WeightInfo::sweep()).is_ok() {
				Self::sweep();
			}
			meter.consumed()
		}

		fn integrity_test() {
			assert!(
				(1..=MAX_OUTPUTS).contains(&T::DrawBlocks::get()),
				"a draw needs an output and the beacon shows at most MAX_OUTPUTS of them",
			);
			records::assert_bounds();
			// A call that can never be included would leave rounds that nobody can close.
			let most = T::BlockWeights::get()
				.get(DispatchClass::Normal)
				.max_extrinsic
				.unwrap_or(T::BlockWeights::get().max_block);
			for (call, weight) in [
				("claim_aggregate", T::WeightInfo::claim_aggregate(MAX_TASKS)),
				("reveal_verdict", T::WeightInfo::reveal_verdict(MAX_TASKS)),
				("clear_round", T::WeightInfo::clear_round(CLEAR_LIMIT)),
			] {
				assert!(weight.all_lte(most), "{call} must fit into a block");
			}
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call(weight(<T as Config>::WeightInfo))]
	impl<T: Config> Pallet<T> {
		/// Seals the work of a task: nobody can copy it, and its provider cannot change it.
		///
		/// `seal` is the hash of an `assay_protocol::TaskClaim`, with a salt that stays secret until
		/// the reveal. A new attempt at a slot needs a new seal.
		///
		/// # Dispatch Origin
		/// Signed by a worker key of the provider that the slot is assigned to.
		///
		/// # Errors
		/// [`NotAWorker`](Error::NotAWorker), [`NotAssigned`](Error::NotAssigned),
		/// [`NotTraining`](Error::NotTraining), [`DeadlinePassed`](Error::DeadlinePassed),
		/// [`AlreadyCommitted`](Error::AlreadyCommitted), [`SlotNotOpen`](Error::SlotNotOpen).
		///
		/// # Events
		/// [`TaskCommitted`](Event::TaskCommitted), and what follows in pallet-jobs.
		///
		/// # Complexity
		/// O(committee), if an earlier attempt left a panel.
		#[pallet::call_index(0)]
		pub fn commit_task(
			origin: OriginFor<T>,
			job: JobId,
			slot: Slot,
			seal: Digest,
		) -> DispatchResult {
			let stash = Self::stash_of(origin)?;
			Self::do_commit_task(stash, job, slot, seal)
		}

		/// Opens the seal of a task.
		///
		/// The trace's root is computed again from the round's parent, the slot's state and the
		/// revealed roots: work that does not begin at the agreed state cannot be revealed.
		///
		/// # Dispatch Origin
		/// Signed by a worker key of the provider that sealed.
		///
		/// # Errors
		/// [`NotAWorker`](Error::NotAWorker), [`NotAssigned`](Error::NotAssigned),
		/// [`NotRevealing`](Error::NotRevealing), [`DeadlinePassed`](Error::DeadlinePassed),
		/// [`AlreadyRevealed`](Error::AlreadyRevealed), [`SlotNotOpen`](Error::SlotNotOpen),
		/// [`SealMismatch`](Error::SealMismatch), [`TraceMismatch`](Error::TraceMismatch).
		///
		/// # Events
		/// [`TaskRevealed`](Event::TaskRevealed), and what follows in pallet-jobs.
		///
		/// # Complexity
		/// O(1): three short hashes.
		#[pallet::call_index(1)]
		pub fn reveal_task(
			origin: OriginFor<T>,
			job: JobId,
			slot: Slot,
			reveal: TaskReveal,
		) -> DispatchResult {
			let stash = Self::stash_of(origin)?;
			Self::do_reveal_task(stash, job, slot, reveal)
		}

		/// Reads the beacon for a round that waits for its draw.
		///
		/// Not needed when a validator seals a verdict: the first one that does makes the draw.
		///
		/// # Dispatch Origin
		/// Signed by anyone.
		///
		/// # Errors
		/// [`NotDrawing`](Error::NotDrawing), [`DeadlinePassed`](Error::DeadlinePassed),
		/// [`OutputsNotReady`](Error::OutputsNotReady),
		/// [`SessionForgotten`](Error::SessionForgotten),
		/// [`StakesForgotten`](Error::StakesForgotten).
		///
		/// # Events
		/// [`Drawn`](Event::Drawn), and what follows in pallet-jobs.
		///
		/// # Complexity
		/// O(outputs).
		#[pallet::call_index(2)]
		pub fn draw(origin: OriginFor<T>, job: JobId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_draw(job)
		}

		/// Seals a verdict about a task, and makes the draw if it is due.
		///
		/// `seal` is the hash of an `assay_protocol::VerdictClaim`, with a salt that stays secret
		/// until every seat has sealed or the window is over.
		///
		/// # Dispatch Origin
		/// Signed by a worker key of a validator that has a seat in the slot's committee.
		///
		/// # Errors
		/// Those of [`draw`](Pallet::draw), [`NotAWorker`](Error::NotAWorker),
		/// [`NotAssaying`](Error::NotAssaying), [`DeadlinePassed`](Error::DeadlinePassed),
		/// [`SlotNotOpen`](Error::SlotNotOpen), [`StakesForgotten`](Error::StakesForgotten),
		/// [`NotDrawn`](Error::NotDrawn), [`AlreadySealed`](Error::AlreadySealed).
		///
		/// # Events
		/// [`VerdictSealed`](Event::VerdictSealed), before it perhaps [`Drawn`](Event::Drawn),
		/// [`PanelFormed`](Event::PanelFormed) and [`ValidatorAbsent`](Event::ValidatorAbsent), and
		/// what follows in pallet-jobs.
		///
		/// # Complexity
		/// O(committee * validators) for the first seal of a slot in a draw, else O(committee).
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::draw().saturating_add(T::WeightInfo::seal_verdict()))]
		pub fn seal_verdict(
			origin: OriginFor<T>,
			job: JobId,
			slot: Slot,
			seal: Digest,
		) -> DispatchResultWithPostInfo {
			let stash = Self::stash_of(origin)?;
			let has_drawn = Self::do_seal_verdict(stash, job, slot, seal)?;
			Ok((!has_drawn).then(T::WeightInfo::seal_verdict).into())
		}

		/// Opens the seal of a verdict.
		///
		/// # Dispatch Origin
		/// Signed by a worker key of the validator that sealed.
		///
		/// # Errors
		/// [`NotAWorker`](Error::NotAWorker), [`NotUnsealing`](Error::NotUnsealing),
		/// [`DeadlinePassed`](Error::DeadlinePassed), [`SlotNotOpen`](Error::SlotNotOpen),
		/// [`NotDrawn`](Error::NotDrawn), [`NotSealed`](Error::NotSealed),
		/// [`AlreadyUnsealed`](Error::AlreadyUnsealed), [`SealMismatch`](Error::SealMismatch).
		///
		/// # Events
		/// [`VerdictRevealed`](Event::VerdictRevealed); after the last one of a slot
		/// [`ValidatorAbsent`](Event::ValidatorAbsent) for each seat without one, and what follows in
		/// pallet-jobs.
		///
		/// # Complexity
		/// O(committee); O(tasks) in pallet-jobs for the last one of a pass.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::reveal_verdict(MAX_TASKS))]
		pub fn reveal_verdict(
			origin: OriginFor<T>,
			job: JobId,
			slot: Slot,
			verdict: Verdict,
			salt: Salt,
		) -> DispatchResultWithPostInfo {
			let stash = Self::stash_of(origin)?;
			let tasks = Self::do_reveal_verdict(stash, job, slot, verdict, salt)?;
			Ok(Some(T::WeightInfo::reveal_verdict(tasks)).into())
		}

		/// Names the checkpoint that the round's accepted work leads to. The claim that makes a quorum
		/// of equal ones closes the round.
		///
		/// # Dispatch Origin
		/// Signed by a worker key of a validator drawn to close the round, once in each window.
		///
		/// # Errors
		/// [`NotAWorker`](Error::NotAWorker), [`RoundMismatch`](Error::RoundMismatch),
		/// [`NotClosing`](Error::NotClosing), [`DeadlinePassed`](Error::DeadlinePassed),
		/// [`StakesForgotten`](Error::StakesForgotten), [`NotDrawn`](Error::NotDrawn),
		/// [`AlreadyClaimed`](Error::AlreadyClaimed).
		///
		/// # Events
		/// [`AggregateClaimed`](Event::AggregateClaimed); when it closes the round perhaps
		/// [`ValidatorAbsent`](Event::ValidatorAbsent) and [`RoundCleared`](Event::RoundCleared), and
		/// what follows in pallet-jobs.
		///
		/// # Complexity
		/// O(committee * validators) for the first claim of a window, else O(committee); O(tasks) in
		/// pallet-jobs for the one that closes the round.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::claim_aggregate(MAX_TASKS))]
		pub fn claim_aggregate(
			origin: OriginFor<T>,
			job: JobId,
			round: Round,
			checkpoint: Root,
			loss: Loss,
		) -> DispatchResultWithPostInfo {
			let stash = Self::stash_of(origin)?;
			let tasks = Self::do_claim_aggregate(stash, job, round, checkpoint, loss)?;
			Ok(Some(T::WeightInfo::claim_aggregate(tasks)).into())
		}

		/// Removes up to [`CLEAR_LIMIT`] slots of what a round left that is over.
		///
		/// Idle blocks do the same. Nobody is disadvantaged by it: what is settled on the way, the
		/// uptime of validators that were absent, does not depend on who clears or when.
		///
		/// # Dispatch Origin
		/// Signed by anyone.
		///
		/// # Errors
		/// [`RoundNotOver`](Error::RoundNotOver), [`NothingToClear`](Error::NothingToClear).
		///
		/// # Events
		/// [`ValidatorAbsent`](Event::ValidatorAbsent) and, once nothing is left,
		/// [`RoundCleared`](Event::RoundCleared).
		///
		/// # Complexity
		/// O([`CLEAR_LIMIT`] * committee).
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::clear_round(CLEAR_LIMIT))]
		pub fn clear_round(
			origin: OriginFor<T>,
			job: JobId,
			round: Round,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let slots = Self::do_clear_round(job, round)?;
			Ok(Some(T::WeightInfo::clear_round(slots)).into())
		}
	}
}
