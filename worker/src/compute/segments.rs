//! Tasks in parts: the states between segments while a task is trained, and single segments.

use std::sync::Arc;

use assay_engine::{Border, Fault, Moments, Params, Part, Snapshot, TaskInput, TaskOutput};

use super::{off_thread, ComputeError, Position, Workload};

/// A state that a part of a task begins with.
#[derive(Debug, Clone)]
pub struct Start {
	/// Steps of the task that lie before it.
	pub step: u32,
	/// The parameters.
	pub params: Arc<Params>,
	/// The moments; none before the first step of a task, and there only.
	pub moments: Option<Arc<Moments>>,
}

impl Start {
	/// What a task starts from.
	pub fn parent(params: Arc<Params>) -> Self {
		Self {
			step: 0,
			params,
			moments: None,
		}
	}
}

impl From<Snapshot> for Start {
	fn from(snapshot: Snapshot) -> Self {
		Self {
			step: snapshot.step,
			params: Arc::new(snapshot.params),
			moments: snapshot.moments.map(Arc::new),
		}
	}
}

impl Workload {
	/// Trains one task, and shows its state at every border between two segments, in order, where it lies
	/// in memory. Training waits for `between`; what it fails with is told at the end.
	pub async fn train_in_segments<E: Send + 'static>(
		&self,
		parent: Arc<Params>,
		position: Position,
		fault: Option<Fault>,
		mut between: impl FnMut(&Border<'_>) -> Result<(), E> + Send + 'static,
	) -> Result<(TaskOutput, Result<(), E>), ComputeError> {
		let shared = self.shared.clone();
		off_thread(move || {
			let task = TaskInput {
				fault,
				..shared.task(&parent, position)
			};
			let mut shown = Ok(());
			let mut show = |border: &Border<'_>| {
				if shown.is_ok() && border.step() < shared.plan.steps {
					shown = between(border);
				}
			};
			let engine = &shared.engine;
			let output = engine.train_in_segments(&task, &mut |_| {}, &mut show)?;
			Ok((output, shown))
		})
		.await
	}

	/// Trains the steps of a task from a state of it up to `until`, which counts from the start of the
	/// task.
	pub async fn train_part(
		&self,
		start: Start,
		until: u32,
		position: Position,
	) -> Result<TaskOutput, ComputeError> {
		let shared = self.shared.clone();
		off_thread(move || {
			let task = TaskInput {
				part: Some(Part {
					first: start.step,
					count: until.saturating_sub(start.step),
					moments: start.moments.as_deref(),
				}),
				..shared.task(&start.params, position)
			};
			Ok(shared.engine.train(&task, &mut |_| {})?)
		})
		.await
	}
}
