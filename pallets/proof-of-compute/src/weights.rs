//! Weights of calls and hooks.
//!
//! Not generated yet: upper bounds, made of the number of database accesses and a stated time for
//! hashing and drawing. The benchmarks are there; `scripts/weights.sh` replaces this file by their
//! result. What other pallets do when they are told of a fact is counted here, because it happens
//! within the call.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weights of calls and hooks.
pub trait WeightInfo {
	/// `commit_task`, with a panel of an earlier attempt to settle.
	fn commit_task() -> Weight;
	/// `reveal_task`, the last of its phase.
	fn reveal_task() -> Weight;
	/// `draw`, with the most outputs.
	fn draw() -> Weight;
	/// `seal_verdict`, the first of a slot in a redraw.
	fn seal_verdict() -> Weight;
	/// `reveal_verdict`; the pallets that are told of it look at `t` tasks.
	fn reveal_verdict(t: u32) -> Weight;
	/// `claim_aggregate`; the pallets that are told of it look at `t` tasks.
	fn claim_aggregate(t: u32) -> Weight;
	/// `clear_round`, with `s` slots to remove.
	fn clear_round(s: u32) -> Weight;
	/// The session of a block is noted.
	fn on_initialize() -> Weight;
	/// An idle block looks at one round, and clears a part of it.
	fn sweep() -> Weight;
}

/// Upper bounds for the runtime's database.
#[derive(Debug)]
pub struct SubstrateWeight<T>(PhantomData<T>);

/// A round's view and a task's view are made of at most so many items of pallet-jobs.
const VIEW_READS: u64 = 6;
/// Telling a fact that concerns one slot reads and writes at most so many items.
const NOTE_ACCESSES: u64 = 16;
/// A task that begins or ends with the phase reads and writes at most so many items.
const TASK_ACCESSES: u64 = 3;
/// Settling a slot counts at most four committees of 15 validators.
const SETTLE_ACCESSES: u64 = 60;
/// Hashes, seals and lists of a call: 60 microseconds.
const CALL_TIME: u64 = 60_000_000;
/// Drawing 15 of 100 validators: 15 hashes and walks, 100 microseconds, and decoding them.
const COMMITTEE_TIME: u64 = 200_000_000;
/// What one more task costs beside the database: 20 microseconds.
const TASK_TIME: u64 = 20_000_000;
/// Bytes of proof for one database access, more than any record of ours has.
const ACCESS_BYTES: u64 = 5_000;

impl<T: frame_system::Config> SubstrateWeight<T> {
	fn bound(reads: u64, writes: u64, time: u64) -> Weight {
		Weight::from_parts(time, reads.saturating_mul(ACCESS_BYTES))
			.saturating_add(T::DbWeight::get().reads_writes(reads, writes))
	}

	fn accesses(count: u64, time: u64) -> Weight {
		Self::bound(count, count, time)
	}

	fn settle() -> Weight {
		Self::accesses(SETTLE_ACCESSES, COMMITTEE_TIME.saturating_mul(4))
	}

	fn tasks(t: u32) -> Weight {
		Self::accesses(TASK_ACCESSES, TASK_TIME).saturating_mul(u64::from(t))
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn commit_task() -> Weight {
		// Worker key, view, round and submission, the fact.
		Self::bound(VIEW_READS.saturating_add(3), 2, CALL_TIME)
			.saturating_add(Self::accesses(NOTE_ACCESSES, 0))
			.saturating_add(Self::settle())
	}

	fn reveal_task() -> Weight {
		// Worker key, view, genesis hash, submission, the fact.
		Self::bound(VIEW_READS.saturating_add(3), 1, CALL_TIME)
			.saturating_add(Self::accesses(NOTE_ACCESSES, 0))
	}

	fn draw() -> Weight {
		// View, 64 outputs, sessions, stakes, round, the fact.
		Self::bound(VIEW_READS.saturating_add(67), 1, CALL_TIME)
			.saturating_add(Self::accesses(NOTE_ACCESSES, 0))
	}

	fn seal_verdict() -> Weight {
		// Worker key, two views, submission, stakes, round, the fact.
		Self::bound(VIEW_READS.saturating_mul(2).saturating_add(4), 1, CALL_TIME)
			.saturating_add(Weight::from_parts(COMMITTEE_TIME, 0))
			.saturating_add(Self::accesses(NOTE_ACCESSES, 0))
			.saturating_add(Self::settle())
	}

	fn reveal_verdict(t: u32) -> Weight {
		// Worker key, three views, submission, genesis hash, uptimes of a panel, the fact with up to
		// 15 fees.
		Self::bound(VIEW_READS.saturating_mul(3).saturating_add(3), 1, CALL_TIME)
			.saturating_add(Self::accesses(NOTE_ACCESSES.saturating_add(30), 0))
			.saturating_add(Self::tasks(t))
	}

	fn claim_aggregate(t: u32) -> Weight {
		// Worker key, view, claims, stakes, round, the fact, and what is cleared.
		Self::bound(VIEW_READS.saturating_add(4), 3, CALL_TIME)
			.saturating_add(Weight::from_parts(COMMITTEE_TIME, 0))
			.saturating_add(Self::accesses(NOTE_ACCESSES, 0))
			.saturating_add(Self::tasks(t))
			.saturating_add(Self::clear_round(crate::CLEAR_LIMIT))
	}

	fn clear_round(s: u32) -> Weight {
		// View, round; for each slot its submission and what it settles.
		Self::bound(VIEW_READS.saturating_add(2), 2, CALL_TIME).saturating_add(
			Self::settle().saturating_add(Self::accesses(2, 0)).saturating_mul(u64::from(s)),
		)
	}

	fn on_initialize() -> Weight {
		// The current session and the list of sessions.
		Self::bound(2, 1, CALL_TIME)
	}

	fn sweep() -> Weight {
		// The cursor, and the clearing of one round.
		Self::bound(2, 1, 0).saturating_add(Self::clear_round(crate::CLEAR_LIMIT))
	}
}

/// No weight, for tests.
impl WeightInfo for () {
	fn commit_task() -> Weight {
		Weight::zero()
	}
	fn reveal_task() -> Weight {
		Weight::zero()
	}
	fn draw() -> Weight {
		Weight::zero()
	}
	fn seal_verdict() -> Weight {
		Weight::zero()
	}
	fn reveal_verdict(_: u32) -> Weight {
		Weight::zero()
	}
	fn claim_aggregate(_: u32) -> Weight {
		Weight::zero()
	}
	fn clear_round(_: u32) -> Weight {
		Weight::zero()
	}
	fn on_initialize() -> Weight {
		Weight::zero()
	}
	fn sweep() -> Weight {
		Weight::zero()
	}
}
