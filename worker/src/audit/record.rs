//! What the chain recorded of a job's training.

use std::collections::BTreeMap;

use assay_numerics::{Loss, Root};
use assay_protocol::{Attempt, Plan, Round, RoundRecord, Slot, TaskReveal};

use crate::{chain::Event, history::History};

/// An accepted task.
#[derive(Debug, Clone)]
pub struct Accepted {
	/// The attempt that was accepted.
	pub attempt: Attempt,
	/// What was revealed of it; nothing if no event shows it.
	pub reveal: Option<TaskReveal>,
}

/// What a round was closed with.
#[derive(Debug, Clone, Copy)]
pub struct Closed {
	/// The agreed checkpoint.
	pub checkpoint: Root,
	/// Its loss.
	pub loss: Loss,
}

/// A round.
#[derive(Debug, Clone, Default)]
pub struct RoundAsRecorded {
	/// The checkpoint that it started from.
	pub parent: Root,
	/// The accepted tasks, in slot order.
	pub accepted: BTreeMap<Slot, Accepted>,
	/// What it was closed with, by its event.
	pub closed: Option<Closed>,
	/// What is stored of it; nothing for a pruned job.
	pub stored: Option<RoundRecord>,
}

/// A job.
#[derive(Debug, Clone)]
pub struct Record {
	/// Its id.
	pub job: u64,
	/// Its plan, as it was posted.
	pub plan: Plan,
	/// The plan's id by the event of the posting, if there is one.
	pub plan_id: Option<[u8; 32]>,
	/// Rounds of the job.
	pub rounds_of_job: Round,
	/// The checkpoint that the job has now; nothing for a pruned job.
	pub checkpoint: Option<Root>,
	/// Every round that began, by its number.
	pub rounds: BTreeMap<Round, RoundAsRecorded>,
}

impl Record {
	/// What the events say, and what is stored of the rounds.
	pub fn of(history: &History, stored: &[RoundRecord]) -> Self {
		let mut record = Self {
			job: history.posted.job.0,
			plan: history.posted.plan.clone(),
			plan_id: None,
			rounds_of_job: history.posted.terms.rounds,
			checkpoint: history.now.as_ref().map(|view| view.checkpoint.root),
			rounds: BTreeMap::new(),
		};
		let mut reveals = BTreeMap::new();
		for (_, event) in &history.events {
			match *event {
				Event::JobPosted { plan_id, .. } => record.plan_id = Some(plan_id),
				Event::RoundStarted { round, parent, .. } => {
					record.rounds.entry(round).or_default().parent = parent;
				}
				Event::TaskRevealed {
					round,
					slot,
					attempt,
					ref reveal,
					..
				} => {
					reveals.insert((round, slot, attempt), reveal.clone());
				}
				Event::TaskAccepted {
					round,
					slot,
					attempt,
					..
				} => {
					let reveal = reveals.get(&(round, slot, attempt)).cloned();
					let of = record.rounds.entry(round).or_default();
					of.accepted.insert(slot, Accepted { attempt, reveal });
				}
				Event::RoundClosed {
					round,
					checkpoint,
					loss,
					..
				} => {
					let closed = Closed { checkpoint, loss };
					record.rounds.entry(round).or_default().closed = Some(closed);
				}
				_ => {}
			}
		}
		for of in stored {
			record.rounds.entry(of.round).or_default().stored = Some(*of);
		}
		record
	}

	/// How many rounds are closed.
	pub fn closed(&self) -> usize {
		let is_closed = |round: &&RoundAsRecorded| round.closed.is_some();
		self.rounds.values().take_while(is_closed).count()
	}
}
