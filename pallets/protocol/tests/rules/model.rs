//! P11 to P14 for random sequences of actions, against a plain model that keeps no counters.
//!
//! The model is a list of slots. It finds out what a round waits for by looking at all of them
//! after every action, as one would explain the rules to somebody.

use crate::board::{Action, Board, Refused, Setup};
use assay_protocol::{
	limits::DRAW_WINDOW, Counts, FailReason, Phase, RoundError, Transition, Verdict, Windows,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Is {
	Worked,
	Sealed,
	Shown,
	Split,
	Again,
	Accepted,
	Dropped,
}

#[derive(Clone, Debug)]
struct ModelSlot {
	is: Is,
	tried: Vec<u8>,
	sealed: BTreeSet<u8>,
	opened: BTreeMap<u8, Verdict>,
	/// Somebody said that this attempt is wrong, with a seat or without.
	disputed: bool,
}

#[derive(Clone, Debug)]
struct Model {
	setup: Setup,
	phase: Phase,
	since: u32,
	slots: Vec<ModelSlot>,
	/// Blocks in which a draw of this pass began.
	draws: Vec<u32>,
	/// Blocks in which the window of CLOSE began.
	closes: Vec<u32>,
	failed: Option<FailReason>,
}

impl Model {
	fn start(setup: &Setup, now: u32) -> Self {
		let slot = |slot: u32| ModelSlot {
			is: Is::Worked,
			tried: vec![(slot % u32::from(setup.members)) as u8],
			sealed: BTreeSet::new(),
			opened: BTreeMap::new(),
			disputed: false,
		};
		Self {
			setup: *setup,
			phase: Phase::Train,
			since: now,
			slots: (0..setup.tasks).map(slot).collect(),
			draws: Vec::new(),
			closes: Vec::new(),
			failed: None,
		}
	}

	fn deadline(&self) -> u32 {
		let Windows {
			train,
			reveal,
			assay,
			unseal,
			close,
			..
		} = self.setup.windows;
		let window = match self.phase {
			Phase::Train => train,
			Phase::Reveal => reveal,
			Phase::Draw => DRAW_WINDOW,
			Phase::Assay => assay,
			Phase::Unseal => unseal,
			Phase::Close => close,
			Phase::Ended => return 0,
		};
		self.since + window
	}

	/// Seats of a committee of the current draw: three more after every other draw of the pass, but
	/// not beyond twelve.
	fn seats(&self) -> u8 {
		let mut seats = self.setup.seats;
		for _ in 1..self.draws.len() {
			if seats < 12 {
				seats = (seats + 3).min(12);
			}
		}
		seats
	}

	fn any(&self, is: Is) -> bool {
		self.slots.iter().any(|slot| slot.is == is)
	}

	fn count(&self, is: &[Is]) -> u32 {
		self.slots
			.iter()
			.filter(|slot| is.contains(&slot.is))
			.count() as u32
	}

	/// `false` if it is refused; nothing changes then.
	fn act(&mut self, action: Action, now: u32) -> bool {
		let over = now > self.deadline();
		let allowed = match action {
			Action::Sweep => self.phase != Phase::Ended && over,
			_ if over => false,
			Action::Commit(slot) => self.phase == Phase::Train && self.slots[slot].is == Is::Worked,
			Action::Reveal(slot) => {
				self.phase == Phase::Reveal && self.slots[slot].is == Is::Sealed
			}
			Action::Draw => self.phase == Phase::Draw,
			Action::Seal(slot, validator) => {
				self.phase == Phase::Assay
					&& self.slots[slot].is == Is::Shown
					&& validator < self.seats()
					&& !self.slots[slot].sealed.contains(&validator)
			}
			Action::Unseal(slot, validator, _) => {
				self.phase == Phase::Unseal
					&& self.slots[slot].is == Is::Shown
					&& self.slots[slot].sealed.contains(&validator)
					&& !self.slots[slot].opened.contains_key(&validator)
			}
			Action::Dispute(slot) => {
				[Phase::Draw, Phase::Assay, Phase::Unseal].contains(&self.phase)
					&& [Is::Shown, Is::Split].contains(&self.slots[slot].is)
			}
			Action::Close => self.phase == Phase::Close,
		};
		if !allowed {
			return false;
		}
		let seats = self.seats();
		match action {
			Action::Commit(slot) => self.slots[slot].is = Is::Sealed,
			Action::Reveal(slot) => self.slots[slot].is = Is::Shown,
			Action::Draw => self.enter(Phase::Assay, now),
			Action::Seal(slot, validator) => {
				self.slots[slot].sealed.insert(validator);
			}
			Action::Unseal(slot, validator, verdict) => {
				let slot = &mut self.slots[slot];
				slot.opened.insert(validator, verdict);
				slot.disputed |= verdict == Verdict::Invalid;
				if slot.opened.len() == slot.sealed.len() {
					Self::decide(slot, seats, self.setup.quorum);
				}
			}
			Action::Dispute(slot) => self.slots[slot].disputed = true,
			Action::Close => self.enter(Phase::Ended, now),
			Action::Sweep => self.time_is_over(now),
		}
		self.look_around(now);
		true
	}

	fn time_is_over(&mut self, now: u32) {
		let seats = self.seats();
		match self.phase {
			Phase::Train => self.fail_all(Is::Worked),
			Phase::Reveal => self.fail_all(Is::Sealed),
			Phase::Draw => self.draw_again(now),
			Phase::Assay => {
				for slot in &mut self.slots {
					if slot.is == Is::Shown && slot.sealed.is_empty() {
						slot.is = Is::Split;
					}
				}
				self.enter(Phase::Unseal, now);
			}
			Phase::Unseal => {
				for slot in &mut self.slots {
					if slot.is == Is::Shown {
						Self::decide(slot, seats, self.setup.quorum);
					}
				}
			}
			Phase::Close if self.closes.len() == 4 => self.fail(FailReason::ValidatorsAbsent, now),
			Phase::Close => {
				self.enter(Phase::Close, now);
				self.closes.push(now);
			}
			Phase::Ended => {}
		}
	}

	/// Moves on as long as nobody is waited for.
	fn look_around(&mut self, now: u32) {
		match self.phase {
			Phase::Train if !self.any(Is::Worked) => {
				if self.any(Is::Sealed) {
					self.enter(Phase::Reveal, now);
				} else {
					self.end_pass(now);
				}
			}
			Phase::Reveal if !self.any(Is::Sealed) => {
				if self.any(Is::Shown) {
					self.draws = vec![now];
					self.enter(Phase::Draw, now);
				} else {
					self.end_pass(now);
				}
			}
			Phase::Assay => {
				let seats = usize::from(self.seats());
				let waits = |slot: &ModelSlot| slot.is == Is::Shown && slot.sealed.len() < seats;
				if !self.slots.iter().any(waits) {
					self.enter(Phase::Unseal, now);
				}
			}
			Phase::Unseal if !self.any(Is::Shown) => {
				if self.any(Is::Split) {
					for slot in &mut self.slots {
						if slot.is == Is::Split {
							slot.is = Is::Shown;
						}
						slot.sealed.clear();
						slot.opened.clear();
					}
					self.draw_again(now);
				} else {
					self.end_pass(now);
				}
			}
			_ => {}
		}
	}

	fn end_pass(&mut self, now: u32) {
		if self.any(Is::Again) {
			let members = self.setup.members;
			for slot in self.slots.iter_mut().filter(|slot| slot.is == Is::Again) {
				let Some(next) = (0..members).find(|member| !slot.tried.contains(member)) else {
					return self.fail(FailReason::TooFewProviders, now);
				};
				slot.tried.push(next);
				slot.is = Is::Worked;
				slot.disputed = false;
				slot.sealed.clear();
				slot.opened.clear();
			}
			self.enter(Phase::Train, now);
		} else if self.count(&[Is::Accepted]) * 10 >= self.setup.tasks * 7 {
			self.closes = vec![now];
			self.enter(Phase::Close, now);
		} else {
			self.fail(FailReason::TooFewProviders, now);
		}
	}

	fn draw_again(&mut self, now: u32) {
		if self.draws.len() == 4 {
			return self.fail(FailReason::ValidatorsAbsent, now);
		}
		self.draws.push(now);
		self.enter(Phase::Draw, now);
	}

	fn decide(slot: &mut ModelSlot, seats: u8, quorum: u32) {
		let seats = usize::from(seats);
		let said = |verdict| {
			slot.opened
				.values()
				.filter(|said| **said == verdict)
				.count()
		};
		// More than half, two thirds but for what is less than a verdict, and of seven seats and more
		// eight or all but one.
		let enough = |said: usize| {
			let most = seats < 7 || said >= 8 || said + 1 >= seats;
			most && said >= quorum as usize && said * 2 > seats && said * 3 + 2 >= seats * 2
		};
		let unfetched = said(Verdict::Unfetched);
		let is_withheld = enough(unfetched) && unfetched * 3 >= seats * 2;
		if slot.disputed {
			Self::fail_one(slot);
		} else if enough(said(Verdict::Valid)) {
			slot.is = Is::Accepted;
		} else if is_withheld {
			Self::fail_one(slot);
		} else {
			slot.is = Is::Split;
		}
	}

	fn fail_all(&mut self, is: Is) {
		self.slots
			.iter_mut()
			.filter(|slot| slot.is == is)
			.for_each(Self::fail_one);
	}

	fn fail_one(slot: &mut ModelSlot) {
		slot.is = if slot.tried.len() < 3 {
			Is::Again
		} else {
			Is::Dropped
		};
	}

	fn fail(&mut self, reason: FailReason, now: u32) {
		self.failed = Some(reason);
		self.enter(Phase::Ended, now);
	}

	fn enter(&mut self, phase: Phase, now: u32) {
		self.phase = phase;
		self.since = now;
	}

	fn counts(&self) -> Counts {
		let seats = usize::from(self.seats());
		let done = match self.phase {
			Phase::Train => self.count(&[Is::Sealed]),
			Phase::Reveal => self.count(&[Is::Shown]),
			Phase::Assay => self
				.slots
				.iter()
				.filter(|slot| slot.is == Is::Shown && slot.sealed.len() == seats)
				.count() as u32,
			_ => 0,
		};
		Counts {
			open: self.count(&[Is::Worked, Is::Sealed, Is::Shown]),
			done,
			redo: self.count(&[Is::Again]),
			undecided: self.count(&[Is::Split]),
			accepted: self.count(&[Is::Accepted]),
			dropped: self.count(&[Is::Dropped]),
		}
	}
}

/// One move of a test: mostly what the phase waits for, sometimes anything.
#[derive(Clone, Debug)]
enum Move {
	Fitting {
		slot: u8,
		validator: u8,
		verdict: Verdict,
	},
	Any(Action),
	Wait(u32),
	UntilOver,
}

fn verdict() -> impl Strategy<Value = Verdict> {
	prop_oneof![
		6 => Just(Verdict::Valid),
		2 => Just(Verdict::Invalid),
		1 => Just(Verdict::Unfetched),
	]
}

fn moves() -> impl Strategy<Value = Move> {
	let slot = 0usize..5;
	let any = prop_oneof![
		slot.clone().prop_map(Action::Commit),
		slot.clone().prop_map(Action::Reveal),
		Just(Action::Draw),
		(slot.clone(), 0u8..12).prop_map(|(slot, validator)| Action::Seal(slot, validator)),
		(slot, 0u8..12, verdict())
			.prop_map(|(slot, validator, verdict)| Action::Unseal(slot, validator, verdict)),
		(0usize..5).prop_map(Action::Dispute),
		Just(Action::Close),
		Just(Action::Sweep),
	];
	prop_oneof![
		20 => (0u8..5, 0u8..=255, verdict())
			.prop_map(|(slot, validator, verdict)| Move::Fitting { slot, validator, verdict }),
		4 => any.prop_map(Move::Any),
		1 => (0usize..5).prop_map(|slot| Move::Any(Action::Dispute(slot))),
		1 => (0u32..6).prop_map(Move::Wait),
		1 => Just(Move::UntilOver),
	]
}

fn setups() -> impl Strategy<Value = Setup> {
	let seats = prop_oneof![6 => 1u8..=5, 1 => 6u8..=11];
	(1u32..=5, 1u8..=5, seats, 2u32..9).prop_flat_map(|(tasks, members, seats, window)| {
		let least = u32::from(seats) / 2 + 1;
		(least..=u32::from(seats)).prop_map(move |quorum| Setup {
			tasks,
			members,
			seats,
			quorum,
			windows: Windows {
				open: 2,
				train: window,
				reveal: window + 1,
				assay: window + 2,
				unseal: window + 3,
				close: window + 4,
				challenge: 0,
			},
		})
	})
}

fn fitting(phase: Phase, slot: usize, validator: u8, verdict: Verdict) -> Action {
	match phase {
		Phase::Train => Action::Commit(slot),
		Phase::Reveal => Action::Reveal(slot),
		Phase::Draw => Action::Draw,
		Phase::Assay => Action::Seal(slot, validator),
		Phase::Unseal => Action::Unseal(slot, validator, verdict),
		Phase::Close | Phase::Ended => Action::Close,
	}
}

/// Which phase may follow which.
fn in_order(from: Phase, to: Phase) -> bool {
	use Phase::{Assay, Close, Draw, Ended, Reveal, Train, Unseal};
	match from {
		Train => [Train, Reveal, Close, Ended].contains(&to),
		Reveal => [Reveal, Draw, Train, Close, Ended].contains(&to),
		Draw => [Draw, Assay, Ended].contains(&to),
		Assay => [Assay, Unseal, Draw, Ended].contains(&to),
		Unseal => [Unseal, Draw, Train, Close, Ended].contains(&to),
		Close => [Close, Ended].contains(&to),
		Ended => to == Ended,
	}
}

/// Both do the same; returns what followed, or `None` if both refused.
fn both(
	board: &mut Board,
	model: &mut Model,
	action: Action,
	now: u32,
) -> Result<Option<Transition>, TestCaseError> {
	let (before, setup) = (board.clone(), model.setup);
	let result = board.act(action, now, &setup);
	prop_assert_eq!(
		result.is_ok(),
		model.act(action, now),
		"{:?}: {:?}",
		action,
		result
	);
	if result.is_err() {
		prop_assert_eq!(board.clone(), before.clone());
		prop_assert!(result != Err(Refused::Round(RoundError::CountsDisagree)));
	}
	check(board, model)?;
	prop_assert!(in_order(before.round.phase, board.round.phase));
	for (was, is) in before.slots.iter().zip(&board.slots) {
		if was.state == assay_protocol::SlotState::Accepted {
			prop_assert_eq!(was, is);
		}
	}
	Ok(result.ok())
}

fn check(board: &Board, model: &Model) -> Result<(), TestCaseError> {
	let round = &board.round;
	prop_assert_eq!((round.phase, round.since), (model.phase, model.since));
	prop_assert_eq!(round.deadline, model.deadline());
	let Counts {
		open,
		redo,
		undecided,
		accepted,
		dropped,
		done,
	} = round.counts;
	prop_assert_eq!(
		open + redo + undecided + accepted + dropped,
		model.setup.tasks
	);
	prop_assert!(done <= open);
	if round.phase == Phase::Ended {
		return Ok(());
	}
	prop_assert_eq!(round.counts, model.counts());
	if matches!(round.phase, Phase::Assay | Phase::Unseal) {
		let seats = round.draw.map(|draw| draw.seats);
		prop_assert_eq!(seats, Some(u32::from(model.seats())));
	}
	for (slot, model) in board.slots.iter().zip(&model.slots) {
		prop_assert_eq!(slot.attempt as usize + 1, model.tried.len());
		prop_assert_eq!(Some(&slot.provider), model.tried.last());
		prop_assert_eq!(slot.is_disputed, model.disputed);
		// Whoever disputes leaves the work out, and nobody is paid for a verdict about it.
		let is_accepted = model.is == Is::Accepted;
		prop_assert!(!(is_accepted && slot.is_disputed));
		prop_assert!(is_accepted || slot.paid_verdicts().count() == 0);
	}
	// A slot met one fate in each attempt and draw, and only attempts of this pass are open.
	let mut judged: Vec<_> = board
		.fates
		.iter()
		.map(|(slot, attempt, draw, _)| (slot, attempt, draw))
		.collect();
	judged.sort_unstable();
	let fates = judged.len();
	judged.dedup();
	prop_assert_eq!(judged.len(), fates);
	prop_assert!(round.pass < 3);
	Ok(())
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	#[test]
	fn p12_the_counters_agree_with_a_model_that_looks_at_every_slot(
		setup in setups(),
		moves in prop::collection::vec(moves(), 0..150),
		begin in 0u32..1_000,
	) {
		let mut now = begin;
		let mut board = Board::start(&setup, now);
		let mut model = Model::start(&setup, now);
		for step in moves {
			let tasks = setup.tasks as usize;
			let action = match step {
				Move::Wait(blocks) => {
					now += blocks;
					continue;
				},
				Move::UntilOver => {
					now = now.max(board.round.deadline.saturating_add(1));
					Action::Sweep
				},
				Move::Fitting { slot, validator, verdict } => {
					// Mostly one with a seat.
					let validator = validator % (model.seats() + 1);
					fitting(board.round.phase, usize::from(slot) % tasks, validator, verdict)
				},
				Move::Any(Action::Commit(slot)) => Action::Commit(slot % tasks),
				Move::Any(Action::Reveal(slot)) => Action::Reveal(slot % tasks),
				Move::Any(Action::Dispute(slot)) => Action::Dispute(slot % tasks),
				Move::Any(Action::Seal(slot, validator)) => Action::Seal(slot % tasks, validator),
				Move::Any(Action::Unseal(slot, validator, verdict)) => {
					Action::Unseal(slot % tasks, validator, verdict)
				},
				Move::Any(other) => other,
			};
			let followed = both(&mut board, &mut model, action, now)?;
			if let Some(Transition::Failed(reason)) = followed {
				prop_assert_eq!(model.failed, Some(reason));
			}
			// Exactly one of an event in time and a sweep is possible in any block.
			prop_assert_eq!(
				board.round.is_overdue(now),
				board.round.phase != Phase::Ended && now > model.deadline()
			);
		}

		// P13: from wherever it is, sweeps alone end the round. Each of three passes has at most
		// TRAIN, REVEAL and four times DRAW, ASSAY and UNSEAL, and CLOSE has four windows.
		let mut sweeps = 0;
		while board.round.phase != Phase::Ended {
			now = now.max(board.round.deadline + 1);
			prop_assert!(both(&mut board, &mut model, Action::Sweep, now)?.is_some());
			sweeps += 1;
			prop_assert!(sweeps <= 3 * (2 + 4 * 3) + 4);
		}
		prop_assert!(model.failed.is_some() || sweeps == 0);
	}
}
