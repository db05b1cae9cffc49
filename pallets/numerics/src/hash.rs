//! Roots of tensors, lists and states, their openings, and ways down from them.

pub mod descent;
pub mod opening;
#[cfg(feature = "witness")]
mod tree;

use alloc::vec::Vec;

pub use descent::{DescentError, Node};
pub use opening::{Opening, OpeningError};
#[cfg(feature = "witness")]
pub use tree::Tree;

/// A BLAKE3 hash.
pub type Root = [u8; 32];

/// Stands for "all zero, not materialised": moments and slots at the start of a task.
pub const ZERO_ROOT: Root = [0; 32];

/// The root of a tensor: BLAKE3 of its canonical bytes, tile after tile.
pub fn tensor_root(bytes: &[u8]) -> Root {
	*blake3::hash(bytes).as_bytes()
}

/// The root of a list: BLAKE3 of its roots, 32 bytes each, without a prefix. An iroh HashSeq.
pub fn list_root(roots: &[Root]) -> Root {
	tensor_root(roots.as_flattened())
}

/// The root of a state: the list of its parameters' root, its moments' root and its slot's root.
pub fn state_root(params: Root, moments: Root, slot: Root) -> Root {
	list_root(&[params, moments, slot])
}

/// The root of tiles: of the concatenation of their bytes.
pub fn tiles_root<'a>(tiles: impl IntoIterator<Item = &'a crate::Tile>) -> Root {
	let bytes: Vec<_> = tiles.into_iter().map(|tile| tile.to_bytes()).collect();
	tensor_root(bytes.as_flattened())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Tile;

	#[test]
	fn a_list_is_hashed_as_the_concatenation_of_its_roots() {
		let (a, b) = ([1; 32], [2; 32]);
		assert_eq!(list_root(&[a, b]), tensor_root(&[a, b].concat()));
		assert_eq!(list_root(&[]), tensor_root(&[]));
		assert_eq!(state_root(a, b, ZERO_ROOT), list_root(&[a, b, ZERO_ROOT]));
	}

	#[test]
	fn the_root_of_a_tensor_is_the_published_blake3_of_its_bytes() {
		// The test vector of BLAKE3 for the empty input.
		let empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
		assert_eq!(hex::encode(tensor_root(&[])), empty);
	}

	#[test]
	fn tiles_hash_as_their_little_endian_bytes_in_order() {
		let one = Tile([1.0; 256]);
		let bytes = [[0_u8, 0, 0x80, 0x3F]; 256].concat();
		assert_eq!(
			tiles_root([&one, &Tile::ZERO]),
			tensor_root(&[bytes, vec![0; 1024]].concat())
		);
	}
}
