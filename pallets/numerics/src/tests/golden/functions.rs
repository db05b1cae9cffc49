//! Golden vectors of functions.

use super::{bits, golden};
use crate::{
	functions::{exp, gelu, gelu_grad, ln, sigmoid, silu, silu_grad, sine_cosine, sqrt},
	ops::adam::learning_rate,
	AdamRates,
};
use serde_json::json;

#[test]
fn golden_functions() {
	let mut exps = vec![
		0.0, -0.0, -1.0, 1.0, -87.0, -87.000_01, 88.0, 88.000_01, -1e15, -1e-30,
	];
	exps.extend((1..200).map(|i| -(i as f32) * 0.437));
	exps.extend((1..100).map(|i| i as f32 * 0.881));
	let mut lns = vec![0.0, -1.0, 1.0, 2.0, 0.5, 256.0, f32::MIN_POSITIVE, f32::MAX];
	lns.extend((1..200).map(|i| 1.0 + i as f32 * 1.277));
	let pairs = |xs: &[f32], f: fn(f32) -> f32| -> Vec<[String; 2]> {
		xs.iter().map(|x| [bits(*x), bits(f(*x))]).collect()
	};
	let sqrts: Vec<f32> = (0..100).map(|i| f32::from_bits(i * 21_390_613)).collect();
	// Both tails, the middle, zeros and the ends of the range.
	let mut all = vec![
		0.0,
		-0.0,
		16.0,
		-16.0,
		-16.000_002,
		-80.0,
		-80.000_01,
		1e15,
		-1e15,
		1e-30,
	];
	all.extend((-45..45).map(|i| i as f32 * 0.377));
	all.extend((0..30).map(|i| f32::from_bits(0x8000_0000 + i * 48_390_613)));
	let circle: Vec<_> = (0..60_u64)
		.map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (i % 5))
		.chain([0, 1 << 61, (1 << 61) - 1, 1 << 62, 1 << 63, u64::MAX])
		.map(|turns| {
			let (s, c) = sine_cosine(turns);
			[format!("{turns:016x}"), bits(s), bits(c)]
		})
		.collect();
	golden(
		"functions.json",
		json!({
			"exp": pairs(&exps, exp),
			"ln": pairs(&lns, ln),
			"sqrt": pairs(&sqrts, sqrt),
			"sigmoid": pairs(&all, sigmoid),
			"gelu": pairs(&all, gelu),
			"gelu_grad": pairs(&all, gelu_grad),
			"silu": pairs(&all, silu),
			"silu_grad": pairs(&all, silu_grad),
			"sine_cosine": circle,
		}),
	);
}

#[test]
fn golden_learning_rates() {
	let rates = |warmup, decay_steps, floor| AdamRates {
		learning_rate: 1e-3,
		beta1: 0.9,
		beta2: 0.999,
		epsilon: 1e-8,
		weight_decay: 0.01,
		warmup,
		decay_steps,
		floor,
		loss_scale: 0,
	};
	let cases: Vec<_> = [
		(0, 0, 1.0),
		(100, 0, 1.0),
		(0, 1_000, 0.0),
		(100, 1_000, 0.1),
		(7, 1 << 24, 0.5),
	]
	.into_iter()
	.map(|(warmup, decay_steps, floor)| {
		let rates = rates(warmup, decay_steps, floor);
		let steps = [
			0,
			5,
			6,
			98,
			99,
			100,
			333,
			600,
			1_098,
			1_099,
			1_100,
			1 << 20,
			u32::MAX,
		];
		let at = |step| json!([step, bits(learning_rate(&rates, step))]);
		json!({
			"warmup": warmup,
			"decay_steps": decay_steps,
			"floor": bits(floor),
			"steps": steps.map(at),
		})
	})
	.collect();
	golden(
		"schedule.json",
		json!({ "learning_rate": bits(1e-3), "schedules": cases }),
	);
}
