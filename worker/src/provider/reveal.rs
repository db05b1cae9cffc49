//! Opening the seal of finished work.

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
	let Some(record) = worker.spool.task(key, task.parent) else {
		let what = format!(
			"slot {} was sealed by a spool that is not here: it is lost",
			key.slot
		);
		worker.tell_once(key.job, what);
		return None;
	};
	let call = Call::RevealTask {
		job: key.job,
		slot: key.slot,
		reveal: record.reveal.clone(),
	};
	Some(Planned { action, call })
}
