//! Weights of calls and hooks.
//!
//! Not generated yet: upper bounds, made of the number of database accesses and a stated time for
//! hashing and drawing. docs/weights.md compares them with a first measurement; what
//! `scripts/weights.sh` measures on the reference machine takes their place. What other pallets do
//! when they are told of a fact is counted here, because it happens within the call.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of calls and hooks, and of branches that only some calls take.
pub trait WeightInfo {
	/// `commit_task`, without settling an earlier attempt.
	fn commit_task() -> Weight;
	/// `reveal_task`, the last of its phase, with as many borders as a trace has.
	fn reveal_task() -> Weight;
	/// `reveal_failure`, the last of its phase.
	fn reveal_failure() -> Weight;
	/// `draw`.
	fn draw() -> Weight;
	/// `seal_verdict`, the first of a slot, without draw and without settling an earlier panel.
	fn seal_verdict() -> Weight;
	/// `reveal_verdict`, the last of a slot, without a dispute.
	fn reveal_verdict() -> Weight;
	/// A verdict ends the pass: the pallets that are told of it look at `t` tasks.
	fn end_pass(t: u32) -> Weight;
	/// `claim_aggregate`, the first of a window.
	fn claim_aggregate() -> Weight;
	/// A claim contradicts another one: the updates of `t` tasks are collected, and a conflict begins.
	fn open_conflict(t: u32) -> Weight;
	/// A claim closes the round: the pallets that are told of it begin the next one with `t` tasks.
	fn next_round(t: u32) -> Weight;
	/// The absences of one slot are counted: a panel, and the committees of all redraws.
	fn settle() -> Weight;
	/// `clear_round`, with `s` slots to remove.
	fn clear_round(s: u32) -> Weight;
	/// `dispute_task`; bounds what a verdict costs beside `reveal_verdict` when it opens a dispute.
	fn dispute_task() -> Weight;
	/// `dispute_accepted`.
	fn dispute_accepted() -> Weight;
	/// The session of a block is noted.
	fn on_initialize() -> Weight;
	/// An idle block looks at one round that runs.
	fn sweep() -> Weight;
}

/// A round's view and a task's view are made of at most so many items of pallet-jobs.
const VIEW_READS: u64 = 6;
/// Telling a fact that concerns one slot reads and writes at most so many items.
const NOTE_ACCESSES: u64 = 16;
/// A task that begins or ends with the phase reads and writes at most so many items.
const TASK_ACCESSES: u64 = 3;
/// Settling a slot counts at most four committees of 15 validators.
const SETTLE_ACCESSES: u64 = 61;
/// Thirty pledges that are tried, taken or released, and five records of a conflict.
const CONFLICT_ACCESSES: u64 = 30 * 10 + 5;
/// Hashes, seals and lists of a call: 60 microseconds.
const CALL_TIME: u64 = 60_000_000;
/// The outline of a plan: 1 ms, as in disputes.
const OUTLINE_TIME: u64 = 1_000_000_000;
/// Drawing 15 of 100 validators: 15 hashes and walks, 100 microseconds, and decoding them.
const COMMITTEE_TIME: u64 = 200_000_000;
/// Looking for each of 100 validators among the authors of seven windows, which together have 127
/// blocks: 200 microseconds.
const SHARE_TIME: u64 = 200_000_000;
/// What one more task costs beside the database, in all pallets: 150 microseconds.
const TASK_TIME: u64 = 150_000_000;
/// Bytes of proof for one database access, more than any record of ours has.
const ACCESS_BYTES: u64 = 5_000;

/// A database, by what its accesses weigh.
#[derive(Clone, Copy, Debug)]
struct Database(RuntimeDbWeight);

impl Database {
	fn bound(self, reads: u64, writes: u64, time: u64) -> Weight {
		Weight::from_parts(time, reads.saturating_mul(ACCESS_BYTES))
			.saturating_add(self.0.reads_writes(reads, writes))
	}

	fn accesses(self, count: u64, time: u64) -> Weight {
		self.bound(count, count, time)
	}

