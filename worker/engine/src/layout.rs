//! Between canonical bytes and row-major floats, for exports, and checks of padding.
//!
//! Canonical bytes are little-endian floats in tiles of 16 by 16, row-major inside a tile, tiles
//! row-major. Vectors are packed 256 to a tile. What is left over in a tile is +0.0.

use assay_numerics::program::{Layout, Program, TensorId};

use crate::tensor::{SIDE, TILE};

/// Canonical bytes of a tensor of floats.
pub(crate) trait Canonical {
	/// Rows and columns without padding; a vector is one row.
	fn dimensions(&self) -> [usize; 2];
	/// Elements without padding; none for tensors that do not hold floats.
	fn len(&self) -> usize;
	/// Length of the canonical bytes.
	fn byte_len(&self) -> usize;
	/// The row-major elements of canonical bytes.
	fn unpack(&self, bytes: &[u8], plain: &mut [f32]);
	/// The position in canonical order of the first element of padding that is not +0.0.
	fn dirty_padding(&self, bytes: &[u8]) -> Option<usize>;
}

/// The layouts of a program's parameters, in the order of the checkpoint.
pub(crate) fn of_params(program: &Program) -> Vec<Layout> {
	of(program, program.params())
}

/// The layouts of a program's moments, all first ones before all second ones.
pub(crate) fn of_moments(program: &Program) -> Vec<Layout> {
	of(program, program.moments())
}

/// The layouts of the tensors of a program's model that are not trained.
pub(crate) fn of_frozen(program: &Program) -> Vec<Layout> {
	of(program, program.frozen())
}

fn of(program: &Program, ids: &[TensorId]) -> Vec<Layout> {
	let tensors = ids.iter().map(|id| program.tensor(*id));
	tensors
		.map(|tensor| tensor.expect("a program has its own tensors; qed").layout)
		.collect()
}

/// Calls `visit(index in tile order, index in row-major order, length)` for every run of elements
/// that are neighbours in both.
fn runs(layout: &Layout, mut visit: impl FnMut(usize, usize, usize)) {
	let [rows, cols] = layout.dimensions();
	match layout {
		Layout::Vector { .. } => visit(0, 0, cols),
		Layout::Matrix { .. } => {
			let across = cols.div_ceil(SIDE);
			for row in 0..rows {
				for tile in 0..across {
					let canonical = (row / SIDE * across + tile) * TILE + row % SIDE * SIDE;
					let plain = row * cols + tile * SIDE;
					visit(canonical, plain, SIDE.min(cols - tile * SIDE));
				}
			}
		}
		Layout::Bytes | Layout::Roots { .. } => {}
	}
}

impl Canonical for Layout {
	fn dimensions(&self) -> [usize; 2] {
		self.shape().map(|n| n as usize)
	}

	fn len(&self) -> usize {
		match self {
			Layout::Matrix { .. } | Layout::Vector { .. } => self.elements() as usize,
			Layout::Bytes | Layout::Roots { .. } => 0,
		}
	}

	fn byte_len(&self) -> usize {
		self.bytes() as usize
	}

	fn unpack(&self, bytes: &[u8], plain: &mut [f32]) {
		assert_eq!(
			bytes.len(),
			self.byte_len(),
			"a tensor has as many bytes as its shape says"
		);
		assert_eq!(
			plain.len(),
			self.len(),
			"a tensor has as many elements as its shape says"
		);
		runs(self, |canonical, at, len| {
			let run = bytes[4 * canonical..][..4 * len].chunks_exact(4);
			for (x, bytes) in plain[at..at + len].iter_mut().zip(run) {
				*x = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
			}
		});
	}

	fn dirty_padding(&self, bytes: &[u8]) -> Option<usize> {
		let mut inside = vec![false; self.tiles() as usize * TILE];
		runs(self, |canonical, _, len| {
			inside[canonical..canonical + len].fill(true)
		});
		(0..inside.len()).find(|at| !inside[*at] && bytes[4 * at..4 * at + 4] != [0; 4])
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::tensor::Tensor;

	/// A tensor whose elements are one more than their row-major positions.
	fn counted(layout: Layout) -> (Tensor, Vec<f32>) {
		let mut tensor = Tensor::new(layout);
		let [rows, cols] = tensor.shape();
		let plain: Vec<f32> = (0..rows * cols).map(|i| i as f32 + 1.0).collect();
		for (i, x) in plain.iter().enumerate() {
			tensor.set(i / cols, i % cols, *x);
		}
		(tensor, plain)
	}

	#[test]
	fn unpacking_undoes_packing_for_shapes_with_and_without_padding() {
		let layouts = [
			Layout::Matrix { rows: 16, cols: 32 },
			Layout::Matrix { rows: 48, cols: 17 },
			Layout::Matrix { rows: 5, cols: 3 },
			Layout::Vector { len: 256 },
			Layout::Vector { len: 400 },
		];
		for layout in layouts {
			let (tensor, plain) = counted(layout);
			let bytes = tensor.bytes();
			assert_eq!(bytes.len(), layout.byte_len());
			assert_eq!(layout.dirty_padding(&bytes), None);
			let mut again = vec![0.0; plain.len()];
			layout.unpack(&bytes, &mut again);
			assert_eq!(again, plain, "{layout:?}");
		}
	}

	#[test]
	fn tiles_are_row_major_and_so_are_their_elements() {
		// GIVEN a matrix of two by two tiles whose elements count from 1, row-major
		let (tensor, _) = counted(Layout::Matrix { rows: 32, cols: 32 });
		// WHEN its bytes are read
		let bytes = tensor.bytes();
		let at = |i: usize| f32::from_le_bytes(bytes[4 * i..4 * i + 4].try_into().unwrap());
		// THEN the second row of the first tile is row 1 of the matrix, and the second tile column 16
		assert_eq!(
			[at(16), at(256), at(512), at(1023)],
			[33.0, 17.0, 513.0, 1024.0]
		);
	}

	#[test]
	fn padding_that_is_not_zero_is_found() {
		let layout = Layout::Vector { len: 16 };
		let mut bytes = Tensor::new(layout).bytes().into_owned();
		bytes[4 * 20 + 3] = 0x80;
		assert_eq!(layout.dirty_padding(&bytes), Some(20));
	}
}
