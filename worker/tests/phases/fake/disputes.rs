//! Disputes: how they begin, where they stand, and how they ended.

use std::collections::BTreeMap;

use assay_numerics::Outline;
use assay_protocol::{
	dispute::{Case, Clock, Lateness, Now, Side, Stage},
	Balance, BlockNumber, DisputeView, Failure, Slot, TaskKey, Trace,
};
use assay_worker::{account::Account, chain::Event};

use super::{Fake, State, JOB};

/// Blocks that each side of a dispute has.
pub(crate) const TURN_TIME: BlockNumber = 150;
/// Blocks for which a provider's move counts afterwards.
const GRACE: BlockNumber = 5;
/// What a challenger pledges.
pub(crate) const PLEDGE: Balance = 20_000;

/// Those that are open, and what became of the others.
#[derive(Default)]
pub(super) struct Disputes {
	pub(super) open: BTreeMap<TaskKey, Dispute>,
	pub(super) ended: Vec<Ended>,
	/// What dissenters got of the stakes of those whom they found out.
	pub(super) rewards: BTreeMap<Account, Balance>,
}

#[derive(Clone)]
pub(super) struct Dispute {
	pub(super) provider: Account,
	parent: [u8; 32],
	trace: Trace,
	/// All that said invalid, first come first.
	pub(super) dissenters: Vec<Account>,
	/// How many of the first of them have lost.
	pub(super) lost: usize,
	pub(super) stage: Stage,
	pub(super) clock: Clock,
	pub(super) moves: u32,
	/// Where training is claimed to end.
	failure: Option<Failure>,
}

/// How a dispute ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
	/// The chain has computed it.
	Proven(TaskKey),
	/// The provider fell silent.
	Silent(TaskKey),
	/// No challenger was right.
	Acquitted(TaskKey),
}

impl Disputes {
	pub(super) fn open(&self) -> Vec<TaskKey> {
		self.open.keys().copied().collect()
	}

	/// Those of which the stash is a side.
	pub(super) fn of(&self, stash: Account) -> Vec<TaskKey> {
		let is_side =
			|of: &&Dispute| of.provider == stash || of.challenger().is_ok_and(|of| of == stash);
		let of = self.open.iter().filter(|(_, of)| is_side(of));
		of.map(|(task, _)| *task).collect()
	}
}

impl Dispute {
	/// The first dissenter that has not lost; the dispute waits for one while there is none.
	pub(super) fn challenger(&self) -> Result<Account, &'static str> {
		let challenger = self.dissenters.get(self.lost);
		challenger.copied().ok_or("ChallengerHasLost")
	}
}

impl Fake {
	/// How many disputes are open.
	pub(crate) fn disputes(&self) -> usize {
		self.state.lock().unwrap().disputes.open.len()
	}

	/// How the disputes that are over ended, in their order.
	pub(crate) fn ended(&self) -> Vec<Ended> {
		self.state.lock().unwrap().disputes.ended.clone()
	}

	/// What dissenters got of the stakes of those whom they found out.
	pub(crate) fn rewards(&self) -> BTreeMap<Account, Balance> {
		self.state.lock().unwrap().disputes.rewards.clone()
	}

	/// Somebody without a seat disputes the work in a slot.
	pub(crate) fn accuse(&self, slot: Slot, accuser: Account) {
		self.in_next_block(|state| {
			let record = &mut state.job.slots[slot as usize];
			record.dispute().expect("its work is being judged; qed");
			let task = state.key(slot, state.job.slots[slot as usize].attempt);
			state.dissent(task, accuser);
		});
	}

	/// Who challenges in the first of the open disputes.
	pub(crate) fn challenger(&self) -> Option<Account> {
		let state = self.state.lock().unwrap();
		let first = state.disputes.open.values().next()?;
		first.challenger().ok()
	}
}

