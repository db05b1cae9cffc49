//! Descents: the way down from a root to a chunk, many nodes a move.
//!
//! Two parties have other chunks under a root that one of them has committed. That party shows a
//! layer of the tree, the other one names the first node of it that it has otherwise, and so on, down
//! to a chunk. What is committed there is then known as a hash, without a byte of the chunk: see
//! [`Opening`](super::Opening) for the way up, which needs them.
//!
//! A [`Node`] knows where it lies and how long the input is, so that its layer can be joined to
//! nothing but its value, and no node can stand for another. The length has to be known, as for
//! openings.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use super::{
	opening::{above, chunks, leaf_value, CHUNK, ROOTS},
	Root,
};

/// Nodes of a layer, at most: 4,096 bytes of them.
pub const LAYER: u32 = 128;

/// Layers between the root of an input of so many bytes and its chunks, at most: 0 for one chunk, one
/// more for every factor of [`LAYER`].
pub const fn layers(bytes: u64) -> u32 {
	super::opening::height(bytes).div_ceil(LAYER.trailing_zeros())
}

/// Why nothing is shown of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DescentError {
	/// The node is a chunk's: there is nothing between them.
	Leaf,
	/// The node is of several chunks, so that there is a layer of nodes below it.
	NoLeaf,
	/// There are more or fewer nodes than the layer has, or roots than the chunk.
	Count {
		/// Nodes or roots given.
		given: u32,
		/// Nodes or roots that there are.
		expected: u32,
	},
	/// The layer has no such node.
	Absent {
		/// The place asked for.
		index: u32,
		/// Nodes of the layer.
		count: u32,
	},
	/// What is given makes another value, place or length than the node's.
	OtherValue,
}

impl core::fmt::Display for DescentError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			DescentError::Leaf => write!(f, "the node is a chunk's: show the chunk"),
			DescentError::NoLeaf => write!(f, "the node is of several chunks: show its layer"),
			DescentError::Count { given, expected } => {
				write!(f, "{given} are shown: show the {expected} that there are")
			}
			DescentError::Absent { index, count } => {
				write!(f, "there is no node {index} among {count}: count from 0")
			}
			DescentError::OtherValue => write!(
				f,
				"what is shown does not make this node: check place, length and order"
			),
		}
	}
}

impl core::error::Error for DescentError {}

/// A node of the tree over the chunks of an input: of all of them, of one, or of some between.
///
/// ```
/// use assay_numerics::hash::{tensor_root, Node, Tree};
///
/// let bytes = vec![7; 200_000];
/// let top = Node::top(tensor_root(&bytes), 200_000);
/// // 196 chunks: two below each node of the layer.
/// let layer = Tree::new(&bytes).layer(&top).unwrap();
/// let child = top.child(&layer, 40).unwrap();
/// assert_eq!((layer.len(), child.first(), child.chunks()), (98, 80, 2));
/// ```
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Node {
	/// The chaining value, or the root of the node of all chunks.
	value: Root,
	/// The first chunk below it.
	first: u64,
	/// Chunks below it.
	chunks: u64,
	/// Bytes of the whole input.
	bytes: u64,
}

impl Node {
	/// The node of all chunks of an input of so many bytes.
	pub fn top(root: Root, bytes: u64) -> Self {
		Node {
			value: root,
			first: 0,
			chunks: chunks(bytes),
			bytes,
		}
	}

	/// What is committed of the chunks below it.
	pub fn value(&self) -> &Root {
		&self.value
	}

	/// The place of the first chunk below it.
	pub fn first(&self) -> u64 {
		self.first
	}

	/// Chunks below it.
	pub fn chunks(&self) -> u64 {
		self.chunks
	}

	/// Bytes of the whole input.
	pub fn bytes(&self) -> u64 {
		self.bytes
	}

	/// Whether it is a chunk's.
	pub fn is_leaf(&self) -> bool {
		self.chunks <= 1
	}

	/// Nodes of the next layer, at most [`LAYER`]; 0 below a chunk's.
	pub fn layer(&self) -> u32 {
		match self.is_leaf() {
			true => 0,
			false => self.chunks.div_ceil(self.group()) as u32,
		}
	}

