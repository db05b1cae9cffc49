//! A block backward.

use super::{
	super::super::{segment::Segment, OpKind, Role, TensorId, Transpose},
	forward::{AdapterIds, NormIds},
	Context, Pair, Part,
};
use crate::plan::CheckedGpt;

/// What the gradient of a linear layer needs: names, places and shape.
struct Linear {
	sums: &'static str,
	back: &'static str,
	pair: Pair,
	/// Of the weight, and of the bias.
	tensors: (TensorId, Option<TensorId>),
	/// Columns of the layer's input and output.
	depth: u32,
	cols: u32,
}

impl CheckedGpt {
	/// The gradient by what a block wrote, or with no block by what the first one reads.
	pub(super) fn upstream(&self, context: &Context<'_>, layer: Option<u32>) -> TensorId {
		let layer = layer.map_or(0, |layer| layer + 1);
		if layer == self.layers {
			return self.output_ids(context).upstream;
		}
		// The last output of backward through the block above.
		let copy = (self.layers - 1).saturating_sub(layer);
		TensorId((context.first)(Part::Backward, copy + 1).saturating_sub(1) as u16)
	}

	/// The gradients of a norm: of its parameters unless they are frozen, then of its input.
	pub(super) fn norm_back(
		&self,
		segment: &mut Segment,
		[gain_sums, bias_sums, shift, slope, out]: [&'static str; 5],
		(rows, pair, first): (u32, Pair, u32),
		(x, norm, gain): (TensorId, NormIds, TensorId),
		(dy, around): (TensorId, Option<TensorId>),
	) -> TensorId {
		let width = self.width;
		let NormIds { mean, inverse, .. } = norm;
		if self.adapter.is_none() {
			let place = (first + pair.weight) as u16;
			let kind = OpKind::GainGrad { rows };
			let with = [dy, x, inverse, mean.unwrap_or(x)];
			let inputs = if mean.is_some() {
				&with[..]
			} else {
				&with[..3]
			};
			segment.packed_sums(gain_sums, place, kind, width, inputs);
			if let Some(bias) = pair.bias {
				let place = (first + bias) as u16;
				let kind = OpKind::ColSum { rows };
				segment.packed_sums(bias_sums, place, kind, width, &[dy]);
			}
		}
		let stat = [rows, 1];
		let kind = OpKind::NormSlope { width };
		let mut inputs = alloc::vec::Vec::with_capacity(8);
		match mean {
			None => {
				let slope = segment.op(slope, kind, stat, &[dy, x, gain, inverse]);
				inputs.extend([dy, x, gain, inverse, slope]);
			}
			Some(mean) => {
				let shift_kind = OpKind::NormShift { width };
				let shift = segment.op(shift, shift_kind, stat, &[dy, gain]);
				let slope = segment.op(slope, kind, stat, &[dy, x, gain, inverse, mean]);
				inputs.extend([dy, x, gain, inverse, slope, mean, shift]);
			}
		}
		inputs.extend(around);
		segment.op(out, OpKind::NormGrad, [rows, width], &inputs)
	}

	/// The gradients of a linear layer: of its parameters unless they are frozen, then of its input,
	/// added to `base` if there is one.
	fn linear_back(
		&self,
		segment: &mut Segment,
		(rows, first): (u32, u32),
		layer: Linear,
		(x, dy): (TensorId, TensorId),
		base: Option<TensorId>,
	) -> TensorId {
		let Linear {
			sums,
			back,
			pair,
			tensors: (weight, _),
			depth,
			cols,
		} = layer;
		if self.adapter.is_none() {
			let role = Role::Gradient((first + pair.weight) as u16);
			segment.matmul("", role, Transpose::Left, (cols, rows, depth), &[dy, x]);
			if let Some(bias) = pair.bias {
				let kind = OpKind::ColSum { rows };
				segment.packed_sums(sums, (first + bias) as u16, kind, cols, &[dy]);
			}
		}
		let with = [dy, weight, base.unwrap_or(dy)];
		let inputs = if base.is_some() {
			&with[..]
		} else {
			&with[..2]
		};
		let role = Role::Intermediate;
		segment.matmul(back, role, Transpose::Neither, (rows, cols, depth), inputs)
	}

	/// The gradients of an adapter, and what it adds to the gradient of its input.
	fn adapter_back(
		&self,
		segment: &mut Segment,
		[scaled, product, back]: [&'static str; 3],
		(context, rows, cols, place): (&Context<'_>, u32, u32, u32),
		(x, ids, dy): (TensorId, Option<AdapterIds>, TensorId),
		base: TensorId,
	) -> TensorId {
		let (Some((rank, factor)), Some(ids)) = (self.adapter, ids) else {
			return base;
		};
		let [a, b] = [place, place + 1].map(|place| (context.param)(place));
		let (width, none) = (self.width, Role::Intermediate);
		let role = Role::Gradient(place as u16 + 1);
		segment.matmul(
			"",
			role,
			Transpose::Left,
			(cols, rows, rank),
			&[dy, ids.scaled],
		);
		let shape = (rows, cols, rank);
		let back_scaled = segment.matmul(scaled, none, Transpose::Neither, shape, &[dy, b]);
		let kind = OpKind::Scale { factor };
		let back_product = segment.op(product, kind, [rows, rank], &[back_scaled]);
		let role = Role::Gradient(place as u16);
		let inputs = [back_product, x];
		segment.matmul("", role, Transpose::Left, (rank, rows, width), &inputs);
		let shape = (rows, rank, width);
		segment.matmul(
			back,
			none,
			Transpose::Neither,
			shape,
			&[back_product, a, base],
		)
	}

	pub(super) fn emit_backward(&self, segment: &mut Segment, layer: u32, context: &Context<'_>) {
		let rows = self.rows(context.batch);
		let (width, inner) = (self.width, self.feed_forward);
		let (queries, values) = self.head_widths();
		let attention = self.attention;
		let block = self.block();
		let first = self.tables() + layer * block.count;
		let start = (context.first)(Part::Forward, layer);
		let forward = self.emit_forward(&mut Segment::new(start, layer), layer, context);
		let dy = self.upstream(context, Some(layer));
		let linear = |sums, back, pair: Pair, depth, cols| Linear {
			sums,
			back,
			pair,
			tensors: self.ids(context, first, pair),
			depth,
			cols,
		};
		let at = (rows, first);

		// The feed-forward layers.
		let names = linear(
			"grad.layers.{}.down.sums",
			"grad.layers.{}.inner",
			block.down,
			inner,
			width,
		);
		let dinner = self.linear_back(segment, at, names, (forward.inner, dy), None);
		let x = forward.second_norm.out;
		let shape = [rows, inner];
		let (dgate, dup) = match forward.gate {
			None => {
				let inputs = [forward.up, dinner];
				let kind = OpKind::GeluGrad;
				(None, segment.op("grad.layers.{}.up", kind, shape, &inputs))
			}
			Some(gate) => {
				let inputs = [gate, forward.up, dinner];
				let kind = OpKind::SwiGluGateGrad;
				let dgate = segment.op("grad.layers.{}.gate", kind, shape, &inputs);
				let kind = OpKind::SwiGluUpGrad;
				let inputs = [gate, dinner];
				let dup = segment.op("grad.layers.{}.up", kind, shape, &inputs);
				(Some(dgate), dup)
			}
		};
		let mut base = None;
		if let (Some(dgate), Some(pair)) = (dgate, block.gate) {
			let names = linear(
				"grad.layers.{}.gate.sums",
				"grad.layers.{}.norm2.gate",
				pair,
				width,
				inner,
			);
			base = Some(self.linear_back(segment, at, names, (x, dgate), None));
		}
		let names = linear(
			"grad.layers.{}.up.sums",
			"grad.layers.{}.norm2",
			block.up,
			width,
			inner,
		);
		let dnorm = self.linear_back(segment, at, names, (x, dup), base);
		let names = [
			"grad.layers.{}.norm2.gain",
			"grad.layers.{}.norm2.bias",
			"grad.layers.{}.norm2.shift",
			"grad.layers.{}.norm2.slope",
			"grad.layers.{}.middle",
		];
		let (gain, _) = self.ids(context, first, block.second_norm);
		let dmiddle = self.norm_back(
			segment,
			names,
			(rows, block.second_norm, first),
			(forward.middle, forward.second_norm, gain),
			(dnorm, Some(dy)),
		);

		// Attention.
		let names = linear(
			"grad.layers.{}.out.sums",
			"grad.layers.{}.mixed",
			block.out,
			queries,
			width,
		);
		let dmixed = self.linear_back(segment, at, names, (forward.mixed, dmiddle), None);
		let (positions, tall) = (attention.context, rows * attention.heads);
		let (square, stat) = ([tall, positions], [tall, 1]);
		let kind = OpKind::HeadDot { attention };
		let inputs = [dmixed, forward.mixed];
		let dots = segment.op("grad.layers.{}.dots", kind, stat, &inputs);
		let kind = OpKind::Scores {
			attention,
			factor: 1.0,
		};
		let inputs = [dmixed, forward.value];
		let dweights = segment.op("grad.layers.{}.weights", kind, square, &inputs);
		let kind = OpKind::Probability { context: positions };
		let inputs = [forward.exponentials, forward.sums];
		let weights = segment.op("layers.{}.weights", kind, square, &inputs);
		let kind = OpKind::ScoreGrad {
			context: positions,
			factor: self.score_factor(),
		};
		let inputs = [weights, dweights, dots];
		let dscores = segment.op("grad.layers.{}.scores", kind, square, &inputs);
		let kind = OpKind::MixBack { attention };
		let shape = [rows, values];
		let dvalue = segment.op("grad.layers.{}.v", kind, shape, &[weights, dmixed]);
		let inputs = [dscores, forward.key];
		let mix = OpKind::Mix { attention };
		let dquery = segment.op("grad.layers.{}.q.turned", mix, [rows, queries], &inputs);
		let inputs = [dscores, forward.query];
		let dkey = segment.op("grad.layers.{}.k.turned", kind, shape, &inputs);
		let (dquery, dkey) = if self.learned() {
			(dquery, dkey)
		} else {
			let kind = OpKind::Rotate {
				context: positions,
				head: attention.head,
				inverse: true,
			};
			(
				segment.op("grad.layers.{}.q", kind, [rows, queries], &[dquery]),
				segment.op("grad.layers.{}.k", kind, [rows, values], &[dkey]),
			)
		};

		let x = forward.first_norm.out;
		let names = linear(
			"grad.layers.{}.q.sums",
			"grad.layers.{}.norm1.q",
			block.query,
			width,
			queries,
		);
		let back = self.linear_back(segment, at, names, (x, dquery), None);
		let names = [
			"grad.layers.{}.q.scaled",
			"grad.layers.{}.q.down",
			"grad.layers.{}.norm1.q.adapter",
		];
		let place = super::ADAPTERS * layer;
		let shape = (context, rows, queries, place);
		let ids = (x, forward.query_adapter, dquery);
		let back = self.adapter_back(segment, names, shape, ids, back);
		let names = linear(
			"grad.layers.{}.k.sums",
			"grad.layers.{}.norm1.k",
			block.key,
			width,
			values,
		);
		let back = self.linear_back(segment, at, names, (x, dkey), Some(back));
		let names = linear(
			"grad.layers.{}.v.sums",
			"grad.layers.{}.norm1",
			block.value,
			width,
			values,
		);
		let back = self.linear_back(segment, at, names, (x, dvalue), Some(back));
		let names = [
			"grad.layers.{}.v.scaled",
			"grad.layers.{}.v.down",
			"grad.layers.{}.norm1.v.adapter",
		];
		let shape = (context, rows, values, place + 2);
		let ids = (x, forward.value_adapter, dvalue);
		let back = self.adapter_back(segment, names, shape, ids, back);
		let names = [
			"grad.layers.{}.norm1.gain",
			"grad.layers.{}.norm1.bias",
			"grad.layers.{}.norm1.shift",
			"grad.layers.{}.norm1.slope",
			"grad.layers.{}.stream",
		];
		let (gain, _) = self.ids(context, first, block.first_norm);
		self.norm_back(
			segment,
			names,
			(rows, block.first_norm, first),
			(forward.input, forward.first_norm, gain),
			(back, Some(dmiddle)),
		);
	}
}
