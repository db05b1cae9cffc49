//! Weights of calls and hooks.
//!
//! Not generated yet: upper bounds, made of the number of database accesses and a stated time for
//! decoding, hashing and judging. docs/performance.md has what judging one step takes in wasm.

use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{constants::RocksDbWeight, RuntimeDbWeight, Weight},
};

/// Weights of calls and hooks.
///
/// Those about conflicts weigh as those about disputes that do as much: `show_checkpoint` as `answer`,
/// `choose_node` as `ask`, `add_updates`, which opens 33 tiles and as many roots, as `prove`, and
/// `end_conflict` as `end`.
pub trait WeightInfo {
	/// `ask`.
	fn ask() -> Weight;
	/// `answer` with a layer, or with a root and a layer.
	fn answer() -> Weight;
	/// `answer` with the states of a segment.
	fn answer_states() -> Weight;
	/// `prove`, with everything that ends a dispute.
	fn prove() -> Weight;
	/// `end`.
	fn end() -> Weight;
	/// One dispute is looked at, and ended.
	fn sweep() -> Weight;
	/// A block is counted if it was full.
	fn on_finalize() -> Weight;
}

/// A dispute with its states and a case with its plan: decoding, encoding and an outline, 1 ms.
const CASE_TIME: u64 = 1_000_000_000;
/// Judging a step: 600 microseconds were measured; 5 ms is the bound that the protocol promises.
const JUDGE_TIME: u64 = 5_000_000_000;
/// Paying whoever is owed, and passing over fourteen dissenters: 5 ms.
const END_TIME: u64 = 5_000_000_000;
/// Database accesses of a call that moves a dispute.
const MOVE_ACCESSES: u64 = 8;
/// Those of a dispute that ends: sixteen accounts are paid, fifteen may be passed over.
const END_ACCESSES: u64 = 160;
/// Bytes of proof for a dispute and what it is about.
const RECORD_BYTES: u64 = 64_000;
/// Bytes of proof for any other database access.
const ACCESS_BYTES: u64 = 4_096;

fn bound(db: RuntimeDbWeight, time: u64, accesses: u64) -> Weight {
	let proof = RECORD_BYTES.saturating_add(ACCESS_BYTES.saturating_mul(accesses));
	Weight::from_parts(time, proof).saturating_add(db.reads_writes(accesses, accesses))
}

macro_rules! weights {
	($db:expr) => {
		fn ask() -> Weight {
			bound($db, CASE_TIME, MOVE_ACCESSES)
		}
		fn answer() -> Weight {
			bound($db, CASE_TIME, MOVE_ACCESSES)
		}
		fn answer_states() -> Weight {
			bound($db, CASE_TIME, MOVE_ACCESSES)
		}
		fn prove() -> Weight {
			let time = CASE_TIME
				.saturating_add(JUDGE_TIME)
				.saturating_add(END_TIME);
			bound($db, time, MOVE_ACCESSES.saturating_add(END_ACCESSES))
		}
		fn end() -> Weight {
			let time = CASE_TIME.saturating_add(END_TIME);
			bound($db, time, MOVE_ACCESSES.saturating_add(END_ACCESSES))
		}
		fn sweep() -> Weight {
			Self::end().saturating_add($db.reads_writes(2, 1))
		}
		fn on_finalize() -> Weight {
			$db.reads_writes(1, 1)
		}
	};
}

/// For the runtime.
#[derive(Clone, Copy, Debug)]
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	weights!(T::DbWeight::get());
}

/// For tests.
impl WeightInfo for () {
	weights!(RocksDbWeight::get());
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{CaseRecord, ConflictCase, ConflictRecord, Dispute};
	use codec::MaxEncodedLen;

	#[test]
	fn the_records_of_a_dispute_are_no_longer_than_is_counted() {
		type AccountId = sp_runtime::AccountId32;
		let dispute = Dispute::<AccountId>::max_encoded_len();
		let case = CaseRecord::<AccountId>::max_encoded_len();
		assert_eq!(dispute, 37_682);
		assert!(dispute + case <= RECORD_BYTES as usize, "{dispute} {case}");
		let conflict =
			ConflictRecord::max_encoded_len() + ConflictCase::<AccountId>::max_encoded_len();
		assert!(conflict <= RECORD_BYTES as usize, "{conflict}");
	}
}
