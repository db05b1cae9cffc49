//! Opening the seal of a verdict.

use assay_numerics::Root;
use assay_protocol::seal::{SealContext, VerdictClaim};

use crate::{
	account::Account,
	artifacts::Artifacts,
	chain::{Call, Chain, Head},
	spool::{VerdictKey, VerdictRecord},
	worker::{Action, Planned, Worker},
};

/// A call that opens the seal, from what the spool says about it.
pub(super) fn plan<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	at: Head,
	key: VerdictKey,
	update: Root,
) -> Option<Planned> {
	let action = Action::Unseal(key);
	if !worker.may_send(action, at) {
		return None;
	}
	let record = worker.spool.verdict(key, update)?;
	let call = Call::RevealVerdict {
		job: key.task.job,
		slot: key.task.slot,
		verdict: record.verdict,
		salt: record.salt,
	};
	Some(Planned { action, call })
}

/// Everything that the seal of a verdict binds.
pub(super) fn claim<C: Chain, A: Artifacts>(
	worker: &Worker<C, A>,
	record: &VerdictRecord,
) -> VerdictClaim<Account> {
	let task = record.key.task;
	VerdictClaim {
		context: SealContext {
			genesis: worker.chain.genesis(),
			job: task.job,
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
			account: worker.stash,
		},
		draw_index: record.key.draw,
		verdict: record.verdict,
		salt: record.salt,
	}
}
