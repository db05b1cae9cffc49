//! What an explanation says, as rows. Amounts are strings of integers in JSON.

use std::collections::BTreeMap;

use assay_protocol::{Attempt, Balance, BlockNumber, Ledger, Round, Slot};
use serde::Serialize;

use super::Amount;

use crate::{account::Account, roots::Hex32};

/// A whole job.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
	/// Its id.
	pub job_id: u64,
	/// Who posted it.
	pub owner: Account,
	/// The id of its plan.
	pub plan_id: Hex32,
	/// How it ended, or `running`.
	pub state: String,
	/// The block in which it was posted.
	pub posted: BlockNumber,
	/// The last block that was read.
	pub last: BlockNumber,
	/// Paid for a task, before the fee.
	pub price: Amount,
	/// Held for a task.
	pub task_stake: Amount,
	/// FLOPs of a task.
	pub task_flops: Amount,
	/// FLOPs that a verdict about a drawn task recomputes.
	pub segment_flops: Amount,
	/// FLOPs that a verdict about another task counts as.
	pub fetched_flops: Amount,
	/// Every round that began.
	pub rounds: Vec<RoundRow>,
	/// What went back to the owner, by block.
	pub refunds: Vec<Payout>,
	/// What left the job's account, by block.
	pub claims: Vec<Payout>,
	/// What each account has of it.
	pub accounts: BTreeMap<Account, Sums>,
	/// The books, recounted.
	pub ledger: Books,
	/// The books that the chain has; nothing when the job is pruned.
	pub stored: Option<Books>,
	/// Everything that is not as recomputed, by its place.
	pub mismatches: Vec<String>,
}

/// A round.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RoundRow {
	/// Its number.
	pub round: Round,
	/// The block in which it began.
	pub block: BlockNumber,
	/// The checkpoint that it started from.
	pub parent: Hex32,
	/// Every attempt, by slot.
	pub attempts: Vec<AttemptRow>,
	/// Drawn validators that did not answer: slot, draw and stash.
	pub absent: Vec<(Slot, u32, Account)>,
	/// Slots that the round went on without.
	pub dropped: Vec<Slot>,
	/// Who claimed which next checkpoint. No claim is paid in this version.
	pub claims: Vec<Claim>,
	/// The agreed checkpoint, once it is closed.
	pub checkpoint: Option<Hex32>,
	/// Its loss in nats.
	pub loss: Option<f64>,
}

/// A claim about a round's next checkpoint.
#[derive(Debug, Clone, Serialize)]
pub struct Claim {
	/// The validator's stash.
	pub validator: Account,
	/// What it claimed.
	pub checkpoint: Hex32,
	/// Its loss in nats.
	pub loss: f64,
}

/// An attempt at a task.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptRow {
	/// The slot.
	pub slot: Slot,
	/// The attempt.
	pub attempt: Attempt,
	/// Who worked.
	pub provider: Account,
	/// The block in which it was given out.
	pub assigned: BlockNumber,
	/// What was held for it.
	pub stake: Amount,
	/// Its seal.
	pub sealed: Option<Sealed>,
	/// The work that the seal hid.
	pub opened: Option<Opened>,
	/// The claim of failure that it hid in its place.
	pub ended: Option<Ended>,
	/// Who judged it, draw by draw.
	pub draws: Vec<DrawRow>,
	/// What came of it.
	pub outcome: Outcome,
}

/// A seal.
#[derive(Debug, Clone, Serialize)]
pub struct Sealed {
	/// Its block.
	pub block: BlockNumber,
	/// The seal.
	pub seal: Hex32,
}

/// What a provider showed.
#[derive(Debug, Clone, Serialize)]
pub struct Opened {
	/// The block.
	pub block: BlockNumber,
	/// Root of the trace.
	pub trace: Hex32,
	/// Root of the update.
	pub update: Hex32,
	/// Root of the moments.
	pub moments: Hex32,
	/// The training loss in nats.
	pub loss: f64,
}

/// Where a provider claims that training ends.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Ended {
	/// The block.
	pub block: BlockNumber,
	/// The step of the task, from 0.
	pub step: u32,
	/// The number of the op in the step's program.
	pub op: u32,
	/// The tile of its output.
	pub tile: u32,
}

