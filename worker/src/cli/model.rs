//! `assay model`.

mod eval;
mod import;
mod merge;
mod sample;

use std::{path::PathBuf, sync::Arc};

use assay_engine::Engine;
use assay_protocol::{JobId, Plan};
use clap::Subcommand;
use serde_json::json;

use self::{import::Import, merge::Merge};
use super::{
	args::{NodeArgs, OutputArgs, StoreArgs},
	base::BaseArgs,
	output::print,
	CliError,
};
use crate::{
	artifacts::fetch_params,
	chain::Chain,
	compute::{ComputeError, Workload},
	data::{self, DataFile},
	model::{self, Origin},
	plan_file::PlanFile,
	roots::Hex32,
};

/// Export trained models and check them; import models to train adapters on.
#[derive(Debug, Subcommand)]
pub(super) enum Model {
	/// Write a checkpoint as safetensors and a JSON config.
	Export(Box<Export>),
	/// Measure an exported model. Fails unless the loss is the recorded one, to the last bit.
	Eval(Box<eval::Eval>),
	/// Let an exported decoder or model of bytes write.
	Sample(sample::Sample),
	/// Put a model into the store, to train adapters on it.
	Import(Box<Import>),
	/// Add adapters to their base and write the whole model, for programs that know no adapters.
	Merge(Merge),
}

#[derive(Debug, clap::Args)]
pub(super) struct Export {
	/// The job whose latest checkpoint is exported.
	#[arg(long, value_name = "ID")]
	job: Option<u64>,
	/// The plan, when there is no job to ask for it.
	#[arg(
		long,
		value_name = "FILE",
		requires = "checkpoint",
		conflicts_with = "job"
	)]
	plan: Option<PathBuf>,
	/// The checkpoint. Without it, the job's latest one.
	#[arg(long, value_name = "ROOT")]
	checkpoint: Option<String>,
	/// The data, to measure the loss on when no job has recorded it.
	#[arg(long, value_name = "FILE")]
	data: Option<PathBuf>,
	/// The tokenizer that its data was packed with, to go with it. Without it, the tokenizer.json beside
	/// the plan, if there is one and tokens are no bytes.
	#[arg(long, value_name = "FILE")]
	tokenizer: Option<PathBuf>,
	/// Where to write the model.
	#[arg(long, value_name = "DIR")]
	out: PathBuf,
	#[command(flatten)]
	base: BaseArgs,
	#[command(flatten)]
	node: NodeArgs,
	#[command(flatten)]
	store: StoreArgs,
	#[command(flatten)]
	output: OutputArgs,
}

impl Model {
	pub(super) async fn run(self) -> Result<(), CliError> {
		match self {
			Self::Export(export) => export.run().await,
			Self::Sample(sample) => sample.run().await,
			Self::Import(import) => import.run().await,
			Self::Merge(merge) => merge.run().await,
			Self::Eval(eval) => eval.run().await,
		}
	}
}

impl Export {
	async fn run(self) -> Result<(), CliError> {
		let store = self.store.open();
		let named = self
			.checkpoint
			.as_ref()
			.map(|root| root.parse::<Hex32>())
			.transpose()?;
		let (plan, checkpoint, recorded) = match (&self.job, &self.plan) {
			(Some(job), _) => self.of_job(*job, named).await?,
			(None, Some(plan)) => {
				let root = named.ok_or(CliError::NoModel)?;
				let reference = self
					.data
					.as_ref()
					.map(|path| DataFile::read(path))
					.transpose()?
					.map(|file| file.reference());
				(PlanFile::read(plan)?.plan(reference)?, root, None)
			}
			(None, None) => return Err(CliError::NoModel),
		};
		let tokenizer =
			model::tokenizer_for(self.tokenizer.as_deref(), self.plan.as_deref(), &plan)?;
		let engine = Engine::new(&plan.step, 1).map_err(ComputeError::from)?;
		let params = fetch_params(&store, engine.program(), checkpoint.0).await?;
		let origin = match recorded {
			Some(origin) => origin,
			None => {
				let files = self
					.data
					.iter()
					.map(|path| DataFile::read(path))
					.collect::<Result<Vec<_>, _>>()?;
				let bytes = data::find(&files, &store, plan.data).await?;
				let base = self.base.find(&plan, &store).await?;
				let workload = Workload::prepare_with(plan.clone(), bytes, base, 1).await?;
				let loss = workload.evaluate(Arc::new(params.clone())).await?;
				Origin {
					job: self.job,
					rounds: 0,
					loss,
				}
			}
		};
		model::write(&self.out, &plan, &params, origin)?;
		if let Some(tokenizer) = &tokenizer {
			model::add_tokenizer(&self.out, &plan, tokenizer)?;
		}
		let value = json!({
			"checkpoint": checkpoint, "loss": origin.loss.to_nats(), "out": self.out,
			"tokenizer": tokenizer.map(|tokenizer| Hex32(tokenizer.root())),
		});
		print(self.output.json, &value, || {
			format!(
				"wrote {} of loss {:.4} to {}",
				checkpoint,
				origin.loss.to_nats(),
				self.out.display()
			)
		});
		Ok(())
	}

	/// Plan, checkpoint and what the chain recorded about it.
	async fn of_job(
		&self,
		job: u64,
		named: Option<Hex32>,
	) -> Result<(Plan, Hex32, Option<Origin>), CliError> {
		let chain = self.node.connect().await?;
		let head = chain.next_head(None).await?;
		let id = JobId(job);
		let view = chain.job(head, id).await?.ok_or(CliError::NoSuchJob(job))?;
		let rounds = chain.rounds(head, id).await?;
		let record = match named {
			Some(root) => rounds.iter().find(|record| record.checkpoint == root.0),
			None => Some(rounds.last().ok_or(CliError::NoCheckpoint(job))?),
		};
		let origin = record.map(|record| Origin {
			job: Some(job),
			rounds: record.round.saturating_add(1),
			loss: record.loss,
		});
		let root = record.map(|record| Hex32(record.checkpoint)).or(named);
		Ok((view.plan, root.ok_or(CliError::NoCheckpoint(job))?, origin))
	}
}
