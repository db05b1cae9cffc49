//! A whole local network under one supervisor, and the main job on it.

mod network;
mod progress;
mod report;
mod supervisor;
mod tally;

use std::{
	collections::BTreeMap,
	fs,
	future::Future,
	io,
	path::{Path, PathBuf},
	sync::Arc,
	time::{Duration, Instant},
};

use assay_protocol::{Balance, JobId, Plan, Terms};
use tokio::sync::mpsc;

use self::{
	network::{Network, PROVIDERS, SUBMITTER, VALIDATORS},
	progress::Progress,
	report::{Paid, Report},
	supervisor::{Note, Supervisor},
	tally::Tally,
};
use crate::{
	account::Account,
	artifacts::{fetch_params, ArtifactError, Artifacts, CheckpointError, DirStore},
	chain::{
		is_final, rpc::Rpc, state_word, Call, Chain, ChainError, Event, Head, JobState, JobView,
		Refused, SubmitError,
	},
	compute::{ComputeError, Workload},
	data::{DataError, DataFile},
	keys::{KeyError, WorkerKey},
	model::{self, ModelError, Origin},
	plan_file::{PlanFile, PlanFileError},
	roots::Hex32,
};

/// The plan and terms of the main job.
const MAIN_JOB: &str = include_str!("demo/main-job.json");
/// Says that a directory may be emptied by the next demo.
const MARKER: &str = ".assay-demo";
/// How long nodes may take until the first block.
const START_SECONDS: u64 = 180;
/// Blocks that are shown again if they were replaced.
const LOOK_BACK: u32 = 3;
/// Blocks that workers get to claim their own pay before the demo does it for them.
const CLAIM_BLOCKS: u32 = 6;
/// Blocks after which an unpaid credit is an error.
const MOST_CLAIM_BLOCKS: u32 = 40;

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
	#[error("the posted job was not found in block {0}: the node answers for another chain")]
	NotPosted(u32),
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
	Refused(#[from] Refused),
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

	/// Waits for the first node and its first blocks.
	async fn first_block(
		&self,
		supervisor: &Supervisor,
		notes: &mut mpsc::Receiver<Note>,
		progress: &Progress,
	) -> Result<(Arc<Rpc>, Head), DemoError> {
		let url = self.network.url(0);
		let blocks = async {
			loop {
				match Rpc::connect(&url).await {
					Ok(chain) => {
						let mut head = chain.next_head(None).await?;
						while head.number == 0 {
							head = chain.next_head(Some(head)).await?;
						}
						return Ok((Arc::new(chain), head));
					}
					Err(error) if error.is_transient() => {
						tokio::time::sleep(Duration::from_millis(300)).await;
					}
					Err(error) => return Err(DemoError::from(error)),
				}
			}
		};
		let timeout = tokio::time::sleep(Duration::from_secs(START_SECONDS));
		tokio::pin!(blocks, timeout);
		loop {
			tokio::select! {
				found = &mut blocks => return found,
				() = &mut timeout => return Err(DemoError::NoBlock {
					seconds: START_SECONDS,
					log: supervisor.log_of("node-alice"),
				}),
				Some(note) = notes.recv() => self.take_note(note, supervisor, progress)?,
			}
		}
	}

	async fn post(
		&self,
		chain: &Rpc,
		first: Head,
		progress: &Progress,
	) -> Result<(JobId, Head), DemoError> {
		let key = WorkerKey::dev(&format!("//{SUBMITTER}"))?;
		let mut head = first;
		loop {
			let call = Call::PostJob {
				plan: Box::new(self.plan.clone()),
				terms: Box::new(self.terms),
			};
			match chain.submit(&key, vec![call]).await {
				Ok(receipt) => {
					let at = receipt.all_done()?;
					let job = chain
						.events(at)
						.await?
						.into_iter()
						.find_map(|event| match event {
							Event::JobPosted { job, .. } => Some(job),
							_ => None,
						});
					let job = job.ok_or(DemoError::NotPosted(at.number))?;
					progress.say(&format!("job {} is posted", job.0));
					return Ok((job, at));
				}
				Err(error) if error.is_transient() => head = chain.next_head(Some(head)).await?,
				Err(error) => return Err(error.into()),
			}
		}
	}

	/// Shows the job until it has ended and every credit is paid out.
	async fn follow(
		&self,
		chain: &Rpc,
		job: JobId,
		posted: Head,
		supervisor: &Supervisor,
		notes: &mut mpsc::Receiver<Note>,
		progress: &Progress,
	) -> Result<Ended, DemoError> {
		let mut head = posted;
		let mut ended_at = None;
		let mut pulse = tokio::time::interval(Duration::from_secs(1));
		loop {
			let next = tokio::select! {
				next = chain.next_head(Some(head)) => next,
				Some(note) = notes.recv() => {
					self.take_note(note, supervisor, progress)?;
					self.write_network(supervisor)?;
					continue;
				},
				_ = pulse.tick() => {
					supervisor.measure();
					continue;
				},
			};
			let looked = match next {
				Ok(next) => {
					let shown = self.show(chain, job, head, next, progress).await;
					head = next;
					shown
				}
				Err(error) => Err(error),
			};
			let view = match looked {
				Ok(view) => view,
				Err(error) if error.is_transient() => continue,
				Err(error) => return Err(error.into()),
			};
			if !is_final(view.state) {
				continue;
			}
			let since = *ended_at.get_or_insert(head.number);
			if self.is_settled(chain, &view, head, since).await? {
				let tally = self.count(chain, job, posted, head).await?;
				return Ok(Ended { view, tally });
			}
		}
	}

	/// Shows what the blocks after one and up to another brought.
	async fn show(
		&self,
		chain: &Rpc,
		job: JobId,
		after: Head,
		upto: Head,
		progress: &Progress,
	) -> Result<JobView, ChainError> {
		// A block that was shown may have been replaced: the last few are looked at again.
		let from = after.number.saturating_sub(LOOK_BACK).max(1);
		for number in from..=upto.number {
			if let Some(block) = chain.block(number).await? {
				for event in chain.events(block).await? {
					if event.job() == job {
						progress.event(&event);
					}
				}
			}
		}
		let gone = || ChainError::Broken {
			what: "the job",
			reason: "it is gone".into(),
		};
		let view = chain.job(upto, job).await?.ok_or_else(gone)?;
		let round = chain.round(upto, job).await?;
		progress.state(upto, &view, round.as_ref());
		Ok(view)
	}

	/// Whether everything is paid out. Workers claim for themselves; what they leave, and the
	/// submitter's refund, is claimed here.
	async fn is_settled(
		&self,
		chain: &Rpc,
		view: &JobView,
		head: Head,
		since: u32,
	) -> Result<bool, DemoError> {
		if view.state == JobState::Settled || view.ledger.unclaimed == 0 {
			return Ok(true);
		}
		let waited = head.number.saturating_sub(since);
		if waited > MOST_CLAIM_BLOCKS {
			return Err(DemoError::Unclaimed {
				job: view.job.0,
				unclaimed: view.ledger.unclaimed,
				blocks: waited,
				logs: self.logs(),
			});
		}
		let mut wanted = vec![view.owner];
		if waited >= CLAIM_BLOCKS {
			wanted.extend(
				names()?
					.into_keys()
					.filter(|account| *account != view.owner),
			);
		}
		let mut beneficiaries = Vec::new();
		for account in wanted {
			if chain.claimable(head, view.job, account).await? > 0 {
				beneficiaries.push(account);
			}
		}
		if !beneficiaries.is_empty() {
			let key = WorkerKey::dev(&format!("//{SUBMITTER}"))?;
			let call = Call::Claim {
				job: view.job,
				beneficiaries,
			};
			match chain.submit(&key, vec![call]).await {
				Ok(_) => {}
				Err(error) if error.is_transient() => {}
				Err(error) => return Err(error.into()),
			}
		}
		Ok(false)
	}

	/// Counts the events of the best chain once more, from the posting on: what was shown may have
	/// been in a block that is gone.
	async fn count(
		&self,
		chain: &Rpc,
		job: JobId,
		first: Head,
		last: Head,
	) -> Result<Tally, DemoError> {
		let mut tally = Tally::default();
		for number in first.number..=last.number {
			if let Some(block) = chain.block(number).await? {
				for event in chain.events(block).await? {
					tally.note(job, &event);
				}
			}
		}
		Ok(tally)
	}

	async fn finish(
		&self,
		chain: &Rpc,
		store: &DirStore,
		ended: Ended,
		supervisor: &Supervisor,
		progress: &Progress,
		started: Instant,
	) -> Result<(), DemoError> {
		let Ended { view, tally } = ended;
		let head = chain.next_head(None).await?;
		let records = chain.rounds(head, view.job).await?;
		let workload = Workload::prepare(self.plan.clone(), self.data.bytes(), 1).await?;
		let first = Arc::new(workload.engine().init(&self.plan.seed));
		let loss_first = workload.evaluate(first).await?;
		let last = records.last();
		let loss_last = last.map_or(loss_first, |record| record.loss);
		let checkpoint = last.map_or(self.plan.parent.root, |record| record.checkpoint);
		let params = fetch_params(store, workload.engine().program(), checkpoint).await?;
		let origin = Origin {
			job: Some(view.job.0),
			rounds: view.round,
			loss: loss_last,
		};
		let model_dir = self.settings.base.join("model");
		model::write(&model_dir, &self.plan, &params, origin)?;
		supervisor.measure();
		let is_complete = records.len() == self.terms.rounds as usize;
		let state = match view.state {
			// Paid out to the last unit, after all its rounds.
			JobState::Settled if is_complete => JobState::Completed,
			state => state,
		};
		let report = Report {
			job_id: view.job.0,
			state: state_word(state).to_owned(),
			rounds: view.round,
			tasks_accepted: tally.accepted,
			tasks_rejected: tally.rejected,
			verdicts: tally.verdicts,
			loss_first: loss_first.to_nats(),
			loss_last: loss_last.to_nats(),
			unigram_entropy: report::unigram_entropy(&self.data.bytes()),
			escrow: view.ledger.escrow.to_string(),
			paid: Paid::of(&view.ledger),
			refunded: view.ledger.refunded.to_string(),
			fees: view.ledger.fees.to_string(),
			slashed: view.ledger.slashed.to_string(),
			checkpoint: Hex32(checkpoint),
			wall_seconds: (started.elapsed().as_secs_f64() * 10.0).round() / 10.0,
			peak_mb: supervisor.peaks_mb(),
		};
		let prompt = b"/// Returns the ";
		let sample = workload
			.engine()
			.generate(&params, prompt, 240, 0.6, &self.plan.seed);
		let sample = sample.map_err(ComputeError::from)?;
		progress.end(&format!(
			"{}\n\n{}\n\n{}\n\nsample:\n{}{}\n\nmodel: {} (check it with `assay model eval`)\n",
			report::earnings(&tally, &names()?),
			report::books(&view.ledger),
			report::curve(loss_first.to_nats(), &records),
			report::printable(prompt),
			report::printable(&sample),
			model_dir.display(),
		));
		self.write_report(&report)?;
		if !is_complete {
			return Err(DemoError::JobEnded {
				job: view.job.0,
				state: report.state,
				logs: self.logs(),
			});
		}
		Ok(())
	}

	fn write_report(&self, report: &Report) -> Result<(), DemoError> {
		let Some(path) = &self.settings.json else {
			return Ok(());
		};
		let io = |source| DemoError::Io {
			path: path.clone(),
			source,
		};
		let text = serde_json::to_string_pretty(report).map_err(|error| io(error.into()))?;
		if path == Path::new("-") {
			println!("{text}");
			return Ok(());
		}
		fs::write(path, text + "\n").map_err(io)
	}

	/// Tells other programs, such as tests, where nodes listen and which processes run.
	fn write_network(&self, supervisor: &Supervisor) -> Result<(), DemoError> {
		let value = serde_json::json!({
			"nodes": [self.network.url(0), self.network.url(1), self.network.url(2)],
			"store": self.network.store(),
			"pids": supervisor.pids(),
		});
		let path = self.settings.base.join("network.json");
		let temporary = path.with_extension("tmp");
		let io = |source| DemoError::Io {
			path: path.clone(),
			source,
		};
		fs::write(&temporary, value.to_string()).map_err(io)?;
		fs::rename(&temporary, &path).map_err(io)
	}

	fn take_note(
		&self,
		note: Note,
		supervisor: &Supervisor,
		progress: &Progress,
	) -> Result<(), DemoError> {
		match note {
			Note::Restarted { name, status } => {
				progress.say(&format!("{name} ended ({status}) and is started again"));
				Ok(())
			}
			Note::GivenUp { name, status } => {
				let log = supervisor.log_of(&name);
				Err(DemoError::GivenUp { name, status, log })
			}
		}
	}
}

