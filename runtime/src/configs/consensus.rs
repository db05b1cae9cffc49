//! BABE, GRANDPA, sessions and offences. The validator set comes from Stake.

use frame_support::{parameter_types, traits::ConstU32};
use pallet_session::historical as pallet_session_historical;
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_runtime::traits::OpaqueKeys;

use crate::{
	time::{EPOCH_SLOTS, SESSIONS_PER_DAY, SLOT_MILLIS},
	units::ASY,
	AccountId, Babe, Balance, Balances, Historical, Offences, Runtime, RuntimeEvent, Session,
	SessionKeys, Stake,
};

/// One slot in four has a primary author on average; the others fall to a secondary author, in
/// turn. Both prove a VRF output, because every block's output feeds the beacon.
pub const BABE_GENESIS_EPOCH: BabeEpochConfiguration = BabeEpochConfiguration {
	c: (1, 4),
	allowed_slots: AllowedSlots::PrimaryAndSecondaryVRFSlots,
};

/// Sessions for which an equivocation can still be proven and slashed: a week, the time for which
/// a validator answers after it left the set.
pub(super) const REPORT_SESSIONS: u32 = 7 * SESSIONS_PER_DAY;

parameter_types! {
	/// In slots. Can never change on a running chain.
	pub const EpochDuration: u64 = EPOCH_SLOTS as u64;
	/// In milliseconds: every slot has an author.
	pub const ExpectedBlockTime: u64 = SLOT_MILLIS;
	/// In slots.
	pub const ReportLongevity: u64 = REPORT_SESSIONS as u64 * EPOCH_SLOTS as u64;
	/// One authority set for each session in which an equivocation can be proven.
	pub const MaxSetIdSessionEntries: u64 = REPORT_SESSIONS as u64;
	/// Held while session keys are registered, so that registrations cannot fill the state.
	pub const KeyDeposit: Balance = ASY;
}

/// Most validators of a session.
pub(super) const MAX_VALIDATORS: u32 = 100;

type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
/// Proves that a key belonged to a validator of a past session.
type KeyOwnerProof = sp_session::MembershipProof;

impl pallet_babe::Config for Runtime {
	type EpochDuration = EpochDuration;
	type ExpectedBlockTime = ExpectedBlockTime;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	type KeyOwnerProof = KeyOwnerProof;
	type EquivocationReportSystem =
		pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = MaxAuthorities;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = MaxSetIdSessionEntries;
	type KeyOwnerProof = KeyOwnerProof;
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
	type EventHandler = ();
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = pallet_stake::ValidatorIdOf<Self>;
	type ShouldEndSession = Babe;
	type NextSessionRotation = Babe;
	type SessionManager = pallet_session_historical::NoteHistoricalRoot<Self, Stake>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = pallet_session::disabling::UpToLimitWithReEnablingDisablingStrategy;
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type KeyDeposit = KeyDeposit;
}

impl pallet_session_historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = pallet_stake::UnitIdentificationOf;
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = pallet_session_historical::IdentificationTuple<Self>;
	type OnOffenceHandler = Stake;
}
