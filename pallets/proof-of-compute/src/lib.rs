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
//! | REVEAL | `reveal_failure` | the slot's provider | opens the seal to a claim that training ends |
//! | DRAW | `draw`, or the first `seal_verdict` | anyone, a drawn validator | reads the beacon |
//! | ASSAY | `seal_verdict` | a drawn validator | seals a verdict |
//! | UNSEAL | `reveal_verdict` | the same | opens it |
//! | CLOSE | `claim_aggregate` | a validator drawn to close | names the next checkpoint |
//! | CLOSE | `settle_claims` | anyone | goes on after a conflict |
//! | DRAW to UNSEAL | `dispute_task` | anyone with a bond | disputes work without a seat |
//! | after the acceptance | `dispute_accepted` | anyone with a bond | disputes accepted work |
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
//!   outputs in the window of slots after the block in which REVEAL, or the earlier draw, ended. Who
//!   draws, and when, changes nothing; neither does it change whose stakes count: those of the session
//!   of that block.
//! - P5 A committee is a pure function of seed, slot, attempt and stakes. Its seats are distinct
//!   stashes, none of them the provider's, so every count of seats counts distinct validators.
//! - P6 A verdict is sealed once per seat and draw, and opens only for the stash that sealed it.
//! - P7 A drawn validator that does not answer in time loses uptime; one that answers gains.
//! - P8 A round closes only by `quorum` equal claims of distinct validators drawn to close it, of fewer
//!   only if all others were convicted; and never while two claims that stand contradict each other.
//! - P9 Every record belongs to a round in [`OpenRounds`], and every such round is either running or
//!   can be cleared by anyone.
//! - P10 A verdict that says invalid opens a dispute or joins the one that there is; work with a
//!   dispute is never accepted.
//! - P11 A claim of failure names a place of the plan, with the borders before it. It is disputed as work
//!   is.
//!
//! # Terminology
//! - Attempt: how often a slot was given out in this round; part of every seal.
//! - Draw: one reading of the beacon. The slots that a draw does not decide are drawn again.
//! - Panel: the committee of one slot in one draw, with what its seats have sealed and opened.
//! - Closers: the committee whose equal claims close a round.
//! - Conflict: two of their claims that name other checkpoints; see pallet-disputes.
//! - Uptime: how many of the panels that a validator was drawn into it answered.
//!
//! # Limits of this version
//! - If fewer validators than `committee` can be drawn, the panel is what there is and the quorum
//!   stays. A quorum that cannot be reached accepts nothing: the slots stay undecided and the job
//!   fails in the end.
//! - Claims about aggregates are not sealed, so they can be repeated without work. About the loss of a
//!   checkpoint a quorum decides.
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

mod accepted;
mod aggregate;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod clear;
mod commit;
mod draw;
mod errors;
mod events;
mod gate;
mod hooks;
#[cfg(any(feature = "try-runtime", test))]
mod invariants;
#[cfg(test)]
mod mock;
#[expect(clippy::as_conversions, reason = "in derived codecs")]
mod records;
mod reveal;
mod sessions;
#[cfg(test)]
mod tests;
mod uptime;
mod verdict;
pub mod weights;

pub use assay_protocol::AggregateClaim;
#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::{BenchmarkHelper, Prepared};
pub use pallet::*;
pub use records::{
	Aggregation, Ballot, Closer, OpenRound, Panel, Seat, SessionStart, Struck, Submission, Uptime,
	CLEAR_LIMIT, MAX_DRAWS, MAX_SESSION_STARTS,
};
pub use weights::WeightInfo;

use frame_support::pallet_macros::import_section;

