//! What both roles do beside their work: move jobs past deadlines, have payouts.

use assay_protocol::BlockNumber;

use crate::{
	artifacts::Artifacts,
	chain::{is_final, Call, Chain, JobState, Phase},
	config::DRAW_SLOTS,
	worker::{Action, Observation, Planned, Worker, WorkerError},
};

/// A worker waits less than so many blocks before it moves a job itself.
const MOST_PATIENCE: u64 = 2;

/// Calls that move the job, if its time has come.
pub(crate) fn advance<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	seen: &Observation,
) -> Option<Planned> {
	let job = seen.job.job;
	let (since, due) = match (seen.job.state, &seen.round) {
		(JobState::Open, _) => (0, seen.job.join_deadline.saturating_add(1)),
		(JobState::Running, Some(round)) => {
			if round.state.phase == Phase::Ended {
				return None;
			}
			let due = round.state.deadline.saturating_add(1);
			(round.state.since, due)
		}
		_ => return None,
	};
	let action = Action::Advance { job, since };
	let patience = patience(&worker.stash.0, job.0, since);
	if seen.at.number < due.saturating_add(patience) || !worker.may_send(action, seen.at) {
		return None;
	}
	Some(Planned {
		action,
		call: Call::Advance { job },
	})
}

/// A call that reads the beacon, as soon as the window of the draw is over.
pub(crate) fn draw<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	seen: &Observation,
) -> Option<Planned> {
	let round = seen
		.round
		.as_ref()
		.filter(|round| round.state.phase == Phase::Draw)?;
	let (job, since) = (seen.job.job, round.state.since);
	let action = Action::Draw { job, since };
	let due = ready_at(round.draw_from?).saturating_add(patience(&worker.stash.0, job.0, since));
	if seen.at.number < due || !worker.may_send(action, seen.at) {
		return None;
	}
	Some(Planned {
		action,
		call: Call::Draw { job },
	})
}

/// The first block after which a draw can be made, wherever on its grid the window begins, if every slot
/// from that of block `from` on has a block with an output. Where slots are empty it can be made
/// earlier, in blocks, and where the window is doubled later.
pub(crate) fn ready_at(from: BlockNumber) -> BlockNumber {
	from.saturating_add(2 * (DRAW_SLOTS - 1))
}

/// A call that pays out what the stash has earned, once the job is over.
pub(crate) async fn pay_out<C: Chain, A: Artifacts>(
	worker: &mut Worker<C, A>,
	seen: &Observation,
) -> Result<Option<Planned>, WorkerError> {
	let (job, stash) = (seen.job.job, worker.stash);
	let action = Action::PayOut(job);
	if !is_final(seen.job.state)
		|| seen.job.state == JobState::Settled
		|| !worker.may_send(action, seen.at)
		|| worker.chain.claimable(seen.at, job, stash).await? == 0
	{
		return Ok(None);
	}
	Ok(Some(Planned {
		action,
		call: Call::Claim {
			job,
			beneficiaries: vec![stash],
		},
	}))
}

/// Blocks that a worker waits, so that not all send the same call in the same block. Different for
/// each worker and phase, the same after a restart.
fn patience(stash: &[u8; 32], job: u64, since: BlockNumber) -> BlockNumber {
	let mut hasher = blake3::Hasher::new();
	hasher
		.update(stash)
		.update(&job.to_le_bytes())
		.update(&since.to_le_bytes());
	let mut word = [0; 8];
	word.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
	u32::try_from(u64::from_le_bytes(word) % MOST_PATIENCE).unwrap_or(0)
}
