//! Jobs that train adapters of a model that lies in the store.

use std::path::PathBuf;

use assay_engine::{Engine, Params};
use assay_numerics::{samples, Adapter, Decimal, Model, Optimiser, StepPlan};
use assay_protocol::{DataRef, JobState, Phase, Plan};
use assay_worker::artifacts::{publish_params, DirStore};

use crate::network::{plan_of, Network, TASK_PAY};

/// The plan of the whole model.
fn whole() -> StepPlan {
	samples::gpt(16, 32, 2, 4)
}

/// The model that the adapters belong to.
fn base() -> Params {
	Engine::new(&whole(), 1).unwrap().init(&[8; 32])
}

/// A plan for adapters of it.
fn plan(data: DataRef) -> Plan {
	let mut step = whole();
	if let Model::Gpt(model) = &mut step.model {
		model.adapter = Some(Adapter {
			rank: 16,
			scale: Decimal::new(2, 0),
			base: base().root(),
		});
	}
	let Optimiser::AdamW(adam) = &mut step.optimiser;
	adam.learning_rate = Decimal::new(1, -2);
	plan_of(step, data, 16)
}

async fn publish(network: &Network) {
	let store = DirStore::new(network.store());
	publish_params(&store, &base()).await.unwrap();
}

/// The list of the base's tensors in the store.
fn list_of_base(network: &Network) -> PathBuf {
	DirStore::new(network.store()).path_of(&base().root())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_trains_adapters_ends_with_those_of_training_without_a_chain() {
	// GIVEN a model in the store and a job that trains adapters of it
	let mut network = Network::with(plan);
	publish(&network).await;
	// WHEN it runs
	let state = network.run().await;
	// THEN it completes, every task is paid, and the bits are those of one machine alone
	assert_eq!(state, JobState::Completed);
	assert_eq!(network.paid_to_providers(), 6 * TASK_PAY);
	let records = network.chain.records();
	assert_eq!(records.last().unwrap().checkpoint, network.expected().await);
	// AND they learn
	assert!(records[1].loss < records[0].loss, "{records:?}");
	assert_eq!(network.chain.refused(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_joins_while_the_base_is_missing_and_everybody_when_it_is_there() {
	// GIVEN a job whose base nobody has published
	let mut network = Network::with(plan);
	// WHEN the workers look at it for some blocks THEN nobody joins
	network.run_until(|chain| chain.head().number >= 6).await;
	assert_eq!(network.chain.job_state(), JobState::Open);
	assert_eq!(network.chain.members(), 0);
	// WHEN it is published with one tensor missing THEN nobody joins either
	publish(&network).await;
	let tensor = base().roots()[3];
	let tensor = DirStore::new(network.store()).path_of(&tensor);
	std::fs::remove_file(tensor).unwrap();
	network.run_until(|chain| chain.head().number >= 9).await;
	assert_eq!(network.chain.members(), 0);
	// WHEN all of it is there THEN they join, and the job completes
	publish(&network).await;
	assert_eq!(network.run().await, JobState::Completed);
	assert_eq!(
		network.chain.records().last().unwrap().checkpoint,
		network.expected().await
	);
}

#[tokio::test(flavor = "multi_thread")]
async fn validators_that_cannot_fetch_the_base_give_no_verdict_until_they_can() {
	// GIVEN a base that vanishes from the store once the providers have it
	let mut network = Network::with(plan);
	publish(&network).await;
	network
		.run_until(|chain| chain.phase() == Some(Phase::Train))
		.await;
	std::fs::remove_file(list_of_base(&network)).unwrap();
	// WHEN the validators are to judge THEN none of them guesses
	network
		.run_until(|chain| chain.phase() == Some(Phase::Draw))
		.await;
	let from = network.chain.head().number;
	network
		.run_until(|chain| chain.head().number >= from + 10)
		.await;
	assert_eq!(network.chain.verdicts(), []);
	// WHEN it is back THEN they judge, and the job completes with the same bits
	publish(&network).await;
	assert_eq!(network.run().await, JobState::Completed);
	assert_eq!(
		network.chain.records().last().unwrap().checkpoint,
		network.expected().await
	);
}

/// A job whose base is this model, which is in the store.
pub(crate) async fn with_base(base: &Params) -> Network {
	let root = base.root();
	let network = Network::with(|data| {
		let mut plan = plan(data);
		if let Model::Gpt(model) = &mut plan.step.model {
			model.adapter.as_mut().unwrap().base = root;
		}
		plan
	});
	let store = DirStore::new(network.store());
	publish_params(&store, base).await.unwrap();
	network
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_of_another_shape_is_no_reason_to_join() {
	// GIVEN a plan that takes the root of another model for its base, and that model in the store
	let mut other = whole();
	if let Model::Gpt(model) = &mut other.model {
		model.layers = 1;
	}
	let other = Engine::new(&other, 1).unwrap().init(&[8; 32]);
	let mut network = with_base(&other).await;
	// WHEN the workers look at it THEN nobody joins, and what is in the store stays there
	network.run_until(|chain| chain.head().number >= 6).await;
	assert_eq!(network.chain.members(), 0);
	let store = DirStore::new(network.store());
	assert!(store.path_of(&other.root()).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_whose_outputs_leave_the_range_is_no_reason_to_join() {
	// GIVEN a base of numbers that a model may have, and whose products are out of range
	let mut network = with_base(&out_of_range()).await;
	// WHEN the workers look at it THEN nobody promises what nobody can do
	network.run_until(|chain| chain.head().number >= 6).await;
	assert_eq!(network.chain.members(), 0);
}

/// A base of numbers that a model may have, and whose products are out of range.
pub(crate) fn out_of_range() -> Params {
	let (engine, base) = (Engine::new(&whole(), 1).unwrap(), base());
	let large = |bytes: &[u8]| match bytes {
		// Padding stays what it is.
		[0, 0, 0, 0] => [0; 4],
		_ => 2_f32.powi(49).to_le_bytes(),
	};
	let tensors = base
		.tensors()
		.map(|bytes| bytes.chunks(4).flat_map(large).collect());
	let tensors: Vec<Vec<u8>> = tensors.collect();
	Params::from_tensors(engine.program(), &tensors).unwrap()
}
