//! Sine and cosine.

use super::super::sine_cosine;
use proptest::prelude::*;

/// The truth, of an angle that is reduced exactly.
fn exact(turns: u64) -> (f64, f64) {
	// The nearest quarter and what is left of it: an eighth of a turn at most.
	let quarter = turns.wrapping_add(1 << 61) >> 62;
	let rest = turns.wrapping_sub(quarter << 62) as i64;
	let angle = rest as f64 * 2.0_f64.powi(-64) * std::f64::consts::TAU;
	let (s, c) = angle.sin_cos();
	match quarter {
		0 | 4 => (s, c),
		1 => (c, -s),
		2 => (-s, -c),
		_ => (-c, s),
	}
}

fn error(turns: u64) -> f64 {
	let ((s, c), (es, ec)) = (sine_cosine(turns), exact(turns));
	let worst = |got: f32, exact: f64| (f64::from(got) - exact).abs();
	worst(s, es).max(worst(c, ec))
}

#[test]
fn sine_and_cosine_are_within_2_to_the_minus_22_of_the_truth() {
	let mut worst = (0.0, 0);
	let mut look = |turns: u64| {
		let error = error(turns);
		if error > worst.0 {
			worst = (error, turns);
		}
	};
	// A stride over the whole circle, and both sides of every eighth of it.
	for i in 0..4_000_000_u64 {
		look(i.wrapping_mul(4_611_686_018_433));
	}
	for eighth in 0..16_u64 {
		for offset in 0..4_000_u64 {
			for shift in [0, 20, 38, 44] {
				let offset = offset << shift;
				look((eighth << 60).wrapping_add(offset));
				look((eighth << 60).wrapping_sub(offset));
			}
		}
	}
	println!("sine, cosine: {:e} at {:x}", worst.0, worst.1);
	assert!(worst.0 < 2.0_f64.powi(-22), "{worst:?}");
}

#[test]
fn quarters_of_a_turn_are_exact() {
	for (turns, wanted) in [
		(0, (0.0, 1.0)),
		(1 << 62, (1.0, 0.0)),
		(1 << 63, (0.0, -1.0)),
		(3 << 62, (-1.0, 0.0)),
	] {
		assert_eq!(sine_cosine(turns), wanted);
	}
	// Less than a part in 2^26 of a turn before and after a whole one is none.
	assert_eq!(sine_cosine((1 << 37) - 1), (0.0, 1.0));
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(20_000))]

	#[test]
	fn sine_and_cosine_are_never_greater_than_one(turns in any::<u64>()) {
		let (s, c) = sine_cosine(turns);
		prop_assert!(s.abs() <= 1.0 && c.abs() <= 1.0);
		let one = f64::from(s).powi(2) + f64::from(c).powi(2);
		prop_assert!((one - 1.0).abs() < 1e-6);
	}

	#[test]
	fn a_quarter_more_exchanges_sine_and_cosine(turns in any::<u64>()) {
		let (s, c) = sine_cosine(turns);
		prop_assert_eq!(sine_cosine(turns.wrapping_add(1 << 62)), (c, -s));
		prop_assert_eq!(sine_cosine(turns.wrapping_add(1 << 63)), (-s, -c));
	}

	#[test]
	fn turns_wrap_round(turns in any::<u64>(), position in 0_u64..65_536) {
		// GIVEN an angle in 128 bits, more than a whole turn
		let product = u128::from(turns) * u128::from(position);
		// THEN what is past the whole turns counts
		prop_assert_eq!(
			sine_cosine(turns.wrapping_mul(position)),
			sine_cosine((product % (1 << 64)) as u64)
		);
	}
}
