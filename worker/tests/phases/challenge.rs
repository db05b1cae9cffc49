//! Accepted work that is found wrong: disputed by whoever replays it, while its window is open.

use assay_protocol::{JobId, JobState, Terms, Windows};
use assay_worker::{
	artifacts::DirStore,
	audit::{replay, Audit, Challenger, DisputeEnd, Record},
	chain::{Chain, Head},
	explain::{of_job, Outcome},
	history,
};

use crate::{
	fake::{Ended, Fake},
	network::{account, look, plan, terms, Network, CHEAT},
};

const JOB: JobId = JobId(0);
const CHALLENGE: u32 = 100;

/// A network in which nothing is drawn, and accepted work can be disputed for a while.
fn network(challenge: u32) -> Network {
	let windows = Windows {
		challenge,
		..terms().windows
	};
	let network = Network::of(plan, Terms { windows, ..terms() });
	network.chain.draw_at(0);
	network
}

/// A job whose cheat was never drawn, as it is when it is over.
async fn cheated(challenge: u32) -> Network {
	let mut network = network(challenge);
	network.seats[0].cheat = Some(CHEAT);
	assert_eq!(network.run().await, JobState::Completed);
	assert!(network.chain.ended().is_empty());
	network
}

async fn audit(network: &Network) -> Audit {
	let history = history::of_job(&*network.chain, JOB).await.unwrap();
	let stored = network.chain.rounds(history.upto, JOB).await.unwrap();
	let record = Record::of(&history, &stored);
	let store = DirStore::new(network.store());
	let workload = network.workload().await;
	replay(&record, &workload, &store, 0..u32::MAX, |_| {})
		.await
		.unwrap()
}

/// What becomes of the wrong tasks if somebody without a seat disputes them.
async fn disputed(network: &mut Network, audit: &Audit, name: &str) -> Vec<DisputeEnd> {
	let mut challenger = Challenger::new(network.outsider(name).await);
	challenger.open(&audit.wrong()).await.unwrap();
	while network.chain.disputes() > 0 {
		let head = network.chain.head();
		look(&mut challenger, head).await.unwrap();
		network.run_until(|chain: &Fake| chain.head() != head).await;
	}
	let head: Head = network.chain.head();
	look(&mut challenger, head).await.unwrap();
	challenger.done().await;
	let ends = challenger.into_ends();
	ends.into_iter().map(|of| of.end).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_work_that_was_not_drawn_is_disputed_by_whoever_audits_the_job() {
	// GIVEN a settled job with wrong work that nobody with a seat has recomputed
	let mut network = cheated(CHALLENGE).await;
	// WHEN somebody audits it, and disputes what is wrong
	let audit = audit(&network).await;
	let wrong = audit.wrong();
	assert_eq!(wrong.len(), 1, "{:?}", audit.findings().collect::<Vec<_>>());
	let ends = disputed(&mut network, &audit, "//One").await;
	// THEN its provider is convicted by proof, and half of the stake is the auditor's
	assert_eq!(ends, [DisputeEnd::Convicted]);
	let task = wrong[0].task;
	assert_eq!(network.chain.ended(), [Ended::Proven(task)]);
	assert_eq!(network.chain.rewards().get(&account("//One")), Some(&500));
	// AND the account of the job says so beside the pay, which stays
	let of = of_job(&*network.chain, JOB).await.unwrap();
	assert_eq!(of.mismatches, Vec::<String>::new());
	let mut rows = of.rounds.iter().flat_map(|round| &round.attempts);
	let lost = rows.find_map(|row| match &row.outcome {
		Outcome::Accepted {
			convicted: Some(cost),
			pay,
			..
		} => Some((cost.event.0, pay.net.0)),
		_ => None,
	});
	let (lost, paid) = lost.unwrap();
	assert_eq!(lost, 1_000);
	assert!(paid > 0);
	// AND the other stakes come back by themselves
	let last = network.chain.head().number + CHALLENGE + 2;
	network
		.run_until(|chain| chain.head().number > last || chain.windows() == 0)
		.await;
	assert_eq!(network.chain.windows(), 0);
	// AND a second audit has nothing to dispute any more
	let again = disputed(&mut network, &audit, "//Two").await;
	assert!(matches!(&again[..], [DisputeEnd::NotOpened(why)] if why.contains("not held")));
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_takes_no_dispute_says_why() {
	// GIVEN a settled job with wrong work, by terms without a window
	let mut network = cheated(0).await;
	let audit = audit(&network).await;
	assert_eq!(audit.wrong().len(), 1);
	// WHEN it is to be disputed THEN it says that it cannot be
	let ends = disputed(&mut network, &audit, "//One").await;
	assert!(
		matches!(&ends[..], [DisputeEnd::NotOpened(why)] if why.contains("no challenge window"))
	);
	assert!(network.chain.ended().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_disputes_its_own_work_nor_what_others_dispute() {
	// GIVEN wrong work that somebody disputes, and does not go on with
	let mut network = cheated(CHALLENGE).await;
	let audit = audit(&network).await;
	let wrong = audit.wrong();
	let mut own = Challenger::new(network.outsider("//Dave").await);
	own.open(&wrong).await.unwrap();
	let ends = own.into_ends();
	assert!(matches!(&ends[0].end, DisputeEnd::NotOpened(why) if why.contains("this stash")));
	let mut first = Challenger::new(network.outsider("//One").await);
	first.open(&wrong).await.unwrap();
	assert_eq!(first.into_ends()[0].end, DisputeEnd::Open);
	// WHEN another audit finds it THEN that one opens nothing
	let mut second = Challenger::new(network.outsider("//Two").await);
	second.open(&wrong).await.unwrap();
	let ends = second.into_ends();
	assert!(matches!(&ends[0].end, DisputeEnd::NotOpened(why) if why.contains("somebody else")));
	// AND a later audit of the first goes on where it was
	assert_eq!(
		disputed(&mut network, &audit, "//One").await,
		[DisputeEnd::Convicted]
	);
}

#[tokio::test(flavor = "multi_thread")]
async fn honest_work_has_nothing_to_dispute() {
	let mut network = network(CHALLENGE);
	network.run().await;
	let audit = audit(&network).await;
	assert!(audit.wrong().is_empty() && audit.findings().next().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_without_the_stake_of_one_task_does_not_join() {
	// GIVEN a provider with one unit less than the stake of a task
	let mut network = network(CHALLENGE);
	network.chain.make_poor(account("//Dave"), 999);
	// WHEN the others have joined THEN it has not
	network.run_until(|chain| chain.members() == 2).await;
	let at = network.chain.head().number;
	network
		.run_until(|chain| chain.head().number > at + 5)
		.await;
	assert_eq!(network.chain.members(), 2);
	// AND with that unit it joins
	network.chain.make_poor(account("//Dave"), 1_000);
	network.run_until(|chain| chain.members() == 3).await;
}
