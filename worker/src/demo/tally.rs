//! What happened in a job, counted from its events.

use std::collections::{BTreeMap, BTreeSet};

use assay_protocol::{Balance, JobId, Verdict};

use crate::{account::Account, chain::Event};

/// Counts of one job. The same events in the same order give the same tally.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
	/// Accepted tasks.
	pub(super) accepted: u32,
	/// Tasks found wrong.
	pub(super) rejected: u32,
	/// Revealed verdicts.
	pub(super) verdicts: u32,
	/// What happened to each account.
	pub(super) accounts: BTreeMap<Account, Line>,
}

/// One account's part in a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line {
	/// Accepted tasks.
	pub(super) tasks: u32,
	/// Paid verdicts.
	pub(super) verdicts: u32,
	/// Credited for them, without the fee.
	pub(super) earned: Balance,
	/// Refunded.
	pub(super) refunded: Balance,
	/// Burned from its stakes.
	pub(super) slashed: Balance,
	/// Unpaid attempts, by reason.
	pub(super) unpaid: BTreeMap<&'static str, u32>,
	/// Verdicts by what they say.
	pub(super) said: BTreeSet<&'static str>,
}

impl Tally {
	/// Counts an event, if it is about this job.
	pub(super) fn note(&mut self, job: JobId, event: &Event) {
		if event.job() != job {
			return;
		}
		match event {
			Event::TaskAccepted { provider, pay, .. } => {
				self.accepted += 1;
				let line = self.accounts.entry(*provider).or_default();
				line.tasks += 1;
				line.earned += pay;
			}
			Event::TaskUnpaid {
				provider, reason, ..
			} => {
				let line = self.accounts.entry(*provider).or_default();
				*line
					.unpaid
					.entry(crate::chain::unpaid_word(*reason))
					.or_default() += 1;
			}
			Event::VerdictRevealed {
				validator, verdict, ..
			} => {
				self.verdicts += 1;
				let word = match verdict {
					Verdict::Valid => "valid",
					Verdict::Invalid => "invalid",
					Verdict::Unfetched => "unfetched",
				};
				self.accounts
					.entry(*validator)
					.or_default()
					.said
					.insert(word);
			}
			Event::DisputeEnded {
				convicted: true, ..
			} => self.rejected += 1,
			Event::VerdictPaid { validator, pay, .. } => {
				let line = self.accounts.entry(*validator).or_default();
				line.verdicts += 1;
				line.earned += pay;
			}
			Event::Slashed {
				offender, amount, ..
			}
			| Event::PledgeLost {
				challenger: offender,
				amount,
				..
			} => {
				self.accounts.entry(*offender).or_default().slashed += amount;
			}
			Event::Refunded { owner, amount, .. } => {
				self.accounts.entry(*owner).or_default().refunded += amount;
			}
			_ => {}
		}
	}
}

impl Line {
	/// Why this account earned what it earned, in words.
	pub(super) fn why(&self) -> String {
		let mut parts = Vec::new();
		if self.tasks > 0 {
			parts.push(format!("{} accepted", plural(self.tasks, "task")));
		}
		if self.verdicts > 0 {
			parts.push(format!("{} paid", plural(self.verdicts, "verdict")));
		}
		for (reason, count) in &self.unpaid {
			parts.push(format!("{} unpaid: {reason}", plural(*count, "task")));
		}
		if self.slashed > 0 {
			parts.push(format!(
				"slashed {}",
				crate::plan_file::format_asy(self.slashed)
			));
		}
		if self.refunded > 0 {
			parts.push(format!(
				"refunded {}",
				crate::plan_file::format_asy(self.refunded)
			));
		}
		parts.join(", ")
	}
}

fn plural(count: u32, noun: &str) -> String {
	if count == 1 {
		format!("1 {noun}")
	} else {
		format!("{count} {noun}s")
	}
}

#[cfg(test)]
mod tests {
	use assay_protocol::Unpaid;

	use super::*;

	#[test]
	fn a_tally_counts_one_job_only() {
		// GIVEN events of two jobs
		let provider = Account([1; 32]);
		let accepted = |job, slot| Event::TaskAccepted {
			job: JobId(job),
			round: 0,
			slot,
			attempt: 0,
			provider,
			pay: 10,
			charged: 0,
			rate_ppm: 1_000_000,
		};
		let wrong = Event::TaskUnpaid {
			job: JobId(1),
			round: 0,
			slot: 2,
			attempt: 0,
			provider,
			reason: Unpaid::Disputed,
		};
		let judged = Event::DisputeEnded {
			job: JobId(1),
			round: 0,
			slot: 2,
			attempt: 0,
			provider,
			convicted: true,
		};
		// WHEN they are counted for one of them
		let mut tally = Tally::default();
		for event in [
			accepted(1, 0),
			accepted(2, 0),
			accepted(1, 1),
			wrong,
			judged,
		] {
			tally.note(JobId(1), &event);
		}
		// THEN the other does not count, and the reasons are in the line
		assert_eq!((tally.accepted, tally.rejected), (2, 1));
		let line = &tally.accounts[&provider];
		assert_eq!((line.tasks, line.earned), (2, 20));
		assert_eq!(
			line.why(),
			"2 tasks accepted, 1 task unpaid: disputed: somebody found the work, or the claim, wrong"
		);
	}
}
