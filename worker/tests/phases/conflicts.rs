//! Conflicts about the next checkpoint: a bought validator that closes a round with another one.

use assay_protocol::{dispute::ClosingRuling, AggregateClaim, JobState, Loss, Phase};
use assay_worker::account::Account;

use crate::{
	fake::Fake,
	network::{account, Network},
};

/// These claim in the first round that nothing was learned: the parent, which their workers have, so that
/// they can show what they claim.
async fn claim_the_parent(network: &mut Network, bought: &[&str]) {
	let claim = AggregateClaim {
		checkpoint: network.plan.parent.root,
		loss: Loss(1),
	};
	for name in bought {
		network.chain.buy(account(name), Some(claim));
	}
	network.run_until(Fake::is_contested).await;
}

/// The job ends, its rounds are closed with what training without a chain gives, and no move was refused.
async fn ends_rightly(network: &mut Network) -> Vec<(ClosingRuling, Account)> {
	network.run_until(|chain| !chain.records().is_empty()).await;
	network.chain.buy_nobody();
	assert_eq!(network.run().await, JobState::Completed);
	let records = network.chain.records();
	assert_eq!(records.len(), 2);
	assert_ne!(records[0].checkpoint, network.plan.parent.root);
	assert_eq!(records[1].checkpoint, network.expected().await);
	assert_eq!(network.chain.refused(), Vec::<String>::new());
	network.chain.ruled()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_honest_validator_closes_the_round_against_two_that_claim_the_same() {
	// GIVEN two of three bought, one of them the claimant
	let mut network = Network::new();
	claim_the_parent(&mut network, &["//Alice", "//Bob"]).await;
	// THEN the chain finds the claimed checkpoint wrong, and both are convicted by one proof
	let ruled = ends_rightly(&mut network).await;
	assert_eq!(ruled.len(), 1);
	assert_eq!(ruled[0].0, ClosingRuling::CheckpointWrong);
	assert!(["//Alice", "//Bob"].map(account).contains(&ruled[0].1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bought_claimant_that_is_silent_loses_by_its_clock() {
	// GIVEN a bought validator that is never seen again after its claim
	let mut network = Network::new();
	claim_the_parent(&mut network, &["//Alice"]).await;
	network.seats[3].is_on = false;
	// WHEN it is asked for its checkpoint
	network.run_until(|chain| !chain.ruled().is_empty()).await;
	network.seats[3].is_on = true;
	// THEN its time ends the conflict, and the two others close the round
	let ruled = ends_rightly(&mut network).await;
	assert_eq!(ruled, [(ClosingRuling::ClaimantSilent, account("//Alice"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_claimant_shows_what_it_has_and_outlives_bought_challengers() {
	// GIVEN two bought validators that say nothing more after their claims
	let mut network = Network::new();
	claim_the_parent(&mut network, &["//Bob", "//Charlie"]).await;
	// WHEN they are asked for what differs
	let ruled = ends_rightly(&mut network).await;
	// THEN each of them loses, one after the other
	let silent = |name| (ClosingRuling::ChallengerSilent, account(name));
	assert_eq!(ruled, [silent("//Bob"), silent("//Charlie")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_is_absent_costs_the_window_and_not_the_round() {
	// GIVEN a validator that is gone when the round is to be closed
	let mut network = Network::new();
	network.chain.buy(account("//Charlie"), None);
	network
		.run_until(|chain| chain.phase() == Some(Phase::Close))
		.await;
	let since = network.chain.head().number;
	// WHEN the two others have claimed the same
	network.run_until(|chain| !chain.records().is_empty()).await;
	// THEN the round closes at the deadline
	let closed = network.chain.records()[0].closed;
	assert!(
		closed > since + network.terms.windows.close - 5,
		"{since} {closed}"
	);
	assert_eq!(ends_rightly(&mut network).await, []);
}
