//! Ops and their records.

use super::{Layout, TensorId};
use crate::AdamRates;

/// Bytes of an op's record; 16 of them fill a tile.
pub const RECORD_BYTES: usize = 64;
/// Stands for an absent input in a record.
pub const NO_INPUT: u16 = u16::MAX;

/// One op. It says everything that its functions in [`crate::ops`] need to know.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Op {
	/// What is computed, with its constants.
	pub kind: OpKind,
	/// Rows and columns of the output, without padding.
	pub shape: [u32; 2],
	/// The inputs, in the order that [`OpKind`] names; absent ones come last.
	pub inputs: [Option<TensorId>; 4],
	/// The output.
	pub output: TensorId,
}

/// Which operands of a product are stored transposed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transpose {
	/// `A B`
	Neither,
	/// `A^T B`
	Left,
	/// `A B^T`
	Right,
}

/// The kinds of ops.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum OpKind {
	/// Data to ids: row `i` is `context + 1` bytes from the row's offset on. Inputs: data.
	Batch {
		/// Bytes that a prediction sees.
		context: u32,
	},
	/// Ids to the concatenated rows of the table. Inputs: ids, table.
	Embed {
		/// Positions of a row that are embedded.
		context: u32,
		/// Width of the table.
		embedding: u32,
	},
	/// A product of matrices, contracted over `depth`. Inputs: A, B.
	MatMul {
		/// Length of the contracted axis.
		depth: u32,
		/// How the operands are stored.
		transpose: Transpose,
	},
	/// `x + b`, the same packed vector for every row. Inputs: x, b.
	Bias,
	/// `x > 0 ? x : +0.0`. Inputs: x.
	Relu,
	/// The maximum of each row, in column 0. Inputs: x.
	RowMax {
		/// Columns of x.
		width: u32,
	},
	/// The sum of `exp(x - m)` over each row, in column 0. Inputs: x, m.
	RowSumExp {
		/// Columns of x.
		width: u32,
	},
	/// `ln(l) + (m - x[target])` for each row, in column 0. Inputs: ids, x, m, l.
	LossRows {
		/// Columns of x.
		width: u32,
		/// Column of the ids that holds the target.
		target: u32,
	},
	/// The sum of column 0 over all rows, times `1 / rows`. Inputs: losses.
	MeanLoss {
		/// Rows of the losses.
		rows: u32,
	},
	/// `(exp(x - m) * (1 / l) - onehot) * (1 / rows)`. Inputs: ids, x, m, l.
	LogitGrad {
		/// Column of the ids that holds the target.
		target: u32,
	},
	/// The sum of each column, in row 0. Inputs: x.
	ColSum {
		/// Rows of x.
		rows: u32,
	},
	/// One row of a matrix to a packed vector. Inputs: x.
	Pack,
	/// `a > 0 ? g : +0.0`. Inputs: a, g.
	ReluGrad,
	/// The sum over all positions of the rows of g, by id. Inputs: ids, g.
	EmbedGrad {
		/// Rows of the ids.
		rows: u32,
		/// Positions of a row that were embedded.
		context: u32,
	},
	/// The first moment. Inputs: gradient, m.
	AdamM {
		/// Hyperparameters.
		rates: AdamRates,
		/// Whether the parameter is a packed vector; vectors do not decay.
		vector: bool,
	},
	/// The second moment. Inputs: gradient, v.
	AdamV {
		/// Hyperparameters.
		rates: AdamRates,
		/// Whether the parameter is a packed vector; vectors do not decay.
		vector: bool,
	},
	/// The parameter. Inputs: parameter, m and v after the step.
	AdamP {
		/// Hyperparameters.
		rates: AdamRates,
		/// Whether the parameter is a packed vector; vectors do not decay.
		vector: bool,
	},
	/// The roots of the parameters, then of the moments, after the step. Takes roots, not tiles.
	StateList {
		/// Tensors in the list: they are the outputs of the [`OpKind::AdamP`], then of the
		/// [`OpKind::AdamM`], then of the [`OpKind::AdamV`] ops.
		count: u32,
	},
}