/// Submissions, panels, claims and uptimes.
#[import_section(errors::errors)]
#[import_section(events::events)]
#[import_section(hooks::hooks)]
#[frame_support::pallet]
#[expect(
	clippy::as_conversions,
	clippy::expect_used,
	missing_debug_implementations,
	reason = "the code that FRAME generates; what is written by hand here needs none of them"
)]
pub mod pallet {
	use super::*;
	use assay_protocol::{
		draw::Committee,
		failure::FailureError,
		limits::{MAX_OUTPUTS, MAX_TASKS, PPM},
		Attempt, Digest, FailureReveal, JobId, Loss, Root, Round, Salt, SessionIndex, Slot,
		TaskKey, TaskReveal, Trace, Verdict,
	};
	use assay_traits::{Beacon, Bonds, Conflicts, Disputes, Rounds, Windows};
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
		type Rounds: Rounds<Self::AccountId> + Windows<Self::AccountId>;

		/// Told of dissent.
		type Disputes: Disputes<Self::AccountId>;

		/// Told of claims about the next checkpoint that contradict each other.
		type Conflicts: Conflicts<Self::AccountId>;

		/// Worker keys, sessions and the stakes that committees are drawn from.
		type Bonds: Bonds<Self::AccountId>;

		/// The VRF outputs that draws are made of.
		type Beacon: Beacon<Self::AccountId>;

		/// Slots of the shortest window of a draw, `1..=`[`MAX_OUTPUTS`]; see
		/// `assay_protocol::draw::window`.
		///
		/// The authors of the last blocks of a window can withhold some of them, which is a second try
		/// for each: a single slot lets one author decide. Local networks use 2, production at least 8.
		#[pallet::constant]
		type DrawSlots: Get<u32>;

		/// The share of the draw's session's stake that the authors seen must hold more than, in parts
		/// per million, below a million. While they do not, the window is doubled, to [`MAX_OUTPUTS`]
		/// slots at most.
		///
		/// With 0 one author is enough, as on local networks. Production asks for a third, and for as
		/// many slots that the shorter windows of its doubling seldom end just below it.
		#[pallet::constant]
		type DrawStake: Get<u32>;

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
	pub type Uptimes<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Uptime, ValueQuery>;

	/// When the latest sessions began, oldest first.
	#[pallet::storage]
	pub type SessionStarts<T: Config> =
		StorageValue<_, BoundedVec<SessionStart, ConstU32<MAX_SESSION_STARTS>>, ValueQuery>;

	/// The round that the sweep looked at last.
	#[pallet::storage]
	pub type SweepCursor<T: Config> = StorageValue<_, (JobId, Round)>;

	#[pallet::call(weight(<T as Config>::WeightInfo))]
	impl<T: Config> Pallet<T> {
		/// Seals the work of a task: nobody can copy it, and its provider cannot change it.
		///
		/// `seal` is the hash of an `assay_protocol::TaskClaim`, or of an `assay_protocol::FailureClaim`
		/// if training ends out of range, with a salt that stays secret until
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
		#[pallet::weight(T::WeightInfo::commit_task().saturating_add(T::WeightInfo::settle()))]
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
		/// The first and the last border of the trace are computed again from the round's parent, the
		/// slot's state and the revealed roots: work that does not begin at the agreed state cannot be
		/// revealed. All borders stay until the work is judged; see `trace_of`.
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
		/// O(segments): short hashes, of at most 32 borders.
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
		/// O(outputs * validators).
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
		#[pallet::weight(Pallet::<T>::most_for_seal())]
		pub fn seal_verdict(
			origin: OriginFor<T>,
			job: JobId,
			slot: Slot,
			seal: Digest,
		) -> DispatchResultWithPostInfo {
			let stash = Self::stash_of(origin)?;
			Self::do_seal_verdict(stash, job, slot, seal)
		}

