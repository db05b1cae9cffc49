//! Quantised operands, which several contractions can share.

use super::{quantise, BLOCK, DEPTH, GROUP, PAIRS, UNIT};
use crate::{
	isa::Isa,
	matrix::Matrix,
	pool::Lane,
	tensor::{SIDE, TILE},
};

/// Into how many integers an element is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terms {
	/// One: 12 bits under the greatest element of its block.
	One,
	/// Two: what the first one leaves over is quantised again. For operands with outliers.
	Two,
}

/// On which side of a product an operand stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
	Left,
	Right,
}

/// One group in one block, aligned to a cache line.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Unit {
	/// Pairs of 16-bit integers, or the two planes of [`quantise::planes`]. By vector: all of the
	/// first row or column, then all of the second; or else the first one of every row or column,
	/// then the second of every one.
	pub(super) words: [i32; UNIT],
	/// `2^(e-12)` of each vector.
	pub(super) scales: [f32; GROUP],
}

impl Unit {
	pub(super) const ZERO: Unit = Unit {
		words: [0; UNIT],
		scales: [0.0; GROUP],
	};
}

/// What an operand is made from: the rows or the columns of a matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
	matrix: Matrix<'a>,
	rows: bool,
	side: Side,
	terms: Terms,
}

impl<'a> Source<'a> {
	/// Left operand: the rows of `a`, contracted along them.
	pub(crate) fn left_rows(a: Matrix<'a>, terms: Terms) -> Self {
		Source {
			matrix: a,
			rows: true,
			side: Side::Left,
			terms,
		}
	}

	/// Left operand: the columns of `a`, contracted along them.
	pub(crate) fn left_columns(a: Matrix<'a>, terms: Terms) -> Self {
		Source {
			rows: false,
			..Source::left_rows(a, terms)
		}
	}

	/// Right operand: the rows of `a`, contracted along them.
	pub(crate) fn right_rows(a: Matrix<'a>) -> Self {
		Source {
			side: Side::Right,
			..Source::left_rows(a, Terms::One)
		}
	}

	/// Right operand: the columns of `a`, contracted along them.
	pub(crate) fn right_columns(a: Matrix<'a>) -> Self {
		Source {
			side: Side::Right,
			..Source::left_columns(a, Terms::One)
		}
	}

	/// The shape of the operand.
	pub(super) fn shape(self) -> Shape {
		let [down, across] = [self.matrix.rows() / SIDE, self.matrix.cols() / SIDE];
		let [groups, tiles] = if self.rows {
			[down, across]
		} else {
			[across, down]
		};
		assert!(groups > 0 && tiles > 0, "an operand has elements");
		Shape {
			groups,
			tiles,
			by_pair: !self.rows || self.side == Side::Right,
			terms: match self.terms {
				Terms::One => 1,
				Terms::Two => 2,
			},
		}
	}

	/// The tiles of a group along the contracted axis.
	pub(super) fn tiles(self, group: usize) -> impl Iterator<Item = &'a [f32; TILE]> {
		(0..self.shape().tiles).map(move |along| self.tile(group, along))
	}

	fn tile(self, group: usize, along: usize) -> &'a [f32; TILE] {
		if self.rows {
			self.matrix.tile(group, along)
		} else {
			self.matrix.tile(along, group)
		}
	}

	/// All terms of one group in one block.
	pub(super) fn quantise(self, isa: Isa, group: usize, block: usize, units: &mut [Unit]) {
		let count = DEPTH.min(self.shape().tiles - block * DEPTH);
		// Tiles are filled up to whole pairs, or to the four of a product of 8-bit integers.
		let together = if isa == Isa::Amx { 4 } else { 2 };
		let mut tiles = [&[0.0; TILE]; DEPTH];
		for (t, tile) in tiles.iter_mut().take(count).enumerate() {
			*tile = self.tile(group, block * DEPTH + t);
		}
		let tiles = &tiles[..count.next_multiple_of(together)];
		let quantise = |tiles: &[&[f32; TILE]], unit: &mut Unit| match (self.rows, self.side) {
			(true, side) if isa == Isa::Amx => {
				quantise::planes::rows(isa, tiles, side == Side::Right, unit)
			}
			(false, side) if isa == Isa::Amx => {
				quantise::planes::columns(isa, tiles, side == Side::Left, unit)
			}
			(true, Side::Left) => quantise::rows(isa, tiles, unit),
			(true, Side::Right) => quantise::rows_by_pair(isa, tiles, unit),
			(false, _) => quantise::columns(isa, tiles, unit),
		};
		quantise(tiles, &mut units[0]);
		if let [first, second] = units {
			let mut rest = [[0.0; TILE]; DEPTH];
			quantise::rest(isa, tiles, &first.scales, self.rows, &mut rest);
			quantise(&rest.each_ref()[..tiles.len()], second);
		}
	}
}

