//! `assay job`.

mod describe;

use std::path::PathBuf;

use assay_protocol::JobId;
use clap::Subcommand;
use serde_json::json;

use super::{
	args::{KeyArgs, NodeArgs, OutputArgs, StoreArgs},
	output::print,
	CliError,
};
use crate::{
	artifacts::Artifacts,
	chain::{is_final, rpc::Rpc, state_word, Call, Chain, Event, Head, JobState},
	data::DataFile,
	plan_file::{format_asy, PlanFile},
	roots::Hex32,
};

/// Post jobs and follow them.
#[derive(Debug, Subcommand)]
pub(super) enum Job {
	/// Post a plan as a job and pay its escrow.
	Submit(Box<Submit>),
	/// Print the plan file of the main job, as a model for others.
	Example,
	/// Print what happens to a job until it ends.
	Watch(Which),
	/// Print a job, its rounds and its books.
	Show(Which),
	/// List the jobs that are open or run.
	List {
		#[command(flatten)]
		node: NodeArgs,
		#[command(flatten)]
		output: OutputArgs,
	},
	/// End a job of one's own. What is accepted stays paid, the rest is refunded.
	Cancel {
		#[command(flatten)]
		which: Which,
		#[command(flatten)]
		key: KeyArgs,
	},
}

#[derive(Debug, clap::Args)]
pub(super) struct Submit {
	/// The plan file, with terms.
	plan: PathBuf,
	/// The data. It is published in the store, for the workers to fetch.
	#[arg(long, value_name = "FILE")]
	data: Option<PathBuf>,
	#[command(flatten)]
	key: KeyArgs,
	#[command(flatten)]
	node: NodeArgs,
	#[command(flatten)]
	store: StoreArgs,
	#[command(flatten)]
	output: OutputArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct Which {
	/// The job's id.
	job: u64,
	#[command(flatten)]
	node: NodeArgs,
	#[command(flatten)]
	output: OutputArgs,
}

impl Job {
	pub(super) async fn run(self) -> Result<(), CliError> {
		match self {
			Self::Submit(submit) => submit.run().await,
			Self::Example => {
				// It is JSON in either case.
				println!("{}", crate::demo::MAIN_JOB.trim_end());
				Ok(())
			}
			Self::Watch(which) => which.watch().await,
			Self::Show(which) => which.show().await,
			Self::List { node, output } => {
				let chain = node.connect().await?;
				let head = chain.next_head(None).await?;
				let mut jobs = Vec::new();
				for id in chain.live_jobs(head).await? {
					if let Some(view) = chain.job(head, id).await? {
						jobs.push(describe::job(&view));
					}
				}
				print(output.json, &json!({ "jobs": jobs }), || {
					describe::list(&jobs)
				});
				Ok(())
			}
			Self::Cancel { which, key } => {
				let chain = which.node.connect().await?;
				let signer = key.load(&chain).await?;
				let head = chain.next_head(None).await?;
				let id = JobId(which.job);
				chain
					.job(head, id)
					.await?
					.ok_or(CliError::NoSuchJob(which.job))?;
				let call = Call::CancelJob { job: id };
				let at = chain.submit(&signer, vec![call]).await?.all_done()?;
				let value = json!({ "job_id": which.job, "block": at.number });
				print(which.output.json, &value, || {
					format!("Job {} is cancelled.", which.job)
				});
				Ok(())
			}
		}
	}
}

impl Submit {
	async fn run(self) -> Result<(), CliError> {
		let file = PlanFile::read(&self.plan)?;
		let data = self
			.data
			.as_ref()
			.map(|path| DataFile::read(path))
			.transpose()?;
		let plan = file.plan(data.as_ref().map(|data| data.reference()))?;
		let (terms, escrow) = file.terms(&plan)?;
		let chain = self.node.connect().await?;
		let key = self.key.load(&chain).await?;
		let head = chain.next_head(None).await?;
		let free = chain.free_balance(head, key.account()).await?;
		if free < escrow {
			return Err(CliError::Unfunded {
				account: key.account().to_string(),
				free: format_asy(free),
				escrow: format_asy(escrow),
			});
		}
		if let Some(path) = &self.data {
			self.store.open().publish(plan.data.root, path).await?;
		}
		let call = Call::PostJob {
			plan: Box::new(plan),
			terms: Box::new(terms),
		};
		let at = chain.submit(&key, vec![call]).await?.all_done()?;
		let account = key.account();
		let posted = chain
			.events(at)
			.await?
			.into_iter()
			.find_map(|event| match event {
				Event::JobPosted { job, owner, .. } if owner == account => Some(job.0),
				_ => None,
			});
		let value = json!({ "job_id": posted, "escrow": escrow.to_string(), "block": at.number });
		print(self.output.json, &value, || match posted {
			Some(job) => format!(
				"Job {job} is posted, its escrow of {} deposited.",
				format_asy(escrow)
			),
			None => "The job is posted.".to_owned(),
		});
		Ok(())
	}
}

impl Which {
	async fn show(self) -> Result<(), CliError> {
		let chain = self.node.connect().await?;
		let head = chain.next_head(None).await?;
		let id = JobId(self.job);
		let view = chain
			.job(head, id)
			.await?
			.ok_or(CliError::NoSuchJob(self.job))?;
		let mut value = describe::job(&view);
		value["round_records"] = chain
			.rounds(head, id)
			.await?
			.iter()
			.map(|record| {
				json!({
					"round": record.round,
					"checkpoint": Hex32(record.checkpoint),
					"loss": record.loss.to_nats(),
					"accepted": record.accepted,
				})
			})
			.collect();
		value["tasks"] = chain
			.tasks(head, id)
			.await?
			.iter()
			.map(describe::task)
			.collect();
		print(self.output.json, &value, || describe::page(&value));
		Ok(())
	}

	async fn watch(self) -> Result<(), CliError> {
		let chain = self.node.connect().await?;
		let id = JobId(self.job);
		let mut head: Option<Head> = None;
		loop {
			let next = chain.next_head(head).await?;
			let view = chain
				.job(next, id)
				.await?
				.ok_or(CliError::NoSuchJob(self.job))?;
			if head.is_none() {
				let value = describe::job(&view);
				print(self.output.json, &value, || describe::page(&value));
			}
			for event in blocks_between(&chain, head, next).await? {
				if event.job() == id {
					let value = describe::event(&event);
					print(self.output.json, &value, || describe::line(&event));
				}
			}
			if is_final(view.state) {
				return match view.state {
					JobState::Completed | JobState::Settled | JobState::Cancelled => Ok(()),
					state => Err(CliError::JobEnded {
						job: self.job,
						state: state_word(state).to_owned(),
					}),
				};
			}
			head = Some(next);
		}
	}
}

/// The events of all blocks after one and up to another.
async fn blocks_between(
	chain: &Rpc,
	after: Option<Head>,
	upto: Head,
) -> Result<Vec<Event>, CliError> {
	let first = after.map_or(upto.number, |after| after.number.saturating_add(1));
	let mut events = Vec::new();
	for number in first..=upto.number {
		if let Some(block) = chain.block(number).await? {
			events.extend(chain.events(block).await?);
		}
	}
	Ok(events)
}
