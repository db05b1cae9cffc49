//! A whole local network under one supervisor, and the main job on it.

mod finish;
mod follow;
mod network;
mod prepare;
mod progress;
mod report;
mod supervisor;
mod tally;

use std::{future::Future, io, path::PathBuf, time::Instant};

use assay_protocol::{Balance, Plan, Terms};
use tokio::sync::mpsc;

pub(crate) use self::prepare::MAIN_JOB;
use self::{
	network::Network,
	prepare::{empty, job_of, names},
	progress::Progress,
	supervisor::{Note, Supervisor},
	tally::Tally,
};
use crate::{
	artifacts::{ArtifactError, Artifacts, CheckpointError, DirStore},
	chain::{ChainError, JobView, SubmitError},
	compute::ComputeError,
	data::{DataError, DataFile},
	keys::KeyError,
	model::ModelError,
	plan_file::PlanFileError,
	submitter::SubmitterError,
};

/// What a demo is told.
#[derive(Debug, Clone)]
pub struct DemoSettings {
	/// Where chains, logs, store and model go.
	pub base: PathBuf,
	/// The node's program.
	pub node_program: PathBuf,
	/// This program.
	pub assay_program: PathBuf,
	/// The data to train on.
	pub data: PathBuf,
	/// Another plan than the main job's.
	pub plan: Option<PathBuf>,
	/// Another number of rounds.
	pub rounds: Option<u32>,
	/// Another number of tasks per round.
	pub tasks: Option<u32>,
	/// Another number of steps per task.
	pub steps: Option<u32>,
	/// Whether the first provider cheats.
	pub cheat: bool,
	/// How many tasks it falsifies.
	pub cheat_tasks: usize,
	/// Where to write the report; `-` is the standard output.
	pub json: Option<PathBuf>,
}

/// Why a demo did not end well.
#[derive(Debug, thiserror::Error)]
#[expect(
	missing_docs,
	reason = "the lower errors are described where they are made"
)]
#[non_exhaustive]
pub enum DemoError {
	#[error("{path}: {source}")]
	Io { path: PathBuf, source: io::Error },
	#[error("{0}: not empty and not made by a demo: choose another --base")]
	NotOurs(PathBuf),
	#[error("the plan trains adapters, and a demo starts with an empty store: post it on a network of your own with `assay job submit --base`")]
	Adapters,
	#[error("no free port from {0} on: stop what uses them")]
	NoPort(u16),
	#[error("no program {0}: build the node, or name it with --node-program")]
	NoNode(PathBuf),
	#[error("no block after {seconds} s: see {log}")]
	NoBlock { seconds: u64, log: PathBuf },
	#[error("{name} keeps ending ({status}): see {log}")]
	GivenUp {
		name: String,
		status: String,
		log: PathBuf,
	},
	#[error("job {job} ended as {state}: see the logs in {logs}")]
	JobEnded {
		job: u64,
		state: String,
		logs: PathBuf,
	},
	#[error("job {job} still owes {unclaimed} after {blocks} blocks: see the logs in {logs}")]
	Unclaimed {
		job: u64,
		unclaimed: Balance,
		blocks: u32,
		logs: PathBuf,
	},
	#[error("a dispute about job {job} is open {blocks} blocks after the job ended: see the logs in {logs}")]
	Undecided {
		job: u64,
		blocks: u32,
		logs: PathBuf,
	},
	#[error("stopped before the job ended")]
	Stopped,
	#[error(transparent)]
	Plan(#[from] PlanFileError),
	#[error(transparent)]
	Data(#[from] DataError),
	#[error(transparent)]
	Artifact(#[from] ArtifactError),
	#[error(transparent)]
	Checkpoint(#[from] CheckpointError),
	#[error(transparent)]
	Compute(#[from] ComputeError),
	#[error(transparent)]
	Key(#[from] KeyError),
	#[error(transparent)]
	Chain(#[from] ChainError),
	#[error(transparent)]
	Submit(#[from] SubmitError),
	#[error(transparent)]
	Submitter(#[from] SubmitterError),
	#[error(transparent)]
	Model(#[from] ModelError),
}

/// Runs the demo until the job is paid, or until `stop` resolves. Either way, every process it
/// started has ended when it returns.
pub async fn run(settings: DemoSettings, stop: impl Future<Output = ()>) -> Result<(), DemoError> {
	let started = Instant::now();
	let demo = Demo::prepare(settings)?;
	let (mut supervisor, mut notes) = Supervisor::new(demo.logs())?;
	let mut stop = std::pin::pin!(stop);
	let result = tokio::select! {
		biased;
		() = &mut stop => Err(DemoError::Stopped),
		result = demo.run(&mut supervisor, &mut notes, started) => result,
	};
	supervisor.stop().await;
	result
}

struct Demo {
	settings: DemoSettings,
	network: Network,
	plan: Plan,
	terms: Terms,
	data: DataFile,
}

/// What is at hand when the job is over.
struct Ended {
	view: JobView,
	tally: Tally,
}

impl Demo {
	fn prepare(settings: DemoSettings) -> Result<Self, DemoError> {
		if !settings.node_program.is_file() {
			return Err(DemoError::NoNode(settings.node_program));
		}
		let data = DataFile::read(&settings.data)?;
		let (plan, terms) = job_of(&settings, &data)?;
		empty(&settings.base)?;
		let network = Network::plan(&settings.base)?;
		Ok(Self {
			settings,
			network,
			plan,
			terms,
			data,
		})
	}

	fn logs(&self) -> PathBuf {
		self.settings.base.join("logs")
	}

	async fn run(
		&self,
		supervisor: &mut Supervisor,
		notes: &mut mpsc::Receiver<Note>,
		started: Instant,
	) -> Result<(), DemoError> {
		let progress = Progress::new(names()?, self.terms.rounds, self.terms.tasks);
		progress.say(&format!(
			"starting three nodes; logs are in {}",
			self.logs().display()
		));
		for node in self.network.nodes(&self.settings) {
			supervisor.start(node)?;
		}
		let store = DirStore::new(self.network.store());
		store
			.publish(self.plan.data.root, &self.settings.data)
			.await?;
		let (chain, first) = self.first_block(supervisor, notes, &progress).await?;
		progress.say("blocks are coming; starting three providers and three validator workers");
		for worker in self.network.workers(&self.settings) {
			supervisor.start(worker)?;
		}
		self.write_network(supervisor)?;
		let (job, posted) = self.post(&chain, first, &progress).await?;
		let ended = self
			.follow(&chain, job, posted, supervisor, notes, &progress)
			.await?;
		self.finish(&chain, &store, ended, supervisor, &progress, started)
			.await
	}
}
