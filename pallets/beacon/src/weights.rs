//! Weight of the hook of this pallet.
//!
//! This is a BOUND, used until `scripts/weights.sh` generates a measured weight from
//! `benchmarking.rs`: every storage access is counted at the price of the slower database, and the
//! time for everything that is no storage access is bounded by the constant below, far above what
//! the work can take.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// Ref-time, in picoseconds, of decoding the pre-digest and the set of validators.
const HOOK: u64 = 100_000_000;
/// Proof size, in bytes: a full set of validators, an output and a record, with their trie nodes.
const PROOF: u64 = 16_384;

/// What the hook may cost at most.
pub trait WeightInfo {
	/// `on_finalize` of a block with a VRF.
	fn on_finalize() -> Weight;
}

impl WeightInfo for () {
	fn on_finalize() -> Weight {
		// Reads: the digest three times, the validators, the output. Writes: the record.
		Weight::from_parts(HOOK, PROOF)
			.saturating_add(RocksDbWeight::get().reads(5))
			.saturating_add(RocksDbWeight::get().writes(1))
	}
}
