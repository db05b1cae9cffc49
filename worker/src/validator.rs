//! The validator: recomputes the segments of tasks that it is drawn for, seals and opens its verdicts,
//! and agrees with the others on the round's next checkpoint.

mod aggregate;
mod recompute;
mod reveal;
mod seal;

use std::collections::{BTreeMap, BTreeSet};

use assay_numerics::Root;
use assay_protocol::{hash, BlockNumber, Failure, Verdict};

pub(crate) use self::aggregate::accepted;
use self::{
	aggregate::Next,
	recompute::{Claim, Judged},
};
use crate::{
	artifacts::Artifacts,
	chain::{
		key_of, Chain, Head, JobState, Phase, RoundView, SlotState, TaskKey, TaskView,
		VerdictState, Work,
	},
	compute::Ending,
	conflict::Conflicts,
	dispute::Disputes,
	settle,
	spool::VerdictKey,
	worker::{Background, Duty, Observation, Planned, Worker, WorkerError},
};

/// Blocks before a study that failed is tried again; others come first.
const REST: BlockNumber = 2;

/// What a provider has shown.
#[derive(Debug, Clone, Copy)]
enum Shown {
	/// Its work.
	Work(Work),
	/// Where its training ends.
	Failure(Failure),
}

impl Shown {
	/// What a task shows, if it is revealed.
	fn of(task: &TaskView) -> Option<Self> {
		let work = task.work.map(Self::Work);
		work.or_else(|| task.failure.map(Self::Failure))
	}

	/// What a verdict is about: the update, or the hash of the claim of failure.
	fn subject(self) -> Root {
		match self {
			Self::Work(work) => work.update,
			Self::Failure(failure) => hash::blake2_256(&hash::preimage(hash::FAILURE, &failure)),
		}
	}
}

/// What is judged: one attempt, as revealed, by one of its segments if it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
	key: TaskKey,
	/// See [`Shown::subject`].
	subject: Root,
	/// None: the task is not drawn, and its update is fetched alone; or it claims failure, and all of
	/// it is recomputed.
	segment: Option<u32>,
}

impl Piece {
	/// What the current draw asks about a task.
	fn of(task: &TaskView, shown: Shown) -> Self {
		Self {
			key: key_of(task),
			subject: shown.subject(),
			segment: task.segment,
		}
	}
}

/// What runs beside the loop.
#[derive(Debug, Clone, PartialEq)]
enum Study {
	/// Recomputing a segment of a task.
	Task(Piece),
	/// Computing a round's next checkpoint, from a parent.
	Round(assay_protocol::JobId, u32, Root),
}

#[derive(Debug)]
enum Finding {
	Task(Result<Judged, WorkerError>),
	Round(Result<Next, WorkerError>),
}

/// A validator's worker.
#[derive(Debug)]
pub struct Validator<C, A> {
	worker: Worker<C, A>,
	study: Background<Study, Finding>,
	/// Verdicts by what they are about. Kept in memory only: they can be recomputed.
	verdicts: BTreeMap<Piece, Verdict>,
	/// What is right as far as it was recomputed, and whose update is still missing.
	unshown: BTreeSet<Piece>,
	/// The blocks from which on studies that failed may be tried again. One by one: an update that
	/// is missing must not keep the others waiting.
	rests: BTreeMap<Piece, BlockNumber>,
	/// The same for the next checkpoint of a round.
	rests_until: BlockNumber,
	disputes: Disputes,
	conflicts: Conflicts,
}

impl<C: Chain, A: Artifacts> Validator<C, A> {
	/// A validator that has not looked at the chain yet.
	pub fn new(worker: Worker<C, A>) -> Self {
		Self {
			worker,
			study: Background::default(),
			verdicts: BTreeMap::new(),
			unshown: BTreeSet::new(),
			rests: BTreeMap::new(),
			rests_until: 0,
			disputes: Disputes::default(),
			conflicts: Conflicts::default(),
		}
	}

	async fn look_at(&mut self, seen: &Observation) -> Result<Vec<Planned>, WorkerError> {
		let mut planned = Vec::new();
		if let (JobState::Running, Some(round)) = (seen.job.state, &seen.round) {
			match round.state.phase {
				Phase::Draw => planned.extend(self.draw(seen, round)),
				Phase::Assay => planned.extend(self.judge(seen, round).await?),
				Phase::Unseal => planned.extend(self.unseal(seen, round).await?),
				Phase::Close => planned.extend(self.close(seen, round).await?),
				Phase::Train | Phase::Reveal | Phase::Ended => {}
			}
		}
		planned.extend(settle::advance(&mut self.worker, seen));
		planned.extend(settle::pay_out(&mut self.worker, seen).await?);
		Ok(planned)
	}

