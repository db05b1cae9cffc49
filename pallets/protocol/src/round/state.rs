//! The counters of a round, and how it is driven.

use super::{Outlook, Phase, RoundError, RoundEvent, Transition};
use crate::{
	ids::{BlockNumber, Digest, SessionIndex},
	limits,
	terms::Windows,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Where the slots of a round are.
///
/// While a round runs, `open + redo + undecided + accepted + dropped` is the number of its tasks.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Counts {
	/// In the current phase of this pass.
	pub open: u32,
	/// Of the open ones: committed, revealed or completely sealed in this phase.
	pub done: u32,
	/// Waiting for the next pass.
	pub redo: u32,
	/// Judged without a decision, waiting to be drawn again.
	pub undecided: u32,
	/// Accepted.
	pub accepted: u32,
	/// Given up, also because the plan is bad.
	pub dropped: u32,
}

/// A draw that was made: with the stakes of the session it decides every committee.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct DrawRecord {
	/// The seed.
	pub seed: Digest,
	/// The session whose stakes it draws from.
	pub session: SessionIndex,
	/// Which draw of the round it is, from 0.
	pub index: u32,
	/// Seats of every committee: more after draws of the same pass that did not decide.
	pub seats: u32,
}

/// A round: its phase, its deadline and its counters.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct RoundState {
	/// What it waits for.
	pub phase: Phase,
	/// The block in which the phase began.
	pub since: BlockNumber,
	/// The last block that takes the phase's events; 0 once the round is over.
	pub deadline: BlockNumber,
	/// Slots of the round.
	pub tasks: u32,
	/// The pass, from 0: the attempt of every open slot.
	pub pass: u8,
	/// Draws begun in this round before the current or latest one.
	pub draw_index: u32,
	/// Of these, how many repeat the first draw of this pass.
	pub redraws: u8,
	/// How often the window of CLOSE began again.
	pub restarts: u8,
	/// Where the slots are.
	pub counts: Counts,
	/// Whether a claim of failure was found true: the round fails when this pass is judged.
	pub has_bad_plan: bool,
	/// The latest draw that was made.
	pub draw: Option<DrawRecord>,
	/// What the claims of the current window of CLOSE come to.
	pub outlook: Outlook,
	/// The deadline of CLOSE that a conflict has put off; 0 without one.
	pub put_off: BlockNumber,
}

impl RoundState {
	/// A round that begins in block `now`, every slot assigned.
	pub fn start(tasks: u32, now: BlockNumber, windows: &Windows) -> Self {
		let mut round = Self {
			phase: Phase::Train,
			since: now,
			deadline: 0,
			tasks,
			pass: 0,
			draw_index: 0,
			redraws: 0,
			restarts: 0,
			counts: Counts {
				open: tasks,
				..Default::default()
			},
			has_bad_plan: false,
			draw: None,
			outlook: Outlook::Awaited,
			put_off: 0,
		};
		round.enter(Phase::Train, now, windows);
		round
	}

	/// Applies an event in block `now`.
	///
	/// # Errors
	/// [`RoundError`] if the event does not belong to the phase or the block; nothing changes then.
	pub fn apply(
		&mut self,
		event: RoundEvent,
		now: BlockNumber,
		windows: &Windows,
	) -> Result<Transition, RoundError> {
		let mut next = *self;
		let transition = next.applied(event, now, windows)?;
		*self = next;
		Ok(transition)
	}

	/// Ends the round from outside: its job was cancelled, or found nobody to work.
	pub fn abandon(&mut self, now: BlockNumber) {
		self.phase = Phase::Ended;
		self.since = now;
		self.deadline = 0;
	}

	/// Whether the round waits for something and has waited long enough.
	pub fn is_overdue(&self, now: BlockNumber) -> bool {
		self.phase != Phase::Ended && now > self.deadline
	}

	/// The first block whose beacon output a draw of this phase may use: the one after the block
	/// in which REVEAL, or the earlier draw, ended. `None` outside of DRAW.
	pub fn draw_from(&self) -> Option<BlockNumber> {
		match self.phase {
			Phase::Draw => self.since.checked_add(1),
			_ => None,
		}
	}

	/// Whether enough slots are accepted for the round to close.
	pub fn has_round_quorum(&self) -> bool {
		let accepted = u64::from(self.counts.accepted).saturating_mul(u64::from(limits::PPM));
		let least = u64::from(self.tasks).saturating_mul(u64::from(limits::ROUND_QUORUM_PPM));
		self.counts.accepted > 0 && accepted >= least
	}
}
