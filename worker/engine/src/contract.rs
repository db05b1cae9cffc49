//! The contraction of the profile `exact-12`, fast.
//!
//! Operands are quantised in blocks of [`BLOCK`] along the contracted axis, block by block with a
//! power-of-two scale for each row or column, into 16-bit integers. Two elements that are 16 apart
//! on the contracted axis, the same place of neighbouring tiles, share an `i32`, as `vpdpwssd` and
//! `vpmaddwd` want them. The integer sums have no order, so any pairing will do, and this one needs
//! no shuffles. Only the blocks' contributions are added in ascending order.

mod kernel;
mod operand;
mod quantise;
#[cfg(test)]
mod tests;

use std::{
	ops::Range,
	sync::atomic::{AtomicU32, Ordering},
};

use crate::{
	kernels::elementwise::{add_bias_here, greatest},
	pool::Lane,
	tensor::TILE,
};

pub(crate) use kernel::{Kernel, Sweep};
pub(crate) use operand::{Operand, Source, Terms};
use operand::{Shape, Unit};

/// Elements of the contracted axis that share one scale.
pub(crate) const BLOCK: usize = 128;
/// Tiles along the contracted axis in a block.
const DEPTH: usize = 8;
/// Pairs in a block.
const PAIRS: usize = BLOCK / 2;
/// Rows or columns quantised and stored together.
const GROUP: usize = 16;
/// Pairs of a group in one block.
const UNIT: usize = GROUP * PAIRS;
/// Strips of the result that one task computes, at most: their left operand stays in the second cache
/// while the right one streams by, together with what the next task reads.
const STRIPS: usize = 4;
/// Words of one of the two planes of 8-bit integers of a unit.
const PLANE: usize = UNIT / 2;
/// Units of a right operand that does not fit into the second cache. Tasks are larger then.
const LARGE: usize = 512;
/// Tasks that each thread gets, at least, as long as there are strips.
const TASKS: usize = 4;
/// Groups of right vectors whose sums fit into registers together.
pub(crate) const WIDTH: usize = 2;

/// Adds the contribution of one block to one or two tiles that follow one another: the product of a
/// group of left vectors with as many groups of right ones, from the group given on. A `fresh` result
/// starts here.
pub(crate) fn multiply<'a>(
	sweep: &mut Sweep<'_, 'a, '_>,
	(left, group, block): (&'a Operand, usize, usize),
	(right, first, right_block): (&'a Operand, usize, usize),
	fresh: bool,
	tiles: Range<usize>,
) {
	let width = tiles.len();
	sweep.add(kernel::Task {
		a: left.unit(group, block),
		by_pair: left.shape().by_pair,
		b: [0, 1].map(|j| right.unit(first + j.min(width - 1), right_block)),
		width,
		pairs: left.shape().pairs(block),
		fresh,
		at: tiles.start * TILE,
	});
}

/// What the sums of a contraction start from and how it is judged.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums<'a> {
	/// The tiles of a matrix of the result's shape, instead of +0.0.
	pub(crate) base: Option<&'a [f32]>,
	/// Whether sums between blocks count, too: the specification stops where one of them leaves the
	/// range.
	pub(crate) watch: bool,
	/// A packed vector that is added to each row of the product while it is in the cache, and where the
	/// greatest pattern of the product itself is noted.
	pub(crate) bias: Option<(&'a [f32], &'a AtomicU32)>,
}

/// `out[i, j]` = the contraction of the left operand's vector `i` with the right one's vector `j`.
///
/// Returns the greatest magnitude pattern of the result, and of the sums between blocks if they are
/// watched.
pub(crate) fn contract(
	lane: Lane,
	left: &Operand,
	right: &Operand,
	sums: Sums<'_>,
	out: &mut [f32],
) -> u32 {
	let product = Product::new(lane, left.shape(), right, sums, out.len());
	product
		.lane
		.produce_watched(out, product.piece(), |index, rows| {
			let stride = product.strips * product.left.stride();
			let units = &left.units()[index * stride..];
			let met = product.run(index, units, rows, &mut std::iter::empty());
			product.finish(met, rows)
		})
}

