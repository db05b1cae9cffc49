//! The rules that move a round from phase to phase.

use super::{
	Counts, DrawRecord, Outlook, Phase, RoundError, RoundEvent, RoundState, Sweep, Transition,
};
use crate::{draw, ids::BlockNumber, job::FailReason, limits, terms::Windows};

impl RoundState {
	/// [`apply`](Self::apply), which keeps the state as it was when this fails.
	pub(super) fn applied(
		&mut self,
		event: RoundEvent,
		now: BlockNumber,
		windows: &Windows,
	) -> Result<Transition, RoundError> {
		let belongs = match event {
			RoundEvent::Committed => self.phase == Phase::Train,
			RoundEvent::Revealed => self.phase == Phase::Reveal,
			RoundEvent::Drawn { .. } => self.phase == Phase::Draw,
			RoundEvent::Sealed { .. } => self.phase == Phase::Assay,
			RoundEvent::Unsealed { .. } => self.phase == Phase::Unseal,
			RoundEvent::Disputed => {
				matches!(self.phase, Phase::Draw | Phase::Assay | Phase::Unseal)
			}
			RoundEvent::Closed | RoundEvent::Stands(_) => self.phase == Phase::Close,
			RoundEvent::Swept(_) => self.phase != Phase::Ended,
		};
		if !belongs {
			return Err(RoundError::WrongPhase { phase: self.phase });
		}
		let deadline = self.deadline;
		match event {
			RoundEvent::Swept(_) if now <= deadline => {
				return Err(RoundError::DeadlineAhead { deadline, now })
			}
			RoundEvent::Swept(_) => {}
			_ if now > deadline => return Err(RoundError::DeadlinePassed { deadline, now }),
			_ => {}
		}
		match event {
			RoundEvent::Committed => self.done(Phase::Reveal, now, windows),
			RoundEvent::Revealed => self.done(Phase::Draw, now, windows),
			RoundEvent::Drawn {
				seed,
				session,
				committee,
			} => {
				self.draw = Some(DrawRecord {
					seed,
					session,
					index: self.draw_index,
					seats: draw::seats(committee, self.redraws),
				});
				Ok(self.enter(Phase::Assay, now, windows))
			}
			RoundEvent::Sealed { complete: false }
			| RoundEvent::Unsealed { fate: None }
			| RoundEvent::Disputed => Ok(Transition::Stay),
			RoundEvent::Sealed { complete: true } => self.done(Phase::Unseal, now, windows),
			RoundEvent::Unsealed { fate: Some(fate) } => {
				let mut sweep = Sweep::default();
				sweep.count(fate);
				self.leave_open(&sweep)?;
				match self.counts.open {
					0 => self.end_judging(now, windows),
					_ => Ok(Transition::Stay),
				}
			}
			RoundEvent::Closed => {
				self.abandon(now);
				Ok(Transition::Closed)
			}
			RoundEvent::Swept(sweep) => self.swept(&sweep, now, windows),
			RoundEvent::Stands(outlook) => {
				self.stands(outlook, now);
				Ok(Transition::Stay)
			}
		}
	}

	/// One more open slot has what the phase waits for; the last one ends the phase.
	fn done(
		&mut self,
		next: Phase,
		now: BlockNumber,
		windows: &Windows,
	) -> Result<Transition, RoundError> {
		if self.counts.done >= self.counts.open {
			return Err(RoundError::CountsDisagree);
		}
		self.counts.done = self.counts.done.saturating_add(1);
		if self.counts.done < self.counts.open {
			return Ok(Transition::Stay);
		}
		Ok(self.enter(next, now, windows))
	}

