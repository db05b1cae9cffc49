//! # Beacon
//!
//! The record from which committees are drawn: the slot of each recent block, who authored it, and
//! the VRF output that its author could not choose.
//!
//! ## Overview
//!
//! A draw that is about work revealed in block R uses the outputs of the blocks in a window of slots
//! after that of R, by several authors, so that no one of them decides it. This pallet keeps the last
//! [`RING`] blocks' slots, authors and outputs and hands them out through [`assay_traits::Beacon`].
//! Which slots a window has is a pure rule, `assay_protocol::draw::window`; hashing the outputs into
//! a seed, with its domain, is the caller's part.
//!
//! ## Properties
//!
//! - P1: a block has an output only if the pre-digest of that very block carried a VRF.
//! - P2: an output can be seen for the first time by the block after its own: no transaction can
//!   react to the output of the block it is in.
//! - P3: what is handed out for a window is the same in every later block, until the block before it
//!   is out of the ring; then it is nothing, never a later record in its place.
//! - P4: at most [`RING`] records are stored, none of them ahead of the current block.
//! - P5: a window is fixed by the slot of the block before it: a slot without a block, or with a block
//!   without an output, moves neither end.
//!
//! ## Implementation
//!
//! Every block is recorded, in `on_finalize`, also one without an output: a window begins behind its
//! slot. BABE computes its `AuthorVrfRandomness` in its own
//! `on_finalize`, so this pallet must come after BABE in the runtime. Two things stand in the way
//! of simply copying that value, and [`BabeVrf`] minds both: before BABE's `on_finalize` it is the
//! output of an earlier block, and after a block without a VRF it is NOT cleared. So the
//! pre-digest decides whether there is an output at all.
//!
//! The slot is that of the pre-digest, [`BabeSlot`]. The author is looked up at the same moment with [`Config::FindAuthor`]: a session change in
//! `on_initialize` has then replaced the set, and the index in the pre-digest of the first block
//! of an epoch is one of the new set. `pallet_authorship` is no substitute: it remembers what it
//! looked up before the change, and asked after its own `on_finalize` it would leave its
//! memory in the state for good.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::arithmetic_side_effects,
		clippy::as_conversions,
		clippy::expect_used,
		clippy::indexing_slicing,
		clippy::panic,
		clippy::unwrap_used
	)
)]

#[cfg(any(test, feature = "try-runtime"))]
extern crate alloc;

pub use babe::{BabeSlot, BabeVrf};
pub use pallet::*;
pub use ring::Record;
pub use weights::WeightInfo;

mod babe;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
mod ring;
#[cfg(test)]
mod tests;
pub mod weights;

/// How many blocks are remembered: 256 blocks of 3 seconds are about 13 minutes.
pub const RING: u32 = 256;

/// The record of the latest blocks: slots, authors and VRF outputs.
#[frame_support::pallet]
#[expect(
	clippy::expect_used,
	missing_debug_implementations,
	reason = "the code that FRAME generates; what is written by hand here needs none of them"
)]
pub mod pallet {
	use assay_protocol::{
		limits::{DRAW_WINDOW, MAX_OUTPUTS},
		BlockSlot,
	};
	use frame_support::{pallet_prelude::*, traits::FindAuthor};
	use frame_system::pallet_prelude::*;

	use crate::{Record, WeightInfo, RING};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet itself; implements [`assay_traits::Beacon`].
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the runtime chooses.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Finds the author's account from the pre-digest. Asked at the end of a block, when a
		/// session change of that block has taken effect.
		type FindAuthor: FindAuthor<Self::AccountId>;

		/// The slot of the current block; nothing if its pre-digest names none, and then the block is
		/// not recorded. Asked at the end of a block. [`BabeSlot`](crate::BabeSlot) in a runtime.
		type Slot: Get<Option<BlockSlot>>;

		/// The VRF output of the current block; nothing if its pre-digest carries none. Asked at
		/// the end of a block. [`BabeVrf`](crate::BabeVrf) in a runtime.
		type Vrf: Get<Option<[u8; 32]>>;

		/// Weight of the hook.
		type WeightInfo: WeightInfo;
	}

	/// The records, each at its block's number modulo [`RING`].
	// Twox64: the key is the remainder of a block number.
	#[pallet::storage]
	pub type Ring<T: Config> = StorageMap<_, Twox64Concat, u32, Record<T::AccountId>, OptionQuery>;

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_now: BlockNumberFor<T>) -> Weight {
			// Paid in advance: `on_finalize` cannot add to the block's weight.
			T::WeightInfo::on_finalize()
		}

		fn on_finalize(now: BlockNumberFor<T>) {
			Self::record(now);
		}

		fn integrity_test() {
			const {
				assert!(
					DRAW_WINDOW < RING,
					"a draw that is still in its window has to find its outputs in the ring"
				);
				assert!(
					MAX_OUTPUTS + 1 < RING,
					"the ring holds the longest window, the block before it and the one that ends it"
				);
			}
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state(now)
		}
	}
}
