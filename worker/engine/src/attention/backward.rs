//! Backward: from the gradient of what was mixed to those of queries, keys and values.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::{
	shared::SharedTiles,
	strip::{self, stat, Stat},
	Scratch, Shape, Workspace, DEPTH,
};
use crate::{
	contract::{multiply, Kernel, Operand, Source, Terms, WIDTH},
	kernels::elementwise::greatest,
	matrix::Matrix,
	pool::Lane,
	tensor::{SIDE, TILE},
};

/// What backward reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BackwardInput<'a> {
	pub(crate) query: Matrix<'a>,
	pub(crate) key: Matrix<'a>,
	pub(crate) value: Matrix<'a>,
	/// What forward wrote.
	pub(crate) max: &'a [f32],
	pub(crate) sums: &'a [f32],
	pub(crate) mixed: Matrix<'a>,
	/// The gradient of it.
	pub(crate) gradient: Matrix<'a>,
}

/// What backward writes.
#[derive(Debug)]
pub(crate) struct BackwardOutput<'a> {
	/// The sum of what was mixed times its gradient, of each row of each head.
	pub(crate) dots: &'a mut [f32],
	pub(crate) value: &'a mut [f32],
	pub(crate) query: &'a mut [f32],
	pub(crate) key: &'a mut [f32],
}

/// The greatest magnitude patterns of the seven ops: dots, gradients of weights, weights, gradients
/// of scores, of values, of queries, of keys. Weights are at most 1.
pub(crate) type Greatest = [u32; 7];

/// Outputs that tasks write tile by tile.
#[derive(Clone, Copy)]
struct Outputs<'a> {
	value: SharedTiles<'a>,
	query: SharedTiles<'a>,
	key: SharedTiles<'a>,
}

pub(crate) fn backward(
	lane: Lane,
	shape: Shape,
	workspace: &Workspace,
	input: BackwardInput<'_>,
	out: BackwardOutput<'_>,
) -> Greatest {
	let lane = lane.without_tiles();
	let rows = shape.group * shape.context();
	let outputs = Outputs {
		value: SharedTiles::new(out.value),
		query: SharedTiles::new(out.query),
		key: SharedTiles::new(out.key),
	};
	let met = [const { AtomicU32::new(0) }; 7];
	let task = |index: usize, dots: &mut [f32]| {
		let mut scratch = workspace.of_thread();
		let mut pass = Pass {
			lane: lane.alone(),
			kernel: Kernel::new(lane.isa),
			shape,
			input,
			outputs,
			sequence: index / shape.shared(),
			shared: index % shape.shared(),
			scratch: &mut scratch,
			greatest: [0; 7],
		};
		pass.run(dots);
		for (met, greatest) in met.iter().zip(pass.greatest) {
			met.fetch_max(greatest, Ordering::Relaxed);
		}
	};
	if lane.for_work(shape.work() / 256).threads == 1 {
		let dots = out.dots.chunks_mut(rows).enumerate();
		dots.for_each(|(index, dots)| task(index, dots));
	} else {
		let dots = out.dots.par_chunks_mut(rows).enumerate();
		dots.for_each(|(index, dots)| task(index, dots));
	}
	met.map(AtomicU32::into_inner)
}

/// One key and value head of one sequence.
struct Pass<'a, 'b> {
	lane: Lane,
	kernel: Kernel,
	shape: Shape,
	input: BackwardInput<'a>,
	outputs: Outputs<'a>,
	sequence: usize,
	shared: usize,
	scratch: &'b mut Scratch,
	greatest: Greatest,
}

impl Pass<'_, '_> {
	fn run(&mut self, dots: &mut [f32]) {
		let (shape, lane) = (self.shape, self.lane);
		let key = shape.part(self.input.key, self.sequence, self.shared);
		let value = shape.part(self.input.value, self.sequence, self.shared);
		self.scratch.reserve(shape.side);
		self.scratch.keys.fill(lane, Source::right_rows(key));
		self.scratch.values.fill(lane, Source::right_rows(value));
		self.scratch.columns.fill(lane, Source::right_columns(key));
		for member in 0..shape.group {
			let head = self.shared * shape.group + member;
			let query = shape.part(self.input.query, self.sequence, head);
			let gradient = shape.part(self.input.gradient, self.sequence, head);
			self.scratch
				.query_columns
				.fill(lane, Source::right_columns(query));
			self.scratch
				.mixed_columns
				.fill(lane, Source::right_columns(gradient));
			let context = shape.context();
			let dots = &mut dots[member * context..][..context];
			for start in (0..shape.side).step_by(DEPTH) {
				let strips = start..shape.side.min(start + DEPTH);
				for t in strips.clone() {
					self.strip(head, t, strips.end, stat(dots, t));
				}
				self.block(member == 0, start / DEPTH, strips.len(), strips.end);
			}
		}
	}

