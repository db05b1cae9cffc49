//! What remains: the model, the report, the tables.

use std::{fs, path::Path, sync::Arc, time::Instant};

use super::{
	prepare::names,
	progress::Progress,
	report::{self, Paid, Report},
	supervisor::Supervisor,
	Demo, DemoError, Ended,
};
use crate::{
	artifacts::{fetch_params, DirStore},
	chain::{rpc::Rpc, state_word, Chain, JobState},
	compute::{ComputeError, Workload},
	model::{self, printable, Origin},
	roots::Hex32,
};

impl Demo {
	pub(super) async fn finish(
		&self,
		chain: &Rpc,
		store: &DirStore,
		ended: Ended,
		supervisor: &Supervisor,
		progress: &Progress,
		started: Instant,
	) -> Result<(), DemoError> {
		let Ended { view, tally } = ended;
		let head = chain.next_head(None).await?;
		let records = chain.rounds(head, view.job).await?;
		let workload = Workload::prepare(self.plan.clone(), self.data.bytes(), 1).await?;
		let first = Arc::new(workload.engine().init(&self.plan.seed));
		let loss_first = workload.evaluate(first).await?;
		let last = records.last();
		let loss_last = last.map_or(loss_first, |record| record.loss);
		let checkpoint = last.map_or(self.plan.parent.root, |record| record.checkpoint);
		let params = fetch_params(store, workload.engine().program(), checkpoint).await?;
		let origin = Origin {
			job: Some(view.job.0),
			rounds: view.round,
			loss: loss_last,
		};
		let model_dir = self.settings.base.join("model");
		model::write(&model_dir, &self.plan, &params, origin)?;
		supervisor.measure();
		let is_complete = records.len() == self.terms.rounds as usize;
		let state = match view.state {
			// Paid out to the last unit, after all its rounds.
			JobState::Settled if is_complete => JobState::Completed,
			state => state,
		};
		let report = Report {
			job_id: view.job.0,
			state: state_word(state).to_owned(),
			rounds: view.round,
			tasks_accepted: tally.accepted,
			tasks_rejected: tally.rejected,
			verdicts: tally.verdicts,
			loss_first: loss_first.to_nats(),
			loss_last: loss_last.to_nats(),
			unigram_entropy: report::unigram_entropy(&self.data.bytes()),
			escrow: view.ledger.escrow.to_string(),
			paid: Paid::of(&view.ledger),
			refunded: view.ledger.refunded.to_string(),
			fees: view.ledger.fees.to_string(),
			slashed: view.ledger.slashed.to_string(),
			checkpoint: Hex32(checkpoint),
			wall_seconds: (started.elapsed().as_secs_f64() * 10.0).round() / 10.0,
			peak_mb: supervisor.peaks_mb(),
		};
		let prompt = b"/// Returns the ";
		let sample = workload
			.engine()
			.generate_bytes(&params, prompt, 240, 0.7, &self.plan.seed);
		let sample = sample.map_err(ComputeError::from)?;
		progress.end(&format!(
			"{}\n\n{}\n\n{}\n\nsample:\n{}{}\n\nmodel: {} (check it with `assay model eval`)\n",
			report::earnings(&tally, &names()?),
			report::books(&view.ledger),
			report::curve(loss_first.to_nats(), &records),
			printable(prompt),
			printable(&sample),
			model_dir.display(),
		));
		self.write_report(&report)?;
		if !is_complete {
			return Err(DemoError::JobEnded {
				job: view.job.0,
				state: report.state,
				logs: self.logs(),
			});
		}
		Ok(())
	}

	pub(super) fn write_report(&self, report: &Report) -> Result<(), DemoError> {
		let Some(path) = &self.settings.json else {
			return Ok(());
		};
		let io = |source| DemoError::Io {
			path: path.clone(),
			source,
		};
		let text = serde_json::to_string_pretty(report).map_err(|error| io(error.into()))?;
		if path == Path::new("-") {
			println!("{text}");
			return Ok(());
		}
		fs::write(path, text + "\n").map_err(io)
	}

	/// Tells other programs, such as tests, where nodes listen and which processes run.
	pub(super) fn write_network(&self, supervisor: &Supervisor) -> Result<(), DemoError> {
		let value = serde_json::json!({
			"nodes": [self.network.url(0), self.network.url(1), self.network.url(2)],
			"store": self.network.store(),
			"pids": supervisor.pids(),
		});
		let path = self.settings.base.join("network.json");
		let temporary = path.with_extension("tmp");
		let io = |source| DemoError::Io {
			path: path.clone(),
			source,
		};
		fs::write(&temporary, value.to_string()).map_err(io)?;
		fs::rename(&temporary, &path).map_err(io)
	}
}