	/// The place in the next layer of the node that has this chunk of the input below it; nothing if
	/// this node has it not.
	pub fn toward(&self, chunk: u64) -> Option<u32> {
		let inside = chunk.checked_sub(self.first)?;
		(!self.is_leaf() && inside < self.chunks).then(|| (inside / self.group()) as u32)
	}

	/// Chunks below each node of the next layer but the last one: the least power of two of which
	/// there are no more than [`LAYER`].
	pub(super) fn group(&self) -> u64 {
		self.chunks.div_ceil(LAYER.into()).next_power_of_two()
	}

	/// That these are the nodes of the next layer. Hashes 64 bytes for each of them but one.
	///
	/// # Errors
	/// [`DescentError::Leaf`], [`DescentError::Count`] and [`DescentError::OtherValue`].
	pub fn verify_layer(&self, nodes: &[Root]) -> Result<(), DescentError> {
		if self.is_leaf() {
			return Err(DescentError::Leaf);
		}
		count(nodes.len(), self.layer())?;
		let mut level = above(nodes, self.is_top());
		while level.len() > 1 {
			level = above(&level, self.is_top());
		}
		if level.first() == Some(&self.value) {
			Ok(())
		} else {
			Err(DescentError::OtherValue)
		}
	}

	/// The node at this place of the next layer, which has these nodes.
	///
	/// # Errors
	/// As [`Node::verify_layer`], and [`DescentError::Absent`].
	pub fn child(&self, nodes: &[Root], index: u32) -> Result<Node, DescentError> {
		self.verify_layer(nodes)?;
		let count = self.layer();
		let absent = DescentError::Absent { index, count };
		let value = *nodes.get(index as usize).ok_or(absent)?;
		let group = self.group();
		// Below the number of chunks, because the index is below that of nodes.
		let before = group.saturating_mul(index.into());
		Ok(Node {
			value,
			first: self.first.saturating_add(before),
			chunks: group.min(self.chunks.saturating_sub(before)),
			bytes: self.bytes,
		})
	}

	/// Whether it is the node of this chunk: of exactly the bytes at its place of the input.
	pub fn leaf_is(&self, chunk: &[u8]) -> bool {
		self.is_leaf()
			&& self.first < chunks(self.bytes)
			&& chunk.len() as u64 == self.leaf_bytes()
			&& leaf_value(self.bytes, self.first, chunk) == self.value
	}

	/// That these are the roots in the chunk that it is the node of, of an input that is a list of
	/// roots: at most [`ROOTS`].
	///
	/// # Errors
	/// [`DescentError::NoLeaf`], [`DescentError::Count`] and [`DescentError::OtherValue`].
	pub fn roots(&self, given: &[Root]) -> Result<(), DescentError> {
		if !self.is_leaf() {
			return Err(DescentError::NoLeaf);
		}
		count(given.len(), (self.leaf_bytes() / 32) as u32)?;
		if self.leaf_is(given.as_flattened()) {
			Ok(())
		} else {
			Err(DescentError::OtherValue)
		}
	}

	/// The place in the list of the first root of the chunk that it is the node of.
	pub fn first_root(&self) -> u64 {
		self.first.saturating_mul(ROOTS.into())
	}

	/// Bytes of the chunk at the place of its first one.
	fn leaf_bytes(&self) -> u64 {
		let before = self.first.saturating_mul(CHUNK);
		CHUNK.min(self.bytes.saturating_sub(before))
	}

	/// Whether all chunks lie below it, so that joining its last two nodes makes the root.
	pub(super) fn is_top(&self) -> bool {
		self.chunks == chunks(self.bytes)
	}
}

fn count(given: usize, expected: u32) -> Result<(), DescentError> {
	if given == expected as usize {
		return Ok(());
	}
	let given = u32::try_from(given).unwrap_or(u32::MAX);
	Err(DescentError::Count { given, expected })
}

#[cfg(test)]
mod tests;
