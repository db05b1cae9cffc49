//! Making openings and the layers of descents: for workers, never for the runtime.

use alloc::vec::Vec;

use super::{
	descent::{DescentError, Node},
	opening::{above, chunk_value, chunks, CHUNK},
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
		match bytes {
			[] => Tree::of_chunks([bytes]),
			bytes => Tree::of_chunks(bytes.chunks(CHUNK as usize)),
		}
	}

	/// Hashes an input that is never there as a whole, chunk by chunk: all but the last one have
	/// [`CHUNK`] bytes. Without a chunk it is an empty input.
	pub fn of_chunks<C: AsRef<[u8]>>(chunks: impl IntoIterator<Item = C>) -> Self {
		let mut chunks = chunks.into_iter();
		let Some(first) = chunks.next() else {
			return Tree::of_one(tensor_root(&[]));
		};
		let Some(second) = chunks.next() else {
			return Tree::of_one(tensor_root(first.as_ref()));
		};
		let chunks = [first, second].into_iter().chain(chunks);
		let leaves = (0..).zip(chunks);
		let leaves = leaves.map(|(index, chunk)| chunk_value(index, chunk.as_ref()));
		Tree::of_leaves(leaves.collect())
	}

	/// The tree of an input of one chunk.
	fn of_one(root: Root) -> Self {
		Tree {
			levels: Vec::from([Vec::from([root])]),
			root,
		}
	}

	fn of_leaves(leaves: Vec<Root>) -> Self {
		let (mut levels, mut level) = (Vec::new(), leaves);
		while level.len() > 1 {
			let above = above(&level, true);
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

	/// Chunks of the input.
	pub fn chunks(&self) -> u64 {
		self.levels.first().map_or(0, |leaves| leaves.len() as u64)
	}

	/// What a chunk is in the tree: its chaining value, or the root of an input of one chunk. Nothing
	/// past the last chunk.
	pub fn leaf(&self, index: u64) -> Option<Root> {
		let index = usize::try_from(index).ok()?;
		self.levels.first()?.get(index).copied()
	}

	/// The siblings of the opening of a chunk, looked up level by level. Nothing past the last chunk.
	pub fn siblings(&self, index: u64) -> Option<Vec<Root>> {
		let index = usize::try_from(index).ok()?;
		self.levels.first()?.get(index)?;
		let levels = self.levels.iter().enumerate();
		let siblings = levels.filter_map(|(height, level)| level.get((index >> height) ^ 1));
		Some(siblings.copied().collect())
	}

	/// The nodes of the next layer at a node's place. Nothing if it is a chunk's or of an input with
	/// another number of chunks. What the node's value is, is not looked at.
	pub fn layer(&self, node: &Node) -> Option<Vec<Root>> {
		self.nodes(node).map(<[Root]>::to_vec)
	}

	/// The first node of the next layer that is another one here than what is shown; nothing if there
	/// is none or no such layer.
	pub fn first_difference(&self, node: &Node, shown: &[Root]) -> Option<u32> {
		let mut pairs = (0..).zip(self.nodes(node)?.iter().zip(shown));
		pairs.find_map(|(index, (own, shown))| (own != shown).then_some(index))
	}

	fn nodes(&self, node: &Node) -> Option<&[Root]> {
		let count = node.layer() as usize;
		if chunks(node.bytes()) != self.chunks() || count == 0 {
			return None;
		}
		let height = node.group().trailing_zeros();
		let first = usize::try_from(node.first() >> height).ok()?;
		let level = self.levels.get(height as usize)?;
		level.get(first..first.checked_add(count)?)
	}

	/// Puts the nodes that another party has shown in place of those here, and what they join to. Of
	/// chunks of which nothing was shown the tree stays as it is, so openings of those that both have
	/// alike become openings in the other's root, once all layers down to the first chunk that is not
	/// are put in, from the top.
	///
	/// # Errors
	/// As [`Node::verify_layer`]; [`DescentError::OtherValue`] too if the node is no node of a tree of
	/// this size.
	pub fn graft(&mut self, node: &Node, shown: &[Root]) -> Result<(), DescentError> {
		node.verify_layer(shown)?;
		if self.nodes(node).is_none() {
			return Err(DescentError::OtherValue);
		}
		if node.is_top() {
			self.root = *node.value();
		}
		let mut nodes = shown.to_vec();
		let height = node.group().trailing_zeros();
		for (height, level) in self.levels.iter_mut().enumerate().skip(height as usize) {
			let first = (node.first() >> height) as usize;
			for (to, from) in level.iter_mut().skip(first).zip(&nodes) {
				*to = *from;
			}
			if nodes.len() == 1 {
				break;
			}
			nodes = above(&nodes, node.is_top());
		}
		Ok(())
	}
}
