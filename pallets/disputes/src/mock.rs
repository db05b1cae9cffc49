//! A runtime with the real bonds, stakes and slashes, and a job that is told what to say.

use assay_protocol::{
	AcceptedTask, Balance, BlockNumber, JobId, Phase, RoundFact, RoundView, Slot, SlotState,
	TaskKey, TaskView, Trace, ZERO_ROOT,
};
use assay_traits::{Bonds as _, Contract, Disputes as _, Dissent, Rounds, Seated, Windows};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, Contains, Get, Hooks},
	weights::Weight,
};
use frame_system::limits::BlockWeights;
use pallet_session::{disabling::UpToLimitDisablingStrategy, historical, ShouldEndSession};
use sp_runtime::{
	testing::{TestSignature, UintAuthorityId},
	BuildStorage, DispatchError, DispatchResult,
};
use std::sync::OnceLock;

use crate as pallet_disputes;

// Both sides of a dispute are played as the protocol's own tests play them.
#[path = "../../protocol/tests/rules/dispute/play.rs"]
#[expect(dead_code, reason = "not all of it is played here")]
pub(crate) mod play;

mod acts;

pub(crate) use acts::*;
pub(crate) use play::{Move, Party, Setup, TASK};

type Block = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system = 0,
		Balances: pallet_balances = 4,
		Stake: pallet_stake = 7,
		Historical: historical = 8,
		Session: pallet_session = 9,
		Slashing: pallet_slashing = 20,
		Disputes: pallet_disputes = 21,
	}
);

/// Whose work is disputed.
pub(crate) const PROVIDER: u64 = 4;
/// Validators with bonds that are large enough.
pub(crate) const FIRST: u64 = 1;
pub(crate) const SECOND: u64 = 2;
pub(crate) const THIRD: u64 = 3;
/// A validator whose bond is too small for any pledge.
pub(crate) const POOR: u64 = 5;
/// Validators that say valid.
pub(crate) const ASSENTERS: [u64; 2] = [6, 7];
/// Somebody with money and neither a bond nor a worker key.
pub(crate) const NOBODY: u64 = 9;

pub(crate) const ENDOWMENT: Balance = 100_000;
pub(crate) const BOND: Balance = 10_000;
pub(crate) const STAKE: Balance = 1_001;
pub(crate) const PRICE: Balance = 100;
pub(crate) const FEE: Balance = 10;
pub(crate) const ANSWER_COST: Balance = 7;
/// The price, the fees of fifteen seats, and twice the cost of answering.
pub(crate) const PLEDGE: Balance = PRICE + 15 * FEE + 2 * ANSWER_COST;
pub(crate) const CLOSING_PLEDGE: Balance = 501;
pub(crate) const TURN: BlockNumber = 20;
pub(crate) const GRACE: BlockNumber = 5;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

/// No session of these tests ends.
#[derive(Debug)]
pub struct Never;

impl ShouldEndSession<u32> for Never {
	fn should_end_session(_now: u32) -> bool {
		false
	}
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = u64;
	type ValidatorIdOf = pallet_stake::ValidatorIdOf<Test>;
	type ShouldEndSession = Never;
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
	type FullIdentificationOf = pallet_stake::UnitIdentificationOf;
}

impl pallet_stake::Config for Test {
	type Currency = Balances;
	type Session = Session;
	type Signature = TestSignature;
	type MinProviderBond = ConstU128<50>;
	type MinValidatorBond = ConstU128<100>;
	type MaxValidators = ConstU32<8>;
	type MaxCandidates = ConstU32<8>;
	type HistorySessions = ConstU32<3>;
	type UnbondingSessions = ConstU32<5>;
	type SuspensionSessions = ConstU32<4>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = NoWorkers;
}

/// Nothing here makes worker keys.
#[cfg(feature = "runtime-benchmarks")]
#[derive(Debug)]
pub struct NoWorkers;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_stake::BenchmarkHelper<u64, TestSignature> for NoWorkers {
	fn worker(message: &[u8]) -> (u64, TestSignature) {
		(777, TestSignature(777, message.to_vec()))
	}
}

impl pallet_slashing::Config for Test {
	type Bonds = Stake;
	type Ended = NoJob;
	type MaxPrune = ConstU32<3>;
	type WeightInfo = ();
}

/// No job has ended.
#[derive(Debug)]
pub struct NoJob;

impl Contains<JobId> for NoJob {
	fn contains(_: &JobId) -> bool {
		false
	}
}

parameter_types! {
	/// Whether the job is still there.
	pub static IsPruned: bool = false;
	/// Where the attempt is in its round.
	pub static State: SlotState = SlotState::Accepted;
	/// The attempt that the slot is given to now.
	pub static Attempt: u8 = 0;
	/// Whether the disputed work was accepted, so that its window begins anew.
	pub static IsAccepted: bool = false;
	/// How disputes ended: what the windows were told.
	pub static Settled: Vec<(TaskKey, bool)> = Vec::new();
	/// What the job was told of slashes.
	pub static NotedSlash: Balance = 0;
	/// What is held of a provider for a task.
	pub static TaskStake: Balance = STAKE;
	pub static TurnTime: BlockNumber = TURN;
	/// Whether the job's plan is one whose training ends.
	pub static IsBad: bool = false;
}

/// The job whose work is disputed.
#[derive(Debug)]
pub struct OneJob;

