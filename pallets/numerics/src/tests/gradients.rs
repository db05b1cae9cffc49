//! Gradients and losses of perceptrons against the model in f64.

use super::{
	matrix::{read, relative, Matrix},
	model::{pass, Pass},
	runs::{ready, Ready},
	shaped,
};
use crate::{plan::tests::classes, Model, StepPlan, Tile};

/// One step by `eval` and by the oracle.
struct Run {
	plan: StepPlan,
	ready: Ready,
	params: Vec<Matrix>,
	starts: Vec<usize>,
	oracle: Pass,
}

fn run(plan: StepPlan) -> Run {
	let mut ready = ready(&plan);
	ready.run(3, 1);
	let starts = ready.starts(3, 1);
	let params: Vec<_> = ready
		.program
		.params()
		.iter()
		.map(|id| read(&ready.program, &ready.memory, *id))
		.collect();
	let oracle = pass(&plan, &params, &ready.data, &starts);
	Run {
		plan,
		ready,
		params,
		starts,
		oracle,
	}
}

/// The plans that are compared: two layers, a context across groups of positions, deep and narrow;
/// classifiers with few and odd numbers of classes, and with a loss scale.
fn runs() -> Vec<Run> {
	vec![
		run(shaped(3, 16, &[272, 32], 32)),
		run(shaped(18, 32, &[48], 48)),
		run(StepPlan {
			loss_scale: 9,
			..shaped(2, 16, &[32; 4], 16)
		}),
		run(classes(48, &[32, 16], 10)),
		run(StepPlan {
			loss_scale: 13,
			..classes(144, &[272], 256)
		}),
		run(classes(16, &[16], 2)),
	]
}

#[test]
fn the_gradient_of_every_parameter_agrees_with_the_model_in_f64() {
	for run in runs() {
		let program = &run.ready.program;
		for (i, id) in program.gradients().iter().enumerate() {
			let scale = 1.0 / f64::from(1 << run.plan.loss_scale);
			let got = read(program, &run.ready.memory, *id);
			let got = got.zip(&got, |x, _| x * scale);
			let error = relative(&got, &run.oracle.gradients[i]);
			println!("{}: {error:.1e}", program.tensor(*id).unwrap().name);
			// One product is wrong by about 4e-4; a gradient comes through up to ten of them.
			assert!(error < 4e-3, "{i} is wrong by {error}");
		}
	}
}

#[test]
fn losses_agree_with_the_model_in_f64() {
	for run in runs() {
		let (program, memory) = (&run.ready.program, &run.ready.memory);
		let rows = read(program, memory, program.row_losses());
		for (got, exact) in rows.data.iter().zip(&run.oracle.losses) {
			assert!((got - exact).abs() < 2e-3, "{got} against {exact}");
		}
		let mean = read(program, memory, program.mean_loss()).data[0];
		assert!((mean - run.oracle.loss()).abs() < 1e-3);
		let exact_mean = rows.data.iter().sum::<f64>() / rows.data.len() as f64;
		assert!((mean - exact_mean).abs() < 1e-6);
	}
}

#[test]
fn the_gradient_in_f64_agrees_with_finite_differences() {
	for run in runs() {
		for i in 0..run.params.len() {
			// WHEN a parameter moves along its gradient
			let gradient = &run.oracle.gradients[i];
			let length = gradient.norm();
			let moved = |by: f64| {
				let mut params = run.params.clone();
				params[i] = params[i].zip(gradient, |p, g| p + by * g / length);
				pass(&run.plan, &params, &run.ready.data, &run.starts).loss()
			};
			// THEN the loss rises by the length of the gradient
			let step = 1e-5;
			let slope = (moved(step) - moved(-step)) / (2.0 * step);
			assert!(
				(slope / length - 1.0).abs() < 1e-3,
				"{i}: {slope} against {length}"
			);
		}
	}
}

#[test]
fn the_batch_is_what_lies_at_the_offsets() {
	for run in runs() {
		let (program, memory) = (&run.ready.program, &run.ready.memory);
		let [first, second] = [0, 1].map(|op| read(program, memory, program.ops()[op].output));
		let byte = |at: usize| f64::from(run.ready.data[at]);
		for (i, start) in run.starts.iter().enumerate() {
			match &run.plan.model {
				Model::ByteMlp(model) => {
					assert_eq!(first.cols, usize::from(model.context) + 1);
					for j in 0..first.cols {
						assert_eq!(first.at(i, j), byte(start + j));
					}
				}
				Model::Classifier(model) => {
					let inputs = usize::from(model.inputs);
					let record = start * (inputs + 1);
					assert_eq!(first.at(i, 0), byte(record + inputs));
					for j in 0..inputs {
						assert_eq!(second.at(i, j), byte(record + j) / 256.0);
					}
				}
				Model::Gpt(_) => unreachable!("a perceptron"),
			}
		}
	}
}

#[test]
fn the_table_gets_no_gradient_for_bytes_that_are_not_in_the_batch() {
	let run = &runs()[0];
	let gradient = run.ready.memory.tiles(run.ready.program.gradients()[0]);
	let mut zero_tiles = 0;
	for (i, exact) in run.oracle.gradients[0].data.chunks(16).enumerate() {
		let row = gradient[i / 16].row(i % 16);
		if exact.iter().all(|g| *g == 0.0) {
			assert_eq!(row.map(f32::to_bits), [0; 16], "byte {i}");
			zero_tiles += 1;
		}
	}
	assert!(zero_tiles > 0 && gradient.iter().any(|tile| *tile != Tile::ZERO));
}