/// Plan and terms: the main job, or what the settings say instead.
fn job_of(settings: &DemoSettings, data: &DataFile) -> Result<(Plan, Terms), DemoError> {
	let mut file = match &settings.plan {
		Some(path) => PlanFile::read(path)?,
		None => serde_json::from_str(MAIN_JOB).map_err(|error| PlanFileError::Json {
			path: "the built-in main job".into(),
			reason: error.to_string(),
		})?,
	};
	file.steps = settings.steps.unwrap_or(file.steps);
	if let Some(terms) = &mut file.terms {
		terms.rounds = settings.rounds.unwrap_or(terms.rounds);
		terms.tasks = settings.tasks.unwrap_or(terms.tasks);
	}
	let plan = file.plan(Some(data.reference()))?;
	let (terms, _) = file.terms(&plan)?;
	Ok((plan, terms))
}

/// Empties the directory of an earlier demo, or makes a new one. Never touches another's.
fn empty(base: &Path) -> Result<(), DemoError> {
	let io = |source| DemoError::Io {
		path: base.to_owned(),
		source,
	};
	if base.exists() {
		let is_used = fs::read_dir(base).map_err(io)?.next().is_some();
		if is_used && !base.join(MARKER).exists() {
			return Err(DemoError::NotOurs(base.to_owned()));
		}
		for part in ["nodes", "workers", "store", "logs", "model"] {
			match fs::remove_dir_all(base.join(part)) {
				Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
				_ => {}
			}
		}
	}
	fs::create_dir_all(base).map_err(io)?;
	fs::write(base.join(MARKER), "").map_err(io)
}

