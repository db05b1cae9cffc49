//! Benchmark of the hook at its worst case: a block with a VRF, over an older record.
#![expect(
	clippy::unwrap_used,
	reason = "benchmarks run off-chain, on numbers of their own"
)]

use codec::{Decode, Encode};
use frame_benchmarking::v2::*;
use frame_support::traits::Hooks;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryVRFPreDigest},
	BABE_ENGINE_ID,
};
use sp_runtime::{traits::TrailingZeroInput, DigestItem};

use crate::{ring::Record, Config, Pallet, Ring, RING};

#[benchmarks(where T: pallet_babe::Config)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn on_finalize() {
		let author = account("author", 0, 0);
		Ring::<T>::insert(
			0,
			Record {
				block: 0,
				slot: 0,
				output: Some((author, [1; 32])),
			},
		);
		pallet_babe::AuthorVrfRandomness::<T>::put(Some([2; 32]));
		let pre_digest = PreDigest::SecondaryVRF(SecondaryVRFPreDigest {
			authority_index: 0,
			slot: 1.into(),
			vrf_signature: Decode::decode(&mut TrailingZeroInput::zeroes()).unwrap(),
		});
		let log = DigestItem::PreRuntime(BABE_ENGINE_ID, pre_digest.encode());
		frame_system::Pallet::<T>::deposit_log(log);
		let now = BlockNumberFor::<T>::from(RING);

		#[block]
		{
			Pallet::<T>::on_finalize(now);
		}

		let record = Ring::<T>::get(0).unwrap();
		assert_eq!((record.block, record.slot), (RING, 1));
		assert!(record.output.is_some());
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::externalities(), crate::mock::Test);
}
