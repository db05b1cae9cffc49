//! A round as the pallets run it: slots, counters and the seals of verdicts, without storage.

use assay_protocol::{
	limits::PPM, BlockNumber, FailReason, Fate, Loss, Phase, RoundError, RoundEvent, RoundState,
	SlotError, SlotRecord, SlotState, Sweep, Transition, Unpaid, Unsealed, Verdict, Windows, Work,
};
use std::collections::BTreeSet;

/// What somebody does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
	Commit(usize),
	Reveal(usize),
	Draw,
	Seal(usize, u8),
	Unseal(usize, u8, Verdict),
	/// Somebody without a seat disputes the work.
	Dispute(usize),
	Close,
	Sweep,
}

/// Why it is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
	/// By the slot.
	Slot(SlotError),
	/// By the round.
	Round(RoundError),
	/// The validator has no seat, sealed before or did not seal.
	Seat,
}

/// The fixed numbers of a round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
	pub(crate) tasks: u32,
	pub(crate) members: u8,
	/// Seats of a committee that has not grown.
	pub(crate) seats: u8,
	pub(crate) quorum: u32,
	pub(crate) windows: Windows,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Board {
	pub(crate) round: RoundState,
	pub(crate) slots: Vec<SlotRecord<u8>>,
	/// Who sealed which slot since the latest draw.
	sealed: BTreeSet<(usize, u8)>,
	/// Every decision about a slot: slot, attempt, draw.
	pub(crate) fates: Vec<(usize, u8, u32, Fate)>,
}

impl Board {
	/// Slot `s` begins with member `s` modulo their number.
	pub(crate) fn start(setup: &Setup, now: BlockNumber) -> Self {
		let provider = |slot: u32| u8::try_from(slot % u32::from(setup.members)).expect("a u8");
		Self {
			round: RoundState::start(setup.tasks, now, &setup.windows),
			slots: (0..setup.tasks)
				.map(|slot| SlotRecord::assign(provider(slot)))
				.collect(),
			sealed: BTreeSet::new(),
			fates: Vec::new(),
		}
	}

	/// Does it all, or changes nothing.
	pub(crate) fn act(
		&mut self,
		action: Action,
		now: BlockNumber,
		setup: &Setup,
	) -> Result<Transition, Refused> {
		let mut next = self.clone();
		let transition = next.acted(action, now, setup)?;
		*self = next;
		Ok(transition)
	}

	fn acted(
		&mut self,
		action: Action,
		now: BlockNumber,
		setup: &Setup,
	) -> Result<Transition, Refused> {
		let event = match action {
			Action::Commit(slot) => {
				self.slots[slot].commit().map_err(Refused::Slot)?;
				RoundEvent::Committed
			}
			Action::Reveal(slot) => {
				let work = Work {
					update: [1; 32],
					trace_root: [9; 32],
					slot_root: [0; 32],
					loss: Loss(1),
				};
				self.slots[slot].reveal(work, PPM).map_err(Refused::Slot)?;
				RoundEvent::Revealed
			}
			Action::Draw => RoundEvent::Drawn {
				seed: [7; 32],
				session: 3,
				committee: setup.seats.into(),
			},
			Action::Seal(slot, validator) => {
				let seats = self.round.draw.map_or(0, |draw| draw.seats);
				if u32::from(validator) >= seats || !self.sealed.insert((slot, validator)) {
					return Err(Refused::Seat);
				}
				let complete = self.slots[slot].seal(seats).map_err(Refused::Slot)?;
				RoundEvent::Sealed { complete }
			}
			Action::Unseal(slot, validator, verdict) => {
				if !self.sealed.contains(&(slot, validator)) {
					return Err(Refused::Seat);
				}
				let verdict = Unsealed {
					validator,
					verdict,
					uptime_ppm: 1_000_000,
				};
				let fate = self.slots[slot]
					.unseal(verdict, setup.quorum)
					.map_err(Refused::Slot)?;
				self.note(slot, fate);
				RoundEvent::Unsealed { fate }
			}
			Action::Dispute(slot) => {
				self.slots[slot].dispute().map_err(Refused::Slot)?;
				RoundEvent::Disputed
			}
			Action::Close => RoundEvent::Closed,
			Action::Sweep => {
				let mut sweep = Sweep::default();
				// A sweep that comes early is refused by the round, before its slots matter.
				for slot in 0..self.slots.len() {
					let fate = self.slots[slot].sweep(self.round.phase, setup.quorum);
					self.note(slot, fate);
					if let Some(fate) = fate {
						sweep.count(fate);
					}
				}
				RoundEvent::Swept(sweep)
			}
		};
		let transition = self
			.round
			.apply(event, now, &setup.windows)
			.map_err(Refused::Round)?;
		if self.round.phase == Phase::Draw {
			self.sealed.clear();
		}
		match transition {
			Transition::Pass => Ok(self.reassign(now, setup)),
			other => Ok(other),
		}
	}

	fn note(&mut self, slot: usize, fate: Option<Fate>) {
		let attempt = self.slots[slot].attempt;
		self.fates
			.extend(fate.map(|fate| (slot, attempt, self.round.draw_index, fate)));
	}

	/// Gives each slot to redo to the first member that has not failed it.
	fn reassign(&mut self, now: BlockNumber, setup: &Setup) -> Transition {
		for slot in &mut self.slots {
			if !matches!(slot.state, SlotState::Redo(_)) {
				continue;
			}
			let free = (0..setup.members).find(|member| !slot.failed.contains(member));
			let Some(member) = free else {
				self.round.abandon(now);
				return Transition::Failed(FailReason::TooFewProviders);
			};
			slot.reassign(member)
				.expect("it is to be redone by another");
		}
		Transition::Pass
	}

	/// Slots whose latest attempt is unpaid.
	pub(crate) fn unpaid(&self) -> Vec<Unpaid> {
		self.slots
			.iter()
			.filter_map(|slot| match slot.state {
				SlotState::Redo(reason) | SlotState::Dropped(reason) => Some(reason),
				_ => None,
			})
			.collect()
	}
}
