//! Openings: that a chunk of 1,024 bytes belongs to a root, without the other chunks.
//!
//! A root is the top of a binary tree over the chunks of its input (section 2.1 of the BLAKE3 paper;
//! the Bao format streams the same tree). A left subtree has the largest power of two of chunks that
//! leaves one for the right, which is the same as joining neighbours, level by level from the
//! bottom: the last node of a level goes up as it is if it has none. An opening is the chunk and the
//! chaining values of its neighbours from the bottom up.
//!
//! A chunk's hash has its place in it, a parent's and the top's have flags, so no chunk can stand for
//! another or for a parent. The length of the input is not in the tree: whoever opens a root has to
//! know it, from a plan or a record of the chain. [`ZERO_ROOT`](super::ZERO_ROOT) is no hash and
//! cannot be opened.

use alloc::vec::Vec;

use blake3::{
	hazmat::{merge_subtrees_non_root, merge_subtrees_root, HasherExt, Mode},
	Hasher,
};

use super::Root;
use crate::{
	program::MAX_TENSORS,
	tile::{Tile, BYTES},
};

/// Bytes of a chunk: those of a tile.
pub const CHUNK: u64 = BYTES as u64;
/// Siblings of an opening of any input, at most. [`height`] is the bound for one of known length.
pub const MAX_HEIGHT: u32 = height(u64::MAX);
/// Roots in a chunk of a list.
pub const ROOTS: u32 = BYTES as u32 / 32;
/// Siblings of an opening of a list of roots of a program's tensors, at most.
pub const MAX_LIST_HEIGHT: u32 = height(MAX_TENSORS as u64 * 32);

/// Chunks of an input of so many bytes; an empty one has one.
pub const fn chunks(bytes: u64) -> u64 {
	match bytes.div_ceil(CHUNK) {
		0 => 1,
		chunks => chunks,
	}
}

/// Siblings of an opening of an input of so many bytes, at most: 0 for one chunk, one more for every
/// doubling.
pub const fn height(bytes: u64) -> u32 {
	u64::BITS - (chunks(bytes) - 1).leading_zeros()
}

/// Why an opening shows nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpeningError {
	/// The input has no such chunk, or the list no such root.
	Absent {
		/// The place asked for.
		index: u64,
		/// Places that there are.
		count: u64,
	},
	/// The chunk is shorter or longer than the input's chunk at this place.
	ChunkLength {
		/// Bytes given.
		given: u64,
		/// Bytes that the chunk has.
		expected: u64,
	},
	/// There are more or fewer siblings than the way from this chunk to the root has.
	SiblingCount {
		/// Siblings given.
		given: u32,
		/// Siblings on the way.
		expected: u32,
	},
	/// Chunk and siblings belong to another root, place or length.
	OtherRoot,
}

impl core::fmt::Display for OpeningError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			OpeningError::Absent { index, count } => {
				write!(f, "there is no place {index} among {count}: count from 0")
			}
			OpeningError::ChunkLength { given, expected } => write!(
				f,
				"the chunk has {given} bytes: give the {expected} at this place, without padding"
			),
			OpeningError::SiblingCount { given, expected } => write!(
				f,
				"the opening has {given} siblings: give the {expected} on the way to the root"
			),
			OpeningError::OtherRoot => write!(
				f,
				"chunk and siblings do not make this root: check place, length and order"
			),
		}
	}
}

impl core::error::Error for OpeningError {}

/// A chunk, and what a root is made of beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opening<'a> {
	/// The bytes of the chunk, 1,024 unless it is the last one.
	pub chunk: &'a [u8],
	/// The chaining values of the neighbours on the way from the chunk to the root.
	pub siblings: &'a [Root],
}

