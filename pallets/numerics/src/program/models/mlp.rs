//! Perceptrons: of a window of bytes, and of features.

use alloc::{format, string::String, vec::Vec};

use super::super::{
	segment::{Init, ParamSpec, Segment},
	Layout, OpKind, Role, TensorId, Transpose, DATA,
};
use crate::plan::{CheckedMlp, MlpInput, BYTES};

/// Parts of the program, in order. The number of layers is one more than the hidden ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Part {
	/// Ids or labels, then what the first layer reads.
	Input,
	/// One hidden layer, from the first.
	Hidden,
	/// The last layer, the loss and the gradient of the logits.
	Output,
	/// Backward through one layer but the first, from the last.
	Backward,
	/// Backward through the first layer.
	First,
}

impl CheckedMlp {
	pub(in super::super) fn parts(&self) -> Vec<(Part, u32)> {
		let hidden = self.hidden.len() as u32;
		Vec::from([
			(Part::Input, 1),
			(Part::Hidden, hidden),
			(Part::Output, 1),
			(Part::Backward, hidden),
			(Part::First, 1),
		])
	}

	/// Width of what the first layer reads.
	fn inputs(&self) -> u32 {
		match self.input {
			MlpInput::Window { context, embedding } => context * embedding,
			MlpInput::Features { inputs } => inputs,
		}
	}

	/// Columns that a layer reads and writes.
	fn widths(&self, layer: u32) -> (u32, u32) {
		let output = |layer: u32| self.hidden.get(layer as usize).copied();
		let before = layer.checked_sub(1).and_then(output);
		(
			before.unwrap_or(self.inputs()),
			output(layer).unwrap_or(self.outputs),
		)
	}

	/// Parameters before those of the first layer.
	fn tables(&self) -> u32 {
		u32::from(matches!(self.input, MlpInput::Window { .. }))
	}

	pub(in super::super) fn params(&self) -> u32 {
		self.tables() + 2 * (self.hidden.len() as u32 + 1)
	}

	/// Places of parameters, and how many have the same shape as each.
	pub(in super::super) fn groups(&self) -> Vec<(u32, u32)> {
		(0..self.params()).map(|place| (place, 1)).collect()
	}

	pub(in super::super) fn param(&self, place: u32) -> Option<ParamSpec> {
		let Some(place) = place.checked_sub(self.tables()) else {
			let MlpInput::Window { embedding, .. } = self.input else {
				return None;
			};
			return Some(ParamSpec::weight(String::from("embed"), BYTES, embedding));
		};
		let layer = place / 2;
		if layer as usize > self.hidden.len() {
			return None;
		}
		let (rows, cols) = self.widths(layer);
		let name = format!("dense{layer}");
		Some(if place % 2 == 1 {
			ParamSpec::vector(name, cols, Init::Zeros)
		} else {
			// A column for each output.
			ParamSpec {
				layout: Layout::Matrix { rows, cols },
				init: Init::Uniform { fan_in: rows },
				..ParamSpec::weight(name, rows, cols)
			}
		})
	}

	/// Weight and bias of a layer, as places of the checkpoint.
	fn places(&self, layer: u32) -> (u16, u16) {
		let weight = (self.tables() + 2 * layer) as u16;
		(weight, weight + 1)
	}

	/// The part and copy that computes the gradient of a parameter.
	pub(in super::super) fn gradient_of(&self, place: u32) -> (Part, u32) {
		let layer = place.saturating_sub(self.tables()) / 2;
		if layer == 0 {
			(Part::First, 0)
		} else {
			(
				Part::Backward,
				(self.hidden.len() as u32).saturating_sub(layer),
			)
		}
	}

