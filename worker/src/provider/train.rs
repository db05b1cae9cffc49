//! Training a task and keeping what came out of it.

use std::sync::Arc;

use assay_engine::{Fault, TaskOutput};
use assay_numerics::ZERO_ROOT;

use super::Piece;
use crate::{
	artifacts::{fetch_params, publish_params, Artifacts},
	chain::Chain,
	compute::{reveal_of, Position, Workload},
	failpoint::Failpoint,
	keys::random_bytes,
	spool::{Record, TaskRecord},
	worker::{Worker, WorkerError},
};

/// What a dishonest provider does with its next task.
pub(super) fn fault<C: Chain, A: Artifacts>(worker: &Worker<C, A>) -> Option<Fault> {
	let cheat = worker
		.settings
		.cheat
		.filter(|cheat| worker.spool.tasks_done() < cheat.tasks)?;
	Some(Fault::NegateGradient { param: cheat.param })
}

/// Fetches the parent and trains.
pub(super) async fn run<A: Artifacts>(
	workload: Workload,
	store: Arc<A>,
	(key, parent): Piece,
	fault: Option<Fault>,
) -> Result<Box<TaskOutput>, WorkerError> {
	let params = match workload.cached(parent) {
		Some(params) => params,
		None => {
			let fetched = fetch_params(&*store, workload.engine().program(), parent).await?;
			let params = Arc::new(fetched);
			workload.keep(parent, params.clone());
			params
		}
	};
	let position = Position {
		round: key.round,
		slot: key.slot,
	};
	Ok(Box::new(workload.train(params, position, fault).await?))
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
