//! The round's next checkpoint and its loss.

use std::sync::Arc;

use assay_engine::Params;
use assay_numerics::{Loss, Root};
use assay_protocol::{JobId, Round};

use crate::{
	artifacts::{fetch_params, publish_params, Artifacts},
	chain::{key_of, Call, Chain, Head, SlotState, TaskKey, TaskView},
	compute::Workload,
	failpoint::Failpoint,
	spool::{ClaimRecord, Record},
	worker::{Action, Planned, Worker, WorkerError},
};

/// The next checkpoint, not published yet.
#[derive(Debug)]
pub(super) struct Next {
	params: Arc<Params>,
	loss: Loss,
}

/// The updates that count, in slot order, and whose they are.
pub(crate) fn accepted(tasks: &[TaskView]) -> Vec<(TaskKey, Root)> {
	let mut accepted: Vec<_> = tasks
		.iter()
		.filter(|task| task.state == SlotState::Accepted)
		.filter_map(|task| Some((key_of(task), task.work?.update)))
		.collect();
	accepted.sort_unstable_by_key(|(key, _)| key.slot);
	accepted
}

/// Fetches parent and updates, aggregates them and measures the result on the held-out set.
pub(super) async fn run<A: Artifacts>(
	workload: Workload,
	store: Arc<A>,
	genesis: [u8; 32],
	parent: Root,
	updates: Vec<(TaskKey, Root)>,
) -> Result<Next, WorkerError> {
	let program = workload.engine().program();
	let base = workload.fetch(&*store, parent).await?;
	let mut fetched = Vec::with_capacity(updates.len());
	for (key, update) in updates {
		let attempt = store.of_task(&genesis, &key);
		fetched.push(fetch_params(&attempt, program, update).await?);
	}
	let (params, loss) = workload.next(base, fetched).await?;
	Ok(Next { params, loss })
}

/// Publishes the checkpoint, then spools the claim.
pub(super) async fn keep<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	job: JobId,
	round: Round,
	parent: Root,
	next: Next,
) -> Result<(), WorkerError> {
	let checkpoint = publish_params(&*worker.store, &next.params).await?;
	worker.failpoints.hit(Failpoint::AggregatePublished)?;
	let record = ClaimRecord {
		job,
		round,
		parent,
		checkpoint,
		loss: next.loss,
	};
	worker.spool.append(Record::Claim(record))?;
	worker.failpoints.hit(Failpoint::AggregateSpooled)?;
	Ok(())
}

/// A call that claims the checkpoint.
pub(super) fn plan<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	at: Head,
	job: JobId,
	round: Round,
	parent: Root,
) -> Option<Planned> {
	let action = Action::Claim { job, round };
	if !worker.may_send(action, at) {
		return None;
	}
	let claim = worker.spool.claim(job, round, parent)?;
	let call = Call::ClaimAggregate {
		job,
		round,
		checkpoint: claim.checkpoint,
		loss: claim.loss,
	};
	Some(Planned { action, call })
}
