use super::*;
use proptest::prelude::*;

/// The nearest integer, ties to even, by f64.
fn nearest(x: f64) -> i32 {
	let magic = 6_755_399_441_055_744.0; // 1.5 * 2^52
	((x + magic) - magic) as i32
}

#[test]
fn a_maximum_of_exactly_two_to_the_n_gets_the_exponent_above() {
	for n in -50..50 {
		assert_eq!(block_exponent(&[power_of_two(n)]), n + 1);
		// WHEN it is quantised THEN it is exactly half of the scale
		assert_eq!(quantise(power_of_two(n), n + 1), 2_048);
		assert_eq!(quantise(-power_of_two(n), n + 1), -2_048);
	}
}

#[test]
fn blocks_of_zeros_and_of_tiny_elements_have_the_least_exponent_and_quantise_to_zero() {
	let tiny = f32::from_bits(1);
	for block in [
		[0.0, -0.0],
		[tiny, -tiny],
		[f32::MIN_POSITIVE, -power_of_two(-64)],
	] {
		let e = block_exponent(&block);
		assert_eq!(e, MIN_EXPONENT);
		assert!(block.iter().all(|x| quantise(*x, e) == 0));
	}
}

#[test]
fn quantising_rounds_ties_to_even_and_stops_at_4095() {
	// With e = 12 the factor is 1.
	for (x, q) in [
		(0.5, 0),
		(1.5, 2),
		(2.5, 2),
		(-0.5, 0),
		(-1.5, -2),
		(0.500_001, 1),
		(4_094.5, 4_094),
		(4_095.25, 4_095),
		(4_095.5, 4_095),
		(4_095.999, 4_095),
		(-4_095.999, -4_095),
	] {
		assert_eq!(quantise(x, 12), q, "{x}");
	}
}

#[test]
fn the_range_ends_at_two_to_the_fifty() {
	let end = 1_125_899_906_842_624.0_f32;
	let below = f32::from_bits(end.to_bits() - 1);
	for x in [0.0, -0.0, 1.0, below, -below, f32::from_bits(1)] {
		assert!(in_range(x));
		assert!(x == 0.0 || x > LOWEST);
	}
	for x in [
		end,
		-end,
		f32::MAX,
		f32::INFINITY,
		f32::NEG_INFINITY,
		f32::NAN,
		-f32::NAN,
	] {
		assert!(!in_range(x));
	}
	assert_eq!(LOWEST, -end);
	assert_eq!(block_exponent(&[below]), 50);
}

#[test]
fn the_sum_of_the_greatest_block_fits_an_i32() {
	let greatest = i64::from(QUANTUM_MAX) * i64::from(QUANTUM_MAX) * BLOCK as i64;
	assert_eq!(greatest, 2_146_435_200);
	assert!(greatest < i64::from(i32::MAX));
}

#[test]
fn lanes_are_reduced_by_halves() {
	// GIVEN lanes whose sum depends on the order
	let lanes: Row = core::array::from_fn(|j| 1.0 / (j as f32 + 1.0) * power_of_two(j as i32 % 5));
	let mut wanted = lanes.to_vec();
	// WHEN they are halved step by step
	while wanted.len() > 1 {
		let (low, high) = wanted.split_at(wanted.len() / 2);
		wanted = low.iter().zip(high).map(|(a, b)| a + b).collect();
	}
	// THEN the bits are those of the tree
	assert_eq!(sum_lanes(lanes).to_bits(), wanted[0].to_bits());
	let serial: f32 = lanes.iter().sum();
	assert_ne!(serial.to_bits(), wanted[0].to_bits());
	assert_eq!(
		max_lanes(lanes),
		lanes.iter().fold(LOWEST, |a, b| max(a, *b))
	);
}

#[test]
fn a_maximum_keeps_the_right_one_of_equals() {
	assert_eq!(max(0.0, -0.0).to_bits(), (-0.0_f32).to_bits());
	assert_eq!(max(-0.0, 0.0).to_bits(), 0);
}

#[test]
fn powers_square_and_multiply_from_the_highest_bit() {
	let x = 0.9_f32;
	assert_eq!(power(x, 0), 1.0);
	assert_eq!(power(x, 1), x);
	// 11 = 0b1011: square, square and multiply, square and multiply.
	let p5 = {
		let p2 = x * x;
		let p4 = p2 * p2;
		p4 * x
	};
	assert_eq!(power(x, 11).to_bits(), ((p5 * p5) * x).to_bits());
	for n in 1..=300 {
		let exact = f64::from(x).powi(n as i32);
		assert!((f64::from(power(x, n)) / exact - 1.0).abs() < 1e-5);
	}
	assert_eq!(power(0.0, u32::MAX), 0.0);
	assert_eq!(power(1.0, u32::MAX), 1.0);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(5_000))]

	#[test]
	fn every_element_lies_below_its_block_exponent_and_quantises_to_the_nearest_integer(
		bits in prop::collection::vec(any::<u32>(), 1..BLOCK),
		shift in 0_u32..100,
	) {
		// Exponents close to each other and far apart, signs and subnormals included.
		let block: Vec<f32> = bits
			.into_iter()
			.map(|b| f32::from_bits((b & 0x8000_0000) | ((b & 0x7FFF_FFFF) % (RANGE_END >> (shift / 60)))))
			.collect();
		let e = block_exponent(&block);
		prop_assert!((MIN_EXPONENT..=50).contains(&e));
		for x in &block {
			let limit = 2.0_f64.powi(e);
			prop_assert!(f64::from(*x).abs() < limit);
			let exact = nearest(f64::from(*x) * 2.0_f64.powi(12 - e)).clamp(-4_095, 4_095);
			prop_assert_eq!(quantise(*x, e), exact);
		}
	}
}
