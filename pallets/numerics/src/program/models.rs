//! What each model computes, part by part.

pub(super) mod gpt;
pub(super) mod mlp;

use super::{segment::Segment, OpKind, TensorId};

/// From logits to the losses of rows, their mean, and the gradient of the logits: the fifth output.
fn loss(
	segment: &mut Segment,
	(rows, width): (u32, u32),
	target: u32,
	scale: u32,
	[ids, logits]: [TensorId; 2],
) -> TensorId {
	let stat = [rows, 1];
	let max = segment.op("logits.max", OpKind::RowMax { width }, stat, &[logits]);
	let kind = OpKind::RowSumExp { width };
	let sum = segment.op("logits.sumexp", kind, stat, &[logits, max]);
	let kind = OpKind::LossRows { width, target };
	let losses = segment.op("losses", kind, stat, &[ids, logits, max, sum]);
	segment.op("loss", OpKind::MeanLoss { rows }, [1, 1], &[losses]);
	let kind = OpKind::LogitGrad { target, scale };
	segment.op("grad.logits", kind, [rows, width], &[ids, logits, max, sum])
}
