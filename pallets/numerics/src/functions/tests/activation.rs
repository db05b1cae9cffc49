//! Sigmoid, and the activations that are made of it.

use super::{
	super::{gelu, gelu_grad, sigmoid, silu, silu_grad},
	stride,
};
use crate::arith::{in_range, power_of_two};

/// Every `stride`-th pattern of a magnitude below `2^50`, both signs, and the ends.
fn arguments(stride: usize) -> impl Iterator<Item = f32> {
	let end = power_of_two(50).to_bits();
	let ends = [0, 1, 0x7F_FFFF, 0x80_0000, end - 1];
	let all = (0..end).step_by(stride).chain(ends);
	all.flat_map(|bits| [f32::from_bits(bits), f32::from_bits(bits | 1 << 31)])
}

fn exact_sigmoid(x: f64) -> f64 {
	1.0 / (1.0 + (-x).exp())
}

fn exact_gelu(x: f64) -> f64 {
	x * exact_sigmoid(argument(x))
}

/// Twice the argument of the hyperbolic tangent.
fn argument(x: f64) -> f64 {
	2.0 * (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))
}

fn exact_gelu_grad(x: f64) -> f64 {
	let s = exact_sigmoid(argument(x));
	let slope = 2.0 * (2.0 / std::f64::consts::PI).sqrt() * (1.0 + 3.0 * 0.044_715 * x * x);
	// Far out, where the slope is great, the rest is zero.
	let rest = (1.0 - s) * slope;
	s + if rest == 0.0 { 0.0 } else { x * s * rest }
}

fn exact_silu(x: f64) -> f64 {
	x * exact_sigmoid(x)
}

fn exact_silu_grad(x: f64) -> f64 {
	let s = exact_sigmoid(x);
	let rest = exact_sigmoid(-x);
	s + if s == 0.0 { 0.0 } else { x * s * rest }
}

/// The greatest error, over the greater of what it should be and `floor`.
fn worst(f: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64, floor: impl Fn(f64) -> f64) -> f64 {
	let mut worst = (0.0, 0.0);
	let dense = (0..4_000_000).map(|i| (i - 2_000_000) as f32 * 1e-5);
	for x in arguments(997).chain(dense) {
		let (got, wanted) = (f64::from(f(x)), exact(x.into()));
		let error = (got - wanted).abs() / wanted.abs().max(floor(x.into()));
		if error > worst.0 {
			worst = (error, x);
		}
	}
	println!("{:e} at {}", worst.0, worst.1);
	worst.0
}

#[test]
fn sigmoid_is_within_a_few_units_of_the_truth_until_it_is_cut() {
	// Below -80 it stays at e^-80 = 2e-35.
	assert!(worst(sigmoid, exact_sigmoid, |_| 1.9e-35 / 3e-7) < 3e-7);
	let relative = |x: f64| if x < -80.0 { 1.0 } else { 0.0 };
	assert!(worst(sigmoid, exact_sigmoid, relative) < 3e-7);
	assert_eq!(sigmoid(0.0), 0.5);
	assert_eq!(sigmoid(-80.0).to_bits(), sigmoid(-81.0).to_bits());
}

#[test]
fn gelu_is_within_1e_6_of_the_truth() {
	// Of the greater of the value and a tenth of the argument, at most 1: the tail falls to nothing.
	let error = worst(gelu, exact_gelu, |x| x.abs().min(1.0) * 1e-1 + 1e-30);
	assert!(error < 1e-6, "{error}");
}

#[test]
fn the_gradient_of_gelu_is_within_3e_6_of_the_truth() {
	let error = worst(gelu_grad, exact_gelu_grad, |_| 1.0);
	assert!(error < 3e-6, "{error}");
}

#[test]
fn silu_is_within_4e_7_of_the_truth() {
	// Below -80 it is a product with e^-80.
	let floor = |x: f64| if x < -80.0 { x.abs() * 1e-28 } else { 1e-30 };
	let error = worst(silu, exact_silu, floor);
	assert!(error < 4e-7, "{error}");
}

#[test]
fn the_gradient_of_silu_is_within_1e_6_of_the_truth() {
	let floor = |x: f64| if x < -80.0 { x.abs() * 1e-28 } else { 1.0 };
	let error = worst(silu_grad, exact_silu_grad, |x| floor(x).max(1e-1));
	assert!(error < 1e-6, "{error}");
}

#[test]
fn activations_of_anything_in_range_are_in_range() {
	for x in arguments(stride(61)) {
		let s = sigmoid(x);
		assert!(
			s > 0.0 && s <= 1.0 && s.is_normal(),
			"sigmoid({x:e}) = {s:e}"
		);
		for y in [gelu(x), gelu_grad(x), silu(x), silu_grad(x)] {
			assert!(in_range(y), "{x:e} becomes {y:e}");
			assert!(!y.is_nan());
		}
	}
}

#[test]
fn activations_keep_zero_and_pass_what_is_great() {
	for f in [gelu, silu] {
		assert_eq!(f(0.0).to_bits(), 0);
		assert_eq!(f(100.0), 100.0);
		let most = f32::from_bits(power_of_two(50).to_bits() - 1);
		assert_eq!(f(most), most);
	}
	assert_eq!([gelu_grad(100.0), silu_grad(100.0)], [1.0; 2]);
	assert_eq!([gelu_grad(0.0), silu_grad(0.0)], [0.5; 2]);
	assert_eq!(gelu(-17.0).to_bits(), 0);
	assert_eq!(gelu_grad(-17.0).to_bits(), 0);
}

#[test]
fn sigmoid_does_not_fall_where_its_argument_rises() {
	let mut last = 0.0;
	for i in -8_500_000..=8_500_000_i32 {
		let y = sigmoid(i as f32 * 1e-5);
		assert!(y >= last, "{i}");
		last = y;
	}
}
