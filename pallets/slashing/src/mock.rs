//! A runtime whose bonds are plain lists of task stakes, pledges and purses.

use assay_protocol::{Balance, JobId, SessionIndex, TaskKey};
use assay_traits::{Bonds, Cause, LostDispute, Offence, Role, Stakes};
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
	pub static Pledged: BTreeMap<(u64, u32), Balance> = BTreeMap::new();
	/// What the challenger's bond has left for its pledges.
	pub static BondLeft: Balance = Balance::MAX;
	/// What was received by whom.
	pub static Purses: BTreeMap<u64, Balance> = BTreeMap::new();
	pub static EndedJobs: Vec<JobId> = vec![];
	pub static MaxPrune: u32 = 3;
}

/// The least that an empty purse takes.
pub(crate) const EXISTENTIAL: Balance = 5;

/// Stakes and pledges by job and slot, in session 7.
#[derive(Debug)]
pub struct PlainBonds;

/// Adds to a purse, unless less than [`EXISTENTIAL`] would be in it.
fn receive(to: u64, amount: Balance) -> bool {
	Purses::mutate(|purses| {
		let after = purses.get(&to).unwrap_or(&0) + amount;
		let taken = after >= EXISTENTIAL;
		if taken {
			purses.insert(to, after);
		}
		taken
	})
}

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

	fn task_stake(task: TaskKey) -> Balance {
		let stakes = TaskStakes::get();
		stakes.get(&(task.job.0, task.slot)).copied().unwrap_or(0)
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

	fn pay_from_task(task: TaskKey, to: &u64, amount: Balance) -> Balance {
		let due = amount.min(Self::task_stake(task));
		if due == 0 || !receive(*to, due) {
			return 0;
		}
		Self::slash_task(task, due)
	}

	fn pledge(dispute: TaskKey, _stash: &u64, amount: Balance) -> DispatchResult {
		Pledged::mutate(|pledges| pledges.insert((dispute.job.0, dispute.slot), amount));
		Ok(())
	}

	fn pledged(dispute: TaskKey) -> Balance {
		let pledges = Pledged::get();
		pledges
			.get(&(dispute.job.0, dispute.slot))
			.copied()
			.unwrap_or(0)
	}

	fn release_pledge(dispute: TaskKey) {
		Pledged::mutate(|pledges| pledges.remove(&(dispute.job.0, dispute.slot)));
	}

	fn pay_from_pledge(dispute: TaskKey, to: &u64, amount: Balance) -> Balance {
		let due = amount.min(Self::pledged(dispute)).min(BondLeft::get());
		if due == 0 || !receive(*to, due) {
			return 0;
		}
		Self::burn_pledge(dispute, due)
	}

	fn burn_pledge(dispute: TaskKey, amount: Balance) -> Balance {
		let due = amount.min(Self::pledged(dispute));
		Pledged::mutate(|pledges| {
			pledges
				.entry((dispute.job.0, dispute.slot))
				.and_modify(|left| *left -= due);
		});
		let burned = due.min(BondLeft::get());
		BondLeft::mutate(|left| *left -= burned);
		burned
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
		informers: Default::default(),
	}
}

/// Places a pledge of 100 and builds the loss of its dispute.
pub(crate) fn lost(
	offender: u64,
	dispute: TaskKey,
	wronged: &[(u64, Balance)],
) -> LostDispute<u64> {
	PlainBonds::pledge(dispute, &offender, 100).unwrap();
	LostDispute {
		offender,
		dispute,
		wronged: wronged.to_vec().try_into().unwrap(),
	}
}

pub(crate) fn purse(who: u64) -> Balance {
	Purses::get().get(&who).copied().unwrap_or(0)
}