	fn commit_task(self) -> Weight {
		// Worker key, view, round and submission, the fact.
		self.bound(VIEW_READS.saturating_add(3), 2, CALL_TIME)
			.saturating_add(self.accesses(NOTE_ACCESSES, 0))
	}

	fn reveal_task(self) -> Weight {
		// Worker key, view, genesis hash, submission, the fact with the provider's standing.
		self.bound(VIEW_READS.saturating_add(4), 1, CALL_TIME)
			.saturating_add(self.accesses(NOTE_ACCESSES, 0))
	}

	fn reveal_failure(self) -> Weight {
		// As `reveal_task`; the job and its plan.
		self.reveal_task()
			.saturating_add(self.bound(2, 0, OUTLINE_TIME))
	}

	fn draw(self) -> Weight {
		// View, the blocks of 64 slots with one before and one behind them, the block number, sessions,
		// stakes, round, the fact.
		self.bound(VIEW_READS.saturating_add(70), 1, CALL_TIME)
			.saturating_add(Weight::from_parts(SHARE_TIME, 0))
			.saturating_add(self.accesses(NOTE_ACCESSES, 0))
	}

	fn seal_verdict(self) -> Weight {
		// Worker key, two views, submission, stakes, round, the fact.
		self.bound(VIEW_READS.saturating_mul(2).saturating_add(4), 1, CALL_TIME)
			.saturating_add(Weight::from_parts(COMMITTEE_TIME, 0))
			.saturating_add(self.accesses(NOTE_ACCESSES, 0))
	}

	fn reveal_verdict(self) -> Weight {
		// Worker key, three views, submission, genesis hash, the uptimes of a panel, the fact with
		// up to 15 fees and the provider's standing.
		self.bound(VIEW_READS.saturating_mul(3).saturating_add(3), 1, CALL_TIME)
			.saturating_add(self.accesses(NOTE_ACCESSES.saturating_add(31), 0))
	}

	fn dispute_task(self) -> Weight {
		// Worker key, view, submission, the fact; the job's plan, the pledge, the dispute and its lists.
		self.bound(VIEW_READS.saturating_add(3), 0, CALL_TIME)
			.saturating_add(self.accesses(NOTE_ACCESSES.saturating_add(16), 0))
	}

	fn dispute_accepted(self) -> Weight {
		// Worker key, record, offence; the root of the trace; the record, the job and its plan, the
		// pledge, the dispute and its lists.
		self.bound(4, 0, CALL_TIME)
			.saturating_add(self.accesses(18, 0))
	}

	fn tasks(self, t: u32) -> Weight {
		self.accesses(TASK_ACCESSES, TASK_TIME)
			.saturating_mul(u64::from(t))
	}

	fn claim_aggregate(self) -> Weight {
		// Worker key, view, claims, stakes, round, the fact.
		self.bound(VIEW_READS.saturating_add(4), 3, CALL_TIME)
			.saturating_add(Weight::from_parts(COMMITTEE_TIME, 0))
			.saturating_add(self.accesses(NOTE_ACCESSES, 0))
	}

	fn open_conflict(self, t: u32) -> Weight {
		// The updates of all tasks; for each of fifteen claims that may have to be struck, and for each
		// partner of one that was found wrong, a pledge; the plan, the conflict and what it is about.
		self.bound(VIEW_READS, 0, TASK_TIME)
			.saturating_mul(u64::from(t))
			.saturating_add(self.accesses(
				CONFLICT_ACCESSES,
				CALL_TIME.saturating_mul(CONFLICT_ACCESSES),
			))
	}

	fn settle(self) -> Weight {
		// The stakes, and the uptimes of four committees of 15 validators.
		self.accesses(SETTLE_ACCESSES, COMMITTEE_TIME.saturating_mul(4))
	}

	fn clear_round(self, s: u32) -> Weight {
		// View, round; for each slot its submission and what it settles.
		self.bound(VIEW_READS.saturating_add(2), 2, CALL_TIME)
			.saturating_add(
				self.settle()
					.saturating_add(self.accesses(2, 0))
					.saturating_mul(u64::from(s)),
			)
	}

