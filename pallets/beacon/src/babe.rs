//! The slot and the VRF output of the current block, as BABE knows them at the end of the block.

use core::marker::PhantomData;

use assay_protocol::BlockSlot;
use codec::Decode;
use frame_support::traits::Get;
use sp_consensus_babe::{digests::PreDigest, BABE_ENGINE_ID};

/// For [`Config::Slot`](crate::Config::Slot): the slot that the current block's author claims, which
/// clients check.
///
/// From the pre-digest, because the slot that BABE stores is that of an earlier block after one
/// without a claim.
#[derive(Debug)]
pub struct BabeSlot<T>(PhantomData<T>);

impl<T: frame_system::Config> Get<Option<BlockSlot>> for BabeSlot<T> {
	fn get() -> Option<BlockSlot> {
		pre_digest::<T>().map(|claim| claim.slot().into())
	}
}

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
		pre_digest::<T>()?.vrf_signature()?;
		pallet_babe::AuthorVrfRandomness::<T>::get()
	}
}

/// What the author of the current block claims.
fn pre_digest<T: frame_system::Config>() -> Option<PreDigest> {
	let digest = frame_system::Pallet::<T>::digest();
	let mut pre_digests = digest
		.logs
		.iter()
		.filter_map(|item| item.as_pre_runtime())
		.filter(|(engine, _)| *engine == BABE_ENGINE_ID)
		.filter_map(|(_, data)| PreDigest::decode(&mut &data[..]).ok());
	pre_digests.next()
}
