//! From a plan to its program.

use alloc::vec::Vec;

use super::{Outline, Program, Role, TensorId};
use crate::{OpKind, PlanError, StepPlan};

/// The program of one step of a plan, as lists. A pure function of the plan, the same in workers and
/// on the chain, which asks [`Outline`] for single ops instead.
///
/// # Errors
/// As [`Outline::new`].
pub fn lower(plan: &StepPlan) -> Result<Program, PlanError> {
	let outline = Outline::new(plan)?;
	let params = 0..outline.param_count();
	let inputs = outline.tensor_count() - outline.op_count();
	let mut tensors: Vec<_> = (0..inputs)
		.filter_map(|id| outline.tensor(TensorId(id as u16)))
		.collect();
	let mut ops = Vec::with_capacity(outline.op_count() as usize);
	let mut gradients = Vec::from_iter(params.clone().map(|_| super::DATA));
	let (mut row_losses, mut mean_loss) = (super::DATA, super::DATA);
	for emitted in outline.ops() {
		tensors.push(outline.info(&emitted));
		match emitted.op.kind {
			OpKind::LossRows { .. } => row_losses = emitted.op.output,
			OpKind::MeanLoss { .. } => mean_loss = emitted.op.output,
			_ => {}
		}
		if let Role::Gradient(place) = emitted.role {
			if let Some(gradient) = gradients.get_mut(usize::from(place)) {
				*gradient = emitted.op.output;
			}
		}
		ops.push(emitted.op);
	}
	let moments = [false, true].into_iter().flat_map(|second| {
		let outline = &outline;
		params
			.clone()
			.map(move |place| outline.moment(place, second))
	});
	let next_moments = [Role::NextFirstMoment(0), Role::NextSecondMoment(0)];
	let next_moments = next_moments.into_iter().flat_map(|role| {
		let outline = &outline;
		params.clone().map(move |place| outline.next(place, role))
	});
	let next_params = params.clone();
	Ok(Program {
		moments: moments.collect(),
		next_moments: next_moments.collect(),
		params: params.clone().map(|place| outline.param(place)).collect(),
		inits: params
			.clone()
			.filter_map(|place| outline.init(place))
			.collect(),
		frozen: (0..outline.frozen_count())
			.map(|place| outline.frozen(place))
			.collect(),
		next_params: next_params
			.map(|place| outline.next(place, Role::NextParam(0)))
			.collect(),
		gradients,
		tensors,
		ops,
		row_losses,
		mean_loss,
		outline,
	})
}
