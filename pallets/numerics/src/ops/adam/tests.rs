use super::*;
use proptest::prelude::*;

fn rates() -> AdamRates {
	AdamRates {
		learning_rate: 1e-3,
		beta1: 0.9,
		beta2: 0.999,
		epsilon: 1e-8,
		weight_decay: 0.01,
		warmup: 0,
		decay_steps: 0,
		floor: 1.0,
		loss_scale: 0,
	}
}

fn env(round: u32, step: u32, steps: u32) -> Env<'static> {
	Env::new([0; 32], round, 0, step, steps, 1 << 20)
}

/// The textbook's update in f64, with the hyperparameters as the floats that they are.
fn textbook(r: &AdamRates, decays: bool, gradients: &[f32], mut p: f64) -> f64 {
	let (b1, b2) = (f64::from(r.beta1), f64::from(r.beta2));
	let (mut m, mut v) = (0.0, 0.0);
	for (t, g) in (1..).zip(gradients) {
		let g = f64::from(*g);
		m = b1 * m + (1.0 - b1) * g;
		v = b2 * v + (1.0 - b2) * g * g;
		let (m_hat, v_hat) = (m / (1.0 - b1.powi(t)), v / (1.0 - b2.powi(t)));
		let warm = if t < r.warmup as i32 {
			f64::from(t) / f64::from(r.warmup)
		} else {
			1.0
		};
		let rate = f64::from(r.learning_rate) * warm;
		if decays {
			p -= rate * f64::from(r.weight_decay) * p;
		}
		p -= rate * m_hat / (v_hat.sqrt() + f64::from(r.epsilon));
	}
	p
}

fn ours(r: &AdamRates, decays: bool, gradients: &[f32], mut p: f32) -> f32 {
	let (mut m, mut v) = (0.0, 0.0);
	for (step, g) in (0..).zip(gradients) {
		let c = AdamCoefficients::new(r, decays, &env(0, step, gradients.len() as u32));
		m = adam_m(&c, *g, m);
		v = adam_v(&c, *g, v);
		p = adam_p(&c, p, m, v);
	}
	p
}

proptest! {
	#[test]
	fn a_run_of_steps_follows_the_textbook(
		gradients in prop::collection::vec(-1.0_f32..1.0, 1..200),
		scale in -20_i32..20,
		p in -1.0_f32..1.0,
		decays in any::<bool>(),
		warmup in 0_u32..100,
	) {
		let r = AdamRates { warmup, ..rates() };
		let gradients: Vec<f32> =
			gradients.into_iter().map(|g| g * arith::power_of_two(scale)).collect();
		let (exact, got) = (textbook(&r, decays, &gradients, p.into()), ours(&r, decays, &gradients, p));
		// Steps of at most the learning rate, each wrong by a few roundings.
		let bound = 2e-6 * f64::from(r.learning_rate) * gradients.len() as f64
			+ 6e-8 * gradients.len() as f64;
		prop_assert!((f64::from(got) - exact).abs() <= bound, "{got} against {exact}");
	}

	#[test]
	fn moments_are_never_negative_zero_or_below_two_to_the_minus_100(
		g in any::<f32>().prop_filter("in range", |g| arith::in_range(*g)),
		m in any::<f32>().prop_filter("in range", |m| arith::in_range(*m)),
	) {
		let c = AdamCoefficients::new(&rates(), true, &env(0, 0, 1));
		for x in [adam_m(&c, g, m), adam_v(&c, g, m), adam_m(&c, g, 0.0), adam_m(&c, 0.0, m)] {
			prop_assert!(x.to_bits() == 0 || arith::magnitude(x) >= FLUSH.to_bits());
		}
	}
}

#[test]
fn the_first_step_is_as_long_as_the_learning_rate() {
	let p = ours(&rates(), false, &[0.5], 0.0);
	assert!((f64::from(p) + 1e-3).abs() < 1e-9);
}

#[test]
fn a_parameter_of_padding_stays_positive_zero() {
	for step in 0..50 {
		let c = AdamCoefficients::new(&rates(), step % 2 == 0, &env(3, step, 50));
		let (m, v) = (adam_m(&c, 0.0, 0.0), adam_v(&c, 0.0, 0.0));
		assert_eq!(
			[m.to_bits(), v.to_bits(), adam_p(&c, 0.0, m, v).to_bits()],
			[0; 3]
		);
	}
}

#[test]
fn the_warm_up_counts_over_rounds_and_the_correction_does_not() {
	let r = AdamRates {
		warmup: 100,
		..rates()
	};
	let at = |round, step| AdamCoefficients::new(&r, true, &env(round, step, 10));
	assert_eq!(at(0, 0).rate, 1e-3 * (1.0_f32 / 100.0));
	assert_eq!(at(4, 9).rate, 1e-3 * 0.5);
	assert_eq!(at(9, 8).rate, 1e-3 * 0.99);
	assert_eq!(at(9, 9).rate, 1e-3);
	assert_eq!(at(u32::MAX, 9).rate, 1e-3);
	assert_eq!(at(0, 3).correct1, at(7, 3).correct1);
	assert_eq!(at(0, 0).correct1, 1.0 / (1.0 - 0.9));
	assert!(at(0, 0).correct2 > at(0, 1).correct2);
}

#[test]
fn vectors_do_not_decay() {
	assert_eq!(
		AdamCoefficients::new(&rates(), false, &env(0, 0, 1)).keep,
		1.0
	);
	assert_eq!(
		AdamCoefficients::new(&rates(), true, &env(0, 0, 1)).keep,
		1.0 - 1e-3 * 0.01
	);
}

#[test]
fn a_second_moment_out_of_range_is_not_hidden() {
	// |g| < 2^50 is in range, but 0.001 * g^2 is not.
	let c = AdamCoefficients::new(&rates(), true, &env(0, 0, 1));
	assert!(!arith::in_range(adam_v(&c, 1e14, 0.0)));
}

#[test]
fn the_flush_is_at_two_to_the_minus_100() {
	assert_eq!(f64::from(FLUSH), 2.0_f64.powi(-100));
	let below = f32::from_bits(FLUSH.to_bits() - 1);
	assert_eq!([flush(FLUSH), flush(-FLUSH)], [FLUSH, -FLUSH]);
	assert_eq!(
		[
			flush(below).to_bits(),
			flush(-below).to_bits(),
			flush(-0.0).to_bits()
		],
		[0; 3]
	);
}

#[test]
fn the_extremes_of_the_hyperparameters_give_no_nan() {
	let r = AdamRates {
		learning_rate: 1.0,
		beta1: f32::from_bits(1.0_f32.to_bits() - 1),
		beta2: f32::from_bits(1.0_f32.to_bits() - 1),
		epsilon: 1e-12,
		weight_decay: 1.0,
		..rates()
	};
	let c = AdamCoefficients::new(&r, true, &env(0, 0, 1));
	let limit = f32::from_bits(arith::RANGE_END - 1);
	for (p, m, v) in [
		(limit, limit, 0.0),
		(0.0, 0.0, 0.0),
		(-limit, -limit, limit),
	] {
		assert!(adam_p(&c, p, m, v).is_finite());
	}
}

mod schedule;
