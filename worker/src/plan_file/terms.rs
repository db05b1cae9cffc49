//! Money and time of a job.

use assay_protocol::{
	audit,
	limits::{self, PPM},
	money, AuditPolicy, PlanFacts, Shares, Terms, Windows,
};
use serde::{Deserialize, Serialize};

use super::{parse_amount, PlanFileError};

/// Money and time. Amounts are integers of the smallest unit, or `2.5 ASY`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
	missing_docs,
	reason = "the fields are those of `assay_protocol::Terms`"
)]
pub struct TermsFile {
	pub price: String,
	/// The smallest that deters, if it is left out.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub task_stake: Option<String>,
	pub tasks: u32,
	pub rounds: u32,
	pub providers: u32,
	pub committee: u32,
	pub quorum: u32,
	/// The least share of tasks that is drawn, in parts per million: the highest that the chain takes, if
	/// it is left out.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub audit_floor: Option<u32>,
	/// What wrong work could be worth beside its price; nothing, if it is left out.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub harm: Option<String>,
	pub windows: WindowsFile,
	/// As much for verdicts as they can cost and the rest for compute, if it is left out.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub shares: Option<SharesFile>,
}

/// How long phases last, in blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
	missing_docs,
	reason = "the fields are those of `assay_protocol::Windows`"
)]
pub struct WindowsFile {
	pub open: u32,
	pub train: u32,
	pub reveal: u32,
	pub assay: u32,
	pub unseal: u32,
	pub close: u32,
	/// Blocks in which accepted work can be disputed, and its stake is held. Twice as long as `train`, if
	/// it is left out: time to repeat a task and to open a dispute about it.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub challenge: Option<u32>,
}

/// How the budget is split, in parts per million.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
	missing_docs,
	reason = "the fields are those of `assay_protocol::Shares`"
)]
pub struct SharesFile {
	pub compute: u32,
	pub data: u32,
	pub validation: u32,
}

impl WindowsFile {
	/// The window for disputes about accepted work.
	fn challenge(&self) -> u32 {
		let twice = self.train.saturating_mul(2).min(limits::MAX_CHALLENGE);
		self.challenge.unwrap_or(twice)
	}
}

impl TermsFile {
	/// The terms as the chain takes them, not yet checked. What is left out follows from the plan.
	pub(super) fn terms(&self, facts: &PlanFacts) -> Result<Terms, PlanFileError> {
		let amount = |field, text: &str| {
			parse_amount(text).map_err(|source| PlanFileError::Amount { field, source })
		};
		let optional = |field, text: &Option<String>| match text {
			Some(text) => amount(field, text).map(Some),
			None => Ok(None),
		};
		let policy = AuditPolicy::STRICT;
		let highest = audit::highest_floor_ppm(self.committee, facts, &policy);
		let stake = optional("task_stake", &self.task_stake)?;
		let mut terms = Terms {
			price: amount("price", &self.price)?,
			task_stake: stake.unwrap_or(0),
			tasks: self.tasks,
			rounds: self.rounds,
			providers: self.providers,
			committee: self.committee,
			quorum: self.quorum,
			audit_floor_ppm: self.audit_floor.unwrap_or(highest),
			harm: optional("harm", &self.harm)?.unwrap_or(0),
			windows: Windows {
				open: self.windows.open,
				train: self.windows.train,
				reveal: self.windows.reveal,
				assay: self.windows.assay,
				unseal: self.windows.unseal,
				close: self.windows.close,
				challenge: self.windows.challenge(),
			},
			shares: Shares {
				compute: PPM,
				data: 0,
				validation: 0,
			},
		};
		// What no value satisfies stays as it is, and is refused by its name.
		if stake.is_none() {
			let least = audit::least_stake(&terms, facts, &policy);
			terms.task_stake = least.unwrap_or(0).max(money::miss_penalty(terms.price));
		}
		if let Some(given) = &self.shares {
			terms.shares = Shares {
				compute: given.compute,
				data: given.data,
				validation: given.validation,
			};
		} else if let Some(validation) = audit::least_validation_ppm(&terms, facts) {
			terms.shares.validation = validation;
			terms.shares.compute = PPM.saturating_sub(validation);
		}
		Ok(terms)
	}
}
