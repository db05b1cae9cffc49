//! Decoders: parts and parameters.
//!
//! Names and shapes of parameters are those of the Llama family's files: a linear layer's weight has
//! a row for each output.

mod backward;
mod forward;

use alloc::{format, string::String, vec::Vec};

use super::super::{
	segment::{Init, ParamSpec, Segment},
	OpKind, Role, TensorId, DATA,
};
use crate::plan::CheckedGpt;

/// Parts of the program, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Part {
	/// Ids, and the embedded tokens.
	Input,
	/// One block, from the first.
	Forward,
	/// The last norm, the loss, and backward to the last block.
	Output,
	/// Backward through one block, from the last.
	Backward,
	/// The gradients of the tables.
	Tables,
}

/// Weight and, if there is one, bias: places in the list of the model's tensors.
#[derive(Clone, Copy, Debug)]
struct Pair {
	weight: u32,
	bias: Option<u32>,
}

/// The places of a block's tensors.
#[derive(Clone, Copy, Debug)]
struct Block {
	first_norm: Pair,
	query: Pair,
	key: Pair,
	value: Pair,
	out: Pair,
	second_norm: Pair,
	gate: Option<Pair>,
	up: Pair,
	down: Pair,
	/// All of them.
	count: u32,
}

/// What emitting needs to know of the rest of the program.
pub(in super::super) struct Context<'a> {
	/// Sequences.
	pub(in super::super) batch: u32,
	/// Exponent of the loss scale.
	pub(in super::super) scale: u32,
	/// The id of what a copy of a part writes first.
	pub(in super::super) first: &'a dyn Fn(Part, u32) -> u32,
	/// The id of a parameter that is trained.
	pub(in super::super) param: &'a dyn Fn(u32) -> TensorId,
	/// The id of a tensor that is frozen.
	pub(in super::super) frozen: &'a dyn Fn(u32) -> TensorId,
}

impl Context<'_> {
	fn output(&self, part: Part, copy: u32, at: u32) -> TensorId {
		TensorId(((self.first)(part, copy).saturating_add(at)) as u16)
	}
}

/// Adapters of one block: A and B of the queries, A and B of the values.
const ADAPTERS: u32 = 4;

impl CheckedGpt {
	/// Rows of the activations.
	fn rows(&self, batch: u32) -> u32 {
		batch * self.attention.context
	}

	/// Columns of queries, and of keys and values.
	fn head_widths(&self) -> (u32, u32) {
		let queries = self.attention.heads * self.attention.head;
		(
			queries,
			queries.checked_div(self.attention.group).unwrap_or(0),
		)
	}

	pub(in super::super) fn parts(&self) -> Vec<(Part, u32)> {
		let mut parts = Vec::from([
			(Part::Input, 1),
			(Part::Forward, self.layers),
			(Part::Output, 1),
			(Part::Backward, self.layers),
		]);
		if self.adapter.is_none() {
			parts.push((Part::Tables, 1));
		}
		parts
	}

	/// Tables before the blocks.
	fn tables(&self) -> u32 {
		1 + u32::from(self.learned())
	}

	fn block(&self) -> Block {
		let mut next = 0;
		let mut pair = |biased: bool| {
			let weight = next;
			next += 1 + u32::from(biased);
			Pair {
				weight,
				bias: biased.then_some(weight + 1),
			}
		};
		let (norm, linear) = (self.centred, self.biases);
		let first_norm = pair(norm);
		let (query, key, value, out) = (pair(linear), pair(linear), pair(linear), pair(linear));
		let second_norm = pair(norm);
		let gate = self.gated.then(|| pair(linear));
		let (up, down) = (pair(linear), pair(linear));
		Block {
			first_norm,
			query,
			key,
			value,
			out,
			second_norm,
			gate,
			up,
			down,
			count: next,
		}
	}

	/// The places of the last norm and of the head.
	fn last(&self) -> (Pair, u32) {
		let weight = self.tables() + self.layers * self.block().count;
		let norm = Pair {
			weight,
			bias: self.centred.then_some(weight + 1),
		};
		let head = if self.tied {
			0
		} else {
			weight + 1 + u32::from(self.centred)
		};
		(norm, head)
	}

