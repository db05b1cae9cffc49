//! `assay job`.

mod claim;
mod describe;
mod explain;
mod submit;

use assay_protocol::JobId;
use clap::Subcommand;
use serde_json::json;

use self::{claim::Claim, explain::Explain, submit::Submit};
use super::{
	args::{KeyArgs, NodeArgs, OutputArgs},
	output::print,
	CliError,
};
use crate::{
	chain::{is_final, rpc::Rpc, state_word, Call, Chain, Event, Head, JobState},
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
	/// Recompute every payout and non-payout of a job from its events.
	Explain(Explain),
	/// List the jobs that are open or run.
	List {
		#[command(flatten)]
		node: NodeArgs,
		#[command(flatten)]
		output: OutputArgs,
	},
	/// Pay out what a job owes, each account its own credit. Anyone may; the signer pays the fee.
	Claim(Claim),
	/// End a job of one's own. What is accepted stays paid, the rest is refunded.
	Cancel {
		#[command(flatten)]
		which: Which,
		#[command(flatten)]
		key: KeyArgs,
	},
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
			Self::Explain(explain) => explain.run().await,
			Self::Claim(claim) => claim.run().await,
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
				if event.job() == id && !matches!(event, Event::Detail(_)) {
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
