//! Three providers and three validators on one chain, run in turns.

use std::{future::Future, path::PathBuf, sync::Arc, time::Duration};

use assay_engine::Fault;
use assay_numerics::{samples, Decimal, Optimiser, StepPlan};
use assay_protocol::{
	Attempt, Balance, CheckpointRef, DataRef, JobId, JobState, Plan, Round, Shares, Slot, TaskKey,
	Terms, Windows,
};
use assay_worker::{
	account::Account,
	artifacts::{Artifacts, DirStore},
	base,
	chain::{Chain, Role},
	compute::Workload,
	config::{Cheat, Settings},
	data::DataFile,
	failpoint::Failpoints,
	keys::WorkerKey,
	local,
	provider::Provider,
	validator::Validator,
	worker::{Duty, Worker, WorkerError},
};

use crate::fake::Fake;

/// What a provider does that cheats in its first task.
pub(crate) const CHEAT: Cheat = Cheat {
	fault: Fault::NegateGradient { param: 1 },
	tasks: 1,
};

/// What a task pays: its price of 1,000 less the fee of 2 %.
pub(crate) const TASK_PAY: Balance = 980;

/// Blocks after which a job that does not end counts as stuck.
const MOST_BLOCKS: u32 = 600;

#[expect(
	clippy::large_enum_variant,
	reason = "there are six of them, for as long as a test"
)]
pub(crate) enum Runner {
	Provider(Provider<Fake, DirStore>),
	Validator(Validator<Fake, DirStore>),
}

/// A worker, how it is started again, and whether it runs.
pub(crate) struct Seat {
	role: Role,
	name: &'static str,
	pub(crate) failpoints: Failpoints,
	pub(crate) cheat: Option<Cheat>,
	pub(crate) is_on: bool,
	runner: Option<Runner>,
	pub(crate) deaths: u32,
}

pub(crate) struct Network {
	pub(crate) chain: Arc<Fake>,
	pub(crate) seats: Vec<Seat>,
	pub(crate) dir: tempfile::TempDir,
	pub(crate) plan: Plan,
	pub(crate) terms: Terms,
	data: PathBuf,
}

impl Network {
	/// Everybody honest and running.
	pub(crate) fn new() -> Self {
		Self::with(plan)
	}

	/// The same for a job with another plan for these data.
	pub(crate) fn with(plan: impl FnOnce(DataRef) -> Plan) -> Self {
		Self::of(plan, terms())
	}

	/// The same for other terms as well.
	pub(crate) fn of(plan: impl FnOnce(DataRef) -> Plan, terms: Terms) -> Self {
		let dir = tempfile::tempdir().unwrap();
		let data = dir.path().join("data");
		std::fs::write(&data, text(16_384)).unwrap();
		let plan = plan(DataFile::read(&data).unwrap().reference());
		let validators = ["//Alice", "//Bob", "//Charlie"];
		let providers = ["//Dave", "//Eve", "//Ferdie"];
		let accounts = validators.iter().map(|name| account(name)).collect();
		let chain = Arc::new(Fake::new(plan.clone(), terms, accounts));
		let seat = |role, name| Seat {
			role,
			name,
			failpoints: Failpoints::none(),
			cheat: None,
			is_on: true,
			runner: None,
			deaths: 0,
		};
		let seats = providers
			.map(|name| seat(Role::Provider, name))
			.into_iter()
			.chain(validators.map(|name| seat(Role::Validator, name)))
			.collect();
		Self {
			chain,
			seats,
			dir,
			plan,
			terms,
			data,
		}
	}

	/// Runs until the job has ended, everybody is paid and nothing is disputed.
	pub(crate) async fn run(&mut self) -> JobState {
		self.run_until(|chain| {
			!matches!(chain.job_state(), JobState::Open | JobState::Running)
				&& chain.unclaimed() == 0
				&& chain.disputes() == 0
		})
		.await;
		self.chain.job_state()
	}

	/// Runs until something holds. A worker that is killed is started again.
	pub(crate) async fn run_until(&mut self, done: impl Fn(&Fake) -> bool) {
		while !done(&self.chain) {
			let before = self.chain.head();
			assert!(
				before.number < MOST_BLOCKS,
				"stuck in {:?}",
				self.chain.phase()
			);
			for index in 0..self.seats.len() {
				if self.seats[index].is_on {
					self.turn(index).await;
				}
			}
			if self.chain.head() == before {
				self.chain.tick();
			}
		}
	}

	/// One worker looks at the chain until it has nothing to do.
	async fn turn(&mut self, index: usize) {
		if self.seats[index].runner.is_none() {
			self.seats[index].runner = Some(self.start(index).await);
		}
		let head = self.chain.head();
		let Some(runner) = self.seats[index].runner.as_mut() else {
			return;
		};
		let looked = match runner {
			Runner::Provider(duty) => look(duty, head).await,
			Runner::Validator(duty) => look(duty, head).await,
		};
		match looked {
			Ok(()) => {}
			Err(WorkerError::Killed(_)) => {
				self.seats[index].runner = None;
				self.seats[index].deaths += 1;
			}
			Err(error) if error.is_transient() => {}
			Err(error) => panic!("{} stopped: {error}", self.seats[index].name),
		}
	}

