//! Decoders against the model in f64.

mod behaviour;
mod oracle;
mod tape;
mod update;

use super::{
	matrix::{read, relative, Matrix},
	plans::decoder_of,
	runs::{ready, Ready},
};
use crate::{
	plan::tests::{adam, adapter, decoder, gpt2, llama, rotary},
	AdamW, CosineDecay, Decimal, FeedForward, Gpt, Norm, Optimiser, Positions, StepPlan,
};
use oracle::{oracle, Named, Oracle};
use tape::Tape;

const ROUND: u32 = 2;
const STEP: u32 = 3;

/// One step by `eval` and by the oracle.
struct Run {
	name: &'static str,
	plan: StepPlan,
	ready: Ready,
	tensors: Named,
	sequences: Vec<Vec<usize>>,
	oracle: Oracle,
	gradients: Vec<Matrix>,
}

fn run((name, plan): (&'static str, StepPlan)) -> Run {
	let mut ready = ready(&plan);
	ready.run(ROUND, STEP);
	let program = &ready.program;
	let tensors: Named = program
		.params()
		.iter()
		.chain(program.frozen())
		.map(|id| {
			let name = program.tensor(*id).unwrap().name.clone();
			(name, read(program, &ready.memory, *id))
		})
		.collect();
	let model = decoder_of(&plan);
	let sequences = sequences(model, &ready);
	let oracle = oracle(model, &tensors, &sequences);
	let gradients = oracle.tape.gradients(oracle.mean);
	Run {
		name,
		plan,
		ready,
		tensors,
		sequences,
		oracle,
		gradients,
	}
}

/// The tokens of the step, from the data.
fn sequences(model: &Gpt, ready: &Ready) -> Vec<Vec<usize>> {
	let bytes = ready.program.outline().item_bytes() as usize;
	let token = |i: usize| {
		let mut wide = [0; 8];
		wide[..bytes].copy_from_slice(&ready.data[i * bytes..][..bytes]);
		usize::from_le_bytes(wide)
	};
	let starts = ready.starts(ROUND, STEP).into_iter();
	starts
		.map(|start| {
			(start..=start + usize::from(model.context))
				.map(token)
				.collect()
		})
		.collect()
}

/// Decoders that together have every switch in both places, heads of 16, 32 and 48, shared keys,
/// contexts of less than a block, across blocks, and tokens of 1, 2 and 4 bytes.
fn plans() -> Vec<(&'static str, StepPlan)> {
	let limited = |plan: StepPlan, clip: i32| StepPlan {
		optimiser: Optimiser::AdamW(AdamW {
			decay: Some(CosineDecay {
				steps: 30,
				floor: Decimal::new(1, -1),
			}),
			clip: Some(Decimal::new(clip, -2)),
			..adam()
		}),
		..plan
	};
	let across_blocks = Gpt {
		vocabulary: 300,
		context: 144,
		width: 48,
		layers: 1,
		heads: 4,
		kv_heads: 1,
		head: 48,
		norm: Norm::Layer,
		positions: rotary(48),
		two_terms: true,
		biases: true,
		tied: true,
		..llama()
	};
	let wide_tokens = Gpt {
		vocabulary: 65_600,
		width: 16,
		layers: 1,
		heads: 3,
		kv_heads: 1,
		head: 16,
		feed_forward: 144,
		norm: Norm::Rms,
		biases: false,
		tied: false,
		..gpt2()
	};
	let adapted = |model: Gpt| {
		decoder(Gpt {
			adapter: Some(adapter()),
			..model
		})
	};
	vec![
		("gpt2", decoder(gpt2())),
		(
			"llama",
			limited(
				StepPlan {
					loss_scale: 6,
					batch: 3,
					..decoder(Gpt {
						context: 48,
						..llama()
					})
				},
				1,
			),
		),
		(
			"across blocks",
			StepPlan {
				loss_scale: 12,
				..decoder(across_blocks)
			},
		),
		(
			"wide tokens",
			limited(
				StepPlan {
					batch: 1,
					..decoder(wide_tokens)
				},
				10_000,
			),
		),
		("adapted llama", limited(adapted(llama()), 1)),
		(
			"adapted gpt2",
			StepPlan {
				loss_scale: 3,
				..adapted(Gpt {
					context: 32,
					mlp: FeedForward::Gated,
					positions: Positions::Learned,
					..gpt2()
				})
			},
		),
	]
}

#[test]
fn the_gradient_of_every_parameter_agrees_with_the_decoder_in_f64() {
	for run in plans().into_iter().map(run) {
		let program = &run.ready.program;
		for (param, id) in program.params().iter().zip(program.gradients()) {
			let name = &program.tensor(*param).unwrap().name;
			let exact = Tape::of(&run.gradients, run.oracle.tensors[name]);
			let scale = 1.0 / f64::from(1 << run.plan.loss_scale);
			let got = read(program, &run.ready.memory, *id);
			let got = got.zip(&got, |x, _| x * scale);
			if exact.norm() < 1e-15 {
				// What is added to all keys alike moves no weight of attention: rounding is left.
				assert!(name.ends_with("k_proj.bias") && got.norm() < 1e-4, "{name}");
				continue;
			}
			let error = relative(&got, exact);
			println!("{}: {name}: {error:.1e} of {:.1e}", run.name, exact.norm());
			// One product is wrong by about 4e-4.
			assert!(error < 4e-3, "{}: {name} is wrong by {error}", run.name);
		}
	}
}

#[test]
fn losses_agree_with_the_decoder_in_f64() {
	for run in plans().into_iter().map(run) {
		let (program, memory) = (&run.ready.program, &run.ready.memory);
		let rows = read(program, memory, program.row_losses());
		let exact = run.oracle.tape.value(run.oracle.losses);
		assert_eq!(rows.rows, exact.rows);
		let worst = rows.zip(&exact, |a, b| (a - b).abs());
		let worst = worst.data.into_iter().fold(0.0, f64::max);
		println!("{}: rows are wrong by {worst:.1e} at most", run.name);
		assert!(worst < 3e-3, "{}: {worst}", run.name);
		let mean = read(program, memory, program.mean_loss()).data[0];
		let exact = run.oracle.tape.value(run.oracle.mean).data[0];
		assert!(
			(mean - exact).abs() < 1e-3,
			"{}: {mean} and {exact}",
			run.name
		);
		let exact_mean = rows.data.iter().sum::<f64>() / rows.data.len() as f64;
		assert!((mean - exact_mean).abs() < 1e-5);
	}
}

#[test]
fn the_decoder_in_f64_agrees_with_finite_differences() {
	for run in plans().into_iter().map(run) {
		let model = decoder_of(&run.plan);
		let program = &run.ready.program;
		for param in program.params() {
			// WHEN a parameter moves along its gradient
			let name = &program.tensor(*param).unwrap().name;
			let gradient = Tape::of(&run.gradients, run.oracle.tensors[name]);
			let length = gradient.norm();
			if length < 1e-15 {
				continue;
			}
			let moved = |by: f64| {
				let mut tensors = run.tensors.clone();
				let moved = tensors[name].zip(gradient, |p, g| p + by * g / length);
				tensors.insert(name.clone(), moved);
				let oracle = oracle(model, &tensors, &run.sequences);
				oracle.tape.value(oracle.mean).data[0]
			};
			// THEN the loss rises by the length of the gradient
			let step = 1e-4;
			let slope = (moved(step) - moved(-step)) / (2.0 * step);
			assert!(
				(slope / length - 1.0).abs() < 1e-3,
				"{}: {name}: {slope} against {length}",
				run.name
			);
		}
	}
}
