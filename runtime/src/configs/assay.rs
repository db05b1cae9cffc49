//! Assay's own pallets.

use assay_protocol::{limits, AuditPolicy, JobId};
use frame_support::{
	parameter_types,
	traits::{ConstU32, Contains},
	PalletId,
};

use super::consensus::{MAX_VALIDATORS, REPORT_SESSIONS};
use crate::{
	time::{DAYS, HOURS},
	units::{ASY, EXISTENTIAL_DEPOSIT},
	Babe, Balance, Balances, Beacon, BlockNumber, Disputes, Jobs, Rewards, Runtime, Session,
	Signature, Slashing, Stake,
};

/// An offence can be reported for a week; a bond stays reachable for the two sessions longer that
/// its owner may still serve.
const UNBONDING_SESSIONS: u32 = REPORT_SESSIONS + 2;
// A draw is a pure function of its session's snapshot, which must outlive the draw's last use. Sessions
// are counted in slots, windows in blocks: half of the slots may be empty.
const _: () = assert!(
	limits::MAX_WINDOWS_AFTER_DRAW * limits::MAX_WINDOW * 2
		< (REPORT_SESSIONS - 1) * crate::time::EPOCH_SLOTS,
	"a round ends before the snapshot of its draw is forgotten"
);

/// A day.
const SUSPENSION_SESSIONS: u32 = crate::time::SESSIONS_PER_DAY;

parameter_types! {
	/// What admits a provider.
	pub const MinProviderBond: Balance = 100 * ASY;
	/// What admits a validator.
	pub const MinValidatorBond: Balance = 1_000 * ASY;
	/// Where the jobs' sub-accounts are derived from.
	pub const JobsPalletId: PalletId = PalletId(*b"assayjob");
	/// Keeps a job's sub-account alive and pays for its place in the state; returned at its end.
	pub const JobDeposit: Balance = ASY + EXISTENTIAL_DEPOSIT;
	/// Two hours for all turns of a side in a dispute: a task is repeated once, and the tensors of one
	/// step are hashed.
	pub const TurnTime: BlockNumber = 2 * HOURS;
	/// A day in which a late answer in a dispute still saves the stake.
	pub const Grace: BlockNumber = DAYS;
	/// What the fees of all answers in a dispute stay below.
	pub const AnswerCost: Balance = ASY;
	/// A tenth of the smallest bond of a validator: it can stand behind ten claims at a time.
	pub const ClosingPledge: Balance = 100 * ASY;
	/// What the checks of a job may cost and must deter.
	pub const StrictAudit: AuditPolicy = AuditPolicy::STRICT;
	/// A month to claim what is owed after a job has ended.
	pub const Retention: BlockNumber = 30 * DAYS;
}

/// The jobs about which nobody reports any more.
#[derive(Debug)]
pub struct EndedJobs;

impl Contains<JobId> for EndedJobs {
	fn contains(job: &JobId) -> bool {
		!pallet_jobs::Jobs::<Runtime>::contains_key(job)
	}
}

impl pallet_beacon::Config for Runtime {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
	type Slot = pallet_beacon::BabeSlot<Self>;
	type Vrf = pallet_beacon::BabeVrf<Self>;
	type WeightInfo = ();
}

impl pallet_stake::Config for Runtime {
	type Currency = Balances;
	type Session = Session;
	type Signature = Signature;
	type MinProviderBond = MinProviderBond;
	type MinValidatorBond = MinValidatorBond;
	type MaxValidators = ConstU32<MAX_VALIDATORS>;
	type MaxCandidates = ConstU32<200>;
	type HistorySessions = ConstU32<REPORT_SESSIONS>;
	type UnbondingSessions = ConstU32<UNBONDING_SESSIONS>;
	type SuspensionSessions = ConstU32<SUSPENSION_SESSIONS>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}

impl pallet_slashing::Config for Runtime {
	type Bonds = Stake;
	type Ended = EndedJobs;
	type MaxPrune = ConstU32<64>;
	type WeightInfo = ();
}

impl pallet_rewards::Config for Runtime {}

impl pallet_jobs::Config for Runtime {
	type Currency = Balances;
	type Bonds = Stake;
	type Rewards = Rewards;
	type Slash = Slashing;
	type PalletId = JobsPalletId;
	type JobDeposit = JobDeposit;
	type MaxTasks = ConstU32<{ limits::MAX_TASKS }>;
	type MaxMembers = ConstU32<{ limits::MAX_MEMBERS }>;
	type AuditPolicy = StrictAudit;
	type Retention = Retention;
	type PruneBatch = ConstU32<128>;
	type WeightInfo = pallet_jobs::weights::SubstrateWeight<Self>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}

impl pallet_disputes::Config for Runtime {
	type Rounds = Jobs;
	type Bonds = Stake;
	type Slash = Slashing;
	type TurnTime = TurnTime;
	type Grace = Grace;
	type AnswerCost = AnswerCost;
	type ClosingPledge = ClosingPledge;
	type WeightInfo = pallet_disputes::weights::SubstrateWeight<Self>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}

impl pallet_proof_of_compute::Config for Runtime {
	type Rounds = Jobs;
	type Disputes = Disputes;
	type Conflicts = Disputes;
	type Bonds = Stake;
	type Beacon = Beacon;
	// Production asks for at least 8 slots and more than a third of the stake.
	type DrawSlots = ConstU32<2>;
	type DrawStake = ConstU32<0>;
	type WeightInfo = pallet_proof_of_compute::weights::SubstrateWeight<Self>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Helper;
}
