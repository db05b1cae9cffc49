//! The kinds of ops and what each of them computes.
//!
//! Every written operation rounds once. `R` is the number of rows of a GPT's activations,
//! `batch * context`: row `b * context + t` is position `t` of sequence `b`. A tensor with a row for
//! every head, position and sequence has the row `(b * heads + h) * context + t`. `group` is the
//! number of query heads that share a key and value head; query head `h` uses head `h / group` of
//! the keys and values, and head `h` lies in the columns `h * head..(h + 1) * head`.
//!
//! Masked elements of attention, those of column `j > t`, are +0.0 in every tensor, and no tile that
//! consists of them has any steps.

use crate::AdamRates;

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

/// The shape of attention.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attention {
	/// Positions of a sequence, a multiple of 16.
	pub context: u32,
	/// Query heads.
	pub heads: u32,
	/// Query heads that share a key and value head; divides `heads`.
	pub group: u32,
	/// Width of a head, a multiple of 16, at most 256.
	pub head: u32,
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
	/// A product of matrices, contracted over `depth`. Inputs: A, B and, if there is one, the matrix
	/// that C starts from instead of +0.0.
	MatMul {
		/// Length of the contracted axis.
		depth: u32,
		/// How the operands are stored.
		transpose: Transpose,
		/// Terms of A, 1 or 2: with two, `x1 = q * 2^(e-12)` and the exact rest `x - x1` are
		/// quantised each for itself, and each block adds the product of the first, then that of the
		/// second.
		terms: u32,
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
	/// `(exp(x - m) * (1 / l) - onehot) * (2^scale / rows)`. Inputs: ids, x, m, l.
	LogitGrad {
		/// Column of the ids that holds the target.
		target: u32,
		/// Exponent of the loss scale.
		scale: u32,
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
	/// The first moment. Inputs: gradient, m and, with clipping, the factor.
	AdamM {
		/// Hyperparameters.
		rates: AdamRates,
		/// Whether the parameter is a packed vector; vectors do not decay.
		vector: bool,
	},
	/// The second moment. Inputs: gradient, v and, with clipping, the factor.
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
	/// Examples to inputs: row `i` is the first `inputs` bytes of a drawn record, each times `2^-8`.
	/// Inputs: data.
	Features {
		/// Bytes of a record that are inputs; one byte, the label, follows them.
		inputs: u32,
	},
	/// Examples to labels, in column 0: the last byte of the record that [`OpKind::Features`] reads.
	/// `BadData` from `classes` on. Inputs: data.
	Labels {
		/// Bytes of a record that are inputs.
		inputs: u32,
		/// Classes.
		classes: u32,
	},
	/// Data to `R` rows of two ids: the token, and the one that follows it. `BadData` from
	/// `vocabulary` on. Inputs: data.
	Tokens {
		/// Positions of a sequence, a multiple of 16.
		context: u32,
		/// Bytes of a token, little-endian: 1, 2 or 4.
		bytes: u32,
		/// Tokens of the vocabulary.
		vocabulary: u32,
	},
	/// `table[id]` and, if there are positions, `+ positions[t]`. `BadData` for an id from `vocabulary`
	/// on. Inputs: ids, table, positions if any.
	EmbedTokens {
		/// Positions of a sequence.
		context: u32,
		/// Rows of the table.
		vocabulary: u32,
	},
	/// The mean of each row, in column 0: the sum times `1 / width`. Inputs: x.
	RowMean {
		/// Columns of x.
		width: u32,
	},
	/// `1 / sqrt(s * (1 / width) + epsilon)` for each row, in column 0, where s is the sum of the
	/// squares of x or, if centred, of `x - mean`. Inputs: x, mean if centred.
	InverseDeviation {
		/// Columns of x.
		width: u32,
		/// Added under the root.
		epsilon: f32,
	},
	/// `(x * r) * g`, centred `((x - mean) * r) * g + b`. Inputs: x, r, g; centred also mean, b.
	Normalise,
	/// The mean of `dy * g` over each row, in column 0: the sum times `1 / width`. Inputs: dy, g.
	NormShift {
		/// Columns of dy.
		width: u32,
	},
	/// The mean of `(dy * g) * h` over each row, in column 0, where `h = x * r`, centred
	/// `(x - mean) * r`: the sum times `1 / width`. Inputs: dy, x, g, r, mean if centred.
	NormSlope {
		/// Columns of dy.
		width: u32,
	},
	/// `(dy * g - h * slope) * r`, centred `((dy * g - shift) - h * slope) * r`, h as in
	/// [`OpKind::NormSlope`]; if there is a gradient that goes round the norm, `up + ` that. Inputs: dy,
	/// x, g, r, slope; centred also mean, shift; last up, if any.
	NormGrad,
	/// The sum of `dy * h` over each column, in row 0, h as in [`OpKind::NormSlope`]. Inputs: dy, x,
	/// r, mean if centred.
	GainGrad {
		/// Rows of dy.
		rows: u32,
	},
	/// Rotary positions. With `n = head / 2`, s and c the sine and cosine of the angle of position
	/// and pair: column `j < n` of each head is `x[j] * c - x[j + n] * s` and column `j + n` is
	/// `x[j + n] * c + x[j] * s`. The inverse has `+` and `-` exchanged. Inputs: x.
	Rotate {
		/// Positions of a sequence.
		context: u32,
		/// Width of a head.
		head: u32,
		/// Turns back.
		inverse: bool,
	},
	/// For each head the products of rows, contracted over the head and then times `factor`, a row
	/// for each head. Inputs: queries, keys.
	Scores {
		/// Shape.
		attention: Attention,
		/// What the sums are multiplied with.
		factor: f32,
	},
	/// The maximum of the elements of each row that are not masked, in column 0. Inputs: s.
	CausalMax {
		/// Positions of a sequence.
		context: u32,
	},
	/// `exp(s - m)`. Inputs: s, m.
	CausalExp {
		/// Positions of a sequence.
		context: u32,
	},
	/// The sum of each row, in column 0. Inputs: x.
	RowSum {
		/// Columns of x.
		width: u32,
	},
	/// For each head the product of the weights with the values, contracted over the positions up to
	/// the end of the last block of 128 with one that is not masked, `R` rows with the heads side by side; if there are sums, then times `1 / l`. Inputs:
	/// weights, values, l if any.
	Mix {
		/// Shape.
		attention: Attention,
	},
	/// For each head the sum of `a * b` over the columns of the head, in column 0. Inputs: a, b.
	HeadDot {
		/// Shape.
		attention: Attention,
	},
	/// `e * (1 / l)`. Inputs: e, l.
	Probability {
		/// Positions of a sequence.
		context: u32,
	},
	/// `(p * (dp - d)) * factor`. Inputs: p, dp, d.
	ScoreGrad {
		/// Positions of a sequence.
		context: u32,
		/// The factor of [`OpKind::Scores`].
		factor: f32,
	},
	/// For each key and value head the product of the transposed weights with the rows of the query
	/// heads that share it, `R` rows. The contracted axis is cut into blocks for each query head
	/// anew, in their order. Inputs: weights, rows.
	MixBack {
		/// Shape.
		attention: Attention,
	},
	/// `x * sigmoid(z)`, `z = x * (K1 + K2 * (x * x))`: see [`crate::functions::gelu`]. Inputs: x.
	Gelu,
	/// The gradient of it: [`crate::functions::gelu_grad`]` * dy`. Inputs: x, dy.
	GeluGrad,
	/// `(x * sigmoid(x)) * u`. Inputs: x, u.
	SwiGlu,
	/// `(dy * u) * ` [`crate::functions::silu_grad`]`(x)`. Inputs: x, u, dy.
	SwiGluGateGrad,
	/// `dy * (x * sigmoid(x))`. Inputs: x, dy.
	SwiGluUpGrad,
	/// `x * factor`. Inputs: x.
	Scale {
		/// The factor.
		factor: f32,
	},
	/// The sum of the rows of g by id, in column 0 of the ids, ascending from +0.0 or from the matrix
	/// given. `BadData` for an id that is no row. Inputs: ids, g, the matrix if any.
	TableGrad {
		/// Rows of the ids.
		rows: u32,
	},
	/// The sum of the rows of g by position, sequences ascending. Inputs: g.
	PositionGrad {
		/// Positions of a sequence.
		context: u32,
		/// Sequences.
		batch: u32,
	},
	/// Sums of up to 64 tiles, tile t of the output those from `64 * t` on, elementwise. Inputs: x.
	TileSum {
		/// Tiles of x.
		tiles: u32,
		/// The exponent of the loss scale if elements are multiplied by `2^-scale` and squared first.
		square: Option<u32>,
	},
	/// The factor of a gradient: `n > clip ? clip / n : 1.0`, `n = sqrt(s)`, where s is the sum of all elements of `count` tiles: tile 0 of every `stride`-th tensor from the input on;
	/// elementwise, then the lanes of each row, then the rows. Inputs: the first of them.
	ClipFactor {
		/// Tensors.
		count: u32,
		/// From the id of one to that of the next.
		stride: u32,
		/// The greatest norm.
		clip: f32,
	},
}

impl OpKind {
	/// Whether the output appears in no transcript: it is made again when a dispute comes to it.
	pub fn is_virtual(&self) -> bool {
		matches!(
			self,
			OpKind::Scores { .. }
				| OpKind::CausalExp { .. }
				| OpKind::Probability { .. }
				| OpKind::ScoreGrad { .. }
				| OpKind::TileSum { .. }
		)
	}
}