/// [`contract`] with a left operand that is quantised on the way, strips by strips, so that it is
/// multiplied while it is in the cache. It can be used again.
pub(crate) fn contract_new(
	lane: Lane,
	(left, source): (&mut Operand, Source<'_>),
	right: &Operand,
	sums: Sums<'_>,
	out: &mut [f32],
) -> u32 {
	let shape = source.shape();
	let product = Product::new(lane, shape, right, sums, out.len());
	let beside = (left.room(shape), product.strips * shape.stride());
	product
		.lane
		.produce_beside(out, product.piece(), beside, |index, rows, units| {
			for (at, units) in units.chunks_exact_mut(shape.terms).enumerate() {
				let group = index * product.strips + at / shape.blocks();
				source.quantise(lane.isa, group, at % shape.blocks(), units);
			}
			let next = (index + 1) * product.strips..shape.groups.min((index + 2) * product.strips);
			let mut ahead = next.flat_map(|group| source.tiles(group));
			let met = product.run(index, units, rows, &mut ahead);
			product.finish(met, rows)
		})
}

/// A contraction, cut into tasks.
#[derive(Debug)]
struct Product<'a> {
	lane: Lane,
	left: Shape,
	right: &'a Operand,
	sums: Sums<'a>,
	/// Strips of a task.
	strips: usize,
}

impl<'a> Product<'a> {
	fn new(lane: Lane, left: Shape, right: &'a Operand, sums: Sums<'a>, len: usize) -> Self {
		let across = right.shape();
		assert_eq!(
			left.depth(),
			across.depth(),
			"both operands are contracted along the same axis"
		);
		assert!(
			across.by_pair && across.terms == 1,
			"a right operand is stored by pairs and has one term"
		);
		assert_eq!(
			len,
			left.groups * across.groups * TILE,
			"the result has the operands' shape"
		);
		assert!(
			sums.base.is_none_or(|base| base.len() == len),
			"the base has the result's shape"
		);
		let lane = lane.for_work(len * left.depth() / 256);
		let mut strips = if right.units().len() > LARGE {
			2 * STRIPS
		} else {
			STRIPS
		};
		while strips > 1 && lane.threads > 1 && left.groups < TASKS * lane.threads * strips {
			strips /= 2;
		}
		Product {
			lane,
			left,
			right,
			sums,
			strips,
		}
	}

	/// Elements of a strip of the result.
	fn strip(&self) -> usize {
		self.right.shape().groups * TILE
	}

	/// Elements of a task.
	fn piece(&self) -> usize {
		self.strips * self.strip()
	}

	/// Adds the bias to some strips of the result, if there is one. Returns the greatest pattern met
	/// that counts for the result.
	fn finish(&self, met: u32, rows: &mut [f32]) -> u32 {
		let Some((bias, greatest_product)) = self.sums.bias else {
			return met;
		};
		let met = met.max(greatest(self.lane.isa, rows));
		greatest_product.fetch_max(met, Ordering::Relaxed);
		add_bias_here(self.lane.isa, bias, self.strip() / TILE, rows);
		0
	}

	/// Some strips of the result, from the left units of the first of them on.
	///
	/// Tiles `ahead` are asked for little by little: reading them only when they are quantised would
	/// mean to wait for memory.
	fn run(
		&self,
		index: usize,
		units: &[Unit],
		rows: &mut [f32],
		ahead: &mut dyn Iterator<Item = &[f32; TILE]>,
	) -> u32 {
		let Sums { base, watch, .. } = self.sums;
		let base = base.map(|base| &base[index * self.piece()..][..rows.len()]);
		let (across, terms) = (self.right.shape().groups, self.left.terms);
		// A block has 8 tiles of the next strips for all right groups.
		let fetched = (DEPTH * WIDTH).div_ceil(across);
		let (isa, strips) = (self.lane.isa, rows.len() / self.strip());
		let mut kernel = Kernel::new(isa);
		let mut sweep = kernel.sweep(rows);
		let mut met = 0;
		for group in (0..across).step_by(WIDTH) {
			let width = WIDTH.min(across - group);
			for block in 0..self.left.blocks() {
				let b = [group, group + width - 1]
					.map(|group| &self.right.units()[group * self.left.blocks() + block]);
				for strip in 0..strips {
					let at = strip * self.strip() + group * TILE;
					let out = at..at + width * TILE;
					if watch && block > 0 {
						met = met.max(greatest(isa, &sweep.settled()[out.clone()]));
					}
					if let (Some(base), 0) = (base, block) {
						sweep.settled()[out.clone()].copy_from_slice(&base[out]);
					}
					ahead.take(fetched).for_each(kernel::prefetch);
					let first = strip * self.left.stride() + block * terms;
					for (term, a) in units[first..first + terms].iter().enumerate() {
						sweep.add(kernel::Task {
							a,
							by_pair: self.left.by_pair,
							b,
							width,
							pairs: self.left.pairs(block),
							fresh: base.is_none() && block + term == 0,
							at,
						});
					}
				}
			}
		}
		met
	}
}
