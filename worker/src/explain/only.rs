//! The part of one account.

use super::{
	rows::{Explanation, RoundRow},
	ExplainError,
};
use crate::account::Account;

impl RoundRow {
	/// Whether anybody that is left in it worked or was drawn.
	fn has_part(&self) -> bool {
		!(self.attempts.is_empty() && self.absent.is_empty() && self.claims.is_empty())
	}
}

impl Explanation {
	/// The part of one account: what it worked on, judged and was paid. The books stay those of the
	/// job, and so do the mismatches.
	///
	/// # Errors
	/// [`ExplainError::NotInvolved`].
	pub fn only(mut self, account: Account) -> Result<Self, ExplainError> {
		let job = self.job_id;
		self.accounts.retain(|of, _| *of == account);
		for round in &mut self.rounds {
			for attempt in &mut round.attempts {
				if attempt.provider == account {
					continue;
				}
				for draw in &mut attempt.draws {
					draw.seats.retain(|seat| seat.validator == account);
				}
				attempt.draws.retain(|draw| !draw.seats.is_empty());
			}
			let attempts = &mut round.attempts;
			attempts.retain(|row| row.provider == account || !row.draws.is_empty());
			round.absent.retain(|(_, _, of)| *of == account);
			round.claims.retain(|claim| claim.validator == account);
		}
		self.refunds.retain(|payout| payout.account == account);
		self.claims.retain(|payout| payout.account == account);
		let has_part = self.owner == account
			|| !self.accounts.is_empty()
			|| self.rounds.iter().any(RoundRow::has_part);
		if !has_part {
			return Err(ExplainError::NotInvolved { account, job });
		}
		Ok(self)
	}
}
