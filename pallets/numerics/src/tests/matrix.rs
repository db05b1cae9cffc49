//! Matrices in f64, and tensors read as such.

use crate::{program::DATA, Layout, Memory, Program, TensorId};

/// A row-major matrix.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
	pub(super) rows: usize,
	pub(super) cols: usize,
	pub(super) data: Vec<f64>,
}

impl Matrix {
	pub(super) fn zero(rows: usize, cols: usize) -> Self {
		Matrix {
			rows,
			cols,
			data: vec![0.0; rows * cols],
		}
	}

	pub(super) fn from_fn(rows: usize, cols: usize, f: impl Fn(usize, usize) -> f64) -> Self {
		let data = (0..rows * cols).map(|i| f(i / cols, i % cols)).collect();
		Matrix { rows, cols, data }
	}

	pub(super) fn at(&self, i: usize, j: usize) -> f64 {
		self.data[i * self.cols + j]
	}

	pub(super) fn transposed(&self) -> Self {
		Matrix::from_fn(self.cols, self.rows, |i, j| self.at(j, i))
	}

	pub(super) fn times(&self, other: &Matrix) -> Self {
		assert_eq!(self.cols, other.rows);
		let mut product = Matrix::zero(self.rows, other.cols);
		let rows = product.data.chunks_mut(other.cols);
		for (sums, row) in rows.zip(self.data.chunks(self.cols)) {
			for (x, other) in row.iter().zip(other.data.chunks(other.cols)) {
				for (sum, y) in sums.iter_mut().zip(other) {
					*sum += x * y;
				}
			}
		}
		product
	}

	pub(super) fn zip(&self, other: &Matrix, f: impl Fn(f64, f64) -> f64) -> Self {
		assert_eq!((self.rows, self.cols), (other.rows, other.cols));
		let pairs = self.data.iter().zip(&other.data);
		Matrix {
			data: pairs.map(|(a, b)| f(*a, *b)).collect(),
			..*self
		}
	}

	/// The root of the sum of squares.
	pub(super) fn norm(&self) -> f64 {
		self.data.iter().map(|x| x * x).sum::<f64>().sqrt()
	}
}

/// How far `got` is from `exact`, by norm.
pub(super) fn relative(got: &Matrix, exact: &Matrix) -> f64 {
	got.zip(exact, |a, b| a - b).norm() / exact.norm()
}

/// A tensor of a memory without its padding.
pub(super) fn read(program: &Program, memory: &Memory, id: TensorId) -> Matrix {
	let layout = program.tensor(id).unwrap().layout;
	let [rows, cols] = layout.shape();
	let tiles = memory.tiles(id);
	Matrix::from_fn(rows as usize, cols as usize, |i, j| {
		let (tile, place) = layout.place(i as u32, j as u32).unwrap();
		f64::from(tiles[tile as usize].0[place])
	})
}

/// Everything in a tensor of a memory that is padding.
pub(super) fn padding(program: &Program, memory: &Memory, id: TensorId) -> Vec<f32> {
	let layout = program.tensor(id).unwrap().layout;
	if matches!(layout, Layout::Bytes | Layout::Roots { .. }) {
		return Vec::new();
	}
	let mut tiles = memory.tiles(id).to_vec();
	let [rows, cols] = layout.shape();
	let mut inside = 0;
	for (row, col) in (0..rows).flat_map(|i| (0..cols).map(move |j| (i, j))) {
		let (tile, place) = layout.place(row, col).unwrap();
		tiles[tile as usize].0[place] = f32::NAN;
		inside += 1;
	}
	let rest: Vec<_> = tiles
		.iter()
		.flat_map(|tile| tile.0)
		.filter(|x| !x.is_nan())
		.collect();
	assert_eq!(rest.len() + inside, tiles.len() * 256);
	rest
}

#[test]
fn reading_a_tensor_without_tiles_is_noticed() {
	let program = crate::lower(&crate::plan::tests::small()).unwrap();
	assert!(padding(&program, &Memory::new(), DATA).is_empty());
	assert!(Memory::new().tiles(program.params()[0]).is_empty());
}