	/// Weights and gradients of scores of one strip, filled up with zeros to `visible` tiles; the
	/// gradient of its queries.
	fn strip(&mut self, head: usize, t: usize, visible: usize, dots: &mut Stat) {
		let Shape { side, factor, .. } = self.shape;
		let (shape, lane, isa) = (self.shape, self.lane, self.lane.isa);
		let kernel = &mut self.kernel;
		let row = (self.sequence * shape.heads + head) * shape.context();
		let values = |values: &[f32]| -> Stat {
			values[row + t * SIDE..][..SIDE]
				.try_into()
				.expect("statistics come in whole 16s; qed")
		};
		let max = values(self.input.max);
		let inverse = values(self.input.sums).map(|sum| 1.0 / sum);
		let strip_of = |matrix| {
			let head = shape.part(matrix, self.sequence, head);
			head.part(t..t + 1, 0..shape.head)
		};
		let Scratch {
			keys,
			values,
			columns,
			query,
			gradient,
			weights,
			first,
			second,
			..
		} = &mut *self.scratch;
		let at = t % DEPTH * side * TILE;
		let (p, masked) = first[at..][..visible * TILE].split_at_mut((t + 1) * TILE);
		masked.fill(0.0);
		let (ds, masked) = second[at..][..visible * TILE].split_at_mut((t + 1) * TILE);
		masked.fill(0.0);

		query.fill(
			lane,
			Source::left_rows(strip_of(self.input.query), Terms::One),
		);
		strip::products(kernel, query, keys, p);
		strip::scale(isa, p, factor);
		strip::exponentials(isa, p, &max);
		strip::times(isa, p, &inverse);

		let (mixed, dmixed) = (strip_of(self.input.mixed), strip_of(self.input.gradient));
		strip::dots(isa, mixed.strip(0), dmixed.strip(0), dots);
		gradient.fill(lane, Source::left_rows(dmixed, Terms::One));
		let between = strip::products(kernel, gradient, values, ds);
		strip::scale(isa, ds, 1.0);
		let greatest_dp = greatest(isa, ds).max(between);
		strip::gradients(isa, ds, p, dots, factor);
		let greatest_ds = greatest(isa, ds);

		weights.fill(
			lane,
			Source::left_rows(Matrix::new(ds, SIDE, (t + 1) * SIDE), Terms::One),
		);
		let first = shape.tile(shape.heads, self.sequence, t, head);
		// SAFETY: tiles of this head in this strip: no other task has them.
		let out = unsafe { self.outputs.query.tiles(first, shape.head) };
		let greatest_dq = strip::mix(kernel, weights, columns, out);
		let found = [
			greatest(isa, dots),
			greatest_dp,
			0,
			greatest_ds,
			0,
			greatest_dq,
			0,
		];
		for (greatest, found) in self.greatest.iter_mut().zip(found) {
			*greatest = (*greatest).max(found);
		}
	}

	/// What a block of strips adds to the gradients of the keys and values that it sees.
	fn block(&mut self, fresh: bool, block: usize, strips: usize, visible: usize) {
		let (shape, lane, kernel) = (self.shape, self.lane, &mut self.kernel);
		let Scratch {
			query_columns,
			mixed_columns,
			weight_columns,
			score_columns,
			first,
			second,
			..
		} = &mut *self.scratch;
		let heads = shape.shared();
		let works = [
			(weight_columns, first, mixed_columns, self.outputs.value, 4),
			(score_columns, second, query_columns, self.outputs.key, 6),
		];
		for (left, scratch, right, out, place) in works {
			let matrix = Matrix::new(
				&scratch[..strips * shape.side * TILE],
				strips * SIDE,
				shape.side * SIDE,
			);
			left.fill(
				lane,
				Source::left_columns(matrix.part(0..strips, 0..visible), Terms::One),
			);
			for j in 0..visible {
				let first = shape.tile(heads, self.sequence, j, self.shared);
				// SAFETY: tiles of this key and value head: no other task has them.
				let out = unsafe { out.tiles(first, shape.head) };
				// The first block that sees a strip is the one that the strip is in.
				let fresh = fresh && j / DEPTH == block;
				let met = add(kernel, (left, j), (right, block), fresh, out);
				self.greatest[place] = self.greatest[place].max(met);
			}
		}
	}
}

/// Adds the contribution of one block to a strip of a gradient. Returns its greatest pattern.
fn add(
	kernel: &mut Kernel,
	(left, group): (&Operand, usize),
	(right, block): (&Operand, usize),
	fresh: bool,
	out: &mut [f32],
) -> u32 {
	let (isa, tiles) = (kernel.isa(), out.len() / TILE);
	let mut sweep = kernel.sweep(out);
	for first in (0..tiles).step_by(WIDTH) {
		let (a, b) = ((left, group, 0), (right, first, block));
		multiply(&mut sweep, a, b, fresh, first..tiles.min(first + WIDTH));
	}
	greatest(isa, sweep.settled())
}
