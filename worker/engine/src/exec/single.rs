//! Ops on their own.

use std::sync::atomic::AtomicU32;

use assay_numerics::{
	arith::LOWEST,
	program::{Op, OpKind, TensorId},
};

use super::input;
use crate::{
	contract::Sums,
	kernels::{
		activation, clip, elementwise, embedding, norm, reduce, rotate, softmax, tokens::table,
	},
	memory::Memory,
	pool::Lane,
	tensor::SIDE,
};

impl Memory {
	/// Runs one op that depends on tensors only; returns its greatest magnitude pattern.
	pub(super) fn op(&mut self, lane: Lane, op: &Op) -> u32 {
		if matches!(
			op.kind,
			OpKind::Batch { .. }
				| OpKind::Features { .. }
				| OpKind::Labels { .. }
				| OpKind::Tokens { .. }
				| OpKind::StateList { .. }
		) {
			// Written before the step, or a list of roots that is made at borders only.
			if let OpKind::Features { .. } = op.kind {
				// All of them are below one.
				let place = self.place(op.output);
				self.greatest[place] = 1.0_f32.to_bits();
			}
			return 0;
		}
		let mut output = self.take(op.output);
		let most = self.compute(lane, op, output.floats_mut());
		self.put(op.output, output, most);
		most
	}

	fn compute(&mut self, lane: Lane, op: &Op, out: &mut [f32]) -> u32 {
		if let OpKind::MatMul { .. } = op.kind {
			return self.product(lane, op, None, out);
		}
		let tensor = |i: usize| self.tensor(input(op, i));
		let floats = |i: usize| tensor(i).floats();
		let matrix = |i: usize| tensor(i).matrix();
		let watch = |terms: usize, factors: &[usize]| self.watch(op, terms, factors);
		match op.kind {
			OpKind::Embed { context, .. } => {
				embedding::embed(lane, matrix(0), context as usize, matrix(1), out)
			}
			OpKind::Bias => {
				let across = matrix(0).cols() / SIDE;
				elementwise::add_bias(lane, floats(0), floats(1), across, out)
			}
			OpKind::Relu => elementwise::relu(lane, floats(0), out),
			OpKind::LossRows { target, .. } | OpKind::LogitGrad { target, .. } => {
				let [_, width] = tensor(1).shape();
				let rows = softmax::Rows {
					ids: tensor(0),
					target: target as usize,
					logits: matrix(1),
					width,
					max: floats(2),
					sum: floats(3),
					scale: match op.kind {
						OpKind::LogitGrad { scale, .. } => scale,
						_ => 0,
					},
				};
				if matches!(op.kind, OpKind::LogitGrad { .. }) {
					softmax::gradient(lane, rows, out)
				} else {
					softmax::losses(lane, rows, out)
				}
			}
			OpKind::MeanLoss { rows } => reduce::mean(lane, &floats(0)[..rows as usize], out),
			OpKind::ColSum { rows } => {
				reduce::column_sum(lane, matrix(0), watch(rows as usize, &[0]), out)
			}
			OpKind::Pack => reduce::pack(lane, floats(0), out),
			OpKind::ReluGrad => elementwise::relu_gradient(lane, floats(0), floats(1), out),
			OpKind::EmbedGrad { rows, context } => {
				let (rows, context) = (rows as usize, context as usize);
				let watch = watch(rows * context, &[1]);
				embedding::gradient(lane, matrix(0), context, matrix(1), watch, out)
			}
			OpKind::GainGrad { rows } => {
				let of = norm::gain::Gain {
					dy: matrix(0),
					x: matrix(1),
					inverse: floats(2),
					mean: op.input(3).map(|id| self.tensor(id).floats()),
				};
				// Between steps, sums of products of three factors: they are few.
				norm::gain::gradient(lane, of, rows > 128, out)
			}
			OpKind::EmbedTokens { .. } => {
				let positions = op.input(2).map(|id| self.tensor(id).matrix());
				table::embed(lane, matrix(0), matrix(1), positions, out)
			}
			OpKind::TableGrad { rows } => {
				let base = op.input(2).map(|id| self.tensor(id).floats());
				let watch = watch(rows as usize, &[1]) || base.is_some() && watch(2, &[2]);
				table::gradient(lane, (matrix(0), matrix(1)), base, watch, out)
			}
			OpKind::PositionGrad { batch, .. } => {
				table::position_gradient(lane, floats(0), watch(batch as usize, &[0]), out)
			}
			OpKind::Rotate { inverse, .. } => {
				let [_, width] = tensor(0).shape();
				rotate::rotate(lane, (floats(0), width), &self.angles, inverse, out)
			}
			OpKind::Gelu => activation::gelu_all(lane, floats(0), out),
			OpKind::GeluGrad => activation::gelu_gradient(lane, floats(0), floats(1), out),
			OpKind::SwiGlu => activation::swiglu(lane, floats(0), floats(1), out),
			OpKind::SwiGluGateGrad => {
				activation::gate_gradient(lane, floats(0), floats(1), floats(2), out)
			}
			OpKind::SwiGluUpGrad => activation::up_gradient(lane, floats(0), floats(1), out),
			OpKind::Scale { factor } => activation::scale(lane, floats(0), factor, out),
			OpKind::TileSum { square, .. } => {
				let factors: &[usize] = if square.is_some() { &[0, 0] } else { &[0] };
				clip::tile_sums(lane, (floats(0), square), watch(64, factors), out)
			}
			OpKind::ClipFactor {
				count,
				stride,
				clip: limit,
			} => {
				let first = input(op, 0).0;
				let sums = (0..count).map(|n| {
					let id = TensorId(first + (n * stride) as u16);
					self.tensor(id).floats()
				});
				// Few tiles: watching them costs nothing.
				clip::factor(lane, sums, limit, true, out)
			}
			// Computed with others, written before the step, or made at borders only.
			_ => unreachable!("{:?} is no op on its own", op.kind),
		}
	}

