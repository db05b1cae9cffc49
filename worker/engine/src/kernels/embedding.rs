//! Rows of the data as token ids, their embedding, and its gradient.

use assay_numerics::batch::row_offset;

use crate::{isa::multiversion, kernels::elementwise::greatest, pool::Lane};

/// Rows of a tile, and positions of a group.
const TILE: usize = 16;

/// Where a step's rows are drawn from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
	pub(crate) data: &'a [u8],
	pub(crate) seed: &'a [u8; 32],
	pub(crate) round: u32,
	pub(crate) slot: u32,
	pub(crate) step: u32,
	/// Offsets that a row may start at; at least one.
	pub(crate) span: u64,
}

/// Draws the rows of a step, `stride` bytes each.
pub(crate) fn draw(lane: Lane, source: Source<'_>, stride: usize, ids: &mut [f32]) -> u32 {
	let Source {
		data,
		seed,
		round,
		slot,
		step,
		span,
	} = source;
	lane.produce(ids, TILE * stride, |index, rows| {
		for (row, ids) in rows.chunks_exact_mut(stride).enumerate() {
			let row = (index * TILE + row) as u32;
			let offset = row_offset(seed, round, slot, step, row, span) as usize;
			copy_ids(&data[offset..offset + stride], ids);
		}
	})
}

/// Bytes as token ids.
pub(crate) fn copy_ids(bytes: &[u8], ids: &mut [f32]) {
	for (id, byte) in ids.iter_mut().zip(bytes) {
		*id = f32::from(*byte);
	}
}

/// The row of the table that an id names. Ids are made from bytes, so the conversion is exact.
#[inline(always)]
pub(crate) fn row_of(id: f32) -> usize {
	usize::from(id as u8)
}

/// Copies the table's rows of each token side by side: `out[row, position * width..]`.
///
/// `ids` has `context + 1` tokens a row, of which all but the last are embedded.
pub(crate) fn embed(
	lane: Lane,
	ids: &[f32],
	context: usize,
	table: &[f32],
	width: usize,
	out: &mut [f32],
) -> u32 {
	lane.for_work(out.len())
		.produce(out, TILE * context * width, |index, rows| {
			for (row, out) in rows.chunks_exact_mut(context * width).enumerate() {
				let ids = &ids[(index * TILE + row) * (context + 1)..][..context];
				for (id, out) in ids.iter().zip(out.chunks_exact_mut(width)) {
					out.copy_from_slice(&table[row_of(*id) * width..][..width]);
				}
			}
		})
}

/// One step of the specification: 16 rows and at most 16 positions.
#[inline(always)]
fn scatter_body(
	ids: &[f32],
	context: usize,
	(row, position): (usize, usize),
	gradient: &[f32],
	width: usize,
	out: &mut [f32],
) {
	for row in row..row + TILE {
		for position in position..context.min(position + TILE) {
			let id = row_of(ids[row * (context + 1) + position]);
			let gradient = &gradient[(row * context + position) * width..][..width];
			for (sum, x) in out[id * width..][..width].iter_mut().zip(gradient) {
				*sum += x;
			}
		}
	}
}

multiversion! {
	fn scatter = scatter_body(
		ids: &[f32],
		context: usize,
		from: (usize, usize),
		gradient: &[f32],
		width: usize,
		out: &mut [f32],
	);
}

/// Adds each token's gradient to its row of the table's, from +0.0: by row tile, group of 16
/// positions, row, position.
///
/// If `watch`, the greatest pattern returned includes the partial sums between steps.
pub(crate) fn gradient(
	lane: Lane,
	ids: &[f32],
	context: usize,
	gradient: &[f32],
	(width, watch): (usize, bool),
	out: &mut [f32],
) -> u32 {
	let mut met = 0;
	out.fill(0.0);
	for row in (0..gradient.len() / (context * width)).step_by(TILE) {
		for position in (0..context).step_by(TILE) {
			if watch {
				met = met.max(greatest(lane.isa, out));
			}
			scatter(
				lane.isa,
				ids,
				context,
				(row, position),
				gradient,
				width,
				out,
			);
		}
	}
	met.max(greatest(lane.isa, out))
}
