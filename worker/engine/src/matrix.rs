//! Matrices and parts of them as kernels read them: tiles at a stride.

use std::ops::Range;

use crate::tensor::{SIDE, TILE};

/// A matrix in tiles, or a part of one that is cut at tiles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
	tiles: &'a [[f32; TILE]],
	/// Strips of 16 rows.
	down: usize,
	/// Tiles of a strip.
	across: usize,
	/// Tiles from a strip to the one below.
	stride: usize,
}

impl<'a> Matrix<'a> {
	/// The tiles of a whole matrix.
	pub(crate) fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
		let (down, across) = (rows.div_ceil(SIDE), cols.div_ceil(SIDE));
		assert_eq!(
			data.len(),
			down * across * TILE,
			"a matrix has as many tiles as its shape says"
		);
		Matrix {
			tiles: data.as_chunks().0,
			down,
			across,
			stride: across,
		}
	}

	/// Some strips and tile columns of it: a head of an attention, a sequence of a batch.
	pub(crate) fn part(self, down: Range<usize>, across: Range<usize>) -> Self {
		assert!(
			down.end <= self.down && across.end <= self.across,
			"a part lies inside of its matrix"
		);
		let first = down.start * self.stride + across.start;
		Matrix {
			tiles: &self.tiles[first..],
			down: down.len(),
			across: across.len(),
			..self
		}
	}

	/// Rows, padding included.
	pub(crate) fn rows(self) -> usize {
		self.down * SIDE
	}

	/// Columns, padding included.
	pub(crate) fn cols(self) -> usize {
		self.across * SIDE
	}

	/// The tiles of one strip, one after the other.
	#[inline(always)]
	pub(crate) fn strip(self, down: usize) -> &'a [f32] {
		debug_assert!(down < self.down);
		self.tiles[down * self.stride..][..self.across].as_flattened()
	}

	/// One tile.
	#[inline(always)]
	pub(crate) fn tile(self, down: usize, across: usize) -> &'a [f32; TILE] {
		debug_assert!(down < self.down && across < self.across);
		&self.tiles[down * self.stride + across]
	}
}
