use super::*;
use proptest::prelude::*;

/// One block of 16 rows of A and 16 columns of B, as vectors.
type Vectors = Vec<Vec<f32>>;

/// What the words of the profile say, in f64 and i64, for one pair of vectors of any length.
fn by_words(a: &[f32], b: &[f32]) -> f32 {
	let mut c = 0.0_f32;
	for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
		let exponent = |x: &[f32]| {
			let greatest = x.iter().map(|x| f64::from(x.abs())).fold(0.0, f64::max);
			let mut e = -50;
			while greatest >= 2.0_f64.powi(e) {
				e += 1;
			}
			e
		};
		let (ea, eb) = (exponent(a), exponent(b));
		let q = |x: f32, e: i32| {
			let scaled = f64::from(x) * 2.0_f64.powi(12 - e);
			(scaled.round_ties_even() as i64).clamp(-4_095, 4_095)
		};
		let sum: i64 = a.iter().zip(b).map(|(x, y)| q(*x, ea) * q(*y, eb)).sum();
		let product = f64::from(sum as f32) * 2.0_f64.powi(ea + eb - 24);
		assert_eq!(
			f64::from(product as f32),
			product,
			"the product with the scale is exact"
		);
		c += product as f32;
	}
	c
}

/// Packs vectors along their tiles: vector `i` is row `i`, or column `i` if `columns`.
fn tiles(vectors: &Vectors, columns: bool) -> Vec<Tile> {
	let depth = vectors[0].len();
	(0..depth / SIDE)
		.map(|t| {
			let tile = Tile::from_rows(core::array::from_fn(|i| {
				vectors[i][t * SIDE..][..SIDE].try_into().unwrap()
			}));
			if columns {
				tile.transposed()
			} else {
				tile
			}
		})
		.collect()
}

/// The whole product of 16 rows and 16 columns by the fold.
fn product(a: &Vectors, b: &Vectors, transpose: Transpose) -> Tile {
	product_of_terms(a, b, transpose, 1)
}

fn product_of_terms(a: &Vectors, b: &Vectors, transpose: Transpose, terms: u32) -> Tile {
	let depth = a[0].len() as u32;
	let a = tiles(a, transpose == Transpose::Left);
	let b = tiles(b, transpose != Transpose::Right);
	let mut acc = Tile::ZERO;
	for step in 0..steps(depth) {
		let (first, count) = block(step, depth);
		let part = first as usize..(first + count) as usize;
		let inputs = [&a[part.clone()], &b[part]].concat();
		let sides = (transpose == Transpose::Left, transpose != Transpose::Right);
		acc = multiply(acc, count, (&inputs, terms), sides).unwrap();
	}
	acc
}

/// Elements of one class of inputs; all obey the range rule.
fn element(class: u8, bits: u32) -> f32 {
	let sign = bits & 0x8000_0000;
	let small = bits & 0x7F_FFFF;
	let exponent = |low: u32, span: u32| low + (bits >> 23 & 0xFF) % span;
	let x = match class {
		0 => f32::from_bits(sign | exponent(120, 8) << 23 | small), // order of one
		1 => f32::from_bits(sign | exponent(67, 60) << 23 | small), // 2^-60..1
		2 => f32::from_bits(sign | exponent(0, 177) << 23 | small), // any
		3 => f32::from_bits(sign | exponent(0, 40) << 23 | small),  // tiny and subnormal
		4 => f32::from_bits(sign | exponent(127, 50) << 23 | small), // 1..2^50
		5 => f32::from_bits(sign | exponent(77, 100) << 23),        // powers of two
		_ => f32::from_bits(sign),                                  // zeros
	};
	assert!(arith::in_range(x));
	x
}

fn vectors(
	class: impl Strategy<Value = u8> + Clone,
	depth: usize,
) -> impl Strategy<Value = Vectors> {
	let one = (class, any::<u32>()).prop_map(|(class, bits)| element(class, bits));
	prop::collection::vec(prop::collection::vec(one, depth), SIDE)
}

/// Pairs of operands of equal depth: of one class, or of all classes mixed.
fn operands() -> impl Strategy<Value = (Vectors, Vectors)> {
	(0_u8..8, 1_usize..20).prop_flat_map(|(class, tiles)| {
		let classes = if class == 7 { 0..7 } else { class..class + 1 };
		(
			vectors(classes.clone(), tiles * SIDE),
			vectors(classes, tiles * SIDE),
		)
	})
}

