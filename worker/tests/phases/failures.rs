//! Plans whose training ends out of range, and providers that only say so.

use std::collections::BTreeMap;

use assay_engine::EngineError;
use assay_numerics::{referee::Part, samples, Decimal, Optimiser, ZERO_ROOT};
use assay_protocol::{
	seal::SealContext, DataRef, FailReason, Failure, FailureClaim, FailureReveal, Fate, JobId,
	JobState, Phase, Plan, TaskKey, Terms, Trace, Unpaid, Verdict,
};
use assay_worker::{
	chain::{key_of, Call, Chain, Event},
	compute::{ComputeError, Position},
	explain::{of_job, page, Amount, Explanation},
	failpoint::{Failpoint, Failpoints},
	keys::WorkerKey,
};

use crate::{
	fake::{Ended, Fake, OWNER},
	network::{account, plan, plan_of, terms, Network, TASK_PAY},
};

const JOB: JobId = JobId(0);

/// Eight layers that a learning rate of 1 makes larger with every step, until a product of them leaves
/// the range.
fn bad(data: DataRef) -> Plan {
	let mut step = samples::byte_mlp(4, 16, &[64; 8], 16);
	let Optimiser::AdamW(adam) = &mut step.optimiser;
	adam.learning_rate = Decimal::new(1, 0);
	Plan {
		steps: 8,
		stride: 8,
		..plan_of(step, data, 256)
	}
}

async fn explained(network: &Network) -> Explanation {
	of_job(&*network.chain, JOB).await.unwrap()
}

/// Where the training of a slot of the first round ends.
async fn end_of(network: &Network, slot: u32) -> (u32, usize) {
	let workload = network.workload().await;
	let parent = workload.cached(network.plan.parent.root).unwrap();
	let trained = workload.train(parent, Position { round: 0, slot }, None);
	match trained.await {
		Err(ComputeError::Engine(EngineError::OutOfRange { step, op })) => (step, op),
		other => panic!("its training does not end: {other:?}"),
	}
}

