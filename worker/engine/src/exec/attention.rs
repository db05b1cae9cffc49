//! Attention: five ops forward, seven backward.

use assay_numerics::program::{Op, OpKind, Program};

use super::input;
use crate::{attention, memory::Memory, pool::Lane};

impl Memory {
	/// Runs the five ops of attention.
	pub(super) fn attention(
		&mut self,
		lane: Lane,
		program: &Program,
		ops: &[Op],
	) -> attention::Forwards {
		let [scores, max, _, sums, mixed] = ops else {
			unreachable!("attention has five ops");
		};
		let OpKind::Scores { attention, factor } = scores.kind else {
			unreachable!("attention begins with its scores");
		};
		let shape = attention::Shape::new(&attention, program.outline().rows(), factor);
		let ids = [max.output, sums.output, mixed.output];
		let mut outputs = ids.map(|id| self.take(id));
		let inputs = [input(scores, 0), input(scores, 1), input(mixed, 1)];
		let inputs = inputs.map(|id| self.tensor(id).matrix());
		let [max, sums, mixed] = &mut outputs;
		let out = attention::ForwardOutput {
			max: max.floats_mut(),
			sums: sums.floats_mut(),
			mixed: mixed.floats_mut(),
		};
		let greatest = attention::forward(lane, shape, &self.workspace, inputs, out);
		let [_, most_max, _, most_sum, most_mixed] = greatest;
		let most = [most_max, most_sum, most_mixed];
		for ((id, tensor), greatest) in ids.into_iter().zip(outputs).zip(most) {
			self.put(id, tensor, greatest);
		}
		greatest
	}

	/// Runs the seven ops of the gradient of attention.
	pub(super) fn attention_back(
		&mut self,
		lane: Lane,
		program: &Program,
		ops: &[Op],
	) -> attention::Backwards {
		let [dots, weights, probability, scores, value, query, key] = ops else {
			unreachable!("the gradient of attention has seven ops");
		};
		let (OpKind::Scores { attention, .. }, OpKind::ScoreGrad { factor, .. }) =
			(weights.kind, scores.kind)
		else {
			unreachable!("the gradient of attention needs that of its weights and scores");
		};
		let shape = attention::Shape::new(&attention, program.outline().rows(), factor);
		// The exponentials are computed again from what they were computed from.
		let written = |id| program.ops().iter().find(|op| op.output == id);
		let exponentials = written(input(probability, 0)).expect("weights have exponentials; qed");
		let ids = [dots.output, value.output, query.output, key.output];
		let mut outputs = ids.map(|id| self.take(id));
		let matrix = |id| self.tensor(id).matrix();
		let from = attention::BackwardInput {
			query: matrix(input(key, 1)),
			key: matrix(input(query, 1)),
			value: matrix(input(weights, 1)),
			max: self.tensor(input(exponentials, 1)).floats(),
			sums: self.tensor(input(probability, 1)).floats(),
			mixed: matrix(input(dots, 1)),
			gradient: matrix(input(dots, 0)),
		};
		let [dots, value, query, key] = &mut outputs;
		let out = attention::BackwardOutput {
			dots: dots.floats_mut(),
			value: value.floats_mut(),
			query: query.floats_mut(),
			key: key.floats_mut(),
		};
		let greatest = attention::backward(lane, shape, &self.workspace, from, out);
		let [most_dots, _, _, _, most_value, most_query, most_key] = greatest;
		let most = [most_dots, most_value, most_query, most_key];
		for ((id, tensor), greatest) in ids.into_iter().zip(outputs).zip(most) {
			self.put(id, tensor, greatest);
		}
		greatest
	}
}
