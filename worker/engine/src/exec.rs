//! Runs the ops of a program on tensors in memory.

use std::time::{Duration, Instant};

use assay_numerics::{
	arith::{LOWEST, RANGE_END},
	ops::{adam::AdamCoefficients, Env},
	program::{Op, OpKind, Program, TensorId, Transpose},
};

use crate::{
	contract::{contract, Matrix, Operand},
	isa::Isa,
	kernels::{adam, elementwise, embedding, reduce, softmax},
	layout::Canonical,
	params::Params,
	pool::Lane,
	task::Fault,
};

/// The tensors of a program, row-major, allocated once.
#[derive(Debug)]
pub(crate) struct Memory {
	tensors: Vec<Vec<f32>>,
	/// The greatest magnitude pattern in each tensor.
	greatest: Vec<u32>,
	left: Operand,
	right: Operand,
}

/// What the ops of a step depend on beside tensors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
	pub(crate) data: &'a [u8],
	pub(crate) env: &'a Env,
	pub(crate) span: u64,
	pub(crate) fault: Option<Fault>,
}

/// The output of an op breaks the range rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfRange {
	/// The first op in the program's order that does.
	pub(crate) op: usize,
}

impl Memory {
	/// Room for the inputs and outputs of these ops.
	pub(crate) fn new<'a>(program: &Program, ops: impl IntoIterator<Item = &'a Op>) -> Self {
		let mut tensors = vec![Vec::new(); program.tensors().len()];
		for op in ops {
			for id in op.inputs.iter().flatten().chain([&op.output]) {
				let layout = program.tensors()[usize::from(id.0)].layout;
				tensors[usize::from(id.0)].resize(layout.len(), 0.0);
			}
		}
		let greatest = vec![0; tensors.len()];
		Memory {
			tensors,
			greatest,
			left: Operand::new(),
			right: Operand::new(),
		}
	}

	/// A tensor's elements, row-major.
	pub(crate) fn tensor(&self, id: TensorId) -> &[f32] {
		&self.tensors[usize::from(id.0)]
	}

	/// The same, to write.
	pub(crate) fn tensor_mut(&mut self, id: TensorId) -> &mut [f32] {
		&mut self.tensors[usize::from(id.0)]
	}

	/// Writes parameters to where the program's ops read them.
	pub(crate) fn load(&mut self, program: &Program, params: &Params) {
		for ((id, layout), bytes) in program
			.params()
			.iter()
			.zip(params.layouts())
			.zip(params.tensors())
		{
			layout.unpack(bytes, self.tensor_mut(*id));
			self.greatest[usize::from(id.0)] =
				elementwise::greatest(Isa::Portable, self.tensor(*id));
		}
	}

	/// The canonical bytes of a tensor.
	pub(crate) fn bytes(&self, program: &Program, id: TensorId) -> Vec<u8> {
		program.tensors()[usize::from(id.0)]
			.layout
			.pack(self.tensor(id))
	}

	/// Makes what a step has written the input of the next one.
	pub(crate) fn advance(&mut self, program: &Program) {
		let before = program.params().iter().chain(program.moments());
		let after = program.next_params().iter().chain(program.next_moments());
		for (before, after) in before.zip(after) {
			self.tensors
				.swap(usize::from(before.0), usize::from(after.0));
			self.greatest
				.swap(usize::from(before.0), usize::from(after.0));
		}
	}

	/// Runs a whole step. `times`, if it has a place for every op, gets what each of them took.
	pub(crate) fn step(
		&mut self,
		lane: Lane,
		program: &Program,
		step: Step<'_>,
		times: &mut [Duration],
	) -> Result<(), OutOfRange> {
		let mut times = times.iter_mut();
		for (index, op) in program.ops().iter().enumerate() {
			let start = Instant::now();
			let greatest = match op.kind {
				OpKind::Batch { context } => {
					let source = embedding::Source {
						data: step.data,
						seed: &step.env.seed,
						round: step.env.round,
						slot: step.env.slot,
						step: step.env.step,
						span: step.span,
					};
					embedding::draw(
						lane,
						source,
						context as usize + 1,
						self.tensor_mut(op.output),
					)
				}
				_ => self.op(lane, op, step.env),
			};
			if let Some(Fault::NegateGradient { param }) = step.fault {
				if program.gradients().get(param) == Some(&op.output) {
					self.tensor_mut(op.output).iter_mut().for_each(|x| *x = -*x);
				}
			}
			check(index, greatest)?;
			if let Some(time) = times.next() {
				*time += start.elapsed();
			}
		}
		Ok(())
	}

	/// From the ids to the loss of every row.
	pub(crate) fn forward(
		&mut self,
		lane: Lane,
		program: &Program,
		env: &Env,
	) -> Result<(), OutOfRange> {
		for (index, op) in forward_ops(program) {
			if !matches!(op.kind, OpKind::Batch { .. }) {
				check(index, self.op(lane, op, env))?;
			}
		}
		Ok(())
	}

	/// Runs one op other than the drawing of a batch; returns its greatest magnitude pattern.
	fn op(&mut self, lane: Lane, op: &Op, env: &Env) -> u32 {
		let mut output = std::mem::take(self.tensor_mut_vec(op.output));
		let Memory {
			tensors,
			greatest,
			left,
			right,
		} = self;
		let input = |i: usize| -> &[f32] {
			let id = op
				.input(i)
				.expect("an op has the inputs that its kind names; qed");
			&tensors[usize::from(id.0)]
		};
		// Whether a sum of so many elements, or products, might leave the range on the way.
		let watch = |terms: usize, factors: &[usize]| {
			let most = factors.iter().map(|i| {
				let id = op
					.input(*i)
					.expect("an op has the inputs that its kind names; qed");
				f64::from(f32::from_bits(greatest[usize::from(id.0)]))
			});
			2.0 * terms as f64 * most.product::<f64>() >= f64::from(-LOWEST)
		};
		let [rows, cols] = op.shape.map(|n| n as usize);
		let out = output.as_mut_slice();
		let most = match op.kind {
			OpKind::Embed { context, embedding } => {
				let (context, width) = (context as usize, embedding as usize);
				embedding::embed(lane, input(0), context, input(1), width, out)
			}
			OpKind::MatMul { depth, transpose } => {
				let depth = depth as usize;
				match transpose {
					Transpose::Left => left.columns(lane, Matrix::new(input(0), depth, rows)),
					_ => left.left_rows(lane, Matrix::new(input(0), rows, depth)),
				}
				match transpose {
					Transpose::Right => right.right_rows(lane, Matrix::new(input(1), cols, depth)),
					_ => right.columns(lane, Matrix::new(input(1), depth, cols)),
				}
				contract(lane, left, right, watch(depth, &[0, 1]), out)
			}
			OpKind::Bias => elementwise::add_bias(lane, input(0), input(1), out),
			OpKind::Relu => elementwise::relu(lane, input(0), out),
			OpKind::RowMax { width } => softmax::max(lane, input(0), width as usize, out),
			OpKind::RowSumExp { width } => {
				softmax::sum_exp(lane, input(0), width as usize, input(1), out)
			}
			OpKind::LossRows { target, .. } | OpKind::LogitGrad { target } => {
				let logits = input(1);
				let rows = softmax::Rows {
					ids: input(0),
					target: target as usize,
					logits,
					width: logits.len() / rows,
					max: input(2),
					sum: input(3),
				};
				if matches!(op.kind, OpKind::LogitGrad { .. }) {
					softmax::gradient(lane, rows, out)
				} else {
					softmax::losses(lane, rows, out)
				}
			}
			OpKind::MeanLoss { .. } => reduce::mean(lane, input(0), out),
			OpKind::ColSum { .. } => {
				let terms = input(0).len() / cols;
				reduce::column_sum(lane, input(0), watch(terms, &[0]), out)
			}
			OpKind::Pack => {
				out.copy_from_slice(input(0));
				elementwise::greatest(lane.isa, out)
			}
			OpKind::ReluGrad => elementwise::relu_gradient(lane, input(0), input(1), out),
			OpKind::EmbedGrad { context, .. } => {
				let (context, gradient) = (context as usize, input(1));
				let watch = watch(gradient.len() / cols, &[1]);
				embedding::gradient(lane, input(0), context, gradient, (cols, watch), out)
			}
			OpKind::AdamM { rates, .. } => {
				let c = AdamCoefficients::new(&rates, false, env);
				adam::first(lane, &c, input(0), input(1), out)
			}
			OpKind::AdamV { rates, .. } => {
				let c = AdamCoefficients::new(&rates, false, env);
				adam::second(lane, &c, input(0), input(1), out)
			}
			OpKind::AdamP { rates, vector } => {
				let c = AdamCoefficients::new(&rates, !vector, env);
				adam::param(lane, &c, input(0), input(1), input(2), out)
			}
			// The first is drawn by `step`; the second is a list of roots, made at borders only.
			OpKind::Batch { .. } | OpKind::StateList { .. } => 0,
		};
		*self.tensor_mut_vec(op.output) = output;
		self.greatest[usize::from(op.output.0)] = most;
		most
	}

	fn tensor_mut_vec(&mut self, id: TensorId) -> &mut Vec<f32> {
		&mut self.tensors[usize::from(id.0)]
	}
}

/// The ops from the first to the one that writes the loss of every row.
pub(crate) fn forward_ops(program: &Program) -> impl Iterator<Item = (usize, &Op)> {
	let ops = program.ops();
	let last = ops.iter().position(|op| op.output == program.row_losses());
	ops[..last.map_or(0, |last| last + 1)].iter().enumerate()
}

fn check(op: usize, greatest: u32) -> Result<(), OutOfRange> {
	if greatest < RANGE_END {
		Ok(())
	} else {
		Err(OutOfRange { op })
	}
}
