//! Gradients and losses against the model in f64.

use super::{
	model::{pass, read, Matrix, Pass},
	shaped, text,
};
use crate::{
	batch::{row_offset, span},
	lower, train_bytes, Env, Memory, Model, Program, StepPlan, Tile,
};

const SEED: [u8; 32] = [5; 32];

/// One step by `eval` and by the oracle.
struct Run {
	plan: StepPlan,
	program: Program,
	memory: Memory,
	params: Vec<Matrix>,
	data: Vec<u8>,
	offsets: Vec<u64>,
	oracle: Pass,
}

fn run(plan: StepPlan) -> Run {
	let program = lower(&plan).unwrap();
	let data = text(20_000);
	let mut memory = Memory::initial(&program, &SEED, &data).unwrap();
	// Biases that are not zero, so that mistakes in them are seen.
	for (param, id) in program.params().iter().enumerate() {
		if program.fan_in(param).is_none() {
			let layout = program.tensor(*id).unwrap().layout;
			let mut tiles = memory.tiles(*id).to_vec();
			for j in 0..layout.shape()[1] {
				let (tile, place) = layout.place(0, j).unwrap();
				tiles[tile as usize].0[place] = (j % 7) as f32 * 0.03 - 0.08;
			}
			memory.set(*id, tiles);
		}
	}
	let train = train_bytes(data.len() as u64);
	let env = Env::new(SEED, 3, 2, 1, 4, train);
	memory.run(&program, &env).unwrap();
	let Model::ByteMlp(model) = &plan.model;
	let span = span(train, model.context.into());
	let offsets: Vec<u64> = (0..plan.batch)
		.map(|row| row_offset(&SEED, 3, 2, 1, row, span))
		.collect();
	let params: Vec<_> = program
		.params()
		.iter()
		.map(|id| read(&program, &memory, *id))
		.collect();
	let oracle = pass(&plan, &params, &data, &offsets);
	Run {
		plan,
		program,
		memory,
		params,
		data,
		offsets,
		oracle,
	}
}

fn norm(x: impl Iterator<Item = f64>) -> f64 {
	x.map(|x| x * x).sum::<f64>().sqrt()
}

/// The plans that are compared: two layers, a context across groups of positions, deep and narrow.
fn runs() -> Vec<Run> {
	vec![
		run(shaped(3, 16, &[272, 32], 32)),
		run(shaped(18, 32, &[48], 48)),
		run(shaped(2, 16, &[32; 4], 16)),
	]
}

#[test]
fn the_gradient_of_every_parameter_agrees_with_the_model_in_f64() {
	for run in runs() {
		for (i, id) in run.program.gradients().iter().enumerate() {
			let exact = &run.oracle.gradients[i];
			let got = read(&run.program, &run.memory, *id);
			let error = norm(got.data.iter().zip(&exact.data).map(|(a, b)| a - b));
			let relative = error / norm(exact.data.iter().copied());
			println!("{}: {relative:.1e}", run.program.tensor(*id).unwrap().name);
			// One product is wrong by about 4e-4; a gradient comes through up to ten of them.
			assert!(relative < 4e-3, "{} is wrong by {relative}", i);
		}
	}
}

#[test]
fn losses_agree_with_the_model_in_f64() {
	for run in runs() {
		let rows = read(&run.program, &run.memory, run.program.row_losses());
		for (got, exact) in rows.data.iter().zip(&run.oracle.losses) {
			assert!((got - exact).abs() < 2e-3, "{got} against {exact}");
		}
		let mean = read(&run.program, &run.memory, run.program.mean_loss()).data[0];
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
			let gradient = &run.oracle.gradients[i].data;
			let length = norm(gradient.iter().copied());
			let moved = |by: f64| {
				let mut params = run.params.clone();
				for (p, g) in params[i].data.iter_mut().zip(gradient) {
					*p += by * g / length;
				}
				pass(&run.plan, &params, &run.data, &run.offsets).loss()
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
fn the_batch_is_the_bytes_at_the_offsets() {
	for run in runs() {
		let Model::ByteMlp(model) = &run.plan.model;
		let ids = read(&run.program, &run.memory, run.program.ops()[0].output);
		assert_eq!(ids.cols, usize::from(model.context) + 1);
		for (i, offset) in run.offsets.iter().enumerate() {
			for j in 0..ids.cols {
				assert_eq!(ids.at(i, j), f64::from(run.data[*offset as usize + j]));
			}
		}
	}
}

#[test]
fn the_table_gets_no_gradient_for_bytes_that_are_not_in_the_batch() {
	let run = &runs()[0];
	let gradient = run.memory.tiles(run.program.gradients()[0]);
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
