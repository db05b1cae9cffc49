//! What happens to a round, what follows from it, and why an event is refused.

use super::{Outlook, Phase};
use crate::{
	ids::{BlockNumber, Digest, SessionIndex},
	job::FailReason,
	judgement::Unpaid,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What became of a slot when an event or a deadline was applied to it.
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
pub enum Fate {
	/// Its work is accepted.
	#[codec(index = 0)]
	Accepted,
	/// This attempt is unpaid; the next pass gives the slot to another provider.
	#[codec(index = 1)]
	Redo(Unpaid),
	/// This attempt is unpaid and was the last: the round goes on without the slot.
	#[codec(index = 2)]
	Dropped(Unpaid),
	/// The verdicts did not decide: the slot is drawn again.
	#[codec(index = 3)]
	Undecided,
	/// Its provider's claim of failure is true: no attempt can do better, and the round goes on only to
	/// judge what is revealed.
	#[codec(index = 4)]
	BadPlan,
}

/// How many slots met each [`Fate`] at a deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sweep {
	/// [`Fate::Accepted`].
	pub accepted: u32,
	/// [`Fate::Redo`].
	pub redo: u32,
	/// [`Fate::Dropped`].
	pub dropped: u32,
	/// [`Fate::Undecided`].
	pub undecided: u32,
	/// [`Fate::BadPlan`].
	pub bad_plan: u32,
}

impl Sweep {
	/// Counts one slot. Saturates, which no bounded list of slots reaches.
	pub fn count(&mut self, fate: Fate) {
		let counter = match fate {
			Fate::Accepted => &mut self.accepted,
			Fate::Redo(_) => &mut self.redo,
			Fate::Dropped(_) => &mut self.dropped,
			Fate::Undecided => &mut self.undecided,
			Fate::BadPlan => &mut self.bad_plan,
		};
		*counter = counter.saturating_add(1);
	}

	/// All slots counted. Saturates like [`count`](Self::count).
	pub fn total(&self) -> u32 {
		self.accepted
			.saturating_add(self.redo)
			.saturating_add(self.dropped)
			.saturating_add(self.undecided)
			.saturating_add(self.bad_plan)
	}
}

/// What happens to a round. Each event of a slot was accepted by its
/// [`SlotRecord`](super::SlotRecord) before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RoundEvent {
	/// A slot's seal came (TRAIN).
	Committed,
	/// A slot's seal was opened, to work or to a claim of failure (REVEAL).
	Revealed,
	/// The beacon was read (DRAW).
	Drawn {
		/// The seed of the committees.
		seed: Digest,
		/// The session whose stakes they are drawn from.
		session: SessionIndex,
		/// Seats of a committee, as the terms say.
		committee: u32,
	},
	/// A verdict was sealed (ASSAY).
	Sealed {
		/// Whether it was the last of its slot.
		complete: bool,
	},
	/// A verdict was opened (UNSEAL).
	Unsealed {
		/// What became of the slot, once all its sealed verdicts are open.
		fate: Option<Fate>,
	},
	/// A dispute was opened about revealed work (DRAW, ASSAY, UNSEAL). It changes no count: the slot
	/// remembers it.
	Disputed,
	/// Everybody drawn has made a claim about the next checkpoint, a quorum the same one, and no conflict is
	/// open (CLOSE).
	Closed,
	/// The deadline is over, and every slot that it found unfinished was swept.
	Swept(Sweep),
	/// What the claims about the next checkpoint come to so far (CLOSE).
	Stands(Outlook),
}

/// What follows from an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transition {
	/// The phase goes on.
	Stay,
	/// The next phase of this pass begins.
	Moved(Phase),
	/// The undecided slots, or a draw that nobody made in time, are drawn again.
	Redraw,
	/// A new pass begins in TRAIN: every slot to redo is now given to another provider.
	Pass,
	/// The window of CLOSE begins again, with other validators.
	Restarted,
	/// The round is over: its checkpoint is agreed.
	Closed,
	/// The round is over, and the job with it.
	Failed(FailReason),
}

/// Why a round refuses an event. Nothing changes then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RoundError {
	/// The event belongs to another phase.
	WrongPhase {
		/// The phase that the round is in.
		phase: Phase,
	},
	/// The event came after the last block that takes it.
	DeadlinePassed {
		/// That block.
		deadline: BlockNumber,
		/// The current block.
		now: BlockNumber,
	},
	/// The sweep came while the phase still takes events.
	DeadlineAhead {
		/// The last block that takes events.
		deadline: BlockNumber,
		/// The current block.
		now: BlockNumber,
	},
	/// The event claims more slots than the round has in this place: the caller and the round
	/// disagree. A defect, never a user's fault.
	CountsDisagree,
}
