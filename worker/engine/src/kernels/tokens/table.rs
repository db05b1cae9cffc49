//! Rows of a table by id, and the gradients of tables.

use super::super::{embedding::token, rows::STEP};
use crate::{
	isa::multiversion,
	kernels::elementwise::greatest,
	matrix::Matrix,
	pool::Lane,
	tensor::{SIDE, TILE},
};

/// Tiles of a strip of a table that one task adds to, at most.
const PIECE: usize = 8;

/// Row `row` modulo 16 of a tile.
#[inline(always)]
fn row_of(tile: &[f32; TILE], row: usize) -> &[f32; SIDE] {
	&tile.as_chunks().0[row % SIDE]
}

#[inline(always)]
fn embed_body(
	ids: &[usize; SIDE],
	table: Matrix<'_>,
	positions: Option<(Matrix<'_>, usize)>,
	out: &mut [f32],
) {
	for (t, out) in out.as_chunks_mut::<TILE>().0.iter_mut().enumerate() {
		let rows = out.as_chunks_mut::<SIDE>().0.iter_mut().zip(ids);
		match positions {
			None => {
				for (out, id) in rows {
					*out = *row_of(table.tile(id / SIDE, t), *id);
				}
			}
			Some((positions, strip)) => {
				let positions = positions.tile(strip, t).as_chunks::<SIDE>().0;
				for ((out, id), position) in rows.zip(positions) {
					let x = row_of(table.tile(id / SIDE, t), *id);
					for j in 0..SIDE {
						out[j] = x[j] + position[j];
					}
				}
			}
		}
	}
}

multiversion! {
	fn embed_strip = embed_body(
		ids: &[usize; SIDE],
		table: Matrix<'_>,
		positions: Option<(Matrix<'_>, usize)>,
		out: &mut [f32],
	);
}

/// The table's row of the id in column 0 of each row and, if there are positions, plus theirs: they
/// have a row for each position of a sequence.
pub(crate) fn embed(
	lane: Lane,
	ids: Matrix<'_>,
	table: Matrix<'_>,
	positions: Option<Matrix<'_>>,
	out: &mut [f32],
) -> u32 {
	let strip = table.cols() * SIDE;
	lane.for_work(out.len()).produce(out, strip, |index, out| {
		let ids = std::array::from_fn(|i| token(ids, index * SIDE + i, 0));
		let positions = positions.map(|matrix| (matrix, index % (matrix.rows() / SIDE)));
		embed_strip(lane.isa, &ids, table, positions, out);
	})
}

/// One row of a gradient and the row that it is added to, in the strip of a table.
type Addend = (u32, u32);

/// The rows of a gradient, ascending, by the strip of the table that they are added to.
struct ByStrip {
	/// Where each strip's begin, and where the last one's end.
	starts: Vec<u32>,
	addends: Vec<Addend>,
}

impl ByStrip {
	fn new(ids: Matrix<'_>, strips: usize) -> Self {
		let ids: Vec<usize> = (0..ids.rows()).map(|row| token(ids, row, 0)).collect();
		let mut starts = vec![0; strips + 1];
		for id in &ids {
			starts[id / SIDE + 1] += 1;
		}
		for strip in 0..strips {
			starts[strip + 1] += starts[strip];
		}
		let mut next = starts.clone();
		let mut addends = vec![(0, 0); ids.len()];
		for (row, id) in (0..).zip(&ids) {
			let next = &mut next[id / SIDE];
			addends[*next as usize] = (row, (id % SIDE) as u32);
			*next += 1;
		}
		ByStrip { starts, addends }
	}

	fn of(&self, strip: usize) -> &[Addend] {
		&self.addends[self.starts[strip] as usize..self.starts[strip + 1] as usize]
	}
}

#[inline(always)]
fn scatter_body(addends: &[Addend], gradient: Matrix<'_>, first: usize, out: &mut [f32]) {
	// Rows inside: their sums may be the same one, so that the compiler makes no gathers of them.
	for (t, sums) in out.as_chunks_mut::<TILE>().0.iter_mut().enumerate() {
		let sums = sums.as_chunks_mut::<SIDE>().0;
		for (row, to) in addends {
			let (row, to) = (*row as usize, *to as usize);
			let x = row_of(gradient.tile(row / SIDE, first + t), row);
			let sums = &mut sums[to % SIDE];
			for j in 0..SIDE {
				sums[j] += x[j];
			}
		}
	}
}

multiversion! {
	fn scatter = scatter_body(
		addends: &[Addend],
		gradient: Matrix<'_>,
		first: usize,
		out: &mut [f32],
	);
}

/// Adds each row of a gradient to the row of the table that its id names, ascending, from +0.0 or from
/// a matrix.
///
/// If `watch`, the greatest pattern returned includes the partial sums between the specification's
/// steps.
pub(crate) fn gradient(
	lane: Lane,
	(ids, gradient): (Matrix<'_>, Matrix<'_>),
	base: Option<&[f32]>,
	watch: bool,
	out: &mut [f32],
) -> u32 {
	let across = gradient.cols() / SIDE;
	let by_strip = ByStrip::new(ids, out.len() / (across * TILE));
	// Some ids are much more frequent than others, so that strips are cut into pieces.
	let piece = (1..=PIECE)
		.rev()
		.find(|piece| across.is_multiple_of(*piece));
	let piece = piece.unwrap_or(1);
	let work = out.len() + gradient.rows() * gradient.cols();
	lane.for_work(work)
		.produce_watched(out, piece * TILE, |index, out| {
			match base {
				None => out.fill(0.0),
				Some(base) => {
					out.copy_from_slice(&base[index * piece * TILE..][..piece * TILE]);
				}
			}
			let (strip, first) = (index * piece / across, index * piece % across);
			let step = |addend: &Addend| addend.0 as usize / (STEP * SIDE);
			let mut met = 0;
			let steps = by_strip.of(strip).chunk_by(|a, b| step(a) == step(b));
			for (place, addends) in steps.enumerate() {
				// What no row is added to between steps is in range, as it was before.
				if watch && place > 0 {
					met = met.max(greatest(lane.isa, out));
				}
				scatter(lane.isa, addends, gradient, first, out);
			}
			met
		})
}

#[inline(always)]
fn add_body(x: &[f32], sums: &mut [f32]) {
	for (sum, x) in sums.iter_mut().zip(x) {
		*sum += x;
	}
}

multiversion! {
	fn add = add_body(x: &[f32], sums: &mut [f32]);
}

/// The sum over all sequences of their gradients by position, sequences ascending; `watch` as in
/// [`gradient`].
pub(crate) fn position_gradient(lane: Lane, x: &[f32], watch: bool, out: &mut [f32]) -> u32 {
	let sequence = out.len();
	lane.for_work(x.len())
		.produce_watched(out, PIECE * TILE, |index, out| {
			out.fill(0.0);
			let mut met = 0;
			for (place, x) in x.chunks_exact(sequence).enumerate() {
				if watch && place > 0 && place.is_multiple_of(STEP) {
					met = met.max(greatest(lane.isa, out));
				}
				add(lane.isa, &x[index * PIECE * TILE..][..out.len()], out);
			}
			met
		})
}

#[cfg(test)]
mod tests;