/// The claims of failure that the blocks tell of.
async fn claims(chain: &Fake) -> Vec<(u32, FailureReveal)> {
	let mut claims = Vec::new();
	for number in 1..=chain.head().number {
		let at = chain.block(number).await.unwrap().unwrap();
		let events = chain.events(at).await.unwrap();
		claims.extend(events.iter().filter_map(|event| match event {
			Event::FailureRevealed { slot, failure, .. } => Some((*slot, failure.clone())),
			_ => None,
		}));
	}
	claims
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_plan_costs_its_submitter_the_verdicts_and_no_provider_a_stake() {
	// GIVEN a job whose learning rate is so high that training ends
	let mut network = Network::with(bad);
	// WHEN it runs
	let state = network.run().await;
	// THEN every provider claims the step and the op at which its own training ends
	assert_eq!(state, JobState::Failed(FailReason::BadPlan));
	let claimed = claims(&network.chain).await;
	assert_eq!(claimed.len(), 3);
	for (slot, claim) in claimed {
		assert_eq!(
			(claim.place.step, claim.place.op as usize),
			end_of(&network, slot).await
		);
	}
	// AND every validator agrees
	let verdicts = network.chain.verdicts();
	assert_eq!(verdicts.len(), 9);
	let all_agree = |verdict| verdict == Verdict::Valid;
	assert!(verdicts.iter().all(|(.., verdict)| all_agree(*verdict)));
	assert!(network
		.chain
		.fates()
		.iter()
		.all(|fate| fate.1 == Fate::BadPlan));
	assert_eq!(network.chain.refused(), Vec::<String>::new());
	// AND no stake is touched, no task is paid, and all but the nine fees goes back
	let of = explained(&network).await;
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(Some(of.ledger), of.stored);
	assert_eq!(
		(of.ledger.slashed, of.ledger.paid_compute),
		(Amount(0), Amount(0))
	);
	assert_eq!(network.paid_to_providers(), 0);
	let validators = ["//Alice", "//Bob", "//Charlie"].map(account);
	let earned = validators.map(|stash| network.chain.paid()[&stash]);
	assert_eq!(of.ledger.paid_validation, Amount(earned.iter().sum()));
	assert_eq!(
		network.chain.paid()[&OWNER],
		of.ledger.escrow.0 - of.ledger.paid_validation.0 - of.ledger.fees.0
	);
	// AND the explanation says why, without an amount that does not follow
	let text = page(&of);
	assert!(
		text.contains("bad plan: its training ends out of range"),
		"{text}"
	);
	assert!(text.contains("claims that training ends at step"), "{text}");
	assert!(text.contains("the plan is bad; it costs nothing: the stake is released"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_price_that_nobody_earns_pays_for_verdicts_above_the_floor() {
	// GIVEN the same under terms whose submitter pays for a quarter of the checks
	let rare = Terms {
		audit_floor_ppm: 250_000,
		..terms()
	};
	let mut network = Network::of(bad, rare);
	// WHEN it has run THEN every unit follows from the events
	assert_eq!(network.run().await, JobState::Failed(FailReason::BadPlan));
	let of = explained(&network).await;
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(Some(of.ledger), of.stored);
	assert_eq!(of.ledger.paid_compute, Amount(0));
	assert_ne!(of.ledger.paid_validation, Amount(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_of_failure_survives_a_kill_of_either_side() {
	let points = [
		Failpoint::Trained,
		Failpoint::TaskSpooled,
		Failpoint::TaskCommitted,
		Failpoint::TaskCommitMarked,
		Failpoint::TaskRevealed,
		Failpoint::TaskRevealMarked,
		Failpoint::Recomputed,
		Failpoint::VerdictSpooled,
		Failpoint::VerdictSealed,
		Failpoint::VerdictSealMarked,
		Failpoint::VerdictRevealed,
		Failpoint::VerdictRevealMarked,
	];
	for point in points {
		let mut fired = 0;
		for seat in [0, 3] {
			// GIVEN a worker that is killed there once and started again
			let mut network = Network::with(bad);
			network.seats[seat].failpoints = Failpoints::returning(point);
			// WHEN the job runs THEN it ends as without the kill, by one seal each
			let state = network.run().await;
			assert_eq!(
				state,
				JobState::Failed(FailReason::BadPlan),
				"killed at {point}"
			);
			assert_eq!(network.chain.most_seals(), 1, "killed at {point}");
			assert_eq!(
				network.chain.refused(),
				Vec::<String>::new(),
				"killed at {point}"
			);
			assert_eq!(network.chain.verdicts().len(), 9, "killed at {point}");
			let has_fired = network.seats[seat].failpoints.has_fired();
			assert_eq!(network.seats[seat].deaths, u32::from(has_fired));
			fired += u32::from(has_fired);
		}
		assert!(fired > 0, "{point} was never reached");
	}
}

/// A good plan, and a provider that claims instead of its first task that training ends at a place of its
/// second step. Its worker stands still until the claim is open.
async fn claimed() -> (Network, TaskKey) {
	let mut network = Network::with(plan);
	network
		.run_until(|chain| chain.phase() == Some(Phase::Train))
		.await;
	network.seats[0].is_on = false;
	let (key, chain) = (WorkerKey::dev("//Dave").unwrap(), network.chain.clone());
	let tasks = chain.tasks(chain.head(), JOB).await.unwrap();
	let task = tasks.iter().find(|task| task.provider == key.account());
	let task = task.expect("each provider has a task; qed");
	// The borders are those of its task.
	let workload = network.workload().await;
	let parent = workload.cached(task.parent).unwrap();
	let position = Position {
		round: task.round,
		slot: task.slot,
	};
	let trained = workload.train(parent, position, None).await.unwrap();
	let place = Failure {
		step: 1,
		op: 1,
		tile: 0,
		part: Part::Whole,
	};
	let borders = place.segment(workload.plan()) as usize + 1;
	let failure = FailureReveal {
		trace: Trace::truncate_from(trained.trace[..borders].to_vec()),
		place,
		salt: [1; 32],
	};
	let context = SealContext {
		genesis: chain.genesis(),
		job: JOB,
		round: task.round,
		slot: task.slot,
		attempt: task.attempt,
		account: key.account(),
	};
	let claim = FailureClaim::of(context, task.parent, ZERO_ROOT, &failure);
	let (job, slot) = (JOB, task.slot);
	let seal = claim.seal();
	let sealed = Call::CommitTask { job, slot, seal };
	let receipt = chain.submit(&key, vec![sealed]).await.unwrap();
	assert!(receipt.all_done().is_ok());
	network
		.run_until(|chain| chain.phase() == Some(Phase::Reveal))
		.await;
	let opened = Call::RevealFailure { job, slot, failure };
	let receipt = chain.submit(&key, vec![opened]).await.unwrap();
	assert!(receipt.all_done().is_ok());
	(network, key_of(task))
}

/// Runs on until nothing is disputed any more, and the job is over.
async fn settle(network: &mut Network) {
	while network.chain.disputes() > 0 || network.chain.job_state() == JobState::Running {
		let at = network.chain.head().number;
		network.run_until(|chain| chain.head().number > at).await;
	}
	assert_eq!(network.run().await, JobState::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_of_failure_that_there_is_not_is_proven_wrong_at_its_place() {
	// GIVEN a good plan and a claim that its training ends, of a provider that answers
	let (mut network, task) = claimed().await;
	network
		.run_until(|chain| chain.phase() != Some(Phase::Reveal))
		.await;
	network.seats[0].is_on = true;
	// WHEN all validators find that training does not end
	settle(&mut network).await;
	let wrong = network.chain.verdicts().into_iter();
	let wrong: Vec<_> = wrong
		.filter(|(.., verdict)| *verdict == Verdict::Invalid)
		.collect();
	assert_eq!(wrong.len(), 3);
	assert!(wrong.iter().all(|(of, ..)| *of == task));
	// THEN their dispute ends with a proof, which takes the stake of the task and nothing else
	assert_eq!(network.chain.ended(), [Ended::Proven(task)]);
	assert_eq!(network.chain.refused(), Vec::<String>::new());
	let fate = Fate::Redo(Unpaid::Disputed);
	assert!(network.chain.fates().contains(&(task, fate)));
	let third = ["//Alice", "//Bob", "//Charlie"].map(|name| (account(name), 1_000 / 2 / 3));
	assert_eq!(network.chain.rewards(), BTreeMap::from(third));
	let of = explained(&network).await;
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(of.ledger.slashed, Amount(1_000));
	// AND the bits are those of the plan
	let last = *network.chain.records().last().unwrap();
	assert_eq!(last.checkpoint, network.expected().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_claims_a_failure_and_falls_silent_loses_the_stake_and_the_job_goes_on() {
	// GIVEN the same, of a provider that is never seen again
	let (mut network, task) = claimed().await;
	// WHEN the job runs and its dispute is over
	settle(&mut network).await;
	// THEN its clock has convicted it
	assert_eq!(network.chain.ended(), [Ended::Silent(task)]);
	// AND it loses the stake, others do its tasks, and the bits are the same
	let of = explained(&network).await;
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(
		of.ledger.slashed,
		Amount(1_100),
		"the claim, and the commit of round 1"
	);
	assert_eq!(network.paid_to_providers(), 6 * TASK_PAY);
	assert!(!network.chain.paid().contains_key(&account("//Dave")));
	let last = *network.chain.records().last().unwrap();
	assert_eq!(last.checkpoint, network.expected().await);
	// AND no verdict about it is paid by the job
	let mut rows = of.rounds.iter().flat_map(|round| &round.attempts);
	let row = rows.find(|row| row.ended.is_some()).unwrap();
	let seats = row.draws.iter().flat_map(|draw| &draw.seats);
	let why = "the job pays only verdicts by which a claim of failure ends it";
	assert!(seats
		.clone()
		.all(|seat| seat.why == why && seat.pay.is_none()));
	assert_eq!(seats.count(), 3);
}
