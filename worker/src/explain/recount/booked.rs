//! Money that moves: escrow, payouts, refund, claims.

use assay_protocol::{money, plan_id, Balance, BlockNumber, Ledger, Purpose};

use super::Recount;
use crate::{
	account::Account,
	explain::{
		rows::{Paid, Payout},
		Amount,
	},
	plan_file::format_asy,
	roots::Hex32,
};

impl Recount<'_> {
	pub(super) fn posted(&mut self, escrow: Balance, id: [u8; 32]) {
		self.ledger = Ledger::open(escrow);
		let due = money::escrow(&self.terms).unwrap_or_default();
		self.compare("the escrow", due, escrow);
		let (found, told) = (Hex32(plan_id(&self.history.posted.plan)), Hex32(id));
		if found != told {
			self.mismatches
				.push(format!("the plan's id: {found}, the event says {told}"));
		}
	}

	/// Books a payout.
	pub(super) fn pay(
		&mut self,
		place: &str,
		purpose: Purpose,
		due: Balance,
		gross: Balance,
		event: Balance,
	) -> Paid {
		let (net, fee) = money::split_fee(gross);
		self.compare(place, net, event);
		if self.ledger.credit(purpose, gross).is_err() {
			self.differ(&format!("{place}, what is held"), self.ledger.held, gross);
		}
		Paid {
			due: Amount(due),
			gross: Amount(gross),
			fee: Amount(fee),
			net: Amount(net),
			event: Amount(event),
		}
	}

	pub(super) fn refunded(&mut self, block: BlockNumber, owner: Account, event: Balance) {
		let due = self.ledger.refund().unwrap_or_default();
		self.compare("the refund", due, event);
		let sums = self.sums(owner);
		sums.refunded += event;
		sums.unclaimed += event;
		self.refunds.push(payout(block, owner, due, event));
	}

	pub(super) fn claimed(&mut self, block: BlockNumber, account: Account, event: Balance) {
		let due = self.sums(account).unclaimed.0;
		self.compare(&format!("what {account} claims"), due, event);
		if self.ledger.claim(event).is_err() {
			self.differ("what is left to claim", self.ledger.unclaimed, event);
		}
		let sums = self.sums(account);
		sums.unclaimed.0 = due.saturating_sub(event);
		sums.claimed += event;
		self.claims.push(payout(block, account, due, event));
	}

	pub(super) fn compare(&mut self, place: &str, due: Balance, event: Balance) {
		if due != event {
			self.differ(place, due, event);
		}
	}

	pub(super) fn differ(&mut self, place: &str, due: Balance, event: Balance) {
		self.mismatches.push(format!(
			"{place}: {} by the rules, {} by the event",
			format_asy(due),
			format_asy(event)
		));
	}
}

fn payout(block: BlockNumber, account: Account, due: Balance, event: Balance) -> Payout {
	Payout {
		block,
		account,
		due: Amount(due),
		event: Amount(event),
	}
}
