//! Joining open jobs.

use assay_protocol::{check_plan, BlockNumber};

use crate::{
	artifacts::Artifacts,
	base::BaseError,
	chain::{Call, Chain},
	compute::{ComputeError, Workload},
	model::adapter_of,
	plan_file::format_asy,
	worker::{Action, Observation, Planned, Worker, WorkerError},
};

/// Blocks until a base is looked for again that was not to be had: a look can take long, and whatever
/// else this worker has promised waits for it.
const BASE_PAUSE: BlockNumber = 20;
/// The same for one that was there and did not do, which it will hardly ever.
const UNFIT_PAUSE: BlockNumber = 1_200;

/// A call that joins the job, if it pays enough and this worker can do it: the plan lowers, the
/// data is here, verified and such that the model knows all of it, so is the model that adapters belong
/// to, and the first checkpoint is what the seed gives. Whatever stands against it is told once; it is
/// no reason to stop, unless the job was asked for by its id.
pub(super) async fn plan<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	seen: &Observation,
) -> Result<Option<Planned>, WorkerError> {
	let id = seen.job.job;
	let action = Action::Join(id);
	if seen.at.number > seen.job.join_deadline || !worker.may_send(action, seen.at) {
		return Ok(None);
	}
	let min_price = worker.settings.min_price;
	if seen.job.terms.price < min_price {
		let price = seen.job.terms.price;
		worker.tell_once(
			id,
			format!("pays {price} a task, below --min-price {min_price}"),
		);
		return Ok(None);
	}
	if let Err(refusal) = check_plan(&seen.job.plan) {
		worker.tell_once(id, format!("not joined: its plan is refused: {refusal:?}"));
		return Ok(None);
	}
	if worker.chain.is_member(seen.at, id, worker.stash).await? {
		return Ok(None);
	}
	if let Some(why) = short_of(worker, seen).await? {
		worker.tell_once(id, format!("not joined: {why}"));
		return Ok(None);
	}
	let checked = match worker.workload(&seen.job.plan).await {
		Ok(workload) => check(&workload).await.map_err(WorkerError::from),
		Err(error) => Err(error),
	};
	if let Err(error) = checked {
		if worker.settings.jobs.contains(&id) && !error.is_transient() {
			return Err(error);
		}
		worker.tell_once(id, format!("not joined: {error}"));
		if adapter_of(&seen.job.plan.step.model).is_some() {
			let pause = match error {
				WorkerError::Base(BaseError::Unavailable { .. }) => BASE_PAUSE,
				_ => UNFIT_PAUSE,
			};
			worker.give_up(&seen.job.plan, action, (seen.at, pause));
		}
		return Ok(None);
	}
	Ok(Some(Planned {
		action,
		call: Call::JoinJob { job: id, min_price },
	}))
}

/// Why the stash could not put up the stake of a single task, if so. The chain would pass it over.
async fn short_of<C: Chain, A: Artifacts>(
	worker: &Worker<C, A>,
	seen: &Observation,
) -> Result<Option<String>, WorkerError> {
	let terms = &seen.job.terms;
	let free = worker.chain.free_balance(seen.at, worker.stash).await?;
	if free >= terms.task_stake {
		return Ok(None);
	}
	Ok(Some(format!(
		"each of its tasks holds {} of stash {} until {} blocks after its acceptance, and {} is free: send it more ASY",
		format_asy(terms.task_stake),
		worker.stash,
		terms.windows.challenge,
		format_asy(free),
	)))
}

/// What costs a look at all of the data, and a step forward where there is a base.
async fn check(workload: &Workload) -> Result<(), ComputeError> {
	workload.check_data().await?;
	workload.check_base().await
}
