//! The model in f64, written without tiles: the oracle of the gradients.

use crate::{program::DATA, Layout, Memory, Model, Program, StepPlan, TensorId};

/// A row-major matrix.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
	pub(super) rows: usize,
	pub(super) cols: usize,
	pub(super) data: Vec<f64>,
}

impl Matrix {
	fn zero(rows: usize, cols: usize) -> Self {
		Matrix {
			rows,
			cols,
			data: vec![0.0; rows * cols],
		}
	}

	fn from_fn(rows: usize, cols: usize, f: impl Fn(usize, usize) -> f64) -> Self {
		let data = (0..rows * cols).map(|i| f(i / cols, i % cols)).collect();
		Matrix { rows, cols, data }
	}

	pub(super) fn at(&self, i: usize, j: usize) -> f64 {
		self.data[i * self.cols + j]
	}

	fn transposed(&self) -> Self {
		Matrix::from_fn(self.cols, self.rows, |i, j| self.at(j, i))
	}

	fn times(&self, other: &Matrix) -> Self {
		assert_eq!(self.cols, other.rows);
		Matrix::from_fn(self.rows, other.cols, |i, j| {
			(0..self.cols).map(|k| self.at(i, k) * other.at(k, j)).sum()
		})
	}
}

/// A tensor of a memory without its padding.
pub(super) fn read(program: &Program, memory: &Memory, id: TensorId) -> Matrix {
	let layout = program.tensor(id).unwrap().layout;
	let [rows, cols] = layout.shape();
	let tiles = memory.tiles(id);
	Matrix::from_fn(rows as usize, cols as usize, |i, j| {
		let (tile, place) = layout.place(i as u32, j as u32).unwrap();
		f64::from(tiles[tile as usize].0[place])
	})
}

/// Everything in a tensor of a memory that is padding.
pub(super) fn padding(program: &Program, memory: &Memory, id: TensorId) -> Vec<f32> {
	let layout = program.tensor(id).unwrap().layout;
	if matches!(layout, Layout::Bytes | Layout::Roots { .. }) {
		return Vec::new();
	}
	let mut tiles = memory.tiles(id).to_vec();
	let [rows, cols] = layout.shape();
	let mut inside = 0;
	for (row, col) in (0..rows).flat_map(|i| (0..cols).map(move |j| (i, j))) {
		let (tile, place) = layout.place(row, col).unwrap();
		tiles[tile as usize].0[place] = f32::NAN;
		inside += 1;
	}
	let rest: Vec<_> = tiles
		.iter()
		.flat_map(|tile| tile.0)
		.filter(|x| !x.is_nan())
		.collect();
	assert_eq!(rest.len() + inside, tiles.len() * 256);
	rest
}

/// What the model computes.
pub(super) struct Pass {
	pub(super) losses: Vec<f64>,
	pub(super) gradients: Vec<Matrix>,
}

impl Pass {
	pub(super) fn loss(&self) -> f64 {
		self.losses.iter().sum::<f64>() / self.losses.len() as f64
	}
}

/// Losses and gradients for these parameters on the rows that start at these offsets.
pub(super) fn pass(plan: &StepPlan, params: &[Matrix], data: &[u8], offsets: &[u64]) -> Pass {
	let Model::ByteMlp(model) = &plan.model;
	let (context, embedding) = (usize::from(model.context), usize::from(model.embedding));
	let rows = offsets.len();
	let byte = |row: usize, i: usize| usize::from(data[offsets[row] as usize + i]);
	let mut inputs = vec![Matrix::from_fn(rows, context * embedding, |i, j| {
		params[0].at(byte(i, j / embedding), j % embedding)
	})];
	let layers = model.hidden.len() + 1;
	for layer in 0..layers {
		let (weight, bias) = (&params[1 + 2 * layer], &params[2 + 2 * layer]);
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
		let max = (0..256).map(|j| logits.at(i, j)).fold(f64::MIN, f64::max);
		max + (0..256)
			.map(|j| (logits.at(i, j) - max).exp())
			.sum::<f64>()
			.ln()
	};
	let log_sums: Vec<f64> = (0..rows).map(log_sum).collect();
	let losses = (0..rows)
		.map(|i| log_sums[i] - logits.at(i, byte(i, context)))
		.collect();
	let mut upstream = Matrix::from_fn(rows, 256, |i, j| {
		let hot = if byte(i, context) == j { 1.0 } else { 0.0 };
		((logits.at(i, j) - log_sums[i]).exp() - hot) / rows as f64
	});
	let mut gradients: Vec<Matrix> = params
		.iter()
		.map(|p| Matrix::zero(p.rows, p.cols))
		.collect();
	for layer in (0..layers).rev() {
		let input = &inputs[layer];
		gradients[1 + 2 * layer] = input.transposed().times(&upstream);
		gradients[2 + 2 * layer] = Matrix::from_fn(1, upstream.cols, |_, j| {
			(0..rows).map(|i| upstream.at(i, j)).sum()
		});
		let back = upstream.times(&params[1 + 2 * layer].transposed());
		upstream = Matrix::from_fn(rows, back.cols, |i, j| {
			if layer > 0 && input.at(i, j) <= 0.0 {
				0.0
			} else {
				back.at(i, j)
			}
		});
	}
	for i in 0..rows {
		for j in 0..context * embedding {
			let at = byte(i, j / embedding) * embedding + j % embedding;
			gradients[0].data[at] += upstream.at(i, j);
		}
	}
	Pass { losses, gradients }
}

#[test]
fn reading_a_tensor_without_tiles_is_noticed() {
	let program = crate::lower(&crate::plan::tests::small()).unwrap();
	assert!(padding(&program, &Memory::new(), DATA).is_empty());
	assert!(Memory::new().tiles(program.params()[0]).is_empty());
}
