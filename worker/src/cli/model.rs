//! `assay model`.

use std::{path::PathBuf, sync::Arc};

use assay_engine::Engine;
use assay_protocol::{JobId, Plan};
use clap::Subcommand;
use serde_json::json;

use super::{
	args::{NodeArgs, OutputArgs, StoreArgs},
	output::print,
	CliError,
};
use crate::{
	artifacts::fetch_params,
	chain::Chain,
	compute::{off_thread, ComputeError, Workload},
	data::{self, DataFile},
	model::{self, printable, Origin},
	plan_file::PlanFile,
	roots::Hex32,
};

/// Export trained models and check them.
#[derive(Debug, Subcommand)]
pub(super) enum Model {
	/// Write a checkpoint as safetensors and a JSON config.
	Export(Box<Export>),
	/// Measure an exported model. Fails unless the loss is the recorded one, to the last bit.
	Eval {
		/// The directory of the model.
		model: PathBuf,
		/// The data that the loss was recorded on. Without it, it comes from the store.
		#[arg(long, value_name = "FILE")]
		data: Option<PathBuf>,
		/// Threads of the engine. The bits do not depend on it.
		#[arg(long, value_name = "COUNT", default_value_t = 1)]
		threads: usize,
		#[command(flatten)]
		store: StoreArgs,
		#[command(flatten)]
		output: OutputArgs,
	},
	/// Let an exported model of bytes write.
	Sample(Sample),
}

#[derive(Debug, clap::Args)]
pub(super) struct Sample {
	/// The directory of the model.
	model: PathBuf,
	/// What it goes on from.
	#[arg(long, value_name = "TEXT", default_value = "")]
	prompt: String,
	/// Bytes to write.
	#[arg(long, value_name = "COUNT", default_value_t = 240)]
	bytes: usize,
	/// 0 takes the likeliest byte each time, 1 draws as the model says.
	#[arg(long, value_name = "NUMBER", default_value_t = 0.7)]
	temperature: f32,
	/// The seed of the draws. The same seed gives the same text.
	#[arg(long, value_name = "NUMBER", default_value_t = 0)]
	seed: u64,
	#[command(flatten)]
	output: OutputArgs,
}

impl Sample {
	async fn run(self) -> Result<(), CliError> {
		let (_, plan, params) = model::read(&self.model)?;
		let mut seed = [0; 32];
		seed[..8].copy_from_slice(&self.seed.to_le_bytes());
		let prompt = self.prompt.clone();
		let text = off_thread(move || {
			let engine = Engine::new(&plan.step, 1)?;
			let prompt = prompt.as_bytes();
			engine.generate_bytes(&params, prompt, self.bytes, self.temperature, &seed)
		});
		let text = text.await.map_err(ComputeError::from)?;
		let text = printable(&text);
		let value = json!({ "prompt": self.prompt, "text": text });
		print(self.output.json, &value, || {
			format!("{}{text}", self.prompt)
		});
		Ok(())
	}
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
	/// Where to write the model.
	#[arg(long, value_name = "DIR")]
	out: PathBuf,
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
			Self::Eval {
				model,
				data,
				threads,
				store,
				output,
			} => {
				let (record, plan, params) = model::read(&model)?;
				let files = data
					.iter()
					.map(|path| DataFile::read(path))
					.collect::<Result<Vec<_>, _>>()?;
				let bytes = data::find(&files, &store.open(), plan.data).await?;
				let workload = Workload::prepare(plan, bytes, threads).await?;
				let loss = workload.evaluate(Arc::new(params)).await?;
				model::check_loss(&record, loss)?;
				let value = json!({
					"checkpoint": record.checkpoint,
					"loss": loss.to_nats(),
					"loss_fixed": loss.0,
					"matches": true,
				});
				print(output.json, &value, || {
					format!(
						"loss {:.6} ({} x 2^-24): the recorded one, exactly",
						loss.to_nats(),
						loss.0
					)
				});
				Ok(())
			}
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
				let workload = Workload::prepare(plan.clone(), bytes, 1).await?;
				let loss = workload.evaluate(Arc::new(params.clone())).await?;
				Origin {
					job: self.job,
					rounds: 0,
					loss,
				}
			}
		};
		model::write(&self.out, &plan, &params, origin)?;
		let value = json!({
			"checkpoint": checkpoint, "loss": origin.loss.to_nats(), "out": self.out
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
