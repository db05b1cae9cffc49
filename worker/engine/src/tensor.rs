//! Tensors as they lie in memory: in tiles, as they are hashed.
//!
//! A matrix is a list of tiles, row-major, each 16 by 16 and row-major inside: a strip of 16 rows is
//! contiguous. A vector has 256 elements to a tile. In both cases memory is the canonical bytes, and
//! what looks at one element at a time is one pass over it, padding included: padding is +0.0 before
//! and after.
//!
//! A matrix of one column, a statistic of rows, is kept as its values one after the other, rounded up
//! to whole 16s with +0.0. Its tiles are made only when its bytes are asked for.

use std::borrow::Cow;

use assay_numerics::{hash::Root, program::Layout};
use blake3::hazmat::ChainingValue;

use crate::{hash, matrix::Matrix};

/// Side of a tile.
pub(crate) const SIDE: usize = 16;
/// Elements of a tile.
pub(crate) const TILE: usize = SIDE * SIDE;

/// A tile on its own cache lines. Only storage has this type; kernels take slices of floats.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Tile([f32; TILE]);

const ZERO: Tile = Tile([0.0; TILE]);

/// Elements in the engine's own layout.
#[derive(Clone, Debug)]
pub(crate) struct Tensor {
	layout: Layout,
	tiles: Vec<Tile>,
	/// Elements that count, padding included.
	len: usize,
	/// The values of the pieces that the tensor is hashed in; none if it is one piece, or if whoever
	/// wrote it did not hash it.
	pieces: Vec<ChainingValue>,
}

impl Tensor {
	/// A tensor of +0.0.
	pub(crate) fn new(layout: Layout) -> Self {
		let len = match layout {
			Layout::Matrix { rows, cols: 1 } => (rows as usize).next_multiple_of(SIDE),
			Layout::Matrix { .. } | Layout::Vector { .. } => layout.tiles() as usize * TILE,
			Layout::Bytes | Layout::Roots { .. } => 0,
		};
		Tensor {
			layout,
			tiles: vec![ZERO; len.div_ceil(TILE)],
			len,
			// So that no step has to make room.
			pieces: Vec::with_capacity(hash::pieces(4 * len)),
		}
	}

	/// A tensor that takes no memory, for a place that is not used.
	pub(crate) fn absent() -> Self {
		Tensor::new(Layout::Bytes)
	}

	/// Rows and columns without padding; a vector is one row.
	pub(crate) fn shape(&self) -> [usize; 2] {
		self.layout.shape().map(|n| n as usize)
	}

	/// All elements in the order of memory, padding included.
	pub(crate) fn floats(&self) -> &[f32] {
		// SAFETY: a tile is 256 floats without anything between or behind them.
		let (_, floats, _) = unsafe { self.tiles.align_to::<f32>() };
		&floats[..self.len]
	}

	/// [`floats`](Self::floats), to write. What writes them leaves padding at +0.0.
	pub(crate) fn floats_mut(&mut self) -> &mut [f32] {
		self.pieces.clear();
		self.parts_mut().0
	}

	/// [`floats_mut`](Self::floats_mut), and the values of the pieces that the tensor is hashed in: who
	/// writes the floats writes all of these, while they are in the cache. There are none if the
	/// tensor is hashed as a whole.
	pub(crate) fn hashed_mut(&mut self) -> (&mut [f32], &mut [ChainingValue]) {
		let pieces = match self.layout {
			Layout::Matrix { cols: 1, .. } => 0,
			_ => hash::pieces(4 * self.len),
		};
		self.pieces.resize(pieces, [0; 32]);
		self.parts_mut()
	}

	fn parts_mut(&mut self) -> (&mut [f32], &mut [ChainingValue]) {
		// SAFETY: as in `floats`.
		let (_, floats, _) = unsafe { self.tiles.align_to_mut::<f32>() };
		(&mut floats[..self.len], &mut self.pieces)
	}

	/// The root of the tensor, on the threads of the pool that it is called in.
	pub(crate) fn root(&self) -> Root {
		if self.pieces.is_empty() {
			hash::root(&self.bytes())
		} else {
			hash::root_of_pieces(&self.pieces)
		}
	}

	/// The tiles of a matrix of more than one column.
	pub(crate) fn matrix(&self) -> Matrix<'_> {
		let [rows, cols] = self.shape();
		Matrix::new(self.floats(), rows, cols)
	}

	/// Where an element lies in [`floats`](Self::floats).
	fn place(&self, row: usize, col: usize) -> usize {
		match self.layout {
			Layout::Matrix { cols: 1, .. } => row,
			_ => {
				let place = self.layout.place(row as u32, col as u32);
				let (tile, element) = place.expect("the element is inside of the tensor");
				tile as usize * TILE + element
			}
		}
	}

	/// One element.
	pub(crate) fn at(&self, row: usize, col: usize) -> f32 {
		self.floats()[self.place(row, col)]
	}

	/// Changes one element.
	pub(crate) fn set(&mut self, row: usize, col: usize, value: f32) {
		let place = self.place(row, col);
		self.floats_mut()[place] = value;
	}

	/// The canonical bytes: memory itself, except for statistics.
	pub(crate) fn bytes(&self) -> Cow<'_, [u8]> {
		match self.layout {
			Layout::Matrix { cols: 1, .. } => {
				let mut bytes = vec![0; self.layout.bytes() as usize];
				let rows = bytes.as_chunks_mut::<{ 4 * SIDE }>().0;
				for (row, value) in rows.iter_mut().zip(self.floats()) {
					row[..4].copy_from_slice(&value.to_le_bytes());
				}
				Cow::Owned(bytes)
			}
			_ => Cow::Borrowed(bytes_of(self.floats())),
		}
	}

	/// One tile as the specification has it.
	pub(crate) fn tile(&self, tile: u32) -> Option<assay_numerics::Tile> {
		let tile = tile as usize;
		match self.layout {
			Layout::Matrix { cols: 1, .. } => {
				let values = self.floats().as_chunks::<SIDE>().0.get(tile)?;
				let mut filled = assay_numerics::Tile::ZERO;
				for (row, value) in filled.rows_mut().iter_mut().zip(values) {
					row[0] = *value;
				}
				Some(filled)
			}
			_ => {
				let tile = self.floats().as_chunks::<TILE>().0.get(tile)?;
				Some(assay_numerics::Tile(*tile))
			}
		}
	}

	/// Takes over canonical bytes of the same shape, of a matrix of several columns or a vector.
	pub(crate) fn read(&mut self, bytes: &[u8]) {
		let floats = self.floats_mut();
		assert_eq!(
			bytes.len(),
			4 * floats.len(),
			"a tensor has as many bytes as its shape says"
		);
		for (x, bytes) in floats.iter_mut().zip(bytes.as_chunks::<4>().0) {
			*x = f32::from_le_bytes(*bytes);
		}
	}
}

