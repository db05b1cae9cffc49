//! Walks through the events of a job once and keeps its books anew.

mod booked;
mod details;
mod ended;
mod judged;

use std::collections::{BTreeMap, BTreeSet};

use assay_protocol::{
	money, Attempt, Balance, BlockNumber, Digest, Failure, Ledger, Pools, Round, Slot, Terms,
};

use self::judged::Accepted;
use super::{
	rows::{AttemptRow, Ended, Explanation, Opened, Outcome, Payout, RoundRow, Sealed, Sums},
	seats::{seat_of, Key, Verdicts},
	words::verdict_word,
	Amount,
};
use crate::{
	account::Account,
	chain::{fail_word, state_word, Event, JobState},
	history::History,
	roots::Hex32,
};

/// Explains a job from what its blocks say.
pub(super) fn explain(history: &History) -> Explanation {
	let mut recount = Recount::begin(history);
	for (block, event) in &history.events {
		recount.note(*block, event);
	}
	recount.end()
}

/// A verdict that stands.
struct Standing {
	key: Key,
	draw: u32,
	validator: Account,
	/// By the formula.
	due: Balance,
	/// What there was of it.
	gross: Balance,
}

struct Recount<'a> {
	history: &'a History,
	terms: Terms,
	verdicts: Verdicts,
	ledger: Ledger,
	pools: Pools,
	rounds: BTreeMap<Round, RoundRow>,
	accounts: BTreeMap<Account, Sums>,
	/// Burned from the stake of an attempt, and not yet explained by what became of it.
	burned: BTreeMap<Key, Balance>,
	/// Attempts that were disputed.
	disputed: BTreeSet<Key>,
	/// What disputes found that ended before their attempt was counted: whether the provider was
	/// wrong, and what was taken of its stake.
	judged: BTreeMap<Key, (bool, Balance)>,
	/// Attempts without the stake that they should have.
	stakeless: BTreeSet<(Slot, Attempt)>,
	/// The seed of the latest draw of each round.
	seeds: BTreeMap<Round, Digest>,
	/// Verdicts that stand and are still to be paid, in their order.
	standing: Vec<Standing>,
	/// Attempts that verdicts decided.
	decided: BTreeSet<Key>,
	state: String,
	refunds: Vec<Payout>,
	claims: Vec<Payout>,
	mismatches: Vec<String>,
}

impl<'a> Recount<'a> {
	fn begin(history: &'a History) -> Self {
		Self {
			history,
			terms: history.posted.terms,
			verdicts: Verdicts::of(history),
			ledger: Ledger::default(),
			pools: Pools::default(),
			rounds: BTreeMap::new(),
			accounts: BTreeMap::new(),
			burned: BTreeMap::new(),
			disputed: BTreeSet::new(),
			judged: BTreeMap::new(),
			stakeless: BTreeSet::new(),
			seeds: BTreeMap::new(),
			standing: Vec::new(),
			decided: BTreeSet::new(),
			state: "open".to_owned(),
			refunds: Vec::new(),
			claims: Vec::new(),
			mismatches: Vec::new(),
		}
	}

