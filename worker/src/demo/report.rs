//! What the demo ends with: one JSON object, and the same for people.

use std::collections::BTreeMap;

use serde::Serialize;

use super::tally::Tally;
use crate::{
	account::Account,
	chain::{Ledger, RoundRecord},
	plan_file::format_asy,
	roots::Hex32,
};

/// The object. Counts are integers, losses numbers in nats, amounts strings of integers.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
	pub(super) job_id: u64,
	pub(super) state: String,
	pub(super) rounds: u32,
	pub(super) tasks_accepted: u32,
	pub(super) tasks_rejected: u32,
	pub(super) verdicts: u32,
	pub(super) loss_first: f64,
	pub(super) loss_last: f64,
	pub(super) unigram_entropy: f64,
	pub(super) escrow: String,
	pub(super) paid: Paid,
	pub(super) refunded: String,
	pub(super) fees: String,
	pub(super) slashed: String,
	pub(super) checkpoint: Hex32,
	pub(super) wall_seconds: f64,
	pub(super) peak_mb: BTreeMap<String, u64>,
}

/// What was paid, by purpose.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Paid {
	pub(super) compute: String,
	pub(super) data: String,
	pub(super) validation: String,
}

impl Paid {
	/// The paid part of a job's books.
	pub(super) fn of(ledger: &Ledger) -> Self {
		Self {
			compute: ledger.paid_compute.to_string(),
			data: ledger.paid_data.to_string(),
			validation: ledger.paid_validation.to_string(),
		}
	}
}

/// The entropy of single bytes, in nats: the best loss without any context.
pub(super) fn unigram_entropy(bytes: &[u8]) -> f64 {
	let mut counts = [0u64; 256];
	for byte in bytes {
		counts[usize::from(*byte)] += 1;
	}
	let total = bytes.len() as f64;
	counts
		.iter()
		.filter(|count| **count > 0)
		.map(|count| {
			let share = *count as f64 / total;
			-share * share.ln()
		})
		.sum()
}

/// Who earned what, and why.
pub(super) fn earnings(tally: &Tally, names: &BTreeMap<Account, String>) -> String {
	let mut rows: Vec<_> = tally
		.accounts
		.iter()
		.map(|(account, line)| {
			let name = names
				.get(account)
				.cloned()
				.unwrap_or_else(|| account.to_string());
			[name, format_asy(line.earned), line.why()]
		})
		.collect();
	// By role, then by name: the role stands behind the name.
	rows.sort_by_key(|[name, ..]| {
		let (name, role) = name.split_once(' ').unwrap_or((name, ""));
		(role.to_owned(), name.to_owned())
	});
	rows.insert(
		0,
		["account".to_owned(), "earned".to_owned(), "why".to_owned()],
	);
	let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
	let (first, second) = (width(0), width(1));
	let lines = rows.iter().map(|[name, earned, why]| {
		format!("{name:first$}  {earned:>second$}  {why}")
			.trim_end()
			.to_owned()
	});
	lines.collect::<Vec<_>>().join("\n")
}

/// Where the escrow went. The parts add up to it.
pub(super) fn books(ledger: &Ledger) -> String {
	format!(
		"escrow {} = compute {} + validation {} + refunded {} + fees {}; slashed stake {}",
		format_asy(ledger.escrow),
		format_asy(ledger.paid_compute),
		format_asy(ledger.paid_validation),
		format_asy(ledger.refunded),
		format_asy(ledger.fees),
		format_asy(ledger.slashed),
	)
}

/// The loss of each round as bars, longest for the loss before training.
pub(super) fn curve(first: f64, rounds: &[RoundRecord]) -> String {
	const WIDTH: f64 = 50.0;
	let bar = |label: String, loss: f64| {
		let length = (loss / first * WIDTH).clamp(0.0, WIDTH).round() as usize;
		format!("{label:>8}  {loss:.4}  {}", "#".repeat(length))
	};
	let mut lines = vec![bar("start".to_owned(), first)];
	for record in rounds {
		lines.push(bar(
			format!("round {}", record.round),
			record.loss.to_nats(),
		));
	}
	lines.join("\n")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_entropy_of_single_bytes_is_that_of_a_coin() {
		// GIVEN two bytes, equally often
		let bytes = [0u8, 255].repeat(1000);
		// WHEN their entropy is taken
		// THEN it is ln 2, and that of a constant is zero
		assert!((unigram_entropy(&bytes) - 2f64.ln()).abs() < 1e-12);
		assert_eq!(unigram_entropy(&[7; 100]), 0.0);
	}

	#[test]
	fn the_report_has_exactly_the_agreed_keys() {
		// GIVEN a report
		let report = Report {
			job_id: 0,
			state: "completed".into(),
			rounds: 4,
			tasks_accepted: 12,
			tasks_rejected: 0,
			verdicts: 36,
			loss_first: 5.5,
			loss_last: 2.0,
			unigram_entropy: 3.2,
			escrow: "100".into(),
			paid: Paid {
				compute: "1".into(),
				data: "0".into(),
				validation: "2".into(),
			},
			refunded: "3".into(),
			fees: "4".into(),
			slashed: "0".into(),
			checkpoint: Hex32([0; 32]),
			wall_seconds: 1.0,
			peak_mb: BTreeMap::from([("demo".to_owned(), 1)]),
		};
		// WHEN it is written
		let value = serde_json::to_value(report).unwrap();
		// THEN the keys are these
		let mut keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
		keys.sort();
		let mut agreed = [
			"job_id",
			"state",
			"rounds",
			"tasks_accepted",
			"tasks_rejected",
			"verdicts",
			"loss_first",
			"loss_last",
			"unigram_entropy",
			"escrow",
			"paid",
			"refunded",
			"fees",
			"slashed",
			"checkpoint",
			"wall_seconds",
			"peak_mb",
		];
		agreed.sort_unstable();
		assert_eq!(keys, agreed);
		assert!(value["paid"]["compute"].is_string());
	}
}
