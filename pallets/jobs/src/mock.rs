//! A chain with balances and this pallet. Bonds, penalties and the formula are the simplest that
//! keep their promises; proof-of-compute is played by the tests, see [`play`].

use assay_protocol::{
	reward, AuditPolicy, Balance, BlockNumber, CheckpointRef, DataRef, JobId, Plan, SessionIndex,
	Shares, TaskKey, Terms, Windows,
};
use assay_traits::{Bonds, LostDispute, Offence, Rewards, Role, Rounds as _, Slash, Stakes};
use frame_support::{
	derive_impl, parameter_types, storage_alias, traits::ConstU128, Blake2_128Concat, PalletId,
};
use sp_runtime::{traits::IdentityLookup, BuildStorage, DispatchError, DispatchResult};

use crate as pallet_jobs;
use crate::weights::SubstrateWeight;

pub(crate) mod play;

/// Wide enough for sub-accounts to differ.
pub(crate) type AccountId = u128;

pub(crate) const ED: Balance = 10;
pub(crate) const DEPOSIT: Balance = 25;
pub(crate) const ENDOWMENT: Balance = 1_000_000;
pub(crate) const RETENTION: BlockNumber = 1_000;

/// Posts jobs.
pub(crate) const OWNER: AccountId = 1;
/// Calls what anybody may call, and owns nothing else.
pub(crate) const PASSER_BY: AccountId = 2;
/// Bonded, each with a worker at [`worker_of`].
pub(crate) const PROVIDERS: [AccountId; 4] = [11, 12, 13, 14];
/// In the session's snapshot. The last one's account does not exist.
pub(crate) const VALIDATORS: [AccountId; 4] = [21, 22, 23, 24];
/// Has a worker, but no bond.
pub(crate) const UNBONDED: AccountId = 31;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system = 0,
		Balances: pallet_balances = 4,
		Jobs: pallet_jobs = 21,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<ED>;
	type AccountStore = System;
}

parameter_types! {
	pub const JobsPalletId: PalletId = PalletId(*b"assay/jb");
	pub const Retention: BlockNumber = RETENTION;
	pub static MaxTasks: u32 = 64;
	pub static MaxMembers: u32 = 3;
	pub static PruneBatch: u32 = 16;
	pub static JobDeposit: Balance = DEPOSIT;
	// Tasks of one segment, all of them drawn: what their checks cost is no matter here.
	pub static Policy: AuditPolicy = AuditPolicy {
		adversary_ppm: 0,
		burned_ppm: 1_000_000,
		max_flops_ppm: u32::MAX,
		max_check_ppm: u32::MAX,
	};
}

impl pallet_jobs::Config for Test {
	type Currency = Balances;
	type Bonds = Purses;
	type Rewards = Formula;
	type Slash = Purses;
	type PalletId = JobsPalletId;
	type JobDeposit = JobDeposit;
	type MaxTasks = MaxTasks;
	type MaxMembers = MaxMembers;
	type AuditPolicy = Policy;
	type Retention = Retention;
	type PruneBatch = PruneBatch;
	type WeightInfo = SubstrateWeight<Test>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Purses;
}

/// What a bonded stash can still put behind tasks. No purse: no bond.
#[storage_alias]
type PurseOf = StorageMap<Mock, Blake2_128Concat, AccountId, Balance>;
/// Who put how much behind a task.
#[storage_alias]
type StakeOf = StorageMap<Mock, Blake2_128Concat, TaskKey, (AccountId, Balance)>;
/// What was burned from stakes.
#[storage_alias]
type Burned = StorageValue<Mock, Balance, frame_support::pallet_prelude::ValueQuery>;

/// Attempts that ended in a dispute.
#[storage_alias]
pub(crate) type DisputesOf = StorageMap<Mock, Blake2_128Concat, TaskKey, ()>;

/// Bonds and penalties over purses.
#[derive(Debug)]
pub struct Purses;

impl Purses {
	pub(crate) fn fill(stash: AccountId, amount: Balance) {
		PurseOf::insert(stash, amount);
	}

	pub(crate) fn left(stash: AccountId) -> Balance {
		PurseOf::get(stash).unwrap_or(0)
	}

	pub(crate) fn burned() -> Balance {
		Burned::get()
	}

	/// A stake vanishes, as only a defect elsewhere could make it.
	pub(crate) fn lose(task: TaskKey) {
		StakeOf::remove(task);
	}

