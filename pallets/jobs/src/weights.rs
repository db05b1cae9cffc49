//! Weights of the pallet's calls, facts and hook.
//!
//! NOT GENERATED YET. Until the benchmarks were run on the reference machine, [`SubstrateWeight`]
//! gives bounds: the storage reads and writes of the worst path at `T::DbWeight`, plus a stated time
//! of computation. docs/weights.md compares them with a first measurement. The proof size is left at zero, because the chain is not a
//! parachain.

use core::marker::PhantomData;

use assay_protocol::limits::MAX_MEMBERS;
use frame_support::{traits::Get, weights::Weight};

/// The weight of each call, fact and step of the hook.
pub trait WeightInfo {
	/// Checking a plan by its outline, moving the escrow, storing the job.
	fn post_job() -> Weight;
	/// Becoming a member of a full job, and starting it with `tasks` slots.
	fn join_job(tasks: u32) -> Weight;
	/// Leaving a full job.
	fn leave_job() -> Weight;
	/// Cancelling a job with `tasks` unfinished slots.
	fn cancel_job(tasks: u32) -> Weight;
	/// Looking at `tasks` slots after a deadline; punishing, giving out or releasing `touched`.
	fn advance(tasks: u32, touched: u32) -> Weight;
	/// Paying out to `beneficiaries` accounts.
	fn claim(beneficiaries: u32) -> Weight;
	/// Removing `items` of an ended job.
	fn prune_job(items: u32) -> Weight;
	/// Noting a fact that decides a slot, or that gives out or releases `tasks` slots.
	fn note(tasks: u32) -> Weight;
	/// Looking for the next due job, once.
	fn look_due() -> Weight;
	/// Releasing the stakes of `tasks` whose windows are over.
	fn release_stakes(tasks: u32) -> Weight;
	/// Looking at the next record of accepted work, once, and releasing its stake.
	fn sweep_accepted() -> Weight;
}

/// Bounds at the database weights of the runtime.
#[derive(Debug)]
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> SubstrateWeight<T> {
	/// Computation in microseconds, reads and writes.
	fn bound(microseconds: u64, reads: u64, writes: u64) -> Weight {
		Weight::from_parts(microseconds.saturating_mul(1_000_000), 0)
			.saturating_add(T::DbWeight::get().reads_writes(reads, writes))
	}

	/// Ordering the members of a full job: a hash for each four of them.
	fn order() -> Weight {
		Self::bound(u64::from(MAX_MEMBERS), 2, 0)
	}

	/// The worst that can happen to one slot in one call: its attempt is punished, and its next one
	/// is given out. Of its own the slot has its record, two stakes and an offence; of its
	/// provider and the next one, balance, holds, standing and the sum of their stakes. The accesses were
	/// counted, the time is a bound.
	fn slot() -> Weight {
		Self::bound(300, 10, 9)
	}

	/// Job, round, books, queue, sub-account and owner.
	fn job() -> Weight {
		Self::bound(150, 9, 9)
	}
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn post_job() -> Weight {
		// The outline of the largest plan, some 4,600 parameters in 256 blocks, tells its operations
		// and bytes in less than 30 ms of native code.
		Self::job().saturating_add(Self::bound(80_000, 3, 4))
	}

	fn join_job(tasks: u32) -> Weight {
		Self::job()
			.saturating_add(Self::order())
			.saturating_add(Self::bound(50, 3, 1))
			.saturating_add(Self::slot().saturating_mul(tasks.into()))
	}

	fn leave_job() -> Weight {
		Self::bound(300, 3, 1)
	}

	fn cancel_job(tasks: u32) -> Weight {
		Self::job().saturating_add(Self::slot().saturating_mul(tasks.into()))
	}

	fn advance(tasks: u32, touched: u32) -> Weight {
		Self::job()
			.saturating_add(Self::order())
			.saturating_add(Self::bound(20, 1, 0).saturating_mul(tasks.into()))
			.saturating_add(Self::slot().saturating_mul(touched.into()))
	}

	fn claim(beneficiaries: u32) -> Weight {
		Self::job().saturating_add(Self::bound(300, 2, 2).saturating_mul(beneficiaries.into()))
	}

	fn prune_job(items: u32) -> Weight {
		Self::job()
			.saturating_add(Self::bound(100, 3, 6))
			.saturating_add(Self::bound(5, 1, 1).saturating_mul(items.into()))
	}

	fn note(tasks: u32) -> Weight {
		// The credits of a full committee, and what `advance` does to the slots.
		Self::advance(tasks, tasks).saturating_add(Self::bound(150, 16, 16))
	}

	fn look_due() -> Weight {
		Self::bound(10, 2, 0)
	}

	fn release_stakes(tasks: u32) -> Weight {
		// Record and stake, the provider's balance, holds and the sum of its stakes.
		Self::bound(50, 1, 0).saturating_add(Self::bound(100, 5, 5).saturating_mul(tasks.into()))
	}

	fn sweep_accepted() -> Weight {
		// The place, the search for the next record, and its release.
		Self::release_stakes(1).saturating_add(Self::bound(20, 2, 1))
	}
}