	/// Tensors of the model, without adapters.
	fn model_tensors(&self) -> u32 {
		let (norm, _) = self.last();
		norm.weight + 1 + u32::from(self.centred) + u32::from(!self.tied)
	}

	/// Parameters that are trained.
	pub(in super::super) fn params(&self) -> u32 {
		match self.adapter {
			None => self.model_tensors(),
			Some(_) => ADAPTERS * self.layers,
		}
	}

	/// Places of parameters, and how many have the same shape as each: those of one block stand for
	/// those of all.
	pub(in super::super) fn groups(&self) -> Vec<(u32, u32)> {
		match self.adapter {
			None => self.model_groups(),
			Some(_) => (0..ADAPTERS).map(|place| (place, self.layers)).collect(),
		}
	}

	/// The same of the model's tensors, whether they are trained or not.
	pub(in super::super) fn model_groups(&self) -> Vec<(u32, u32)> {
		let (first, count) = (self.tables(), self.block().count);
		let block = (first..first + count).map(|place| (place, self.layers));
		let rest = (0..first).chain(first + count * self.layers..self.model_tensors());
		block.chain(rest.map(|place| (place, 1))).collect()
	}

	/// Tensors that are not.
	pub(in super::super) fn frozen(&self) -> u32 {
		match self.adapter {
			None => 0,
			Some(_) => self.model_tensors(),
		}
	}

	pub(in super::super) fn param(&self, place: u32) -> Option<ParamSpec> {
		match self.adapter {
			None => self.model_tensor(place),
			Some((rank, _)) => self.adapter_tensor(place, rank),
		}
	}

	fn adapter_tensor(&self, place: u32, rank: u32) -> Option<ParamSpec> {
		let layer = place / ADAPTERS;
		let (queries, values) = self.head_widths();
		let (which, rows) = match place % ADAPTERS {
			0 | 1 => ("q", queries),
			_ => ("v", values),
		};
		if layer >= self.layers {
			return None;
		}
		let name = |side| format!("model.layers.{layer}.self_attn.{which}_proj.lora_{side}");
		Some(if place.is_multiple_of(2) {
			ParamSpec::weight(name("A"), rank, self.width)
		} else {
			ParamSpec {
				init: Init::Zeros,
				..ParamSpec::weight(name("B"), rows, rank)
			}
		})
	}

	/// A tensor of the model, trained or frozen.
	pub(in super::super) fn model_tensor(&self, place: u32) -> Option<ParamSpec> {
		let width = self.width;
		let embed = || {
			ParamSpec::weight(
				String::from("model.embed_tokens"),
				self.vocabulary,
				self.width,
			)
		};
		if place == 0 {
			return Some(embed());
		}
		if place < self.tables() {
			let name = String::from("model.embed_positions");
			return Some(ParamSpec::weight(name, self.attention.context, width));
		}
		let (norm, head) = self.last();
		if place == norm.weight || Some(place) == norm.bias {
			let init = if place == norm.weight {
				Init::Ones
			} else {
				Init::Zeros
			};
			return Some(ParamSpec::vector(String::from("model.norm"), width, init));
		}
		if !self.tied && place == head {
			return Some(ParamSpec {
				name: String::from("lm_head.weight"),
				..embed()
			});
		}
		let block = self.block();
		let place = place.checked_sub(self.tables())?;
		let layer = place.checked_div(block.count)?;
		if layer >= self.layers {
			return None;
		}
		self.block_tensor(layer, place.checked_rem(block.count)?, &block)
	}

