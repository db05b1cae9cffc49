//! The Assay runtime: the pallets assembled.
//!
//! # Overview
//!
//! [`configs`] holds one file per group of pallets, [`apis`] what the node and clients may ask,
//! [`genesis`] the presets. No rule of the chain is written here: rules live in the pallets and in
//! the pure crates below them; this crate only joins them.
//!
//! There is no sudo and, before governance exists, no privileged origin at all: nothing on this
//! chain can dispatch as root.

#![cfg_attr(not(feature = "std"), no_std)]
#![allow(
	missing_docs,
	missing_debug_implementations,
	reason = "what the runtime macros write has neither; the modules below are held to both"
)]
// The runtime macros nest deeply.
#![recursion_limit = "512"]

extern crate alloc;

#[cfg(feature = "std")]
#[allow(dead_code, unreachable_pub, reason = "written by wasm-builder")]
mod wasm {
	include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));
}
#[cfg(feature = "std")]
pub use wasm::WASM_BINARY;

pub mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
#[warn(missing_docs, missing_debug_implementations)]
pub mod configs;
#[warn(missing_docs, missing_debug_implementations)]
pub mod genesis;

// The macros below name it.
use alloc::vec::Vec;

use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;

/// How an account signs: sr25519, ed25519, ECDSA.
pub type Signature = MultiSignature;
/// 32 bytes: the public key, or its hash.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// Accounts as they are written in transactions.
pub type Address = MultiAddress<AccountId, ()>;
/// An amount in units of 10^-12 ASY.
pub type Balance = u128;
/// Counts the transactions of an account.
pub type Nonce = u32;
/// Blake2b-256.
pub type Hash = sp_core::H256;
/// Counts blocks.
pub type BlockNumber = u32;
/// A block's header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// A transaction or inherent as it arrives.
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// What a transaction's signature covers.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;

/// Checks and charges around every transaction, in order.
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckMortality<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

/// Migrations of the coming release. Empty on the first.
type Migrations = ();

/// Runs blocks.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
	Migrations,
>;

/// Types for code that handles blocks without decoding their transactions.
pub mod opaque {
	use sp_runtime::{generic, traits::BlakeTwo256};

	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

	/// A block's header.
	pub type Header = generic::Header<super::BlockNumber, BlakeTwo256>;
	/// A block with its transactions as bytes.
	pub type Block = generic::Block<Header, UncheckedExtrinsic>;
}

impl_opaque_keys! {
	/// What a validator node signs with.
	pub struct SessionKeys {
		/// Authors blocks.
		pub babe: Babe,
		/// Votes on finality.
		pub grandpa: Grandpa,
	}
}

/// The version that nodes and wallets compare.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: alloc::borrow::Cow::Borrowed("assay"),
	impl_name: alloc::borrow::Cow::Borrowed("assay"),
	authoring_version: 1,
	spec_version: 1,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

/// Units of money.
pub mod units {
	use super::Balance;

	/// One ASY.
	pub const ASY: Balance = 1_000_000_000_000;
	/// A thousandth of an ASY.
	pub const MILLI_ASY: Balance = 1_000_000_000;
	/// An account below this is removed. A thousandth of an ASY.
	pub const EXISTENTIAL_DEPOSIT: Balance = MILLI_ASY;
}

/// Units of time.
pub mod time {
	use super::BlockNumber;

	/// Milliseconds from slot to slot. Can never change on a running chain.
	pub const SLOT_MILLIS: u64 = 3_000;
	/// Slots in an epoch, which is a session: ten minutes. Can never change on a running chain.
	pub const EPOCH_SLOTS: u32 = 200;
	/// Blocks in a minute when no slot is missed.
	pub const MINUTES: BlockNumber = 20;
	/// Blocks in an hour.
	pub const HOURS: BlockNumber = 60 * MINUTES;
	/// Blocks in a day.
	pub const DAYS: BlockNumber = 24 * HOURS;
	/// Sessions in a day.
	pub const SESSIONS_PER_DAY: u32 = DAYS / EPOCH_SLOTS;
}

/// The pallets and their places. An index, once used, is never given to another pallet.
#[frame_support::runtime]
mod runtime {
	/// The runtime.
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Babe = pallet_babe;
	#[runtime::pallet_index(3)]
	pub type Authorship = pallet_authorship;
	#[runtime::pallet_index(4)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(5)]
	pub type TransactionPayment = pallet_transaction_payment;
	#[runtime::pallet_index(6)]
	pub type Beacon = pallet_beacon;
	// Before Session, whose genesis asks Stake for the first validators.
	#[runtime::pallet_index(7)]
	pub type Stake = pallet_stake;
	#[runtime::pallet_index(8)]
	pub type Historical = pallet_session::historical;
	#[runtime::pallet_index(9)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(10)]
	pub type Offences = pallet_offences;
	#[runtime::pallet_index(11)]
	pub type Grandpa = pallet_grandpa;
	#[runtime::pallet_index(12)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(20)]
	pub type Slashing = pallet_slashing;
	#[runtime::pallet_index(21)]
	pub type Jobs = pallet_jobs;
	#[runtime::pallet_index(22)]
	pub type ProofOfCompute = pallet_proof_of_compute;
	#[runtime::pallet_index(23)]
	pub type Rewards = pallet_rewards;
	#[runtime::pallet_index(24)]
	pub type Disputes = pallet_disputes;
}
