//! One product of matrices on its own, to measure the contraction.

use std::time::{Duration, Instant};

use assay_numerics::program::{Layout, Transpose};

use crate::{
	contract::{contract, contract_new, Operand, Source, Sums, Terms},
	error::EngineError,
	isa::Isa,
	matrix::Matrix,
	pool::Pool,
	tensor::Tensor,
};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
	/// Quantising both operands.
	Quantise,
	/// The contraction of operands that are quantised already.
	Contract,
	/// Both.
	Whole,
}

/// A product `rows x cols` over `depth`, with its operands in memory.
#[derive(Debug)]
pub struct Product {
	pool: Pool,
	transpose: Transpose,
	a: Tensor,
	b: Tensor,
	left: Operand,
	right: Operand,
	out: Tensor,
}

impl Product {
	/// A product whose operands, stored as `transpose` says, have the elements that `element` gives
	/// for the operand, 0 or 1, row and column.
	///
	/// # Errors
	/// As an engine's: no threads, an instruction set that is not there.
	pub fn new(
		[rows, cols, depth]: [u32; 3],
		transpose: Transpose,
		(threads, isa): (usize, Isa),
		element: impl Fn(usize, usize, usize) -> f32,
	) -> Result<Self, EngineError> {
		let matrix = |rows, cols| Tensor::new(Layout::Matrix { rows, cols });
		let mut operands = match transpose {
			Transpose::Neither => [matrix(rows, depth), matrix(depth, cols)],
			Transpose::Left => [matrix(depth, rows), matrix(depth, cols)],
			Transpose::Right => [matrix(rows, depth), matrix(cols, depth)],
		};
		for (operand, tensor) in operands.iter_mut().enumerate() {
			let [rows, cols] = tensor.shape();
			for row in 0..rows {
				for col in 0..cols {
					tensor.set(row, col, element(operand, row, col));
				}
			}
		}
		let [a, b] = operands;
		let mut product = Product {
			pool: Pool::new(threads, isa)?,
			transpose,
			a,
			b,
			left: Operand::new(),
			right: Operand::new(),
			out: matrix(rows, cols),
		};
		product.time(Part::Whole, 1);
		Ok(product)
	}

	/// Does it so many times; returns how long that took.
	pub fn time(&mut self, part: Part, times: usize) -> Duration {
		let Product {
			pool,
			transpose,
			a,
			b,
			left,
			right,
			out,
		} = self;
		pool.run(|lane| {
			let start = Instant::now();
			let operands = operands(*transpose, [a.matrix(), b.matrix()]);
			let [left_source, right_source] = operands;
			for _ in 0..times {
				let (sums, out) = (Sums::default(), out.floats_mut());
				match part {
					Part::Quantise => {
						left.fill(lane, left_source);
						right.fill(lane, right_source);
					}
					Part::Contract => {
						contract(lane, left, right, sums, out);
					}
					Part::Whole => {
						right.fill(lane, right_source);
						contract_new(lane, (left, left_source), right, sums, out);
					}
				}
			}
			start.elapsed()
		})
	}

	/// One element of the result.
	pub fn at(&self, row: usize, col: usize) -> f32 {
		self.out.at(row, col)
	}
}

/// The left and the right operand of a product, as they are stored.
pub(crate) fn operands(transpose: Transpose, [a, b]: [Matrix<'_>; 2]) -> [Source<'_>; 2] {
	let left = match transpose {
		Transpose::Left => Source::left_columns(a, Terms::One),
		_ => Source::left_rows(a, Terms::One),
	};
	let right = match transpose {
		Transpose::Right => Source::right_rows(b),
		_ => Source::right_columns(b),
	};
	[left, right]
}
