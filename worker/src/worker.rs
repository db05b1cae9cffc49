//! What both roles share: looking at the chain, sending calls once, living through faults.

mod action;
mod background;
mod tidy;

use std::{
	collections::{BTreeMap, HashMap},
	future::Future,
	sync::Arc,
};

use assay_protocol::{BlockNumber, JobId, Plan, TaskKey};

pub use self::{
	action::{Action, Planned},
	background::Background,
};
use crate::{
	account::Account,
	artifacts::{ArtifactError, Artifacts, CheckpointError, Stores},
	base::{self, BaseError},
	chain::{
		is_final, Call, Chain, ChainError, Head, JobState, JobView, Receipt, Role, RoundView,
		SubmitError, TaskView,
	},
	compute::{ComputeError, Workload, Workloads},
	config::{Settings, RESEND_AFTER, RETRY_AFTER},
	data::{self, DataError, DataFile},
	dispute::DisputeError,
	failpoint::{Failpoints, Killed},
	keys::{KeyError, WorkerKey},
	spool::{Spool, SpoolError},
};

/// Why a worker stops.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
	/// The chain cannot be read.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// A transaction did not arrive.
	#[error(transparent)]
	Submit(#[from] SubmitError),
	/// The spool cannot be used.
	#[error(transparent)]
	Spool(#[from] SpoolError),
	/// Artifacts cannot be published.
	#[error(transparent)]
	Artifact(#[from] ArtifactError),
	/// A checkpoint is not to be had.
	#[error(transparent)]
	Checkpoint(#[from] CheckpointError),
	/// The data is not to be had.
	#[error(transparent)]
	Data(#[from] DataError),
	/// The model that a plan's adapters belong to is not to be had.
	#[error(transparent)]
	Base(#[from] BaseError),
	/// The engine refuses.
	#[error(transparent)]
	Compute(#[from] ComputeError),
	/// There is no move in a dispute.
	#[error(transparent)]
	Dispute(#[from] DisputeError),
	/// There is no key or no randomness.
	#[error(transparent)]
	Key(#[from] KeyError),
	/// A test killed it.
	#[error(transparent)]
	Killed(#[from] Killed),
	/// The key acts for nobody.
	#[error("worker key {0} acts for no stash: bond a stash with `assay stake bond`, then register the key with `assay keys register`")]
	NotRegistered(Account),
	/// The stash has no bond.
	#[error("stash {stash} has no active bond as {role}: bond first with `assay stake bond --role {role}`")]
	NotBonded {
		/// The stash.
		stash: Account,
		/// The role it wants.
		role: &'static str,
	},
	/// A job that was asked for does not exist.
	#[error("job {0} does not exist: list jobs with `assay job list`")]
	NoSuchJob(u64),
}

impl WorkerError {
	/// Whether the next block may go better.
	pub fn is_transient(&self) -> bool {
		match self {
			Self::Chain(error) => error.is_transient(),
			Self::Submit(error) => error.is_transient(),
			Self::Checkpoint(error) => error.is_unavailable(),
			_ => false,
		}
	}

	/// Whether only one job suffers: its data, base or checkpoints are not to be had, its plan does not
	/// hold what it promises, or its training leaves the range. Whoever posted it must not be able
	/// to stop a worker that has other jobs.
	pub fn is_about_one_job(&self) -> bool {
		matches!(
			self,
			Self::Checkpoint(_)
				| Self::Data(_)
				| Self::Base(_)
				| Self::Compute(_)
				| Self::Dispute(_)
		)
	}
}

/// A worker of either role.
#[derive(Debug)]
pub struct Worker<C, A> {
	/// The chain.
	pub chain: Arc<C>,
	/// The store.
	pub store: Arc<A>,
	/// Who is paid and slashed.
	pub stash: Account,
	/// What must not be forgotten.
	pub spool: Spool,
	/// Where it is killed.
	pub failpoints: Failpoints,
	/// How it is set up.
	pub settings: Settings,
	key: WorkerKey,
	data: Vec<DataFile>,
	workloads: Workloads,
	quiet_until: BTreeMap<Action, BlockNumber>,
	told: HashMap<JobId, String>,
}

/// A job as it is at one block.
#[derive(Debug, Clone)]
pub struct Observation {
	/// The block.
	pub at: Head,
	/// The job.
	pub job: JobView,
	/// Its round, while it runs.
	pub round: Option<RoundView>,
	/// The round's tasks.
	pub tasks: Vec<TaskView>,
}

impl<C: Chain, A: Artifacts> Worker<C, A> {
	/// Finds the stash of the key, checks its bond and opens its spool.
	pub async fn start(
		chain: Arc<C>,
		store: Arc<A>,
		key: WorkerKey,
		role: Role,
		data: Vec<DataFile>,
		settings: Settings,
		failpoints: Failpoints,
	) -> Result<Self, WorkerError> {
		let head = chain.next_head(None).await?;
		let account = key.account();
		let stash = chain
			.stash_of(head, account)
			.await?
			.ok_or(WorkerError::NotRegistered(account))?;
		if !chain.bonded(head, stash, role).await? {
			return Err(WorkerError::NotBonded {
				stash,
				role: role.word(),
			});
		}
		for job in &settings.jobs {
			if chain.job(head, *job).await?.is_none() {
				return Err(WorkerError::NoSuchJob(job.0));
			}
		}
		let spool = Spool::open(&settings.dir, chain.genesis(), stash)?;
		Ok(Self {
			chain,
			store,
			stash,
			failpoints,
			settings,
			key,
			data,
			workloads: Workloads::default(),
			quiet_until: BTreeMap::new(),
			// What was worked on before a restart may have ended meanwhile and still owe its pay.
			told: spool
				.jobs()
				.into_iter()
				.map(|job| (job, String::new()))
				.collect(),
			spool,
		})
	}

	/// Whether an error is left to the job it came from. A worker that was told which jobs to do
	/// stops instead, because somebody is there to read why.
	pub fn contains(&self, error: &WorkerError) -> bool {
		error.is_transient() || (error.is_about_one_job() && self.settings.jobs.is_empty())
	}

	/// The jobs this worker looks at, as they are now.
	pub async fn observe(&mut self, at: Head) -> Result<Vec<Observation>, WorkerError> {
		let mut ids = self.settings.jobs.clone();
		if ids.is_empty() {
			ids = self.chain.live_jobs(at).await?;
			// A job that ended is still looked at while it owes something to the stash.
			ids.extend(
				self.told
					.keys()
					.filter(|id| !ids.contains(id))
					.copied()
					.collect::<Vec<_>>(),
			);
		}
		let mut seen = Vec::new();
		for id in ids {
			let Some(job) = self.chain.job(at, id).await? else {
				self.told.remove(&id);
				continue;
			};
			if job.state == JobState::Settled {
				// Nobody is owed anything any more.
				self.told.remove(&id);
				continue;
			}
			self.told.entry(id).or_default();
			let (mut round, mut tasks) = (None, Vec::new());
			if !is_final(job.state) {
				round = self.chain.round(at, id).await?;
				tasks = self.chain.tasks(at, id).await?;
			}
			seen.push(Observation {
				at,
				job,
				round,
				tasks,
			});
		}
		let plans: Vec<_> = seen
			.iter()
			.filter(|seen| !is_final(seen.job.state))
			.map(|seen| assay_protocol::plan_id(&seen.job.plan))
			.collect();
		self.workloads.retain(&plans);
		Ok(seen)
	}

	/// The plan, prepared: engine made, data and the base of adapters fetched and verified, first
	/// checkpoint recomputed.
	pub async fn workload(&mut self, plan: &Plan) -> Result<Workload, WorkerError> {
		if let Some(workload) = self.workloads.get(plan) {
			return Ok(workload);
		}
		let bytes = data::find(&self.data, &*self.store, plan.data).await?;
		let base = base::fetch(&*self.store, plan).await?;
		let threads = self.settings.threads;
		let workload = Workload::prepare_with(plan.clone(), bytes, base, threads).await?;
		self.workloads.insert(workload.clone());
		Ok(workload)
	}

	/// The store, and the part of it for one attempt.
	pub fn stores(&self, task: &TaskKey) -> Stores<A> {
		Stores {
			shared: Arc::clone(&self.store),
			attempt: self.store.of_task(&self.chain.genesis(), task),
		}
	}

	/// Lets go of a plan that cannot be worked on, and leaves its action alone for so many blocks.
	pub fn give_up(&mut self, plan: &Plan, action: Action, (at, blocks): (Head, BlockNumber)) {
		self.workloads.remove(plan);
		self.quiet_until
			.insert(action, at.number.saturating_add(blocks));
	}

	/// Whether a call is to be sent now. Not while an earlier sending may still show.
	pub fn may_send(&mut self, action: Action, at: Head) -> bool {
		if let Some(until) = self.quiet_until.get(&action) {
			return at.number >= *until;
		}
		if action.mark().is_some_and(|mark| self.spool.is_marked(mark)) {
			// Sent before a restart, or in a block that is gone: the chain gets time to show it.
			self.quiet_until
				.insert(action, at.number.saturating_add(RESEND_AFTER));
			return false;
		}
		true
	}

	/// Sends calls, marks those that succeeded and tells about the others.
	pub async fn send(&mut self, at: Head, planned: Vec<Planned>) -> Result<(), WorkerError> {
		if planned.is_empty() {
			return Ok(());
		}
		let (actions, calls): (Vec<_>, Vec<_>) = planned
			.into_iter()
			.map(|planned| (planned.action, planned.call))
			.unzip();
		let outcomes = self.chain.submit(&self.key, calls).await?.outcomes;
		self.quiet_until.retain(|_, until| *until > at.number);
		for (action, outcome) in actions.into_iter().zip(outcomes) {
			let quiet = if outcome.is_ok() {
				RESEND_AFTER
			} else {
				RETRY_AFTER
			};
			self.quiet_until
				.insert(action, at.number.saturating_add(quiet));
			match outcome {
				Ok(()) => {
					self.failpoints.hit(action.sent_failpoint())?;
					if let Some(mark) = action.mark() {
						self.spool.append(crate::spool::Record::Mark(mark))?;
					}
					if let Some(point) = action.marked_failpoint() {
						self.failpoints.hit(point)?;
					}
					tracing::info!(target: "assay::worker", %action, "done");
				}
				Err(refused) => {
					tracing::warn!(target: "assay::worker", %action, %refused, "refused");
				}
			}
		}
		Ok(())
	}

	/// Signs and sends calls of which nothing is to be remembered.
	///
	/// # Errors
	/// If they do not arrive. What the chain refuses is in the receipt.
	pub async fn submit(&self, calls: Vec<Call>) -> Result<Receipt, SubmitError> {
		self.chain.submit(&self.key, calls).await
	}

	/// Logs something about a job once, until it changes.
	pub fn tell_once(&mut self, job: JobId, what: String) {
		let told = self.told.entry(job).or_default();
		if *told != what {
			tracing::warn!(target: "assay::worker", job = job.0, "{what}");
			*told = what;
		}
	}
}

/// A role: what it does at each block.
pub trait Duty: Send {
	/// Looks at the chain and does what is missing.
	fn on_block(&mut self, at: Head) -> impl Future<Output = Result<(), WorkerError>> + Send;

	/// Whether background work runs.
	fn is_busy(&self) -> bool;

	/// Returns when background work ends. Never, when there is none.
	fn work_done(&mut self) -> impl Future<Output = ()> + Send;
}

/// Runs a role until `stop` resolves. Faults that may pass are waited out, others end it.
pub async fn run<C: Chain, D: Duty>(
	chain: &C,
	duty: &mut D,
	stop: impl Future<Output = ()>,
) -> Result<(), WorkerError> {
	let mut stop = std::pin::pin!(stop);
	let mut head: Option<Head> = None;
	loop {
		tokio::select! {
			biased;
			() = &mut stop => return Ok(()),
			next = chain.next_head(head) => match next {
				Ok(next) => head = Some(next),
				Err(error) if error.is_transient() => {
					tracing::warn!(target: "assay::worker", %error, "waiting for the node");
					continue;
				},
				Err(error) => return Err(error.into()),
			},
			() = duty.work_done(), if head.is_some() => {},
		}
		let Some(at) = head else { continue };
		tokio::select! {
			biased;
			() = &mut stop => return Ok(()),
			done = duty.on_block(at) => match done {
				Ok(()) => {},
				Err(error) if error.is_transient() => {
					tracing::warn!(target: "assay::worker", block = at.number, %error, "trying again");
				},
				Err(error) => return Err(error),
			},
		}
	}
}
