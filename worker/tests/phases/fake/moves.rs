//! The moves of disputes, by the protocol's own rules, and what the chain takes at their end.

use assay_protocol::{
	dispute::{Answer, Ask, Lateness, Proof, Ruling, Side, Stage},
	Balance, SlotState, TaskKey,
};
use assay_worker::{account::Account, chain::Event};

use super::{
	disputes::{Ended, PLEDGE},
	State, JOB,
};

impl State {
	pub(super) fn ask(
		&mut self,
		signer: Account,
		task: TaskKey,
		ask: &Ask,
	) -> Result<(), &'static str> {
		let mut of = self.turn_of(task, Side::Challenger)?;
		if of.challenger()? != signer {
			return Err("NotChallenger");
		}
		let next = self.with_case(task, &of, |case| case.ask(&of.stage, ask));
		of.stage = next.map_err(|_| "BadAsk")?;
		self.moved(task, of, Side::Challenger);
		Ok(())
	}

	pub(super) fn answer(
		&mut self,
		signer: Account,
		task: TaskKey,
		answer: &Answer,
	) -> Result<(), &'static str> {
		let mut of = self.turn_of(task, Side::Provider)?;
		if of.provider != signer && !matches!(answer, Answer::Layer(_)) {
			return Err("NotProvider");
		}
		let next = self.with_case(task, &of, |case| case.answer(&of.stage, answer));
		of.stage = next.map_err(|_| "BadAnswer")?;
		self.moved(task, of, Side::Provider);
		Ok(())
	}

	pub(super) fn prove(&mut self, task: TaskKey, proof: &Proof) -> Result<(), &'static str> {
		let of = self.turn_of(task, Side::Challenger)?;
		let ruling = self.with_case(task, &of, |case| case.prove(&of.stage, proof));
		match ruling.map_err(|_| "BadProof")? {
			Ruling::ProviderWrong => self.convict(task, Ended::Proven(task)),
			Ruling::ChallengerWrong => self.lose(task),
		}
		Ok(())
	}

	pub(super) fn end_dispute(&mut self, task: TaskKey) -> Result<(), &'static str> {
		let of = self.disputes.open.get(&task).ok_or("NoDispute")?;
		if of.challenger().is_err() {
			return self.acquit(task);
		}
		if self.lateness(of) != Lateness::Over {
			return Err("TimeLeft");
		}
		match of.stage.turn() {
			Side::Provider => self.convict(task, Ended::Silent(task)),
			Side::Challenger => self.lose(task),
		}
		Ok(())
	}

	/// The provider loses the stake of the task: half of it goes to those that found it out, the
	/// rest is burned.
	fn convict(&mut self, task: TaskKey, how: Ended) {
		let of = self.disputes.open.remove(&task).expect("it was found; qed");
		let amount = self.job.terms.task_stake;
		let informers = &of.dissenters[of.lost..];
		let part = amount / 2 / informers.len() as Balance;
		for informer in informers {
			*self.disputes.rewards.entry(*informer).or_default() += part;
		}
		self.books.ledger.slash(amount).unwrap();
		self.note_event(Event::Slashed {
			job: JOB,
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
			offender: of.provider,
			amount,
		});
		self.settle_window(task, true);
		self.over(task, of.provider, how);
	}

	/// The challenger loses its pledge, and the next dissenter follows it.
	fn lose(&mut self, task: TaskKey) {
		let clock = self.fresh_clock();
		let of = self.disputes.open.get_mut(&task);
		let of = of.expect("it was found; qed");
		let challenger = of.dissenters[of.lost];
		of.lost += 1;
		(of.stage, of.clock, of.moves) = (Stage::Opened, clock, 0);
		let is_last = of.challenger().is_err();
		self.note_event(Event::PledgeLost {
			job: JOB,
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
			challenger,
			amount: PLEDGE,
		});
		if is_last {
			// Whoever still judges it may dissent: then it goes on.
			let _ = self.acquit(task);
		}
	}

	/// Nobody challenges any more: the provider has its stake again, once nobody can.
	pub(super) fn acquit(&mut self, task: TaskKey) -> Result<(), &'static str> {
		let now = &self.job.slots[task.slot as usize];
		let is_judged = matches!(now.state, SlotState::Revealed | SlotState::Judging { .. });
		if is_judged && self.key(task.slot, now.attempt) == task {
			return Err("TimeLeft");
		}
		let of = self.disputes.open.remove(&task).expect("it was found; qed");
		if !self.settle_window(task, false) {
			self.release(task, of.provider);
		}
		self.over(task, of.provider, Ended::Acquitted(task));
		Ok(())
	}

	fn over(&mut self, task: TaskKey, provider: Account, how: Ended) {
		self.disputes.ended.push(how);
		self.note_event(Event::DisputeEnded {
			job: JOB,
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
			provider,
			convicted: !matches!(how, Ended::Acquitted(_)),
		});
	}
}
