//! What one party has, with what another one has shown of the same in place of it.

use alloc::vec::Vec;

use bounded_collections::BoundedVec;

use super::{Opened, OpenedRoot, OpenedTile, WitnessError};
use crate::{
	hash::{
		opening::{chunks, CHUNK, ROOTS},
		DescentError, Node, Root, Tree, ZERO_ROOT,
	},
	tile::{Tile, BYTES},
};

/// A list of roots, or the accumulators of a fold, that another party has committed: one's own, and
/// in place of it what was shown in a descent to the first difference.
///
/// Openings of what both have alike, and of the chunk that was shown at the end, open the other's
/// root; but not before the descent to them has come to its end.
#[derive(Clone, Debug)]
pub struct Shown {
	bytes: Vec<u8>,
	tree: Tree,
	/// Bytes that one has oneself: fewer if one's own step of training ends before.
	own: usize,
}

impl Shown {
	/// A list of `count` roots, of which one's own are the first ones. What one has not differs from
	/// whatever is shown.
	pub fn list(own: &[Root], count: u32) -> Self {
		let mut bytes = own.as_flattened().to_vec();
		let own = bytes.len();
		bytes.resize(count as usize * ZERO_ROOT.len(), 0);
		Shown::new(bytes, own)
	}

	/// As many tiles, of which one's own are the first ones.
	pub fn tiles(own: &[Tile], count: u32) -> Self {
		let own: Vec<_> = own.iter().map(Tile::to_bytes).collect();
		let mut bytes = own.as_flattened().to_vec();
		let own = bytes.len();
		bytes.resize(count as usize * BYTES, 0);
		Shown::new(bytes, own)
	}

	fn new(bytes: Vec<u8>, own: usize) -> Self {
		let tree = Tree::new(&bytes);
		let own = own.min(bytes.len());
		Shown { bytes, tree, own }
	}

	/// Its root: the other party's, if a descent has led to its end or there is no difference.
	pub fn root(&self) -> Root {
		self.tree.root()
	}

	/// The tree.
	pub fn tree(&self) -> &Tree {
		&self.tree
	}

	/// Takes in the nodes that are shown of the next layer of a node, from the top down, and gives the
	/// place of the first one that differs. Nothing if none does.
	///
	/// # Errors
	/// As [`Tree::graft`].
	pub fn layer(&mut self, node: &Node, shown: &[Root]) -> Result<Option<u32>, DescentError> {
		let differs = self.tree.first_difference(node, shown);
		self.tree.graft(node, shown)?;
		let missing = self.own < self.bytes.len();
		let missing = missing.then(|| node.toward(self.own as u64 / CHUNK));
		// One of the two, or the first of both.
		Ok(differs.into_iter().chain(missing.flatten()).min())
	}

	/// Takes in the roots that are shown of a chunk of a list, and gives the place in the list of the
	/// first one that differs. Nothing if none does.
	///
	/// # Errors
	/// As [`Node::roots`]; [`DescentError::OtherValue`] too if no layer with this node was taken in.
	pub fn roots(&mut self, node: &Node, shown: &[Root]) -> Result<Option<u32>, DescentError> {
		node.roots(shown)?;
		let is_alone = chunks(node.bytes()) == 1;
		let is_here = is_alone || self.tree.leaf(node.first()) == Some(*node.value());
		if node.bytes() != self.bytes.len() as u64 || !is_here {
			return Err(DescentError::OtherValue);
		}
		let first = usize::try_from(node.first_root()).unwrap_or(usize::MAX);
		let start = first.saturating_mul(ZERO_ROOT.len());
		let bytes = shown.as_flattened();
		let there = self.bytes.get_mut(start..start.saturating_add(bytes.len()));
		let there = there.ok_or(DescentError::OtherValue)?;
		let pairs = there.as_chunks::<32>().0.iter().zip(shown);
		let own = self.own / ZERO_ROOT.len();
		let differs = (first..).zip(pairs);
		let differs = differs
			.filter(|(place, (here, shown))| here != shown || *place >= own)
			.map(|(place, _)| place as u32)
			.next();
		there.copy_from_slice(bytes);
		if is_alone {
			self.tree = Tree::new(&self.bytes);
		}
		Ok(differs)
	}

	/// Opens the root at this place of a list.
	///
	/// # Errors
	/// [`WitnessError::NoPlace`].
	pub fn open_root(&self, place: u32) -> Result<OpenedRoot, WitnessError> {
		self.open(place / ROOTS)
	}

	/// Opens a tile.
	///
	/// # Errors
	/// [`WitnessError::NoPlace`].
	pub fn open_tile(&self, tile: u32) -> Result<OpenedTile, WitnessError> {
		self.open(tile)
	}

	fn open<const N: u32>(&self, chunk: u32) -> Result<Opened<N>, WitnessError> {
		let bytes = self.bytes.chunks(BYTES).nth(chunk as usize);
		opened(
			&self.tree,
			bytes.ok_or(WitnessError::NoPlace(chunk))?,
			chunk,
		)
	}
}

/// A chunk of an input, opened in its tree.
pub(super) fn opened<const N: u32>(
	tree: &Tree,
	bytes: &[u8],
	chunk: u32,
) -> Result<Opened<N>, WitnessError> {
	let siblings = tree.siblings(chunk.into());
	let siblings = siblings.ok_or(WitnessError::NoPlace(chunk))?;
	Ok(Opened {
		chunk: BoundedVec::try_from(bytes.to_vec()).map_err(|_| WitnessError::TooMuch)?,
		siblings: BoundedVec::try_from(siblings).map_err(|_| WitnessError::TooMuch)?,
	})
}
