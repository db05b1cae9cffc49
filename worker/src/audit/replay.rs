//! Training every accepted task again, round by round.

use std::{fmt::Display, ops::Range, sync::Arc};

use assay_engine::{EngineError, Params};
use assay_numerics::{Loss, Root};
use assay_protocol::{plan_id, Attempt, JobId, Round, Slot, TaskKey, TaskReveal, Trace};

use super::{
	Accepted, Audit, AuditError, Closed, Finding, Record, RoundAsRecorded, RoundAudit, WrongTask,
};
use crate::{
	artifacts::Artifacts,
	compute::{reveal_of, ComputeError, Position, Workload},
	roots::Hex32,
};

/// Replays these rounds of a job as far as they are closed, and tells about each. A first round other
/// than 0 starts from its parent in the store.
///
/// # Errors
/// What makes a replay impossible. What is merely wrong is a finding.
pub async fn replay<A: Artifacts>(
	record: &Record,
	workload: &Workload,
	store: &A,
	rounds: Range<Round>,
	mut tell: impl FnMut(&RoundAudit),
) -> Result<Audit, AuditError> {
	let mut audit = Audit {
		job_id: record.job,
		plan_id: Hex32(plan_id(&record.plan)),
		rounds_of_job: record.rounds_of_job,
		plan: Vec::new(),
		rounds: Vec::new(),
		disputes: Vec::new(),
	};
	if let Some(told) = record.plan_id {
		compare(&mut audit.plan, "plan id", audit.plan_id, Hex32(told));
	}
	let closed_rounds = record.closed();
	let mut place = Place::begin(record, workload, store, rounds.start).await?;
	for round in rounds {
		let Some(of) = record.rounds.get(&round) else {
			break;
		};
		let Some(closed) = of.closed else { break };
		let is_last = closed_rounds == round as usize + 1;
		let (mut findings, mut wrong) = (Vec::new(), Vec::new());
		place
			.go_on(workload, store, round, of.parent, &mut findings)
			.await?;
		let checkpoint = if is_last { record.checkpoint } else { None };
		place
			.replay(
				workload,
				(round, of, closed, checkpoint),
				(&mut findings, &mut wrong),
			)
			.await?;
		let wrong = wrong.into_iter().map(|(slot, attempt, trace)| {
			let job = JobId(record.job);
			let task = TaskKey {
				job,
				round,
				slot,
				attempt,
			};
			WrongTask { task, trace }
		});
		let wrong = wrong.collect();
		let round = RoundAudit {
			round,
			tasks: of.accepted.len(),
			checkpoint: Hex32(closed.checkpoint),
			loss: closed.loss.to_nats(),
			findings,
			wrong,
		};
		tell(&round);
		audit.rounds.push(round);
	}
	Ok(audit)
}

/// A wrong task: slot, attempt and what was revealed.
type Wrong = (Slot, Attempt, Trace);

/// Where the replay stands between two rounds.
struct Place {
	/// The checkpoint that was computed. Where a round could not be computed, the last one before it.
	params: Arc<Params>,
	/// Whether a round could not be computed.
	is_behind: bool,
	/// What the last round was recorded to end with, if that is not what was computed: told already.
	told: Option<Root>,
}

impl Place {
	async fn begin<A: Artifacts>(
		record: &Record,
		workload: &Workload,
		store: &A,
		round: Round,
	) -> Result<Self, AuditError> {
		let of = record.rounds.get(&round);
		let of = of.filter(|of| of.closed.is_some());
		let of = of.ok_or(AuditError::NotClosed {
			job: record.job,
			round,
			closed: record.closed(),
		})?;
		// A plan that is prepared starts from the first checkpoint of its seed.
		let parent = if round == 0 {
			workload.plan().parent.root
		} else {
			of.parent
		};
		let fetched = workload.fetch(store, parent).await;
		let params = fetched.map_err(|source| AuditError::NoParent {
			round,
			parent: Hex32(parent),
			source: Box::new(source),
		})?;
		Ok(Self {
			params,
			is_behind: false,
			told: None,
		})
	}

	/// Goes on from what the chain went on from: what was computed, if the chain is right.
	async fn go_on<A: Artifacts>(
		&mut self,
		workload: &Workload,
		store: &A,
		round: Round,
		parent: Root,
		findings: &mut Vec<Finding>,
	) -> Result<(), AuditError> {
		let computed = self.params.root();
		let told = self.told.take();
		if parent == computed {
			return Ok(());
		}
		if told != Some(parent) {
			let place = format!("round {round}: parent");
			compare(findings, &place, Hex32(computed), Hex32(parent));
		}
		match workload.fetch(store, parent).await {
			Ok(params) => (self.params, self.is_behind) = (params, false),
			// What was computed is as good a start: the finding tells that the chain's is another.
			Err(_) if !self.is_behind => {}
			Err(source) => {
				return Err(AuditError::NoParent {
					round,
					parent: Hex32(parent),
					source: Box::new(source),
				})
			}
		}
		Ok(())
	}