impl State {
	/// An idle block goes on after challengers that have lost. Turns that take too long are left to
	/// the workers.
	pub(super) fn sweep_disputes(&mut self) {
		let waits = |(_, of): &(&TaskKey, &Dispute)| of.challenger().is_err();
		let waiting = self.disputes.open.iter().filter(waits);
		let waiting: Vec<_> = waiting.map(|(task, _)| *task).collect();
		for task in waiting {
			// Whoever still judges it may dissent: then it waits on.
			let _ = self.acquit(task);
		}
	}

	/// A validator has found another trace: a dispute begins, or gets one dissenter more.
	pub(super) fn dissent(&mut self, task: TaskKey, validator: Account) {
		let fresh = self.fresh_clock();
		if let Some(of) = self.disputes.open.get_mut(&task) {
			of.dissenters.push(validator);
			if of.dissenters.len() == of.lost + 1 {
				of.clock = fresh;
			}
			return;
		}
		let slot = &self.job.slots[task.slot as usize];
		let (provider, failure) = (slot.provider, slot.failure);
		let trace = self.job.traces[&(task.slot, task.attempt)].clone();
		let trace = Trace::truncate_from(trace);
		let parent = self.job.checkpoint;
		self.begin_dispute(task, validator, (provider, parent, trace, failure));
	}

	/// A dispute about work, or a claim of failure, of a provider that began at a checkpoint and has this
	/// trace.
	pub(super) fn begin_dispute(
		&mut self,
		task: TaskKey,
		validator: Account,
		(provider, parent, trace, failure): (Account, [u8; 32], Trace, Option<Failure>),
	) {
		let dispute = Dispute {
			provider,
			parent,
			trace,
			dissenters: vec![validator],
			lost: 0,
			stage: Stage::Opened,
			clock: self.fresh_clock(),
			moves: 0,
			failure,
		};
		self.disputes.open.insert(task, dispute);
		self.note_event(Event::DisputeOpened {
			job: JOB,
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
			provider,
			challenger: validator,
		});
	}

	pub(super) fn dispute_view(&self, task: TaskKey) -> Option<DisputeView<Account>> {
		let of = self.disputes.open.get(&task)?;
		let turn = of.stage.turn();
		let spent = of.clock.spent(self.now());
		Some(DisputeView {
			task,
			provider: of.provider,
			challenger: of.challenger().ok()?,
			plan: self.job.plan.clone(),
			parent: of.parent,
			trace: of.trace.clone(),
			stage: of.stage.clone(),
			turn,
			left: of.clock.left(turn).saturating_sub(spent),
			moves: of.moves,
			is_over: self.lateness(of) == Lateness::Over,
			failure: of.failure,
		})
	}

	/// The dispute, if it is the turn of this side and its time is not over.
	pub(super) fn turn_of(&self, task: TaskKey, side: Side) -> Result<Dispute, &'static str> {
		let of = self.disputes.open.get(&task).ok_or("NoDispute")?;
		of.challenger()?;
		if of.stage.turn() != side {
			return Err("NotYourTurn");
		}
		match self.lateness(of) {
			Lateness::Over => Err("TimeOver"),
			_ => Ok(of.clone()),
		}
	}

	pub(super) fn moved(&mut self, task: TaskKey, mut of: Dispute, side: Side) {
		of.clock.turn(side, self.now());
		of.moves += 1;
		self.disputes.open.insert(task, of);
	}

	pub(super) fn with_case<T>(
		&self,
		task: TaskKey,
		of: &Dispute,
		judge: impl FnOnce(Case<'_>) -> T,
	) -> T {
		let plan = &self.job.plan;
		let outline = Outline::new(&plan.step).expect("tests post good plans; qed");
		judge(Case {
			task,
			plan,
			outline: &outline,
			trace: &of.trace,
			failure: of.failure,
		})
	}

	pub(super) fn lateness(&self, of: &Dispute) -> Lateness {
		let side = of.stage.turn();
		let grace = match side {
			Side::Challenger => 0,
			Side::Provider => GRACE,
		};
		of.clock.lateness(side, self.now(), grace)
	}

	pub(super) fn fresh_clock(&self) -> Clock {
		Clock::start(TURN_TIME, self.now())
	}

	fn now(&self) -> Now {
		Now {
			block: self.number,
			full: 0,
		}
	}
}