	/// Moves the round into ASSAY, once the beacon has what the draw waits for. What is asked about a
	/// task is not known before.
	fn draw(&mut self, seen: &Observation, round: &RoundView) -> Option<Planned> {
		let from = round.draw_from?;
		if seen.at.number < settle::ready_at(from) {
			return None;
		}
		settle::draw(&mut self.worker, seen)
	}

	/// Seals every verdict that is known, and finds out the next one that is not.
	async fn judge(
		&mut self,
		seen: &Observation,
		round: &RoundView,
	) -> Result<Vec<Planned>, WorkerError> {
		let mut planned = Vec::new();
		for task in &seen.tasks {
			let is_open = matches!(task.state, SlotState::Revealed | SlotState::Judging { .. });
			let Some(shown) = Shown::of(task).filter(|_| is_open) else {
				continue;
			};
			let key = VerdictKey {
				task: key_of(task),
				draw: round.state.draw_index,
			};
			if !self.has_seat(seen, task).await?
				|| self.verdict_state(seen.at, key).await? != VerdictState::Absent
			{
				continue;
			}
			let piece = Piece::of(task, shown);
			let known = self.verdicts.get(&piece).copied();
			let spooled = self.worker.spool.verdict(key, piece.subject).is_some();
			if spooled || known.is_some() {
				planned.extend(seal::plan(
					&mut self.worker,
					seen.at,
					key,
					piece.subject,
					known,
				)?);
				// It holds for this draw only: the update may be there by the next one.
				if known == Some(Verdict::Unfetched) {
					self.verdicts.remove(&piece);
				}
			} else {
				self.start_study(seen, task, shown, piece).await?;
			}
		}
		Ok(planned)
	}

	async fn unseal(
		&mut self,
		seen: &Observation,
		round: &RoundView,
	) -> Result<Vec<Planned>, WorkerError> {
		let mut planned = Vec::new();
		for task in &seen.tasks {
			let is_open = matches!(task.state, SlotState::Judging { .. });
			let Some(shown) = Shown::of(task).filter(|_| is_open) else {
				continue;
			};
			let key = VerdictKey {
				task: key_of(task),
				draw: round.state.draw_index,
			};
			let subject = shown.subject();
			if self.worker.spool.verdict(key, subject).is_some()
				&& self.verdict_state(seen.at, key).await? == VerdictState::Sealed
			{
				planned.extend(reveal::plan(&mut self.worker, seen.at, key, subject));
			}
		}
		Ok(planned)
	}

	async fn close(
		&mut self,
		seen: &Observation,
		round: &RoundView,
	) -> Result<Option<Planned>, WorkerError> {
		let (job, number) = (seen.job.job, round.round);
		let closers = self.worker.chain.closers(seen.at, job).await?;
		if !closers.contains(&self.worker.stash) || self.has_claimed(seen, round).await? {
			return Ok(None);
		}
		if self.worker.spool.claim(job, number, round.parent).is_some() {
			return Ok(aggregate::plan(
				&mut self.worker,
				seen.at,
				job,
				number,
				round.parent,
			));
		}
		if self.may_study(seen.at) {
			let workload = self.worker.workload(&seen.job.plan).await?;
			let updates = aggregate::accepted(&seen.tasks);
			let store = self.worker.store.clone();
			let genesis = self.worker.chain.genesis();
			let work = aggregate::run(workload, store, genesis, round.parent, updates);
			self.study
				.start(Study::Round(job, number, round.parent), async {
					Finding::Round(work.await)
				});
		}
		Ok(None)
	}

	async fn start_study(
		&mut self,
		seen: &Observation,
		task: &TaskView,
		shown: Shown,
		piece: Piece,
	) -> Result<(), WorkerError> {
		// Near the end of the window an update that nobody can fetch is judged as such.
		let is_late = task.phase == Phase::Assay
			&& seen.at.number.saturating_add(recompute::LAST_BLOCKS) >= task.deadline;
		let rests = self
			.rests
			.get(&piece)
			.is_some_and(|until| seen.at.number < *until);
		if !self.study.is_idle() || (rests && !is_late) {
			return Ok(());
		}
		let workload = self.worker.workload(&seen.job.plan).await?;
		let stores = self.worker.stores(&piece.key);
		let work = match shown {
			Shown::Work(work) => work,
			Shown::Failure(failure) => {
				let of = (piece.key, task.parent);
				tracing::info!(
					target: "assay::validator",
					job = task.job.0, round = task.round, slot = task.slot, attempt = task.attempt,
					step = failure.step, op = failure.op,
					"recomputing a claim that training ends"
				);
				let chain = &self.worker.chain;
				let claimed = Ending {
					trace: chain.trace(seen.at, task.job, task.slot).await?,
					place: failure,
				};
				self.study.start(Study::Task(piece), async move {
					let found =
						recompute::failure(&workload, &*stores.shared, of, claimed, is_late);
					Finding::Task(found.await)
				});
				return Ok(());
			}
		};
		let segment = piece.segment.filter(|_| !self.unshown.contains(&piece));
		let Some(segment) = segment else {
			self.study.start(Study::Task(piece), async move {
				let found = recompute::fetch(&workload, &stores.attempt, work.update, is_late);
				Finding::Task(found.await)
			});
			return Ok(());
		};
		let trace = match task.segments {
			0 | 1 => None,
			_ => {
				let chain = &self.worker.chain;
				Some(chain.trace(seen.at, task.job, task.slot).await?)
			}
		};
		let claim = Claim::new(&seen.job.plan, piece.key, segment, task.parent, work, trace)?;
		let run = recompute::run(workload, stores, claim, is_late);
		tracing::info!(
			target: "assay::validator",
			job = task.job.0, round = task.round, slot = task.slot, attempt = task.attempt, segment,
			"recomputing"
		);
		self.study
			.start(Study::Task(piece), async { Finding::Task(run.await) });
		Ok(())
	}

