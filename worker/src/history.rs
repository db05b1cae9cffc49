//! The whole life of a job, read from the blocks of the chain.

use std::collections::BTreeSet;

use assay_protocol::{BlockNumber, JobId};
use futures::{stream, StreamExt};

use crate::chain::{Chain, ChainError, Detail, Event, Head, JobView};

/// Blocks that are asked for at the same time.
const AT_ONCE: usize = 16;

/// Why a job's life cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
	/// The chain cannot be read.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// No job was ever posted under this id.
	#[error("job {0} does not exist: list jobs with `assay job list`")]
	NoSuchJob(u64),
	/// The node has no block of a number that it has passed.
	#[error(
		"the node has no block {0}: it has not caught up, wait for it or name another with --node"
	)]
	NoBlock(BlockNumber),
}

/// What a job was, is and went through.
#[derive(Debug, Clone)]
pub struct History {
	/// The job as it was posted: plan, facts and terms never change.
	pub posted: JobView,
	/// The job as it is; nothing when it is pruned.
	pub now: Option<JobView>,
	/// The block that `now` is from.
	pub upto: Head,
	/// The last block that was read: where nothing more can become of the job's money, or `upto`.
	pub last: BlockNumber,
	/// Everything that names the job, in order, with the number of its block.
	pub events: Vec<(BlockNumber, Event)>,
}

/// Reads all blocks from the one in which a job was posted to the best one. After a job is settled, its
/// disputes are over and none of its accepted work can be disputed any more, no block says anything more
/// of its money, so the reading ends there.
///
/// # Errors
/// A job that was never posted, and a node that cannot show one of the blocks.
pub async fn of_job<C: Chain>(chain: &C, job: JobId) -> Result<History, HistoryError> {
	let upto = chain.next_head(None).await?;
	let now = chain.job(upto, job).await?;
	let first = match &now {
		Some(view) => view.posted,
		None => posted_in(chain, upto, job).await?,
	};
	let at = block(chain, first).await?;
	let posted = chain.job(at, job).await?;
	let posted = posted.ok_or(HistoryError::NoBlock(first))?;
	let mut blocks = stream::iter(first..=upto.number)
		.map(|number| async move {
			let at = block(chain, number).await?;
			Ok::<_, HistoryError>((number, chain.events(at).await?))
		})
		.buffered(AT_ONCE);
	let (mut events, mut last) = (Vec::new(), first);
	let (mut is_settled, mut disputes) = (false, 0_u32);
	let mut windows = BTreeSet::new();
	while let Some(read) = blocks.next().await {
		let (number, all) = read?;
		last = number;
		let own = all.into_iter().filter(|event| event.job() == job);
		let before = events.len();
		events.extend(own.map(|event| (number, event)));
		for (_, event) in &events[before..] {
			match event {
				Event::DisputeOpened { .. } => disputes = disputes.saturating_add(1),
				Event::DisputeEnded { .. } => disputes = disputes.saturating_sub(1),
				Event::Detail(Detail::JobSettled { .. }) => is_settled = true,
				Event::Detail(Detail::WindowOpened { task, .. }) => {
					windows.insert(*task);
				}
				Event::Detail(Detail::WindowClosed { task }) => {
					windows.remove(task);
				}
				_ => {}
			}
		}
		if is_settled && disputes == 0 && windows.is_empty() {
			break;
		}
	}
	Ok(History {
		posted,
		now,
		upto,
		last,
		events,
	})
}

async fn block<C: Chain>(chain: &C, number: BlockNumber) -> Result<Head, HistoryError> {
	let found = chain.block(number).await?;
	found.ok_or(HistoryError::NoBlock(number))
}

/// The block in which a job was posted that the chain has forgotten: the first one after which its id
/// is taken.
async fn posted_in<C: Chain>(
	chain: &C,
	upto: Head,
	job: JobId,
) -> Result<BlockNumber, HistoryError> {
	if chain.next_job(upto).await? <= job {
		return Err(HistoryError::NoSuchJob(job.0));
	}
	// The id is free after `free` and taken after `taken`.
	let (mut free, mut taken) = (0, upto.number);
	while taken.saturating_sub(free) > 1 {
		let middle = free + (taken - free) / 2;
		let at = block(chain, middle).await?;
		if chain.next_job(at).await? > job {
			taken = middle;
		} else {
			free = middle;
		}
	}
	Ok(taken)
}
