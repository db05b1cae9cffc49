//! Records: ops as 64 bytes, 16 to a tile.

use super::{Op, OpKind};
use crate::AdamRates;

/// Bytes of an op's record; 16 of them fill a tile.
pub const RECORD_BYTES: usize = 64;
/// Stands for an absent input in a record.
pub const NO_INPUT: u16 = u16::MAX;

/// What a record says of a kind.
struct Constants {
	code: u16,
	/// Two small numbers beside the constants.
	small: [u16; 2],
	words: [u32; 8],
}

/// A kind with at most eight constants.
fn words<const N: usize>(code: u16, constants: [u32; N]) -> Constants {
	let mut words = [0; 8];
	for (to, from) in words.iter_mut().zip(constants) {
		*to = from;
	}
	Constants {
		code,
		small: [0; 2],
		words,
	}
}

fn adam(code: u16, rates: &AdamRates, vector: bool) -> Constants {
	Constants {
		small: [u16::from(vector), rates.loss_scale],
		..words(
			code,
			[
				rates.learning_rate.to_bits(),
				rates.beta1.to_bits(),
				rates.beta2.to_bits(),
				rates.epsilon.to_bits(),
				rates.weight_decay.to_bits(),
				rates.warmup,
				rates.decay_steps,
				rates.floor.to_bits(),
			],
		)
	}
}

impl OpKind {
	/// The number of the kind in records.
	pub fn code(&self) -> u16 {
		self.constants().code
	}

	fn constants(&self) -> Constants {
		match *self {
			OpKind::Batch { context } => words(1, [context]),
			OpKind::Embed { context, embedding } => words(2, [context, embedding]),
			OpKind::MatMul {
				depth,
				transpose,
				terms,
			} => words(3, [depth, transpose as u32, terms]),
			OpKind::Bias => words(4, []),
			OpKind::Relu => words(5, []),
			OpKind::RowMax { width } => words(6, [width]),
			OpKind::RowSumExp { width } => words(7, [width]),
			OpKind::LossRows { width, target } => words(8, [width, target]),
			OpKind::MeanLoss { rows } => words(9, [rows]),
			OpKind::LogitGrad { target, scale } => words(10, [target, scale]),
			OpKind::ColSum { rows } => words(11, [rows]),
			OpKind::Pack => words(12, []),
			OpKind::ReluGrad => words(13, []),
			OpKind::EmbedGrad { rows, context } => words(14, [rows, context]),
			OpKind::AdamM { ref rates, vector } => adam(15, rates, vector),
			OpKind::AdamV { ref rates, vector } => adam(16, rates, vector),
			OpKind::AdamP { ref rates, vector } => adam(17, rates, vector),
			OpKind::StateList { count } => words(18, [count]),
			OpKind::Features { inputs } => words(19, [inputs]),
			OpKind::Labels { inputs, classes } => words(20, [inputs, classes]),
			OpKind::Tokens {
				context,
				bytes,
				vocabulary,
			} => words(21, [context, bytes, vocabulary]),
			OpKind::EmbedTokens {
				context,
				vocabulary,
			} => words(22, [context, vocabulary]),
			OpKind::RowMean { width } => words(23, [width]),
			OpKind::InverseDeviation { width, epsilon } => words(24, [width, epsilon.to_bits()]),
			OpKind::Normalise => words(25, []),
			OpKind::NormShift { width } => words(26, [width]),
			OpKind::NormSlope { width } => words(27, [width]),
			OpKind::NormGrad => words(28, []),
			OpKind::GainGrad { rows } => words(29, [rows]),
			OpKind::Rotate {
				context,
				head,
				inverse,
			} => words(30, [context, head, u32::from(inverse)]),
			OpKind::Scores { attention, factor } => {
				let [context, heads, group, head] = attention.words();
				words(31, [context, heads, group, head, factor.to_bits()])
			}
			OpKind::CausalMax { context } => words(32, [context]),
			OpKind::CausalExp { context } => words(33, [context]),
			OpKind::RowSum { width } => words(34, [width]),
			OpKind::Mix { attention } => words(35, attention.words()),
			OpKind::HeadDot { attention } => words(36, attention.words()),
			OpKind::Probability { context } => words(37, [context]),
			OpKind::ScoreGrad { context, factor } => words(38, [context, factor.to_bits()]),
			OpKind::MixBack { attention } => words(39, attention.words()),
			OpKind::Gelu => words(40, []),
			OpKind::GeluGrad => words(41, []),
			OpKind::SwiGlu => words(42, []),
			OpKind::SwiGluGateGrad => words(43, []),
			OpKind::SwiGluUpGrad => words(44, []),
			OpKind::Scale { factor } => words(45, [factor.to_bits()]),
			OpKind::TableGrad { rows } => words(46, [rows]),
			OpKind::PositionGrad { context, batch } => words(47, [context, batch]),
			OpKind::TileSum { tiles, square } => {
				words(48, [tiles, square.map_or(0, |scale| 1 + scale)])
			}
			OpKind::ClipFactor {
				count,
				stride,
				clip,
			} => words(49, [count, stride, clip.to_bits()]),
		}
	}
}

impl super::kind::Attention {
	fn words(&self) -> [u32; 4] {
		[self.context, self.heads, self.group, self.head]
	}
}

impl Op {
	/// The record, all numbers little-endian: kind `u16`, a small number `u16` (1 for the Adam ops of
	/// a packed vector, else 0), shape 2 x `u32`, inputs 8 x `u16` ([`NO_INPUT`] for an absent one),
	/// output `u16`, a small number `u16` (the exponent of the loss scale of the Adam ops, else 0), the
	/// kind's constants 8 x `u32` in the order of its fields (floats as patterns, booleans as 0 or 1,
	/// unused ones 0).
	pub fn record(&self) -> [u8; RECORD_BYTES] {
		let Constants { code, small, words } = self.kind.constants();
		let [first, second] = small;
		let [rows, cols] = self.shape;
		let pair = |low: u16, high: u16| u32::from(low) | u32::from(high) << 16;
		let [a, b, c, d, e, f, g, h] = self.inputs.map(|id| id.map_or(NO_INPUT, |id| id.0));
		let head = [
			pair(code, first),
			rows,
			cols,
			pair(a, b),
			pair(c, d),
			pair(e, f),
			pair(g, h),
			pair(self.output.0, second),
		];
		let mut record = [0; RECORD_BYTES];
		let all = head.into_iter().chain(words);
		for (to, word) in record.as_chunks_mut::<4>().0.iter_mut().zip(all) {
			*to = word.to_le_bytes();
		}
		record
	}
}
