//! A whole job replayed from its posting: every root and every loss computed again and compared with
//! what the chain recorded.
//!
//! The replay goes on from what it computed itself. Where the chain went on from something else, that
//! is told once, and the later rounds are judged from the chain's own checkpoint if the store has it.
//!
//! Accepted work that is found wrong can be disputed while its challenge window is open: [`Challenger`].

mod challenge;
mod record;
mod replay;

use assay_protocol::Round;
use serde::Serialize;

pub use self::{
	challenge::{Challenger, DisputeEnd, Disputed, WrongTask},
	record::{Accepted, Closed, Record, RoundAsRecorded},
	replay::replay,
};
use crate::{
	artifacts::CheckpointError, compute::ComputeError, history::HistoryError, roots::Hex32,
};

/// Why a job cannot be replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
	/// The job's life cannot be read.
	#[error(transparent)]
	History(#[from] HistoryError),
	/// The plan cannot be computed here.
	#[error(transparent)]
	Compute(#[from] ComputeError),
	/// A checkpoint that the replay cannot compute by itself is not to be had.
	#[error("round {round} starts from {parent}, which cannot be fetched ({source}): name its store with --store, or give other --rounds")]
	NoParent {
		/// The round.
		round: Round,
		/// The checkpoint.
		parent: Hex32,
		/// Why.
		source: Box<CheckpointError>,
	},
	/// There is nothing to replay yet.
	#[error("round {round} of job {job} is not closed, {closed} are: wait for `assay job watch {job}`, or name earlier ones with --rounds")]
	NotClosed {
		/// The job.
		job: u64,
		/// The first round asked for.
		round: Round,
		/// Rounds that are closed.
		closed: usize,
	},
}

/// Something that was recorded otherwise than it is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
	/// Where: the round, the slot if it is one of a slot, and the value.
	pub place: String,
	/// What it is by recomputation.
	pub computed: String,
	/// What the chain has.
	pub recorded: String,
}

/// A replayed round.
#[derive(Debug, Clone, Serialize)]
pub struct RoundAudit {
	/// Its number.
	pub round: Round,
	/// Tasks that were trained again.
	pub tasks: usize,
	/// The checkpoint that was recorded.
	pub checkpoint: Hex32,
	/// The loss that was recorded, in nats.
	pub loss: f64,
	/// What differs; nothing if all of it is right.
	pub findings: Vec<Finding>,
	/// Tasks whose trace differs, from the checkpoint that the chain has: what can be disputed.
	#[serde(skip)]
	pub wrong: Vec<WrongTask>,
}

/// A replayed job.
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
	/// Its id.
	pub job_id: u64,
	/// The id of its plan, computed.
	pub plan_id: Hex32,
	/// Rounds of the job, closed or not.
	pub rounds_of_job: Round,
	/// What differs of the plan.
	pub plan: Vec<Finding>,
	/// Every round that was replayed.
	pub rounds: Vec<RoundAudit>,
	/// What became of the disputes about wrong tasks, if any were to be opened.
	#[serde(skip_serializing_if = "Vec::is_empty")]
	pub disputes: Vec<Disputed>,
}

impl Audit {
	/// The tasks that can be disputed while their windows are open.
	pub fn wrong(&self) -> Vec<WrongTask> {
		let wrong = self.rounds.iter().flat_map(|round| &round.wrong);
		wrong.cloned().collect()
	}

	/// Everything that differs, in the order of the job.
	pub fn findings(&self) -> impl Iterator<Item = &Finding> {
		let rounds = self.rounds.iter().flat_map(|round| &round.findings);
		self.plan.iter().chain(rounds)
	}
}
