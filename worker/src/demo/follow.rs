//! From the first block to the last payout.

use std::{sync::Arc, time::Duration};

use assay_protocol::JobId;
use tokio::sync::mpsc;

use super::{
	network::SUBMITTER,
	prepare::names,
	progress::Progress,
	supervisor::{Note, Supervisor},
	tally::Tally,
	Demo, DemoError, Ended,
};
use crate::{
	chain::{is_final, rpc::Rpc, Call, Chain, ChainError, Head, JobState, JobView},
	keys::WorkerKey,
	submitter::{self, Posted},
};

/// How long nodes may take until the first block.
const START_SECONDS: u64 = 180;
/// Blocks that are shown again if they were replaced.
const LOOK_BACK: u32 = 3;
/// Blocks that workers get to claim their own pay before the demo does it for them.
const CLAIM_BLOCKS: u32 = 6;
/// Blocks after which an unpaid credit is an error.
const MOST_CLAIM_BLOCKS: u32 = 40;
/// Blocks after which an open dispute is an error: one of some twenty moves takes two blocks a move.
const MOST_DISPUTE_BLOCKS: u32 = 200;

impl Demo {
	/// Waits for the first node and its first blocks.
	pub(super) async fn first_block(
		&self,
		supervisor: &Supervisor,
		notes: &mut mpsc::Receiver<Note>,
		progress: &Progress,
	) -> Result<(Arc<Rpc>, Head), DemoError> {
		let url = self.network.url(0);
		let blocks = async {
			loop {
				match Rpc::connect(&url).await {
					Ok(chain) => {
						let mut head = chain.next_head(None).await?;
						while head.number == 0 {
							head = chain.next_head(Some(head)).await?;
						}
						return Ok((Arc::new(chain), head));
					}
					Err(error) if error.is_transient() => {
						tokio::time::sleep(Duration::from_millis(300)).await;
					}
					Err(error) => return Err(DemoError::from(error)),
				}
			}
		};
		let timeout = tokio::time::sleep(Duration::from_secs(START_SECONDS));
		tokio::pin!(blocks, timeout);
		loop {
			tokio::select! {
				found = &mut blocks => return found,
				() = &mut timeout => return Err(DemoError::NoBlock {
					seconds: START_SECONDS,
					log: supervisor.log_of("node-alice"),
				}),
				Some(note) = notes.recv() => self.take_note(note, supervisor, progress)?,
			}
		}
	}

	/// Posts the job, or finds it posted by an attempt that seemed to fail: never a second one.
	/// Returns the block it was posted in, too.
	pub(super) async fn post(
		&self,
		chain: &Rpc,
		first: Head,
		progress: &Progress,
	) -> Result<(JobId, Head), DemoError> {
		let key = WorkerKey::dev(&format!("//{SUBMITTER}"))?;
		let mut head = first;
		loop {
			match submitter::post_once(chain, &key, head, &self.plan, &self.terms).await {
				Ok(Posted::New { job, at }) => {
					progress.say(&format!("job {} is posted", job.0));
					return Ok((job, at));
				}
				Ok(Posted::Adopted(view)) => {
					let job = view.job;
					progress.say(&format!("job {} was posted already and goes on", job.0));
					// Where its events begin. An earlier block does as well.
					let at = chain.block(view.posted).await.ok().flatten();
					return Ok((job, at.unwrap_or(first)));
				}
				Err(error) if error.is_transient() => head = chain.next_head(Some(head)).await?,
				Err(error) => return Err(error.into()),
			}
		}
	}

	/// Shows the job until it has ended and every credit is paid out.
	pub(super) async fn follow(
		&self,
		chain: &Rpc,
		job: JobId,
		posted: Head,
		supervisor: &Supervisor,
		notes: &mut mpsc::Receiver<Note>,
		progress: &Progress,
	) -> Result<Ended, DemoError> {
		let mut head = posted;
		let mut ended_at = None;
		let mut pulse = tokio::time::interval(Duration::from_secs(1));
		loop {
			let next = tokio::select! {
				next = chain.next_head(Some(head)) => next,
				Some(note) = notes.recv() => {
					self.take_note(note, supervisor, progress)?;
					self.write_network(supervisor)?;
					continue;
				},
				_ = pulse.tick() => {
					supervisor.measure();
					continue;
				},
			};
			let looked = match next {
				Ok(next) => {
					let shown = self.show(chain, job, head, next, progress).await;
					head = next;
					shown
				}
				Err(error) => Err(error),
			};
			let view = match looked {
				Ok(view) => view,
				Err(error) if error.is_transient() => continue,
				Err(error) => return Err(error.into()),
			};
			if !is_final(view.state) {
				continue;
			}
			let since = *ended_at.get_or_insert(head.number);
			if self.is_settled(chain, &view, head, since).await?
				&& self.is_judged(chain, job, head, since).await?
			{
				let tally = self.count(chain, job, posted, head).await?;
				return Ok(Ended { view, tally });
			}
		}
	}

