//! The stakes of accepted tasks, which are held until their challenge windows are over.

use assay_protocol::BlockNumber;
use serde_json::{json, Value};

use super::Common;
use crate::{
	account::Account,
	chain::{rpc::Rpc, AcceptedTask, Call, Chain, TaskKey},
	cli::{output::print, CliError},
};

/// Most tasks of one call.
const AT_ONCE: usize = 64;

/// `assay stake held`.
pub(super) async fn list(common: Common) -> Result<(), CliError> {
	let chain = common.node.connect().await?;
	// The stash signs nothing here: its address is enough.
	let stash = common.key.unchecked()?.account();
	let at = chain.next_head(None).await?;
	let held = chain.accepted_of(at, stash).await?;
	let rows: Vec<Value> = held.iter().map(|(task, of)| row(task, of)).collect();
	let value = json!({ "stash": stash, "block": at.number, "held": rows });
	print(common.output.json, &value, || match held.is_empty() {
		true => format!("No stake of an accepted task of {stash} is held."),
		false => {
			let lines = held.iter().map(|(task, of)| line(task, of, at.number));
			lines.collect::<Vec<_>>().join("\n")
		}
	});
	Ok(())
}

/// `assay stake release`.
pub(super) async fn release(common: Common) -> Result<(), CliError> {
	let chain = common.node.connect().await?;
	let key = common.key.load(&chain).await?;
	let at = chain.next_head(None).await?;
	let held = chain.accepted_of(at, key.account()).await?;
	let over = held.into_iter().filter(|(_, of)| of.is_over(at.number));
	let tasks: Vec<_> = over.map(|(task, _)| task).take(AT_ONCE).collect();
	let count = tasks.len();
	let call = Call::ReleaseStakes { tasks };
	let at = chain.submit(&key, vec![call]).await?.all_done()?;
	let value = json!({ "released": count, "block": at.number });
	print(common.output.json, &value, || {
		format!("Released the stakes of {count} tasks.")
	});
	Ok(())
}

/// Whether a provider can leave: not while stakes of its accepted tasks are held.
pub(super) async fn ensure_none(chain: &Rpc, stash: Account) -> Result<(), CliError> {
	let at = chain.next_head(None).await?;
	let held = chain.accepted_of(at, stash).await?;
	let Some(until) = held.iter().map(|(_, of)| of.until).max() else {
		return Ok(());
	};
	Err(CliError::StakesHeld {
		count: held.len(),
		disputed: held.iter().filter(|(_, of)| of.is_disputed).count(),
		until,
		block: at.number,
	})
}

fn row(task: &TaskKey, of: &AcceptedTask) -> Value {
	json!({
		"job_id": task.job.0,
		"round": task.round,
		"slot": task.slot,
		"attempt": task.attempt,
		"until": of.until,
		"disputed": of.is_disputed,
	})
}

fn line(task: &TaskKey, of: &AcceptedTask, now: BlockNumber) -> String {
	let state = match (of.is_disputed, of.is_over(now)) {
		(true, _) => "disputed: held until the dispute is over".to_owned(),
		(_, true) => "free: an idle block or `assay stake release` returns it".to_owned(),
		_ => format!("held up to block {}, {} more", of.until, of.until - now + 1),
	};
	format!(
		"job {} round {} slot {}: {state}",
		task.job.0, task.round, task.slot
	)
}

#[cfg(test)]
mod tests {
	use assay_protocol::JobId;

	use super::*;

	#[test]
	fn a_held_stake_says_how_long_it_is_held() {
		// GIVEN a task that was accepted in block 10 with a window of 30
		let task = TaskKey {
			job: JobId(3),
			round: 1,
			slot: 2,
			attempt: 0,
		};
		let mut of = AcceptedTask::accept(Account([4; 32]), ([0; 32], [1; 32]), 10, 30);
		// WHEN it is told in its window, in its last block, after it, and disputed
		let told = |of: &AcceptedTask, now| line(&task, of, now);
		// THEN the line says what is waited for
		assert_eq!(
			told(&of, 15),
			"job 3 round 1 slot 2: held up to block 40, 26 more"
		);
		assert!(told(&of, 40).ends_with("held up to block 40, 1 more"));
		assert!(told(&of, 41).contains("free"));
		of.dispute(40).unwrap();
		assert!(told(&of, 90).contains("disputed"));
	}
}
