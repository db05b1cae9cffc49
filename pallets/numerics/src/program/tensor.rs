//! Tensors: names, roles, and where an element lies.

use alloc::string::String;

use crate::tile::{Tile, BYTES, ELEMENTS, SIDE};

/// A tensor of a [`Program`](crate::Program): the place in its list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TensorId(pub u16);

/// The token stream, in every program.
pub const DATA: TensorId = TensorId(0);

/// One tile of a tensor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TileRef {
	/// The tensor.
	pub tensor: TensorId,
	/// The tile's place in it.
	pub tile: u32,
}

/// What a tensor is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
	/// The token stream.
	Data,
	/// The parameter at this place of the checkpoint, before the step.
	Param(u16),
	/// The first moment of a parameter, before the step.
	FirstMoment(u16),
	/// The second moment of a parameter, before the step.
	SecondMoment(u16),
	/// A tensor of the model that is not trained, at this place of its checkpoint.
	Frozen(u16),
	/// What an op between them computes.
	Intermediate,
	/// The gradient of a parameter, in the parameter's layout.
	Gradient(u16),
	/// The first moment of a parameter, after the step.
	NextFirstMoment(u16),
	/// The second moment of a parameter, after the step.
	NextSecondMoment(u16),
	/// A parameter, after the step.
	NextParam(u16),
	/// The roots of the parameters and moments after the step.
	StateList,
}

/// How a tensor's elements fill its tiles. What is left over is +0.0, always.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
	/// 16x16 tiles, tiles row-major.
	Matrix {
		/// Rows, without padding.
		rows: u32,
		/// Columns, without padding.
		cols: u32,
	},
	/// 256 elements to a tile.
	Vector {
		/// Elements, without padding.
		len: u32,
	},
	/// 1,024 raw bytes to a tile. How many there are, the plan does not say.
	Bytes,
	/// 32 roots to a tile.
	Roots {
		/// Roots, without padding.
		count: u32,
	},
}

impl Layout {
	/// The number of tiles; 0 for [`Layout::Bytes`], whose number a program does not know.
	pub fn tiles(&self) -> u32 {
		match *self {
			Layout::Matrix { rows, cols } => tiles_along(rows).saturating_mul(tiles_along(cols)),
			Layout::Vector { len } => len.div_ceil(ELEMENTS as u32),
			Layout::Bytes => 0,
			Layout::Roots { count } => count.div_ceil(BYTES as u32 / 32),
		}
	}

	/// Canonical bytes, padding included; 0 for [`Layout::Bytes`].
	pub fn bytes(&self) -> u64 {
		u64::from(self.tiles()) * BYTES as u64
	}

	/// Rows and columns without padding. A vector is one row.
	pub fn shape(&self) -> [u32; 2] {
		match *self {
			Layout::Matrix { rows, cols } => [rows, cols],
			Layout::Vector { len } => [1, len],
			Layout::Bytes => [0, 0],
			Layout::Roots { count } => [1, count],
		}
	}

	/// Elements without padding.
	pub fn elements(&self) -> u64 {
		let [rows, cols] = self.shape();
		u64::from(rows) * u64::from(cols)
	}

	/// This tile of the tensor with everything that is padding set to +0.0.
	pub fn masked(&self, tile: u32, mut elements: Tile) -> Tile {
		match *self {
			Layout::Matrix { rows, cols } => {
				let across = tiles_along(cols);
				let down = tile.checked_div(across).unwrap_or(0);
				let right = tile.checked_rem(across).unwrap_or(0);
				let left = |all: u32, before: u32| {
					(all.saturating_sub(before.saturating_mul(SIDE as u32)) as usize).min(SIDE)
				};
				let (rows, cols) = (left(rows, down), left(cols, right));
				for (i, row) in elements.rows_mut().iter_mut().enumerate() {
					let kept = if i < rows { cols } else { 0 };
					row.iter_mut().skip(kept).for_each(|x| *x = 0.0);
				}
			}
			Layout::Vector { len } => {
				let before = tile.saturating_mul(ELEMENTS as u32);
				let kept = len.saturating_sub(before) as usize;
				elements.0.iter_mut().skip(kept).for_each(|x| *x = 0.0);
			}
			Layout::Bytes | Layout::Roots { .. } => {}
		}
		elements
	}

	/// The tile that holds the element at `row` and `col`, and the element's place in it. Nothing
	/// for elements outside and for layouts that do not hold floats.
	pub fn place(&self, row: u32, col: u32) -> Option<(u32, usize)> {
		let [rows, cols] = self.shape();
		if row >= rows || col >= cols {
			return None;
		}
		let side = SIDE as u32;
		match self {
			Layout::Matrix { .. } => {
				let tile = (row / side)
					.checked_mul(tiles_along(cols))?
					.checked_add(col / side)?;
				Some((tile, (row % side * side + col % side) as usize))
			}
			Layout::Vector { .. } => Some((col / ELEMENTS as u32, col as usize % ELEMENTS)),
			Layout::Bytes | Layout::Roots { .. } => None,
		}
	}
}

/// Tiles along an axis of a matrix.
pub(crate) fn tiles_along(elements: u32) -> u32 {
	elements.div_ceil(SIDE as u32)
}

/// A tensor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TensorInfo {
	/// For people and for exported files, unique in a program: `dense0.weight`, `grad.dense0.weight`.
	pub name: String,
	/// What it is for.
	pub role: Role,
	/// Its shape.
	pub layout: Layout,
}
