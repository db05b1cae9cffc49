//! The norm of all gradients and the factor that shortens them.

use super::*;
use crate::{
	functions::sqrt,
	ops::clip::{clip_factor, tile_sum},
};

proptest! {
	#![proptest_config(ProptestConfig::with_cases(100))]

	#[test]
	fn sixty_four_tiles_are_summed_into_one_place_by_place(
		noise in noises(),
		count in 1_usize..=140,
		square in prop::option::of(0_u32..=24),
	) {
		// One row of tiles: tile k has the columns from 16 k on.
		let x = noise.rows(1, 16, 16 * count);
		let wanted = rows(16 * count.div_ceil(64), 16, |i, j| {
			let (first, row) = (i / 16 * 64, i % 16);
			let terms = (first..count.min(first + 64)).map(|k| x[row][16 * k + j]);
			terms.fold(0.0, |sum, x| match square {
				None => sum + x,
				Some(scale) => {
					let x = x / (1_u32 << scale) as f32;
					sum + x * x
				}
			})
		});
		let kind = OpKind::TileSum { tiles: count as u32, square };
		agrees(kind, &env(), &[matrix(&x)], &wanted)?;
	}

	#[test]
	fn the_factor_is_of_the_first_tiles_of_all_tensors(
		seed in any::<u32>(),
		count in 1_u32..=40,
		stride in 1_u32..=4,
		clip in 1e-3_f32..1e4,
	) {
		let noise = Noise { class: 0, seed };
		let mut memory = Memory::new();
		let squares: Vec<Rows> = (0..count)
			.map(|salt| rows(16, 16, |i, j| noise.at(salt, i, j).abs()))
			.collect();
		for (k, squares) in (0..).zip(&squares) {
			memory.set(TensorId(1 + (k * stride) as u16), tiles(&matrix(squares)));
		}
		let kind = OpKind::ClipFactor { count, stride, clip };
		let got = folded(&op(kind, [1, 1], 1), &env(), &memory).unwrap()[0][0];
		// Place by place, then lanes, then rows.
		let sums = rows(16, 16, |i, j| squares.iter().fold(0.0, |sum, x| sum + x[i][j]));
		let sum = lane_sum(sums.into_iter().map(lane_sum));
		let norm = sqrt(sum);
		let wanted = if norm > clip { clip / norm } else { 1.0 };
		prop_assert_eq!(got.to_bits(), wanted.to_bits());
		prop_assert!(got > 0.0 && got <= 1.0);
	}
}

#[test]
fn a_norm_of_exactly_the_limit_is_left_alone() {
	assert_eq!(clip_factor(4.0, 2.0), 1.0);
	assert_eq!(clip_factor(4.0, 1.0), 0.5);
	assert_eq!(clip_factor(0.0, 1e-30), 1.0);
	let above = f32::from_bits(4.0_f32.to_bits() + 2);
	assert!(clip_factor(above, 2.0) < 1.0);
}

#[test]
fn a_tile_is_summed_by_lanes_and_then_by_rows() {
	let noise = Noise { class: 8, seed: 3 };
	let tile = Tile(core::array::from_fn(|i| noise.at(1, i / 16, i % 16)));
	let sums: Vec<f32> = tile.rows().iter().map(|row| lane_sum(*row)).collect();
	assert_eq!(tile_sum(&tile).to_bits(), lane_sum(sums).to_bits());
}
