//! The norm of all gradients together.

use assay_numerics::{
	ops::clip::{clip_factor, squared, tile_sum, unscale},
	Tile,
};

use super::{
	elementwise::greatest,
	rows::{in_steps, STEP},
};
use crate::{isa::multiversion, pool::Lane, tensor::TILE};

/// Tiles that one tile of sums covers.
const SUMMED: usize = 64;

#[inline(always)]
fn add_body(x: &[f32], unscale: Option<f32>, sums: &mut [f32]) {
	for tile in x.as_chunks::<TILE>().0 {
		for (sum, x) in sums.iter_mut().zip(tile) {
			*sum += match unscale {
				None => *x,
				Some(unscale) => squared(*x, unscale),
			};
		}
	}
}

multiversion! {
	fn add = add_body(x: &[f32], unscale: Option<f32>, sums: &mut [f32]);
}

/// Tile t of `out` is the sum of up to 64 tiles of x from `64 * t` on, elementwise, of
/// squares if `square` is the exponent of the loss scale, which is taken from them first.
///
/// If `watch`, the greatest pattern returned includes the partial sums between the specification's
/// steps.
pub(crate) fn tile_sums(
	lane: Lane,
	(x, square): (&[f32], Option<u32>),
	watch: bool,
	out: &mut [f32],
) -> u32 {
	lane.for_work(x.len())
		.produce_watched(out, TILE, |index, out| {
			let x = &x[index * SUMMED * TILE..];
			let tiles = SUMMED.min(x.len() / TILE);
			out.fill(0.0);
			in_steps(lane.isa, (tiles, STEP), watch, out, |at, sums| {
				let x = &x[at.start * TILE..at.end * TILE];
				add(lane.isa, x, square.map(unscale), sums);
			})
		})
}

/// The factor of clipping, from the first tile of the sums of each gradient, as the first element of
/// `out`; `watch` as in [`tile_sums`].
pub(crate) fn factor<'a>(
	lane: Lane,
	sums: impl IntoIterator<Item = &'a [f32]>,
	clip: f32,
	watch: bool,
	out: &mut [f32],
) -> u32 {
	let mut met = 0;
	let mut all = Tile::ZERO;
	for (place, tile) in sums.into_iter().enumerate() {
		if watch && place > 0 && place.is_multiple_of(STEP) {
			met = met.max(greatest(lane.isa, &all.0));
		}
		add(lane.isa, &tile[..TILE], None, &mut all.0);
	}
	out.fill(0.0);
	out[0] = clip_factor(tile_sum(&all), clip);
	met.max(greatest(lane.isa, out))
}

#[cfg(test)]
mod tests {
	use assay_numerics::{arith::RANGE_END, Env, Layout, OpKind};

	use super::*;
	use crate::kernels::reference::{compare, filled, matrix, tiles, vector, Case, Kind};

	/// The number of tiles and the shape of their sums.
	fn sums_of(tiles: usize) -> (u32, [u32; 2]) {
		(tiles as u32, [16, 16 * tiles.div_ceil(SUMMED) as u32])
	}

	#[test]
	fn sums_of_tiles_are_the_specifications() {
		for kind in Kind::ALL {
			for x in [
				matrix(kind, 16, 16),
				matrix(kind, 32, 272),
				matrix(kind, 384, 384),
				matrix(kind, 16, 21),
				vector(kind, 400),
				vector(kind, 17_000),
			] {
				for square in [None, Some(0), Some(13)] {
					let (count, shape) = sums_of(x.floats().len() / TILE);
					let op = OpKind::TileSum {
						tiles: count,
						square,
					};
					compare(&Case::new(op, shape, &[&x]), |lane, watch, out| {
						tile_sums(lane, (x.floats(), square), watch, out)
					});
				}
			}
		}
	}

	#[test]
	fn factors_are_the_specifications() {
		for kind in Kind::ALL {
			for (count, stride) in [(1, 1), (16, 1), (40, 3)] {
				for clip in [1.0, 1e-3, 1e30] {
					// Sums of squares are not negative.
					let mut all: Vec<_> =
						(0..count * stride).map(|_| matrix(kind, 16, 16)).collect();
					for tensor in &mut all {
						for x in tensor.floats_mut() {
							*x = x.abs();
						}
					}
					let op = OpKind::ClipFactor {
						count: count as u32,
						stride: stride as u32,
						clip,
					};
					let inputs: Vec<_> = all.iter().map(tiles).collect();
					let env = Env::new([0; 32], 0, 0, 0, 1, 0);
					let case = Case::of_tiles(op, [1, 1], &inputs, 1, &env);
					let first: Vec<&[f32]> =
						all.iter().step_by(stride).map(|x| x.floats()).collect();
					compare(&case, |lane, watch, out| {
						factor(lane, first.iter().copied(), clip, watch, out)
					});
				}
			}
		}
	}

	#[test]
	fn partial_sums_out_of_range_are_reported_if_watched() {
		// GIVEN 32 tiles that sum to zeros, though the first 16 of them do not
		let element = |at: usize| {
			let sign = if at % 512 < 256 { 1.0 } else { -1.0 };
			sign * f32::from_bits(RANGE_END - 0x0100_0000)
		};
		let layout = Layout::Matrix {
			rows: 16,
			cols: 512,
		};
		let x = filled(layout, element);
		// WHEN the fold sums them THEN it refuses, and the kernel reports what it met
		let (count, shape) = sums_of(32);
		let op = OpKind::TileSum {
			tiles: count,
			square: None,
		};
		let case = Case::new(op, shape, &[&x]);
		assert!(case.error().is_some());
		compare(&case, |lane, watch, out| {
			let most = tile_sums(lane, (x.floats(), None), watch, out);
			assert!(watch || most == 0);
			most
		});
	}
}
