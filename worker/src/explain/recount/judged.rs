//! What became of attempts, and the verdicts that said so.

use assay_protocol::{
	limits::PPM,
	money,
	reward::{reward, verdict_fee, Contribution},
	Balance, BlockNumber, Outcome as Decided, Purpose, Round, Slot, SlotRecord, SlotState, Unpaid,
	Verdict,
};

use super::{place, Recount};
use crate::{
	account::Account,
	explain::{
		rows::{Outcome, Penalty},
		seats::{seat_of, Key},
		words::{dispute_word, meaning, outcome_word},
		Amount,
	},
};

impl Recount<'_> {
	pub(super) fn accepted(
		&mut self,
		block: BlockNumber,
		key: Key,
		provider: Account,
		event: Balance,
	) {
		let full = Contribution {
			compute: self.terms.price,
			quality_ppm: PPM,
			..Default::default()
		};
		let due = reward(&full).map_or(0, |reward| reward.compute);
		let gross = money::take(&mut self.pools.compute, due);
		let pay = self.pay(&place(key), Purpose::Compute, due, gross, event);
		self.row(key, block, provider).outcome = Outcome::Accepted { block, pay };
		let sums = self.sums(provider);
		sums.tasks += 1;
		sums.compute += event;
		sums.unclaimed += event;
		self.judge(key, provider, SlotState::Accepted, Some(Decided::Accepted));
	}

	pub(super) fn unpaid(
		&mut self,
		block: BlockNumber,
		key: Key,
		provider: Account,
		reason: Unpaid,
	) {
		let of = meaning(reason, &self.terms);
		let burned = self.burned.remove(&key);
		let is_stakeless = self.stakeless.contains(&(key.1, key.2));
		let due = if is_stakeless && burned.is_none() {
			0
		} else {
			of.due.min(self.terms.task_stake)
		};
		let event = burned.unwrap_or(0);
		self.compare(&format!("{}, the slash", place(key)), due, event);
		if burned.is_some() && self.ledger.slash(of.due).is_err() {
			self.differ("the sum of the slashes", self.ledger.slashed, of.due);
		}
		self.row(key, block, provider).outcome = Outcome::Unpaid {
			block,
			reason: of.told,
			cost: Penalty {
				what: of.cost,
				due: Amount(due),
				event: Amount(event),
			},
		};
		self.tell_dispute(key);
		self.sums(provider).unpaid += 1;
		self.judge(key, provider, SlotState::Redo(reason), of.outcome);
	}

	/// A dispute is over: the stake of the attempt is taken, or its owner's again.
	pub(super) fn dispute_ended(&mut self, key: Key, convicted: bool) {
		let taken = self.burned.remove(&key).unwrap_or(0);
		let due = match convicted {
			true => self.terms.task_stake,
			false => 0,
		};
		self.compare(&format!("{}, the disputed stake", place(key)), due, taken);
		if self.ledger.slash(taken).is_err() {
			self.differ("the sum of the slashes", self.ledger.slashed, taken);
		}
		self.judged.insert(key, (convicted, taken));
		self.tell_dispute(key);
	}

	/// Puts what a dispute found into the row of its attempt, once that is there.
	fn tell_dispute(&mut self, key: Key) {
		let Some((convicted, taken)) = self.judged.get(&key).copied() else {
			return;
		};
		let due = self.terms.task_stake;
		let Some(row) = self.known(key) else { return };
		if let Outcome::Unpaid { reason, cost, .. } = &mut row.outcome {
			*reason = dispute_word(convicted);
			*cost = match convicted {
				true => Penalty {
					what: "the task's stake: half to those that dissented, the rest burned",
					due: Amount(due),
					event: Amount(taken),
				},
				false => Penalty {
					what: "nothing: its stake is released, and the challenger's pledge pays it",
					due: Amount(0),
					event: Amount(taken),
				},
			};
		}
	}

	/// Asks the protocol which verdicts stand, and whether they say what became of the attempt.
	fn judge(&mut self, key: Key, provider: Account, state: SlotState, expected: Option<Decided>) {
		let Some((draw, verdicts)) = self.verdicts.last(key) else {
			if let Some(expected) = expected {
				let word = outcome_word(expected);
				let place = place(key);
				self.mismatches.push(format!(
					"{place}: no verdicts, and by the event they {word}"
				));
			}
			return;
		};
		let mut record = SlotRecord::assign(provider);
		record.state = state;
		// Somebody without a seat can dispute it, too.
		record.is_disputed = self.disputed.contains(&key);
		for verdict in verdicts {
			record.is_disputed |= verdict.verdict == Verdict::Invalid;
			// No committee has more seats than the list has places.
			let _ = record.verdicts.try_push(*verdict);
		}
		let standing = record.paid_verdicts().cloned();
		let standing: Vec<_> = standing.map(|open| (key, draw, open)).collect();
		self.standing.extend(standing);
		let Some(expected) = expected else { return };
		self.decided.insert(key);
		let committee = self.terms.committee;
		let row = self.known(key);
		let seats = row.and_then(|row| row.draws.iter().find(|of| of.draw == draw));
		let seats = seats.map_or(committee, |of| of.seats.len() as u32);
		let found = record.outcome(seats, self.terms.quorum);
		if found != expected {
			let (found, told) = (outcome_word(found), outcome_word(expected));
			let place = place(key);
			self.mismatches.push(format!(
				"{place}: the verdicts {found}, by the event they {told}"
			));
		}
	}

	pub(super) fn verdict_paid(
		&mut self,
		round: Round,
		slot: Slot,
		validator: Account,
		event: Balance,
	) {
		let place = format!("round {round} slot {slot}, the verdict of {validator}");
		let found = self.standing.iter().position(|(key, _, open)| {
			(key.0, key.1) == (round, slot) && open.validator == validator
		});
		let Some(found) = found else {
			self.differ(&format!("{place}, which does not stand"), 0, event);
			return;
		};
		let (key, draw, open) = self.standing.remove(found);
		let facts = self.history.posted.facts;
		let due = verdict_fee(
			self.terms.price,
			facts.segment_flops,
			facts.task_flops,
			open.uptime_ppm,
		);
		let gross = money::take(&mut self.pools.validation, due);
		let pay = self.pay(&place, Purpose::Validation, due, gross, event);
		if let Some(row) = self.known(key) {
			seat_of(row, draw, validator).pay = Some(pay);
		}
		let sums = self.sums(validator);
		sums.verdicts += 1;
		sums.validation += event;
		sums.unclaimed += event;
	}
}
