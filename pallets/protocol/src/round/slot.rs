//! The life of one slot in a round.
//!
//! ```text
//! Assigned ─▶ Committed ─▶ Revealed ◀─▶ Judging ─▶ Accepted
//!    │  ▲         │                        │
//!    │  └─────────┴──── Redo ◀─────────────┤
//!    └────────────┴───▶ Dropped ◀──────────┘   (after the last attempt, or a bad plan)
//! ```

use super::{Fate, Phase};
use crate::{
	ids::Attempt,
	judgement::{Unpaid, Verdict},
	limits,
};
use assay_numerics::{referee::Part, Loss, Root};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What a provider revealed, as far as later rounds and the aggregate need it.
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
pub struct Work {
	/// Root of the update: of the parameters after the last step.
	pub update: Root,
	/// Root of the trace, which binds what the update does not: the moments, and where the task
	/// started. A validator compares it as well.
	pub trace_root: Root,
	/// Root of what the slot carries into the next round.
	pub slot_root: Root,
	/// Mean training loss of the task, as claimed.
	pub loss: Loss,
}

/// What a provider revealed instead of work: the place where training ends. It is one place of one tile,
/// so that the runtime can judge it.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Failure {
	/// The step of the task, from 0.
	pub step: u32,
	/// The number of the first op of that step's program whose output is out of range.
	pub op: u32,
	/// A tile of its output that there is not.
	pub tile: u32,
	/// Where in the fold of that tile: the first step after which it cannot go on, or its end.
	pub part: Part,
}

/// Where a slot is.
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
pub enum SlotState {
	/// Its provider works.
	#[codec(index = 0)]
	Assigned,
	/// A seal is there.
	#[codec(index = 1)]
	Committed,
	/// The seal is open. Also after a draw that did not decide.
	#[codec(index = 2)]
	Revealed,
	/// Verdicts come in.
	#[codec(index = 3)]
	Judging {
		/// Validators drawn for the slot.
		seats: u32,
		/// Verdicts sealed by them.
		sealed: u32,
	},
	/// The work counts, and its provider is paid.
	#[codec(index = 4)]
	Accepted,
	/// The attempt is unpaid. Waits for the next pass.
	#[codec(index = 5)]
	Redo(Unpaid),
	/// The last attempt is unpaid. The round goes on without the slot. With
	/// [`BadPlan`](Unpaid::BadPlan) it need not have been the last.
	#[codec(index = 6)]
	Dropped(Unpaid),
}

/// An opened verdict.
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
pub struct Unsealed<AccountId> {
	/// The validator's stash.
	pub validator: AccountId,
	/// What it says.
	pub verdict: Verdict,
	/// Its uptime when it was opened, which decides its fee.
	pub uptime_ppm: u32,
}

/// One slot of the current round, as stored.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SlotRecord<AccountId> {
	/// The stash of the provider of the current or latest attempt.
	pub provider: AccountId,
	/// That attempt, from 0.
	pub attempt: Attempt,
	/// Where the slot is.
	pub state: SlotState,
	/// The work that was revealed in this attempt.
	pub work: Option<Work>,
	/// The claim of failure that was revealed in its place.
	pub failure: Option<Failure>,
	/// The probability that it is drawn for a recomputation, in parts per million; fixed when it is
	/// revealed, before anybody can know the draw.
	pub rate_ppm: u32,
	/// Providers whose attempts at this slot failed; none of them is asked again.
	pub failed: BoundedVec<AccountId, ConstU32<{ limits::MAX_FAILED }>>,
	/// Whether there is a dispute about this attempt.
	pub is_disputed: bool,
	/// The opened verdicts of the latest draw.
	pub verdicts: BoundedVec<Unsealed<AccountId>, ConstU32<{ limits::MAX_COMMITTEE }>>,
}

/// Why a slot refuses a step. Nothing changes then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SlotError {
	/// The step does not belong to the state.
	WrongState {
		/// The state.
		state: SlotState,
	},
	/// The provider has failed this slot before.
	FailedBefore,
	/// The committee of a slot has between one seat and the bound, the same for each seal.
	SeatsWrong {
		/// The seats given.
		seats: u32,
	},
	/// Every seat has sealed its verdict.
	AllSealed {
		/// The seats.
		seats: u32,
	},
	/// More verdicts are opened than were sealed.
	NotSealed {
		/// The sealed ones.
		sealed: u32,
	},
	/// The validator has opened its verdict before.
	AlreadyUnsealed,
}

impl<AccountId: Clone + PartialEq> SlotRecord<AccountId> {
	/// A slot that is given out for the first time in its round.
	pub fn assign(provider: AccountId) -> Self {
		Self {
			provider,
			attempt: 0,
			state: SlotState::Assigned,
			work: None,
			failure: None,
			rate_ppm: 0,
			failed: BoundedVec::new(),
			is_disputed: false,
			verdicts: BoundedVec::new(),
		}
	}

	/// Gives a slot to redo to another provider, with the next attempt.
	///
	/// # Errors
	/// If the slot is not to be redone, or the provider failed it before.
	pub fn reassign(&mut self, provider: AccountId) -> Result<(), SlotError> {
		let SlotState::Redo(_) = self.state else {
			return Err(self.wrong_state());
		};
		if self.failed.contains(&provider) {
			return Err(SlotError::FailedBefore);
		}
		self.provider = provider;
		self.attempt = self.attempt.saturating_add(1);
		self.state = SlotState::Assigned;
		self.work = None;
		self.failure = None;
		self.rate_ppm = 0;
		self.is_disputed = false;
		self.verdicts = BoundedVec::new();
		Ok(())
	}

