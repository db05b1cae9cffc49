//! Recomputing the drawn segment of a task.

use std::sync::Arc;

use assay_engine::{EngineError, TaskOutput};
use assay_numerics::{list_root, Root};
use assay_protocol::{BlockNumber, Plan, Verdict};

use super::Piece;
use crate::{
	artifacts::{
		fetch_params, fetch_snapshot, ArtifactError, Artifacts, CheckpointError, SnapshotError,
	},
	chain::{ChainError, Work},
	compute::{work_of, ComputeError, Position, Start, Workload},
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
}

/// What a provider says about one segment of its task.
#[derive(Debug)]
pub(super) struct Claim {
	piece: Piece,
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
		piece: Piece,
		parent: Root,
		work: Work,
		trace: Option<Vec<Root>>,
	) -> Result<Self, ChainError> {
		let broken = |reason: String| ChainError::Broken {
			what: "a task's trace",
			reason,
		};
		let segment = piece.segment;
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
			piece,
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

/// Fetches what the segment begins with, recomputes it and compares.
///
/// An update that is there and is no checkpoint of the model is wrong, whatever its root is. One
/// that is not there is given up only when `is_late`. A state before the segment that is not to be had,
/// or is none of the model, is replaced by training from the parent, which is public; only when it
/// `is_late` there is no time for that.
pub(super) async fn run<A: Artifacts>(
	workload: Workload,
	store: Arc<A>,
	claim: Claim,
	is_late: bool,
) -> Result<Judged, WorkerError> {
	let program = workload.engine().program();
	match fetch_params(&*store, program, claim.work.update).await {
		Ok(_) => {}
		Err(
			CheckpointError::Shape { .. }
			| CheckpointError::Artifact(ArtifactError::WrongLength { .. }),
		) => return Ok(Judged::Known(Verdict::Invalid)),
		Err(_) if is_late => return Ok(Judged::Known(Verdict::Unfetched)),
		Err(error) => return Ok(Judged::NotYet(error.into())),
	}
	let start = match state_before(&workload, &*store, &claim).await {
		Some(Ok(start)) => start,
		Some(Err(_)) if is_late => return Ok(Judged::Known(Verdict::Unfetched)),
		fetched => {
			if let Some(Err(error)) = fetched {
				let (key, segment) = (claim.piece.key, claim.piece.segment);
				tracing::warn!(
					target: "assay::validator",
					job = key.job.0, round = key.round, slot = key.slot, segment, %error,
					"the state before the segment {}: training from the parent", state_fault(&error)
				);
			}
			match workload.fetch(&*store, claim.parent).await {
				Ok(params) => Start::parent(params),
				Err(_) if is_late => return Ok(Judged::Known(Verdict::Unfetched)),
				Err(error) => return Ok(Judged::NotYet(error.into())),
			}
		}
	};
	let position = Position {
		round: claim.piece.key.round,
		slot: claim.piece.key.slot,
	};
	let verdict = match workload.train_part(start, claim.until, position).await {
		Ok(output) => claim.verdict(&output),
		// The honest outcome of this task is that it has none, so what is claimed cannot be had. Nor can
		// a step that ends be shown in a dispute yet: dissent would lose its pledge.
		Err(ComputeError::Engine(EngineError::OutOfRange { .. } | EngineError::BadData { .. })) => {
			Verdict::Unfetched
		}
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
	let segment = claim.piece.segment;
	let first = workload.plan().segment(segment)?.start;
	let border = claim.borders.get(segment as usize).filter(|_| first > 0)?;
	let fetched = fetch_snapshot(store, workload.engine().program(), first, *border).await;
	Some(fetched.map(Start::from))
}

#[cfg(test)]
mod tests;
