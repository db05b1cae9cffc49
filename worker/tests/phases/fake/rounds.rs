//! Rounds: the protocol's own rules, applied to one job.

use assay_numerics::Outline;
use assay_protocol::{
	AggregateClaim, FailReason, FailureClaim, FailureReveal, JobState, Outlook, Phase, RoundEvent,
	RoundState, SealContext, Slot, SlotRecord, SlotState, Sweep, TaskClaim, TaskKey, TaskReveal,
	Transition, Unsealed, Verdict, VerdictClaim, ZERO_ROOT,
};
use assay_worker::{
	account::Account,
	chain::{Detail, Event},
};

use super::{Ballot, State, GENESIS, JOB};

impl State {
	pub(super) fn start_round(&mut self) {
		let job = &mut self.job;
		job.round = Some(RoundState::start(
			job.terms.tasks,
			self.number,
			&job.terms.windows,
		));
		let members = job.members.len();
		job.slots = (0..job.terms.tasks as usize)
			.map(|slot| SlotRecord::assign(job.members[(slot + job.number as usize) % members]))
			.collect();
		job.sealed.clear();
		job.traces.clear();
		job.ballots.clear();
		job.claims.clear();
		self.conflicts.convicted.clear();
		self.tell_round();
	}

	pub(super) fn commit(
		&mut self,
		signer: Account,
		slot: Slot,
		seal: [u8; 32],
	) -> Result<(), &'static str> {
		let record = self.slot(slot)?.clone();
		let key = self.key(slot, record.attempt);
		self.seals.entry((key, signer)).or_default().insert(seal);
		if record.provider != signer {
			return Err("NotAssigned");
		}
		self.job.slots[slot as usize]
			.commit()
			.map_err(|_| "AlreadyCommitted")?;
		self.job.sealed.insert((slot, key.attempt), seal);
		self.tell_committed(key, signer, seal);
		self.note(RoundEvent::Committed)
	}

	pub(super) fn reveal(
		&mut self,
		signer: Account,
		slot: Slot,
		reveal: &TaskReveal,
	) -> Result<(), &'static str> {
		let key = (slot, self.slot(slot)?.attempt);
		let context = self.context(signer, slot)?;
		let claim = TaskClaim::of(context, self.job.checkpoint, ZERO_ROOT, reveal);
		if self.job.sealed.get(&key) != Some(&claim.seal()) {
			return Err("SealMismatch");
		}
		let segments = self.job.plan.segments();
		let rate_ppm = self.rate_ppm;
		if !reveal.trace_agrees(segments, &self.job.checkpoint, &ZERO_ROOT) {
			return Err("TraceMismatch");
		}
		self.job.slots[slot as usize]
			.reveal(reveal.work(), rate_ppm)
			.map_err(|_| "WrongSlotState")?;
		self.job.traces.insert(key, reveal.trace.to_vec());
		self.tell_revealed(self.key(slot, key.1), signer, reveal.clone());
		self.note(RoundEvent::Revealed)
	}

	pub(super) fn reveal_failure(
		&mut self,
		signer: Account,
		slot: Slot,
		reveal: &FailureReveal,
	) -> Result<(), &'static str> {
		let key = (slot, self.slot(slot)?.attempt);
		let context = self.context(signer, slot)?;
		let claim = FailureClaim::of(context, self.job.checkpoint, ZERO_ROOT, reveal);
		if self.job.sealed.get(&key) != Some(&claim.seal()) {
			return Err("SealMismatch");
		}
		let plan = &self.job.plan;
		let outline = Outline::new(&plan.step).expect("tests post good plans; qed");
		reveal
			.check(plan, &outline, &self.job.checkpoint, &ZERO_ROOT)
			.map_err(|_| "NoClaim")?;
		self.job.slots[slot as usize]
			.reveal_failure(reveal.failure())
			.map_err(|_| "WrongSlotState")?;
		self.job.traces.insert(key, reveal.trace.to_vec());
		self.tell_failure(self.key(slot, key.1), signer, reveal.clone());
		self.note(RoundEvent::Revealed)
	}

	pub(super) fn draw(&mut self) -> Result<(), &'static str> {
		let from = self
			.job
			.round
			.and_then(|round| round.draw_from())
			.ok_or("NotDrawing")?;
		if self.number < from + 2 {
			return Err("OutputsNotReady");
		}
		let (job, round) = (JOB, self.job.number);
		let draw = self.job.round.map_or(0, |round| round.draw_index);
		let seed = self.seed;
		self.note_event(Event::Detail(Detail::Drawn {
			job,
			round,
			draw,
			seed,
		}));
		self.note(RoundEvent::Drawn {
			seed: self.seed,
			session: 0,
			committee: self.job.terms.committee,
		})
	}

	pub(super) fn seal(
		&mut self,
		signer: Account,
		slot: Slot,
		seal: [u8; 32],
	) -> Result<(), &'static str> {
		if self
			.job
			.round
			.is_some_and(|round| round.phase == Phase::Draw)
		{
			self.draw()?;
		}
		let round = self.job.round.ok_or("NotAssaying")?;
		if round.phase != Phase::Assay {
			return Err("NotAssaying");
		}
		let key = (slot, round.draw_index, signer);
		if self.job.ballots.contains_key(&key) {
			return Err("AlreadySealed");
		}
		let seats = self.job.terms.committee.min(self.validators.len() as u32);
		let record = self.job.slots.get_mut(slot as usize).ok_or("UnknownSlot")?;
		let complete = record.seal(seats).map_err(|_| "SlotNotOpen")?;
		self.tell_sealed(slot, round.draw_index, seats, signer);
		self.job.ballots.insert(key, Ballot::Sealed(seal));
		self.note(RoundEvent::Sealed { complete })
	}

	pub(super) fn unseal(
		&mut self,
		signer: Account,
		slot: Slot,
		verdict: Verdict,
		salt: [u8; 32],
	) -> Result<(), &'static str> {
		let round = self.job.round.ok_or("NotUnsealing")?;
		let key = (slot, round.draw_index, signer);
		let Some(Ballot::Sealed(sealed)) = self.job.ballots.get(&key).copied() else {
			return Err("AlreadyUnsealed");
		};
		let context = self.context(signer, slot)?;
		let claim = VerdictClaim {
			context,
			draw_index: round.draw_index,
			verdict,
			salt,
		};
		if claim.seal() != sealed {
			return Err("SealMismatch");
		}
		let quorum = self.job.terms.quorum;
		let task = self.key(slot, self.slot(slot)?.attempt);
		let opened = Unsealed {
			validator: signer,
			verdict,
			uptime_ppm: self.books.answer(signer),
		};
		let record = &mut self.job.slots[slot as usize];
		let fate = record.unseal(opened, quorum).map_err(|_| "NotSealed")?;
		self.job.ballots.insert(key, Ballot::Opened);
		self.verdicts.push((task, signer, verdict));
		self.fates.extend(fate.map(|fate| (task, fate)));
		if verdict == Verdict::Invalid {
			self.dissent(task, signer);
		}
		if let Some(fate) = fate {
			self.judge(slot, fate);
		}
		let noted = self.note(RoundEvent::Unsealed { fate });
		self.tell_opened(task, round.draw_index, opened);
		noted
	}

	pub(super) fn advance(&mut self) -> Result<(), &'static str> {
		let round = self.job.round.filter(|round| round.is_overdue(self.number));
		let round = round.ok_or("DeadlineAhead")?;
		let mut sweep = Sweep::default();
		for slot in 0..self.job.terms.tasks {
			let record = &mut self.job.slots[slot as usize];
			if let Some(fate) = record.sweep(round.phase, self.job.terms.quorum) {
				sweep.count(fate);
				self.judge(slot, fate);
			}
		}
		if let (Phase::Close, Outlook::Agreed { checkpoint, loss }) = (round.phase, round.outlook) {
			self.close_with(AggregateClaim { checkpoint, loss });
		}
		self.note(RoundEvent::Swept(sweep))
	}

	pub(super) fn note(&mut self, event: RoundEvent) -> Result<(), &'static str> {
		let round = self.job.round.as_mut().ok_or("JobNotRunning")?;
		let windows = self.job.terms.windows;
		match round
			.apply(event, self.number, &windows)
			.map_err(|_| "WrongPhase")?
		{
			Transition::Pass => self.reassign(),
			Transition::Closed => {
				self.job.number += 1;
				if self.job.number == self.job.terms.rounds {
					self.job.round = None;
					self.end(JobState::Completed);
				} else {
					self.start_round();
				}
			}
			Transition::Failed(reason) => self.end(JobState::Failed(reason)),
			Transition::Restarted => {
				self.job.claims.clear();
				self.conflicts.convicted.clear();
			}
			_ => {}
		}
		Ok(())
	}

	fn reassign(&mut self) {
		for slot in 0..self.job.terms.tasks {
			let record = &mut self.job.slots[slot as usize];
			if !matches!(record.state, SlotState::Redo(_)) {
				continue;
			}
			let mut members = self.job.members.iter();
			let next = members.find(|member| !record.failed.contains(member));
			if next.is_none_or(|member| record.reassign(*member).is_err()) {
				return self.end(JobState::Failed(FailReason::TooFewProviders));
			}
			self.tell_assigned(slot);
		}
	}

	fn slot(&self, slot: Slot) -> Result<&SlotRecord<Account>, &'static str> {
		self.job.slots.get(slot as usize).ok_or("UnknownSlot")
	}

	pub(super) fn key(&self, slot: Slot, attempt: u8) -> TaskKey {
		TaskKey {
			job: JOB,
			round: self.job.number,
			slot,
			attempt,
		}
	}

	fn context(&self, account: Account, slot: Slot) -> Result<SealContext<Account>, &'static str> {
		let attempt = self.slot(slot)?.attempt;
		let round = self.job.number;
		Ok(SealContext {
			genesis: GENESIS,
			job: JOB,
			round,
			slot,
			attempt,
			account,
		})
	}
}
