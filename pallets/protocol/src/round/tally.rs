//! How verdicts are counted, and which of them are paid.

use super::{Fate, SlotRecord, SlotState, Unsealed};
use crate::{
	draw::least_quorum,
	judgement::{Outcome, Unpaid, Verdict},
};
use bounded_collections::BoundedVec;

impl<AccountId: Clone + PartialEq> SlotRecord<AccountId> {
	/// How the opened verdicts count, for a committee of `seats` and this quorum.
	///
	/// A single dissent is enough to leave the work out: who is right is no matter of votes. Only
	/// distinct validators are in the list, and a quorum is a strict majority, so no two of the other
	/// outcomes are possible at once. A committee that has grown needs [`least_quorum`] of its seats.
	pub fn outcome(&self, seats: u32, quorum: u32) -> Outcome {
		let quorum = quorum.max(least_quorum(seats));
		let count = |verdict: Verdict| {
			self.verdicts
				.iter()
				.filter(|open| open.verdict == verdict)
				.fold(0u32, |n, _| n.saturating_add(1))
		};
		let unfetched = count(Verdict::Unfetched);
		if self.is_disputed {
			Outcome::Disputed
		} else if self.failure.is_some() {
			failure_outcome(count(Verdict::Valid), quorum)
		} else if count(Verdict::Valid) >= quorum {
			Outcome::Accepted
		} else if unfetched >= quorum && unfetched.saturating_mul(3) >= seats.saturating_mul(2) {
			Outcome::Withheld
		} else {
			Outcome::Undecided
		}
	}

	/// The verdicts that are paid: those that say valid of accepted work, or of a claim of failure
	/// that ends the job.
	///
	/// A validator that fetched nothing recomputed nothing, and a draw that did not decide is not
	/// paid, so that a verdict is never worth more undecided than decided. Verdicts about disputed
	/// work or claims are paid by whoever loses the dispute.
	pub fn paid_verdicts(&self) -> impl Iterator<Item = &Unsealed<AccountId>> {
		let is_right = matches!(
			self.state,
			SlotState::Accepted | SlotState::Dropped(Unpaid::BadPlan)
		);
		self.verdicts
			.iter()
			.filter(move |open| is_right && open.verdict == Verdict::Valid)
	}

	/// Counts the opened verdicts, once no more can come.
	pub(super) fn decide(&mut self, seats: u32, quorum: u32) -> Fate {
		match self.outcome(seats, quorum) {
			Outcome::Accepted => {
				self.state = SlotState::Accepted;
				Fate::Accepted
			}
			Outcome::Disputed => self.fail(Unpaid::Disputed),
			Outcome::Withheld => self.fail(Unpaid::Withheld),
			Outcome::BadPlan => {
				// Nobody failed: whoever tries again ends at the same step.
				self.state = SlotState::Dropped(Unpaid::BadPlan);
				Fate::BadPlan
			}
			Outcome::Undecided => {
				self.state = SlotState::Revealed;
				self.verdicts = BoundedVec::new();
				Fate::Undecided
			}
		}
	}
}

/// How verdicts about a claim of failure count that nobody disputes.
///
/// Whether the parent could be fetched says nothing about who claims, so no number of such verdicts
/// decides.
fn failure_outcome(valid: u32, quorum: u32) -> Outcome {
	if valid >= quorum {
		Outcome::BadPlan
	} else {
		Outcome::Undecided
	}
}
