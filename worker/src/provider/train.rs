//! Training a task and keeping what came out of it.

use std::sync::Arc;

use assay_engine::{EngineError, Fault, Params, TaskOutput};
use assay_numerics::ZERO_ROOT;
use assay_protocol::{Failure, FailureReveal};
use tokio::sync::mpsc;

use super::Piece;
use crate::{
	artifacts::{publish_params, publish_snapshot, Artifacts},
	chain::Chain,
	compute::{reveal_of, ComputeError, Position, Workload},
	failpoint::{Failpoint, Failpoints},
	keys::random_bytes,
	spool::{FailureRecord, Record, TaskRecord},
	worker::{Worker, WorkerError},
};

/// What a dishonest provider does with its next task.
pub(super) fn fault<C: Chain, A: Artifacts>(worker: &Worker<C, A>) -> Option<Fault> {
	let cheat = worker
		.settings
		.cheat
		.filter(|cheat| worker.spool.tasks_done() < cheat.tasks)?;
	Some(cheat.fault)
}

/// How a task is trained.
pub(super) struct Manner {
	/// What is done wrongly, if anything.
	pub(super) fault: Option<Fault>,
	/// Where it is killed.
	pub(super) failpoints: Failpoints,
}

/// Fetches the parent and trains. What lies between segments is published on the way.
pub(super) async fn run<A: Artifacts>(
	workload: Workload,
	store: Arc<A>,
	(key, parent): Piece,
	manner: Manner,
) -> Result<Box<TaskOutput>, WorkerError> {
	let params = workload.fetch(&*store, parent).await?;
	let position = Position {
		round: key.round,
		slot: key.slot,
	};
	let output = if workload.plan().segments() > 1 {
		train_and_publish(&workload, &*store, params, position, manner).await?
	} else {
		workload.train(params, position, manner.fault).await?
	};
	Ok(Box::new(output))
}

/// Trains a task of several segments, and publishes the states between them while it goes on: a
/// validator of any segment begins there. A kill leaves nothing to clean up; training again publishes
/// the same.
///
/// Beside the engine's own there are at most two copies of a state, however many segments there are:
/// the one that is being published and the one that waits.
async fn train_and_publish<A: Artifacts>(
	workload: &Workload,
	store: &A,
	parent: Arc<Params>,
	position: Position,
	manner: Manner,
) -> Result<TaskOutput, WorkerError> {
	let (sender, mut states) = mpsc::channel(1);
	let publish = async move {
		while let Some(state) = states.recv().await {
			publish_snapshot(store, &state).await?;
			manner.failpoints.hit(Failpoint::StatePublished)?;
		}
		Ok::<_, WorkerError>(())
	};
	let train = workload.train_in_segments(parent, position, manner.fault, sender);
	let (output, published) = tokio::join!(train, publish);
	published?;
	Ok(output?)
}

/// Publishes the update, then spools everything that commit and reveal need. A kill before the
/// record loses only time: nothing was sealed, and training again gives the same bits.
pub(super) async fn keep<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	(key, parent): Piece,
	output: TaskOutput,
) -> Result<(), WorkerError> {
	worker.failpoints.hit(Failpoint::Trained)?;
	publish_params(&*worker.store, &output.params).await?;
	worker.failpoints.hit(Failpoint::UpdatePublished)?;
	let reveal = reveal_of(&output, random_bytes()?);
	let record = TaskRecord {
		key,
		parent,
		slot_root_in: ZERO_ROOT,
		reveal,
	};
	worker.spool.append(Record::Task(record))?;
	worker.failpoints.hit(Failpoint::TaskSpooled)?;
	Ok(())
}

/// Where training ends, if that is why it failed: the same on every machine, so it is claimed.
pub(super) fn failure(error: &WorkerError) -> Option<Failure> {
	let WorkerError::Compute(ComputeError::Engine(EngineError::OutOfRange { step, op })) = error
	else {
		return None;
	};
	let op = u32::try_from(*op).ok()?;
	Some(Failure { step: *step, op })
}

/// Spools the claim that training ends, in place of work. A kill before the record loses only time, as
/// with work.
pub(super) fn keep_failure<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	(key, parent): Piece,
	error: &WorkerError,
) -> Result<(), WorkerError> {
	let Some(Failure { step, op }) = failure(error) else {
		return Ok(());
	};
	worker.failpoints.hit(Failpoint::Trained)?;
	let what = format!("claims that the plan is bad: {error}");
	worker.tell_once(key.job, what);
	let salt = random_bytes()?;
	let record = FailureRecord {
		key,
		parent,
		slot_root_in: ZERO_ROOT,
		reveal: FailureReveal { step, op, salt },
	};
	worker.spool.append(Record::Failure(record))?;
	worker.failpoints.hit(Failpoint::TaskSpooled)?;
	Ok(())
}
