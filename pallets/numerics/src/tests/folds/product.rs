//! Products that start from a matrix, and products of two terms.

use super::*;
use crate::Transpose;

proptest! {
	#![proptest_config(ProptestConfig::with_cases(120))]

	#[test]
	fn a_product_starts_from_its_base_and_adds_both_terms_of_every_block(
		noise in noises(),
		(down, depth, cols) in (1_usize..=2, 1_usize..=20, 1_usize..=40),
		terms in 1_u32..=2,
		based in any::<bool>(),
		which in 0_usize..3,
	) {
		let (count, depth) = (16 * down, 16 * depth);
		let a = noise.rows(1, count, depth);
		let b = noise.rows(2, cols, depth);
		let base = noise.rows(3, count, cols);
		let wanted = rows(count, cols, |i, j| {
			let start = if based { base[i][j] } else { 0.0 };
			contracted(start, &a[i], &b[j], terms)
		});
		let turned = |x: &Rows| rows(x[0].len(), x.len(), |i, j| x[j][i]);
		let transpose = [Transpose::Neither, Transpose::Left, Transpose::Right][which];
		let left = if transpose == Transpose::Left { turned(&a) } else { a.clone() };
		let right = if transpose == Transpose::Right { b.clone() } else { turned(&b) };
		let kind = OpKind::MatMul { depth: depth as u32, transpose, terms };
		let mut inputs = vec![matrix(&left), matrix(&right)];
		inputs.extend(based.then(|| matrix(&base)));
		agrees(kind, &env(), &inputs, &wanted)?;
	}

	#[test]
	fn two_terms_keep_24_bits_of_a(seed in any::<u32>(), blocks in 1_usize..=2) {
		// GIVEN rows with an outlier, and columns that have one element, a power of two
		let noise = Noise { class: 0, seed };
		let depth = 128 * blocks;
		let mut a = noise.rows(1, 16, depth);
		for (i, row) in a.iter_mut().enumerate() {
			row[7 * i] = 4_000.0;
		}
		let b = rows(depth, depth, |i, j| f32::from(i == j));
		let mut memory = Memory::new();
		memory.set(TensorId(1), tiles(&matrix(&a)));
		memory.set(TensorId(2), tiles(&matrix(&b)));
		let product = |terms| {
			let transpose = Transpose::Neither;
			let kind = OpKind::MatMul { depth: depth as u32, transpose, terms };
			folded(&op(kind, [16, depth], 2), &env(), &memory).unwrap()
		};
		// THEN two terms are as near as 2^-12 of half a unit of the first, and one is not
		let worst = |product: &Rows| {
			let pairs = product.iter().flatten().zip(a.iter().flatten());
			pairs.map(|(x, y)| (x - y).abs()).fold(0.0, |a, b| if a > b { a } else { b })
		};
		// 4000 < 2^12, so that a unit is 1 and half of it at most is left: below 2^0, in parts of 2^-12.
		let (one, two) = (worst(&product(1)), worst(&product(2)));
		prop_assert!(one > 0.1 && one <= 0.5, "{one}");
		prop_assert!(two <= 1.3e-4, "{two}");
	}
}
