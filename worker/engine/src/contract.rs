//! The contraction of the profile `exact-12`, fast.
//!
//! Operands are quantised in blocks of [`BLOCK`] along the contracted axis, block by block with a
//! power-of-two scale for each row or column, into 16-bit integers. Pairs of neighbours along the
//! contracted axis share an `i32`, as `vpdpwssd` and `vpmaddwd` want them. The integer sums have no
//! order; only the blocks' contributions are added in ascending order.

mod kernel;
mod quantise;
#[cfg(test)]
mod tests;

use crate::{kernels::elementwise::greatest, pool::Lane};

/// Elements of the contracted axis that share one scale.
pub(crate) const BLOCK: usize = 128;
/// Pairs in a block.
const PAIRS: usize = BLOCK / 2;
/// Rows or columns quantised and stored together.
const GROUP: usize = 32;
/// Pairs of a group in one block.
const UNIT: usize = GROUP * PAIRS;
/// Rows of the result that one task computes.
const ROWS: usize = 64;

/// A row-major matrix, as it lies in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
	pub(crate) data: &'a [f32],
	pub(crate) rows: usize,
	pub(crate) cols: usize,
}

impl<'a> Matrix<'a> {
	pub(crate) fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
		assert_eq!(
			data.len(),
			rows * cols,
			"a matrix is as long as its shape says"
		);
		Matrix { data, rows, cols }
	}
}

/// How an operand's pairs are stored inside a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
	/// All pairs of the first row or column, then those of the second.
	ByVector,
	/// The first pair of every row or column, then the second of every one.
	ByPair,
}

/// The pairs of one group in one block, aligned to a cache line.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
struct Unit {
	pairs: [i32; UNIT],
	/// `2^(e-12)` of each vector.
	scales: [f32; GROUP],
}

/// A quantised operand: for each block, for each group of 32 vectors, 64 pairs of each.
#[derive(Debug)]
pub(crate) struct Operand {
	units: Vec<Unit>,
	groups: usize,
	vectors: usize,
	depth: usize,
	order: Order,
}

impl Operand {
	/// An empty operand; it grows on first use and keeps what it has.
	pub(crate) fn new() -> Self {
		Operand {
			units: Vec::new(),
			groups: 0,
			vectors: 0,
			depth: 0,
			order: Order::ByPair,
		}
	}

	fn reshape(&mut self, vectors: usize, depth: usize, order: Order) {
		assert!(vectors > 0 && depth > 0, "an operand has elements");
		assert!(
			vectors.is_multiple_of(16) && depth.is_multiple_of(16),
			"operands come in whole tiles"
		);
		self.groups = vectors.div_ceil(GROUP);
		self.vectors = vectors;
		self.depth = depth;
		self.order = order;
		let units = self.groups * depth.div_ceil(BLOCK);
		if self.units.len() < units {
			self.units.resize(
				units,
				Unit {
					pairs: [0; UNIT],
					scales: [0.0; GROUP],
				},
			);
		}
	}

	/// Left operand: the rows of `a`, contracted along them.
	pub(crate) fn left_rows(&mut self, lane: Lane, a: Matrix<'_>) {
		self.reshape(a.rows, a.cols, Order::ByVector);
		self.fill(lane, |part, unit| {
			quantise::rows(
				lane.isa,
				a.data,
				a.cols,
				part,
				&mut unit.pairs,
				&mut unit.scales,
			);
		});
	}

	/// Either operand: the columns of `a`, contracted along them.
	pub(crate) fn columns(&mut self, lane: Lane, a: Matrix<'_>) {
		self.reshape(a.cols, a.rows, Order::ByPair);
		self.fill(lane, |part, unit| {
			quantise::columns(
				lane.isa,
				a.data,
				a.cols,
				part,
				&mut unit.pairs,
				&mut unit.scales,
			);
		});
	}

	/// Right operand: the rows of `a`, contracted along them.
	pub(crate) fn right_rows(&mut self, lane: Lane, a: Matrix<'_>) {
		self.reshape(a.rows, a.cols, Order::ByPair);
		self.fill(lane, |part, unit| {
			quantise::rows_by_pair(
				lane.isa,
				a.data,
				a.cols,
				part,
				&mut unit.pairs,
				&mut unit.scales,
			);
		});
	}

	fn fill(&mut self, lane: Lane, work: impl Fn(quantise::Part, &mut Unit) + Send + Sync) {
		let (groups, vectors, depth) = (self.groups, self.vectors, self.depth);
		let units = groups * depth.div_ceil(BLOCK);
		lane.for_work(vectors * depth)
			.chunks(&mut self.units[..units], 1, |index, unit| {
				let (start, first) = (index / groups * BLOCK, index % groups * GROUP);
				let part = quantise::Part {
					start,
					depth: BLOCK.min(depth - start),
					first,
					vectors: GROUP.min(vectors - first),
				};
				unit.iter_mut().for_each(|unit| work(part, unit));
			});
	}
}

/// `out[i, j]` = the contraction of the left operand's vector `i` with the right one's vector `j`.
///
/// Returns the greatest magnitude pattern of the result and, if `watch`, of the partial sums between
/// blocks: the specification stops where one of them leaves the range.
pub(crate) fn contract(
	lane: Lane,
	left: &Operand,
	right: &Operand,
	watch: bool,
	out: &mut [f32],
) -> u32 {
	assert_eq!(
		left.depth, right.depth,
		"both operands are contracted along the same axis"
	);
	assert_eq!(
		right.order,
		Order::ByPair,
		"a right operand is stored by pairs"
	);
	assert_eq!(
		out.len(),
		left.vectors * right.vectors,
		"the result has the operands' shape"
	);
	let columns = right.vectors;
	lane.for_work(left.vectors * columns * left.depth / 256)
		.produce_watched(out, ROWS * columns, |index, rows| {
			let mut met = 0;
			for group in 0..right.groups {
				for start in (0..left.depth).step_by(BLOCK) {
					if watch && start > 0 {
						let width = GROUP.min(columns - group * GROUP);
						for row in rows.chunks_exact(columns) {
							met = met.max(greatest(lane.isa, &row[group * GROUP..][..width]));
						}
					}
					let b = &right.units[start / BLOCK * right.groups + group];
					for (step, out) in rows.chunks_mut(kernel::HEIGHT * columns).enumerate() {
						let row = index * ROWS + step * kernel::HEIGHT;
						let a = &left.units[start / BLOCK * left.groups + row / GROUP];
						let block = kernel::Block {
							a: &a.pairs,
							a_scales: &a.scales,
							within: row % GROUP,
							by_pair: left.order == Order::ByPair,
							b: &b.pairs,
							b_scales: &b.scales,
							pairs: BLOCK.min(left.depth - start) / 2,
							width: GROUP.min(columns - group * GROUP),
							first: start == 0,
						};
						kernel::block(lane.isa, &block, &mut out[group * GROUP..], columns);
					}
				}
			}
			met
		})
}