	/// A worker of somebody that is no part of the network, with a spool of its own.
	pub(crate) async fn outsider(&self, name: &str) -> Worker<Fake, DirStore> {
		let settings = Settings {
			dir: self
				.dir
				.path()
				.join(format!("audit{}", name.replace('/', "-"))),
			jobs: Vec::new(),
			min_price: 0,
			threads: 1,
			cheat: None,
		};
		let (store, data) = (
			DirStore::new(self.store()),
			DataFile::read(&self.data).unwrap(),
		);
		Worker::start(
			self.chain.clone(),
			Arc::new(store),
			WorkerKey::dev(name).unwrap(),
			Role::Provider,
			vec![data],
			settings,
			Failpoints::none(),
		)
		.await
		.unwrap()
	}

	async fn start(&self, index: usize) -> Runner {
		let seat = &self.seats[index];
		let settings = Settings {
			dir: self.dir.path().join(seat.name.trim_start_matches('/')),
			jobs: Vec::new(),
			min_price: 0,
			threads: 1,
			cheat: seat.cheat,
		};
		let worker = Worker::start(
			self.chain.clone(),
			Arc::new(DirStore::new(self.store())),
			WorkerKey::dev(seat.name).unwrap(),
			seat.role,
			vec![DataFile::read(&self.data).unwrap()],
			settings,
			seat.failpoints.clone(),
		)
		.await
		.unwrap();
		match seat.role {
			Role::Provider => Runner::Provider(Provider::new(worker)),
			Role::Validator => Runner::Validator(Validator::new(worker)),
		}
	}

	/// What the providers were paid, together.
	pub(crate) fn paid_to_providers(&self) -> Balance {
		let paid = self.chain.paid();
		let providers = self.seats.iter().filter(|seat| seat.role == Role::Provider);
		let paid = providers.filter_map(|seat| paid.get(&account(seat.name)));
		paid.sum()
	}

	pub(crate) fn store(&self) -> PathBuf {
		self.dir.path().join("store")
	}

	/// What an attempt at a task of the job has left.
	pub(crate) fn attempt(&self, round: Round, slot: Slot, attempt: Attempt) -> DirStore {
		let job = JobId(0);
		let key = TaskKey {
			job,
			round,
			slot,
			attempt,
		};
		DirStore::new(self.store()).of_task(&self.chain.genesis(), &key)
	}

	/// The files of the store, those of attempts as well.
	pub(crate) fn files(&self) -> Vec<PathBuf> {
		let mut found = Vec::new();
		let mut folders = vec![self.store()];
		while let Some(folder) = folders.pop() {
			for entry in std::fs::read_dir(folder).into_iter().flatten() {
				let path = entry.unwrap().path();
				match path.is_dir() {
					true => folders.push(path),
					false => found.push(path),
				}
			}
		}
		found.sort();
		found
	}

	/// The plan, ready to be trained here.
	pub(crate) async fn workload(&self) -> Workload {
		let data = DataFile::read(&self.data).unwrap();
		let store = DirStore::new(self.store());
		let base = base::fetch(&store, &self.plan).await.unwrap();
		Workload::prepare_with(self.plan.clone(), data.bytes(), base, 1)
			.await
			.unwrap()
	}

	/// The checkpoint of the same plan trained without a chain.
	pub(crate) async fn expected(&self) -> [u8; 32] {
		let workload = self.workload().await;
		let (rounds, tasks) = (self.terms.rounds, self.terms.tasks);
		local::train(&workload, rounds, tasks, |_| {})
			.await
			.unwrap()
			.checkpoint
	}
}

pub(crate) async fn look<D: Duty>(
	duty: &mut D,
	head: assay_worker::chain::Head,
) -> Result<(), WorkerError> {
	duty.on_block(head).await?;
	while duty.is_busy() {
		within(duty.work_done()).await;
		duty.on_block(head).await?;
	}
	Ok(())
}

async fn within<T>(work: impl Future<Output = T>) -> T {
	tokio::time::timeout(Duration::from_secs(60), work)
		.await
		.expect("work ends in a minute")
}

pub(crate) fn account(name: &str) -> Account {
	WorkerKey::dev(name).unwrap().account()
}

/// Text with something to learn in it.
pub(crate) fn text(bytes: usize) -> Vec<u8> {
	"the cat sat on the mat and the dog ran. "
		.bytes()
		.cycle()
		.take(bytes)
		.collect()
}

pub(crate) fn plan(data: DataRef) -> Plan {
	let mut step = samples::byte_mlp(4, 16, &[16], 16);
	let Optimiser::AdamW(adam) = &mut step.optimiser;
	adam.learning_rate = Decimal::new(1, -2);
	plan_of(step, data, 256)
}

/// A plan of this step, begun by a seed.
pub(crate) fn plan_of(step: StepPlan, data: DataRef, eval_rows: u32) -> Plan {
	let engine = assay_engine::Engine::new(&step, 1).unwrap();
	let seed = [7; 32];
	Plan {
		parent: CheckpointRef {
			root: engine.init(&seed).root(),
			bytes: engine.program().checkpoint_bytes(),
		},
		step,
		data,
		steps: 2,
		stride: 2,
		seed,
		eval_rows,
	}
}

pub(crate) fn terms() -> Terms {
	Terms {
		price: 1_000,
		task_stake: 1_000,
		tasks: 3,
		rounds: 2,
		providers: 3,
		committee: 3,
		quorum: 2,
		audit_floor_ppm: 1_000_000,
		harm: 0,
		windows: Windows {
			open: 50,
			train: 30,
			reveal: 30,
			assay: 30,
			unseal: 30,
			close: 30,
			challenge: 0,
		},
		shares: Shares {
			compute: 200_000,
			data: 0,
			validation: 800_000,
		},
	}
}
