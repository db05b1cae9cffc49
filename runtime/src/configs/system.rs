//! System, Timestamp and Utility.

use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU16, ConstU32, ConstU64},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
		Weight,
	},
};
use frame_system::limits::{BlockLength, BlockWeights};
use sp_runtime::{generic, traits::AccountIdLookup, Perbill};
use sp_version::RuntimeVersion;

use crate::{
	time::SLOT_MILLIS, AccountId, Babe, Balance, Block, BlockNumber, Hash, Nonce, OriginCaller,
	PalletInfo, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin, RuntimeTask, UncheckedExtrinsic,
	VERSION,
};

/// Three quarters of a block for ordinary transactions; the rest is for operational ones.
const NORMAL_SHARE: Perbill = Perbill::from_percent(75);
/// One second of execution in a slot of three leaves two for sending and importing the block.
const MAX_BLOCK_WEIGHT: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND, u64::MAX);
/// 5 MiB.
const MAX_BLOCK_BYTES: u32 = 5 * 1024 * 1024;
/// Digests of 100 authorities at an epoch change stay far below this.
const MAX_HEADER_BYTES: u32 = 100 * 1024;

parameter_types! {
	/// Blocks whose hashes are kept: two hours, the longest life of a mortal transaction.
	pub const BlockHashCount: BlockNumber = 2_400;
	/// [`VERSION`].
	pub const Version: RuntimeVersion = VERSION;
	/// Execution time of a block.
	pub RuntimeBlockWeights: BlockWeights =
		BlockWeights::with_sensible_defaults(MAX_BLOCK_WEIGHT, NORMAL_SHARE);
	/// Bytes of a block.
	pub RuntimeBlockLength: BlockLength = BlockLength::builder()
		.max_length(MAX_BLOCK_BYTES)
		.modify_max_length_for_class(frame_support::dispatch::DispatchClass::Normal, |bytes| {
			*bytes = NORMAL_SHARE * MAX_BLOCK_BYTES
		})
		.max_header_size(MAX_HEADER_BYTES)
		.build();
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type AccountId = AccountId;
	type Nonce = Nonce;
	type Hash = Hash;
	type Lookup = AccountIdLookup<AccountId, ()>;
	type AccountData = pallet_balances::AccountData<Balance>;
	type BlockHashCount = BlockHashCount;
	type BlockWeights = RuntimeBlockWeights;
	type BlockLength = RuntimeBlockLength;
	// The node is built without RocksDB.
	type DbWeight = ParityDbWeight;
	type Version = Version;
	// The generic Substrate prefix until Assay is registered.
	type SS58Prefix = ConstU16<42>;
	type MaxConsumers = ConstU32<16>;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Babe;
	type MinimumPeriod = ConstU64<{ SLOT_MILLIS / 2 }>;
	type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

// Equivocation reports leave the node as bare transactions.
impl<C> frame_system::offchain::CreateTransactionBase<C> for Runtime
where
	RuntimeCall: From<C>,
{
	type RuntimeCall = RuntimeCall;
	type Extrinsic = UncheckedExtrinsic;
}

impl<C> frame_system::offchain::CreateBare<C> for Runtime
where
	RuntimeCall: From<C>,
{
	fn create_bare(call: RuntimeCall) -> UncheckedExtrinsic {
		generic::UncheckedExtrinsic::new_bare(call)
	}
}
