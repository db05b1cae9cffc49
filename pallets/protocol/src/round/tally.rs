//! How verdicts are counted, and which of them are paid.

use super::{Fate, SlotRecord, SlotState, Unsealed};
use crate::judgement::{Outcome, Unpaid, Verdict};
use bounded_collections::BoundedVec;

impl<AccountId: Clone + PartialEq> SlotRecord<AccountId> {
	/// How the opened verdicts count, for a committee of `seats` and this quorum.
	///
	/// A single dissent is enough to leave the work out: who is right is no matter of votes. Only
	/// distinct validators are in the list, and a quorum is a strict majority, so no two of the other
	/// outcomes are possible at once.
	pub fn outcome(&self, seats: u32, quorum: u32) -> Outcome {
		let count = |verdict: Verdict| {
			self.verdicts
				.iter()
				.filter(|open| open.verdict == verdict)
				.fold(0u32, |n, _| n.saturating_add(1))
		};
		let unfetched = count(Verdict::Unfetched);
		if self.is_disputed {
			Outcome::Disputed
		} else if count(Verdict::Valid) >= quorum {
			Outcome::Accepted
		} else if unfetched >= quorum && unfetched.saturating_mul(3) >= seats.saturating_mul(2) {
			Outcome::Withheld
		} else {
			Outcome::Undecided
		}
	}

	/// The verdicts that are paid: those that say valid of accepted work.
	///
	/// A validator that fetched nothing recomputed nothing, and a draw that did not decide is not
	/// paid, so that a verdict is never worth more undecided than decided. Verdicts about disputed
	/// work are paid by whoever loses the dispute.
	pub fn paid_verdicts(&self) -> impl Iterator<Item = &Unsealed<AccountId>> {
		let is_accepted = self.state == SlotState::Accepted;
		self.verdicts
			.iter()
			.filter(move |open| is_accepted && open.verdict == Verdict::Valid)
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
			Outcome::Undecided => {
				self.state = SlotState::Revealed;
				self.verdicts = BoundedVec::new();
				Fate::Undecided
			}
		}
	}
}
