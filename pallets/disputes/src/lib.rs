//! Disputes about work: by turns to one step of one tile, where the runtime itself computes.
//!
//! # Overview
//! A drawn validator that finds another trace than the provider's says so with its verdict, and that
//! opens a dispute. Anybody with a bond can open one while the work is being judged, both through
//! proof-of-compute. No vote decides:
//! the two sides narrow down where their computations part, as [`assay_protocol::dispute`] describes,
//! and the runtime takes that one step.
//!
//! A claim that training ends is disputed as work is, up to its place; there the runtime looks whether
//! there is a tile.
//!
//! The round does not wait. Disputed work is left out of it, and its slot is given out again; only the
//! stake of the attempt stays held until the dispute is over.
//!
//! | call | by | what it does |
//! |---|---|---|
//! | `ask` | the challenger | goes one level down |
//! | `answer` | the provider; for facts anyone | shows what is there |
//! | `prove` | anyone | has the runtime judge the place that was reached |
//! | `end` | anyone | ends the turn of a side whose time is over |
//!
//! # Who pays
//! | ends with | provider | challenger | others |
//! |---|---|---|---|
//! | a proof that the work, or the claim, is wrong | the task's stake | its pledge back, a share of half of the stake | the other dissenters share that half |
//! | a provider that falls silent | the same | the same | the same |
//! | a proof that it is right, or a silent challenger | its stake back, the price of the task | its pledge | those that said valid get their fee from the pledge |
//!
//! A challenger that loses is followed by the next dissenter of its committee, from the beginning: a
//! bought challenger that asks for the wrong place saves nobody. Only when the last one has lost, and
//! the work is not being judged any more, is the stake of the provider free and the provider paid:
//! until then whoever says invalid takes over. Work whose provider has lost is not disputed again.
//!
//! Accepted work is disputed in the same way while its challenge window is open. It is paid already, and
//! its checkpoint stands: a conviction takes the stake alone. If its challenger loses, the provider is
//! paid the price for its trouble, those that said valid have their fees already, and the stake stays
//! held for a window anew ([`assay_traits::Windows`]): an accomplice that loses at once saves nothing.
//!
//! Two validators drawn to close a round that name other checkpoints are in a conflict, which is judged
//! in the same way and by turns of its own ([`assay_protocol::dispute::ClosingCase`]): `show_checkpoint`,
//! `choose_node`, `add_updates` and `end_conflict`. Its round does wait.
//!
//! # Properties
//! - D1 At most one dispute about an attempt at a task, and only about work that was revealed.
//! - D2 While it is open, the stake of the attempt is held and the pledge of its challenger stands.
//! - D3 A provider is slashed by a proof that the runtime has checked, or because its clock and its
//!   grace ran out, and by nothing else; a challenger likewise.
//! - D4 A dispute ends: every turn has a deadline, there are finitely many turns, and anyone can end
//!   one that is over.
//! - D5 Nothing of a dispute depends on the job any more once it is open, but for how long others may
//!   join it: a job that ends, or is pruned, changes nothing else.
//! - D6 What is taken is paid out or burned, to the last unit.
//! - D7 A lost dispute about accepted work releases no stake, and whoever has lost one about an attempt
//!   opens no other about it.
//! - D8 Both sides of a conflict have pledged until it is ruled. Whoever is silent or wrong loses its
//!   own pledge; a proof that a checkpoint is wrong costs everybody who claims it as much.
//!
//! # Limits of this version
//! - Whoever has no seat cannot join a dispute, only open one.
//! - Committees do not grow after a dissent.
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

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod conflicts;
mod end;
mod errors;
mod events;
#[cfg(any(feature = "try-runtime", test))]
mod invariants;
#[cfg(test)]
mod mock;
mod moves;
mod open;
mod records;
pub mod runtime_api;
#[cfg(test)]
mod tests;
mod view;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
pub use conflicts::{ConflictCase, ConflictRecord};
pub use pallet::*;
pub use records::{CaseRecord, Dispute};
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

/// Open disputes and what they are about.
#[import_section(errors::errors)]
#[import_section(events::events)]
#[frame_support::pallet]
#[expect(
	clippy::as_conversions,
	clippy::expect_used,
	missing_debug_implementations,
	reason = "the code that FRAME generates; what is written by hand here needs none of them"
)]
pub mod pallet {
	use super::*;
	use alloc::boxed::Box;
	use assay_protocol::{
		dispute::{Addends, Answer, Ask, ClosingRuling, DisputeError, Layer, OpenedParam, Proof},
		Balance, BlockNumber, JobId, Root, Round, TaskKey,
	};
	use assay_traits::{Bonds, Rounds, Seated, Slash, Windows};
	use frame_support::{pallet_prelude::*, weights::WeightMeter};
	use frame_system::pallet_prelude::*;

	/// The storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Weights of calls and hooks.
		type WeightInfo: WeightInfo;

		/// The jobs: asked what they promised, told what was slashed and how disputes about accepted
		/// work end.
		type Rounds: Rounds<Self::AccountId> + Windows<Self::AccountId>;