	/// Everything that is held, with the task that it is held for.
	pub(crate) fn held() -> Vec<(TaskKey, AccountId, Balance)> {
		StakeOf::iter()
			.map(|(task, (stash, amount))| (task, stash, amount))
			.collect()
	}
}

/// The worker key of a stash.
pub(crate) fn worker_of(stash: AccountId) -> AccountId {
	stash + 1_000
}

impl Bonds<AccountId> for Purses {
	fn stash_of(worker: &AccountId) -> Option<AccountId> {
		worker.checked_sub(1_000)
	}

	fn active(stash: &AccountId, role: Role) -> bool {
		role == Role::Provider && PurseOf::contains_key(stash)
	}

	fn hold_task(task: TaskKey, stash: &AccountId, amount: Balance) -> DispatchResult {
		assert!(!StakeOf::contains_key(task), "{task:?} is held twice");
		let purse = PurseOf::get(stash).ok_or(DispatchError::Other("no bond"))?;
		let left = purse
			.checked_sub(amount)
			.ok_or(DispatchError::Other("no money"))?;
		PurseOf::insert(stash, left);
		StakeOf::insert(task, (*stash, amount));
		Ok(())
	}

	fn release_task(task: TaskKey) -> DispatchResult {
		let (stash, amount) = StakeOf::take(task).ok_or(DispatchError::Other("no stake"))?;
		PurseOf::mutate(stash, |purse| *purse = Some(purse.unwrap_or(0) + amount));
		Ok(())
	}

	fn task_stake(task: TaskKey) -> Balance {
		StakeOf::get(task).map_or(0, |(_, held)| held)
	}

	fn slash_task(task: TaskKey, amount: Balance) -> Balance {
		StakeOf::mutate(task, |stake| {
			let Some((_, held)) = stake else { return 0 };
			let burned = amount.min(*held);
			*held -= burned;
			Burned::mutate(|total| *total += burned);
			burned
		})
	}

	fn pay_from_task(_: TaskKey, _: &AccountId, _: Balance) -> Balance {
		unreachable!("pallet-slashing pays informers")
	}

	fn pledge(_: TaskKey, _: &AccountId, _: Balance) -> DispatchResult {
		unreachable!("jobs knows no disputes")
	}

	fn pledged(_: TaskKey) -> Balance {
		unreachable!("jobs knows no disputes")
	}

	fn release_pledge(_: TaskKey) {
		unreachable!("jobs knows no disputes")
	}

	fn pay_from_pledge(_: TaskKey, _: &AccountId, _: Balance) -> Balance {
		unreachable!("jobs knows no disputes")
	}

	fn burn_pledge(_: TaskKey, _: Balance) -> Balance {
		unreachable!("jobs knows no disputes")
	}

	fn session() -> SessionIndex {
		7
	}

	fn stakes(session: SessionIndex) -> Option<Stakes<AccountId>> {
		let stakes = VALIDATORS
			.iter()
			.map(|validator| (*validator, 100))
			.collect::<Vec<_>>();
		(session == 7).then(|| stakes.try_into().unwrap())
	}
}

impl Slash<AccountId> for Purses {
	fn report(offence: Offence<AccountId>) -> DispatchResult {
		match Self::slash_task(offence.task, offence.amount) {
			0 => Err(DispatchError::Other("nothing to slash")),
			_ => Ok(()),
		}
	}

	fn report_challenger(_: LostDispute<AccountId>) -> DispatchResult {
		unreachable!("jobs knows no disputes")
	}

	fn lost_disputes(_: &AccountId) -> u32 {
		unreachable!("jobs knows no disputes")
	}

