//! The functions of activations and positions, which the plans here see in a small range only.

use assay_numerics::functions::{exp, gelu, gelu_grad, ln, silu, silu_grad};
use candle_core::{Device, Tensor, Var};

/// From -20 to 20 in steps of 1/128.
fn range() -> impl Iterator<Item = f32> {
	(-2_560..=2_560).map(|i| i as f32 / 128.0)
}

/// Values and slopes of a function of candle in f64.
fn candle(of: impl Fn(&Tensor) -> candle_core::Result<Tensor>) -> (Vec<f64>, Vec<f64>) {
	let x: Vec<f64> = range().map(f64::from).collect();
	let x = Var::from_vec(x, 5_121, &Device::Cpu).unwrap();
	let y = of(&x).unwrap();
	let grads = y.sum_all().unwrap().backward().unwrap();
	let slopes = grads.get(&x).unwrap().to_vec1().unwrap();
	(y.to_vec1().unwrap(), slopes)
}

/// The greatest difference, over the greater of 1 and the value.
fn difference(of: impl Fn(f32) -> f32, wanted: &[f64]) -> f64 {
	let differences = range()
		.zip(wanted)
		.map(|(x, wanted)| (f64::from(of(x)) - wanted).abs() / wanted.abs().max(1.0));
	differences.fold(0.0, f64::max)
}

#[test]
fn activations_and_their_slopes_agree() {
	let (values, slopes) = candle(Tensor::gelu);
	assert!(difference(gelu, &values) < 1e-6);
	// candle's slope has constants of six digits.
	assert!(difference(gelu_grad, &slopes) < 1e-5);
	let (values, slopes) = candle(Tensor::silu);
	assert!(difference(silu, &values) < 1e-6);
	assert!(difference(silu_grad, &slopes) < 1e-6);
}

#[test]
fn exponential_and_logarithm_agree() {
	let (values, _) = candle(Tensor::exp);
	assert!(difference(exp, &values) < 1e-6);
	let (values, _) = candle(|x| (x.abs()? + 1e-3)?.log());
	assert!(difference(|x| ln(x.abs() + 1e-3), &values) < 1e-5);
}
