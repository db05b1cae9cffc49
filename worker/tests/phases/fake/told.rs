//! What the blocks tell of the rounds, in the order of the pallets.

use assay_protocol::{plan_id, FailureReveal, Slot, TaskKey, TaskReveal, Unsealed};
use assay_worker::{
	account::Account,
	chain::{Detail, Event},
};

use super::{State, JOB, OWNER};

impl State {
	pub(super) fn detail(&mut self, detail: Detail) {
		self.note_event(Event::Detail(detail));
	}

	pub(super) fn tell_posted(&mut self) {
		self.note_event(Event::JobPosted {
			job: JOB,
			owner: OWNER,
			escrow: self.books.ledger.escrow,
			plan_id: plan_id(&self.job.plan),
		});
	}

	pub(super) fn tell_round(&mut self) {
		self.books.fill_pools(&self.job.terms);
		self.note_event(Event::RoundStarted {
			job: JOB,
			round: self.job.number,
			parent: self.job.checkpoint,
		});
		for slot in 0..self.job.terms.tasks {
			self.tell_assigned(slot);
		}
	}

	pub(super) fn tell_assigned(&mut self, slot: Slot) {
		let (task, provider) = self.task_of(slot);
		self.detail(Detail::TaskHeld {
			task,
			stash: provider,
			amount: self.job.terms.task_stake,
		});
		self.note_event(Event::TaskAssigned {
			job: JOB,
			round: task.round,
			slot,
			attempt: task.attempt,
			provider,
		});
	}

	pub(super) fn tell_committed(&mut self, task: TaskKey, provider: Account, seal: [u8; 32]) {
		self.note_event(Event::TaskCommitted {
			job: JOB,
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
			provider,
			seal,
		});
	}

	pub(super) fn tell_revealed(&mut self, task: TaskKey, provider: Account, reveal: TaskReveal) {
		self.note_event(Event::TaskRevealed {
			job: JOB,
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
			provider,
			reveal,
		});
	}

	pub(super) fn tell_failure(
		&mut self,
		task: TaskKey,
		provider: Account,
		failure: FailureReveal,
	) {
		self.note_event(Event::FailureRevealed {
			job: JOB,
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
			provider,
			failure,
		});
	}

	/// Before the ballot is stored: the first one of a draw forms the panel.
	pub(super) fn tell_sealed(&mut self, slot: Slot, draw: u32, seats: u32, validator: Account) {
		let (task, _) = self.task_of(slot);
		let mut ballots = self.job.ballots.keys();
		if !ballots.any(|(of, in_draw, _)| (*of, *in_draw) == (slot, draw)) {
			let validators = self.validators[..seats as usize].to_vec();
			self.detail(Detail::PanelFormed {
				job: JOB,
				round: task.round,
				slot,
				attempt: task.attempt,
				draw,
				validators,
			});
		}
		self.detail(Detail::VerdictSealed {
			job: JOB,
			round: task.round,
			slot,
			attempt: task.attempt,
			draw,
			validator,
		});
	}

	pub(super) fn tell_opened(&mut self, task: TaskKey, draw: u32, open: Unsealed<Account>) {
		self.note_event(Event::VerdictRevealed {
			job: JOB,
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
			draw,
			validator: open.validator,
			verdict: open.verdict,
			uptime_ppm: open.uptime_ppm,
		});
	}

	pub(super) fn task_of(&self, slot: Slot) -> (TaskKey, Account) {
		let record = &self.job.slots[slot as usize];
		(self.key(slot, record.attempt), record.provider)
	}
}