	/// Shows what the blocks after one and up to another brought.
	pub(super) async fn show(
		&self,
		chain: &Rpc,
		job: JobId,
		after: Head,
		upto: Head,
		progress: &Progress,
	) -> Result<JobView, ChainError> {
		// A block that was shown may have been replaced: the last few are looked at again.
		let from = after.number.saturating_sub(LOOK_BACK).max(1);
		for number in from..=upto.number {
			if let Some(block) = chain.block(number).await? {
				for event in chain.events(block).await? {
					if event.job() == job {
						progress.event(&event);
					}
				}
			}
		}
		let gone = || ChainError::Broken {
			what: "the job",
			reason: "it is gone".into(),
		};
		let view = chain.job(upto, job).await?.ok_or_else(gone)?;
		let round = chain.round(upto, job).await?;
		progress.state(upto, &view, round.as_ref());
		Ok(view)
	}

	/// Whether everything is paid out. Workers claim for themselves; what they leave, and the
	/// submitter's refund, is claimed here.
	pub(super) async fn is_settled(
		&self,
		chain: &Rpc,
		view: &JobView,
		head: Head,
		since: u32,
	) -> Result<bool, DemoError> {
		if view.state == JobState::Settled || view.ledger.unclaimed == 0 {
			return Ok(true);
		}
		let waited = head.number.saturating_sub(since);
		if waited > MOST_CLAIM_BLOCKS {
			return Err(DemoError::Unclaimed {
				job: view.job.0,
				unclaimed: view.ledger.unclaimed,
				blocks: waited,
				logs: self.logs(),
			});
		}
		let mut wanted = vec![view.owner];
		if waited >= CLAIM_BLOCKS {
			wanted.extend(
				names()?
					.into_keys()
					.filter(|account| *account != view.owner),
			);
		}
		let mut beneficiaries = Vec::new();
		for account in wanted {
			if chain.claimable(head, view.job, account).await? > 0 {
				beneficiaries.push(account);
			}
		}
		if !beneficiaries.is_empty() {
			let key = WorkerKey::dev(&format!("//{SUBMITTER}"))?;
			let call = Call::Claim {
				job: view.job,
				beneficiaries,
			};
			match chain.submit(&key, vec![call]).await {
				Ok(_) => {}
				Err(error) if error.is_transient() => {}
				Err(error) => return Err(error.into()),
			}
		}
		Ok(false)
	}

	/// Whether no dispute about the job's work is open any more. The job did not wait for them.
	async fn is_judged(
		&self,
		chain: &Rpc,
		job: JobId,
		head: Head,
		since: u32,
	) -> Result<bool, DemoError> {
		let open = chain.open_disputes(head).await?;
		if !open.iter().any(|task| task.job == job) {
			return Ok(true);
		}
		let blocks = head.number.saturating_sub(since);
		if blocks > MOST_DISPUTE_BLOCKS {
			return Err(DemoError::Undecided {
				job: job.0,
				blocks,
				logs: self.logs(),
			});
		}
		Ok(false)
	}

	/// Counts the events of the best chain once more, from the posting on: what was shown may have
	/// been in a block that is gone.
	pub(super) async fn count(
		&self,
		chain: &Rpc,
		job: JobId,
		first: Head,
		last: Head,
	) -> Result<Tally, DemoError> {
		let mut tally = Tally::default();
		for number in first.number..=last.number {
			if let Some(block) = chain.block(number).await? {
				for event in chain.events(block).await? {
					tally.note(job, &event);
				}
			}
		}
		Ok(tally)
	}

	pub(super) fn take_note(
		&self,
		note: Note,
		supervisor: &Supervisor,
		progress: &Progress,
	) -> Result<(), DemoError> {
		match note {
			Note::Restarted { name, status } => {
				progress.say(&format!("{name} ended ({status}) and is started again"));
				Ok(())
			}
			Note::GivenUp { name, status } => {
				let log = supervisor.log_of(&name);
				Err(DemoError::GivenUp { name, status, log })
			}
		}
	}
}