	fn note(&mut self, block: BlockNumber, event: &Event) {
		match *event {
			Event::JobPosted {
				escrow, plan_id, ..
			} => self.posted(escrow, plan_id),
			Event::RoundStarted { round, parent, .. } => self.started(block, round, parent),
			Event::TaskAssigned {
				round,
				slot,
				attempt,
				provider,
				..
			} => {
				self.row((round, slot, attempt), block, provider);
			}
			Event::TaskCommitted {
				round,
				slot,
				attempt,
				provider,
				seal,
				..
			} => {
				let seal = Hex32(seal);
				self.row((round, slot, attempt), block, provider).sealed =
					Some(Sealed { block, seal });
			}
			Event::TaskRevealed {
				round,
				slot,
				attempt,
				provider,
				ref reveal,
				..
			} => {
				self.row((round, slot, attempt), block, provider).opened = Some(Opened {
					block,
					trace: Hex32(reveal.trace_root()),
					update: Hex32(reveal.update_root),
					moments: Hex32(reveal.moments_root),
					loss: reveal.loss.to_nats(),
				});
			}
			Event::FailureRevealed {
				round,
				slot,
				attempt,
				provider,
				ref failure,
				..
			} => {
				let Failure { step, op, tile, .. } = failure.place;
				self.row((round, slot, attempt), block, provider).ended = Some(Ended {
					block,
					step,
					op,
					tile,
				});
			}
			Event::VerdictRevealed {
				round,
				slot,
				attempt,
				draw,
				validator,
				verdict,
				uptime_ppm,
				..
			} => {
				let Some(row) = self.known((round, slot, attempt)) else {
					return;
				};
				let seat = seat_of(row, draw, validator);
				seat.verdict = Some(verdict_word(verdict));
				seat.uptime_ppm = Some(uptime_ppm);
			}
			Event::TaskAccepted {
				round,
				slot,
				attempt,
				provider,
				pay,
				charged,
				rate_ppm,
				..
			} => {
				let told = Accepted {
					pay,
					charged,
					rate_ppm,
				};
				self.accepted(block, (round, slot, attempt), provider, told);
			}
			Event::TaskUnpaid {
				round,
				slot,
				attempt,
				provider,
				reason,
				..
			} => self.unpaid(block, (round, slot, attempt), provider, reason),
			Event::VerdictPaid {
				round,
				slot,
				validator,
				pay,
				..
			} => self.verdict_paid(round, slot, validator, pay),
			Event::Slashed {
				round,
				slot,
				attempt,
				offender,
				amount,
				..
			} => {
				let burned = self.burned.entry((round, slot, attempt)).or_default();
				*burned = burned.saturating_add(amount);
				self.sums(offender).slashed += amount;
			}
			Event::DisputeOpened {
				round,
				slot,
				attempt,
				..
			} => drop(self.disputed.insert((round, slot, attempt))),
			Event::DisputeEnded {
				round,
				slot,
				attempt,
				convicted,
				..
			} => self.dispute_ended((round, slot, attempt), convicted),
			Event::PledgeLost {
				challenger, amount, ..
			} => self.sums(challenger).slashed += amount,
			Event::RoundClosed {
				round,
				checkpoint,
				loss,
				..
			} => {
				let row = self.rounds.entry(round).or_default();
				row.checkpoint = Some(Hex32(checkpoint));
				row.loss = Some(loss.to_nats());
			}
			Event::Claimed {
				beneficiary,
				amount,
				..
			} => self.claimed(block, beneficiary, amount),
			Event::Refunded { owner, amount, .. } => self.refunded(block, owner, amount),
			Event::JobEnded { state, .. } => {
				self.state = match state {
					JobState::Failed(reason) => format!("failed: {}", fail_word(reason)),
					other => state_word(other).to_owned(),
				};
			}
			Event::Detail(ref detail) => self.detail(block, detail),
			Event::ProviderJoined { .. } | Event::PhaseEntered { .. } => {}
		}
	}

	fn started(&mut self, block: BlockNumber, round: Round, parent: [u8; 32]) {
		// What verdicts left of their pool stays theirs.
		let left = self.pools.validation;
		self.pools = money::pools(&self.terms).unwrap_or_default();
		self.pools.validation = self.pools.validation.saturating_add(left);
		self.stakeless.clear();
		let row = self.rounds.entry(round).or_default();
		(row.block, row.parent) = (block, Hex32(parent));
	}

	/// The row of an attempt, made if it is not there.
	fn row(&mut self, key: Key, block: BlockNumber, provider: Account) -> &mut AttemptRow {
		let (round, slot, attempt) = key;
		let rows = &mut self.rounds.entry(round).or_default().attempts;
		let index = rows.binary_search_by_key(&(slot, attempt), |row| (row.slot, row.attempt));
		let index = index.unwrap_or_else(|index| {
			let row = AttemptRow {
				slot,
				attempt,
				provider,
				assigned: block,
				stake: Amount(0),
				sealed: None,
				opened: None,
				ended: None,
				draws: Vec::new(),
				outcome: Outcome::Open,
			};
			rows.insert(index, row);
			index
		});
		&mut rows[index]
	}

	fn known(&mut self, (round, slot, attempt): Key) -> Option<&mut AttemptRow> {
		let rows = &mut self.rounds.get_mut(&round)?.attempts;
		let same = |row: &&mut AttemptRow| (row.slot, row.attempt) == (slot, attempt);
		rows.iter_mut().find(same)
	}

	fn sums(&mut self, account: Account) -> &mut Sums {
		self.accounts.entry(account).or_default()
	}
}

fn place((round, slot, attempt): Key) -> String {
	format!("round {round} slot {slot} attempt {attempt}")
}