	/// Notes the provider's seal.
	///
	/// # Errors
	/// If the slot does not wait for it.
	pub fn commit(&mut self) -> Result<(), SlotError> {
		let SlotState::Assigned = self.state else {
			return Err(self.wrong_state());
		};
		self.state = SlotState::Committed;
		Ok(())
	}

	/// Notes the opened seal, and with which probability the work will be drawn.
	///
	/// # Errors
	/// If the slot has no closed seal.
	pub fn reveal(&mut self, work: Work, rate_ppm: u32) -> Result<(), SlotError> {
		let SlotState::Committed = self.state else {
			return Err(self.wrong_state());
		};
		self.state = SlotState::Revealed;
		self.work = Some(work);
		self.rate_ppm = rate_ppm;
		Ok(())
	}

	/// Notes that the seal was opened to a claim of failure, which is always drawn: all of it is
	/// recomputed.
	///
	/// # Errors
	/// If the slot has no closed seal.
	pub fn reveal_failure(&mut self, failure: Failure) -> Result<(), SlotError> {
		let SlotState::Committed = self.state else {
			return Err(self.wrong_state());
		};
		self.state = SlotState::Revealed;
		self.failure = Some(failure);
		self.rate_ppm = limits::PPM;
		Ok(())
	}

	/// Notes a sealed verdict of a slot with this many seats; `true` if it was the last one.
	///
	/// The caller makes sure that the validator has a seat and seals once.
	///
	/// # Errors
	/// If the slot has no revealed work, the seats differ from the first seal's, or are all taken.
	pub fn seal(&mut self, seats: u32) -> Result<bool, SlotError> {
		let sealed = match self.state {
			SlotState::Revealed if seats == 0 || seats > limits::MAX_COMMITTEE => {
				return Err(SlotError::SeatsWrong { seats })
			}
			SlotState::Revealed => 0,
			SlotState::Judging { seats: first, .. } if first != seats => {
				return Err(SlotError::SeatsWrong { seats })
			}
			SlotState::Judging { sealed, .. } if sealed >= seats => {
				return Err(SlotError::AllSealed { seats })
			}
			SlotState::Judging { sealed, .. } => sealed,
			_ => return Err(self.wrong_state()),
		};
		let sealed = sealed.saturating_add(1);
		self.state = SlotState::Judging { seats, sealed };
		Ok(sealed == seats)
	}

	/// Notes an opened verdict; tells what became of the slot if it was the last sealed one.
	///
	/// The caller makes sure that the validator sealed this verdict.
	///
	/// # Errors
	/// If the slot is not judged, all its sealed verdicts are open, or this validator's is.
	pub fn unseal(
		&mut self,
		verdict: Unsealed<AccountId>,
		quorum: u32,
	) -> Result<Option<Fate>, SlotError> {
		let SlotState::Judging { seats, sealed } = self.state else {
			return Err(self.wrong_state());
		};
		if self
			.verdicts
			.iter()
			.any(|open| open.validator == verdict.validator)
		{
			return Err(SlotError::AlreadyUnsealed);
		}
		if self.unsealed() >= sealed {
			return Err(SlotError::NotSealed { sealed });
		}
		let is_dissent = verdict.verdict == Verdict::Invalid;
		self.verdicts
			.try_push(verdict)
			.map_err(|_| SlotError::NotSealed { sealed })?;
		self.is_disputed |= is_dissent;
		Ok((self.unsealed() == sealed).then(|| self.decide(seats, quorum)))
	}

	/// Notes that somebody without a seat disputes the work or the claim: whatever the verdicts say, it is left out.
	///
	/// # Errors
	/// If the slot has no revealed work, or claim, that is still to be judged.
	pub fn dispute(&mut self) -> Result<(), SlotError> {
		let (SlotState::Revealed | SlotState::Judging { .. }) = self.state else {
			return Err(self.wrong_state());
		};
		self.is_disputed = true;
		Ok(())
	}

	/// Applies the deadline of a phase; tells what became of the slot, or `None` if it did its part
	/// or has none in the phase.
	pub fn sweep(&mut self, phase: Phase, quorum: u32) -> Option<Fate> {
		match (phase, self.state) {
			(Phase::Train, SlotState::Assigned) => Some(self.fail(Unpaid::MissedCommit)),
			(Phase::Reveal, SlotState::Committed) => Some(self.fail(Unpaid::MissedReveal)),
			(Phase::Assay, SlotState::Revealed) => Some(Fate::Undecided),
			(Phase::Unseal, SlotState::Judging { seats, .. }) => Some(self.decide(seats, quorum)),
			_ => None,
		}
	}

	/// Ends the attempt unpaid.
	pub(super) fn fail(&mut self, reason: Unpaid) -> Fate {
		// As many places as attempts, so it always fits.
		let _ = self.failed.try_push(self.provider.clone());
		if self.attempt.saturating_add(1) < limits::MAX_ATTEMPTS {
			self.state = SlotState::Redo(reason);
			Fate::Redo(reason)
		} else {
			self.state = SlotState::Dropped(reason);
			Fate::Dropped(reason)
		}
	}

	fn unsealed(&self) -> u32 {
		u32::try_from(self.verdicts.len()).unwrap_or(u32::MAX)
	}

	fn wrong_state(&self) -> SlotError {
		SlotError::WrongState { state: self.state }
	}
}
