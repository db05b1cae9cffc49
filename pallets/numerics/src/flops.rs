//! Reference operations: what a task and a verdict are paid by.
//!
//! A product of matrices counts `2 * rows * cols * depth`. Every other op counts the operations that
//! its formula writes for each element it reads or writes, an exponential as 16. No executor has to
//! spend them; they only compare plans.

use crate::program::{Op, OpKind};

/// Operations of an exponential or a logarithm.
const FUNCTION: u64 = 16;

/// Reference operations of one op.
pub fn of_op(op: &Op) -> u64 {
	let [rows, cols] = op.shape.map(u64::from);
	let elements = rows * cols;
	// Elements of attention that are not masked.
	let causal = |context: &u32| rows * (u64::from(*context) + 1) / 2;
	match &op.kind {
		OpKind::Batch { .. } | OpKind::Embed { .. } | OpKind::Tokens { .. } => 0,
		OpKind::Pack | OpKind::StateList { .. } | OpKind::Labels { .. } => 0,
		OpKind::Features { .. } => elements,
		OpKind::EmbedTokens { .. } => elements * u64::from(op.input(2).is_some()),
		OpKind::MatMul { depth, terms, .. } => 2 * elements * u64::from(*depth) * u64::from(*terms),
		OpKind::Scores { attention, .. } => {
			2 * causal(&attention.context) * u64::from(attention.head)
		}
		// A row of the output for each position, and as many products as it may see.
		OpKind::Mix { attention } => elements * (u64::from(attention.context) + 1),
		OpKind::MixBack { attention } => {
			elements * u64::from(attention.group) * (u64::from(attention.context) + 1)
		}
		OpKind::Bias | OpKind::Relu | OpKind::ReluGrad | OpKind::Scale { .. } => elements,
		OpKind::RowMax { width } | OpKind::RowMean { width } | OpKind::RowSum { width } => {
			elements * u64::from(*width)
		}
		OpKind::RowSumExp { width } => elements * u64::from(*width) * (FUNCTION + 2),
		OpKind::InverseDeviation { width, .. } => elements * u64::from(*width) * 3,
		OpKind::Normalise => elements * 4,
		OpKind::NormShift { width } => elements * u64::from(*width) * 2,
		OpKind::NormSlope { width } => elements * u64::from(*width) * 5,
		OpKind::NormGrad => elements * 7,
		OpKind::GainGrad { rows } => elements * u64::from(*rows) * 4,
		OpKind::Rotate { .. } => elements * 3,
		OpKind::CausalMax { context } => causal(context),
		OpKind::CausalExp { context } => causal(context) * (FUNCTION + 1),
		OpKind::Probability { context } => causal(context) * 2,
		OpKind::ScoreGrad { context, .. } => causal(context) * 3,
		OpKind::HeadDot { attention } => elements * u64::from(attention.head) * 2,
		OpKind::Gelu | OpKind::SwiGlu | OpKind::SwiGluUpGrad => elements * (FUNCTION + 6),
		OpKind::GeluGrad | OpKind::SwiGluGateGrad => elements * (FUNCTION + 12),
		OpKind::LossRows { .. } => elements * (FUNCTION + 2),
		OpKind::MeanLoss { rows } | OpKind::ColSum { rows } => elements * u64::from(*rows),
		OpKind::LogitGrad { .. } => elements * (FUNCTION + 4),
		OpKind::EmbedGrad { rows, context } => u64::from(*rows) * u64::from(*context) * cols,
		OpKind::TableGrad { rows } => u64::from(*rows) * cols,
		OpKind::PositionGrad { batch, .. } => elements * u64::from(*batch),
		OpKind::TileSum { tiles, .. } => u64::from(*tiles) * 2 * crate::tile::ELEMENTS as u64,
		OpKind::ClipFactor { count, .. } => u64::from(*count) * crate::tile::ELEMENTS as u64,
		OpKind::AdamM { .. } => elements * 4,
		OpKind::AdamV { .. } => elements * 5,
		OpKind::AdamP { .. } => elements * 8,
	}
}
