//! What is shown to the referee, as it is encoded.

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
	hash::{
		opening::{height, MAX_LIST_HEIGHT},
		Opening, Root,
	},
	ops::MAX_DEPS,
	tile::BYTES,
};

/// Siblings of an opening of a tile, at most: those of a tebibyte of data.
pub const MAX_SIBLINGS: u32 = height(1 << 40);

/// Bytes of a chunk, at most.
type Chunk = BoundedVec<u8, ConstU32<{ BYTES as u32 }>>;

/// A tile, opened in the root of its tensor. The last one of data may have fewer than 1,024 bytes.
pub type OpenedTile = Opened<MAX_SIBLINGS>;
/// A root, opened in a list: its chunk has the roots that lie beside it.
pub type OpenedRoot = Opened<MAX_LIST_HEIGHT>;

/// A chunk, opened in a root with at most `N` siblings.
#[derive(
	Clone,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Opened<const N: u32> {
	/// The bytes of the chunk.
	pub chunk: Chunk,
	/// The chaining values on the way to the root.
	pub siblings: BoundedVec<Root, ConstU32<N>>,
}

impl<const N: u32> Opened<N> {
	/// The opening that this is.
	pub fn opening(&self) -> Opening<'_> {
		Opening {
			chunk: &self.chunk,
			siblings: &self.siblings,
		}
	}
}

/// All that the referee reads beside what is committed.
#[derive(
	Clone,
	PartialEq,
	Eq,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct Evidence {
	/// The roots of the tensors that the step reads, each once, in the order in which it names them.
	/// The data has none, as it is no member of a list; nor have moments that are all zero.
	pub roots: BoundedVec<OpenedRoot, ConstU32<{ MAX_DEPS as u32 }>>,
	/// The tiles that the step reads, each once, in the order in which it names them; none of moments
	/// that are all zero.
	pub tiles: BoundedVec<OpenedTile, ConstU32<{ MAX_DEPS as u32 }>>,
	/// The accumulator before, of [`Part::Step`](super::Part::Step) but for the first one and of
	/// [`Part::Finish`](super::Part::Finish).
	pub before: Option<OpenedTile>,
}
