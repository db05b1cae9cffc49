//! Making openings: for workers, never for the runtime.

use alloc::vec::Vec;

use super::{
	opening::{chunk_value, merge, CHUNK},
	tensor_root, Root,
};

/// The tree over the chunks of an input: 64 bytes for each of them.
///
/// ```
/// use assay_numerics::hash::{tensor_root, Opening, Tree};
///
/// let bytes = vec![7; 5_000];
/// let tree = Tree::new(&bytes);
/// let siblings = tree.siblings(4).unwrap();
/// let opening = Opening { chunk: &bytes[4_096..], siblings: &siblings };
/// assert_eq!(opening.verify(&tensor_root(&bytes), 5_000, 4), Ok(()));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tree {
	/// The nodes of every level below the root, chunks first.
	levels: Vec<Vec<Root>>,
	root: Root,
}

impl Tree {
	/// Hashes an input.
	pub fn new(bytes: &[u8]) -> Self {
		let mut levels = Vec::new();
		if bytes.len() as u64 <= CHUNK {
			let root = tensor_root(bytes);
			return Tree {
				levels: Vec::from([Vec::from([root])]),
				root,
			};
		}
		let chunks = (0..).zip(bytes.chunks(CHUNK as usize));
		let mut level: Vec<Root> = chunks
			.map(|(index, chunk)| chunk_value(index, chunk))
			.collect();
		while level.len() > 1 {
			let is_top = level.len() == 2;
			let above = level.chunks(2).map(|nodes| match nodes {
				[left, right] => merge(left, right, is_top),
				// The last one without a neighbour.
				nodes => nodes.first().copied().unwrap_or_default(),
			});
			let above = above.collect();
			levels.push(core::mem::replace(&mut level, above));
		}
		Tree {
			root: level.first().copied().unwrap_or_default(),
			levels,
		}
	}

	/// The root: [`tensor_root`] of the input.
	pub fn root(&self) -> Root {
		self.root
	}

	/// The siblings of the opening of a chunk, looked up level by level. Nothing past the last chunk.
	pub fn siblings(&self, index: u64) -> Option<Vec<Root>> {
		let index = usize::try_from(index).ok()?;
		self.levels.first()?.get(index)?;
		let levels = self.levels.iter().enumerate();
		let siblings = levels.filter_map(|(height, level)| level.get((index >> height) ^ 1));
		Some(siblings.copied().collect())
	}
}
