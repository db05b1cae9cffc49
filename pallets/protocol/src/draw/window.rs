//! Which blocks a draw is made of: those of a window of slots.
//!
//! Windows lie on a grid of `K` slots. That of a draw is `(s, s + K]`, `s` being the first multiple of
//! `K` that is not before the slot of the block in which REVEAL, or the earlier draw, closed. Its
//! outputs are those of all blocks in it. A slot passes whether its author shows a block or not, so
//! that a block that is withheld is missing and moves nothing.
//!
//! While the authors seen hold too little stake, the window is doubled: `2K`, `4K` and so on, to
//! [`MAX_OUTPUTS`] slots at most. Which window is taken follows from the blocks in it and from the
//! stakes of one session, so it is the same for whoever asks, and whenever.
//!
//! # Properties
//! - P23: the outputs are those of every block of the shortest window whose authors hold more than
//!   the asked share of the stakes, of the longest window if none does; of no other block.
//! - P24: once a chain has an answer, every longer chain has the same one.
//!
//! # The longest window
//! It is taken as it is, if it has any output. With a third of the validators silent its authors are
//! often too few: 64 slots show on average 32 of 100 equal validators then, and more than a third
//! are 34. A rule that waited for more would fail jobs of an honest chain, and would give whoever
//! withholds the last block that is missing for the share a whole draw to throw away. Without any
//! output, 64 slots passed in which the chain stood still, and the draw's deadline decides.
//!
//! # Bias
//! The authors of the last blocks of a window can withhold some of them, and know what that makes.
//! Where withheld blocks leave the authors below the share, they choose the longer window as well: a
//! share that a shorter window just reaches is a second try.
//!
//! Whoever reveals last chooses when REVEAL closes, and so among the windows of the grid that its
//! time reaches: with windows longer than REVEAL two, instead of one for each block.
//! docs/security.md has the figures.

use alloc::vec::Vec;

use bounded_collections::{BoundedVec, ConstU32};

use crate::{
	ids::{Balance, BlockSlot, Digest},
	limits::{MAX_OUTPUTS, PPM},
	wide::Wide,
};

/// Author and VRF output of every block of a window that has one, oldest first.
pub type Outputs<AccountId> = BoundedVec<(AccountId, Digest), ConstU32<MAX_OUTPUTS>>;

/// How the window of a draw is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DrawWindow {
	/// Slots of the shortest window, `1..=`[`MAX_OUTPUTS`]; with any other number there is no draw.
	pub slots: u32,
	/// The share of the stakes, in parts per million, that the authors seen must hold more than. With
	/// 0 one author is enough, with or without a stake.
	pub stake_ppm: u32,
}

/// What a draw has to know of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BeaconBlock<AccountId> {
	/// Its slot, later than that of the block before.
	pub slot: BlockSlot,
	/// Its author's stash and its VRF output, if it has one.
	pub output: Option<(AccountId, Digest)>,
}

impl DrawWindow {
	/// The outputs of the first window of the grid that begins behind slot `closed` or later; `None`
	/// while it is not over, and if the longest one is over without any output.
	///
	/// `blocks` are those after the block of slot `closed`, without a gap, up to the newest one. No
	/// more than `2 *` [`MAX_OUTPUTS`] of them are taken. `stakes` are those of the draw's session; an
	/// author that is not among them counts as one without a stake.
	pub fn outputs<AccountId: PartialEq>(
		&self,
		closed: BlockSlot,
		blocks: impl IntoIterator<Item = BeaconBlock<AccountId>>,
		stakes: &[(AccountId, Balance)],
	) -> Option<Outputs<AccountId>> {
		if self.slots == 0 {
			return None;
		}
		let start = closed.checked_next_multiple_of(BlockSlot::from(self.slots))?;
		let mut blocks = blocks.into_iter().peekable();
		while blocks.next_if(|block| block.slot <= start).is_some() {}
		let mut found = Outputs::new();
		let mut newest = start;
		let mut slots = self.slots;
		while slots <= MAX_OUTPUTS {
			let end = start.checked_add(BlockSlot::from(slots))?;
			while let Some(block) = blocks.next_if(|block| block.slot <= end) {
				newest = block.slot;
				if let Some(output) = block.output {
					// A slot has one block, so a window has as many places as it has slots.
					found.try_push(output).ok()?;
				}
			}
			// The block of the last slot is the last of the window; a later one tells that it is over.
			if newest < end && blocks.peek().is_none() {
				return None;
			}
			if self.is_enough(&found, stakes) {
				return Some(found);
			}
			slots = slots.saturating_mul(2);
		}
		(!found.is_empty()).then_some(found)
	}

	/// Whether the authors seen hold more than the asked share.
	fn is_enough<AccountId: PartialEq>(
		&self,
		seen: &Outputs<AccountId>,
		stakes: &[(AccountId, Balance)],
	) -> bool {
		if self.stake_ppm == 0 {
			return !seen.is_empty();
		}
		// Saturates only beyond any issuance.
		let sum = |stakes: &mut dyn Iterator<Item = Balance>| {
			stakes.fold(0u128, |sum, stake| sum.saturating_add(stake))
		};
		let all = sum(&mut stakes.iter().map(|(_, stake)| *stake));
		let authors: Vec<&AccountId> = seen.iter().map(|(author, _)| author).collect();
		// An author is looked for among the stakes, so that it counts once however many blocks it has.
		let held = sum(&mut stakes
			.iter()
			.filter(|(account, _)| authors.contains(&account))
			.map(|(_, stake)| *stake));
		Wide::product(held, u128::from(PPM)) > Wide::product(all, u128::from(self.stake_ppm))
	}
}
