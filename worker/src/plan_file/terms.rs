//! Money and time of a job.

use assay_protocol::{Shares, Terms, Windows};
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
	pub task_stake: String,
	pub tasks: u32,
	pub rounds: u32,
	pub providers: u32,
	pub committee: u32,
	pub quorum: u32,
	pub windows: WindowsFile,
	pub shares: SharesFile,
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

impl TermsFile {
	/// The terms as the chain takes them, not yet checked.
	pub(super) fn terms(&self) -> Result<Terms, PlanFileError> {
		let amount = |field, text: &str| {
			parse_amount(text).map_err(|source| PlanFileError::Amount { field, source })
		};
		Ok(Terms {
			price: amount("price", &self.price)?,
			task_stake: amount("task_stake", &self.task_stake)?,
			tasks: self.tasks,
			rounds: self.rounds,
			providers: self.providers,
			committee: self.committee,
			quorum: self.quorum,
			windows: Windows {
				open: self.windows.open,
				train: self.windows.train,
				reveal: self.windows.reveal,
				assay: self.windows.assay,
				unseal: self.windows.unseal,
				close: self.windows.close,
			},
			shares: Shares {
				compute: self.shares.compute,
				data: self.shares.data,
				validation: self.shares.validation,
			},
		})
	}
}
