//! Parts of a program in the making.

use alloc::{
	format,
	string::{String, ToString},
	vec::Vec,
};

use super::{op::MAX_INPUTS, Layout, Op, OpKind, Role, TensorId, Transpose};

/// An op and what its output is called: `{}` stands for the number of the layer.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Emitted {
	pub(super) op: Op,
	pub(super) name: &'static str,
	pub(super) layer: u32,
	pub(super) role: Role,
}

impl Emitted {
	pub(super) fn full_name(&self) -> String {
		self.name.replacen("{}", &self.layer.to_string(), 1)
	}
}

/// Ops that follow one another. Each writes the tensor whose id follows that of the one before.
#[derive(Debug)]
pub(super) struct Segment {
	next: u32,
	layer: u32,
	pub(super) emitted: Vec<Emitted>,
}

impl Segment {
	/// A segment whose first op writes this tensor.
	pub(super) fn new(first: u32, layer: u32) -> Self {
		Segment {
			next: first,
			layer,
			emitted: Vec::new(),
		}
	}

	/// An op with this output and no particular role.
	pub(super) fn op(
		&mut self,
		name: &'static str,
		kind: OpKind,
		shape: [u32; 2],
		inputs: &[TensorId],
	) -> TensorId {
		self.push(name, Role::Intermediate, kind, shape, inputs)
	}

	pub(super) fn push(
		&mut self,
		name: &'static str,
		role: Role,
		kind: OpKind,
		shape: [u32; 2],
		inputs: &[TensorId],
	) -> TensorId {
		// Programs with more tensors than ids are refused once they are counted.
		let output = TensorId(self.next as u16);
		self.next = self.next.saturating_add(1);
		let mut places = [None; MAX_INPUTS];
		for (place, input) in places.iter_mut().zip(inputs) {
			*place = Some(*input);
		}
		let op = Op {
			kind,
			shape,
			inputs: places,
			output,
		};
		self.emitted.push(Emitted {
			op,
			name,
			layer: self.layer,
			role,
		});
		output
	}

	/// A product; `inputs` are A, B and, if there is one, the matrix that it is added to.
	pub(super) fn matmul(
		&mut self,
		name: &'static str,
		role: Role,
		transpose: Transpose,
		(rows, depth, cols): (u32, u32, u32),
		inputs: &[TensorId],
	) -> TensorId {
		let kind = OpKind::MatMul {
			depth,
			transpose,
			terms: 1,
		};
		self.push(name, role, kind, [rows, cols], inputs)
	}

	/// The gradient of a vector: the sums of the columns of a matrix, packed.
	pub(super) fn packed_sums(
		&mut self,
		name: &'static str,
		param: u16,
		sums: OpKind,
		cols: u32,
		inputs: &[TensorId],
	) {
		let sums = self.op(name, sums, [1, cols], inputs);
		let role = Role::Gradient(param);
		self.push("", role, OpKind::Pack, [1, cols], &[sums]);
	}
}

/// A parameter: its name, layout and first values.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct ParamSpec {
	pub(super) name: String,
	pub(super) layout: Layout,
	pub(super) init: Init,
}

/// The first values of a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Init {
	/// Uniform in `[-a, a)`, `a = 1 / sqrt(fan_in)`.
	Uniform {
		/// Inputs of each output.
		fan_in: u32,
	},
	/// 1.0.
	Ones,
	/// +0.0.
	Zeros,
}

impl ParamSpec {
	/// A weight with a row for each output.
	pub(super) fn weight(name: String, rows: u32, cols: u32) -> Self {
		ParamSpec {
			name: format!("{name}.weight"),
			layout: Layout::Matrix { rows, cols },
			init: Init::Uniform { fan_in: cols },
		}
	}

	pub(super) fn vector(name: String, len: u32, init: Init) -> Self {
		let suffix = if init == Init::Ones { "weight" } else { "bias" };
		ParamSpec {
			name: format!("{name}.{suffix}"),
			layout: Layout::Vector { len },
			init,
		}
	}
}
