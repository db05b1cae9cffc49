//! Disputes: what a worker does when it is a side of one.
//!
//! A provider shows what it is asked for; a challenger compares it with its own recomputation, goes to
//! the first place that differs and proves it there ([`assay_protocol::dispute`]). Both recompute
//! whatever they need, so a worker that was killed goes on where the chain says that the dispute is.

mod challenger;
mod party;
mod provider;

use std::{collections::BTreeMap, sync::Arc};

use assay_protocol::{
	dispute::{Answer, Ask, Proof, Side},
	BlockNumber, TaskKey,
};

pub use self::party::{DisputeError, Party};
use crate::{
	account::Account,
	artifacts::{fetch_params, Artifacts},
	chain::{Call, Chain, DisputeView, Head},
	compute::off_thread,
	worker::{Action, Background, Planned, Worker, WorkerError},
};

/// Blocks before a move is tried again that could not be made.
const PAUSE: BlockNumber = 4;

/// What a side says next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
	/// The challenger asks.
	Ask(Ask),
	/// The provider answers.
	Answer(Answer),
	/// The challenger has the chain judge.
	Prove(Proof),
}

/// A turn: the attempt, who disputes it and how many moves there were before. With another challenger a
/// dispute begins again.
type Turn = (TaskKey, Account, u32);

/// The disputes of one stash.
#[derive(Debug, Default)]
pub struct Disputes {
	parties: BTreeMap<TaskKey, Arc<Party>>,
	thinking: Background<Turn, Result<Move, WorkerError>>,
	/// The next move of each turn, until the chain shows it.
	moves: BTreeMap<Turn, Move>,
	/// The blocks from which on turns that failed may be tried again.
	rests: BTreeMap<Turn, BlockNumber>,
}

impl Disputes {
	/// Calls that make the moves that are known, and looks for the next one that is not.
	pub async fn look<C: Chain, A: Artifacts>(
		&mut self,
		worker: &mut Worker<C, A>,
		at: Head,
	) -> Result<Vec<Planned>, WorkerError> {
		self.take_move(worker, at).await?;
		let open = worker.chain.disputes_of(at, worker.stash).await?;
		self.parties.retain(|task, _| open.contains(task));
		self.moves.retain(|(task, ..), _| open.contains(task));
		self.rests.retain(|_, until| at.number < *until);
		let mut planned = Vec::new();
		for task in open {
			let Some(view) = worker.chain.dispute(at, task).await? else {
				continue;
			};
			planned.extend(self.turn(worker, at, &view).await?);
		}
		Ok(planned)
	}

	async fn turn<C: Chain, A: Artifacts>(
		&mut self,
		worker: &mut Worker<C, A>,
		at: Head,
		view: &DisputeView,
	) -> Result<Option<Planned>, WorkerError> {
		let (task, turn) = (view.task, (view.task, view.challenger, view.moves));
		let action = Action::Dispute {
			task,
			number: view.moves,
		};
		if view.is_over {
			let call = Call::EndDispute { task };
			return Ok(worker
				.may_send(action, at)
				.then_some(Planned { action, call }));
		}
		if side_of(view, worker.stash) != Some(view.turn) {
			return Ok(None);
		}
		if let Some(next) = self.moves.get(&turn) {
			let call = call_of(task, next.clone());
			return Ok(worker
				.may_send(action, at)
				.then_some(Planned { action, call }));
		}
		if !self.thinking.is_idle() || self.rests.contains_key(&turn) {
			return Ok(None);
		}
		let party = match self.party(worker, view).await {
			Ok(party) => party,
			Err(error) if is_contained(&error) => {
				self.rest(worker, turn, at, &error);
				return Ok(None);
			}
			Err(error) => return Err(error),
		};
		let view = view.clone();
		tracing::info!(
			target: "assay::dispute",
			job = task.job.0, round = task.round, slot = task.slot, number = view.moves, turn = ?view.turn,
			"looking for the next move"
		);
		self.thinking.start(turn, async move {
			off_thread(move || Ok(party.next(&view)?)).await
		});
		Ok(None)
	}

	/// What this worker needs for a dispute; kept until it is over.
	async fn party<C: Chain, A: Artifacts>(
		&mut self,
		worker: &mut Worker<C, A>,
		view: &DisputeView,
	) -> Result<Arc<Party>, WorkerError> {
		if let Some(party) = self.parties.get(&view.task) {
			return Ok(party.clone());
		}
		let workload = worker.workload(&view.plan).await?;
		let parent = match workload.cached(view.parent) {
			Some(params) => params,
			None => {
				let program = workload.engine().program();
				Arc::new(fetch_params(&*worker.store, program, view.parent).await?)
			}
		};
		let fault = match side_of(view, worker.stash) {
			Some(Side::Provider) => worker.settings.cheat.map(|cheat| cheat.fault),
			_ => None,
		};
		let party = Arc::new(Party::new(workload, parent, view.task, fault));
		self.parties.insert(view.task, party.clone());
		Ok(party)
	}

	async fn take_move<C: Chain, A: Artifacts>(
		&mut self,
		worker: &mut Worker<C, A>,
		at: Head,
	) -> Result<(), WorkerError> {
		match self.thinking.take().await {
			Some((turn, Ok(next))) => drop(self.moves.insert(turn, next)),
			Some((turn, Err(error))) if is_contained(&error) => {
				self.rest(worker, turn, at, &error);
			}
			Some((_, Err(error))) => return Err(error),
			None => {}
		}
		Ok(())
	}

	fn rest<C: Chain, A: Artifacts>(
		&mut self,
		worker: &mut Worker<C, A>,
		turn: Turn,
		at: Head,
		error: &WorkerError,
	) {
		self.rests.insert(turn, at.number.saturating_add(PAUSE));
		worker.tell_once(turn.0.job, format!("no move in a dispute yet: {error}"));
	}

	/// Whether a move is being looked for.
	pub fn is_busy(&self) -> bool {
		!self.thinking.is_idle()
	}

	/// Returns when a move was found. Never, when none is looked for.
	pub async fn found(&mut self) {
		self.thinking.ended().await;
	}
}

/// Whether only this dispute suffers. A worker never stops for it: it has stakes in others.
fn is_contained(error: &WorkerError) -> bool {
	error.is_transient() || error.is_about_one_job()
}

/// Which side a stash is.
fn side_of(view: &DisputeView, stash: Account) -> Option<Side> {
	if stash == view.provider {
		Some(Side::Provider)
	} else if stash == view.challenger {
		Some(Side::Challenger)
	} else {
		None
	}
}

fn call_of(task: TaskKey, next: Move) -> Call {
	match next {
		Move::Ask(ask) => Call::AskDispute { task, ask },
		Move::Answer(answer) => Call::AnswerDispute { task, answer },
		Move::Prove(proof) => Call::ProveDispute { task, proof },
	}
}
