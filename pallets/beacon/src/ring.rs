//! The ring of recent outputs, behind one interface: recording a block and reading a range.

use assay_protocol::{limits::MAX_OUTPUTS, BlockNumber, Digest};
use assay_traits::{Beacon, Outputs};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::traits::{FindAuthor, Get};
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::TypeInfo;
use sp_runtime::SaturatedConversion;

use crate::{Config, Pallet, Ring, RING};

/// The VRF output of one block.
#[derive(Clone, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Output<AccountId> {
	/// The block, which tells an old record from a new one at the same place.
	pub block: BlockNumber,
	/// The stash of its author.
	pub author: AccountId,
	/// The output.
	pub vrf: Digest,
}

impl<T: Config> Beacon<T::AccountId> for Pallet<T> {
	/// A `count` of 0 has no answer on purpose: a draw from no outputs would be known beforehand.
	fn outputs(from: BlockNumber, count: u32) -> Option<Outputs<T::AccountId>> {
		let now = Self::number(frame_system::Pallet::<T>::block_number());
		let in_ring = now.checked_sub(from).is_some_and(|age| age < RING);
		if !in_ring || count == 0 || count > MAX_OUTPUTS {
			return None;
		}
		let mut found = Outputs::new();
		for block in from..=now {
			let Some(output) = Self::output_of(block) else {
				continue;
			};
			found.try_push((output.author, output.vrf)).ok()?;
			if u32::try_from(found.len()).is_ok_and(|len| len == count) {
				return Some(found);
			}
		}
		None
	}
}

impl<T: Config> Pallet<T> {
	/// Records the current block, if it has a VRF output and a known author.
	pub(crate) fn record(now: BlockNumberFor<T>) {
		let Some(vrf) = T::Vrf::get() else { return };
		let digest = frame_system::Pallet::<T>::digest();
		let pre_runtime = digest.logs.iter().filter_map(|item| item.as_pre_runtime());
		let Some(author) = T::FindAuthor::find_author(pre_runtime) else {
			return;
		};
		let block = Self::number(now);
		Ring::<T>::insert(Self::place_of(block), Output { block, author, vrf });
	}

	/// The record of `block`, if there is one and it was not replaced.
	fn output_of(block: BlockNumber) -> Option<Output<T::AccountId>> {
		Ring::<T>::get(Self::place_of(block)).filter(|output| output.block == block)
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
	/// P4, and that every record lies at its place.
	pub(crate) fn do_try_state(now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
		for (place, output) in Ring::<T>::iter() {
			frame_support::ensure!(
				place == Self::place_of(output.block),
				"P4: a record lies at the place of another block"
			);
			frame_support::ensure!(
				output.block <= Self::number(now),
				"P4: a record is ahead of the current block"
			);
		}
		Ok(())
	}
}