/// The bytes of floats.
pub(crate) fn bytes_of(floats: &[f32]) -> &[u8] {
	// SAFETY: floats are bytes; on the little-endian machines that this crate compiles for, they are
	// the canonical ones.
	let (_, bytes, _) = unsafe { floats.align_to::<u8>() };
	bytes
}

#[cfg(test)]
mod tests {
	use assay_numerics::hash::tensor_root;

	use super::*;

	#[test]
	fn bytes_are_the_specifications_for_shapes_with_and_without_padding() {
		let layouts = [
			Layout::Matrix { rows: 16, cols: 32 },
			Layout::Matrix { rows: 48, cols: 17 },
			Layout::Matrix { rows: 5, cols: 3 },
			Layout::Matrix { rows: 48, cols: 1 },
			Layout::Matrix { rows: 1, cols: 1 },
			Layout::Vector { len: 256 },
			Layout::Vector { len: 400 },
		];
		for layout in layouts {
			// GIVEN a tensor whose elements are all different
			let mut tensor = Tensor::new(layout);
			let [rows, cols] = tensor.shape();
			let element = |row: usize, col: usize| (row * cols + col + 1) as f32;
			for row in 0..rows {
				for col in 0..cols {
					tensor.set(row, col, element(row, col));
				}
			}
			// WHEN its bytes are asked for
			let bytes = tensor.bytes().into_owned();
			// THEN every element is where the layout says, and all else is +0.0
			let mut expected = vec![0; layout.bytes() as usize];
			for row in 0..rows {
				for col in 0..cols {
					let (tile, place) = layout.place(row as u32, col as u32).unwrap();
					let at = 4 * (tile as usize * TILE + place);
					expected[at..at + 4].copy_from_slice(&element(row, col).to_le_bytes());
					assert_eq!(tensor.at(row, col), element(row, col));
				}
			}
			assert_eq!(bytes, expected, "{layout:?}");
			let tiles = (0..).map_while(|tile| tensor.tile(tile));
			let tiles: Vec<_> = tiles.map(|tile| tile.to_bytes()).collect();
			assert_eq!(tiles.as_flattened(), expected, "{layout:?}");
			if cols > 1 {
				let mut again = Tensor::new(layout);
				again.read(&bytes);
				assert_eq!(again.floats(), tensor.floats());
			}
		}
	}

	#[test]
	fn a_root_is_that_of_the_bytes_whether_they_were_hashed_while_written_or_not() {
		let layouts = [
			(Layout::Matrix { rows: 16, cols: 16 }, 0),
			(
				Layout::Matrix {
					rows: 16,
					cols: 1_024,
				},
				0,
			),
			(
				Layout::Matrix {
					rows: 16,
					cols: 1_040,
				},
				2,
			),
			(Layout::Vector { len: 70_000 }, 5),
			(
				Layout::Matrix {
					rows: 40_000,
					cols: 1,
				},
				0,
			),
		];
		for (layout, expected) in layouts {
			// GIVEN a tensor whose writer hashed every piece of it
			let mut tensor = Tensor::new(layout);
			let (floats, pieces) = tensor.hashed_mut();
			assert_eq!(pieces.len(), expected, "{layout:?}");
			floats[0] = 1.0;
			let bytes = bytes_of(floats).chunks(hash::PIECE).enumerate();
			for (value, (index, bytes)) in pieces.iter_mut().zip(bytes) {
				*value = hash::piece(index, bytes);
			}
			// THEN its root is that of its bytes
			assert_eq!(tensor.root(), tensor_root(&tensor.bytes()), "{layout:?}");
			// WHEN it is written again by somebody who does not hash THEN its root is the new one
			let before = tensor.root();
			tensor.set(0, 0, 2.0);
			assert_ne!(tensor.root(), before);
			assert_eq!(tensor.root(), tensor_root(&tensor.bytes()), "{layout:?}");
		}
	}

	#[test]
	fn tiles_start_on_cache_lines() {
		let tensor = Tensor::new(Layout::Matrix { rows: 32, cols: 32 });
		assert_eq!(tensor.floats().as_ptr().addr() % 64, 0);
		assert_eq!(tensor.floats().len(), 4 * TILE);
	}
}
