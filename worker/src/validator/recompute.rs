//! Recomputing a task.

use std::sync::Arc;

use assay_engine::EngineError;
use assay_numerics::Root;
use assay_protocol::{BlockNumber, Verdict};

use crate::{
	artifacts::{fetch_params, ArtifactError, Artifacts, CheckpointError},
	chain::{TaskKey, Work},
	compute::{work_of, ComputeError, Position, Workload},
	worker::WorkerError,
};

/// Blocks before the end of the window in which an update that cannot be fetched is given up.
pub(super) const LAST_BLOCKS: BlockNumber = 3;

/// What came of it.
#[derive(Debug)]
pub(super) enum Judged {
	/// A verdict.
	Known(Verdict),
	/// The update cannot be fetched, and there is time to try again.
	NotYet(WorkerError),
}

/// Fetches parent and update, trains the whole task again and compares.
///
/// An update that is there and is no checkpoint of the model is wrong, whatever its root is. One
/// that is not there is given up only when `is_late`.
pub(super) async fn run<A: Artifacts>(
	workload: Workload,
	store: Arc<A>,
	key: TaskKey,
	parent: Root,
	work: Work,
	is_late: bool,
) -> Result<Judged, WorkerError> {
	let program = workload.engine().program();
	match fetch_params(&*store, program, work.update).await {
		Ok(_) => {}
		Err(
			CheckpointError::Shape { .. }
			| CheckpointError::Artifact(ArtifactError::WrongLength { .. }),
		) => return Ok(Judged::Known(Verdict::Invalid)),
		Err(_) if is_late => return Ok(Judged::Known(Verdict::Unfetched)),
		Err(error) => return Ok(Judged::NotYet(error.into())),
	}
	let params = match workload.cached(parent) {
		Some(params) => params,
		None => match fetch_params(&*store, program, parent).await {
			Ok(fetched) => {
				let params = Arc::new(fetched);
				workload.keep(parent, params.clone());
				params
			}
			Err(_) if is_late => return Ok(Judged::Known(Verdict::Unfetched)),
			Err(error) => return Ok(Judged::NotYet(error.into())),
		},
	};
	let position = Position {
		round: key.round,
		slot: key.slot,
	};
	let verdict = match workload.train(params, position, None).await {
		Ok(output) => {
			// Whole against whole: a field that is added to the claim is compared at once.
			if work_of(&output) == work {
				Verdict::Valid
			} else {
				Verdict::Invalid
			}
		}
		// The honest outcome of this task is that it has none.
		Err(ComputeError::Engine(EngineError::OutOfRange { .. } | EngineError::BadData { .. })) => {
			Verdict::Invalid
		}
		Err(error) => return Err(error.into()),
	};
	Ok(Judged::Known(verdict))
}
