//! Sealing a verdict.

use assay_numerics::Root;
use assay_protocol::Verdict;

use super::reveal::claim;
use crate::{
	artifacts::Artifacts,
	chain::{Call, Chain, Head},
	failpoint::Failpoint,
	keys::random_bytes,
	spool::{Record, VerdictKey, VerdictRecord},
	worker::{Action, Planned, Worker, WorkerError},
};

/// A call that seals the verdict. What the spool says holds; otherwise what is known is spooled
/// first, with a new salt.
pub(super) fn plan<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	at: Head,
	key: VerdictKey,
	update: Root,
	known: Option<Verdict>,
) -> Result<Option<Planned>, WorkerError> {
	let action = Action::Seal(key);
	if !worker.may_send(action, at) {
		return Ok(None);
	}
	if let (None, Some(verdict)) = (worker.spool.verdict(key, update), known) {
		let record = VerdictRecord {
			key,
			update,
			verdict,
			salt: random_bytes()?,
		};
		worker.spool.append(Record::Verdict(record))?;
		worker.failpoints.hit(Failpoint::VerdictSpooled)?;
	}
	let Some(record) = worker.spool.verdict(key, update) else {
		return Ok(None);
	};
	let seal = claim(worker, record).seal();
	let call = Call::SealVerdict {
		job: key.task.job,
		slot: key.task.slot,
		seal,
	};
	Ok(Some(Planned { action, call }))
}
