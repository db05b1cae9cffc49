//! The rules of a job: plan, rounds, seals, draw, reward formula and settlement.
//!
//! # Overview
//! Pure rules: no storage, no hashing host functions, no floats, no clock but the block number that
//! is passed in. Pallets and the worker compile this crate unchanged, so what a worker expects of
//! the chain is what the chain does. Nothing here is configurable at run time.
//!
//! | module | decides |
//! |---|---|
//! | [`plan`], [`terms`], [`refusal`] | which jobs are accepted |
//! | [`job`], [`round`] | what may happen when, and what follows |
//! | [`assign`], [`draw`] | who works, and who checks |
//! | [`sampling`], [`deterrence`], [`audit`] | how often work is checked, which stake deters, what checks may cost |
//! | [`seal`], [`hash`] | what a commitment binds |
//! | [`judgement`] | what verdicts mean |
//! | [`dispute`] | who is right where two computations part |
//! | [`challenge`] | how long accepted work can be disputed |
//! | [`claims`] | what claims about the next checkpoint come to |
//! | [`money`], [`reward`], [`ledger`] | what is paid, to the last unit |
//! | [`view`] | what others see |
//! | [`limits`] | how much of everything there can be |
//!
//! # Terminology
//! A SUBMITTER posts a job. A PROVIDER trains. A VALIDATOR checks. A job has ROUNDS, a round has
//! TASKS, a task has STEPS. A SLOT is the position of a task in its round; an ATTEMPT is one
//! provider's try at it; a PASS is one way of a round through its phases.
//!
//! # Properties
//! Each is tested under its id in `tests/rules`.
//!
//! - P1: a plan's id changes with every one of its fields.
//! - P2: every refusal names the value that is refused and its bound.
//! - P3: the payouts of a round never exceed its pools, its pools never exceed its budget, and the
//!   compute pool pays every task in full.
//! - P4: paid + refunded + fees + held is what was deposited, after every booking; a refused
//!   booking changes nothing.
//! - P5: rounding is against the claimer: work in parts, or as many accounts, never earns more.
//! - P6: the reward is monotone in every argument.
//! - P7: a draw is a pure function of its arguments; a committee is distinct, never contains the
//!   excluded account, and is as large as it can be. Two different verdicts never both have a quorum.
//! - P8: a seat goes to each validator in proportion to its stake among those that are left.
//! - P9: the order of members is a permutation that depends on plan, job and round only, and it
//!   spreads slots evenly.
//! - P10: a seal changes with every field that it binds.
//! - P11: every phase but the last has a deadline; in any block either its events or its sweep is
//!   accepted, never both.
//! - P12: the counters of a round agree with its slots, and add up to its tasks.
//! - P13: phases follow each other only in order, an attempt is judged at most once in each draw,
//!   accepted work stays accepted, and sweeps alone end every round.
//! - P14: what is refused changes nothing.
//! - P15: a job moves only along the arrows of [`job`].
//! - P16: a task is drawn with a probability within the floor and one, which more proven value
//!   never raises; value that is split over accounts is never drawn less often.
//! - P17: the least stake is the smallest that deters, and it is monotone in every argument. Accepted
//!   terms have it, and on average their submitter pays for checks at the floor alone.
//! - P18 to P22: those of disputes, see [`dispute`].
//! - P23 and P24: those of the window of a draw, see [`draw::window`].
//! - P25: a claim of failure ends a job only by a quorum of one draw without a dissent, once everything
//!   is judged that its pass revealed; it is never accepted or paid, and a dissent opens a dispute.
//! - P26: that of disputes about claims of failure, see [`dispute`].
//! - P27: accepted work takes a dispute from the block of its acceptance to the end of its window and
//!   never later; a dispute that its challenger has lost begins the window anew, see [`challenge`].
//! - P40 to P46: those of claims about the next checkpoint and of conflicts between them, see
//!   [`dispute::ClosingCase`] and [`claims`].
//!
//! # Golden vectors
//! `testdata/*.json` pins plan ids, seals, draws, committees, seats, orders, amounts, rewards, rates,
//! bills and least stakes for implementations in other languages. `ASSAY_BLESS=1 cargo test -p assay-protocol golden` writes
//! them anew, which is a change of a stored format.
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

pub mod assign;
pub mod audit;
pub mod challenge;
pub mod claims;
pub mod deterrence;
pub mod dispute;
pub mod draw;
pub mod failure;
pub mod hash;
pub mod ids;
#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
pub mod job;
#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
pub mod judgement;
#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
pub mod ledger;
pub mod limits;
mod long;
pub mod money;
pub mod plan;
#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
pub mod refusal;
pub mod reward;
pub mod round;
pub mod sampling;
pub mod seal;
#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
pub mod terms;
#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
pub mod view;
mod wide;

pub use assay_numerics::{Loss, PlanError, Root, StepPlan, ZERO_ROOT};
pub use audit::AuditPolicy;
pub use challenge::{AcceptedTask, ChallengeError};
pub use claims::AggregateClaim;
pub use deterrence::Audit;
pub use draw::window::{BeaconBlock, DrawWindow, Outputs};
pub use ids::{
	Attempt, Balance, BlockNumber, BlockSlot, Digest, JobId, Round, SessionIndex, Slot, TaskKey,
};
pub use job::{FailReason, JobEvent, JobEventRefused, JobState};
pub use judgement::{Outcome, Unpaid, Verdict};
pub use ledger::{Credited, Ledger, LedgerError, Purpose};
pub use money::{Overflow, Pools};
pub use plan::{check_plan, plan_id, CheckpointRef, DataRef, Plan, PlanFacts};
pub use refusal::Refusal;
pub use round::{
	Counts, DrawRecord, Failure, Fate, Outlook, Phase, RoundError, RoundEvent, RoundState,
	SlotError, SlotRecord, SlotState, Sweep, Transition, Unsealed, Work,
};
pub use sampling::Standing;
pub use seal::{
	FailureClaim, FailureReveal, Salt, SealContext, TaskClaim, TaskReveal, Trace, VerdictClaim,
};
pub use terms::{check_terms, Shares, Terms, TermsFacts, WindowKind, Windows};
pub use view::{ConflictView, DisputeView, JobView, RoundFact, RoundRecord, RoundView, TaskView};
