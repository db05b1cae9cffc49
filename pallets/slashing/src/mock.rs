//! A runtime whose bonds are a plain list of task stakes.

use assay_protocol::{Balance, JobId, SessionIndex, TaskKey};
use assay_traits::{Bonds, Cause, Offence, Role, Stakes};
use frame_support::{derive_impl, parameter_types, traits::Contains};
use sp_runtime::{BuildStorage, DispatchResult};
use std::collections::BTreeMap;

use crate as pallet_slashing;

type Block = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system = 0,
		Slashing: pallet_slashing = 20,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
}

parameter_types! {
	pub static TaskStakes: BTreeMap<(u64, u32), Balance> = BTreeMap::new();
	pub static EndedJobs: Vec<JobId> = vec![];
	pub static MaxPrune: u32 = 3;
}

/// Stakes by job and slot, in session 7.
#[derive(Debug)]
pub struct PlainBonds;

impl Bonds<u64> for PlainBonds {
	fn stash_of(worker: &u64) -> Option<u64> {
		Some(*worker)
	}

	fn active(_stash: &u64, _role: Role) -> bool {
		true
	}

	fn hold_task(task: TaskKey, _stash: &u64, amount: Balance) -> DispatchResult {
		TaskStakes::mutate(|stakes| stakes.insert((task.job.0, task.slot), amount));
		Ok(())
	}

	fn release_task(task: TaskKey) -> DispatchResult {
		TaskStakes::mutate(|stakes| stakes.remove(&(task.job.0, task.slot)));
		Ok(())
	}

	fn slash_task(task: TaskKey, amount: Balance) -> Balance {
		TaskStakes::mutate(|stakes| {
			let Some(stake) = stakes.get_mut(&(task.job.0, task.slot)) else {
				return 0;
			};
			let burned = amount.min(*stake);
			*stake -= burned;
			burned
		})
	}

	fn session() -> SessionIndex {
		7
	}

	fn stakes(_session: SessionIndex) -> Option<Stakes<u64>> {
		None
	}
}

/// The jobs that a test has ended.
#[derive(Debug)]
pub struct Ended;

impl Contains<JobId> for Ended {
	fn contains(job: &JobId) -> bool {
		EndedJobs::get().contains(job)
	}
}

impl pallet_slashing::Config for Test {
	type Bonds = PlainBonds;
	type Ended = Ended;
	type MaxPrune = MaxPrune;
	type WeightInfo = ();
}

pub(crate) fn externalities() -> sp_io::TestExternalities {
	let storage = frame_system::GenesisConfig::<Test>::default()
		.build_storage()
		.unwrap();
	let mut chain = sp_io::TestExternalities::new(storage);
	chain.execute_with(|| System::set_block_number(1));
	chain
}

/// A chain on which job 0 has ended.
#[cfg(feature = "runtime-benchmarks")]
pub(crate) fn benchmark_externalities() -> sp_io::TestExternalities {
	EndedJobs::set(vec![JobId(0)]);
	externalities()
}

pub(crate) fn build_and_execute(test: impl FnOnce()) {
	externalities().execute_with(|| {
		test();
		Slashing::do_try_state().unwrap();
	});
}

pub(crate) fn task(job: u64, slot: u32) -> TaskKey {
	TaskKey {
		job: JobId(job),
		round: 0,
		slot,
		attempt: 0,
	}
}

/// Places a stake and builds an offence against it.
pub(crate) fn offence(offender: u64, task: TaskKey, cause: Cause, amount: Balance) -> Offence<u64> {
	PlainBonds::hold_task(task, &offender, 100).unwrap();
	Offence {
		offender,
		task,
		cause,
		amount,
	}
}