	fn has_lost(_: TaskKey, _: &AccountId) -> bool {
		unreachable!("jobs knows no disputes")
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Purses {
	fn bond_provider(stash: &AccountId, stakes: Balance) -> AccountId {
		Self::fill(*stash, stakes);
		worker_of(*stash)
	}
}

/// The formula of the protocol.
#[derive(Debug)]
pub struct Formula;

impl Rewards<AccountId> for Formula {
	fn compute(_job: JobId, _provider: &AccountId, price: Balance, quality_ppm: u32) -> Balance {
		reward::compute_pay(price, quality_ppm)
	}

	fn verdict(
		_job: JobId,
		_validator: &AccountId,
		price: Balance,
		recomputed: u128,
		task: u128,
		uptime_ppm: u32,
	) -> Balance {
		reward::verdict_fee(price, recomputed, task, uptime_ppm)
	}
}

/// A plan of the smallest model.
pub(crate) fn plan() -> Plan {
	let step = assay_numerics::samples::byte_mlp(8, 16, &[16], 16);
	let outline = assay_numerics::Outline::new(&step).unwrap();
	let bytes = outline.checkpoint_bytes();
	Plan {
		step,
		data: DataRef {
			root: [1; 32],
			bytes: 1 << 20,
		},
		steps: 4,
		stride: 4,
		parent: CheckpointRef {
			root: [2; 32],
			bytes,
		},
		seed: [3; 32],
		eval_rows: 256,
	}
}

/// Terms of 2 rounds of 3 tasks at 1,000 each.
///
/// Budget of a round: 3 * 1,000 / 20 % = 15,000, of which 12,000 pay for verdicts; the bill is at
/// most 3 seats * 3 tasks * (1,250 + 3) = 11,277, every task being drawn and fetched.
pub(crate) fn terms() -> Terms {
	Terms {
		price: 1_000,
		task_stake: 500,
		tasks: 3,
		rounds: 2,
		providers: 2,
		committee: 3,
		quorum: 2,
		audit_floor_ppm: 1_000_000,
		harm: 0,
		windows: Windows {
			open: 20,
			train: 10,
			reveal: 8,
			assay: 12,
			unseal: 6,
			close: 9,
			challenge: 0,
		},
		shares: Shares {
			compute: 200_000,
			data: 0,
			validation: 800_000,
		},
	}
}

/// The same with a stake that deters from one wrong step, when tasks have so many segments.
pub(crate) fn terms_of_segments(segments: u32) -> Terms {
	// All are drawn, of which two thirds count: 2 / 3n of a stake is as much as 1 - 2 / 3n of the price.
	let stake = (3 * Balance::from(segments) - 2) * 1_000 / 2;
	Terms {
		task_stake: stake,
		..terms()
	}
}

/// Escrow of [`terms`]: 2 rounds of 15,000.
pub(crate) const ESCROW: Balance = 30_000;

/// Runs a test, and every property after it.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	let mut ext = externalities();
	ext.execute_with(|| {
		System::set_block_number(1);
		for provider in PROVIDERS {
			Purses::fill(provider, 10_000);
		}
		test();
		check_everything();
	});
}

/// A chain with endowed accounts.
pub(crate) fn externalities() -> sp_io::TestExternalities {
	let existing = [OWNER, PASSER_BY, UNBONDED].into_iter();
	let balances = existing
		.chain(PROVIDERS)
		.chain(VALIDATORS.into_iter().take(3))
		.map(|account| (account, ENDOWMENT))
		.collect();
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances,
			..Default::default()
		},
		..Default::default()
	};
	genesis.build_storage().unwrap().into()
}

/// The attempts that ended unpaid because of a dispute: their stakes wait for its end, whatever
/// becomes of their jobs.
///
/// Told by the pallet's events, since disputes are no part of this chain.
pub(crate) fn disputes() -> Vec<TaskKey> {
	play::note_disputes();
	DisputesOf::iter_keys().collect()
}

/// The pallet's own properties, and those that need the whole chain.
pub(crate) fn check_everything() {
	Jobs::do_try_state().unwrap();
	for (job, record) in crate::Jobs::<Test>::iter() {
		let ledger = crate::Ledgers::<Test>::get(job);
		let account = Balances::free_balance(Jobs::account_of(job));
		assert_eq!(
			account,
			ledger.held + ledger.unclaimed + record.deposit,
			"P2 to the unit"
		);
	}
	for (task, ..) in Purses::held() {
		if disputes().contains(&task) || crate::Accepted::<Test>::contains_key(task.job, task) {
			continue;
		}
		let view = Jobs::task(task.job, task.slot).expect("a held task exists");
		assert_eq!(
			(view.round, view.attempt),
			(task.round, task.attempt),
			"P7: a stake is left"
		);
	}
}

/// A chain for the tests of the benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub(crate) fn bench_externalities() -> sp_io::TestExternalities {
	let mut ext = externalities();
	ext.execute_with(|| System::set_block_number(1));
	ext
}
