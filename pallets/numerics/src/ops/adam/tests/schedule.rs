//! Decay of the learning rate, loss scale and limit of the norm.

use super::*;

fn decayed(warmup: u32, decay_steps: u32, floor: f32) -> AdamRates {
	AdamRates {
		warmup,
		decay_steps,
		floor,
		..rates()
	}
}

/// The learning rate of step n of the job, counted from 1, in f64.
fn textbook_rate(r: &AdamRates, n: f64) -> f64 {
	let full = f64::from(r.learning_rate);
	if n < r.warmup.into() {
		return full * n / f64::from(r.warmup);
	}
	if r.decay_steps == 0 {
		return full;
	}
	let done = ((n - f64::from(r.warmup)) / f64::from(r.decay_steps)).min(1.0);
	let cosine = (std::f64::consts::PI * done).cos();
	let floor = f64::from(r.floor);
	full * (floor + (1.0 - floor) * 0.5 * (1.0 + cosine))
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2_000))]

	#[test]
	fn the_learning_rate_follows_half_a_cosine(
		warmup in 0_u32..2_000,
		decay_steps in 0_u32..100_000,
		floor in 0.0_f32..=1.0,
		step in 0_u32..120_000,
	) {
		let r = decayed(warmup, decay_steps, floor);
		let (got, exact) = (learning_rate(&r, step), textbook_rate(&r, f64::from(step) + 1.0));
		prop_assert!((f64::from(got) - exact).abs() < 1e-9, "{got} and {exact}");
		prop_assert!(got > 0.0 || floor < 1e-4 || step + 1 < warmup);
		prop_assert!(got <= r.learning_rate * 1.000_001);
	}

	#[test]
	fn the_rate_does_not_rise_after_the_warm_up(
		warmup in 0_u32..50,
		decay_steps in 1_u32..400,
		floor in 0.0_f32..=1.0,
	) {
		let r = decayed(warmup, decay_steps, floor);
		let mut last = f32::MAX;
		for step in warmup.saturating_sub(1)..warmup + decay_steps + 5 {
			let rate = learning_rate(&r, step);
			// Neighbours on the flat ends of the cosine may differ by its error, 2^-22.
			prop_assert!(rate <= last + r.learning_rate * 2.4e-7, "step {step}");
			last = rate;
		}
	}

	#[test]
	fn a_loss_scale_leaves_no_trace(
		g in -1.0_f32..1.0,
		m in -1.0_f32..1.0,
		v in 0.0_f32..1.0,
		factor in 0.0_f32..=1.0,
		loss_scale in 0_u16..=24,
	) {
		// GIVEN a gradient and the same times a power of two
		let plain = AdamCoefficients::new(&rates(), true, &env(0, 3, 9));
		let r = AdamRates { loss_scale, ..rates() };
		let scaled = AdamCoefficients::new(&r, true, &env(0, 3, 9));
		let scaled_gradient = g * arith::power_of_two(loss_scale.into());
		// THEN the moments have the same bits
		let [a, b] = [
			adam_gradient(&plain, g, factor),
			adam_gradient(&scaled, scaled_gradient, factor),
		];
		prop_assert_eq!(a.to_bits(), b.to_bits());
		prop_assert_eq!(adam_m(&plain, a, m).to_bits(), adam_m(&scaled, b, m).to_bits());
		prop_assert_eq!(adam_v(&plain, a, v).to_bits(), adam_v(&scaled, b, v).to_bits());
	}
}

#[test]
fn the_decay_starts_where_the_warm_up_ends_and_stays_at_its_floor() {
	let r = decayed(10, 100, 0.25);
	let at = |step| learning_rate(&r, step);
	assert_eq!(at(8), 1e-3 * 0.9);
	// Full at the last step of the warm-up, half way at the middle, a quarter from the end on.
	assert!((at(9) - 1e-3).abs() < 1e-9);
	assert!((at(59) - 0.625e-3).abs() < 1e-9);
	for step in [109, 110, 100_000, u32::MAX] {
		assert_eq!(at(step).to_bits(), (1e-3_f32 * 0.25).to_bits());
	}
	// Without a floor nothing is left.
	assert_eq!(learning_rate(&decayed(10, 100, 0.0), 109), 0.0);
	// The least and the longest decay.
	assert_eq!(learning_rate(&decayed(0, 1, 0.5), 0), 1e-3 * 0.5);
	let long = decayed(0, 1 << 24, 0.0);
	assert!(learning_rate(&long, 0) > 0.999e-3);
	assert_eq!(learning_rate(&long, (1 << 24) - 1), 0.0);
}

#[test]
fn a_rate_of_zero_moves_nothing() {
	let c = AdamCoefficients::new(&decayed(0, 1, 0.0), true, &env(0, 0, 1));
	assert_eq!([c.rate, c.keep], [0.0, 1.0]);
	assert_eq!(adam_p(&c, 0.5, 3.0, 2.0), 0.5);
}

#[test]
fn the_factor_comes_after_the_loss_scale() {
	let r = AdamRates {
		loss_scale: 24,
		..rates()
	};
	let c = AdamCoefficients::new(&r, true, &env(0, 0, 1));
	assert_eq!(c.unscale, 1.0 / 16_777_216.0);
	let (g, factor) = (1.000_000_1, 0.333_333_34);
	assert_eq!(adam_gradient(&c, g, factor), (g * c.unscale) * factor);
}
