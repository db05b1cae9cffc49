//! Tasks whose training ends: where, and whether a claim about it is true.

use std::sync::Arc;

use assay_engine::{Border, EngineError, Fault, Params, Part, StateRoots, TaskInput};
use assay_numerics::{Root, ZERO_ROOT};
use assay_protocol::Failure;

use super::{off_thread, ComputeError, Position, Shared, Workload};

/// What is claimed of a task whose training ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
	/// The roots of the states at the borders of segments, up to the one in which training ends.
	pub trace: Vec<Root>,
	/// The place.
	pub place: Failure,
}

impl Workload {
	/// Repeats a task to the place where its training ends; nothing if it does not, or if a deliberate
	/// mistake alone ends it.
	///
	/// Takes the time of the task up to there twice, and once the memory of a step all of whose tensors
	/// are kept.
	pub async fn ending(
		&self,
		parent: Arc<Params>,
		position: Position,
		fault: Option<Fault>,
	) -> Result<Option<Ending>, ComputeError> {
		let shared = self.shared.clone();
		off_thread(move || {
			let task = TaskInput {
				fault,
				..shared.task(&parent, position)
			};
			let Some((trace, step)) = shared.borders_to_end(&task, task.steps)? else {
				return Ok(None);
			};
			let transcript = shared.engine.transcript_to_end(&task, step)?;
			let found = transcript.ending(&shared.data)?;
			Ok(found.map(|found| Ending {
				trace,
				place: Failure {
					step,
					op: found.op,
					tile: found.tile,
					part: found.part,
				},
			}))
		})
		.await
	}

	/// Whether a claim about a task is true: its training has these borders and ends at this place.
	///
	/// Takes no longer than [`ending`](Self::ending), and trains no further than the claimed step.
	pub async fn ends_as(
		&self,
		parent: Arc<Params>,
		position: Position,
		claimed: Ending,
	) -> Result<bool, ComputeError> {
		let shared = self.shared.clone();
		off_thread(move || {
			let Ending { trace, place } = claimed;
			let task = shared.task(&parent, position);
			let until = place.step.saturating_add(1).min(task.steps);
			let found = shared.borders_to_end(&task, until)?;
			if found != Some((trace, place.step)) {
				return Ok(false);
			}
			let transcript = shared.engine.transcript_to_end(&task, place.step)?;
			if transcript.ended() != Some(place.op) {
				return Ok(false);
			}
			let witness = transcript.witness(&shared.data)?;
			let part = witness.ending(&transcript.env(), (place.op, place.tile))?;
			Ok(part == Some(place.part))
		})
		.await
	}
}

impl Shared {
	/// The borders of a task before the step in which its training ends, and that step; nothing if the
	/// steps before `until` do not.
	fn borders_to_end(
		&self,
		task: &TaskInput<'_>,
		until: u32,
	) -> Result<Option<(Vec<Root>, u32)>, ComputeError> {
		let part = Part {
			first: 0,
			count: until,
			moments: None,
		};
		let task = TaskInput {
			part: Some(part),
			..*task
		};
		let start = StateRoots {
			params: task.parent.root(),
			moments: ZERO_ROOT,
		};
		let mut trace = vec![start.root()];
		let mut at_border = |border: &Border<'_>| trace.push(border.roots().root());
		match self
			.engine
			.train_in_segments(&task, &mut |_| {}, &mut at_border)
		{
			Ok(_) => Ok(None),
			Err(EngineError::OutOfRange { step, .. }) => Ok(Some((trace, step))),
			Err(error) => Err(error.into()),
		}
	}
}
