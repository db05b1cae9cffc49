//! The unit of compute, of hashing and of dispute.

use core::array;

/// Rows and columns of a tile.
pub const SIDE: usize = 16;
/// Elements of a tile.
pub const ELEMENTS: usize = SIDE * SIDE;
/// Bytes of a tile: exactly one BLAKE3 chunk.
pub const BYTES: usize = 4 * ELEMENTS;

/// A row of a tile; its elements are called lanes.
pub type Row = [f32; SIDE];

/// 16x16 floats, row-major.
///
/// A tile can also carry 256 elements of a vector, 1,024 bytes of a token stream or 32 roots: its
/// bytes are the little-endian patterns of its elements.
#[derive(Clone, Copy)]
pub struct Tile(pub [f32; ELEMENTS]);

impl Tile {
	/// +0.0 everywhere: the padding, and what every sum starts from.
	pub const ZERO: Tile = Tile([0.0; ELEMENTS]);

	/// The tile whose rows are these.
	pub fn from_rows(rows: [Row; SIDE]) -> Self {
		let mut tile = Tile::ZERO;
		for (to, from) in tile.rows_mut().iter_mut().zip(rows) {
			*to = from;
		}
		tile
	}

	/// The tile that has these canonical bytes.
	pub fn from_bytes(bytes: &[u8; BYTES]) -> Self {
		let mut tile = Tile::ZERO;
		for (element, bytes) in tile.0.iter_mut().zip(bytes.as_chunks::<4>().0) {
			*element = f32::from_le_bytes(*bytes);
		}
		tile
	}

	/// The canonical bytes: little-endian patterns.
	pub fn to_bytes(&self) -> [u8; BYTES] {
		let mut bytes = [0; BYTES];
		for (to, element) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(self.0) {
			*to = element.to_le_bytes();
		}
		bytes
	}

	/// The patterns of all elements.
	pub fn to_bits(&self) -> [u32; ELEMENTS] {
		self.0.map(f32::to_bits)
	}

	/// The 16 rows.
	pub fn rows(&self) -> &[Row] {
		self.0.as_chunks().0
	}

	/// The 16 rows, to write.
	pub fn rows_mut(&mut self) -> &mut [Row] {
		self.0.as_chunks_mut().0
	}

	/// Row `i` modulo 16.
	pub fn row(&self, i: usize) -> Row {
		self.rows().get(i % SIDE).copied().unwrap_or([0.0; SIDE])
	}

	/// The element at row `i` and lane `j`, both modulo 16.
	pub fn at(&self, i: usize, j: usize) -> f32 {
		self.0
			.get(i % SIDE * SIDE + j % SIDE)
			.copied()
			.unwrap_or(0.0)
	}

	/// Rows for columns.
	pub fn transposed(&self) -> Self {
		Tile::from_rows(array::from_fn(|i| array::from_fn(|j| self.at(j, i))))
	}

	/// Applies `f` to every element.
	pub fn map(&self, f: impl FnMut(f32) -> f32) -> Self {
		Tile(self.0.map(f))
	}

	/// Applies `f` to the elements of two tiles, place by place.
	pub fn zip(&self, other: &Tile, mut f: impl FnMut(f32, f32) -> f32) -> Self {
		let mut tile = *self;
		for (x, y) in tile.0.iter_mut().zip(other.0) {
			*x = f(*x, y);
		}
		tile
	}

	/// Whether every element obeys the range rule.
	pub fn in_range(&self) -> bool {
		self.0.iter().all(|x| crate::arith::in_range(*x))
	}
}

/// Equality of patterns: +0.0 and -0.0 differ, a NaN equals itself.
impl PartialEq for Tile {
	fn eq(&self, other: &Self) -> bool {
		self.to_bits() == other.to_bits()
	}
}

impl Eq for Tile {}

impl core::fmt::Debug for Tile {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.debug_list().entries(self.rows()).finish()
	}
}
