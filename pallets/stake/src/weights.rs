//! Weights of the calls and session hooks of this pallet.
//!
//! These are BOUNDS, used until `scripts/weights.sh` generates measured weights from
//! `benchmarking.rs`: every storage access of the longest path is counted at the price of the
//! slower database, an account's balance and its holds count as two accesses each way, and the
//! time for everything that is no storage access is bounded by the constants below, each far above
//! what the work can take.

use assay_protocol::limits::MAX_AUTHORITIES;
use frame_support::weights::{constants::RocksDbWeight, Weight};

/// Ref-time, in picoseconds, of the code of a call: decoding, checks, events.
const CALL: u64 = 50_000_000;
/// Ref-time, in picoseconds, of one signature check.
const SIGNATURE: u64 = 200_000_000;
/// Ref-time, in picoseconds, of comparing, copying or sorting one candidate.
const CANDIDATE: u64 = 500_000;
/// Proof size, in bytes, of one storage access: the item and the trie nodes on its way.
const ACCESS_PROOF: u64 = 4_096;
/// Proof size, in bytes, of one entry of the list of candidates.
const CANDIDATE_PROOF: u64 = 64;
/// Proof size, in bytes, of one full snapshot.
const SNAPSHOT_PROOF: u64 = 8_192;

/// What each call and hook may cost at most.
pub trait WeightInfo {
	/// `bond` for a validator, with `c` candidates.
	fn bond(c: u32) -> Weight;
	/// `unbond` for a validator, with `c` candidates.
	fn unbond(c: u32) -> Weight;
	/// `withdraw` of both bonds and with them of the worker.
	fn withdraw() -> Weight;
	/// `set_worker` in place of an earlier key.
	fn set_worker() -> Weight;
	/// `unset_worker`.
	fn unset_worker() -> Weight;
	/// Planning a session with `c` candidates, all of whom qualify.
	fn new_session(c: u32) -> Weight;
	/// Starting a session with `v` validators, all of them suspended, and forgetting an old one.
	fn start_session(v: u32) -> Weight;
	/// The answer to one validator's equivocation in a session with a full set.
	fn punish_equivocation() -> Weight;
}

fn bound(time: u64, reads: u64, writes: u64) -> Weight {
	let proof = ACCESS_PROOF.saturating_mul(reads);
	Weight::from_parts(time, proof)
		.saturating_add(RocksDbWeight::get().reads(reads))
		.saturating_add(RocksDbWeight::get().writes(writes))
}

fn candidates(c: u32) -> Weight {
	Weight::from_parts(CANDIDATE, CANDIDATE_PROOF).saturating_mul(u64::from(c))
}

impl WeightInfo for () {
	fn bond(c: u32) -> Weight {
		// Reads and writes: bond, candidates, account, holds.
		bound(CALL, 4, 4).saturating_add(candidates(c))
	}

	fn unbond(c: u32) -> Weight {
		// Reads: bond, candidates, total, session. Writes: bond, candidates.
		bound(CALL, 4, 2).saturating_add(candidates(c))
	}

	fn withdraw() -> Weight {
		// Reads: session, two bonds and the totals of their pledges, account and holds twice,
		// worker, stash. Writes: all but the session and the totals.
		bound(CALL.saturating_mul(2), 11, 8)
	}

	fn set_worker() -> Weight {
		// Reads: two bonds, genesis hash, new and old worker, stash. Writes: old worker, its
		// stash, new worker, its stash.
		bound(CALL.saturating_add(SIGNATURE), 6, 4)
	}

	fn unset_worker() -> Weight {
		// Reads and writes: worker, stash.
		bound(CALL, 2, 2)
	}

	fn new_session(c: u32) -> Weight {
		// Reads: candidates, previous snapshot, queued keys, and for each candidate its bond and
		// keys. Writes: the snapshot, and for each kept member its bond. Sorting compares each
		// candidate at most 16 times.
		let each = u64::from(c);
		bound(
			CALL,
			each.saturating_mul(2).saturating_add(3),
			each.saturating_add(1),
		)
		.saturating_add(candidates(c).saturating_mul(16))
		.saturating_add(Weight::from_parts(0, SNAPSHOT_PROOF.saturating_mul(3)))
	}

	fn start_session(v: u32) -> Weight {
		// For each member: its bond and an equivocation to forget, and the session pallet's set,
		// disabled members and event. Once: session, snapshots, historical roots and their range.
		let each = u64::from(v);
		let reads = each.saturating_mul(4).saturating_add(6);
		let writes = each.saturating_mul(3).saturating_add(6);
		bound(
			CALL.saturating_add(CALL.saturating_mul(each)),
			reads,
			writes,
		)
		.saturating_add(Weight::from_parts(0, SNAPSHOT_PROOF.saturating_mul(2)))
	}

	fn punish_equivocation() -> Weight {
		// Reads: snapshot, bond, equivocation, account, holds, session, set, disabled members, the
		// total of pledges. Writes: bond, equivocation, account, holds, issuance, disabled members,
		// the total.
		bound(CALL.saturating_mul(2), 10, 7)
			.saturating_add(candidates(MAX_AUTHORITIES))
			.saturating_add(Weight::from_parts(0, SNAPSHOT_PROOF))
	}
}
