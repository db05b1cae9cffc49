//! The VRF output of the current block, as BABE knows it at the end of the block.

use core::marker::PhantomData;

use codec::Decode;
use frame_support::traits::Get;
use sp_consensus_babe::{digests::PreDigest, BABE_ENGINE_ID};

/// For [`Config::Vrf`](crate::Config::Vrf): the output of the current block's author.
///
/// Only right after BABE's `on_finalize`, where the output is computed from the pre-digest, and
/// before the next block: see the implementation notes of this crate.
#[derive(Debug)]
pub struct BabeVrf<T>(PhantomData<T>);

impl<T: pallet_babe::Config> Get<Option<[u8; 32]>> for BabeVrf<T> {
	fn get() -> Option<[u8; 32]> {
		// The stored output may be that of an earlier block. It is this block's if, and only if,
		// this block's pre-digest carries a VRF.
		let digest = frame_system::Pallet::<T>::digest();
		let mut pre_digests = digest
			.logs
			.iter()
			.filter_map(|item| item.as_pre_runtime())
			.filter(|(engine, _)| *engine == BABE_ENGINE_ID)
			.filter_map(|(_, data)| PreDigest::decode(&mut &data[..]).ok());
		pre_digests.next()?.vrf_signature()?;
		pallet_babe::AuthorVrfRandomness::<T>::get()
	}
}
