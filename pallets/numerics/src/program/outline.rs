//! Programs without their lists: any op and tensor by its number.

mod tensors;
mod update;

use alloc::vec::Vec;

use super::{
	models::{gpt, mlp},
	segment::{Emitted, Init, ParamSpec, Segment},
	Op, Role, TensorId, DATA,
};
use crate::{
	plan::{check, Checked, CheckedModel, MlpInput},
	PlanError, StepPlan,
};

/// Tensors of a program, at most: the last id stands for an absent input.
pub const MAX_TENSORS: u32 = u16::MAX as u32;

/// A part of the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
	Mlp(mlp::Part),
	Gpt(gpt::Part),
	/// The squares of one gradient, in levels.
	Squares,
	/// The factor that all gradients are shortened by.
	Clip,
	/// The optimiser's ops for one parameter.
	Update,
	/// The roots of the state.
	State,
}

/// Copies of a part that follow one another.
#[derive(Clone, Copy, Debug)]
struct Run {
	part: Part,
	copies: u32,
	/// Ops of one copy.
	ops: u32,
	/// The first op.
	first: u32,
}

/// What a plan computes, op by op and tensor by tensor, none of which is stored.
///
/// Making one and asking it are bounded by the longest part of a program, about a hundred ops, not
/// by the number of layers: what a chain needs that judges one op of a model of any size.
#[derive(Clone, Debug)]
pub struct Outline {
	plan: Checked,
	runs: Vec<Run>,
	/// Levels of [`Part::Squares`].
	levels: u32,
}

impl Outline {
	/// The outline of a plan.
	///
	/// # Errors
	/// The first number of the plan that is out of bounds, in the order of its fields, and
	/// [`PlanError::TooManyTensors`].
	pub fn new(plan: &StepPlan) -> Result<Self, PlanError> {
		let plan = check(plan)?;
		let mut outline = Outline {
			plan,
			runs: Vec::new(),
			levels: 1,
		};
		let params = outline.param_count();
		let mut parts: Vec<(Part, u32)> = match &outline.plan.model {
			CheckedModel::Mlp(model) => {
				let parts = model.parts().into_iter();
				parts
					.map(|(part, copies)| (Part::Mlp(part), copies))
					.collect()
			}
			CheckedModel::Gpt(model) => {
				let parts = model.parts().into_iter();
				parts
					.map(|(part, copies)| (Part::Gpt(part), copies))
					.collect()
			}
		};
		if outline.plan.clip.is_some() {
			outline.levels = outline.levels_needed();
			parts.extend([(Part::Squares, params), (Part::Clip, 1)]);
		}
		parts.extend([(Part::Update, params), (Part::State, 1)]);
		let mut first: u32 = 0;
		for (part, copies) in parts {
			outline.runs.push(Run {
				part,
				copies,
				ops: 0,
				first,
			});
			let ops = outline.emit(part, 0).emitted.len() as u32;
			if let Some(run) = outline.runs.last_mut() {
				run.ops = ops;
			}
			first = first.saturating_add(copies.saturating_mul(ops));
		}
		let tensors = outline.first_output().saturating_add(first);
		if tensors > MAX_TENSORS {
			return Err(PlanError::TooManyTensors {
				tensors,
				most: MAX_TENSORS,
			});
		}
		Ok(outline)
	}

	/// Parameters that are trained.
	pub fn param_count(&self) -> u32 {
		match &self.plan.model {
			CheckedModel::Mlp(model) => model.params(),
			CheckedModel::Gpt(model) => model.params(),
		}
	}

	/// Tensors of the model that are not trained.
	pub fn frozen_count(&self) -> u32 {
		match &self.plan.model {
			CheckedModel::Mlp(_) => 0,
			CheckedModel::Gpt(model) => model.frozen(),
		}
	}

	/// Ops.
	pub fn op_count(&self) -> u32 {
		let last = self.runs.last();
		last.map_or(0, |run| run.first + run.copies * run.ops)
	}

	/// Rows of the activations: examples, or positions of all sequences.
	pub fn rows(&self) -> u32 {
		match &self.plan.model {
			CheckedModel::Mlp(_) => self.plan.batch,
			CheckedModel::Gpt(model) => self.plan.batch * model.attention.context,
		}
	}

	/// Columns of the logits: tokens of the vocabulary, or classes.
	pub fn vocabulary(&self) -> u32 {
		match &self.plan.model {
			CheckedModel::Mlp(model) => model.outputs,
			CheckedModel::Gpt(model) => model.vocabulary,
		}
	}

	/// Examples of a step.
	pub fn batch(&self) -> u32 {
		self.plan.batch
	}

	/// Bytes of the unit of the data at whose multiples examples start: a token, or a record.
	pub fn item_bytes(&self) -> u32 {
		match &self.plan.model {
			CheckedModel::Mlp(model) => match model.input {
				MlpInput::Window { .. } => 1,
				MlpInput::Features { inputs } => inputs + 1,
			},
			CheckedModel::Gpt(model) => model.token_bytes(),
		}
	}

	/// Items of an example after its first one.
	pub fn context(&self) -> u32 {
		match &self.plan.model {
			CheckedModel::Mlp(model) => match model.input {
				MlpInput::Window { context, .. } => context,
				MlpInput::Features { .. } => 0,
			},
			CheckedModel::Gpt(model) => model.attention.context,
		}
	}