fn is_clean(x: f32) -> bool {
	x.to_bits() == 0 || x.is_normal()
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(300))]

	#[test]
	fn the_fold_is_what_the_words_of_the_profile_say((a, b) in operands()) {
		for transpose in [Transpose::Neither, Transpose::Left, Transpose::Right] {
			let c = product(&a, &b, transpose);
			for (i, a) in a.iter().enumerate() {
				for (j, b) in b.iter().enumerate() {
					prop_assert_eq!(c.at(i, j).to_bits(), by_words(a, b).to_bits());
				}
			}
		}
	}

	#[test]
	fn results_are_never_negative_zero_subnormal_infinite_or_nan((a, b) in operands()) {
		let c = product(&a, &b, Transpose::Neither);
		prop_assert!(c.0.iter().all(|x| is_clean(*x)));
	}

	#[test]
	fn products_of_two_terms_are_as_clean((a, b) in operands()) {
		let c = product_of_terms(&a, &b, Transpose::Neither, 2);
		prop_assert!(c.0.iter().all(|x| is_clean(*x)));
	}

	#[test]
	fn padding_the_last_block_with_zeros_changes_nothing((a, b) in operands(), tiles in 1_usize..8) {
		let pad = |vectors: &Vectors| {
			let room = vectors[0].len().next_multiple_of(BLOCK) - vectors[0].len();
			let zeros = vec![0.0; room.min(tiles * SIDE)];
			vectors.iter().map(|v| [v.as_slice(), &zeros].concat()).collect::<Vectors>()
		};
		let plain = product(&a, &b, Transpose::Neither);
		prop_assert_eq!(product(&pad(&a), &pad(&b), Transpose::Neither), plain);
	}

	#[test]
	fn skipping_a_block_that_is_zero_on_one_side_changes_nothing(
		(a, b) in operands(),
		before in any::<bool>(),
		negative in any::<bool>(),
	) {
		// GIVEN a block of zeros on one side and of anything on the other
		let zeros = vec![if negative { -0.0 } else { 0.0 }; BLOCK];
		let anything: Vec<f32> = (0..BLOCK).map(|i| 1.0 + i as f32).collect();
		let grow = |vectors: &Vectors, block: &Vec<f32>| -> Vectors {
			let cut = vectors[0].len() / BLOCK * BLOCK;
			let at = if before { 0 } else { cut };
			vectors.iter().map(|v| [&v[..at], block, &v[at..]].concat()).collect()
		};
		// THEN the product is the same as without it
		let plain = product(&a, &b, Transpose::Neither);
		let grown = product(&grow(&a, &zeros), &grow(&b, &anything), Transpose::Neither);
		prop_assert_eq!(grown, plain);
	}

	#[test]
	fn the_order_inside_a_block_does_not_matter((a, b) in operands(), turn in 1_usize..BLOCK) {
		let rotate = |vectors: &Vectors| {
			let mut vectors = vectors.clone();
			for vector in &mut vectors {
				for block in vector.chunks_mut(BLOCK) {
					block.rotate_left(turn % block.len());
				}
			}
			vectors
		};
		let plain = product(&a, &b, Transpose::Neither);
		prop_assert_eq!(product(&rotate(&a), &rotate(&b), Transpose::Neither), plain);
	}

	#[test]
	#[cfg(target_arch = "x86_64")]
	fn modes_that_flush_subnormals_change_nothing((a, b) in operands()) {
		use std::hint::black_box;
		for terms in [1, 2] {
			let product = |a, b| product_of_terms(a, b, Transpose::Neither, terms);
			let plain = product(&a, &b);
			let (a, b) = (black_box(&a), black_box(&b));
			let flushed = with_flush(|| black_box(product(a, b)));
			prop_assert_eq!(flushed, plain);
		}
	}
}

#[test]
#[cfg(target_arch = "x86_64")]
fn the_flushing_modes_of_this_test_flush() {
	use std::hint::black_box;
	let halved = || Tile([black_box(f32::MIN_POSITIVE) * black_box(0.5); 256]);
	assert!(halved().0[0] > 0.0);
	assert_eq!(with_flush(halved), Tile::ZERO);
	assert!(halved().0[0] > 0.0);
}

/// Runs `f` with FTZ and DAZ set, as a library built with -ffast-math leaves the thread.
#[cfg(target_arch = "x86_64")]
#[inline(never)]
fn with_flush(f: impl FnOnce() -> Tile) -> Tile {
	const FTZ_AND_DAZ: u32 = 0x8040;
	let mut old = 0_u32;
	// SAFETY: the register is read, changed and set back; `f` is opaque in between.
	unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &mut old) };
	let new = old | FTZ_AND_DAZ;
	unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &new) };
	let result = f();
	unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &old) };
	result
}

#[test]
fn ones_multiply_exactly() {
	// GIVEN the maxima that are most frequent: 1.0, one-hot rows, powers of two
	let ones: Vectors = vec![vec![1.0; 256]; SIDE];
	assert_eq!(
		product(&ones, &ones, Transpose::Neither),
		Tile([256.0; 256])
	);
	let hot: Vectors = (0..SIDE)
		.map(|i| (0..SIDE).map(|j| f32::from(i == j)).collect())
		.collect();
	let powers: Vectors = (0..SIDE)
		.map(|j| {
			(0..SIDE)
				.map(|i| arith::power_of_two((i + j) as i32 % 11))
				.collect()
		})
		.collect();
	let c = product(&hot, &powers, Transpose::Neither);
	for (j, column) in powers.iter().enumerate() {
		for (i, power) in column.iter().enumerate() {
			assert_eq!(c.at(i, j), *power);
		}
	}
}

#[test]
fn the_greatest_block_does_not_overflow() {
	let below = f32::from_bits(0x587F_FFFF);
	let greatest: Vectors = vec![vec![below; BLOCK]; SIDE];
	let c = product(&greatest, &greatest, Transpose::Neither);
	// 4095^2 * 128 rounded to a float, times 2^(50 + 50 - 24).
	assert_eq!(
		c,
		Tile([2_146_435_200_i32 as f32 * arith::power_of_two(76); 256])
	);
}
