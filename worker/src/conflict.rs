//! Conflicts about the next checkpoint: what a validator does that has claimed another one than the
//! others drawn with it.
//!
//! It needs its own checkpoint, the parent and the accepted updates ([`assay_protocol::dispute`]'s
//! `ClosingCase`), and nothing from the other side. Each is fetched again when it is needed, so a worker
//! that was killed goes on where the chain says that the conflict is.

mod party;

use std::{collections::BTreeMap, sync::Arc};

use assay_numerics::Root;
use assay_protocol::{
	dispute::{Addends, Layer, OpenedParam, Side},
	BlockNumber, JobId, Round,
};

pub use self::party::{next_move, opened, Opening};
use crate::{
	account::Account,
	artifacts::{fetch_params, Artifacts},
	chain::{Call, Chain, ConflictView, Head},
	compute::{off_thread, Workload},
	dispute::DisputeError,
	validator::accepted,
	worker::{Action, Background, Planned, Worker, WorkerError},
};

/// Blocks before a move is tried again that could not be made.
const PAUSE: BlockNumber = 4;

/// What a side says next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
	/// What is below the node that is asked for.
	Show(Layer),
	/// The first node, or root, that the challenger has otherwise.
	Choose(u32),
	/// The tiles that the chosen one is made of.
	Add {
		/// The parent's, with the first ones.
		parent: Option<Box<OpenedParam>>,
		/// The next updates'.
		updates: Addends,
	},
}

/// A turn: the round, its two sides and how many moves there were before. After a side has lost others
/// may follow.
type Turn = (JobId, Round, Account, Account, u32);

/// The conflicts of one stash.
#[derive(Debug, Default)]
pub struct Conflicts {
	thinking: Background<Turn, Result<Move, WorkerError>>,
	/// The next move of each turn, until the chain shows it.
	moves: BTreeMap<Turn, Move>,
	/// The blocks from which on turns that failed may be tried again.
	rests: BTreeMap<Turn, BlockNumber>,
}

impl Conflicts {
	/// Calls that make the moves that are known, and looks for the next one that is not.
	pub async fn look<C: Chain, A: Artifacts>(
		&mut self,
		worker: &mut Worker<C, A>,
		at: Head,
	) -> Result<Vec<Planned>, WorkerError> {
		match self.thinking.take().await {
			Some((turn, Ok(next))) => drop(self.moves.insert(turn, next)),
			Some((turn, Err(error))) if is_contained(&error) => {
				self.rest(worker, turn, at, &error);
			}
			Some((_, Err(error))) => return Err(error),
			None => {}
		}
		let open = worker.chain.conflicts_of(at, worker.stash).await?;
		self.moves
			.retain(|(job, round, ..), _| open.contains(&(*job, *round)));
		self.rests.retain(|_, until| at.number < *until);
		let mut planned = Vec::new();
		for (job, round) in open {
			let Some(view) = worker.chain.conflict(at, job, round).await? else {
				continue;
			};
			planned.extend(self.turn(worker, at, view).await?);
		}
		Ok(planned)
	}