	async fn replay(
		&mut self,
		workload: &Workload,
		(round, of, closed, now): (Round, &RoundAsRecorded, Closed, Option<Root>),
		(findings, wrong): (&mut Vec<Finding>, &mut Vec<Wrong>),
	) -> Result<(), AuditError> {
		// A dispute begins at the checkpoint that the chain has.
		let is_parent = self.params.root() == of.parent;

		let mut updates = Vec::with_capacity(of.accepted.len());
		for (slot, accepted) in &of.accepted {
			let task = (round, *slot, accepted);
			let output = self.retrain(workload, task, findings).await?;
			let trace = accepted.reveal.as_ref().map(|reveal| &reveal.trace);
			if let (Some((_, own)), Some(trace)) = (&output, trace) {
				if is_parent && own != trace {
					wrong.push((*slot, accepted.attempt, trace.clone()));
				}
			}
			updates.extend(output.map(|(params, _)| params));
		}
		let at = |what: &str| format!("round {round}: {what}");
		if let Some(stored) = &of.stored {
			let accepted = u32::try_from(of.accepted.len()).unwrap_or(u32::MAX);
			compare(findings, &at("accepted tasks"), accepted, stored.accepted);
		}
		self.told = Some(closed.checkpoint);
		if updates.len() < of.accepted.len() {
			// Without every update there is no checkpoint to compare: the task's finding tells why.
			self.is_behind = true;
			return Ok(());
		}
		let (params, loss) = workload.next(self.params.clone(), updates).await?;
		let root = params.root();
		self.params = params;
		let computed = (Hex32(root), loss);
		check_close(
			findings,
			&at(""),
			computed,
			(closed.checkpoint, closed.loss),
		);
		if let Some(stored) = &of.stored {
			let place = at("stored ");
			check_close(findings, &place, computed, (stored.checkpoint, stored.loss));
		}
		if let Some(now) = now {
			compare(
				findings,
				&at("the job's checkpoint"),
				Hex32(root),
				Hex32(now),
			);
		}
		Ok(())
	}

	/// Trains a task again; its update and trace, unless the honest outcome is that there is none.
	async fn retrain(
		&self,
		workload: &Workload,
		(round, slot, accepted): (Round, Slot, &Accepted),
		findings: &mut Vec<Finding>,
	) -> Result<Option<(Params, Trace)>, AuditError> {
		let at = |what: &str| format!("round {round} slot {slot}: {what}");
		let position = Position { round, slot };
		let trained = workload.train(self.params.clone(), position, None).await;
		let output = match trained {
			Ok(output) => output,
			Err(ComputeError::Engine(
				error @ (EngineError::OutOfRange { .. } | EngineError::BadData { .. }),
			)) => {
				compare(
					findings,
					&at("training"),
					error.to_string(),
					"accepted".to_owned(),
				);
				return Ok(None);
			}
			Err(error) => return Err(error.into()),
		};
		let salt = accepted
			.reveal
			.as_ref()
			.map_or([0; 32], |reveal| reveal.salt);
		let own = reveal_of(&output, salt);
		match &accepted.reveal {
			Some(reveal) => check_reveal(findings, at, &own, reveal),
			None => {
				let attempt = accepted.attempt;
				compare(
					findings,
					&at("reveal"),
					format!("one of attempt {attempt}"),
					"none".to_owned(),
				);
			}
		}
		Ok(Some((output.params, own.trace)))
	}
}

fn check_reveal(
	findings: &mut Vec<Finding>,
	at: impl Fn(&str) -> String,
	computed: &TaskReveal,
	recorded: &TaskReveal,
) {
	let roots = [
		("trace root", computed.trace_root(), recorded.trace_root()),
		("update root", computed.update_root, recorded.update_root),
		("moments root", computed.moments_root, recorded.moments_root),
		("slot root", computed.slot_root, recorded.slot_root),
	];
	for (what, computed, recorded) in roots {
		compare(findings, &at(what), Hex32(computed), Hex32(recorded));
	}
	compare(
		findings,
		&at("loss"),
		Bits(computed.loss),
		Bits(recorded.loss),
	);
}

fn check_close(
	findings: &mut Vec<Finding>,
	place: &str,
	(root, loss): (Hex32, Loss),
	recorded: (Root, Loss),
) {
	compare(
		findings,
		&format!("{place}checkpoint"),
		root,
		Hex32(recorded.0),
	);
	compare(
		findings,
		&format!("{place}loss"),
		Bits(loss),
		Bits(recorded.1),
	);
}

fn compare<T: Display + PartialEq>(
	findings: &mut Vec<Finding>,
	place: &str,
	computed: T,
	recorded: T,
) {
	if computed != recorded {
		findings.push(Finding {
			place: place.to_owned(),
			computed: computed.to_string(),
			recorded: recorded.to_string(),
		});
	}
}

/// A loss to its last bit.
#[derive(PartialEq)]
struct Bits(Loss);

impl Display for Bits {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "{} x 2^-24", self.0 .0)
	}
}
