//! `assay train`.

use std::path::PathBuf;

use serde_json::json;

use super::{
	args::{OutputArgs, StoreArgs},
	base::BaseArgs,
	output::print,
	CliError,
};
use crate::{
	compute::Workload,
	data::DataFile,
	local,
	model::{self, Origin},
	plan_file::PlanFile,
	roots::Hex32,
};

/// Train a plan on this machine, without a chain.
#[derive(Debug, clap::Args)]
pub(super) struct Train {
	/// Without a chain. The only way so far; jobs are posted with `assay job submit`.
	#[arg(long)]
	local: bool,
	/// The plan file.
	plan: PathBuf,
	/// The data.
	#[arg(long, value_name = "FILE")]
	data: PathBuf,
	/// Rounds to train.
	#[arg(long, value_name = "COUNT", default_value_t = 4)]
	rounds: u32,
	/// Tasks of a round.
	#[arg(long, value_name = "COUNT", default_value_t = 3)]
	tasks: u32,
	/// Threads of the engine. The bits do not depend on it.
	#[arg(long, value_name = "COUNT", default_value_t = 1)]
	threads: usize,
	/// Where to write the model.
	#[arg(long, value_name = "DIR")]
	out: Option<PathBuf>,
	/// The tokenizer that the data was packed with, to go with the model. Without it, the tokenizer.json
	/// beside the plan, if there is one and tokens are no bytes.
	#[arg(long, value_name = "FILE", requires = "out")]
	tokenizer: Option<PathBuf>,
	#[command(flatten)]
	base: BaseArgs,
	#[command(flatten)]
	store: StoreArgs,
	#[command(flatten)]
	output: OutputArgs,
}

impl Train {
	pub(super) async fn run(self) -> Result<(), CliError> {
		if !self.local {
			return Err(CliError::NotLocal);
		}
		let file = PlanFile::read(&self.plan)?;
		let data = DataFile::read(&self.data)?;
		let plan = file.plan(Some(data.reference()))?;
		let tokenizer = match &self.out {
			None => None,
			Some(out) if self.base.is(out) => return Err(CliError::FileThere(out.clone())),
			Some(out) => {
				model::check_place(out)?;
				model::tokenizer_for(self.tokenizer.as_deref(), Some(&self.plan), &plan)?
			}
		};
		let base = self.base.find(&plan, &self.store.open()).await?;
		let bytes = data.bytes();
		let workload = Workload::prepare_with(plan.clone(), bytes, base, self.threads).await?;
		let json = self.output.json;
		let tell = |report: &local::RoundReport| {
			if !json {
				let loss = report.loss.to_nats();
				println!(
					"round {:3}  loss {loss:.4}  accuracy {:.4}  {}",
					report.round,
					report.accuracy.share(),
					Hex32(report.checkpoint)
				);
			}
		};
		let trained = local::train(&workload, self.rounds, self.tasks, tell).await?;
		let last = trained.rounds.last();
		let loss = last.map_or(trained.loss_first, |last| last.loss);
		let accuracy = last.map_or(trained.accuracy_first, |last| last.accuracy);
		if let Some(out) = &self.out {
			let origin = Origin {
				job: None,
				rounds: self.rounds,
				loss,
			};
			model::write(out, &plan, &trained.params, origin)?;
			if let Some(tokenizer) = &tokenizer {
				model::add_tokenizer(out, &plan, tokenizer)?;
			}
		}
		let losses: Vec<f64> = trained
			.rounds
			.iter()
			.map(|round| round.loss.to_nats())
			.collect();
		let value = json!({
			"checkpoint": Hex32(trained.checkpoint),
			"loss_first": trained.loss_first.to_nats(),
			"loss_last": loss.to_nats(),
			"losses": losses,
			"accuracy": accuracy.share(),
			"correct": accuracy.correct,
			"rows": accuracy.rows,
			"tokenizer": tokenizer.map(|tokenizer| Hex32(tokenizer.root())),
			"rounds": self.rounds,
			"tasks": self.tasks,
			"out": self.out,
		});
		print(json, &value, || {
			let from = trained.loss_first.to_nats();
			format!(
				"loss {from:.4} -> {:.4}, accuracy {:.4} -> {:.4}, checkpoint {}",
				loss.to_nats(),
				trained.accuracy_first.share(),
				accuracy.share(),
				Hex32(trained.checkpoint)
			)
		});
		Ok(())
	}
}
