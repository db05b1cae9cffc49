//! A block forward, and the end of the model.

use super::{
	super::super::{segment::Segment, OpKind, Role, TensorId, Transpose},
	Context, Pair, Part,
};
use crate::plan::CheckedGpt;

/// What a norm writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct NormIds {
	pub(super) mean: Option<TensorId>,
	pub(super) inverse: TensorId,
	pub(super) out: TensorId,
}

/// What an adapter writes: `x A^T`, times the scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct AdapterIds {
	pub(super) scaled: TensorId,
}

/// What a block writes and backward reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct ForwardIds {
	pub(super) input: TensorId,
	pub(super) first_norm: NormIds,
	/// Turned, if positions are rotary.
	pub(super) query: TensorId,
	pub(super) key: TensorId,
	pub(super) value: TensorId,
	pub(super) query_adapter: Option<AdapterIds>,
	pub(super) value_adapter: Option<AdapterIds>,
	pub(super) exponentials: TensorId,
	pub(super) sums: TensorId,
	pub(super) mixed: TensorId,
	pub(super) middle: TensorId,
	pub(super) second_norm: NormIds,
	pub(super) gate: Option<TensorId>,
	pub(super) up: TensorId,
	pub(super) inner: TensorId,
}

/// What the end of the model writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutputIds {
	/// Of a model that is not frozen; a place without meaning otherwise.
	pub(super) head_gradient: TensorId,
	/// By what the last block wrote.
	pub(super) upstream: TensorId,
}

impl CheckedGpt {
	/// The residual stream that a block reads.
	fn stream(&self, context: &Context<'_>, layer: u32) -> TensorId {
		match layer.checked_sub(1) {
			None => context.output(Part::Input, 0, 1),
			Some(below) => {
				// The last output of the block below.
				TensorId((context.first)(Part::Forward, below + 1).saturating_sub(1) as u16)
			}
		}
	}

