//! Tasks that are drawn for a recomputation, and tasks that are fetched alone.

use assay_protocol::{sampling::is_drawn, DataRef, JobId, JobState, Phase, Plan, Terms, Verdict};
use assay_worker::explain::{of_job, Amount, Explanation, Outcome};

use crate::network::{account, plan, terms, Network, CHEAT, TASK_PAY};

async fn explained(network: &Network) -> Explanation {
	of_job(&*network.chain, JobId(0)).await.unwrap()
}

/// Two segments of a step each.
fn halved(data: DataRef) -> Plan {
	Plan {
		stride: 1,
		..plan(data)
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_not_drawn_is_fetched_and_accepted() {
	// GIVEN a job of which nothing is drawn
	let mut network = Network::new();
	network.chain.draw_at(0);
	// WHEN it runs
	let state = network.run().await;
	// THEN every seat says that the work is there, and the job ends as if all had been recomputed
	assert_eq!(state, JobState::Completed);
	let verdicts = network.chain.verdicts();
	assert_eq!(verdicts.len(), 18);
	assert!(verdicts
		.iter()
		.all(|(.., verdict)| *verdict == Verdict::Valid));
	let last = network.chain.records().last().unwrap().checkpoint;
	assert_eq!(last, network.expected().await);
	// AND tasks are paid in full, and each verdict a 256th of the price with the bonus: 3, less the fee
	assert_eq!(network.paid_to_providers(), 6 * TASK_PAY);
	let of = explained(&network).await;
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(of.ledger.paid_validation, Amount(18 * 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_work_that_is_not_drawn_is_not_found() {
	// GIVEN a cheat, and a job of which nothing is drawn
	let mut network = Network::new();
	network.seats[0].cheat = Some(CHEAT);
	network.chain.draw_at(0);
	// WHEN it runs THEN nobody has looked, which is why a stake has to deter
	assert_eq!(network.run().await, JobState::Completed);
	let last = network.chain.records().last().unwrap().checkpoint;
	assert_ne!(last, network.expected().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_nobody_can_fetch_is_found_without_a_draw() {
	// GIVEN a round of which nothing is drawn, and whose updates vanish when they are revealed
	let mut network = Network::new();
	network.chain.draw_at(0);
	network
		.run_until(|chain| chain.phase() == Some(Phase::Reveal))
		.await;
	std::fs::remove_dir_all(network.store()).unwrap();
	// WHEN the validators are asked THEN they say so
	network
		.run_until(|chain| !chain.verdicts().is_empty())
		.await;
	let verdicts = network.chain.verdicts();
	assert!(verdicts
		.iter()
		.all(|(.., verdict)| *verdict == Verdict::Unfetched));
}

#[tokio::test(flavor = "multi_thread")]
async fn newcomers_pay_for_their_checks_and_every_unit_of_it_follows_from_the_events() {
	// GIVEN terms whose submitter pays for a quarter of the checks, and work that is always drawn
	let rare = Terms {
		audit_floor_ppm: 250_000,
		..terms()
	};
	let mut network = Network::of(halved, rare);
	// WHEN the job runs
	assert_eq!(network.run().await, JobState::Completed);
	// THEN of each fee, five eighths of the price, the provider pays three quarters, rounded up
	let charged = 3 * (625 - 156);
	assert!(charged > 1_000, "all of the pay, then");
	let of = explained(&network).await;
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(Some(of.ledger), of.stored);
	assert_eq!(of.ledger.paid_compute, Amount(0));
	// AND the verdicts are paid all the same
	assert_eq!(of.ledger.paid_validation, Amount(18 * (625 * 98 / 100)));
	let dave = &of.accounts[&account("//Dave")];
	assert_eq!((dave.tasks, dave.compute), (2, Amount(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_which_some_tasks_are_drawn_is_explained_to_the_unit() {
	// GIVEN work that is drawn every second time, at twice the floor, by a seed that does both
	let rare = Terms {
		audit_floor_ppm: 250_000,
		..terms()
	};
	let mut network = Network::of(halved, rare);
	network.chain.draw_at(500_000);
	let draws = |seed: &[u8; 32]| {
		let drawn = (0..3).filter(|slot| is_drawn(seed, *slot, 0, 500_000));
		drawn.count() == 1
	};
	let seed = (0..=255).map(|byte| [byte; 32]).find(draws).unwrap();
	network.chain.draw_with(seed);
	// WHEN it has run and is explained
	assert_eq!(network.run().await, JobState::Completed);
	let of = explained(&network).await;
	// THEN two of six tasks were recomputed, at the provider's cost of a half, and nothing differs
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(Some(of.ledger), of.stored);
	let attempts = || of.rounds.iter().flat_map(|round| &round.attempts);
	let charges: Vec<_> = attempts()
		.filter_map(|row| match row.outcome {
			Outcome::Accepted {
				drawn: true,
				charged,
				rate_ppm,
				..
			} => Some((charged, rate_ppm)),
			_ => None,
		})
		.collect();
	assert_eq!(charges, [(Amount(3 * 313), 500_000); 2]);
	let full = attempts().filter(|row| {
		matches!(&row.outcome, Outcome::Accepted { drawn: false, charged: Amount(0), pay, .. }
			if pay.net == Amount(TASK_PAY))
	});
	assert_eq!(full.count(), 4);
}
