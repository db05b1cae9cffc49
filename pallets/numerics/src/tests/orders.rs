//! The order of every float sum, written once more without tiles.

use super::{shaped, text};
use crate::{functions::exp, lower, train_items, Env, Memory, OpKind, Program, TensorId};

/// A tensor of floats by row and column.
fn rows_of(program: &Program, memory: &Memory, id: TensorId) -> Vec<Vec<f32>> {
	let layout = program.tensor(id).unwrap().layout;
	let [rows, cols] = layout.shape();
	let at = |i, j| {
		let (tile, place) = layout.place(i, j).unwrap();
		memory.tiles(id)[tile as usize].0[place]
	};
	(0..rows)
		.map(|i| (0..cols).map(|j| at(i, j)).collect())
		.collect()
}

/// Sums terms as 16 lanes, each in ascending order, then by halves.
fn lane_sum(terms: impl Iterator<Item = f32>) -> f32 {
	let mut lanes = vec![0.0_f32; 16];
	for (i, term) in terms.enumerate() {
		lanes[i % 16] += term;
	}
	while lanes.len() > 1 {
		let (low, high) = lanes.split_at(lanes.len() / 2);
		lanes = low.iter().zip(high).map(|(a, b)| a + b).collect();
	}
	lanes[0]
}

/// Two steps of a plan with more row tiles than a reduction takes in a step, and with a context of
/// two groups of positions.
fn ran() -> (Program, Memory) {
	let program = lower(&shaped(19, 16, &[32], 288)).unwrap();
	let data = text(9_000);
	let mut memory = Memory::initial(&program, &[3; 32], &data).unwrap();
	let env = |step| Env::new([3; 32], 0, 0, step, 2, train_items(9_000));
	memory.run(&program, &env(0)).unwrap();
	memory.advance(&program);
	memory.run(&program, &env(1)).unwrap();
	(program, memory)
}

#[test]
fn float_sums_have_the_order_that_their_ops_name() {
	let (program, memory) = ran();
	let read = |id| rows_of(&program, &memory, id);
	let mut seen = 0;
	for op in program.ops() {
		let inputs: Vec<_> = op.inputs.iter().flatten().collect();
		let output = || read(op.output);
		match op.kind {
			OpKind::RowMax { .. } => {
				for (x, y) in read(*inputs[0]).iter().zip(output()) {
					let max = x.iter().fold(f32::MIN, |a, b| if a > *b { a } else { *b });
					assert_eq!(y[0].to_bits(), max.to_bits());
				}
			}
			OpKind::RowSumExp { .. } => {
				let max = read(*inputs[1]);
				for ((x, max), y) in read(*inputs[0]).iter().zip(max).zip(output()) {
					let sum = lane_sum(x.iter().map(|x| exp(x - max[0])));
					assert_eq!(y[0].to_bits(), sum.to_bits());
					assert!(sum >= 1.0);
				}
			}
			OpKind::MeanLoss { rows } => {
				let sum = lane_sum(read(*inputs[0]).iter().map(|row| row[0]));
				let mean = sum * (1.0 / rows as f32);
				assert_eq!(output()[0][0].to_bits(), mean.to_bits());
			}
			OpKind::ColSum { .. } => {
				let x = read(*inputs[0]);
				for (j, y) in output()[0].iter().enumerate() {
					let sum = lane_sum(x.iter().map(|row| row[j]));
					assert_eq!(y.to_bits(), sum.to_bits());
				}
			}
			OpKind::EmbedGrad { context, .. } => {
				let (ids, g) = (read(*inputs[0]), read(*inputs[1]));
				let width = output()[0].len();
				let mut table = vec![vec![0.0_f32; width]; 256];
				// 16 rows at a time, 16 positions at a time, row by row, position by position.
				for rows in (0..ids.len()).step_by(16) {
					for group in (0..context as usize).step_by(16) {
						for row in rows..rows + 16 {
							for position in group..(group + 16).min(context as usize) {
								let id = ids[row][position] as usize;
								for (j, sum) in table[id].iter_mut().enumerate() {
									*sum += g[row][position * width + j];
								}
							}
						}
					}
				}
				for (x, y) in table.iter().flatten().zip(output().iter().flatten()) {
					assert_eq!(x.to_bits(), y.to_bits());
				}
			}
			_ => continue,
		}
		seen += 1;
	}
	// Two layers have a column sum each.
	assert_eq!(seen, 6);
}

#[test]
fn losses_of_rows_are_not_negative() {
	let (program, memory) = ran();
	let losses = rows_of(&program, &memory, program.row_losses());
	assert!(losses.iter().all(|row| row[0] >= 0.0));
	// A target that is the maximum of a row far above the rest has no loss at all.
	assert_eq!(crate::ops::softmax::loss_row(1.0, 1e6, 1e6).to_bits(), 0);
}