	async fn has_seat(&self, seen: &Observation, task: &TaskView) -> Result<bool, WorkerError> {
		let committee = self
			.worker
			.chain
			.committee(seen.at, task.job, task.slot)
			.await?;
		Ok(committee.contains(&self.worker.stash))
	}

	async fn has_claimed(
		&self,
		seen: &Observation,
		round: &RoundView,
	) -> Result<bool, WorkerError> {
		let (job, number, restarts) = (seen.job.job, round.round, round.state.restarts);
		let chain = &self.worker.chain;
		Ok(chain
			.has_claimed(seen.at, job, number, restarts, self.worker.stash)
			.await?)
	}

	async fn verdict_state(&self, at: Head, key: VerdictKey) -> Result<VerdictState, WorkerError> {
		let stash = self.worker.stash;
		Ok(self
			.worker
			.chain
			.verdict_state(at, key.task, key.draw, stash)
			.await?)
	}

	fn may_study(&self, at: Head) -> bool {
		self.study.is_idle() && at.number >= self.rests_until
	}

	async fn take_finding(&mut self, at: Head) -> Result<(), WorkerError> {
		let (job, piece, failed) = match self.study.take().await {
			Some((Study::Task(piece), Finding::Task(found))) => match found {
				Ok(Judged::Known(verdict)) => {
					self.worker
						.failpoints
						.hit(crate::failpoint::Failpoint::Recomputed)?;
					self.verdicts.insert(piece, verdict);
					return Ok(());
				}
				Ok(Judged::Missing(error)) => {
					self.unshown.insert(piece);
					(piece.key.job, Some(piece), error)
				}
				Ok(Judged::NotYet(error)) | Err(error) => (piece.key.job, Some(piece), error),
			},
			Some((Study::Round(job, number, parent), Finding::Round(found))) => match found {
				Ok(next) => {
					return aggregate::keep(&mut self.worker, job, number, parent, next).await;
				}
				Err(error) => (job, None, error),
			},
			_ => return Ok(()),
		};
		if !self.worker.contains(&failed) {
			return Err(failed);
		}
		let again = at.number.saturating_add(REST);
		match piece {
			Some(piece) => drop(self.rests.insert(piece, again)),
			None => self.rests_until = again,
		}
		self.worker
			.tell_once(job, format!("cannot judge yet: {failed}"));
		Ok(())
	}
}

impl<C: Chain, A: Artifacts> Duty for Validator<C, A> {
	async fn on_block(&mut self, at: Head) -> Result<(), WorkerError> {
		self.take_finding(at).await?;
		let mut planned = self.disputes.look(&mut self.worker, at).await?;
		planned.extend(self.conflicts.look(&mut self.worker, at).await?);
		let observed = self.worker.observe(at).await?;
		self.worker.tidy(at, &observed).await;
		let is_current = |piece: &Piece| {
			let key = &piece.key;
			observed.iter().any(|seen| {
				seen.job.job == key.job && seen.round.is_some_and(|round| round.round == key.round)
			})
		};
		self.verdicts.retain(|piece, _| is_current(piece));
		self.unshown.retain(is_current);
		self.rests.retain(|_, until| at.number < *until);
		for seen in &observed {
			match self.look_at(seen).await {
				Ok(calls) => planned.extend(calls),
				Err(error) if self.worker.contains(&error) && error.is_about_one_job() => {
					self.worker.tell_once(seen.job.job, error.to_string());
				}
				Err(error) => return Err(error),
			}
		}
		self.worker.send(at, planned).await
	}

	fn is_busy(&self) -> bool {
		!self.study.is_idle() || self.disputes.is_busy() || self.conflicts.is_busy()
	}

	async fn work_done(&mut self) {
		tokio::select! {
			() = self.study.ended() => {},
			() = self.disputes.found() => {},
			() = self.conflicts.found() => {},
		}
	}
}