/// A draw of an attempt's judges.
#[derive(Debug, Clone, Serialize)]
pub struct DrawRow {
	/// Its index in the round.
	pub draw: u32,
	/// The judges.
	pub seats: Vec<Seat>,
}

/// A drawn validator.
#[derive(Debug, Clone, Serialize)]
pub struct Seat {
	/// Its stash.
	pub validator: Account,
	/// Whether it sealed a verdict.
	pub sealed: bool,
	/// What it said, once that is open.
	pub verdict: Option<&'static str>,
	/// Its uptime bonus then, in parts per million.
	pub uptime_ppm: Option<u32>,
	/// What it was paid.
	pub pay: Option<Paid>,
	/// Why it was paid or not.
	pub why: &'static str,
}

/// A payout: recomputed, and as the event has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Paid {
	/// What the formula gives.
	pub due: Amount,
	/// What the round's pool had of it.
	pub gross: Amount,
	/// The fee on it.
	pub fee: Amount,
	/// What is left.
	pub net: Amount,
	/// What the event says.
	pub event: Amount,
}

/// What came of an attempt.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
	/// Nothing yet.
	Open,
	/// It is paid.
	Accepted {
		/// The block.
		block: BlockNumber,
		/// The probability with which it was drawn for a recomputation, in parts per million.
		rate_ppm: u32,
		/// Whether it was.
		drawn: bool,
		/// What the provider owed of the fees of that check.
		charged: Amount,
		/// The pay, without that.
		pay: Paid,
		/// What it cost that the work was found wrong after it was accepted.
		#[serde(skip_serializing_if = "Option::is_none")]
		convicted: Option<Penalty>,
	},
	/// It is not paid.
	Unpaid {
		/// The block.
		block: BlockNumber,
		/// Why.
		reason: &'static str,
		/// What it cost.
		cost: Penalty,
	},
}

/// What an unpaid attempt cost its provider.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Penalty {
	/// In words.
	pub what: &'static str,
	/// What the rules say.
	pub due: Amount,
	/// What the event of the slash says.
	pub event: Amount,
}

/// An amount that moved to an account.
#[derive(Debug, Clone, Serialize)]
pub struct Payout {
	/// The block.
	pub block: BlockNumber,
	/// The account.
	pub account: Account,
	/// What the recount has.
	pub due: Amount,
	/// What the event says.
	pub event: Amount,
}

/// What an account has of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
	/// Accepted tasks.
	pub tasks: u32,
	/// Unpaid attempts.
	pub unpaid: u32,
	/// Credited for tasks.
	pub compute: Amount,
	/// Paid verdicts.
	pub verdicts: u32,
	/// Credited for them.
	pub validation: Amount,
	/// Refunded.
	pub refunded: Amount,
	/// Burned from its stakes.
	pub slashed: Amount,
	/// Paid out.
	pub claimed: Amount,
	/// Credited and neither paid out nor burned.
	pub unclaimed: Amount,
}

/// Where a job's money is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of the protocol's ledger")]
pub struct Books {
	pub escrow: Amount,
	pub paid_compute: Amount,
	pub paid_data: Amount,
	pub paid_validation: Amount,
	pub refunded: Amount,
	pub fees: Amount,
	pub held: Amount,
	pub unclaimed: Amount,
	pub slashed: Amount,
}

impl From<&Ledger> for Books {
	fn from(ledger: &Ledger) -> Self {
		Self {
			escrow: Amount(ledger.escrow),
			paid_compute: Amount(ledger.paid_compute),
			paid_data: Amount(ledger.paid_data),
			paid_validation: Amount(ledger.paid_validation),
			refunded: Amount(ledger.refunded),
			fees: Amount(ledger.fees),
			held: Amount(ledger.held),
			unclaimed: Amount(ledger.unclaimed),
			slashed: Amount(ledger.slashed),
		}
	}
}

impl Books {
	/// Name and amount of every account of the books.
	pub(super) fn lines(&self) -> [(&'static str, Balance); 9] {
		[
			("escrow", self.escrow.0),
			("paid for compute", self.paid_compute.0),
			("paid for data", self.paid_data.0),
			("paid for validation", self.paid_validation.0),
			("refunded", self.refunded.0),
			("fees", self.fees.0),
			("held", self.held.0),
			("unclaimed", self.unclaimed.0),
			("slashed", self.slashed.0),
		]
	}
}