	fn on_initialize(self) -> Weight {
		// The current session and the list of sessions.
		self.bound(2, 1, CALL_TIME)
	}

	fn sweep(self) -> Weight {
		// The cursor, a round and its view.
		self.bound(VIEW_READS.saturating_add(3), 1, CALL_TIME)
	}
}

/// Upper bounds for the database of the runtime.
#[derive(Debug)]
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn commit_task() -> Weight {
		Database(T::DbWeight::get()).commit_task()
	}
	fn reveal_task() -> Weight {
		Database(T::DbWeight::get()).reveal_task()
	}
	fn reveal_failure() -> Weight {
		Database(T::DbWeight::get()).reveal_failure()
	}
	fn draw() -> Weight {
		Database(T::DbWeight::get()).draw()
	}
	fn seal_verdict() -> Weight {
		Database(T::DbWeight::get()).seal_verdict()
	}
	fn reveal_verdict() -> Weight {
		Database(T::DbWeight::get()).reveal_verdict()
	}
	fn end_pass(t: u32) -> Weight {
		Database(T::DbWeight::get()).tasks(t)
	}
	fn claim_aggregate() -> Weight {
		Database(T::DbWeight::get()).claim_aggregate()
	}
	fn open_conflict(t: u32) -> Weight {
		Database(T::DbWeight::get()).open_conflict(t)
	}
	fn next_round(t: u32) -> Weight {
		Database(T::DbWeight::get()).tasks(t)
	}
	fn settle() -> Weight {
		Database(T::DbWeight::get()).settle()
	}
	fn clear_round(s: u32) -> Weight {
		Database(T::DbWeight::get()).clear_round(s)
	}
	fn dispute_task() -> Weight {
		Database(T::DbWeight::get()).dispute_task()
	}
	fn dispute_accepted() -> Weight {
		Database(T::DbWeight::get()).dispute_accepted()
	}
	fn on_initialize() -> Weight {
		Database(T::DbWeight::get()).on_initialize()
	}
	fn sweep() -> Weight {
		Database(T::DbWeight::get()).sweep()
	}
}

/// Upper bounds for RocksDB, the slowest database that a node can have.
impl WeightInfo for () {
	fn commit_task() -> Weight {
		Database(RocksDbWeight::get()).commit_task()
	}
	fn reveal_task() -> Weight {
		Database(RocksDbWeight::get()).reveal_task()
	}
	fn reveal_failure() -> Weight {
		Database(RocksDbWeight::get()).reveal_failure()
	}
	fn draw() -> Weight {
		Database(RocksDbWeight::get()).draw()
	}
	fn seal_verdict() -> Weight {
		Database(RocksDbWeight::get()).seal_verdict()
	}
	fn reveal_verdict() -> Weight {
		Database(RocksDbWeight::get()).reveal_verdict()
	}
	fn end_pass(t: u32) -> Weight {
		Database(RocksDbWeight::get()).tasks(t)
	}
	fn claim_aggregate() -> Weight {
		Database(RocksDbWeight::get()).claim_aggregate()
	}
	fn open_conflict(t: u32) -> Weight {
		Database(RocksDbWeight::get()).open_conflict(t)
	}
	fn next_round(t: u32) -> Weight {
		Database(RocksDbWeight::get()).tasks(t)
	}
	fn settle() -> Weight {
		Database(RocksDbWeight::get()).settle()
	}
	fn clear_round(s: u32) -> Weight {
		Database(RocksDbWeight::get()).clear_round(s)
	}
	fn dispute_task() -> Weight {
		Database(RocksDbWeight::get()).dispute_task()
	}
	fn dispute_accepted() -> Weight {
		Database(RocksDbWeight::get()).dispute_accepted()
	}
	fn on_initialize() -> Weight {
		Database(RocksDbWeight::get()).on_initialize()
	}
	fn sweep() -> Weight {
		Database(RocksDbWeight::get()).sweep()
	}
}
