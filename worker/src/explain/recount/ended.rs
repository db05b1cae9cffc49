//! The end of a recount: what is left over, and the books against those of the chain.

use assay_protocol::reward::fetched;

use super::{place, Recount};
use crate::{
	explain::{
		rows::{Books, Explanation},
		seats::tell,
		Amount,
	},
	plan_file::format_asy,
	roots::Hex32,
};

impl Recount<'_> {
	pub(super) fn end(mut self) -> Explanation {
		for left in std::mem::take(&mut self.standing) {
			let (round, slot, _) = left.key;
			let of = left.validator;
			self.mismatches.push(format!(
				"round {round} slot {slot}: the verdict of {of} stands, and no event pays it"
			));
		}
		for (key, amount) in std::mem::take(&mut self.burned) {
			self.differ(
				&format!("{}, a slash without a reason", place(key)),
				0,
				amount,
			);
		}
		for (round, row) in &mut self.rounds {
			row.round = *round;
			for attempt in &mut row.attempts {
				let key = (*round, attempt.slot, attempt.attempt);
				tell(attempt, self.decided.contains(&key));
			}
		}
		let ledger = Books::from(&self.ledger);
		// A settled job's books do not change any more, so those of now are those of the last block.
		let stored = self.history.now.as_ref();
		let stored = stored.map(|view| Books::from(&view.ledger));
		for ((name, counted), (_, stored)) in stored
			.iter()
			.flat_map(|stored| ledger.lines().into_iter().zip(stored.lines()))
		{
			if counted != stored {
				self.mismatches.push(format!(
					"the books, {name}: {} by the events, {} on the chain",
					format_asy(counted),
					format_asy(stored)
				));
			}
		}
		let posted = &self.history.posted;
		Explanation {
			job_id: posted.job.0,
			owner: posted.owner,
			plan_id: Hex32(posted.plan_id),
			state: self.state,
			posted: posted.posted,
			last: self.history.last,
			price: Amount(self.terms.price),
			task_stake: Amount(self.terms.task_stake),
			task_flops: Amount(posted.facts.task_flops),
			segment_flops: Amount(posted.facts.segment_flops),
			fetched_flops: Amount(fetched(&posted.facts)),
			rounds: self.rounds.into_values().collect(),
			refunds: self.refunds,
			claims: self.claims,
			accounts: self.accounts,
			ledger,
			stored,
			mismatches: self.mismatches,
		}
	}
}
