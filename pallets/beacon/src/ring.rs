//! The ring of recent blocks, behind one interface: recording a block and reading a draw's window.

use assay_protocol::{Balance, BeaconBlock, BlockNumber, BlockSlot, Digest, DrawWindow, Outputs};
use assay_traits::Beacon;
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::traits::{FindAuthor, Get};
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::TypeInfo;
use sp_runtime::SaturatedConversion;

use crate::{Config, Pallet, Ring, RING};

/// What is kept of one block.
#[derive(Clone, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Record<AccountId> {
	/// The block, which tells an old record from a new one at the same place.
	pub block: BlockNumber,
	/// Its slot.
	pub slot: BlockSlot,
	/// The stash of its author and its VRF output; none if it carried no VRF, or if its author has
	/// no stash.
	pub output: Option<(AccountId, Digest)>,
}

impl<T: Config> Beacon<T::AccountId> for Pallet<T> {
	/// Blocks 0 and 1 have no answer: nothing is recorded of genesis, in front of which there is no
	/// block.
	fn outputs(
		from: BlockNumber,
		window: &DrawWindow,
		stakes: &[(T::AccountId, Balance)],
	) -> Option<Outputs<T::AccountId>> {
		let now = Self::number(frame_system::Pallet::<T>::block_number());
		let closed = from.checked_sub(1)?;
		// All blocks of the window are younger than the one before it.
		let in_ring = now.checked_sub(closed).is_some_and(|age| age < RING);
		let start = in_ring.then(|| Self::record_of(closed)).flatten()?.slot;
		let blocks = (from..=now)
			.filter_map(Self::record_of)
			.map(|record| BeaconBlock {
				slot: record.slot,
				output: record.output,
			});
		window.outputs(start, blocks, stakes)
	}
}

impl<T: Config> Pallet<T> {
	/// Records the current block, with its VRF output if it has one and a known author.
	pub(crate) fn record(now: BlockNumberFor<T>) {
		// BABE accepts no block without a pre-digest.
		let Some(slot) = T::Slot::get() else { return };
		let output = T::Vrf::get().and_then(|vrf| {
			let digest = frame_system::Pallet::<T>::digest();
			let pre_runtime = digest.logs.iter().filter_map(|item| item.as_pre_runtime());
			T::FindAuthor::find_author(pre_runtime).map(|author| (author, vrf))
		});
		let block = Self::number(now);
		let record = Record {
			block,
			slot,
			output,
		};
		Ring::<T>::insert(Self::place_of(block), record);
	}

	/// The record of `block`, if there is one and it was not replaced.
	fn record_of(block: BlockNumber) -> Option<Record<T::AccountId>> {
		Ring::<T>::get(Self::place_of(block)).filter(|record| record.block == block)
	}

	fn place_of(block: BlockNumber) -> u32 {
		block.checked_rem(RING).unwrap_or_default()
	}

	/// Block numbers of this chain are 32 bits wide; clamping never happens.
	fn number(block: BlockNumberFor<T>) -> BlockNumber {
		block.saturated_into()
	}
}

#[cfg(any(test, feature = "try-runtime"))]
impl<T: Config> Pallet<T> {
	/// P4 and P5, and that every record lies at its place.
	pub(crate) fn do_try_state(now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
		let mut slots = alloc::collections::BTreeMap::new();
		for (place, record) in Ring::<T>::iter() {
			frame_support::ensure!(
				place == Self::place_of(record.block),
				"P4: a record lies at the place of another block"
			);
			frame_support::ensure!(
				record.block <= Self::number(now),
				"P4: a record is ahead of the current block"
			);
			slots.insert(record.block, record.slot);
		}
		let rise = slots.values().zip(slots.values().skip(1));
		frame_support::ensure!(
			rise.into_iter().all(|(earlier, later)| earlier < later),
			"P5: a later block has no later slot"
		);
		Ok(())
	}
}
