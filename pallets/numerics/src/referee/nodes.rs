//! Where the descents of a dispute start, which leads to a question.

use super::{accumulator_bytes, judged_op, judged_ops, Commitments, Fold, Held, RefereeError};
use crate::{
	hash::{Node, Root},
	ops,
	program::Outline,
};

impl Commitments {
	/// The node of the list of the outputs: its leaves show roots of ops, by number.
	pub fn outputs_node(&self, outline: &Outline) -> Node {
		Node::top(self.outputs, u64::from(judged_ops(outline)) * 32)
	}
}

impl Fold {
	/// The node of the accumulators, of a fold of so many steps: its leaves are those after each step.
	pub fn node(&self, steps: u32) -> Node {
		Node::top(self.accumulators, accumulator_bytes(steps))
	}
}

impl Held {
	/// The node of the list that holds it, which has this root: its leaves show its entries.
	pub fn node(self, outline: &Outline, list: Root) -> Node {
		Node::top(list, u64::from(self.entries(outline)) * 32)
	}
}

/// The node of an op's output, which has this root: its leaves are its tiles.
///
/// # Errors
/// [`RefereeError::NoSuchOp`].
pub fn output_node(outline: &Outline, op: u32, root: Root) -> Result<Node, RefereeError> {
	let layout = judged_op(outline, op)?.layout();
	Ok(Node::top(root, layout.bytes()))
}

/// Steps of the fold of a tile of an op's output. It is judged as a whole if there is at most one.
///
/// # Errors
/// [`RefereeError::NoSuchOp`] and [`RefereeError::NoSuchTile`].
pub fn fold_steps(outline: &Outline, op: u32, tile: u32) -> Result<u32, RefereeError> {
	let op = judged_op(outline, op)?;
	let count = ops::tiles(&op);
	if tile < count {
		Ok(ops::steps(&op, tile))
	} else {
		Err(RefereeError::NoSuchTile { tile, count })
	}
}
