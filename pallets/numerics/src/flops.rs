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
	match op.kind {
		OpKind::Batch { .. } | OpKind::Embed { .. } => 0,
		OpKind::Pack | OpKind::StateList { .. } => 0,
		OpKind::MatMul { depth, .. } => 2 * elements * u64::from(depth),
		OpKind::Bias | OpKind::Relu | OpKind::ReluGrad => elements,
		OpKind::RowMax { width } => elements * u64::from(width),
		OpKind::RowSumExp { width } => elements * u64::from(width) * (FUNCTION + 2),
		OpKind::LossRows { .. } => elements * (FUNCTION + 2),
		OpKind::MeanLoss { rows } | OpKind::ColSum { rows } => elements * u64::from(rows),
		OpKind::LogitGrad { .. } => elements * (FUNCTION + 4),
		OpKind::EmbedGrad { rows, context } => u64::from(rows) * u64::from(context) * cols,
		OpKind::AdamM { .. } => elements * 3,
		OpKind::AdamV { .. } => elements * 4,
		OpKind::AdamP { .. } => elements * 8,
	}
}