/// The shape of an operand: its units are those of the first group, block by block, then those of the
/// second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
	/// Groups of 16 rows or columns.
	pub(super) groups: usize,
	/// Tiles along the contracted axis.
	tiles: usize,
	/// Whether the first pairs of all vectors of a group come first, where there are pairs.
	pub(super) by_pair: bool,
	/// Units of a group in a block.
	pub(super) terms: usize,
}

impl Shape {
	/// Elements along the contracted axis, padding included.
	pub(super) fn depth(self) -> usize {
		self.tiles * SIDE
	}

	/// Blocks along the contracted axis.
	pub(super) fn blocks(self) -> usize {
		self.depth().div_ceil(BLOCK)
	}

	/// Units of a group.
	pub(super) fn stride(self) -> usize {
		self.blocks() * self.terms
	}

	/// Pairs of a block that are not all padding.
	pub(super) fn pairs(self, block: usize) -> usize {
		let tiles = DEPTH.min(self.tiles - block * DEPTH);
		PAIRS.min(tiles.next_multiple_of(2) * SIDE / 2)
	}
}

/// A quantised operand. It keeps its memory when it is filled again.
#[derive(Debug)]
pub(crate) struct Operand {
	units: Vec<Unit>,
	shape: Shape,
}

impl Operand {
	/// An empty operand; it grows on first use.
	pub(crate) fn new() -> Self {
		let shape = Shape {
			groups: 0,
			tiles: 0,
			by_pair: true,
			terms: 1,
		};
		Operand {
			units: Vec::new(),
			shape,
		}
	}

	/// Quantises a whole matrix, or a part of one.
	pub(crate) fn fill(&mut self, lane: Lane, source: Source<'_>) {
		let shape = source.shape();
		lane.for_work(shape.groups * shape.tiles * TILE).chunks(
			self.room(shape),
			shape.terms,
			|index, units| {
				let blocks = shape.blocks();
				source.quantise(lane.isa, index / blocks, index % blocks, units);
			},
		);
	}

	/// The units of an operand of this shape, to write.
	pub(super) fn room(&mut self, shape: Shape) -> &mut [Unit] {
		self.shape = shape;
		let units = shape.groups * shape.stride();
		if self.units.len() < units {
			self.units.resize(units, Unit::ZERO);
		}
		&mut self.units[..units]
	}

	pub(super) fn shape(&self) -> Shape {
		self.shape
	}

	/// Blocks along the contracted axis.
	pub(crate) fn blocks(&self) -> usize {
		self.shape.blocks()
	}

	/// The first term of one group in one block.
	pub(super) fn unit(&self, group: usize, block: usize) -> &Unit {
		&self.units[group * self.shape.stride() + block * self.shape.terms]
	}

	/// The units of an operand, group by group.
	pub(super) fn units(&self) -> &[Unit] {
		&self.units[..self.shape.groups * self.shape.stride()]
	}
}
