//! A runtime with the real session pallet, in which accounts 1 to 9 own money.

use assay_protocol::{Balance, JobId, SessionIndex};
use assay_traits::{Role, TaskKey};
use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::{InspectHold, Mutate},
		ConstU128, Hooks,
	},
};
use pallet_session::{disabling::UpToLimitDisablingStrategy, historical, ShouldEndSession};
use sp_runtime::{
	testing::{TestSignature, UintAuthorityId},
	BuildStorage,
};

use crate as pallet_stake;
use crate::{HoldReason, ValidatorIdOf};

pub(crate) const ASY: Balance = 1_000;
pub(crate) const ENDOWMENT: Balance = 1_000 * ASY;
pub(crate) const MIN_PROVIDER: Balance = 10 * ASY;
pub(crate) const MIN_VALIDATOR: Balance = 20 * ASY;
pub(crate) const HISTORY: SessionIndex = 3;
pub(crate) const UNBONDING: SessionIndex = 5;
pub(crate) const SUSPENSION: SessionIndex = 4;

type Block = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system = 0,
		Balances: pallet_balances = 4,
		Stake: pallet_stake = 7,
		Historical: historical = 8,
		Session: pallet_session = 9,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ExistentialDeposit;
	type AccountStore = System;
}

parameter_types! {
	pub static EndSession: bool = false;
	pub static ExistentialDeposit: Balance = 1;
}

/// Ends the session when a test asks for it.
#[derive(Debug)]
pub struct OnDemand;

impl ShouldEndSession<u32> for OnDemand {
	fn should_end_session(_now: u32) -> bool {
		EndSession::get()
	}
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = u64;
	type ValidatorIdOf = ValidatorIdOf<Test>;
	type ShouldEndSession = OnDemand;
	type NextSessionRotation = ();
	type SessionManager = historical::NoteHistoricalRoot<Test, Stake>;
	type SessionHandler = pallet_session::TestSessionHandler;
	type Keys = UintAuthorityId;
	type DisablingStrategy = UpToLimitDisablingStrategy;
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ConstU128<1>;
}

impl historical::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = crate::UnitIdentificationOf;
}

parameter_types! {
	pub static MaxValidators: u32 = 4;
	pub static MaxCandidates: u32 = 6;
	pub static HistorySessions: SessionIndex = HISTORY;
	pub static UnbondingSessions: SessionIndex = UNBONDING;
	pub static SuspensionSessions: SessionIndex = SUSPENSION;
}

impl pallet_stake::Config for Test {
	type Currency = Balances;
	type Session = Session;
	type Signature = TestSignature;
	type MinProviderBond = ConstU128<MIN_PROVIDER>;
	type MinValidatorBond = ConstU128<MIN_VALIDATOR>;
	type MaxValidators = MaxValidators;
	type MaxCandidates = MaxCandidates;
	type HistorySessions = HistorySessions;
	type UnbondingSessions = UnbondingSessions;
	type SuspensionSessions = SuspensionSessions;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = TestHelper;
}

/// Worker keys are numbers.
#[cfg(feature = "runtime-benchmarks")]
#[derive(Debug)]
pub struct TestHelper;

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<u64, TestSignature> for TestHelper {
	fn worker(message: &[u8]) -> (u64, TestSignature) {
		(777, TestSignature(777, message.to_vec()))
	}
}

/// Builds a chain and checks its state after the test.
pub(crate) struct Chain {
	validators: Vec<(u64, Balance)>,
	providers: Vec<(u64, Balance)>,
}

impl Default for Chain {
	/// Validators 1, 2 and 3 with 30, 40 and 50 ASY; provider 4 with 10 ASY.
	fn default() -> Self {
		Self {
			validators: vec![(1, 30 * ASY), (2, 40 * ASY), (3, 50 * ASY)],
			providers: vec![(4, MIN_PROVIDER)],
		}
	}
}

impl Chain {
	pub(crate) fn validators(mut self, validators: Vec<(u64, Balance)>) -> Self {
		self.validators = validators;
		self
	}

	pub(crate) fn externalities(self) -> sp_io::TestExternalities {
		let keys = self
			.validators
			.iter()
			.map(|&(who, _)| (who, who, UintAuthorityId(who)))
			.collect();
		let genesis = RuntimeGenesisConfig {
			balances: pallet_balances::GenesisConfig {
				balances: (1..10).map(|who| (who, ENDOWMENT)).collect(),
				..Default::default()
			},
			stake: pallet_stake::GenesisConfig {
				validators: self.validators,
				providers: self.providers,
			},
			session: pallet_session::GenesisConfig {
				keys,
				..Default::default()
			},
			..Default::default()
		};
		let mut chain = sp_io::TestExternalities::new(genesis.build_storage().unwrap());
		chain.execute_with(|| System::set_block_number(1));
		chain
	}

	pub(crate) fn build_and_execute(self, test: impl FnOnce()) {
		self.externalities().execute_with(|| {
			test();
			Stake::do_try_state().unwrap();
		});
	}
}

pub(crate) fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// The `number`th task of job 1.
pub(crate) fn task(number: u32) -> TaskKey {
	TaskKey {
		job: JobId(1),
		round: 0,
		slot: number,
		attempt: 0,
	}
}

/// What `worker` signs to serve `stash`.
pub(crate) fn proof(worker: u64, stash: u64) -> TestSignature {
	TestSignature(worker, Stake::worker_message(&stash).to_vec())
}

pub(crate) fn bond(who: u64, role: Role, amount: Balance) {
	Stake::bond(signed(who), role, amount).unwrap();
}

pub(crate) fn register_keys(who: u64) {
	Session::set_keys(signed(who), UintAuthorityId(who), vec![]).unwrap();
}

/// Ends `sessions` sessions, one block each.
pub(crate) fn next_sessions(sessions: u32) {
	for _ in 0..sessions {
		let block = System::block_number() + 1;
		System::set_block_number(block);
		EndSession::set(true);
		Session::on_initialize(block);
		EndSession::set(false);
	}
}

pub(crate) fn held(who: u64, reason: HoldReason) -> Balance {
	Balances::balance_on_hold(&reason.into(), &who)
}

pub(crate) fn free(who: u64) -> Balance {
	Balances::free_balance(who)
}

/// Leaves `who` with exactly `amount` of free money.
pub(crate) fn set_free(who: u64, amount: Balance) {
	Balances::set_balance(&who, amount);
}

/// The events of the stake pallet so far, which are then forgotten.
pub(crate) fn take_events() -> Vec<crate::Event<Test>> {
	let events = System::read_events_for_pallet();
	System::reset_events();
	events
}
