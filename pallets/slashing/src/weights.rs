//! Weight of the call of this pallet.
//!
//! This is a BOUND, used until `scripts/weights.sh` generates a measured weight from
//! `benchmarking.rs`: every storage access is counted at the price of the slower database, and the
//! time for everything that is no storage access is bounded by the constants below, far above what
//! the work can take.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// Ref-time, in picoseconds, of the code of the call: decoding, checks, the event.
const CALL: u64 = 50_000_000;
/// Ref-time, in picoseconds, of one record.
const RECORD: u64 = 20_000_000;
/// Proof size, in bytes, of one storage access: the item and the trie nodes on its way.
const ACCESS_PROOF: u64 = 4_096;

/// What the call may cost at most.
pub trait WeightInfo {
	/// `prune_offences` of `n` records of as many offenders.
	fn prune_offences(n: u32) -> Weight;
}

impl WeightInfo for () {
	fn prune_offences(n: u32) -> Weight {
		// For each record: read and remove it, read and write its offender's counts. Once: whether
		// the job has ended (two reads), and whether records remain (one).
		let n = u64::from(n);
		let reads = n.saturating_mul(2).saturating_add(3);
		let writes = n.saturating_mul(2);
		let time = CALL.saturating_add(RECORD.saturating_mul(n));
		Weight::from_parts(time, ACCESS_PROOF.saturating_mul(reads))
			.saturating_add(RocksDbWeight::get().reads(reads))
			.saturating_add(RocksDbWeight::get().writes(writes))
	}
}
