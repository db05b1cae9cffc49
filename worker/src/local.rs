//! A plan trained without a chain: the same rounds, tasks and bits, on one machine.

use std::sync::Arc;

use assay_engine::{Accuracy, Params, Score};
use assay_numerics::{Loss, Root};

use crate::compute::{ComputeError, Position, Workload};

/// A closed round.
#[derive(Debug, Clone)]
pub struct RoundReport {
	/// Its number, from 0.
	pub round: u32,
	/// The mean training loss of each task.
	pub tasks: Vec<Loss>,
	/// The next checkpoint.
	pub checkpoint: Root,
	/// Its loss on the held-out set.
	pub loss: Loss,
	/// Its accuracy there.
	pub accuracy: Accuracy,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Trained {
	/// The last checkpoint.
	pub params: Arc<Params>,
	/// Its root.
	pub checkpoint: Root,
	/// The held-out loss before any training.
	pub loss_first: Loss,
	/// The accuracy there.
	pub accuracy_first: Accuracy,
	/// Every round.
	pub rounds: Vec<RoundReport>,
}

/// Trains so many rounds of so many tasks, one after the other, and tells about each round.
pub async fn train(
	workload: &Workload,
	rounds: u32,
	tasks: u32,
	mut tell: impl FnMut(&RoundReport),
) -> Result<Trained, ComputeError> {
	let mut checkpoint = workload.plan().parent.root;
	let mut params = match workload.cached(checkpoint) {
		Some(params) => params,
		None => Arc::new(workload.engine().init(&workload.plan().seed)),
	};
	let first = workload.score(params.clone()).await?;
	let mut reports = Vec::new();
	for round in 0..rounds {
		let mut updates = Vec::new();
		let mut losses = Vec::new();
		for slot in 0..tasks {
			let output = workload
				.train(params.clone(), Position { round, slot }, None)
				.await?;
			losses.push(output.loss);
			updates.push(output.params);
		}
		params = Arc::new(workload.aggregate(params, updates).await?);
		checkpoint = params.root();
		let Score { loss, accuracy } = workload.score(params.clone()).await?;
		let report = RoundReport {
			round,
			tasks: losses,
			checkpoint,
			loss,
			accuracy,
		};
		tell(&report);
		reports.push(report);
	}
	Ok(Trained {
		params,
		checkpoint,
		loss_first: first.loss,
		accuracy_first: first.accuracy,
		rounds: reports,
	})
}
