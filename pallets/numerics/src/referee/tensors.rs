//! Where a witness finds the tensors of a step.

use alloc::{borrow::Cow, vec::Vec};

use crate::{
	hash::{tensor_root, Root, Tree},
	program::{TensorId, TileRef},
	tile::{Tile, BYTES},
	Memory,
};

/// The tensors of one step of training: those that are there before it, and the outputs of its ops.
/// Nothing is asked of the data.
///
/// Only [`Tensors::bytes`] has to be written. Whoever never holds some tensors whole writes the others
/// too, and is then asked for the bytes of none.
pub trait Tensors {
	/// The canonical bytes of a tensor, if it is there.
	fn bytes(&self, tensor: TensorId) -> Option<Cow<'_, [u8]>>;

	/// One tile of it.
	fn tile(&self, at: TileRef) -> Option<Tile> {
		let bytes = self.bytes(at.tensor)?;
		let tile = bytes.as_chunks::<BYTES>().0.get(at.tile as usize)?;
		Some(Tile::from_bytes(tile))
	}

	/// The tree over it: see [`Tree::of_chunks`].
	fn tree(&self, tensor: TensorId) -> Option<Tree> {
		Some(Tree::new(&self.bytes(tensor)?))
	}

	/// Its root.
	fn root(&self, tensor: TensorId) -> Option<Root> {
		Some(tensor_root(&self.bytes(tensor)?))
	}
}

impl Tensors for Memory {
	fn bytes(&self, tensor: TensorId) -> Option<Cow<'_, [u8]>> {
		let tiles = self.tiles(tensor);
		let bytes: Vec<_> = tiles.iter().map(Tile::to_bytes).collect();
		(!tiles.is_empty()).then(|| Cow::Owned(bytes.as_flattened().to_vec()))
	}

	fn tile(&self, at: TileRef) -> Option<Tile> {
		self.tiles(at.tensor).get(at.tile as usize).copied()
	}

	fn tree(&self, tensor: TensorId) -> Option<Tree> {
		let tiles = self.tiles(tensor);
		(!tiles.is_empty()).then(|| Tree::of_chunks(tiles.iter().map(Tile::to_bytes)))
	}
}
