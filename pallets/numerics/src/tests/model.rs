//! Perceptrons in f64, written without tiles: the oracle of their gradients.

use super::matrix::Matrix;
use crate::{Model, StepPlan};

/// What a model computes.
pub(super) struct Pass {
	pub(super) losses: Vec<f64>,
	pub(super) gradients: Vec<Matrix>,
}

impl Pass {
	pub(super) fn loss(&self) -> f64 {
		self.losses.iter().sum::<f64>() / self.losses.len() as f64
	}
}

/// What the first layer reads, and what it was made from.
struct Input<'a> {
	rows: usize,
	/// Width of a window and of the embedding.
	window: Option<(usize, usize)>,
	byte: Box<dyn Fn(usize, usize) -> usize + 'a>,
	/// Bytes before the target.
	target: usize,
}

fn input<'a>(model: &Model, data: &'a [u8], starts: &'a [usize]) -> Input<'a> {
	let rows = starts.len();
	match model {
		Model::ByteMlp(model) => {
			let (context, embedding) = (usize::from(model.context), usize::from(model.embedding));
			Input {
				rows,
				window: Some((context, embedding)),
				byte: Box::new(move |row, i| usize::from(data[starts[row] + i])),
				target: context,
			}
		}
		Model::Classifier(model) => {
			let inputs = usize::from(model.inputs);
			Input {
				rows,
				window: None,
				byte: Box::new(move |row, i| usize::from(data[starts[row] * (inputs + 1) + i])),
				target: inputs,
			}
		}
		Model::Gpt(_) => panic!("no perceptron"),
	}
}

/// Losses and gradients for these parameters on the examples that start at these items.
pub(super) fn pass(plan: &StepPlan, params: &[Matrix], data: &[u8], starts: &[usize]) -> Pass {
	let input = input(&plan.model, data, starts);
	let Input { rows, target, .. } = input;
	let first = match input.window {
		Some((context, embedding)) => Matrix::from_fn(rows, context * embedding, |i, j| {
			params[0].at((input.byte)(i, j / embedding), j % embedding)
		}),
		None => Matrix::from_fn(rows, target, |i, j| (input.byte)(i, j) as f64 / 256.0),
	};
	let tables = usize::from(input.window.is_some());
	let layers = (params.len() - tables) / 2;
	let mut inputs = vec![first];
	for layer in 0..layers {
		let (weight, bias) = (&params[tables + 2 * layer], &params[tables + 2 * layer + 1]);
		let product = inputs[layer].times(weight);
		let relu = layer + 1 < layers;
		inputs.push(Matrix::from_fn(rows, product.cols, |i, j| {
			let sum = product.at(i, j) + bias.at(0, j);
			if relu && sum < 0.0 {
				0.0
			} else {
				sum
			}
		}));
	}
	let logits = inputs.pop().unwrap();
	let log_sum = |i: usize| {
		let row = || (0..logits.cols).map(|j| logits.at(i, j));
		let max = row().fold(f64::MIN, f64::max);
		max + row().map(|x| (x - max).exp()).sum::<f64>().ln()
	};
	let log_sums: Vec<f64> = (0..rows).map(log_sum).collect();
	let losses = (0..rows)
		.map(|i| log_sums[i] - logits.at(i, (input.byte)(i, target)))
		.collect();
	let mut upstream = Matrix::from_fn(rows, logits.cols, |i, j| {
		let hot = if (input.byte)(i, target) == j {
			1.0
		} else {
			0.0
		};
		((logits.at(i, j) - log_sums[i]).exp() - hot) / rows as f64
	});
	let mut gradients: Vec<Matrix> = params
		.iter()
		.map(|p| Matrix::zero(p.rows, p.cols))
		.collect();
	for layer in (0..layers).rev() {
		let input = &inputs[layer];
		gradients[tables + 2 * layer] = input.transposed().times(&upstream);
		gradients[tables + 2 * layer + 1] = Matrix::from_fn(1, upstream.cols, |_, j| {
			(0..rows).map(|i| upstream.at(i, j)).sum()
		});
		let back = upstream.times(&params[tables + 2 * layer].transposed());
		upstream = Matrix::from_fn(rows, back.cols, |i, j| {
			if layer > 0 && input.at(i, j) <= 0.0 {
				0.0
			} else {
				back.at(i, j)
			}
		});
	}
	if let Some((context, embedding)) = input.window {
		for i in 0..rows {
			for j in 0..context * embedding {
				let at = (input.byte)(i, j / embedding) * embedding + j % embedding;
				gradients[0].data[at] += upstream.at(i, j);
			}
		}
	}
	Pass { losses, gradients }
}