		/// Opens the seal of a verdict.
		///
		/// One that says invalid opens a dispute or joins it: part of the stash's bond is pledged.
		/// Without a bond for that it is refused as a whole, and counts as never opened.
		///
		/// # Dispatch Origin
		/// Signed by a worker key of the validator that sealed.
		///
		/// # Errors
		/// [`NotAWorker`](Error::NotAWorker), [`NotUnsealing`](Error::NotUnsealing),
		/// [`DeadlinePassed`](Error::DeadlinePassed), [`SlotNotOpen`](Error::SlotNotOpen),
		/// [`NotDrawn`](Error::NotDrawn), [`NotSealed`](Error::NotSealed),
		/// [`AlreadyUnsealed`](Error::AlreadyUnsealed), [`SealMismatch`](Error::SealMismatch), and
		/// those of pallet-stake about the bond.
		///
		/// # Events
		/// [`VerdictRevealed`](Event::VerdictRevealed); after the last one of a slot
		/// [`ValidatorAbsent`](Event::ValidatorAbsent) for each seat without one, and what follows in
		/// pallet-jobs.
		///
		/// # Complexity
		/// O(committee); O(tasks) in pallet-jobs for the last one of a pass.
		#[pallet::call_index(4)]
		#[pallet::weight(Pallet::<T>::weight_of_opening(Some(Pallet::<T>::tasks_of(*job))))]
		pub fn reveal_verdict(
			origin: OriginFor<T>,
			job: JobId,
			slot: Slot,
			verdict: Verdict,
			salt: Salt,
		) -> DispatchResultWithPostInfo {
			let stash = Self::stash_of(origin)?;
			let ended = Self::do_reveal_verdict(stash, job, slot, verdict, salt)?;
			Ok(Some(Self::weight_of_opening(ended)).into())
		}

