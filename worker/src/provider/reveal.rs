//! Opening the seal of finished work, or of a claim of failure.

use crate::{
	artifacts::Artifacts,
	chain::{key_of, Call, Chain, Head, TaskView},
	worker::{Action, Planned, Worker},
};

/// A call that opens the seal. Without the spool's record there is nothing to open: the salt is
/// lost, and the task with it.
pub(super) fn plan<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	at: Head,
	task: &TaskView,
) -> Option<Planned> {
	let key = key_of(task);
	let action = Action::Reveal(key);
	if !worker.may_send(action, at) {
		return None;
	}
	let (job, slot) = (key.job, key.slot);
	let spool = &worker.spool;
	let call = if let Some(record) = spool.task(key, task.parent) {
		let reveal = record.reveal.clone();
		Call::RevealTask { job, slot, reveal }
	} else if let Some(record) = spool.failure(key, task.parent) {
		let failure = record.reveal.clone();
		Call::RevealFailure { job, slot, failure }
	} else {
		let what = format!(
			"slot {} was sealed by a spool that is not here: it is lost",
			key.slot
		);
		worker.tell_once(key.job, what);
		return None;
	};
	Some(Planned { action, call })
}