impl Opening<'_> {
	/// The root of the input of `bytes` bytes whose chunk `index` this is. Hashes the chunk once, and
	/// 64 bytes for every sibling.
	///
	/// # Errors
	/// Every [`OpeningError`] but [`OpeningError::OtherRoot`].
	pub fn root(&self, bytes: u64, index: u64) -> Result<Root, OpeningError> {
		let count = chunks(bytes);
		if index >= count {
			return Err(OpeningError::Absent { index, count });
		}
		let given = self.chunk.len() as u64;
		let expected = CHUNK.min(bytes - index * CHUNK);
		if given != expected {
			return Err(OpeningError::ChunkLength { given, expected });
		}
		let way = Way { index, count };
		let (given, expected) = (self.siblings.len(), way.clone().count());
		if given != expected {
			return Err(OpeningError::SiblingCount {
				given: u32::try_from(given).unwrap_or(u32::MAX),
				expected: expected as u32,
			});
		}
		if count == 1 {
			return Ok(super::tensor_root(self.chunk));
		}
		let leaf = chunk_value(index, self.chunk);
		let root = way.zip(self.siblings).fold(leaf, |node, (join, sibling)| {
			let (left, right) = match join.is_left {
				true => (&node, sibling),
				false => (sibling, &node),
			};
			merge(left, right, join.is_top)
		});
		Ok(root)
	}

	/// Whether this is chunk `index` of the input of `bytes` bytes that has this root.
	///
	/// # Errors
	/// An [`OpeningError`] if it is not.
	pub fn verify(&self, root: &Root, bytes: u64, index: u64) -> Result<(), OpeningError> {
		if self.root(bytes, index)? == *root {
			Ok(())
		} else {
			Err(OpeningError::OtherRoot)
		}
	}

	/// Tile `tile` of the tensor of `bytes` bytes that has this root. The last tile of data is padded
	/// with zero bytes, which are no part of the chunk.
	///
	/// # Errors
	/// As [`Opening::verify`].
	pub fn tile(&self, root: &Root, bytes: u64, tile: u32) -> Result<Tile, OpeningError> {
		self.verify(root, bytes, tile.into())?;
		let mut padded = [0; BYTES];
		for (to, from) in padded.iter_mut().zip(self.chunk) {
			*to = *from;
		}
		Ok(Tile::from_bytes(&padded))
	}

	/// The root at this place of the list of `count` roots that has the root `list`: a tensor's in a
	/// checkpoint, a checkpoint's in a state, a state's in a trace. The chunk is the one that holds
	/// it, [`ROOTS`] of them to a chunk.
	///
	/// # Errors
	/// As [`Opening::verify`].
	pub fn listed(&self, list: &Root, count: u32, place: u32) -> Result<Root, OpeningError> {
		let absent = OpeningError::Absent {
			index: place.into(),
			count: count.into(),
		};
		if place >= count {
			return Err(absent);
		}
		self.verify(list, u64::from(count) * 32, u64::from(place / ROOTS))?;
		let roots = self.chunk.as_chunks::<32>().0;
		roots.get((place % ROOTS) as usize).copied().ok_or(absent)
	}
}

/// How the node above a chunk's is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Join {
	/// Whether the chunk lies on the left.
	is_left: bool,
	/// Whether this makes the root.
	is_top: bool,
}

/// The way of a chunk to the root: the joins that its node takes part in, from the bottom up.
#[derive(Clone, Debug)]
pub(super) struct Way {
	/// The place of the node in its level.
	index: u64,
	/// Nodes of the level.
	count: u64,
}

impl Iterator for Way {
	type Item = Join;

	fn next(&mut self) -> Option<Join> {
		while self.count > 1 {
			let (index, count) = (self.index, self.count);
			self.index = index / 2;
			self.count = count.div_ceil(2);
			if index ^ 1 < count {
				return Some(Join {
					is_left: index % 2 == 0,
					is_top: count == 2,
				});
			}
		}
		None
	}
}

/// What a chunk is in the tree of an input of `bytes` bytes: its chaining value, or the root if it is
/// the whole input. It has to be no longer than a chunk, lie in the input, and have a byte if the
/// input has.
pub(crate) fn leaf_value(bytes: u64, index: u64, chunk: &[u8]) -> Root {
	if chunks(bytes) == 1 {
		super::tensor_root(chunk)
	} else {
		chunk_value(index, chunk)
	}
}

/// The level above these nodes of a tree: neighbours are joined, and the last node goes up as it is if
/// it has none. Two nodes that are all there are make the root if they lie at the top.
pub(super) fn above(level: &[Root], is_top: bool) -> Vec<Root> {
	let is_top = is_top && level.len() == 2;
	let joined = level.chunks(2).map(|nodes| match nodes {
		[left, right] => merge(left, right, is_top),
		nodes => nodes.first().copied().unwrap_or_default(),
	});
	joined.collect()
}

/// The chaining value of a chunk that is not the whole input.
pub(super) fn chunk_value(index: u64, chunk: &[u8]) -> Root {
	let mut hasher = Hasher::new();
	// A place in the input is below 2^64 bytes.
	hasher.set_input_offset(index.saturating_mul(CHUNK));
	hasher.update(chunk).finalize_non_root()
}

fn merge(left: &Root, right: &Root, is_top: bool) -> Root {
	if is_top {
		*merge_subtrees_root(left, right, Mode::Hash).as_bytes()
	} else {
		merge_subtrees_non_root(left, right, Mode::Hash)
	}
}

#[cfg(test)]
mod tests;