	fn block_tensor(&self, layer: u32, place: u32, block: &Block) -> Option<ParamSpec> {
		let (width, inner) = (self.width, self.feed_forward);
		let (queries, values) = self.head_widths();
		let linear = [
			("self_attn.q_proj", Some(block.query), queries, width),
			("self_attn.k_proj", Some(block.key), values, width),
			("self_attn.v_proj", Some(block.value), values, width),
			("self_attn.o_proj", Some(block.out), width, queries),
			("mlp.gate_proj", block.gate, inner, width),
			("mlp.up_proj", Some(block.up), inner, width),
			("mlp.down_proj", Some(block.down), width, inner),
		];
		for (name, pair, rows, cols) in linear {
			let Some(pair) = pair else { continue };
			let name = format!("model.layers.{layer}.{name}");
			if place == pair.weight {
				return Some(ParamSpec::weight(name, rows, cols));
			}
			if Some(place) == pair.bias {
				return Some(ParamSpec::vector(name, rows, Init::Zeros));
			}
		}
		let norms = [
			("input_layernorm", block.first_norm),
			("post_attention_layernorm", block.second_norm),
		];
		for (name, pair) in norms {
			let name = format!("model.layers.{layer}.{name}");
			if place == pair.weight {
				return Some(ParamSpec::vector(name, width, Init::Ones));
			}
			if Some(place) == pair.bias {
				return Some(ParamSpec::vector(name, width, Init::Zeros));
			}
		}
		None
	}

	/// The part and copy that computes the gradient of a parameter.
	pub(in super::super) fn gradient_of(&self, place: u32) -> (Part, u32) {
		let backward = |layer: u32| (Part::Backward, (self.layers - 1).saturating_sub(layer));
		if self.adapter.is_some() {
			return backward(place / ADAPTERS);
		}
		let Some(inside) = place.checked_sub(self.tables()) else {
			return (Part::Tables, 0);
		};
		let layer = inside.checked_div(self.block().count).unwrap_or(0);
		if layer < self.layers {
			backward(layer)
		} else {
			(Part::Output, 0)
		}
	}

	/// The id of a tensor of the model.
	fn tensor(&self, context: &Context<'_>, place: u32) -> TensorId {
		if self.adapter.is_some() {
			(context.frozen)(place)
		} else {
			(context.param)(place)
		}
	}

	/// Emits one copy of a part.
	pub(in super::super) fn emit(&self, part: Part, copy: u32, context: &Context<'_>) -> Segment {
		let layer = match part {
			Part::Backward => (self.layers - 1).saturating_sub(copy),
			_ => copy,
		};
		let mut segment = Segment::new((context.first)(part, copy), layer);
		match part {
			Part::Input => self.emit_input(&mut segment, context),
			Part::Forward => {
				self.emit_forward(&mut segment, layer, context);
			}
			Part::Output => self.emit_output(&mut segment, context),
			Part::Backward => self.emit_backward(&mut segment, layer, context),
			Part::Tables => self.emit_tables(&mut segment, context),
		}
		segment
	}

	fn emit_input(&self, segment: &mut Segment, context: &Context<'_>) {
		let rows = self.rows(context.batch);
		let kind = OpKind::Tokens {
			context: self.attention.context,
			bytes: self.token_bytes(),
			vocabulary: self.vocabulary,
		};
		let ids = segment.op("ids", kind, [rows, 2], &[DATA]);
		let kind = OpKind::EmbedTokens {
			context: self.attention.context,
			vocabulary: self.vocabulary,
		};
		let table = self.tensor(context, 0);
		let shape = [rows, self.width];
		if self.learned() {
			let inputs = [ids, table, self.tensor(context, 1)];
			segment.op("embedded", kind, shape, &inputs);
		} else {
			segment.op("embedded", kind, shape, &[ids, table]);
		}
	}

	fn emit_tables(&self, segment: &mut Segment, context: &Context<'_>) {
		let rows = self.rows(context.batch);
		let ids = context.output(Part::Input, 0, 0);
		let upstream = self.upstream(context, None);
		if self.learned() {
			let kind = OpKind::PositionGrad {
				context: self.attention.context,
				batch: context.batch,
			};
			let shape = [self.attention.context, self.width];
			segment.push("", Role::Gradient(1), kind, shape, &[upstream]);
		}
		let kind = OpKind::TableGrad { rows };
		let shape = [self.vocabulary, self.width];
		let role = Role::Gradient(0);
		if self.tied {
			let head = self.output_ids(context).head_gradient;
			segment.push("", role, kind, shape, &[ids, upstream, head]);
		} else {
			segment.push("", role, kind, shape, &[ids, upstream]);
		}
	}
}
