//! What one optimiser step computes: tensors and ops, in order.

mod lower;
mod models;
mod op;
mod outline;
mod segment;
mod tensor;

use alloc::vec::Vec;

use crate::{hash, tile, Root};

pub use lower::lower;
pub use op::{Attention, Op, OpKind, Transpose, MAX_INPUTS, NO_INPUT, RECORD_BYTES};
pub use outline::{Outline, MAX_TENSORS};
pub use segment::Init;
pub use tensor::{Layout, Role, TensorId, TensorInfo, TileRef, DATA};

pub(crate) use tensor::tiles_along;

/// A plan lowered to its tensors and ops.
#[derive(Clone, Debug)]
pub struct Program {
	pub(crate) outline: Outline,
	pub(crate) tensors: Vec<TensorInfo>,
	pub(crate) ops: Vec<Op>,
	pub(crate) params: Vec<TensorId>,
	pub(crate) inits: Vec<Init>,
	pub(crate) frozen: Vec<TensorId>,
	pub(crate) moments: Vec<TensorId>,
	pub(crate) next_params: Vec<TensorId>,
	pub(crate) next_moments: Vec<TensorId>,
	pub(crate) gradients: Vec<TensorId>,
	pub(crate) row_losses: TensorId,
	pub(crate) mean_loss: TensorId,
}

impl Program {
	/// The same without lists.
	pub fn outline(&self) -> &Outline {
		&self.outline
	}

	/// All tensors; a [`TensorId`] is the place in this list.
	pub fn tensors(&self) -> &[TensorInfo] {
		&self.tensors
	}

	/// One tensor.
	pub fn tensor(&self, id: TensorId) -> Option<&TensorInfo> {
		self.tensors.get(usize::from(id.0))
	}

	/// All ops, in the order in which they are computed and judged.
	pub fn ops(&self) -> &[Op] {
		&self.ops
	}

	/// The parameters before the step, in the order of the checkpoint's list.
	pub fn params(&self) -> &[TensorId] {
		&self.params
	}

	/// The moments before the step: all first ones, then all second ones, in the order of the
	/// parameters.
	pub fn moments(&self) -> &[TensorId] {
		&self.moments
	}

	/// The parameters after the step.
	pub fn next_params(&self) -> &[TensorId] {
		&self.next_params
	}

	/// The moments after the step, in the order of [`Program::moments`].
	pub fn next_moments(&self) -> &[TensorId] {
		&self.next_moments
	}

	/// The gradients, in the order of the parameters.
	pub fn gradients(&self) -> &[TensorId] {
		&self.gradients
	}

	/// The loss of every row of the batch, in column 0.
	pub fn row_losses(&self) -> TensorId {
		self.row_losses
	}

	/// Their mean, one element.
	pub fn mean_loss(&self) -> TensorId {
		self.mean_loss
	}

	/// The tensors of the model that are not trained, in the order of its checkpoint.
	pub fn frozen(&self) -> &[TensorId] {
		&self.frozen
	}

	/// The first values of the parameter at this place of [`Program::params`].
	pub fn init(&self, param: usize) -> Option<Init> {
		self.inits.get(param).copied()
	}

	/// Columns of the logits: tokens of the vocabulary, or classes.
	pub fn vocabulary(&self) -> u32 {
		self.outline.vocabulary()
	}

	/// The records of all ops, padded with zeros to whole tiles.
	pub fn op_records(&self) -> Vec<u8> {
		let mut bytes: Vec<u8> = self.ops.iter().flat_map(Op::record).collect();
		bytes.resize(bytes.len().next_multiple_of(tile::BYTES), 0);
		bytes
	}

	/// The root of [`Program::op_records`].
	pub fn op_list_root(&self) -> Root {
		hash::tensor_root(&self.op_records())
	}

	/// Reference operations of one step: see [`crate::flops`].
	pub fn flops_per_step(&self) -> u64 {
		self.outline.flops_per_step()
	}

	/// Canonical bytes of all parameters together, without the list of roots.
	pub fn checkpoint_bytes(&self) -> u64 {
		self.outline.checkpoint_bytes()
	}
}
