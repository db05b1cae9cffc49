//! What attempts leave in the store, and when it goes.

use assay_protocol::{JobId, JobState, Phase, Terms};
use assay_worker::{
	artifacts::{Artifacts, DirStore},
	chain::Chain,
};

use crate::network::{plan, terms, Network};

/// The rounds of the job that something is left of.
fn rounds_left(network: &Network) -> Vec<u32> {
	let rounds = 0..network.terms.rounds;
	let is_left = |round: &u32| {
		let attempts = (0..network.terms.tasks).map(|slot| network.attempt(*round, slot, 0));
		attempts.into_iter().any(|attempt| {
			attempt
				.path_of(&[0; 32])
				.ancestors()
				.nth(2)
				.unwrap()
				.exists()
		})
	};
	rounds.filter(is_left).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_long_job_two_rounds_are_in_the_store() {
	// GIVEN a job of five rounds
	let mut network = Network::of(
		plan,
		Terms {
			rounds: 5,
			..terms()
		},
	);
	// WHEN its work is judged, round by round
	for round in 0..5 {
		network
			.run_until(|chain| chain.round() == round && chain.phase() == Some(Phase::Unseal))
			.await;
		// THEN the updates of this round and of the one before are there, and no earlier ones
		let kept: Vec<_> = (round.saturating_sub(1)..=round).collect();
		assert_eq!(rounds_left(&network), kept);
	}
	// AND nothing that is needed is missing: the job ends with the checkpoint of its plan
	assert_eq!(network.run().await, JobState::Completed);
	let last = network.chain.records().last().unwrap().checkpoint;
	assert_eq!(last, network.expected().await);
	assert_eq!(network.chain.refused(), Vec::<String>::new());
	// AND until it is settled, its last round stays
	assert_eq!(rounds_left(&network), [4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_job_left_that_is_no_more_is_removed() {
	// GIVEN a store with what an attempt at a task of an unknown job has left
	let mut network = Network::new();
	let store = DirStore::new(network.store());
	let unknown = assay_protocol::TaskKey {
		job: JobId(9),
		round: 0,
		slot: 0,
		attempt: 0,
	};
	let genesis = network.chain.genesis();
	let attempt = store.of_task(&genesis, &unknown);
	attempt.publish_bytes(b"state".to_vec()).await.unwrap();
	// AND the same of another chain
	let other = store.of_task(&[1; 32], &unknown);
	other.publish_bytes(b"state".to_vec()).await.unwrap();
	// WHEN workers that use the store have looked at twenty blocks
	network.run_until(|chain| chain.head().number >= 25).await;
	// THEN that job's is gone, and the other chain's is not
	let left = store.attempted(&genesis).await.unwrap();
	assert!(!left.contains(&JobId(9)), "{left:?}");
	assert_eq!(store.attempted(&[1; 32]).await.unwrap(), [JobId(9)]);
}
