//! Whole jobs: honest, cheated, interrupted.

use assay_protocol::{JobState, Phase, Verdict};

use crate::{
	fake::Ended,
	network::{account, Network, CHEAT, TASK_PAY},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_job_ends_with_the_checkpoint_of_training_without_a_chain() {
	// GIVEN three honest providers and three validators
	let mut network = Network::new();
	// WHEN a job of two rounds runs
	let state = network.run().await;
	// THEN it completes, everybody was paid once, and the bits are those of one machine alone
	assert_eq!(state, JobState::Completed);
	assert_eq!(network.paid_to_providers(), 6 * TASK_PAY);
	assert!(network
		.chain
		.verdicts()
		.iter()
		.all(|(.., verdict)| *verdict == Verdict::Valid));
	assert_eq!(network.chain.verdicts().len(), 2 * 3 * 3);
	let last = *network.chain.records().last().unwrap();
	assert_eq!(last.checkpoint, network.expected().await);
	assert_eq!(network.chain.refused(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_work_is_found_unpaid_and_redone_with_the_same_result() {
	// GIVEN a provider that negates one gradient in its first task
	let mut network = Network::new();
	network.seats[0].cheat = Some(CHEAT);
	// WHEN the job runs
	let state = network.run().await;
	// THEN all validators find that task wrong, another provider is paid for it, and the
	// checkpoint is that of the honest job
	assert_eq!(state, JobState::Completed);
	let verdicts = network.chain.verdicts();
	let wrong: Vec<_> = verdicts
		.iter()
		.filter(|(.., verdict)| *verdict == Verdict::Invalid)
		.collect();
	assert_eq!(wrong.len(), 3);
	assert!(wrong
		.iter()
		.all(|(task, ..)| task.round == 0 && task.attempt == 0));
	// AND the chain has computed that it is wrong
	assert_eq!(network.chain.ended(), [Ended::Proven(wrong[0].0)]);
	let paid = network.chain.paid();
	assert_eq!(network.paid_to_providers(), 6 * TASK_PAY);
	assert_eq!(paid[&account("//Dave")], TASK_PAY);
	assert_eq!(
		network.chain.records().last().unwrap().checkpoint,
		network.expected().await
	);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_work_of_a_provider_that_vanished_is_given_to_another() {
	// GIVEN a provider that joins and is never seen again
	let mut network = Network::new();
	network.run_until(|chain| chain.phase().is_some()).await;
	network.seats[2].is_on = false;
	// WHEN the job goes on
	let state = network.run().await;
	// THEN the others move it past the deadlines and do its tasks
	assert_eq!(state, JobState::Completed);
	assert_eq!(
		network.chain.records().last().unwrap().checkpoint,
		network.expected().await
	);
	assert!(!network.chain.paid().contains_key(&account("//Ferdie")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_closes_without_one_of_three_validators() {
	// GIVEN a validator that is down
	let mut network = Network::new();
	network.seats[5].is_on = false;
	// WHEN the job runs
	let state = network.run().await;
	// THEN the two others are a quorum for every task and every checkpoint
	assert_eq!(state, JobState::Completed);
	assert_eq!(
		network.chain.records().last().unwrap().checkpoint,
		network.expected().await
	);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_nobody_can_fetch_is_judged_as_that() {
	// GIVEN a round whose updates vanish from the store when they are revealed
	let mut network = Network::new();
	network
		.run_until(|chain| chain.phase() == Some(Phase::Reveal))
		.await;
	std::fs::remove_dir_all(network.store()).unwrap();
	// WHEN the validators are drawn
	network
		.run_until(|chain| !chain.verdicts().is_empty())
		.await;
	// THEN they say so instead of guessing
	let verdicts = network.chain.verdicts();
	assert!(verdicts
		.iter()
		.all(|(.., verdict)| *verdict == Verdict::Unfetched));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_is_missing_does_not_keep_the_others_waiting() {
	// GIVEN a round in which one of three updates vanishes before anybody is told its root
	let mut network = Network::new();
	network
		.run_until(|chain| chain.phase() == Some(Phase::Reveal))
		.await;
	let lists = checkpoint_lists(&network);
	assert_eq!(lists.len(), 3, "{lists:?}");
	std::fs::remove_file(&lists[0]).unwrap();
	// WHEN the validators judge until the first of them gives that one up
	network
		.run_until(|chain| {
			chain
				.verdicts()
				.iter()
				.any(|(.., verdict)| *verdict == Verdict::Unfetched)
		})
		.await;
	// THEN the two others were found valid by somebody, although the missing one may come first
	let mut judged: Vec<_> = network
		.chain
		.verdicts()
		.into_iter()
		.filter(|(.., verdict)| *verdict == Verdict::Valid)
		.map(|(key, ..)| key.slot)
		.collect();
	judged.sort_unstable();
	judged.dedup();
	assert_eq!(judged.len(), 2, "{judged:?}");
}

/// The files that are lists of the model's tensors, other than the first checkpoint's.
fn checkpoint_lists(network: &Network) -> Vec<std::path::PathBuf> {
	let program = assay_numerics::lower(&network.plan.step).unwrap();
	let bytes = 32 * program.params().len() as u64;
	let first = hex::encode(network.plan.parent.root);
	let mut lists: Vec<_> = network
		.files()
		.into_iter()
		.filter(|file| file.metadata().unwrap().len() == bytes)
		.filter(|file| !file.ends_with(&first))
		.collect();
	lists.sort();
	lists
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_is_lost_leads_to_no_second_seal() {
	// GIVEN a network in which every transaction arrives and nobody is told
	let mut network = Network::new();
	network.chain.lose_receipts(true);
	// WHEN the job runs
	let state = network.run().await;
	// THEN it completes, nothing was sent twice, and nobody was paid twice
	assert_eq!(state, JobState::Completed);
	assert_eq!(network.chain.most_seals(), 1);
	assert_eq!(network.chain.refused(), Vec::<String>::new());
	assert_eq!(network.paid_to_providers(), 6 * TASK_PAY);
}