		/// Worker keys, stakes of tasks and pledges.
		type Bonds: Bonds<Self::AccountId>;

		/// Where lost disputes are reported.
		type Slash: Slash<Self::AccountId>;

		/// Blocks that each side has in all, on its turns. At least long enough to repeat a task and
		/// to hash the tensors of one step.
		#[pallet::constant]
		type TurnTime: Get<BlockNumber>;

		/// Blocks after a provider's time is over in which its answer still counts: its pay is lost,
		/// its stake is not.
		#[pallet::constant]
		type Grace: Get<BlockNumber>;

		/// What answering may cost a provider: twice as much is part of every pledge.
		#[pallet::constant]
		type AnswerCost: Get<Balance>;

		/// What each side of a conflict about the next checkpoint pledges of its bond. Whatever the
		/// job pays, so that no submitter can make it more than honest bonds have; a small part of
		/// the smallest bond, as a validator can be in several at a time.
		#[pallet::constant]
		type ClosingPledge: Get<Balance>;

		/// Makes bonds for benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::BenchmarkHelper<Self::AccountId>;
	}

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The open disputes.
	// Twox: the chain itself counts jobs, rounds, slots and attempts up.
	#[pallet::storage]
	pub type Disputes<T: Config> = StorageMap<_, Twox64Concat, TaskKey, Dispute<T::AccountId>>;

	/// What they are about.
	// Twox: as above.
	#[pallet::storage]
	pub type Cases<T: Config> = StorageMap<_, Twox64Concat, TaskKey, CaseRecord<T::AccountId>>;

	/// The open disputes of a stash, as provider or as challenger.
	// Blake2: anybody can choose an account.
	#[pallet::storage]
	pub type Involved<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, TaskKey, ()>;

	/// Blocks so far that were so full that a move may not have fitted: no clock runs in them.
	#[pallet::storage]
	pub type FullBlocks<T: Config> = StorageValue<_, BlockNumber, ValueQuery>;

	/// The dispute that the sweep looked at last.
	#[pallet::storage]
	pub type SweepCursor<T: Config> = StorageValue<_, TaskKey>;

	/// The conflicts about next checkpoints.
	// Twox: the chain itself counts jobs and rounds up.
	#[pallet::storage]
	pub type Conflicts<T: Config> =
		StorageDoubleMap<_, Twox64Concat, JobId, Twox64Concat, Round, ConflictRecord>;

	/// What they are about.
	// Twox: as above.
	#[pallet::storage]
	pub type ConflictCases<T: Config> =
		StorageDoubleMap<_, Twox64Concat, JobId, Twox64Concat, Round, ConflictCase<T::AccountId>>;

	/// The conflict that the sweep looked at last.
	#[pallet::storage]
	pub type ConflictCursor<T: Config> = StorageValue<_, (JobId, Round)>;

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			// For `on_finalize`.
			T::WeightInfo::on_finalize()
		}

		fn on_finalize(_: BlockNumberFor<T>) {
			Self::note_full_block();
		}

		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			if meter.try_consume(T::WeightInfo::sweep()).is_ok() {
				Self::sweep();
			}
			if meter.try_consume(T::WeightInfo::sweep()).is_ok() {
				Self::sweep_conflicts();
			}
			meter.consumed()
		}

		fn integrity_test() {
			assert!(T::TurnTime::get() > 0, "a side needs time for its turns");
			// A proof that cannot be included would let a provider go that was caught.
			let most = T::BlockWeights::get()
				.get(DispatchClass::Operational)
				.max_extrinsic
				.unwrap_or(T::BlockWeights::get().max_block);
			assert!(
				T::WeightInfo::prove().all_lte(most),
				"prove must fit into a block"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call(weight(<T as Config>::WeightInfo))]
	impl<T: Config> Pallet<T> {
		/// The challenger goes one level down.
		///
		/// # Dispatch Origin
		/// Signed by a worker key of the challenger.
		///
		/// # Errors
		/// [`NotAWorker`](Error::NotAWorker), [`NoDispute`](Error::NoDispute),
		/// [`NotChallenger`](Error::NotChallenger), [`TimeOver`](Error::TimeOver),
		/// [`ChallengerHasLost`](Error::ChallengerHasLost), and those of a move.
		///
		/// # Events
		/// [`Asked`](Event::Asked).
		#[pallet::call_index(0)]
		#[pallet::weight((T::WeightInfo::ask(), DispatchClass::Operational))]
		pub fn ask(origin: OriginFor<T>, task: TaskKey, ask: Ask) -> DispatchResult {
			let stash = Self::stash_of(origin)?;
			Self::do_ask(stash, task, ask)
		}

		/// The provider shows what it was asked for.
		///
		/// What is checked against a root that was committed before is a fact, which anyone may show.
		/// New commitments are the provider's alone.
		///
		/// # Dispatch Origin
		/// Signed by a worker key: the provider's, or for [`Answer::Layer`] anybody's.
		///
		/// # Errors
		/// [`NotAWorker`](Error::NotAWorker), [`NoDispute`](Error::NoDispute),
		/// [`NotProvider`](Error::NotProvider), [`TimeOver`](Error::TimeOver), and those of a move.
		///
		/// # Events
		/// [`Answered`](Event::Answered).
		#[pallet::call_index(1)]
		#[pallet::weight((match answer {
			Answer::States(_) => T::WeightInfo::answer_states(),
			_ => T::WeightInfo::answer(),
		}, DispatchClass::Operational))]
		pub fn answer(origin: OriginFor<T>, task: TaskKey, answer: Answer) -> DispatchResult {
			let stash = Self::stash_of(origin)?;
			Self::do_answer(stash, task, answer)
		}

		/// Has the runtime judge the place that was reached. Somebody loses by it.
		///
		/// # Dispatch Origin
		/// Signed by anyone: it shows facts.
		///
		/// # Errors
		/// [`NoDispute`](Error::NoDispute), [`TimeOver`](Error::TimeOver), and those of a move, when
		/// the evidence proves nothing.
		///
		/// # Events
		/// [`Convicted`](Event::Convicted), [`Acquitted`](Event::Acquitted) or
		/// [`ChallengerReplaced`](Event::ChallengerReplaced).
		#[pallet::call_index(2)]
		#[pallet::weight((T::WeightInfo::prove(), DispatchClass::Operational))]
		pub fn prove(origin: OriginFor<T>, task: TaskKey, proof: Proof) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_prove(task, proof)
		}

		/// Ends a turn that has taken too long, or goes on after a challenger that has lost. An idle
		/// block does it as well.
		///
		/// # Dispatch Origin
		/// Signed by anyone.
		///
		/// # Errors
		/// [`NoDispute`](Error::NoDispute), [`TimeLeft`](Error::TimeLeft).
		///
		/// # Events
		/// As [`prove`](Pallet::prove).
		#[pallet::call_index(3)]
		#[pallet::weight((T::WeightInfo::end(), DispatchClass::Operational))]
		pub fn end(origin: OriginFor<T>, task: TaskKey) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_end(task)
		}

		/// Shows what is below the node of a claimed checkpoint that was asked for. A fact, which
		/// anyone may show.
		///
		/// # Dispatch Origin
		/// Signed by anyone.
		///
		/// # Errors
		/// [`NoConflict`](Error::NoConflict), [`TimeOver`](Error::TimeOver), and those of a move.
		///
		/// # Events
		/// [`CheckpointShown`](Event::CheckpointShown).
		#[pallet::call_index(4)]
		#[pallet::weight((T::WeightInfo::answer(), DispatchClass::Operational))]
		pub fn show_checkpoint(
			origin: OriginFor<T>,
			job: JobId,
			round: Round,
			layer: Layer,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_show(job, round, layer)
		}

		/// Goes on to the first node of a claimed checkpoint that the challenger has otherwise.
		///
		/// # Dispatch Origin
		/// Signed by a worker key of the challenger.
		///
		/// # Errors
		/// [`NotAWorker`](Error::NotAWorker), [`NoConflict`](Error::NoConflict),
		/// [`NotChallenger`](Error::NotChallenger), [`TimeOver`](Error::TimeOver), and those of a move.
		///
		/// # Events
		/// [`NodeChosen`](Event::NodeChosen).
		#[pallet::call_index(5)]
		#[pallet::weight((T::WeightInfo::ask(), DispatchClass::Operational))]
		pub fn choose_node(
			origin: OriginFor<T>,
			job: JobId,
			round: Round,
			index: u32,
		) -> DispatchResult {
			let stash = Self::stash_of(origin)?;
			Self::do_choose(stash, job, round, index)
		}

		/// Adds the tiles of the next accepted updates, in the order of their slots, to the tile that
		/// was chosen; the parent's with the first ones. After the last one somebody loses.
		///
		/// # Dispatch Origin
		/// Signed by anyone: it shows facts.
		///
		/// # Errors
		/// [`NoConflict`](Error::NoConflict), [`TimeOver`](Error::TimeOver), and those of a move.
		///
		/// # Events
		/// [`UpdatesAdded`](Event::UpdatesAdded) or [`ConflictRuled`](Event::ConflictRuled).
		#[pallet::call_index(6)]
		#[pallet::weight((T::WeightInfo::prove(), DispatchClass::Operational))]
		pub fn add_updates(
			origin: OriginFor<T>,
			job: JobId,
			round: Round,
			parent: Option<Box<OpenedParam>>,
			updates: Addends,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_add(job, round, parent, updates)
		}

		/// Ends a turn of a conflict that has taken too long. An idle block does it as well.
		///
		/// # Dispatch Origin
		/// Signed by anyone.
		///
		/// # Errors
		/// [`NoConflict`](Error::NoConflict), [`TimeLeft`](Error::TimeLeft).
		///
		/// # Events
		/// [`ConflictRuled`](Event::ConflictRuled).
		#[pallet::call_index(7)]
		#[pallet::weight((T::WeightInfo::end(), DispatchClass::Operational))]
		pub fn end_conflict(origin: OriginFor<T>, job: JobId, round: Round) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_end_conflict(job, round)
		}
	}
}
