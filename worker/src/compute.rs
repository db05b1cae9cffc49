//! The engine, run off the async threads, with what it needs for one plan at hand.

mod ending;
mod segments;

pub use self::{ending::Ending, segments::Start};

use std::{
	collections::HashMap,
	sync::{Arc, Mutex},
};

use assay_engine::{Engine, EngineError, Fault, Params, Score, TaskInput, TaskOutput};
use assay_numerics::{referee::WitnessError, Loss, Root, ZERO_ROOT};
use assay_protocol::{plan_id, Plan, Round, Slot, TaskReveal, Work};
use bounded_collections::BoundedVec;

use crate::{
	artifacts::{fetch_params, Artifacts, CheckpointError},
	roots::Hex32,
	system,
};

/// How many checkpoints are kept in memory: the round's parent and those of two neighbours.
const KEPT: usize = 3;

/// Why a plan cannot be worked on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComputeError {
	/// The engine refuses the plan or the step.
	#[error("the engine refuses: {0}")]
	Engine(#[from] EngineError),
	/// A tensor of a step that ends is not there.
	#[error("the end of the training cannot be shown: {0}")]
	Witness(#[from] WitnessError),
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
	/// The plan needs more memory than there is.
	#[error(
		"a step of the plan needs {needed} MB of memory, and {available} MB are free: free some, or take \
		 a smaller plan"
	)]
	Memory {
		/// Megabytes that the tensors of a step take.
		needed: u64,
		/// Megabytes that the system says are free.
		available: u64,
	},
}

