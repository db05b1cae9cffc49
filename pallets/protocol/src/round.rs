//! The state machine of a round.
//!
//! ```text
//! Train ─▶ Reveal ─▶ Draw ─▶ Assay ─▶ Unseal ─▶ Close ─▶ Ended
//!   ▲        │         ▲                │  │
//!   │        │         └── undecided ◀──┘  │
//!   └────────┴────────── slots to redo ◀───┘
//! ```
//!
//! [`RoundState`] counts slots and knows no slot; [`SlotRecord`] knows one slot and no counts. Every
//! fact is applied to both: first to the slot, which tells what became of it, then to the round,
//! which tells what follows. Both are O(1); only sweeping a deadline looks at every slot.
//!
//! # Time
//! A phase entered in block `b` with a window of `w` blocks has the deadline `b + w`. Its events
//! are accepted in blocks `b..=b + w`, the deadline included; [`RoundEvent::Swept`] is accepted
//! from block `b + w + 1`. So in any block exactly one of the two is possible.
//!
//! # Passes
//! A pass is one way through the phases. Slots whose attempt failed wait for the next pass, the
//! others are judged in this one. Every pass raises the attempt of each slot in it, so there are at
//! most [`MAX_ATTEMPTS`](crate::limits::MAX_ATTEMPTS) of them.
//!
//! # Claims of failure
//! A provider whose training ends out of range shows where instead of work. If its committee agrees,
//! the plan is bad and the round fails, but only once everything is judged that was revealed in the
//! same pass: whoever can foresee where a plan ends gets nobody's work for nothing.

#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
mod event;
#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
mod outlook;
#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
mod phase;
mod rules;
#[cfg_attr(
	not(test),
	expect(clippy::as_conversions, reason = "in derived codecs")
)]
mod slot;
mod state;
mod tally;

pub use event::{Fate, RoundError, RoundEvent, Sweep, Transition};
pub use outlook::{Outlook, NO_DEADLINE};
pub use phase::Phase;
pub use slot::{Failure, SlotError, SlotRecord, SlotState, Unsealed, Work};
pub use state::{Counts, DrawRecord, RoundState};
