//! Disputes about accepted work that a replay has found wrong: opened, and played to their end.

use std::{collections::BTreeMap, sync::Arc};

use assay_protocol::{BlockNumber, TaskKey, Trace};
use serde::Serialize;
use tokio::sync::Notify;

use crate::{
	artifacts::Artifacts,
	chain::{Call, Chain, Head},
	dispute::Disputes,
	worker::{Duty, Worker, WorkerError},
};

/// Accepted work whose trace is not what training gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongTask {
	/// The attempt.
	pub task: TaskKey,
	/// What was revealed of it.
	pub trace: Trace,
}

/// What became of the dispute about a wrong task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeEnd {
	/// Its provider has lost the stake of the task, half of it to this challenger.
	Convicted,
	/// This challenger has lost its pledge.
	Lost,
	/// It was stopped before the end. A worker of the stash, or another audit, goes on with it.
	Open,
	/// None was opened, and why.
	NotOpened(String),
}

/// A wrong task, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disputed {
	/// The round.
	pub round: u32,
	/// The slot.
	pub slot: u32,
	/// The attempt.
	pub attempt: u8,
	/// What became of it.
	pub end: DisputeEnd,
}

/// A challenger of accepted work.
#[derive(Debug)]
pub struct Challenger<C, A> {
	worker: Worker<C, A>,
	disputes: Disputes,
	/// The disputes that are open, by the first block that can show them.
	open: BTreeMap<TaskKey, BlockNumber>,
	ended: BTreeMap<TaskKey, DisputeEnd>,
	done: Arc<Notify>,
}

impl<C: Chain, A: Artifacts> Challenger<C, A> {
	/// A challenger that has opened nothing yet.
	pub fn new(worker: Worker<C, A>) -> Self {
		Self {
			worker,
			disputes: Disputes::default(),
			open: BTreeMap::new(),
			ended: BTreeMap::new(),
			done: Arc::default(),
		}
	}

	/// Opens a dispute about each of the tasks that can still be disputed. One that this stash has
	/// opened before is gone on with.
	///
	/// # Errors
	/// If the chain cannot be asked. What it refuses is told at the end.
	pub async fn open(&mut self, wrong: &[WrongTask]) -> Result<(), WorkerError> {
		for of in wrong {
			let at = self.worker.chain.next_head(None).await?;
			match self.look(at, of.task).await? {
				Look::Ours => drop(self.open.insert(of.task, at.number)),
				Look::Refused(why) => {
					self.ended.insert(of.task, DisputeEnd::NotOpened(why));
				}
				Look::Open => {
					let (task, trace) = (of.task, of.trace.clone());
					let call = Call::DisputeAccepted { task, trace };
					match self.worker.submit(vec![call]).await?.all_done() {
						Ok(at) => drop(self.open.insert(task, at.number)),
						Err(refused) => {
							let why = DisputeEnd::NotOpened(refused.to_string());
							self.ended.insert(task, why);
						}
					}
				}
			}
		}
		if self.open.is_empty() {
			self.done.notify_one();
		}
		Ok(())
	}

	/// Resolves when no dispute is open any more.
	pub fn done(&self) -> impl std::future::Future<Output = ()> + Send + 'static {
		let done = self.done.clone();
		async move { done.notified().await }
	}

	/// What became of each task, in their order.
	pub fn into_ends(self) -> Vec<Disputed> {
		let open = self.open.into_keys().map(|task| (task, DisputeEnd::Open));
		let all: BTreeMap<_, _> = self.ended.into_iter().chain(open).collect();
		let disputed = all.into_iter().map(|(task, end)| Disputed {
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
			end,
		});
		disputed.collect()
	}

	/// Whether the next block would take a dispute about a task.
	async fn look(&self, at: Head, task: TaskKey) -> Result<Look, WorkerError> {
		let (chain, stash) = (&self.worker.chain, self.worker.stash);
		let Some(accepted) = chain.accepted(at, task).await? else {
			let why = "its stake is not held any more, or its terms have no challenge window";
			return Ok(Look::Refused(why.to_owned()));
		};
		if accepted.provider == stash {
			return Ok(Look::Refused("it is the work of this stash".to_owned()));
		}
		if accepted.is_disputed {
			let view = chain.dispute(at, task).await?;
			return Ok(match view.is_some_and(|view| view.challenger == stash) {
				true => Look::Ours,
				false => Look::Refused("somebody else disputes it".to_owned()),
			});
		}
		if accepted.is_over(at.number.saturating_add(1)) {
			let until = accepted.until;
			return Ok(Look::Refused(format!(
				"its window ended with block {until}"
			)));
		}
		Ok(Look::Open)
	}
}

/// How a wrong task is to be disputed.
enum Look {
	/// It takes a dispute.
	Open,
	/// This stash disputes it.
	Ours,
	/// It takes none, and why.
	Refused(String),
}

impl<C: Chain, A: Artifacts> Duty for Challenger<C, A> {
	async fn on_block(&mut self, at: Head) -> Result<(), WorkerError> {
		let planned = self.disputes.look(&mut self.worker, at).await?;
		self.worker.send(at, planned).await?;
		let (chain, stash) = (self.worker.chain.clone(), self.worker.stash);
		let running = chain.disputes_of(at, stash).await?;
		let is_over = |(task, since): (&TaskKey, &BlockNumber)| {
			(at.number >= *since && !running.contains(task)).then_some(*task)
		};
		let over: Vec<_> = self.open.iter().filter_map(is_over).collect();
		for task in over {
			// A lost dispute begins the window anew, a conviction ends it.
			let end = match chain.accepted(at, task).await? {
				None => DisputeEnd::Convicted,
				Some(_) => DisputeEnd::Lost,
			};
			self.open.remove(&task);
			self.ended.insert(task, end);
		}
		if self.open.is_empty() {
			self.done.notify_one();
		}
		Ok(())
	}

	fn is_busy(&self) -> bool {
		self.disputes.is_busy()
	}

	async fn work_done(&mut self) {
		self.disputes.found().await;
	}
}