	/// Whether a sum of so many elements, or products of elements, of these inputs might leave the
	/// range on the way.
	pub(super) fn watch(&self, op: &Op, terms: usize, factors: &[usize]) -> bool {
		let most = factors
			.iter()
			.map(|i| f64::from(f32::from_bits(self.greatest(input(op, *i)))));
		2.0 * terms as f64 * most.product::<f64>() >= f64::from(-LOWEST)
	}

	/// Runs a product and the bias of its sum. Returns the greatest magnitude pattern of each.
	pub(super) fn linear(&mut self, lane: Lane, ops: &[Op]) -> [u32; 2] {
		let [product, sum] = ops else {
			unreachable!("a linear layer has a product and a bias");
		};
		let bias = self.take(input(sum, 1));
		let mut out = self.take(sum.output);
		let greatest = AtomicU32::new(0);
		let with = Some((bias.floats(), &greatest));
		let most = self.product(lane, product, with, out.floats_mut());
		let greatest_bias = self.greatest(input(sum, 1));
		self.put(input(sum, 1), bias, greatest_bias);
		self.put(sum.output, out, most);
		[greatest.into_inner(), most]
	}

	fn product(
		&mut self,
		lane: Lane,
		op: &Op,
		bias: Option<(&[f32], &AtomicU32)>,
		out: &mut [f32],
	) -> u32 {
		let OpKind::MatMul { depth, .. } = op.kind else {
			unreachable!("only products are computed here");
		};
		let watch = match op.input(2) {
			// Each of the two stays under a half.
			Some(_) => self.watch(op, 2, &[2]) || self.watch(op, 2 * depth as usize, &[0, 1]),
			None => self.watch(op, depth as usize, &[0, 1]),
		};
		let mut operands = std::mem::take(&mut self.operands);
		let matrices = [0, 1].map(|i| self.tensor(input(op, i)).matrix());
		let base = op.input(2).map(|id| self.tensor(id).floats());
		let sums = Sums { base, watch, bias };
		let greatest = operands.multiply(lane, op.output, matrices, sums, out);
		self.operands = operands;
		greatest
	}
}
