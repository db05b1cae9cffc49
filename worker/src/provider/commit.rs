//! Sealing finished work.

use assay_protocol::seal::{SealContext, TaskClaim};

use crate::{
	artifacts::Artifacts,
	chain::{key_of, Call, Chain, Head, TaskView},
	worker::{Action, Planned, Worker},
};

/// A call that seals the task, from what the spool says about it. The seal is the same however
/// often it is made, because its salt was spooled before.
pub(super) fn plan<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	at: Head,
	task: &TaskView,
) -> Option<Planned> {
	let key = key_of(task);
	let action = Action::Commit(key);
	if !worker.may_send(action, at) {
		return None;
	}
	let record = worker.spool.task(key, task.parent)?;
	let context = SealContext {
		genesis: worker.chain.genesis(),
		job: key.job,
		round: key.round,
		slot: key.slot,
		attempt: key.attempt,
		account: worker.stash,
	};
	let claim = TaskClaim::of(context, record.parent, record.slot_root_in, &record.reveal);
	let call = Call::CommitTask {
		job: key.job,
		slot: key.slot,
		seal: claim.seal(),
	};
	Some(Planned { action, call })
}
