//! The engine, run off the async threads, with what it needs for one plan at hand.

use std::{
	collections::HashMap,
	sync::{Arc, Mutex},
};

use assay_engine::{Engine, EngineError, Fault, Params, TaskInput, TaskOutput};
use assay_numerics::{Loss, Root};
use assay_protocol::{plan_id, Plan, Round, Slot};

use crate::roots::Hex32;

/// How many checkpoints are kept in memory: the round's parent and those of two neighbours.
const KEPT: usize = 3;

/// Why a plan cannot be worked on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComputeError {
	/// The engine refuses the plan or the step.
	#[error("the engine refuses: {0}")]
	Engine(#[from] EngineError),
	/// The plan's parent is not what its seed gives.
	#[error(
		"the plan's parent {given} is not the first checkpoint of its seed, which is {expected}"
	)]
	BadPlan {
		/// What the plan says.
		given: Hex32,
		/// What the seed gives.
		expected: Hex32,
	},
}

/// A plan, its engine and its data. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Workload {
	shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
	id: [u8; 32],
	plan: Plan,
	engine: Engine,
	data: Arc<Vec<u8>>,
	params: Mutex<Vec<(Root, Arc<Params>)>>,
}

/// Names one task for the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
	/// The round.
	pub round: Round,
	/// The slot.
	pub slot: Slot,
}

impl Workload {
	/// Prepares a plan. Recomputes its first checkpoint and refuses a plan that names another.
	pub async fn prepare(
		plan: Plan,
		data: Arc<Vec<u8>>,
		threads: usize,
	) -> Result<Self, ComputeError> {
		off_thread(move || {
			let engine = Engine::new(&plan.step, threads)?;
			let first = engine.init(&plan.seed);
			let root = first.root();
			if root != plan.parent.root {
				return Err(ComputeError::BadPlan {
					given: Hex32(plan.parent.root),
					expected: Hex32(root),
				});
			}
			let params = Mutex::new(vec![(root, Arc::new(first))]);
			let id = plan_id(&plan);
			Ok(Self {
				shared: Arc::new(Shared {
					id,
					plan,
					engine,
					data,
					params,
				}),
			})
		})
		.await
	}

	/// The hash of the plan.
	pub fn id(&self) -> [u8; 32] {
		self.shared.id
	}

	/// The plan.
	pub fn plan(&self) -> &Plan {
		&self.shared.plan
	}

	/// The engine.
	pub fn engine(&self) -> &Engine {
		&self.shared.engine
	}

	/// Parameters that are at hand.
	pub fn cached(&self, root: Root) -> Option<Arc<Params>> {
		let cache = self
			.shared
			.params
			.lock()
			.unwrap_or_else(|poison| poison.into_inner());
		cache
			.iter()
			.find(|(at, _)| *at == root)
			.map(|(_, params)| params.clone())
	}

	/// Keeps parameters at hand; the oldest go.
	pub fn keep(&self, root: Root, params: Arc<Params>) {
		let mut cache = self
			.shared
			.params
			.lock()
			.unwrap_or_else(|poison| poison.into_inner());
		cache.retain(|(at, _)| *at != root);
		cache.push((root, params));
		let excess = cache.len().saturating_sub(KEPT);
		cache.drain(..excess);
	}

	/// Trains one task.
	pub async fn train(
		&self,
		parent: Arc<Params>,
		position: Position,
		fault: Option<Fault>,
	) -> Result<TaskOutput, ComputeError> {
		let shared = self.shared.clone();
		off_thread(move || Ok(shared.train(&parent, position, fault)?)).await
	}

	/// The loss of parameters on the plan's held-out set.
	pub async fn evaluate(&self, params: Arc<Params>) -> Result<Loss, ComputeError> {
		let shared = self.shared.clone();
		off_thread(move || {
			Ok(shared
				.engine
				.evaluate(&params, &shared.data, shared.plan.eval_rows)?)
		})
		.await
	}

	/// The next checkpoint from the accepted updates, in slot order.
	pub async fn aggregate(
		&self,
		parent: Arc<Params>,
		updates: Vec<Params>,
	) -> Result<Params, ComputeError> {
		let shared = self.shared.clone();
		off_thread(move || Ok(shared.engine.aggregate(&parent, &updates)?)).await
	}
}

impl Shared {
	fn train(
		&self,
		parent: &Params,
		position: Position,
		fault: Option<Fault>,
	) -> Result<TaskOutput, EngineError> {
		let input = TaskInput {
			parent,
			data: &self.data,
			seed: self.plan.seed,
			round: position.round,
			slot: position.slot,
			steps: self.plan.steps,
			fault,
		};
		self.engine.train(&input, &mut |_| {})
	}
}

/// Prepared plans, by id. A worker has few at a time.
#[derive(Debug, Default)]
pub struct Workloads(HashMap<[u8; 32], Workload>);

impl Workloads {
	/// The prepared plan, if it is there.
	pub fn get(&self, plan: &Plan) -> Option<Workload> {
		self.0.get(&plan_id(plan)).cloned()
	}

	/// Keeps a prepared plan.
	pub fn insert(&mut self, workload: Workload) {
		self.0.insert(workload.id(), workload);
	}

	/// Drops the plans of jobs that are over.
	pub fn retain(&mut self, live: &[[u8; 32]]) {
		self.0.retain(|id, _| live.contains(id));
	}
}

/// Runs something heavy where it blocks no timer and no socket.
pub async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
	match tokio::task::spawn_blocking(work).await {
		Ok(value) => value,
		Err(error) => std::panic::resume_unwind(error.into_panic()),
	}
}
