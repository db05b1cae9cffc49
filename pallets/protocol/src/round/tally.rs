//! How verdicts are counted, and which of them are paid.

use super::{Fate, SlotRecord, SlotState, Unsealed};
use crate::judgement::{Outcome, Unpaid, Verdict};
use bounded_collections::BoundedVec;

impl<AccountId: Clone + PartialEq> SlotRecord<AccountId> {
	/// How the opened verdicts count, for a committee of `seats` and this quorum.
	///
	/// Only distinct validators are in the list, and a quorum is a strict majority, so no two
	/// outcomes are possible at once.
	pub fn outcome(&self, seats: u32, quorum: u32) -> Outcome {
		let count = |verdict: Verdict| {
			self.verdicts
				.iter()
				.filter(|open| open.verdict == verdict)
				.fold(0u32, |n, _| n.saturating_add(1))
		};
		let unfetched = count(Verdict::Unfetched);
		if count(Verdict::Valid) >= quorum {
			Outcome::Accepted
		} else if count(Verdict::Invalid) >= quorum {
			Outcome::Rejected
		} else if unfetched >= quorum && unfetched.saturating_mul(3) >= seats.saturating_mul(2) {
			Outcome::Withheld
		} else {
			Outcome::Undecided
		}
	}

	/// The verdicts that are paid: those that agree with what was decided about recomputed work.
	///
	/// A validator that fetched nothing recomputed nothing, and a draw that did not decide is not
	/// paid, so that a verdict is never worth more undecided than decided.
	pub fn paid_verdicts(&self) -> impl Iterator<Item = &Unsealed<AccountId>> {
		let paid = match self.state {
			SlotState::Accepted => Some(Verdict::Valid),
			SlotState::Redo(Unpaid::ProvenWrong) | SlotState::Dropped(Unpaid::ProvenWrong) => {
				Some(Verdict::Invalid)
			}
			_ => None,
		};
		self.verdicts
			.iter()
			.filter(move |open| Some(open.verdict) == paid)
	}

	/// Counts the opened verdicts, once no more can come.
	pub(super) fn decide(&mut self, seats: u32, quorum: u32) -> Fate {
		match self.outcome(seats, quorum) {
			Outcome::Accepted => {
				self.state = SlotState::Accepted;
				Fate::Accepted
			}
			Outcome::Rejected => self.fail(Unpaid::ProvenWrong),
			Outcome::Withheld => self.fail(Unpaid::Withheld),
			Outcome::Undecided => {
				self.state = SlotState::Revealed;
				self.verdicts = BoundedVec::new();
				Fate::Undecided
			}
		}
	}
}
