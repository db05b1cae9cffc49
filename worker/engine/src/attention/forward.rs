//! Forward: from queries, keys and values to what is mixed.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::{
	shared::SharedTiles,
	strip::{self, stat},
	Scratch, Shape, Workspace,
};
use crate::{
	contract::{Kernel, Source, Terms},
	kernels::elementwise::greatest,
	matrix::Matrix,
	pool::Lane,
	tensor::{SIDE, TILE},
};

/// What forward writes.
#[derive(Debug)]
pub(crate) struct ForwardOutput<'a> {
	/// The maximum of the scores of each row of each head.
	pub(crate) max: &'a mut [f32],
	/// The sum of their exponentials.
	pub(crate) sums: &'a mut [f32],
	/// The mixed values, heads side by side.
	pub(crate) mixed: &'a mut [f32],
}

/// The greatest magnitude patterns of the five ops: scores, maxima, exponentials, sums, the mixed
/// values. The second to fourth are in range if the first is.
pub(crate) type Greatest = [u32; 5];

/// Queries and keys, turned already, and values.
pub(crate) fn forward(
	lane: Lane,
	shape: Shape,
	workspace: &Workspace,
	[query, key, value]: [Matrix<'_>; 3],
	out: ForwardOutput<'_>,
) -> Greatest {
	let lane = lane.without_tiles();
	let rows = shape.group * shape.context();
	let mixed = SharedTiles::new(out.mixed);
	let met = [const { AtomicU32::new(0) }; 2];
	let task = |index: usize, max: &mut [f32], sums: &mut [f32]| {
		let (sequence, shared) = (index / shape.shared(), index % shape.shared());
		let mut scratch = workspace.of_thread();
		let mut kernel = Kernel::new(lane.isa);
		let inputs = [
			shape.part(key, sequence, shared),
			shape.part(value, sequence, shared),
		];
		scratch.prepare(lane.alone(), &shape, inputs);
		for member in 0..shape.group {
			let head = shared * shape.group + member;
			let query = shape.part(query, sequence, head);
			let rows = member * shape.context()..(member + 1) * shape.context();
			let (max, sums) = (&mut max[rows.clone()], &mut sums[rows]);
			for t in 0..shape.side {
				let first = shape.tile(shape.heads, sequence, t, head);
				// SAFETY: tiles of this head in this strip: no other task has them.
				let out = unsafe { mixed.tiles(first, shape.head) };
				let (max, sums) = (stat(max, t), stat(sums, t));
				let greatest = scratch.strip(
					(lane.alone(), &mut kernel),
					&shape,
					(query, t),
					max,
					sums,
					out,
				);
				for (met, greatest) in met.iter().zip(greatest) {
					met.fetch_max(greatest, Ordering::Relaxed);
				}
			}
		}
	};
	if lane.for_work(shape.work() / 256).threads == 1 {
		let stats = out.max.chunks_mut(rows).zip(out.sums.chunks_mut(rows));
		for (index, (max, sums)) in stats.enumerate() {
			task(index, max, sums);
		}
	} else {
		let stats = out.max.par_chunks_mut(rows);
		stats
			.zip(out.sums.par_chunks_mut(rows))
			.enumerate()
			.for_each(|(index, (max, sums))| task(index, max, sums));
	}
	let [scores, mixed] = met.map(AtomicU32::into_inner);
	[scores, 0, 0, 0, mixed]
}

impl Scratch {
	/// Quantises what all strips of a head share.
	fn prepare(&mut self, lane: Lane, shape: &Shape, [key, value]: [Matrix<'_>; 2]) {
		self.reserve(shape.side);
		self.keys.fill(lane, Source::right_rows(key));
		self.columns.fill(lane, Source::right_columns(value));
	}

	/// One strip; returns the greatest patterns of the scores and of the mixed values.
	fn strip(
		&mut self,
		(lane, kernel): (Lane, &mut Kernel),
		shape: &Shape,
		(query, t): (Matrix<'_>, usize),
		max: &mut [f32; SIDE],
		sums: &mut [f32; SIDE],
		out: &mut [f32],
	) -> [u32; 2] {
		let isa = lane.isa;
		let query = query.part(t..t + 1, 0..shape.head);
		self.query.fill(lane, Source::left_rows(query, Terms::One));
		let scores = &mut self.first[..(t + 1) * TILE];
		let mut met = strip::products(kernel, &self.query, &self.keys, scores);
		strip::scale(isa, scores, shape.factor);
		met = met.max(greatest(isa, scores));
		strip::maxima(isa, scores, max);
		strip::exponentials(isa, scores, max);
		strip::sums(isa, scores, sums);
		let weights = Matrix::new(scores, SIDE, (t + 1) * SIDE);
		self.weights
			.fill(lane, Source::left_rows(weights, Terms::One));
		let mixed = strip::mix(kernel, &self.weights, &self.columns, out);
		strip::times(isa, out, &sums.map(|sum| 1.0 / sum));
		[met, mixed.max(greatest(isa, out))]
	}
}
