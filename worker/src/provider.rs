//! The provider: joins jobs, trains the tasks it is given, seals and opens its work, or the claim that
//! training ends.

mod commit;
mod join;
mod reveal;
mod train;

use std::collections::BTreeMap;

use assay_numerics::Root;
use assay_protocol::BlockNumber;

use self::train::Trained;
use crate::{
	artifacts::Artifacts,
	chain::{key_of, Chain, Head, JobState, Phase, SlotState, TaskKey, TaskView},
	dispute::Disputes,
	settle,
	worker::{Background, Duty, Observation, Planned, Worker, WorkerError},
};

/// Blocks before a task is tried again that cannot be trained at all, so that it is told now and then.
const HOPELESS_PAUSE: BlockNumber = 20;

/// One attempt, from one checkpoint.
type Piece = (TaskKey, Root);

/// A provider.
#[derive(Debug)]
pub struct Provider<C, A> {
	worker: Worker<C, A>,
	training: Background<Piece, Result<Trained, WorkerError>>,
	/// The blocks from which on trainings that failed may be tried again.
	rests: BTreeMap<Piece, BlockNumber>,
	disputes: Disputes,
}

impl<C: Chain, A: Artifacts> Provider<C, A> {
	/// A provider that has not looked at the chain yet.
	pub fn new(worker: Worker<C, A>) -> Self {
		Self {
			worker,
			training: Background::default(),
			rests: BTreeMap::new(),
			disputes: Disputes::default(),
		}
	}

	async fn look_at(&mut self, seen: &Observation) -> Result<Vec<Planned>, WorkerError> {
		let mut planned = Vec::new();
		match (seen.job.state, &seen.round) {
			(JobState::Open, _) => planned.extend(join::plan(&mut self.worker, seen).await?),
			(JobState::Running, Some(round)) => {
				let stash = self.worker.stash;
				for task in seen.tasks.iter().filter(|task| task.provider == stash) {
					match (round.state.phase, task.state) {
						(Phase::Train, SlotState::Assigned) => {
							planned.extend(self.train_or_commit(seen, task).await?);
						}
						(Phase::Reveal, SlotState::Committed) => {
							planned.extend(reveal::plan(&mut self.worker, seen.at, task));
						}
						_ => {}
					}
				}
			}
			_ => {}
		}
		planned.extend(settle::advance(&mut self.worker, seen));
		planned.extend(settle::pay_out(&mut self.worker, seen).await?);
		Ok(planned)
	}

	/// Commits a task that is finished, else trains it unless another one is being trained.
	async fn train_or_commit(
		&mut self,
		seen: &Observation,
		task: &TaskView,
	) -> Result<Option<Planned>, WorkerError> {
		let piece = (key_of(task), task.parent);
		let spool = &self.worker.spool;
		if spool.task(piece.0, piece.1).is_some() || spool.failure(piece.0, piece.1).is_some() {
			return Ok(commit::plan(&mut self.worker, seen.at, task));
		}
		let rests = self
			.rests
			.get(&piece)
			.is_some_and(|until| seen.at.number < *until);
		if self.training.is_idle() && !rests {
			let workload = self.worker.workload(&seen.job.plan).await?;
			let manner = train::Manner {
				fault: train::fault(&self.worker),
				failpoints: self.worker.failpoints.clone(),
			};
			let stores = self.worker.stores(&piece.0);
			tracing::info!(
				target: "assay::provider",
				job = task.job.0, round = task.round, slot = task.slot, attempt = task.attempt,
				"training"
			);
			self.training
				.start(piece, train::run(workload, stores, piece, manner));
		}
		Ok(None)
	}
}

impl<C: Chain, A: Artifacts> Duty for Provider<C, A> {
	async fn on_block(&mut self, at: Head) -> Result<(), WorkerError> {
		if let Some((piece, result)) = self.training.take().await {
			match result {
				Ok(Trained::Work(output)) => train::keep(&mut self.worker, piece, *output).await?,
				Ok(Trained::Ends(ending)) => {
					train::keep_failure(&mut self.worker, piece, *ending)?;
				}
				Err(error) if self.worker.contains(&error) => {
					let pause = if error.is_transient() {
						1
					} else {
						HOPELESS_PAUSE
					};
					self.rests.insert(piece, at.number.saturating_add(pause));
					let what = format!("cannot train: {error}");
					self.worker.tell_once(piece.0.job, what);
				}
				Err(error) => return Err(error),
			}
		}
		let mut planned = self.disputes.look(&mut self.worker, at).await?;
		self.rests.retain(|_, until| at.number < *until);
		let jobs = self.worker.observe(at).await?;
		self.worker.tidy(at, &jobs).await;
		for seen in jobs {
			match self.look_at(&seen).await {
				Ok(calls) => planned.extend(calls),
				Err(error) if self.worker.contains(&error) && error.is_about_one_job() => {
					self.worker.tell_once(seen.job.job, error.to_string());
				}
				Err(error) => return Err(error),
			}
		}
		self.worker.send(at, planned).await
	}

	fn is_busy(&self) -> bool {
		!self.training.is_idle() || self.disputes.is_busy()
	}

	async fn work_done(&mut self) {
		tokio::select! {
			() = self.training.ended() => {},
			() = self.disputes.found() => {},
		}
	}
}
