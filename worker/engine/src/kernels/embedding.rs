//! Rows of the data as token ids, their embedding, and its gradient.

use crate::{
	isa::multiversion,
	kernels::elementwise::greatest,
	matrix::Matrix,
	pool::Lane,
	tensor::{SIDE, TILE},
};

/// Bytes as the token ids of one row of a strip.
pub(crate) fn write_ids(bytes: &[u8], row: usize, strip: &mut [f32]) {
	let tiles = strip.chunks_exact_mut(TILE);
	for (bytes, tile) in bytes.chunks(SIDE).zip(tiles) {
		for (id, byte) in tile[row * SIDE..].iter_mut().zip(bytes) {
			*id = f32::from(*byte);
		}
	}
}

/// The row of the table that an id names. Ids are small integers, so the conversion is exact.
#[inline(always)]
pub(crate) fn row_of(id: f32) -> usize {
	id as usize
}

/// The token at one place of the ids, as a row of the table or a column of the logits.
#[inline(always)]
pub(crate) fn token(ids: Matrix<'_>, row: usize, position: usize) -> usize {
	row_of(ids.tile(row / SIDE, position / SIDE)[row % SIDE * SIDE + position % SIDE])
}

#[inline(always)]
fn row_at<T>(tile: &[T; TILE], row: usize) -> &[T; SIDE] {
	tile[row % SIDE * SIDE..][..SIDE]
		.try_into()
		.expect("a tile has 16 rows of 16; qed")
}

/// Copies the table's rows of each token side by side: `out[row, position * width..]`.
///
/// `ids` has at least `context` tokens a row, of which so many are embedded.
pub(crate) fn embed(
	lane: Lane,
	ids: Matrix<'_>,
	context: usize,
	table: Matrix<'_>,
	out: &mut [f32],
) -> u32 {
	let across = table.cols() / SIDE;
	let strip = context * across * TILE;
	lane.for_work(out.len()).produce(out, strip, |index, out| {
		for (position, out) in out.chunks_exact_mut(across * TILE).enumerate() {
			for i in 0..SIDE {
				let id = token(ids, index * SIDE + i, position);
				for (j, out) in out.chunks_exact_mut(TILE).enumerate() {
					out[i * SIDE..][..SIDE].copy_from_slice(row_at(table.tile(id / SIDE, j), id));
				}
			}
		}
	})
}

/// One step of the specification: a strip of ids and at most 16 positions.
#[inline(always)]
fn scatter_body(
	ids: Matrix<'_>,
	(strip, first): (usize, usize),
	context: usize,
	gradient: Matrix<'_>,
	across: usize,
	out: &mut [f32],
) {
	for i in 0..SIDE {
		for position in first..context.min(first + SIDE) {
			let id = token(ids, strip * SIDE + i, position);
			let out = &mut out[id / SIDE * across * TILE..][..across * TILE];
			for (j, out) in out.as_chunks_mut::<TILE>().0.iter_mut().enumerate() {
				let gradient = row_at(gradient.tile(strip, position * across + j), i);
				let sums = &mut out.as_chunks_mut::<SIDE>().0[id % SIDE];
				*sums = std::array::from_fn(|lane| sums[lane] + gradient[lane]);
			}
		}
	}
}

multiversion! {
	fn scatter = scatter_body(
		ids: Matrix<'_>,
		from: (usize, usize),
		context: usize,
		gradient: Matrix<'_>,
		across: usize,
		out: &mut [f32],
	);
}

/// Adds each token's gradient to its row of the table's, from +0.0: by strip, group of 16 positions,
/// row, position.
///
/// If `watch`, the greatest pattern returned includes the partial sums between steps.
pub(crate) fn gradient(
	lane: Lane,
	ids: Matrix<'_>,
	context: usize,
	gradient: Matrix<'_>,
	watch: bool,
	out: &mut [f32],
) -> u32 {
	let across = gradient.cols() / SIDE / context;
	let mut met = 0;
	out.fill(0.0);
	for strip in 0..gradient.rows() / SIDE {
		for position in (0..context).step_by(SIDE) {
			if watch {
				met = met.max(greatest(lane.isa, out));
			}
			scatter(
				lane.isa,
				ids,
				(strip, position),
				context,
				gradient,
				across,
				out,
			);
		}
	}
	met.max(greatest(lane.isa, out))
}