	fn norm(
		&self,
		segment: &mut Segment,
		[mean, inverse, out]: [&'static str; 3],
		rows: u32,
		x: TensorId,
		(gain, bias): (TensorId, Option<TensorId>),
	) -> NormIds {
		let width = self.width;
		let kind = OpKind::InverseDeviation {
			width,
			epsilon: self.epsilon,
		};
		let shape = [rows, width];
		match bias {
			None => {
				let inverse = segment.op(inverse, kind, [rows, 1], &[x]);
				let out = segment.op(out, OpKind::Normalise, shape, &[x, inverse, gain]);
				let mean = None;
				NormIds { mean, inverse, out }
			}
			Some(bias) => {
				let mean = segment.op(mean, OpKind::RowMean { width }, [rows, 1], &[x]);
				let inverse = segment.op(inverse, kind, [rows, 1], &[x, mean]);
				let inputs = [x, inverse, gain, mean, bias];
				let out = segment.op(out, OpKind::Normalise, shape, &inputs);
				let mean = Some(mean);
				NormIds { mean, inverse, out }
			}
		}
	}

	/// The ids of a pair's tensors.
	pub(super) fn ids(
		&self,
		context: &Context<'_>,
		first: u32,
		pair: Pair,
	) -> (TensorId, Option<TensorId>) {
		(
			self.tensor(context, first + pair.weight),
			pair.bias.map(|bias| self.tensor(context, first + bias)),
		)
	}

	/// `base + x W^T + b`.
	fn linear(
		segment: &mut Segment,
		[product, sum]: [&'static str; 2],
		(shape, terms): ((u32, u32, u32), u32),
		(x, base): (TensorId, Option<TensorId>),
		(weight, bias): (TensorId, Option<TensorId>),
	) -> TensorId {
		let (rows, depth, cols) = shape;
		let kind = OpKind::MatMul {
			depth,
			transpose: Transpose::Right,
			terms,
		};
		let with = [x, weight, base.unwrap_or(x)];
		let inputs = if base.is_some() {
			&with[..]
		} else {
			&with[..2]
		};
		let out = segment.op(product, kind, [rows, cols], inputs);
		match bias {
			None => out,
			Some(bias) => segment.op(sum, OpKind::Bias, [rows, cols], &[out, bias]),
		}
	}

	/// `base + (x A^T * scale) B^T`, where A is the adapter at this place.
	fn adapt(
		&self,
		segment: &mut Segment,
		[down, scaled, up]: [&'static str; 3],
		(context, place): (&Context<'_>, u32),
		(rows, cols): (u32, u32),
		(x, base): (TensorId, TensorId),
	) -> (TensorId, Option<AdapterIds>) {
		let Some((rank, factor)) = self.adapter else {
			return (base, None);
		};
		let [a, b] = [place, place + 1].map(|place| (context.param)(place));
		let role = Role::Intermediate;
		let shape = (rows, self.width, rank);
		let product = segment.matmul(down, role, Transpose::Right, shape, &[x, a]);
		let scaled = segment.op(scaled, OpKind::Scale { factor }, [rows, rank], &[product]);
		let shape = (rows, rank, cols);
		let out = segment.matmul(up, role, Transpose::Right, shape, &[scaled, b, base]);
		(out, Some(AdapterIds { scaled }))
	}

	/// A block. Called with an empty segment that starts where the block does, it also tells the ids
	/// of a block that was emitted before.
	pub(super) fn emit_forward(
		&self,
		segment: &mut Segment,
		layer: u32,
		context: &Context<'_>,
	) -> ForwardIds {
		let rows = self.rows(context.batch);
		let (width, attention) = (self.width, self.attention);
		let (queries, values) = self.head_widths();
		let block = self.block();
		let first = self.tables() + layer * block.count;
		let pair = |pair| self.ids(context, first, pair);
		let input = self.stream(context, layer);

		let names = ["layers.{}.mean1", "layers.{}.inverse1", "layers.{}.norm1"];
		let first_norm = self.norm(segment, names, rows, input, pair(block.first_norm));
		let x = first_norm.out;
		let linear = |segment: &mut Segment, names, cols, tensors| {
			CheckedGpt::linear(
				segment,
				names,
				((rows, width, cols), 1),
				(x, None),
				pair(tensors),
			)
		};
		let names = ["layers.{}.q.product", "layers.{}.q"];
		let query = linear(segment, names, queries, block.query);
		let names = [
			"layers.{}.q.down",
			"layers.{}.q.scaled",
			"layers.{}.q.adapted",
		];
		let place = super::ADAPTERS * layer;
		let shape = (rows, queries);
		let (query, query_adapter) =
			self.adapt(segment, names, (context, place), shape, (x, query));
		let names = ["layers.{}.k.product", "layers.{}.k"];
		let key = linear(segment, names, values, block.key);
		let names = ["layers.{}.v.product", "layers.{}.v"];
		let value = linear(segment, names, values, block.value);
		let names = [
			"layers.{}.v.down",
			"layers.{}.v.scaled",
			"layers.{}.v.adapted",
		];
		let shape = (rows, values);
		let (value, value_adapter) =
			self.adapt(segment, names, (context, place + 2), shape, (x, value));
		let (query, key) = if self.learned() {
			(query, key)
		} else {
			let kind = OpKind::Rotate {
				context: attention.context,
				head: attention.head,
				inverse: false,
			};
			(
				segment.op("layers.{}.q.turned", kind, [rows, queries], &[query]),
				segment.op("layers.{}.k.turned", kind, [rows, values], &[key]),
			)
		};

		let positions = attention.context;
		let tall = rows * attention.heads;
		let kind = OpKind::Scores {
			attention,
			factor: self.score_factor(),
		};
		let scores = segment.op("layers.{}.scores", kind, [tall, positions], &[query, key]);
		let kind = OpKind::CausalMax { context: positions };
		let max = segment.op("layers.{}.max", kind, [tall, 1], &[scores]);
		let kind = OpKind::CausalExp { context: positions };
		let shape = [tall, positions];
		let exponentials = segment.op("layers.{}.exp", kind, shape, &[scores, max]);
		let kind = OpKind::RowSum { width: positions };
		let sums = segment.op("layers.{}.sums", kind, [tall, 1], &[exponentials]);
		let kind = OpKind::Mix { attention };
		let inputs = [exponentials, value, sums];
		let mixed = segment.op("layers.{}.mixed", kind, [rows, queries], &inputs);
		let names = ["layers.{}.attended.product", "layers.{}.attended"];
		let middle = CheckedGpt::linear(
			segment,
			names,
			((rows, queries, width), 1),
			(mixed, Some(input)),
			pair(block.out),
		);

		let names = ["layers.{}.mean2", "layers.{}.inverse2", "layers.{}.norm2"];
		let second_norm = self.norm(segment, names, rows, middle, pair(block.second_norm));
		let x = second_norm.out;
		let inner_width = self.feed_forward;
		let wide = ((rows, width, inner_width), 1);
		let shape = [rows, inner_width];
		let gate = block.gate.map(|gate| {
			let names = ["layers.{}.gate.product", "layers.{}.gate"];
			CheckedGpt::linear(segment, names, wide, (x, None), pair(gate))
		});
		let names = ["layers.{}.up.product", "layers.{}.up"];
		let up = CheckedGpt::linear(segment, names, wide, (x, None), pair(block.up));
		let inner = match gate {
			Some(gate) => segment.op("layers.{}.inner", OpKind::SwiGlu, shape, &[gate, up]),
			None => segment.op("layers.{}.inner", OpKind::Gelu, shape, &[up]),
		};
		let names = ["layers.{}.output.product", "layers.{}.output"];
		CheckedGpt::linear(
			segment,
			names,
			((rows, inner_width, width), self.terms),
			(inner, Some(middle)),
			pair(block.down),
		);
		ForwardIds {
			input,
			first_norm,
			query,
			key,
			value,
			query_adapter,
			value_adapter,
			exponentials,
			sums,
			mixed,
			middle,
			second_norm,
			gate,
			up,
			inner,
		}
	}

	/// What scores are multiplied with: `1 / sqrt(head)`.
	pub(super) fn score_factor(&self) -> f32 {
		1.0 / crate::functions::sqrt(self.attention.head as f32)
	}

	pub(super) fn emit_output(&self, segment: &mut Segment, context: &Context<'_>) {
		self.output_of(segment, context);
	}

	/// The ids of what the end of the model writes.
	pub(super) fn output_ids(&self, context: &Context<'_>) -> OutputIds {
		let mut segment = Segment::new((context.first)(Part::Output, 0), 0);
		self.output_of(&mut segment, context)
	}

	fn output_of(&self, segment: &mut Segment, context: &Context<'_>) -> OutputIds {
		let rows = self.rows(context.batch);
		let (width, vocabulary) = (self.width, self.vocabulary);
		let (pair, head_place) = self.last();
		let x = self.stream(context, self.layers);
		let tensors = self.ids(context, 0, pair);
		let names = ["mean", "inverse", "norm"];
		let norm = self.norm(segment, names, rows, x, tensors);
		let head = self.tensor(context, head_place);
		let shape = (rows, width, vocabulary);
		let role = Role::Intermediate;
		let inputs = [norm.out, head];
		let logits = segment.matmul("logits", role, Transpose::Right, shape, &inputs);
		let ids = context.output(Part::Input, 0, 0);
		let shape = (rows, vocabulary);
		let grad = super::super::loss(segment, shape, 1, context.scale, [ids, logits]);

		let mut head_gradient = grad;
		if self.adapter.is_none() {
			let (name, role) = if self.tied {
				("grad.head", Role::Intermediate)
			} else {
				("", Role::Gradient(head_place as u16))
			};
			let shape = (vocabulary, rows, width);
			let inputs = [grad, norm.out];
			head_gradient = segment.matmul(name, role, Transpose::Left, shape, &inputs);
		}
		let shape = (rows, vocabulary, width);
		let role = Role::Intermediate;
		let inputs = [grad, head];
		let back = segment.matmul("grad.norm", role, Transpose::Neither, shape, &inputs);
		let names = [
			"grad.norm.gain",
			"grad.norm.bias",
			"grad.norm.shift",
			"grad.norm.slope",
			"grad.stream",
		];
		let upstream = self.norm_back(
			segment,
			names,
			(rows, pair, 0),
			(x, norm, tensors.0),
			(back, None),
		);
		OutputIds {
			head_gradient,
			upstream,
		}
	}
}
