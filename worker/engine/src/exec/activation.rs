//! Activations and statistics that are computed together with what is beside them.

use assay_numerics::program::Op;

use super::input;
use crate::{
	kernels::{activation, softmax},
	memory::Memory,
	pool::Lane,
	tensor::SIDE,
};

impl Memory {
	/// Runs the addition of a bias and the Gaussian error linear unit of the sum.
	pub(super) fn bias_gelu(&mut self, lane: Lane, ops: &[Op]) -> [u32; 2] {
		self.pair(ops, |memory, [bias, _], outputs| {
			let x = memory.tensor(input(bias, 0));
			let across = x.matrix().cols() / SIDE;
			let vector = memory.tensor(input(bias, 1)).floats();
			activation::bias_gelu(lane, x.floats(), (vector, across), outputs)
		})
	}

	/// Runs both gradients of a gated activation.
	pub(super) fn gated_back(&mut self, lane: Lane, ops: &[Op]) -> [u32; 2] {
		self.pair(ops, |memory, [gate, _], outputs| {
			let inputs = [0, 1, 2].map(|i| memory.tensor(input(gate, i)).floats());
			activation::swiglu_gradients(lane, inputs, outputs)
		})
	}

	/// Runs the maximum of each row of logits and the sum of its exponentials.
	pub(super) fn statistics(&mut self, lane: Lane, ops: &[Op]) -> [u32; 2] {
		self.pair(ops, |memory, [max, _], outputs| {
			let x = memory.tensor(input(max, 0));
			let [_, width] = x.shape();
			softmax::statistics(lane, (x.floats(), width), outputs)
		})
	}

	/// Runs two ops by one function of both outputs.
	fn pair(
		&mut self,
		ops: &[Op],
		run: impl FnOnce(&Self, [&Op; 2], [&mut [f32]; 2]) -> [u32; 2],
	) -> [u32; 2] {
		let [first, second] = ops else {
			unreachable!("two ops are computed together");
		};
		let mut outputs = [first, second].map(|op| self.take(op.output));
		let [one, other] = &mut outputs;
		let floats = [one.floats_mut(), other.floats_mut()];
		let greatest = run(self, [first, second], floats);
		for ((op, tensor), greatest) in ops.iter().zip(outputs).zip(greatest) {
			self.put(op.output, tensor, greatest);
		}
		greatest
	}
}
