//! The steps within the phases.

use assay_protocol::{Balance, BlockNumber};

use super::Recount;
use crate::{
	chain::Detail,
	explain::{rows::Claim, seats::seat_of, Amount},
	roots::Hex32,
};

impl Recount<'_> {
	pub(super) fn detail(&mut self, block: BlockNumber, detail: &Detail) {
		match detail {
			Detail::JobStarted { .. } => self.state = "running".to_owned(),
			Detail::TaskHeld {
				task,
				stash,
				amount,
			} => {
				// The stake is held before the slot is given out.
				let key = (task.round, task.slot, task.attempt);
				self.row(key, block, *stash).stake = Amount(*amount);
			}
			Detail::Drawn { round, seed, .. } => drop(self.seeds.insert(*round, *seed)),
			Detail::PanelFormed {
				round,
				slot,
				attempt,
				draw,
				validators,
				..
			} => {
				if let Some(row) = self.known((*round, *slot, *attempt)) {
					for validator in validators {
						seat_of(row, *draw, *validator);
					}
				}
			}
			Detail::VerdictSealed {
				round,
				slot,
				attempt,
				draw,
				validator,
				..
			} => {
				if let Some(row) = self.known((*round, *slot, *attempt)) {
					seat_of(row, *draw, *validator).sealed = true;
				}
			}
			Detail::ValidatorAbsent {
				round,
				slot,
				draw,
				validator,
				..
			} => {
				let row = self.rounds.entry(*round).or_default();
				row.absent.push((*slot, *draw, *validator));
			}
			Detail::SlotDropped { round, slot, .. } => {
				self.rounds.entry(*round).or_default().dropped.push(*slot);
			}
			Detail::AggregateClaimed {
				round,
				validator,
				checkpoint,
				loss,
				..
			} => {
				let row = self.rounds.entry(*round).or_default();
				row.claims.push(Claim {
					validator: *validator,
					checkpoint: Hex32(*checkpoint),
					loss: loss.to_nats(),
				});
			}
			Detail::StakeMissing { slot, attempt, .. } => {
				self.stakeless.insert((*slot, *attempt));
			}
			Detail::CreditsExpired { amount, .. } => {
				if self.ledger.claim(*amount).is_err() {
					self.differ("credits that expired", self.ledger.unclaimed, *amount);
				}
				for sums in self.accounts.values_mut() {
					sums.unclaimed = Amount(0);
				}
			}
			Detail::JobSettled { .. } => {
				let left = self.ledger.in_account().unwrap_or(Balance::MAX);
				self.compare("what a settled job owes", 0, left);
			}
			_ => {}
		}
	}
}