/// Refuses before anything is allocated: a system that has promised too much ends processes instead.
pub(crate) fn check_memory(bytes: u64) -> Result<(), ComputeError> {
	match system::free_kib() {
		Some(free) if bytes >> 10 > free => Err(ComputeError::Memory {
			needed: bytes >> 20,
			available: free >> 10,
		}),
		_ => Ok(()),
	}
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
	/// Prepares a plan without adapters: see [`prepare_with`](Self::prepare_with).
	pub async fn prepare(
		plan: Plan,
		data: Arc<Vec<u8>>,
		threads: usize,
	) -> Result<Self, ComputeError> {
		Self::prepare_with(plan, data, None, threads).await
	}

	/// Prepares a plan, with the model that its adapters belong to if it has any: what
	/// [`base::fetch`](crate::base::fetch) gives. Recomputes its first checkpoint and refuses a plan
	/// that names another.
	pub async fn prepare_with(
		plan: Plan,
		data: Arc<Vec<u8>>,
		base: Option<Arc<Params>>,
		threads: usize,
	) -> Result<Self, ComputeError> {
		off_thread(move || {
			let mut engine = Engine::new(&plan.step, threads)?;
			let mut needed = engine.memory_needed();
			if let Some(base) = base {
				// It is in memory already.
				needed = needed.saturating_sub(engine.base_bytes());
				engine = engine.with_base(base)?;
			}
			check_memory(needed)?;
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

	/// Looks at all of the data: before a task is promised, not before each is trained.
	pub async fn check_data(&self) -> Result<(), ComputeError> {
		let shared = self.shared.clone();
		off_thread(move || Ok(shared.engine.check_data(&shared.data)?)).await
	}

	/// Sends one held-out example through the model that adapters belong to, if they are trained: a base
	/// whose outputs leave the range fails every task, through no fault of whoever took it.
	pub async fn check_base(&self) -> Result<(), ComputeError> {
		let shared = self.shared.clone();
		off_thread(move || {
			if shared.engine.base_bytes() > 0 {
				let first = shared.engine.init(&shared.plan.seed);
				shared.engine.try_out(&first, &shared.data)?;
			}
			Ok(())
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

	/// The data.
	pub fn data(&self) -> &[u8] {
		&self.shared.data
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

	/// A checkpoint of the plan: at hand, or from the store and kept at hand.
	///
	/// # Errors
	/// A checkpoint that the store does not have, or not a sound one.
	pub async fn fetch<A: Artifacts>(
		&self,
		store: &A,
		root: Root,
	) -> Result<Arc<Params>, CheckpointError> {
		if let Some(params) = self.cached(root) {
			return Ok(params);
		}
		let params = Arc::new(fetch_params(store, self.engine().program(), root).await?);
		self.keep(root, params.clone());
		Ok(params)
	}

	/// The checkpoint after a round, kept at hand, and its loss on the held-out set. The accepted
	/// updates come in slot order.
	pub async fn next(
		&self,
		parent: Arc<Params>,
		updates: Vec<Params>,
	) -> Result<(Arc<Params>, Loss), ComputeError> {
		let params = Arc::new(self.aggregate(parent, updates).await?);
		self.keep(params.root(), params.clone());
		let loss = self.evaluate(params.clone()).await?;
		Ok((params, loss))
	}

	/// Trains one task.
	pub async fn train(
		&self,
		parent: Arc<Params>,
		position: Position,
		fault: Option<Fault>,
	) -> Result<TaskOutput, ComputeError> {
		let shared = self.shared.clone();
		off_thread(move || {
			let task = TaskInput {
				fault,
				..shared.task(&parent, position)
			};
			Ok(shared.engine.train(&task, &mut |_| {})?)
		})
		.await
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

	/// [`evaluate`](Self::evaluate), and the accuracy on the same rows.
	pub async fn score(&self, params: Arc<Params>) -> Result<Score, ComputeError> {
		let shared = self.shared.clone();
		off_thread(move || {
			Ok(shared
				.engine
				.score(&params, &shared.data, shared.plan.eval_rows)?)
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
	/// A whole task from these parameters.
	fn task<'a>(&'a self, parent: &'a Params, position: Position) -> TaskInput<'a> {
		TaskInput {
			parent,
			data: &self.data,
			seed: self.plan.seed,
			round: position.round,
			slot: position.slot,
			steps: self.plan.steps,
			stride: self.plan.stride,
			part: None,
			fault: None,
		}
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

	/// Drops a plan that cannot be worked on.
	pub fn remove(&mut self, plan: &Plan) {
		self.0.remove(&plan_id(plan));
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

/// What a provider shows of a task that it trained.
pub fn reveal_of(output: &TaskOutput, salt: [u8; 32]) -> TaskReveal {
	TaskReveal {
		// A plan whose trace has no room is refused by the chain.
		trace: BoundedVec::truncate_from(output.trace.clone()),
		update_root: output.params.root(),
		moments_root: output.moments_root,
		// In this version a slot carries nothing from round to round.
		slot_root: ZERO_ROOT,
		loss: output.loss,
		salt,
	}
}

/// What a validator that trained the same task expects the chain to have been shown.
pub fn work_of(output: &TaskOutput) -> Work {
	reveal_of(output, [0; 32]).work()
}

#[cfg(test)]
mod tests {
	use assay_numerics::{samples, state_root};

	use super::*;

	fn output() -> (Root, TaskOutput) {
		let step = samples::byte_mlp(4, 16, &[16], 16);
		let engine = Engine::new(&step, 1).expect("the plan is in range");
		let parent = engine.init(&[5; 32]);
		let data: Vec<u8> = (0..4_096_u32).map(|i| (i * i % 251) as u8).collect();
		let input = TaskInput {
			parent: &parent,
			data: &data,
			seed: [5; 32],
			round: 0,
			slot: 0,
			steps: 2,
			stride: 2,
			part: None,
			fault: None,
		};
		let output = engine.train(&input, &mut |_| {}).expect("it trains");
		(parent.root(), output)
	}

	#[test]
	fn moments_that_nobody_computed_are_not_the_work_that_a_validator_expects() {
		// GIVEN honest work, whose reveal the chain takes and a validator agrees with
		let (parent, output) = output();
		let honest = reveal_of(&output, [1; 32]);
		assert!(honest.trace_agrees(1, &parent, &ZERO_ROOT));
		assert_eq!(honest.work(), work_of(&output));
		// WHEN only the moments are made up, and the trace is made to fit them
		let mut forged = TaskReveal {
			moments_root: [9; 32],
			..honest
		};
		forged.trace = BoundedVec::truncate_from(vec![
			state_root(parent, ZERO_ROOT, ZERO_ROOT),
			state_root(forged.update_root, forged.moments_root, ZERO_ROOT),
		]);
		// THEN the chain cannot tell, but the validator can
		assert!(forged.trace_agrees(1, &parent, &ZERO_ROOT));
		assert_ne!(forged.work(), work_of(&output));
	}
}
