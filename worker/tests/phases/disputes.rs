//! Disputes: who is right is found out by the chain, whoever falls silent or lies.

use std::collections::BTreeMap;

use assay_protocol::{
	dispute::{Ask, Stage},
	Fate, JobId, JobState, Phase, TaskKey, Unpaid,
};
use assay_worker::{
	chain::{Call, Chain},
	explain::{of_job, Outcome},
	keys::WorkerKey,
};

use crate::{
	fake::{Ended, PLEDGE},
	network::{account, Network, CHEAT, TASK_PAY},
};

/// Where the seats of a network begin that judge.
const VALIDATORS: std::ops::Range<usize> = 3..6;

/// The only task that is disputed in these networks: //Dave's first one.
fn disputed(network: &Network) -> TaskKey {
	let fates = network.chain.fates().into_iter();
	let is_disputed = |(_, fate): &(TaskKey, Fate)| *fate == Fate::Redo(Unpaid::Disputed);
	let keys: Vec<_> = fates.filter(is_disputed).collect();
	assert_eq!(keys.len(), 1, "{keys:?}");
	keys[0].0
}

/// What the job says became of the disputed task, and what that cost. Nothing else may differ.
async fn explained(network: &Network) -> (&'static str, u128) {
	let of = of_job(&*network.chain, JobId(0)).await.unwrap();
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(Some(of.ledger), of.stored);
	let rows = of.rounds.iter().flat_map(|round| &round.attempts);
	let told = rows.filter_map(|row| match &row.outcome {
		Outcome::Unpaid { reason, cost, .. } => Some((*reason, cost.event.0)),
		_ => None,
	});
	let told: Vec<_> = told
		.filter(|(reason, _)| reason.starts_with("disputed"))
		.collect();
	assert_eq!(told.len(), 1, "{told:?}");
	told[0]
}

const FOUND_WRONG: &str = "disputed, and found wrong by the chain, or never shown";
const FOUND_RIGHT: &str = "disputed, and found right by the chain, too late for its round";