	async fn turn<C: Chain, A: Artifacts>(
		&mut self,
		worker: &mut Worker<C, A>,
		at: Head,
		view: ConflictView,
	) -> Result<Option<Planned>, WorkerError> {
		let (job, round, number) = (view.job, view.round, view.moves);
		let turn = (job, round, view.claimant, view.challenger, number);
		let action = Action::Conflict { job, round, number };
		if view.is_over {
			let call = Call::EndConflict { job, round };
			return Ok(worker
				.may_send(action, at)
				.then_some(Planned { action, call }));
		}
		let mover = match view.turn {
			Side::Provider => view.claimant,
			Side::Challenger => view.challenger,
		};
		if mover != worker.stash {
			return Ok(None);
		}
		if let Some(next) = self.moves.get(&turn) {
			let call = call_of(job, round, next.clone());
			return Ok(worker
				.may_send(action, at)
				.then_some(Planned { action, call }));
		}
		if !self.thinking.is_idle() || self.rests.contains_key(&turn) {
			return Ok(None);
		}
		let own = match view.turn {
			Side::Provider => Some(view.claimed),
			Side::Challenger => worker
				.spool
				.claim(job, round, view.parent)
				.map(|claim| claim.checkpoint),
		};
		let workload = match worker.workload(&view.plan).await {
			Ok(workload) => workload,
			Err(error) if is_contained(&error) => {
				self.rest(worker, turn, at, &error);
				return Ok(None);
			}
			Err(error) => return Err(error),
		};
		tracing::info!(
			target: "assay::conflict",
			job = job.0, round, number, turn = ?view.turn,
			"looking for the next move about a checkpoint"
		);
		let tasks = worker.chain.tasks(at, job).await?;
		let updates = accepted(&tasks).into_iter();
		let sources = Sources {
			shared: Arc::clone(&worker.store),
			updates: updates
				.map(|(task, update)| (update, worker.stores(&task).attempt))
				.collect(),
		};
		self.thinking
			.start(turn, find_move(workload, sources, view, own));
		Ok(None)
	}

	fn rest<C: Chain, A: Artifacts>(
		&mut self,
		worker: &mut Worker<C, A>,
		turn: Turn,
		at: Head,
		error: &WorkerError,
	) {
		self.rests.insert(turn, at.number.saturating_add(PAUSE));
		worker.tell_once(turn.0, format!("no move in a conflict yet: {error}"));
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

/// Where things lie that a move needs.
struct Sources<A> {
	/// Checkpoints.
	shared: Arc<A>,
	/// The accepted updates.
	updates: BTreeMap<Root, A>,
}

/// Fetches what the move needs, and finds it. `own` is the side's checkpoint; one that has not spooled a
/// claim has nothing to say.
async fn find_move<A: Artifacts>(
	workload: Workload,
	sources: Sources<A>,
	view: ConflictView,
	own: Option<Root>,
) -> Result<Move, WorkerError> {
	let unknown = || DisputeError::Useless("this worker has not claimed a checkpoint here".into());
	let program = workload.engine().program();
	match next_move(&view) {
		Opening::Checkpoint => {
			let root = own.ok_or_else(unknown)?;
			let params = match workload.cached(root) {
				Some(params) => params,
				None => Arc::new(fetch_params(&*sources.shared, program, root).await?),
			};
			let workload = workload.clone();
			off_thread(move || {
				let outline = workload.engine().program().outline();
				Ok(party::show_or_choose(outline, &view, &params)?)
			})
			.await
		}
		Opening::Addends {
			param,
			tile,
			parent,
			updates,
		} => {
			// One checkpoint at a time: they can be large.
			let open = |params: Arc<assay_engine::Params>| {
				off_thread(move || opened(&params, param, tile))
			};
			let shown = match parent {
				true => Some(open(workload.fetch(&*sources.shared, view.parent).await?).await?),
				false => None,
			};
			let mut tiles = Vec::new();
			for root in updates {
				// What no task of the round has left is nowhere else either, and told as missing.
				let store = sources.updates.get(&root).unwrap_or(&*sources.shared);
				let update = Arc::new(fetch_params(store, program, root).await?);
				tiles.push(open(update).await?);
			}
			Ok(Move::Add {
				parent: shown.map(Box::new),
				updates: Addends::truncate_from(tiles),
			})
		}
	}
}

/// Whether only this conflict suffers. A worker never stops for it.
fn is_contained(error: &WorkerError) -> bool {
	error.is_transient() || error.is_about_one_job()
}

fn call_of(job: JobId, round: Round, next: Move) -> Call {
	match next {
		Move::Show(layer) => Call::ShowCheckpoint { job, round, layer },
		Move::Choose(index) => Call::ChooseNode { job, round, index },
		Move::Add { parent, updates } => Call::AddUpdates {
			job,
			round,
			parent,
			updates: Box::new(updates),
		},
	}
}
