//! Removing from the store what nobody asks for any more.

use assay_protocol::{BlockNumber, JobId, Round};

use super::{Observation, Worker, WorkerError};
use crate::{
	artifacts::Artifacts,
	chain::{Chain, Head, JobState},
};

/// Rounds before the current one that are kept: a block that closed a round may still be replaced by
/// one that did not, and then its updates are asked for again.
const KEPT_ROUNDS: Round = 1;
/// Every so many blocks the jobs are looked up that left something and are not worked on any more.
const LOOK_UP_EVERY: BlockNumber = 20;

/// What of a job is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Old {
	/// The rounds before this one.
	Before(Round),
	/// Everything.
	All,
}

impl Old {
	fn of(state: JobState, round: Round) -> Self {
		match state {
			JobState::Settled => Self::All,
			_ => Self::Before(round.saturating_sub(KEPT_ROUNDS)),
		}
	}
}

impl<C: Chain, A: Artifacts> Worker<C, A> {
	/// Removes what attempts have left in rounds that are over: of each job its current round and the
	/// one before stay. A store that cannot be tidied is told about and used all the same.
	pub async fn tidy(&self, at: Head, seen: &[Observation]) {
		for Observation { job, .. } in seen {
			self.forget(job.job, Old::of(job.state, job.round)).await;
		}
		if at.number.is_multiple_of(LOOK_UP_EVERY) {
			if let Err(error) = self.tidy_unseen(at, seen).await {
				tracing::warn!(target: "assay::worker", %error, "the store is not tidied");
			}
		}
	}

	/// The same for jobs that have ended or are others' work: their workers may be gone.
	async fn tidy_unseen(&self, at: Head, seen: &[Observation]) -> Result<(), WorkerError> {
		for id in self.store.attempted(&self.chain.genesis()).await? {
			if seen.iter().any(|seen| seen.job.job == id) {
				continue;
			}
			let old = match self.chain.job(at, id).await? {
				Some(job) => Old::of(job.state, job.round),
				None => Old::All,
			};
			self.forget(id, old).await;
		}
		Ok(())
	}

	async fn forget(&self, job: JobId, old: Old) {
		let before = match old {
			Old::Before(0) => return,
			Old::Before(round) => Some(round),
			Old::All => None,
		};
		let genesis = self.chain.genesis();
		if let Err(error) = self.store.forget(&genesis, job, before).await {
			tracing::warn!(target: "assay::worker", job = job.0, %error, "the store is not tidied");
		}
	}
}
