//! Fetching the update of a task, and recomputing the drawn segment if the task is drawn.

use assay_engine::{EngineError, TaskOutput};
use assay_numerics::{list_root, Root};
use assay_protocol::{BlockNumber, Plan, TaskKey, Verdict};

use crate::{
	artifacts::{
		fetch_params, fetch_snapshot, ArtifactError, Artifacts, CheckpointError, SnapshotError,
		Stores,
	},
	chain::{ChainError, Work},
	compute::{work_of, ComputeError, Ending, Position, Start, Workload},
	roots::Hex32,
	worker::WorkerError,
};

/// Blocks before the end of the window in which an update that cannot be fetched is given up.
pub(super) const LAST_BLOCKS: BlockNumber = 3;

/// What came of it.
#[derive(Debug)]
pub(super) enum Judged {
	/// A verdict.
	Known(Verdict),
	/// Something cannot be fetched, and there is time to try again.
	NotYet(WorkerError),
	/// The trace is right, and the update cannot be fetched: only that is left to try.
	Missing(WorkerError),
}

/// What a provider says about one segment of its task.
#[derive(Debug)]
pub(super) struct Claim {
	key: TaskKey,
	segment: u32,
	parent: Root,
	work: Work,
	/// The roots of the states at the borders, up to the end of the segment; of a task of one segment
	/// nothing is needed but the root of the trace.
	borders: Vec<Root>,
	/// The step after the segment, from the start of the task.
	until: u32,
}

impl Claim {
	/// A claim about a segment of a task of this plan, with its trace if it has several.
	///
	/// # Errors
	/// If the chain's answers contradict each other: the trace is not the one of the work, or has no
	/// such segment.
	pub(super) fn new(
		plan: &Plan,
		key: TaskKey,
		segment: u32,
		parent: Root,
		work: Work,
		trace: Option<Vec<Root>>,
	) -> Result<Self, ChainError> {
		let broken = |reason: String| ChainError::Broken {
			what: "a task's trace",
			reason,
		};
		let steps = plan
			.segment(segment)
			.ok_or_else(|| broken(format!("there is no segment {segment} in the plan")))?;
		let borders = match trace {
			None => Vec::new(),
			Some(trace) if list_root(&trace) != work.trace_root => {
				let (found, expected) = (Hex32(list_root(&trace)), Hex32(work.trace_root));
				return Err(broken(format!("its root is {found}, not {expected}")));
			}
			Some(mut trace) => {
				// The roots before and after the segment.
				let needed = segment as usize + 2;
				if trace.len() < needed {
					return Err(broken(format!("segment {segment} has no end in it")));
				}
				trace.truncate(needed);
				trace
			}
		};
		Ok(Self {
			key,
			segment,
			parent,
			work,
			borders,
			until: steps.end,
		})
	}

	/// What a recomputation says that began where a segment does.
	///
	/// A trace with another root anywhere is another trace. With the right one, only what is revealed
	/// beside it can be wrong: the slot's state, and of a task of one segment the loss, which nobody
	/// knows who recomputes a part. How much was recomputed never changes a verdict on the loss: who had
	/// to begin at the parent says the same as who had not.
	fn verdict(&self, output: &TaskOutput) -> Verdict {
		let expected = work_of(output);
		let (same_trace, same_rest) = if self.borders.is_empty() {
			let same_trace = expected.trace_root == self.work.trace_root;
			(same_trace, expected == self.work)
		} else {
			let same_trace = self.borders.ends_with(&output.trace);
			(same_trace, expected.slot_root == self.work.slot_root)
		};
		match (same_trace, same_rest) {
			(true, true) => Verdict::Valid,
			(true, false) => Verdict::Unfetched,
			(false, _) => Verdict::Invalid,
		}
	}
}

/// Why a segment cannot begin at the state that its provider published.
fn state_fault(error: &SnapshotError) -> &'static str {
	match error {
		SnapshotError::Checkpoint(error) if error.is_unavailable() => "is not to be had",
		_ => "is no state of the model",
	}
}

/// Fetches the update, which is all that is asked about a task that is not drawn.
///
/// An update that is there and is no checkpoint of the model is wrong, whatever its root is. One
/// that is not there is given up only when `is_late`.
pub(super) async fn fetch<A: Artifacts>(
	workload: &Workload,
	store: &A,
	update: Root,
	is_late: bool,
) -> Result<Judged, WorkerError> {
	match fetch_params(store, workload.engine().program(), update).await {
		Ok(_) => Ok(Judged::Known(Verdict::Valid)),
		Err(
			CheckpointError::Shape { .. }
			| CheckpointError::Artifact(ArtifactError::WrongLength { .. }),
		) => Ok(Judged::Known(Verdict::Invalid)),
		Err(_) if is_late => Ok(Judged::Known(Verdict::Unfetched)),
		Err(error) => Ok(Judged::NotYet(error.into())),
	}
}