		/// Names the checkpoint that the round's accepted work leads to. Once everybody drawn has claimed
		/// the same the round closes, and at its deadline with a quorum. Two claims that name other
		/// checkpoints are a conflict, which is judged first; part of both bonds is pledged.
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
		/// [`AggregateClaimed`](Event::AggregateClaimed), perhaps
		/// [`ClaimStruck`](Event::ClaimStruck) and those of pallet-disputes about a conflict; when it
		/// closes the round perhaps [`ValidatorAbsent`](Event::ValidatorAbsent) and
		/// [`RoundCleared`](Event::RoundCleared), and what follows in pallet-jobs.
		///
		/// # Complexity
		/// O(committee * validators) for the first claim of a window, else O(committee); O(tasks) for
		/// one that closes the round or opens a conflict.
		#[pallet::call_index(5)]
		#[pallet::weight(Pallet::<T>::most_for_claim(Pallet::<T>::tasks_of(*job)))]
		pub fn claim_aggregate(
			origin: OriginFor<T>,
			job: JobId,
			round: Round,
			checkpoint: Root,
			loss: Loss,
		) -> DispatchResultWithPostInfo {
			let stash = Self::stash_of(origin)?;
			let looked = Self::do_claim_aggregate(stash, job, round, checkpoint, loss)?;
			Ok(Some(Self::weight_of_claim(looked)).into())
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

		/// Disputes work, or a claim of failure, that is being judged, without having a seat. Drawn validators do it with
		/// their verdicts.
		///
		/// The caller pledges part of its bond. The work is left out of its round, whatever the
		/// verdicts say, and pallet-disputes finds out who is right.
		///
		/// # Dispatch Origin
		/// Signed by a worker key of a bonded stash, not of the provider.
		///
		/// # Errors
		/// [`NotAWorker`](Error::NotAWorker), [`OwnWork`](Error::OwnWork),
		/// [`SlotNotOpen`](Error::SlotNotOpen), [`AlreadyDisputed`](Error::AlreadyDisputed), and those of
		/// pallet-jobs about the phase and of pallet-stake about the bond.
		///
		/// # Events
		/// Those of pallet-disputes.
		///
		/// # Complexity
		/// O(1).
		#[pallet::call_index(7)]
		pub fn dispute_task(origin: OriginFor<T>, job: JobId, slot: Slot) -> DispatchResult {
			let stash = Self::stash_of(origin)?;
			Self::do_dispute(stash, job, slot)
		}

		/// Opens the seal of a task whose training ends: an op of one of its steps has an output out of
		/// the range of the profile, on every machine.
		///
		/// The claim has the borders of its trace up to the segment in which training ends, and the exact
		/// place: step, op, tile and part of the fold. The committee recomputes the task from the parent up
		/// to that step. If a quorum finds the same and nobody finds otherwise, the job fails with
		/// `BadPlan`; nobody is paid for the task, and its stake is released. Who finds otherwise opens a
		/// dispute, in which the runtime judges the place.
		///
		/// # Dispatch Origin
		/// Signed by a worker key of the provider that sealed.
		///
		/// # Errors
		/// [`NotAWorker`](Error::NotAWorker), [`NotAssigned`](Error::NotAssigned),
		/// [`NotRevealing`](Error::NotRevealing), [`DeadlinePassed`](Error::DeadlinePassed),
		/// [`AlreadyRevealed`](Error::AlreadyRevealed), [`SlotNotOpen`](Error::SlotNotOpen),
		/// [`SealMismatch`](Error::SealMismatch), [`StepOutsidePlan`](Error::StepOutsidePlan),
		/// [`NoSuchOp`](Error::NoSuchOp), [`NoSuchTile`](Error::NoSuchTile),
		/// [`NoSuchPart`](Error::NoSuchPart), [`TraceMismatch`](Error::TraceMismatch).
		///
		/// # Events
		/// [`FailureRevealed`](Event::FailureRevealed), and what follows in pallet-jobs.
		///
		/// # Complexity
		/// O(segments): short hashes; the plan is read, and its outline is made.
		#[pallet::call_index(8)]
		pub fn reveal_failure(
			origin: OriginFor<T>,
			job: JobId,
			slot: Slot,
			failure: FailureReveal,
		) -> DispatchResult {
			let stash = Self::stash_of(origin)?;
			Self::do_reveal_failure(stash, job, slot, failure)
		}

		/// Goes on with a round after a conflict about its next checkpoint: claims that were found wrong
		/// are struck. The next claim does the same, and so does an idle block.
		///
		/// # Dispatch Origin
		/// Signed by anyone.
		///
		/// # Errors
		/// [`NothingToSettle`](Error::NothingToSettle).
		///
		/// # Events
		/// [`ClaimStruck`](Event::ClaimStruck), and as [`claim_aggregate`](Pallet::claim_aggregate).
		#[pallet::call_index(20)]
		#[pallet::weight(Pallet::<T>::most_for_claim(Pallet::<T>::tasks_of(*job)))]
		pub fn settle_claims(
			origin: OriginFor<T>,
			job: JobId,
			round: Round,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let looked = Self::do_settle_claims(job, round)?;
			Ok(Some(Self::weight_of_claim(looked)).into())
		}

		/// Disputes work that was accepted, while its challenge window is open. `trace` is what its
		/// provider revealed.
		///
		/// The caller pledges part of its bond. The checkpoint stands, whoever is right; the provider's
		/// stake is lost if the work is wrong.
		///
		/// # Dispatch Origin
		/// Signed by a worker key of a bonded stash, not of the provider.
		///
		/// # Errors
		/// [`NotAWorker`](Error::NotAWorker), [`NotAccepted`](Error::NotAccepted),
		/// [`OwnWork`](Error::OwnWork), [`AlreadyDisputed`](Error::AlreadyDisputed),
		/// [`WindowOver`](Error::WindowOver), [`OtherTrace`](Error::OtherTrace), and those of
		/// pallet-disputes and pallet-stake about the challenger and its bond.
		///
		/// # Events
		/// Those of pallet-disputes.
		///
		/// # Complexity
		/// O(segments): the root of at most 32 borders.
		#[pallet::call_index(30)]
		// Whoever fills blocks must not keep others from it until the window is over.
		#[pallet::weight((T::WeightInfo::dispute_accepted(), DispatchClass::Operational))]
		pub fn dispute_accepted(
			origin: OriginFor<T>,
			task: TaskKey,
			trace: Trace,
		) -> DispatchResult {
			let stash = Self::stash_of(origin)?;
			Self::do_dispute_accepted(stash, task, trace)
		}
	}
}