/// The names of the network's accounts.
fn names() -> Result<BTreeMap<Account, String>, DemoError> {
	let mut names = BTreeMap::new();
	let roles = [
		("validator", &VALIDATORS[..]),
		("provider", &PROVIDERS[..]),
		("submitter", &[SUBMITTER]),
	];
	for (role, accounts) in roles {
		for name in accounts {
			let account = WorkerKey::dev(&format!("//{name}"))?.account();
			names.insert(account, format!("{name} ({role})"));
		}
	}
	Ok(names)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_directory_that_is_not_a_demos_is_left_alone() {
		// GIVEN a directory with somebody's file
		let dir = tempfile::tempdir().unwrap();
		fs::write(dir.path().join("thesis"), "").unwrap();
		// WHEN a demo is to use it
		let error = empty(dir.path()).unwrap_err();
		// THEN it is refused and the file is still there
		assert!(matches!(error, DemoError::NotOurs(_)));
		assert!(dir.path().join("thesis").exists());
	}

	#[test]
	fn a_directory_of_an_earlier_demo_is_used_again() {
		// GIVEN a demo's directory with a store and a corpus beside it
		let dir = tempfile::tempdir().unwrap();
		empty(dir.path()).unwrap();
		fs::create_dir(dir.path().join("store")).unwrap();
		fs::write(dir.path().join("corpus.bin"), "x").unwrap();
		// WHEN the next demo uses it
		empty(dir.path()).unwrap();
		// THEN what the demo made is gone and what it was given is not
		assert!(!dir.path().join("store").exists());
		assert!(dir.path().join("corpus.bin").exists());
	}
}