/// Fetches the update and what the drawn segment begins with, recomputes it and compares.
///
/// A wrong trace is found also where the update is not shown: the chain has the trace, and the parent
/// is public. So showing wrong work to a bought quorum alone saves nobody.
///
/// A state before the segment that is not to be had, is none of the model, or that no training can go
/// on from, is replaced by training from the parent, which is public; only when it `is_late` there is
/// no time for that.
pub(super) async fn run<A: Artifacts>(
	workload: Workload,
	stores: Stores<A>,
	claim: Claim,
	is_late: bool,
) -> Result<Judged, WorkerError> {
	let missing = match fetch(&workload, &stores.attempt, claim.work.update, is_late).await? {
		Judged::Known(Verdict::Valid) => None,
		Judged::NotYet(error) => Some(error),
		other => return Ok(other),
	};
	let judged = compare(&workload, &stores, &claim, is_late).await?;
	Ok(match (missing, judged) {
		(Some(error), Judged::Known(Verdict::Valid)) => Judged::Missing(error),
		(Some(error), Judged::Known(Verdict::Unfetched)) => Judged::NotYet(error),
		(_, judged) => judged,
	})
}

/// Recomputes the drawn segment and compares it with the trace.
async fn compare<A: Artifacts>(
	workload: &Workload,
	stores: &Stores<A>,
	claim: &Claim,
	is_late: bool,
) -> Result<Judged, WorkerError> {
	let position = Position {
		round: claim.key.round,
		slot: claim.key.slot,
	};
	let fault = match state_before(workload, &stores.attempt, claim).await {
		None => None,
		Some(Err(_)) if is_late => return Ok(Judged::Known(Verdict::Unfetched)),
		Some(Err(error)) => Some(format!("{}: {error}", state_fault(&error))),
		Some(Ok(start)) => match workload.train_part(start, claim.until, position).await {
			// Whether the task comes to this state is not known.
			Err(error) if has_ended(&error) && is_late => {
				return Ok(Judged::Known(Verdict::Unfetched))
			}
			Err(error) if has_ended(&error) => Some(format!("leads nowhere: {error}")),
			trained => return verdict_of(claim, trained),
		},
	};
	if let Some(fault) = fault {
		let (key, segment) = (claim.key, claim.segment);
		tracing::warn!(
			target: "assay::validator",
			job = key.job.0, round = key.round, slot = key.slot, segment,
			"the state before the segment {fault}: training from the parent"
		);
	}
	let parent = match workload.fetch(&*stores.shared, claim.parent).await {
		Ok(params) => Start::parent(params),
		Err(_) if is_late => return Ok(Judged::Known(Verdict::Unfetched)),
		Err(error) => return Ok(Judged::NotYet(error.into())),
	};
	let trained = workload.train_part(parent, claim.until, position).await;
	verdict_of(claim, trained)
}

/// What a recomputation says, also one that could not go on.
fn verdict_of(
	claim: &Claim,
	trained: Result<TaskOutput, ComputeError>,
) -> Result<Judged, WorkerError> {
	match trained {
		Ok(output) => Ok(Judged::Known(claim.verdict(&output))),
		// The honest outcome of this task is that it has none: what is shown behind is wrong.
		Err(ComputeError::Engine(EngineError::OutOfRange { .. })) => {
			Ok(Judged::Known(Verdict::Invalid))
		}
		// Data that the model does not know are nobody's work.
		Err(error) if has_ended(&error) => Ok(Judged::Known(Verdict::Unfetched)),
		Err(error) => Err(error.into()),
	}
}

/// Whether the numbers ended the training, and not this machine.
fn has_ended(error: &ComputeError) -> bool {
	let ComputeError::Engine(error) = error else {
		return false;
	};
	matches!(
		error,
		EngineError::OutOfRange { .. } | EngineError::BadData { .. }
	)
}

/// Recomputes a claim that training ends, from the parent up to its step: valid if it has the same
/// borders and ends at the same place.
///
/// Data that the model does not know end every training, and decide nothing about the plan.
pub(super) async fn failure<A: Artifacts>(
	workload: &Workload,
	store: &A,
	(key, parent): (TaskKey, Root),
	claimed: Ending,
	is_late: bool,
) -> Result<Judged, WorkerError> {
	let params = match workload.fetch(store, parent).await {
		Ok(params) => params,
		Err(_) if is_late => return Ok(Judged::Known(Verdict::Unfetched)),
		Err(error) => return Ok(Judged::NotYet(error.into())),
	};
	let (round, slot) = (key.round, key.slot);
	let found = workload.ends_as(params, Position { round, slot }, claimed);
	let verdict = match found.await {
		Ok(true) => Verdict::Valid,
		Ok(false) => Verdict::Invalid,
		Err(ComputeError::Engine(EngineError::BadData { .. })) => Verdict::Unfetched,
		Err(error) => return Err(error.into()),
	};
	Ok(Judged::Known(verdict))
}

/// The state before the segment, as its provider published it; none for the first one, which begins at
/// the parent.
async fn state_before<A: Artifacts>(
	workload: &Workload,
	store: &A,
	claim: &Claim,
) -> Option<Result<Start, SnapshotError>> {
	let segment = claim.segment;
	let first = workload.plan().segment(segment)?.start;
	let border = claim.borders.get(segment as usize).filter(|_| first > 0)?;
	let fetched = fetch_snapshot(store, workload.engine().program(), first, *border).await;
	Some(fetched.map(Start::from))
}

#[cfg(test)]
mod tests;
