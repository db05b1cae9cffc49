//! Sealing finished work, or the claim that there is none.

use assay_protocol::seal::{FailureClaim, SealContext, TaskClaim};

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
	let context = SealContext {
		genesis: worker.chain.genesis(),
		job: key.job,
		round: key.round,
		slot: key.slot,
		attempt: key.attempt,
		account: worker.stash,
	};
	let spool = &worker.spool;
	let seal = match spool.task(key, task.parent) {
		Some(of) => TaskClaim::of(context, of.parent, of.slot_root_in, &of.reveal).seal(),
		None => {
			let of = spool.failure(key, task.parent)?;
			FailureClaim::of(context, of.parent, of.slot_root_in, &of.reveal).seal()
		}
	};
	let call = Call::CommitTask {
		job: key.job,
		slot: key.slot,
		seal,
	};
	Some(Planned { action, call })
}
