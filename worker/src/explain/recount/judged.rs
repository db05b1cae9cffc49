//! What became of attempts, and the verdicts that said so.

use assay_numerics::referee::Part;
use assay_protocol::{
	limits::PPM,
	money,
	reward::{fetched, providers_part, reward, verdict_fee, Contribution},
	sampling::is_drawn,
	Balance, BlockNumber, Failure, Outcome as Decided, Purpose, Round, Slot, SlotRecord, SlotState,
	Unpaid, Unsealed, Verdict,
};

use super::{place, Recount, Standing};
use crate::{
	account::Account,
	explain::{
		rows::{Ended, Outcome, Penalty},
		seats::{seat_of, Key},
		words::{dispute_word, meaning, outcome_word},
		Amount,
	},
};

/// What the event says of accepted work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accepted {
	pub(super) pay: Balance,
	pub(super) charged: Balance,
	pub(super) rate_ppm: u32,
}

/// What wrong work costs.
const LOST_STAKE: &str = "the task's stake: half to those that dissented, the rest burned";

impl Recount<'_> {
	pub(super) fn accepted(
		&mut self,
		block: BlockNumber,
		key: Key,
		provider: Account,
		told: Accepted,
	) {
		let full = Contribution {
			compute: self.terms.price,
			quality_ppm: PPM,
			..Default::default()
		};
		let due = reward(&full).map_or(0, |reward| reward.compute);
		let gross = money::take(&mut self.pools.compute, due);
		let stand = self.judge(key, provider, SlotState::Accepted, Some(Decided::Accepted));
		let seed = self.seeds.get(&key.0);
		let drawn = seed.is_some_and(|seed| is_drawn(seed, key.1, key.2, told.rate_ppm));
		let mut left = gross;
		for (draw, open) in stand {
			let verdict = self.verdict_due(key, draw, &open, (drawn, told.rate_ppm), &mut left);
			self.standing.push(verdict);
		}
		let charged = gross.saturating_sub(left);
		let what = format!("{}, the charge for its check", place(key));
		self.compare(&what, charged, told.charged);
		let due = due.saturating_sub(charged);
		let pay = self.pay(&place(key), Purpose::Compute, due, left, told.pay);
		self.row(key, block, provider).outcome = Outcome::Accepted {
			block,
			rate_ppm: told.rate_ppm,
			drawn,
			charged: Amount(charged),
			pay,
			convicted: None,
		};
		let sums = self.sums(provider);
		sums.tasks += 1;
		sums.compute += told.pay;
		sums.unclaimed += told.pay;
	}

	/// What a verdict about accepted work is worth, taken out of `left`, the rest of its provider's pay,
	/// and out of the pool for verdicts.
	fn verdict_due(
		&mut self,
		key: Key,
		draw: u32,
		open: &Unsealed<Account>,
		(drawn, rate_ppm): (bool, u32),
		left: &mut Balance,
	) -> Standing {
		let facts = self.history.posted.facts;
		let recomputed = match drawn {
			true => facts.segment_flops,
			false => fetched(&facts),
		};
		let (price, uptime) = (self.terms.price, open.uptime_ppm);
		let due = verdict_fee(price, recomputed, facts.task_flops, uptime);
		let owed = match drawn {
			true => providers_part(due, rate_ppm, self.terms.audit_floor_ppm),
			false => 0,
		};
		let charged = money::take(left, owed);
		let pool = &mut self.pools.validation;
		let gross = money::take(pool, due.saturating_sub(charged)).saturating_add(charged);
		Standing {
			key,
			draw,
			validator: open.validator,
			due,
			gross,
		}
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
		// Verdicts about unpaid attempts are not paid by the job, unless they end it.
		let state = match reason {
			Unpaid::BadPlan => SlotState::Dropped(reason),
			_ => SlotState::Redo(reason),
		};
		let stand = self.judge(key, provider, state, of.outcome);
		if reason == Unpaid::BadPlan {
			let mut unearned = money::take(&mut self.pools.compute, self.terms.price);
			for (draw, open) in stand {
				let verdict = self.verdict_due(key, draw, &open, (true, PPM), &mut unearned);
				self.standing.push(verdict);
			}
		}
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
		// Accepted work stays paid, whatever a dispute about it finds afterwards.
		if let Outcome::Accepted { convicted: of, .. } = &mut row.outcome {
			*of = convicted.then_some(Penalty {
				what: LOST_STAKE,
				due: Amount(due),
				event: Amount(taken),
			});
		}
		if let Outcome::Unpaid { reason, cost, .. } = &mut row.outcome {
			*reason = dispute_word(convicted);
			*cost = match convicted {
				true => Penalty {
					what: LOST_STAKE,
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
	fn judge(
		&mut self,
		key: Key,
		provider: Account,
		state: SlotState,
		expected: Option<Decided>,
	) -> Vec<(u32, Unsealed<Account>)> {
		let Some((draw, verdicts)) = self.verdicts.last(key) else {
			if let Some(expected) = expected {
				let word = outcome_word(expected);
				let place = place(key);
				self.mismatches.push(format!(
					"{place}: no verdicts, and by the event they {word}"
				));
			}
			return Vec::new();
		};
		let mut record = SlotRecord::assign(provider);
		record.state = state;
		// Somebody without a seat can dispute it, too.
		record.is_disputed = self.disputed.contains(&key);
		for verdict in verdicts {
			// No committee has more seats than the list has places.
			let _ = record.verdicts.try_push(*verdict);
		}
		record.failure = self.known(key).and_then(|row| {
			let Ended { step, op, tile, .. } = row.ended?;
			// That there is a claim decides how verdicts count, not which place it names.
			let part = Part::Whole;
			Some(Failure {
				step,
				op,
				tile,
				part,
			})
		});
		let mut said = record.verdicts.iter().map(|open| open.verdict);
		record.is_disputed |= said.any(|said| said == Verdict::Invalid);
		let standing = record.paid_verdicts().cloned();
		let standing: Vec<_> = standing.map(|open| (draw, open)).collect();
		let Some(expected) = expected else {
			return standing;
		};
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
		standing
	}

	pub(super) fn verdict_paid(
		&mut self,
		round: Round,
		slot: Slot,
		validator: Account,
		event: Balance,
	) {
		let place = format!("round {round} slot {slot}, the verdict of {validator}");
		let found = self
			.standing
			.iter()
			.position(|of| (of.key.0, of.key.1) == (round, slot) && of.validator == validator);
		let Some(found) = found else {
			self.differ(&format!("{place}, which does not stand"), 0, event);
			return;
		};
		let of = self.standing.remove(found);
		let pay = self.pay(&place, Purpose::Validation, of.due, of.gross, event);
		if let Some(row) = self.known(of.key) {
			seat_of(row, of.draw, validator).pay = Some(pay);
		}
		let sums = self.sums(validator);
		sums.verdicts += 1;
		sums.validation += event;
		sums.unclaimed += event;
	}
}