	/// How far each pair of a head turns at each position, in parts of `2^-64` of a whole turn; empty
	/// without rotary positions.
	pub fn turns(&self) -> &[u64] {
		match &self.plan.model {
			CheckedModel::Mlp(_) => &[],
			CheckedModel::Gpt(model) => &model.turns,
		}
	}

	pub(super) fn param_spec(&self, place: u32) -> Option<ParamSpec> {
		match &self.plan.model {
			CheckedModel::Mlp(model) => model.param(place),
			CheckedModel::Gpt(model) => model.param(place),
		}
	}

	fn frozen_spec(&self, place: u32) -> Option<ParamSpec> {
		match &self.plan.model {
			CheckedModel::Mlp(_) => None,
			CheckedModel::Gpt(model) => model.model_tensor(place),
		}
	}

	/// The first values of the parameter at this place.
	pub fn init(&self, place: u32) -> Option<Init> {
		self.param_spec(place).map(|spec| spec.init)
	}

	/// The id of the parameter at this place, before the step.
	pub fn param(&self, place: u32) -> TensorId {
		TensorId((1 + place) as u16)
	}

	/// The id of the first or second moment of a parameter, before the step.
	pub fn moment(&self, place: u32, second: bool) -> TensorId {
		let count = self.param_count();
		TensorId((1 + place + count * (1 + u32::from(second))) as u16)
	}

	/// The id of the tensor at this place among those that are not trained.
	pub fn frozen(&self, place: u32) -> TensorId {
		TensorId((1 + 3 * self.param_count() + place) as u16)
	}

	/// The id of what the op with this number writes.
	pub fn output(&self, op: u32) -> TensorId {
		TensorId(self.first_output().saturating_add(op) as u16)
	}

	/// The number of the op that writes a tensor; nothing for what is there before the step.
	pub fn op_of(&self, tensor: TensorId) -> Option<u32> {
		let op = u32::from(tensor.0).checked_sub(self.first_output())?;
		(op < self.op_count()).then_some(op)
	}

	fn first_output(&self) -> u32 {
		1 + 3 * self.param_count() + self.frozen_count()
	}

	/// The id of what a copy of a part writes first.
	fn first(&self, part: Part, copy: u32) -> u32 {
		let run = self.runs.iter().find(|run| run.part == part);
		let op = run.map_or(0, |run| {
			run.first.saturating_add(copy.saturating_mul(run.ops))
		});
		self.first_output().saturating_add(op)
	}

	/// The gradient of a parameter.
	pub fn gradient(&self, place: u32) -> TensorId {
		let (part, copy) = match &self.plan.model {
			CheckedModel::Mlp(model) => {
				let (part, copy) = model.gradient_of(place);
				(Part::Mlp(part), copy)
			}
			CheckedModel::Gpt(model) => {
				let (part, copy) = model.gradient_of(place);
				(Part::Gpt(part), copy)
			}
		};
		let emitted = self.emit(part, copy).emitted;
		let role = Role::Gradient(place as u16);
		let found = emitted.iter().find(|emitted| emitted.role == role);
		found.map_or(DATA, |emitted| emitted.op.output)
	}

	/// The id of a parameter, or of one of its moments, after the step.
	pub fn next(&self, place: u32, role: Role) -> TensorId {
		let at = match role {
			Role::NextFirstMoment(_) => 0,
			Role::NextSecondMoment(_) => 1,
			_ => 2,
		};
		TensorId((self.first(Part::Update, place) + at) as u16)
	}

	/// Places of parameters, and how many have the same shape as each.
	fn groups(&self) -> Vec<(u32, u32)> {
		match &self.plan.model {
			CheckedModel::Mlp(model) => model.groups(),
			CheckedModel::Gpt(model) => model.groups(),
		}
	}

	fn emit(&self, part: Part, copy: u32) -> Segment {
		let scale = u32::from(self.plan.rates.loss_scale);
		let param = |place| self.param(place);
		match (part, &self.plan.model) {
			(Part::Mlp(part), CheckedModel::Mlp(model)) => {
				let first = |part, copy| self.first(Part::Mlp(part), copy);
				model.emit((part, copy), (self.plan.batch, scale), &first, &param)
			}
			(Part::Gpt(part), CheckedModel::Gpt(model)) => {
				let context = gpt::Context {
					batch: self.plan.batch,
					scale,
					first: &|part, copy| self.first(Part::Gpt(part), copy),
					param: &param,
					frozen: &|place| self.frozen(place),
				};
				model.emit(part, copy, &context)
			}
			_ => self.emit_update(part, copy),
		}
	}

	fn emitted(&self, index: u32) -> Option<Emitted> {
		let run = self.runs.iter().rev().find(|run| run.first <= index)?;
		let inside = index - run.first;
		let copy = inside.checked_div(run.ops)?;
		if copy >= run.copies {
			return None;
		}
		let emitted = self.emit(run.part, copy).emitted;
		emitted.get((inside - copy * run.ops) as usize).copied()
	}

	/// The op at this place of the program.
	pub fn op(&self, index: u32) -> Option<Op> {
		self.emitted(index).map(|emitted| emitted.op)
	}

	/// Ops and what their outputs are called, part by part, in order.
	pub(super) fn ops(&self) -> impl Iterator<Item = Emitted> + '_ {
		let copies = self
			.runs
			.iter()
			.flat_map(|run| (0..run.copies).map(move |copy| (run.part, copy)));
		copies.flat_map(|(part, copy)| self.emit(part, copy).emitted)
	}
}
