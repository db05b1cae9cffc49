//! A plan trained without a chain: the same rounds, tasks and bits, on one machine.

use std::sync::Arc;

use assay_engine::Params;
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
	let loss_first = workload.evaluate(params.clone()).await?;
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
		let loss = workload.evaluate(params.clone()).await?;
		let report = RoundReport {
			round,
			tasks: losses,
			checkpoint,
			loss,
		};
		tell(&report);
		reports.push(report);
	}
	Ok(Trained {
		params,
		checkpoint,
		loss_first,
		rounds: reports,
	})
}
