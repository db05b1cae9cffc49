//! Ops: what is computed from which tensors.

mod kind;
mod record;

use super::{Layout, TensorId};

pub use kind::{Attention, OpKind, Transpose};
pub use record::{NO_INPUT, RECORD_BYTES};

/// Inputs of an op, at most.
pub const MAX_INPUTS: usize = 8;

/// One op. It says everything that its functions in [`crate::ops`] need to know.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Op {
	/// What is computed, with its constants.
	pub kind: OpKind,
	/// Rows and columns of the output, without padding.
	pub shape: [u32; 2],
	/// The inputs, in the order that [`OpKind`] names; absent ones come last.
	pub inputs: [Option<TensorId>; MAX_INPUTS],
	/// The output.
	pub output: TensorId,
}

impl Op {
	/// The input at place `i`.
	pub fn input(&self, i: usize) -> Option<TensorId> {
		self.inputs.get(i).copied().flatten()
	}

	/// How many inputs there are.
	pub fn input_count(&self) -> usize {
		self.inputs.iter().flatten().count()
	}

	/// The layout of the output.
	pub fn layout(&self) -> Layout {
		let [rows, cols] = self.shape;
		match self.kind {
			OpKind::StateList { count } => Layout::Roots { count },
			OpKind::Pack
			| OpKind::AdamM { vector: true, .. }
			| OpKind::AdamV { vector: true, .. }
			| OpKind::AdamP { vector: true, .. } => Layout::Vector { len: cols },
			_ => Layout::Matrix { rows, cols },
		}
	}
}
