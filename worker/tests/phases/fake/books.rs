//! The money of the job that runs, and the events that tell of it, in the order of the pallets.

use std::collections::BTreeMap;

use assay_protocol::{
	check_plan, limits::PPM, money, reward, sampling, Balance, BlockNumber, Fate, JobState, Ledger,
	Pools, Purpose, Slot, SlotState, TaskKey, Terms, Unpaid,
};
use assay_worker::{
	account::Account,
	chain::{Detail, Event},
};

use super::{Fake, State, JOB};

/// Who posted the job.
pub(crate) const OWNER: Account = Account([0; 32]);

/// Where the money is, and who answered when it was drawn.
pub(super) struct Books {
	pub(super) ledger: Ledger,
	pools: Pools,
	/// Draws and answers.
	uptimes: BTreeMap<Account, (u32, u32)>,
}

impl Books {
	pub(super) fn open(terms: &Terms) -> Self {
		Self {
			ledger: Ledger::open(money::escrow(terms).unwrap()),
			pools: Pools::default(),
			uptimes: BTreeMap::new(),
		}
	}

	/// What a round has for its tasks and verdicts.
	pub(super) fn fill_pools(&mut self, terms: &Terms) {
		let left = self.pools.validation;
		self.pools = money::pools(terms).unwrap();
		self.pools.validation += left;
	}

	/// Counts an answer, and tells the bonus with it.
	pub(super) fn answer(&mut self, validator: Account) -> u32 {
		let (drawn, answered) = self.uptimes.entry(validator).or_default();
		(*drawn, *answered) = (*drawn + 1, *answered + 1);
		reward::uptime_ppm(*drawn, *answered)
	}
}

impl Fake {
	/// Ends the job as its owner does.
	pub(crate) fn cancel(&self) {
		self.in_next_block(|state| state.end(JobState::Cancelled));
	}

	/// Removes the job.
	pub(crate) fn prune(&self) {
		self.in_next_block(|state| state.pruned = Some(state.number));
	}

	/// Forgets a block.
	pub(crate) fn lose_block(&self, number: BlockNumber) {
		self.state.lock().unwrap().missing = Some(number);
	}

	/// Pays everybody, as somebody else's claim does.
	pub(crate) fn pay_everybody(&self) {
		self.in_next_block(|state| {
			let owed: Vec<_> = state.job.credits.keys().copied().collect();
			for account in owed {
				state.pay_out(account);
			}
			state.settle();
		});
	}
}

impl State {
	/// Pays or punishes what became of a slot.
	pub(super) fn judge(&mut self, slot: Slot, fate: Fate) {
		let (task, provider) = self.task_of(slot);
		let (round, attempt) = (task.round, task.attempt);
		match fate {
			Fate::Accepted => {
				let due = reward::compute_pay(self.job.terms.price, PPM);
				let gross = money::take(&mut self.books.pools.compute, due);
				let mut left = gross;
				let fees = self.fees(slot, &mut left);
				let pay = self.credit(provider, Purpose::Compute, left);
				self.hold_back(slot, task, provider);
				self.note_event(Event::TaskAccepted {
					job: JOB,
					round,
					slot,
					attempt,
					provider,
					pay,
					charged: gross - left,
					rate_ppm: self.job.slots[slot as usize].rate_ppm,
				});
				self.pay_verdicts(slot, fees);
			}
			Fate::Redo(reason) | Fate::Dropped(reason) => {
				self.refuse(task, provider, reason);
				if let Fate::Dropped(_) = fate {
					let job = JOB;
					self.detail(Detail::SlotDropped { job, round, slot });
				}
			}
			Fate::BadPlan => {
				let price = self.job.terms.price;
				let mut unearned = money::take(&mut self.books.pools.compute, price);
				let fees = self.fees(slot, &mut unearned);
				self.end_unpaid(task, provider, Unpaid::BadPlan);
				self.pay_verdicts(slot, fees);
			}
			Fate::Undecided => self.detail(Detail::TaskUndecided {
				job: JOB,
				round,
				slot,
				attempt,
			}),
		}
	}