	/// Emits one copy of a part. `first(part, copy)` is the id of what it writes first, `param(place)`
	/// the id of a parameter.
	pub(in super::super) fn emit(
		&self,
		(part, copy): (Part, u32),
		(rows, scale): (u32, u32),
		first: &dyn Fn(Part, u32) -> u32,
		param: &dyn Fn(u32) -> TensorId,
	) -> Segment {
		let output = |part, copy, at: u32| TensorId((first(part, copy) + at) as u16);
		let ids = output(Part::Input, 0, 0);
		// What a layer reads.
		let input = |layer: u32| match layer.checked_sub(1) {
			None => output(Part::Input, 0, 1),
			Some(below) => output(Part::Hidden, below, 2),
		};
		let last = self.hidden.len() as u32;
		let layer = match part {
			Part::Input | Part::First => 0,
			Part::Hidden => copy,
			Part::Output => last,
			Part::Backward => last.saturating_sub(copy),
		};
		let mut segment = Segment::new(first(part, copy), layer);
		let (depth, cols) = self.widths(layer);
		let (weight, bias) = self.places(layer);
		let (w, b) = (param(weight.into()), param(bias.into()));
		let target = match self.input {
			MlpInput::Window { context, .. } => context,
			MlpInput::Features { .. } => 0,
		};
		let dense = |segment: &mut Segment, name| {
			let product = segment.matmul(
				"dense{}.product",
				Role::Intermediate,
				Transpose::Neither,
				(rows, depth, cols),
				&[input(layer), w],
			);
			segment.op(name, OpKind::Bias, [rows, cols], &[product, b])
		};
		match part {
			Part::Input => self.emit_input(&mut segment, rows, param(0)),
			Part::Hidden => {
				let sum = dense(&mut segment, "dense{}.sum");
				segment.op("dense{}.relu", OpKind::Relu, [rows, cols], &[sum]);
			}
			Part::Output => {
				let logits = dense(&mut segment, "logits");
				super::loss(&mut segment, (rows, cols), target, scale, [ids, logits]);
			}
			Part::Backward | Part::First => {
				let upstream = match (part, copy) {
					(Part::First, _) => output(Part::Backward, last - 1, 4),
					(_, 0) => output(Part::Output, 0, 6),
					(_, copy) => output(Part::Backward, copy - 1, 4),
				};
				let role = Role::Gradient(weight);
				let inputs = [input(layer), upstream];
				segment.matmul("", role, Transpose::Left, (depth, rows, cols), &inputs);
				let sums = OpKind::ColSum { rows };
				segment.packed_sums("dense{}.colsum", bias, sums, cols, &[upstream]);
				if part == Part::First && self.tables() == 0 {
					return segment;
				}
				let back = segment.matmul(
					"grad.dense{}.input",
					Role::Intermediate,
					Transpose::Right,
					(rows, cols, depth),
					&[upstream, w],
				);
				if let (Part::First, MlpInput::Window { context, embedding }) = (part, self.input) {
					let kind = OpKind::EmbedGrad { rows, context };
					let shape = [BYTES, embedding];
					segment.push("", Role::Gradient(0), kind, shape, &[ids, back]);
				} else {
					let inputs = [input(layer), back];
					segment.op(
						"grad.dense{}.masked",
						OpKind::ReluGrad,
						[rows, depth],
						&inputs,
					);
				}
			}
		}
		segment
	}

	fn emit_input(&self, segment: &mut Segment, rows: u32, table: TensorId) {
		match self.input {
			MlpInput::Window { context, embedding } => {
				let kind = OpKind::Batch { context };
				let ids = segment.op("ids", kind, [rows, context + 1], &[DATA]);
				let kind = OpKind::Embed { context, embedding };
				let shape = [rows, context * embedding];
				segment.op("embedded", kind, shape, &[ids, table]);
			}
			MlpInput::Features { inputs } => {
				let classes = self.outputs;
				let kind = OpKind::Labels { inputs, classes };
				segment.op("labels", kind, [rows, 1], &[DATA]);
				let kind = OpKind::Features { inputs };
				segment.op("features", kind, [rows, inputs], &[DATA]);
			}
		}
	}
}
