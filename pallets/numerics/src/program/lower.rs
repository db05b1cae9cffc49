//! From a plan to its program.

use alloc::{format, string::String, vec::Vec};

use super::{builder::Builder, Layout, OpKind, Program, Role, Transpose};
use crate::{
	plan::{check, VOCABULARY},
	PlanError, StepPlan,
};

/// The program of one step of a plan. A pure function of the plan, the same in workers and on the
/// chain.
///
/// # Errors
/// The first number of the plan that is out of bounds, in the order of its fields.
pub fn lower(plan: &StepPlan) -> Result<Program, PlanError> {
	let plan = check(plan)?;
	let mut builder = Builder::default();
	let data = builder.tensor("data", Role::Data, Layout::Bytes);
	builder.params(plan.embedding, plan.context, &plan.hidden);

	let (batch, context, embedding) = (plan.batch, plan.context, plan.embedding);
	let matrix = |rows, cols| Layout::Matrix { rows, cols };
	let flat = context * embedding;
	let ids = builder.op(
		OpKind::Batch { context },
		&[data],
		"ids",
		matrix(batch, context + 1),
	);
	let table = builder.param(0);
	let kind = OpKind::Embed { context, embedding };
	let x = builder.op(kind, &[ids, table], "embedded", matrix(batch, flat));

	// Forward. `inputs` holds what each dense layer reads.
	let mut inputs = Vec::from([(x, flat)]);
	let mut current = (x, flat);
	let layers = plan.hidden.len() + 1;
	let widths = plan.hidden.iter().copied().chain([VOCABULARY]);
	for (layer, width) in widths.enumerate() {
		let (weight, bias) = builder.dense(layer);
		let kind = OpKind::MatMul {
			depth: current.1,
			transpose: Transpose::Neither,
		};
		let shape = matrix(batch, width);
		let product = builder.op(
			kind,
			&[current.0, weight],
			format!("dense{layer}.product"),
			shape,
		);
		let last = layer + 1 == layers;
		let name = if last {
			String::from("logits")
		} else {
			format!("dense{layer}.sum")
		};
		let sum = builder.op(OpKind::Bias, &[product, bias], name, shape);
		current = (sum, width);
		if !last {
			let relu = builder.op(OpKind::Relu, &[sum], format!("dense{layer}.relu"), shape);
			current = (relu, width);
			inputs.push(current);
		}
	}

	// Loss.
	let logits = current.0;
	let stat = matrix(batch, 1);
	let width = VOCABULARY;
	let target = context;
	let max = builder.op(OpKind::RowMax { width }, &[logits], "logits.max", stat);
	let sum = builder.op(
		OpKind::RowSumExp { width },
		&[logits, max],
		"logits.sumexp",
		stat,
	);
	let kind = OpKind::LossRows { width, target };
	let losses = builder.op(kind, &[ids, logits, max, sum], "losses", stat);
	let kind = OpKind::MeanLoss { rows: batch };
	let mean = builder.op(kind, &[losses], "loss", matrix(1, 1));

	// Backward.
	let kind = OpKind::LogitGrad { target };
	let logits_shape = matrix(batch, VOCABULARY);
	let mut upstream = (
		builder.op(kind, &[ids, logits, max, sum], "grad.logits", logits_shape),
		VOCABULARY,
	);
	for (layer, (input, depth)) in inputs.into_iter().enumerate().rev() {
		let (grad, width) = upstream;
		let (weight, _) = builder.dense(layer);
		let kind = OpKind::MatMul {
			depth: batch,
			transpose: Transpose::Left,
		};
		builder.gradient(1 + 2 * layer, kind, &[input, grad]);
		let kind = OpKind::ColSum { rows: batch };
		let sums = builder.op(
			kind,
			&[grad],
			format!("dense{layer}.colsum"),
			matrix(1, width),
		);
		builder.gradient(2 + 2 * layer, OpKind::Pack, &[sums]);
		let kind = OpKind::MatMul {
			depth: width,
			transpose: Transpose::Right,
		};
		let name = format!("grad.dense{layer}.input");
		let back = builder.op(kind, &[grad, weight], name, matrix(batch, depth));
		upstream = (back, depth);
		if let Some(below) = layer.checked_sub(1) {
			let name = format!("grad.dense{below}.sum");
			let masked = builder.op(OpKind::ReluGrad, &[input, back], name, matrix(batch, depth));
			upstream = (masked, depth);
		}
	}
	builder.gradient(
		0,
		OpKind::EmbedGrad {
			rows: batch,
			context,
		},
		&[ids, upstream.0],
	);

	Ok(builder.optimise(plan.rates, losses, mean))
}
