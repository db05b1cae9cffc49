//! Training a task and keeping what came out of it.

use std::sync::Arc;

use assay_engine::{Border, EngineError, Fault, Params, TaskOutput};
use assay_numerics::ZERO_ROOT;
use assay_protocol::{FailureReveal, Trace};

use super::Piece;
use crate::{
	artifacts::{publish_border, publish_params, Artifacts, Stores},
	chain::Chain,
	compute::{reveal_of, ComputeError, Ending, Position, Workload},
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

/// What came of a task.
#[derive(Debug)]
pub(super) enum Trained {
	/// Work.
	Work(Box<TaskOutput>),
	/// Its training ends: the same on every machine, so it is claimed.
	Ends(Box<Ending>),
}

/// Fetches the parent and trains. What lies between segments is published on the way. Where training
/// ends, finds out at which place.
pub(super) async fn run<A: Artifacts>(
	workload: Workload,
	stores: Stores<A>,
	(key, parent): Piece,
	manner: Manner,
) -> Result<Trained, WorkerError> {
	let params = workload.fetch(&*stores.shared, parent).await?;
	let position = Position {
		round: key.round,
		slot: key.slot,
	};
	let (parent, fault) = (params.clone(), manner.fault);
	let trained = if workload.plan().segments() > 1 {
		let states = stores.attempt.passing();
		train_and_publish(&workload, states, params, position, manner).await
	} else {
		let trained = workload.train(params, position, manner.fault);
		trained.await.map_err(WorkerError::from)
	};
	match trained {
		Ok(output) => Ok(Trained::Work(Box::new(output))),
		Err(error) if has_ended(&error) => {
			let ending = workload.ending(parent, position, fault).await?;
			// A deliberate mistake that ends training is no claim.
			Ok(Trained::Ends(Box::new(ending.ok_or(error)?)))
		}
		Err(error) => Err(error),
	}
}

/// Trains a task of several segments, and publishes the states between them while it goes on: a
/// validator of any segment begins there. A kill leaves nothing to clean up; training again publishes
/// the same. A power cut may take states along that were published: who misses one trains from the
/// parent.
///
/// States are written from where the engine has them: however many segments there are, none is copied.
async fn train_and_publish<A: Artifacts>(
	workload: &Workload,
	store: A,
	parent: Arc<Params>,
	position: Position,
	manner: Manner,
) -> Result<TaskOutput, WorkerError> {
	let failpoints = manner.failpoints;
	let publish = move |border: &Border<'_>| {
		publish_border(&store, border)?;
		failpoints.hit(Failpoint::StatePublished)?;
		Ok::<_, WorkerError>(())
	};
	let trained = workload.train_in_segments(parent, position, manner.fault, publish);
	let (output, published) = trained.await?;
	published?;
	Ok(output)
}

/// Publishes the update, then spools everything that commit and reveal need. A kill before the
/// record loses only time: nothing was sealed, and training again gives the same bits.
pub(super) async fn keep<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	(key, parent): Piece,
	output: TaskOutput,
) -> Result<(), WorkerError> {
	worker.failpoints.hit(Failpoint::Trained)?;
	let store = worker.store.of_task(&worker.chain.genesis(), &key);
	publish_params(&store, &output.params).await?;
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

/// Whether the numbers ended the training.
fn has_ended(error: &WorkerError) -> bool {
	matches!(
		error,
		WorkerError::Compute(ComputeError::Engine(EngineError::OutOfRange { .. }))
	)
}

/// Spools the claim that training ends, in place of work. A kill before the record loses only time, as
/// with work.
pub(super) fn keep_failure<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	(key, parent): Piece,
	ending: Ending,
) -> Result<(), WorkerError> {
	let Ending { trace, place } = ending;
	worker.failpoints.hit(Failpoint::Trained)?;
	let what = format!(
		"claims that the plan is bad: step {}: the output of op {} leaves the range of the profile in tile {}",
		place.step, place.op, place.tile
	);
	worker.tell_once(key.job, what);
	let record = FailureRecord {
		key,
		parent,
		slot_root_in: ZERO_ROOT,
		reveal: FailureReveal {
			// A plan whose trace has no room is refused by the chain.
			trace: Trace::truncate_from(trace),
			place,
			salt: random_bytes()?,
		},
	};
	worker.spool.append(Record::Failure(record))?;
	worker.failpoints.hit(Failpoint::TaskSpooled)?;
	Ok(())
}
