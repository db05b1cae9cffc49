//! Every payout and every non-payout of a job, recomputed from its events.
//!
//! Plan, facts and terms are those of the posting; the amounts are recomputed with the protocol's own
//! functions, in the order of the events, and compared with what the events say. The job's stored
//! books are read only to be compared with the recount.

mod amount;
mod only;
mod recount;
mod rows;
mod seats;
mod text;
mod words;

use assay_protocol::JobId;

pub use self::{
	amount::Amount,
	rows::{
		AttemptRow, Books, Claim, DrawRow, Explanation, Opened, Outcome, Paid, Payout, Penalty,
		RoundRow, Sealed, Seat, Sums,
	},
	text::page,
};
use crate::{
	account::Account,
	chain::Chain,
	history::{self, History, HistoryError},
};

/// Why there is nothing to explain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
	/// The job's life cannot be read.
	#[error(transparent)]
	History(#[from] HistoryError),
	/// The account is neither the job's owner nor did it work on it or judge it.
	#[error("{account} has no part in job {job}: leave out --account to see whose job it is and who worked on it")]
	NotInvolved {
		/// The account.
		account: Account,
		/// The job.
		job: u64,
	},
}

/// Explains a job from the blocks of a chain.
///
/// # Errors
/// Those of [`history::of_job`].
pub async fn of_job<C: Chain>(chain: &C, job: JobId) -> Result<Explanation, ExplainError> {
	Ok(of_history(&history::of_job(chain, job).await?))
}

/// Explains a job from what its blocks say.
pub fn of_history(history: &History) -> Explanation {
	recount::explain(history)
}