/// A network in which //Dave cheats, until its first task is disputed by all three validators.
async fn disputed_by_all() -> Network {
	let mut network = Network::new();
	network.seats[0].cheat = Some(CHEAT);
	network
		.run_until(|chain| {
			let fates = chain.fates().into_iter();
			let mut found = fates.filter(|(_, fate)| *fate == Fate::Redo(Unpaid::Disputed));
			found.next().is_some()
		})
		.await;
	assert_eq!(network.chain.disputes(), 1);
	network
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_work_is_convicted_by_a_proof_and_pays_those_that_found_it() {
	// GIVEN a job with a cheat
	let mut network = disputed_by_all().await;
	// WHEN it runs to its end
	assert_eq!(network.run().await, JobState::Completed);
	// THEN the chain has found the work wrong, and no move was refused
	let task = disputed(&network);
	assert_eq!(network.chain.ended(), [Ended::Proven(task)]);
	assert_eq!(network.chain.refused(), Vec::<String>::new());
	// AND half of the stake is shared by the three that said so
	let third = ["//Alice", "//Bob", "//Charlie"].map(|name| (account(name), 1_000 / 2 / 3));
	assert_eq!(network.chain.rewards(), BTreeMap::from(third));
	// AND the account of the job says so
	assert_eq!(explained(&network).await, (FOUND_WRONG, 1_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_falls_silent_is_convicted_by_its_clock() {
	// GIVEN a cheat that is never seen again once its work is disputed
	let mut network = disputed_by_all().await;
	network.seats[0].is_on = false;
	// WHEN the job runs to its end, and the challenger goes on to look at the chain
	let mut settled = None;
	while network.chain.disputes() > 0 {
		let at = network.chain.head().number;
		network.run_until(|chain| chain.head().number > at).await;
		if settled.is_none() && network.chain.job_state() == JobState::Completed {
			settled = Some(at);
		}
	}
	assert_eq!(network.run().await, JobState::Completed);
	// THEN its time has ended the dispute, after the job
	let task = disputed(&network);
	assert_eq!(network.chain.ended(), [Ended::Silent(task)]);
	assert!(settled.is_some());
	// AND the account of the job knows it all the same
	assert_eq!(explained(&network).await, (FOUND_WRONG, 1_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenger_that_falls_silent_is_followed_by_the_next() {
	// GIVEN a cheat whose challenger is never seen again
	let mut network = disputed_by_all().await;
	let first = network.chain.challenger().unwrap();
	let seat = VALIDATORS.zip(["//Alice", "//Bob", "//Charlie"]);
	let mut seat = seat.filter(|(_, name)| account(name) == first);
	let (seat, _) = seat.next().unwrap();
	network.seats[seat].is_on = false;
	// WHEN the dispute goes on
	network.run_until(|chain| chain.disputes() == 0).await;
	// THEN its time ends, the next one that said invalid proves it, and it gets no share
	let task = disputed(&network);
	assert_eq!(network.chain.ended(), [Ended::Proven(task)]);
	let rewards = network.chain.rewards();
	assert_eq!(rewards.values().copied().collect::<Vec<_>>(), [250, 250]);
	assert!(!rewards.contains_key(&first));
	// AND the account of the job tells its pledge
	assert_eq!(explained(&network).await, (FOUND_WRONG, 1_000));
	let of = of_job(&*network.chain, JobId(0)).await.unwrap();
	assert_eq!(of.accounts[&first].slashed.0, PLEDGE);
}

/// Asks for a segment, and nothing more.
async fn ask_once(network: &Network, accuser: &str, task: TaskKey, segment: u32) {
	let ask = Ask::Segment { segment };
	let call = Call::AskDispute { task, ask };
	let key = WorkerKey::dev(accuser).unwrap();
	let receipt = network.chain.submit(&key, vec![call]).await.unwrap();
	receipt.all_done().unwrap();
}

/// Runs until an accuser has the turn and has been shown the states of a segment.
async fn until_states(network: &mut Network, accuser: &str, task: TaskKey) -> u32 {
	let accuser = account(accuser);
	let mut first = None;
	while first.is_none() {
		let at = network.chain.head();
		let view = network.chain.dispute(at, task).await.unwrap();
		let view = view.expect("an honest provider answers in time");
		assert_eq!(view.challenger, accuser);
		match view.stage {
			Stage::States { first: step, .. } => first = Some(step),
			_ => network.run_until(|chain| chain.head() != at).await,
		}
	}
	first.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_provider_outlives_two_accusers_that_ask_for_different_things() {
	// GIVEN honest work of two segments that two accusers without a seat dispute
	let mut network = Network::with(|data| assay_protocol::Plan {
		stride: 1,
		..crate::network::plan(data)
	});
	network
		.run_until(|chain| chain.phase() == Some(Phase::Draw))
		.await;
	let slots = network.chain.slots();
	let of_dave =
		|(record, _): &(assay_protocol::SlotRecord<_>, _)| record.provider == account("//Dave");
	let slot = slots.iter().position(of_dave).unwrap();
	for accuser in ["//One", "//Two"] {
		network.chain.accuse(slot as u32, account(accuser));
	}
	let task = network
		.chain
		.open_disputes(network.chain.head())
		.await
		.unwrap()[0];
	// WHEN the first asks for a segment and falls silent, and the next one asks for another
	ask_once(&network, "//One", task, 0).await;
	assert_eq!(until_states(&mut network, "//One", task).await, 0);
	let second = account("//Two");
	network
		.run_until(|chain| chain.challenger() == Some(second))
		.await;
	ask_once(&network, "//Two", task, 1).await;
	// THEN the provider shows each what it asked for
	assert_eq!(until_states(&mut network, "//Two", task).await, 1);
	// AND both lose, and the provider nothing
	network.run().await;
	assert_eq!(network.chain.ended(), [Ended::Acquitted(task)]);
	assert_eq!(explained(&network).await, (FOUND_RIGHT, 0));
	let of = of_job(&*network.chain, JobId(0)).await.unwrap();
	for accuser in ["//One", "//Two"] {
		assert_eq!(of.accounts[&account(accuser)].slashed.0, PLEDGE);
	}
	assert_eq!(network.chain.refused(), Vec::<String>::new());
	// AND the slot was done again by somebody else
	assert_eq!(network.paid_to_providers(), 6 * TASK_PAY);
}