	/// The fees of the verdicts that stand, out of `left`, the rest of the provider's pay, and the pool.
	fn fees(&mut self, slot: Slot, left: &mut Balance) -> Vec<(Account, Balance)> {
		let facts = check_plan(&self.job.plan).unwrap();
		let terms = self.job.terms;
		let record = self.job.slots[slot as usize].clone();
		let is_drawn = self.is_drawn(slot);
		let flops = match is_drawn {
			true => facts.segment_flops,
			false => reward::fetched(&facts),
		};
		let mut fees = Vec::new();
		for open in record.paid_verdicts() {
			let due = reward::verdict_fee(terms.price, flops, facts.task_flops, open.uptime_ppm);
			let owed = match is_drawn {
				true => reward::providers_part(due, record.rate_ppm, terms.audit_floor_ppm),
				false => 0,
			};
			let charged = money::take(left, owed);
			let pooled = money::take(&mut self.books.pools.validation, due - charged);
			fees.push((open.validator, charged + pooled));
		}
		fees
	}

	/// Whether the latest draw names the slot for a recomputation.
	pub(super) fn is_drawn(&self, slot: Slot) -> bool {
		let record = &self.job.slots[slot as usize];
		let draw = self.job.round.and_then(|round| round.draw).unwrap();
		sampling::is_drawn(&draw.seed, slot, record.attempt, record.rate_ppm)
	}

	fn pay_verdicts(&mut self, slot: Slot, fees: Vec<(Account, Balance)>) {
		for (validator, gross) in fees {
			let pay = self.credit(validator, Purpose::Validation, gross);
			self.note_event(Event::VerdictPaid {
				job: JOB,
				round: self.job.number,
				slot,
				validator,
				pay,
			});
		}
	}

	fn refuse(&mut self, task: TaskKey, provider: Account, reason: Unpaid) {
		let terms = self.job.terms;
		let amount = match reason {
			reason if reason.is_offence() => money::miss_penalty(terms.price),
			_ => 0,
		};
		if reason.is_offence() {
			self.books.ledger.slash(amount).unwrap();
			self.note_event(Event::Slashed {
				job: JOB,
				round: task.round,
				slot: task.slot,
				attempt: task.attempt,
				offender: provider,
				amount,
			});
		}
		self.end_unpaid(task, provider, reason);
	}

	fn end_unpaid(&mut self, task: TaskKey, provider: Account, reason: Unpaid) {
		// The stake of disputed work stays held.
		if reason != Unpaid::Disputed {
			self.release(task, provider);
		}
		self.note_event(Event::TaskUnpaid {
			job: JOB,
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
			provider,
			reason,
		});
	}

	pub(super) fn release(&mut self, task: TaskKey, stash: Account) {
		let amount = self.job.terms.task_stake;
		self.detail(Detail::TaskReleased {
			task,
			stash,
			amount,
		});
	}

	fn credit(&mut self, who: Account, purpose: Purpose, gross: Balance) -> Balance {
		let net = self.books.ledger.credit(purpose, gross).unwrap().net;
		if net > 0 {
			*self.job.credits.entry(who).or_default() += net;
		}
		net
	}

	/// Ends the job: unfinished tasks are unpaid, and what was not credited goes back.
	pub(super) fn end(&mut self, state: JobState) {
		self.job.state = state;
		if state != JobState::Completed {
			for slot in 0..self.job.slots.len() as Slot {
				let is_judged = matches!(
					self.job.slots[slot as usize].state,
					SlotState::Accepted | SlotState::Redo(_) | SlotState::Dropped(_)
				);
				if !is_judged {
					let (task, provider) = self.task_of(slot);
					let reason = match self.job.slots[slot as usize].is_disputed {
						true => Unpaid::Disputed,
						false => Unpaid::JobEnded,
					};
					self.end_unpaid(task, provider, reason);
				}
			}
		}
		self.note_event(Event::JobEnded { job: JOB, state });
		let amount = self.books.ledger.refund().unwrap();
		if amount > 0 {
			*self.job.credits.entry(OWNER).or_default() += amount;
			self.note_event(Event::Refunded {
				job: JOB,
				owner: OWNER,
				amount,
			});
			self.pay_out(OWNER);
		}
		self.settle();
	}

	/// Pays out a credit, if there is one.
	pub(super) fn pay_out(&mut self, account: Account) {
		let Some(amount) = self.job.credits.remove(&account) else {
			return;
		};
		// Tests may owe what no work has earned.
		let _ = self.books.ledger.claim(amount);
		*self.paid.entry(account).or_default() += amount;
		self.note_event(Event::Claimed {
			job: JOB,
			beneficiary: account,
			amount,
		});
	}

	/// Tells when nothing is owed any more. The state stays what the job ended as.
	pub(super) fn settle(&mut self) {
		let has_ended = !matches!(self.job.state, JobState::Open | JobState::Running);
		if has_ended && self.books.ledger.is_drained() {
			self.detail(Detail::JobSettled { job: JOB });
		}
	}
}