	fn swept(
		&mut self,
		sweep: &Sweep,
		now: BlockNumber,
		windows: &Windows,
	) -> Result<Transition, RoundError> {
		let Counts { open, done, .. } = self.counts;
		let missing = open.saturating_sub(done);
		let Sweep {
			accepted,
			redo,
			dropped,
			undecided,
			bad_plan,
		} = *sweep;
		let is_judged = accepted > 0 || bad_plan > 0;
		let agrees = match self.phase {
			Phase::Train | Phase::Reveal => {
				!is_judged && undecided == 0 && redo.checked_add(dropped) == Some(missing)
			}
			// Slots without any seal have nothing to open and are undecided at once.
			Phase::Assay => !is_judged && redo == 0 && dropped == 0 && undecided <= missing,
			Phase::Unseal => sweep.total() == open,
			Phase::Draw | Phase::Close => sweep.total() == 0,
			Phase::Ended => false,
		};
		if !agrees {
			return Err(RoundError::CountsDisagree);
		}
		self.leave_open(sweep)?;
		let is_empty = self.counts.open == 0;
		match self.phase {
			Phase::Train if is_empty => self.end_pass(now, windows),
			Phase::Train => Ok(self.enter(Phase::Reveal, now, windows)),
			Phase::Reveal if is_empty => self.end_pass(now, windows),
			Phase::Reveal => Ok(self.enter(Phase::Draw, now, windows)),
			Phase::Draw => Ok(self.redraw(now, windows)),
			Phase::Assay if is_empty => self.end_judging(now, windows),
			Phase::Assay => Ok(self.enter(Phase::Unseal, now, windows)),
			Phase::Unseal => self.end_judging(now, windows),
			Phase::Close if matches!(self.outlook, Outlook::Agreed { .. }) => {
				self.abandon(now);
				Ok(Transition::Closed)
			}
			Phase::Close if self.restarts >= limits::MAX_CLOSE_RESTARTS => {
				Ok(self.fail(FailReason::ValidatorsAbsent, now))
			}
			Phase::Close => {
				self.restarts = self.restarts.saturating_add(1);
				self.enter(Phase::Close, now, windows);
				Ok(Transition::Restarted)
			}
			Phase::Ended => Err(RoundError::WrongPhase {
				phase: Phase::Ended,
			}),
		}
	}

	/// Moves slots from `open` to where their fates lead.
	fn leave_open(&mut self, sweep: &Sweep) -> Result<(), RoundError> {
		let Sweep {
			accepted,
			redo,
			dropped,
			undecided,
			bad_plan,
		} = *sweep;
		self.has_bad_plan |= bad_plan > 0;
		let counts = &mut self.counts;
		let moved = |from: u32, more: u32| from.checked_add(more).ok_or(RoundError::CountsDisagree);
		counts.open = counts
			.open
			.checked_sub(sweep.total())
			.ok_or(RoundError::CountsDisagree)?;
		counts.accepted = moved(counts.accepted, accepted)?;
		counts.redo = moved(counts.redo, redo)?;
		counts.dropped = moved(moved(counts.dropped, dropped)?, bad_plan)?;
		counts.undecided = moved(counts.undecided, undecided)?;
		Ok(())
	}

	/// No slot is open any more: draw the undecided ones again, or end the pass.
	fn end_judging(
		&mut self,
		now: BlockNumber,
		windows: &Windows,
	) -> Result<Transition, RoundError> {
		if self.counts.undecided > 0 {
			self.counts.open = self.counts.undecided;
			self.counts.undecided = 0;
			return Ok(self.redraw(now, windows));
		}
		self.end_pass(now, windows)
	}

	fn redraw(&mut self, now: BlockNumber, windows: &Windows) -> Transition {
		if self.redraws >= limits::MAX_REDRAWS {
			return match self.has_bad_plan {
				true => self.fail(FailReason::BadPlan, now),
				false => self.fail(FailReason::ValidatorsAbsent, now),
			};
		}
		self.redraws = self.redraws.saturating_add(1);
		self.enter(Phase::Draw, now, windows);
		Transition::Redraw
	}

	fn end_pass(&mut self, now: BlockNumber, windows: &Windows) -> Result<Transition, RoundError> {
		if self.has_bad_plan {
			return Ok(self.fail(FailReason::BadPlan, now));
		}
		if self.counts.redo > 0 {
			self.counts.open = self.counts.redo;
			self.counts.redo = 0;
			self.pass = self.pass.saturating_add(1);
			self.redraws = 0;
			self.enter(Phase::Train, now, windows);
			return Ok(Transition::Pass);
		}
		if self.has_round_quorum() {
			return Ok(self.enter(Phase::Close, now, windows));
		}
		Ok(self.fail(FailReason::TooFewProviders, now))
	}

	fn fail(&mut self, reason: FailReason, now: BlockNumber) -> Transition {
		self.abandon(now);
		Transition::Failed(reason)
	}

	/// Begins a phase in block `now`.
	pub(super) fn enter(
		&mut self,
		phase: Phase,
		now: BlockNumber,
		windows: &Windows,
	) -> Transition {
		// Every entry into DRAW but the first of the round is another draw.
		if phase == Phase::Draw && (self.draw.is_some() || self.phase == Phase::Draw) {
			self.draw_index = self.draw_index.saturating_add(1);
		}
		self.phase = phase;
		self.since = now;
		self.counts.done = 0;
		self.outlook = Outlook::Awaited;
		self.put_off = 0;
		// Saturates: a deadline beyond the last block number is as good as that block.
		self.deadline = now.saturating_add(phase.window(windows).unwrap_or(0));
		Transition::Moved(phase)
	}
}