impl Rounds<u64> for OneJob {
	fn task(job: JobId, slot: Slot) -> Result<TaskView<u64>, DispatchError> {
		if IsPruned::get() {
			return Err(DispatchError::Unavailable);
		}
		Ok(TaskView {
			job,
			round: TASK.round,
			slot,
			attempt: Attempt::get(),
			provider: PROVIDER,
			state: State::get(),
			phase: Phase::Unseal,
			since: 0,
			deadline: 1_000,
			parent: ZERO_ROOT,
			slot_root: ZERO_ROOT,
			work: None,
			failure: None,
			draw: None,
			draw_from: None,
			draw_index: 0,
			segments: 3,
			segment: None,
			rate_ppm: 1_000_000,
			committee: 3,
			quorum: 2,
		})
	}

	fn round(_: JobId) -> Result<RoundView, DispatchError> {
		Err(DispatchError::Unavailable)
	}

	fn note(_: JobId, _: RoundFact<u64>) -> DispatchResult {
		Err(DispatchError::Unavailable)
	}

	fn contract(_: JobId) -> Result<Contract, DispatchError> {
		if IsPruned::get() {
			return Err(DispatchError::Unavailable);
		}
		Ok(Contract {
			plan: match IsBad::get() {
				true => bad().plan.clone(),
				false => setup().plan.clone(),
			},
			price: PRICE,
			task_stake: TaskStake::get(),
			verdict_fee: FEE,
		})
	}

	fn note_slash(_: JobId, _: &u64, amount: Balance) {
		NotedSlash::mutate(|noted| *noted += amount);
	}
}

impl Windows<u64> for OneJob {
	fn accepted(_: TaskKey) -> Option<AcceptedTask<u64>> {
		unreachable!("proof-of-compute asks for accepted work")
	}

	fn note_disputed(_: TaskKey) -> DispatchResult {
		unreachable!("proof-of-compute opens disputes about accepted work")
	}

	fn note_settled(task: TaskKey, is_convicted: bool) -> bool {
		Settled::mutate(|settled| settled.push((task, is_convicted)));
		IsAccepted::get() && !is_convicted
	}
}

impl pallet_disputes::Config for Test {
	type WeightInfo = ();
	type Rounds = OneJob;
	type Bonds = Stake;
	type Slash = Slashing;
	type TurnTime = TurnTime;
	type Grace = ConstU32<GRACE>;
	type AnswerCost = ConstU128<ANSWER_COST>;
	type ClosingPledge = ConstU128<CLOSING_PLEDGE>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Bonded;
}

/// Bonds of benchmarks: a worker is its own stash.
#[cfg(feature = "runtime-benchmarks")]
#[derive(Debug)]
pub struct Bonded;

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<u64> for Bonded {
	fn bond(stash: &u64) -> u64 {
		use frame_support::traits::fungible::Mutate;
		Balances::set_balance(stash, 1 << 40);
		let role = assay_traits::Role::Provider;
		Stake::bond(signed(*stash), role, 1 << 30).unwrap();
		let proof = TestSignature(*stash, Stake::worker_message(stash).to_vec());
		Stake::set_worker(signed(*stash), *stash, proof).unwrap();
		*stash
	}
}

/// A chain without a dispute, or a stake that may be disputed.
#[cfg(feature = "runtime-benchmarks")]
pub(crate) fn benchmark_externalities() -> sp_io::TestExternalities {
	externalities()
}

/// The small job that all of them work for.
pub(crate) fn setup() -> &'static Setup {
	static SETUP: OnceLock<Setup> = OnceLock::new();
	SETUP.get_or_init(|| Setup::new(play::mlp()))
}

/// One whose training ends in its second step.
pub(crate) fn bad() -> &'static Setup {
	static BAD: OnceLock<Setup> = OnceLock::new();
	BAD.get_or_init(play::ending)
}

/// Whoever has done it right.
pub(crate) fn honest() -> &'static Party<'static> {
	static HONEST: OnceLock<Party<'static>> = OnceLock::new();
	HONEST.get_or_init(|| setup().honest())
}

/// Whoever has one bit wrong, of the fourth op of the last step.
pub(crate) fn wrong() -> &'static Party<'static> {
	static WRONG: OnceLock<Party<'static>> = OnceLock::new();
	WRONG.get_or_init(|| setup().wrong(4, 3, 0))
}

pub(crate) fn externalities() -> sp_io::TestExternalities {
	let bonded = [FIRST, SECOND, THIRD, 6, 7].map(|who| (who, BOND));
	let keys = [FIRST, SECOND].map(|who| (who, who, UintAuthorityId(who)));
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: (1..10).map(|who| (who, ENDOWMENT)).collect(),
			..Default::default()
		},
		stake: pallet_stake::GenesisConfig {
			validators: bonded.into_iter().chain([(POOR, 100)]).collect(),
			providers: vec![(PROVIDER, BOND)],
		},
		session: pallet_session::GenesisConfig {
			keys: keys.to_vec(),
			..Default::default()
		},
		..Default::default()
	};
	let mut chain = sp_io::TestExternalities::new(genesis.build_storage().unwrap());
	chain.execute_with(|| {
		System::set_block_number(1);
		Stake::hold_task(TASK, &PROVIDER, STAKE).unwrap();
	});
	chain
}

/// Runs a test on a fresh chain, and checks the state after it.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	externalities().execute_with(|| {
		test();
		Disputes::do_try_state().unwrap();
	});
}

pub(crate) fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}