impl OpKind {
	/// The number of the kind in records.
	pub fn code(&self) -> u16 {
		match self {
			OpKind::Batch { .. } => 1,
			OpKind::Embed { .. } => 2,
			OpKind::MatMul { .. } => 3,
			OpKind::Bias => 4,
			OpKind::Relu => 5,
			OpKind::RowMax { .. } => 6,
			OpKind::RowSumExp { .. } => 7,
			OpKind::LossRows { .. } => 8,
			OpKind::MeanLoss { .. } => 9,
			OpKind::LogitGrad { .. } => 10,
			OpKind::ColSum { .. } => 11,
			OpKind::Pack => 12,
			OpKind::ReluGrad => 13,
			OpKind::EmbedGrad { .. } => 14,
			OpKind::AdamM { .. } => 15,
			OpKind::AdamV { .. } => 16,
			OpKind::AdamP { .. } => 17,
			OpKind::StateList { .. } => 18,
		}
	}

	/// The constants of the kind in records; unused ones are zero.
	fn attributes(&self) -> [u32; 8] {
		let adam = |rates: &AdamRates, vector: bool| {
			[
				rates.learning_rate.to_bits(),
				rates.beta1.to_bits(),
				rates.beta2.to_bits(),
				rates.epsilon.to_bits(),
				rates.weight_decay.to_bits(),
				rates.warmup,
				u32::from(vector),
				0,
			]
		};
		match self {
			OpKind::Bias | OpKind::Relu | OpKind::Pack | OpKind::ReluGrad => [0; 8],
			OpKind::Batch { context } => [*context, 0, 0, 0, 0, 0, 0, 0],
			OpKind::Embed { context, embedding } => [*context, *embedding, 0, 0, 0, 0, 0, 0],
			OpKind::MatMul { depth, transpose } => [*depth, *transpose as u32, 0, 0, 0, 0, 0, 0],
			OpKind::RowMax { width } | OpKind::RowSumExp { width } => [*width, 0, 0, 0, 0, 0, 0, 0],
			OpKind::LossRows { width, target } => [*width, *target, 0, 0, 0, 0, 0, 0],
			OpKind::LogitGrad { target } => [*target, 0, 0, 0, 0, 0, 0, 0],
			OpKind::MeanLoss { rows } | OpKind::ColSum { rows } => [*rows, 0, 0, 0, 0, 0, 0, 0],
			OpKind::EmbedGrad { rows, context } => [*rows, *context, 0, 0, 0, 0, 0, 0],
			OpKind::AdamM { rates, vector }
			| OpKind::AdamV { rates, vector }
			| OpKind::AdamP { rates, vector } => adam(rates, *vector),
			OpKind::StateList { count } => [*count, 0, 0, 0, 0, 0, 0, 0],
		}
	}
}

impl Op {
	/// The input at place `i`.
	pub fn input(&self, i: usize) -> Option<TensorId> {
		self.inputs.get(i).copied().flatten()
	}

	/// The layout of the output.
	pub fn layout(&self) -> Layout {
		let [rows, cols] = self.shape;
		match self.kind {
			OpKind::StateList { count } => Layout::Roots { count },
			OpKind::Pack => Layout::Vector { len: cols },
			OpKind::AdamM { vector: true, .. }
			| OpKind::AdamV { vector: true, .. }
			| OpKind::AdamP { vector: true, .. } => Layout::Vector { len: cols },
			_ => Layout::Matrix { rows, cols },
		}
	}

	/// The record, all numbers little-endian: kind `u16`, two bytes of zero, shape 2 x `u32`, inputs
	/// 4 x `u16` ([`NO_INPUT`] for an absent one), output `u16`, two bytes of zero, the kind's
	/// constants 8 x `u32` in the order of its fields (floats as patterns, booleans as 0 or 1,
	/// unused ones 0), eight bytes of zero.
	pub fn record(&self) -> [u8; RECORD_BYTES] {
		let [rows, cols] = self.shape;
		let [a, b, c, d] = self.inputs.map(|id| id.map_or(NO_INPUT, |id| id.0));
		let pair = |low: u16, high: u16| u32::from(low) | u32::from(high) << 16;
		let head = [
			pair(self.kind.code(), 0),
			rows,
			cols,
			pair(a, b),
			pair(c, d),
			pair(self.output.0, 0),
		];
		let words = head.into_iter().chain(self.kind.attributes());
		let mut record = [0; RECORD_BYTES];
		for (to, word) in record.as_chunks_mut::<4>().0.iter_mut().zip(words) {
			*to = word.to_le_bytes();
		}
		record
	}
}
