//! `assay job submit`.

use std::{
	path::{Path, PathBuf},
	sync::Arc,
};

use assay_protocol::{Balance, Plan, Terms};
use serde_json::json;

use crate::{
	artifacts::Artifacts,
	base::{self, BaseError},
	chain::{state_word, Chain, JobView},
	cli::{
		args::{KeyArgs, NodeArgs, OutputArgs, StoreArgs},
		base::context_of,
		output::print,
		CliError,
	},
	data::DataFile,
	model::{adapter_of, import::Source},
	plan_file::{format_asy, PlanFile},
	submitter,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Submit {
	/// The plan file, with terms.
	plan: PathBuf,
	/// The data. It is published in the store, for the workers to fetch.
	#[arg(long, value_name = "FILE")]
	data: Option<PathBuf>,
	/// The directory of the model that the plan's adapters belong to. It is published in the store, for
	/// the workers to fetch.
	#[arg(long, value_name = "DIR")]
	base: Option<PathBuf>,
	/// Post a second job although one of the same plan and account is open or runs.
	#[arg(long)]
	again: bool,
	#[command(flatten)]
	key: KeyArgs,
	#[command(flatten)]
	node: NodeArgs,
	#[command(flatten)]
	store: StoreArgs,
	#[command(flatten)]
	output: OutputArgs,
}

impl Submit {
	pub(super) async fn run(self) -> Result<(), CliError> {
		let file = PlanFile::read(&self.plan)?;
		let data = self
			.data
			.as_ref()
			.map(|path| DataFile::read(path))
			.transpose()?;
		let plan = file.plan(data.as_ref().map(|data| data.reference()))?;
		let (terms, escrow) = file.terms(&plan)?;
		let base = match &self.base {
			None => None,
			Some(dir) => Some(base_of(dir, &plan).await?),
		};
		let chain = self.node.connect().await?;
		let key = self.key.load(&chain).await?;
		let head = chain.next_head(None).await?;
		// An earlier attempt may have ended with an error and have arrived all the same. This comes
		// before the look at the balance, which its escrow has lowered.
		let there = if self.again {
			None
		} else {
			submitter::live_job(&*chain, head, key.account(), &plan).await?
		};
		if there.is_none() {
			let free = chain.free_balance(head, key.account()).await?;
			if free < escrow {
				return Err(CliError::Unfunded {
					account: key.account().to_string(),
					free: format_asy(free),
					escrow: format_asy(escrow),
				});
			}
		}
		if let Some(path) = &self.data {
			self.store.open().publish(plan.data.root, path).await?;
		}
		match &base {
			Some(base) => base::publish_as(&self.store.open(), base, &plan).await?,
			// No provider can join without it, and the escrow would wait for them.
			None => base::check_stored(&self.store.open(), &plan).await?,
		}
		if let Some(view) = there {
			self.tell_adopted(&view, &terms);
			return Ok(());
		}
		let (job, at) = submitter::post(&*chain, &key, &plan, &terms).await?;
		self.tell_posted(job.0, escrow, at.number);
		Ok(())
	}

	fn tell_posted(&self, job: u64, escrow: Balance, block: u32) {
		let value = json!({
			"job_id": job, "adopted": false, "escrow": escrow.to_string(), "block": block
		});
		print(self.output.json, &value, || {
			format!(
				"Job {job} is posted, its escrow of {} deposited.",
				format_asy(escrow)
			)
		});
	}

	fn tell_adopted(&self, view: &JobView, asked: &Terms) {
		let job = view.job.0;
		let value = json!({
			"job_id": job,
			"adopted": true,
			"escrow": view.ledger.escrow.to_string(),
			"block": view.posted,
		});
		print(self.output.json, &value, || {
			let terms = if view.terms == *asked {
				""
			} else {
				", with other terms"
			};
			format!(
				"Job {job} of the same plan and account is {}{terms}; nothing was posted. To post a second one, add --again.",
				state_word(view.state),
			)
		});
	}
}

/// The model that the plan's adapters belong to, read once and found to be it.
async fn base_of(dir: &Path, plan: &Plan) -> Result<Arc<Source>, CliError> {
	if adapter_of(&plan.step.model).is_none() {
		return Err(BaseError::NoAdapter.into());
	}
	let source = Arc::new(Source::open(dir, context_of(plan))?);
	base::check(&source, plan).await?;
	Ok(source)
}
