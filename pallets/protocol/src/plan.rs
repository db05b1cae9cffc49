//! What is trained: the typed plan of a job, its id and the reasons to refuse it.

use crate::{hash, ids::Digest, limits, refusal::Refusal};
use assay_numerics::{batch::span, train_items, Outline, Root, StepPlan};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::Range;
use scale_info::TypeInfo;

/// The data of a job: a stream of bytes, tokens or records.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct DataRef {
	/// BLAKE3 of the bytes.
	pub root: Root,
	/// Their number.
	pub bytes: u64,
}

/// A checkpoint: the list of a model's parameter tensors.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct CheckpointRef {
	/// BLAKE3 of the list of the tensors' roots, in the Program's order.
	pub root: Root,
	/// Bytes of all tensors together, without the list.
	pub bytes: u64,
}

/// Everything that decides the bits of a job's checkpoints.
///
/// Two jobs with the same plan and the same accepted slots produce the same checkpoints, whoever
/// works on them.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Plan {
	/// Model, optimiser, batch and numeric profile: one optimiser step.
	pub step: StepPlan,
	/// The data to train on: a whole number of the model's items.
	pub data: DataRef,
	/// Optimiser steps of one task, 1..=256.
	pub steps: u32,
	/// Steps of one segment, the unit that is drawn for checking: 1..=`steps`, and so many that a task
	/// has at most 31 segments. The last segment has what is left.
	pub stride: u32,
	/// The checkpoint that round 0 starts from.
	pub parent: CheckpointRef,
	/// Seed of the initialisation and of the data order. Public, chosen by the submitter.
	pub seed: [u8; 32],
	/// Examples of the held-out set that every checkpoint is evaluated on: at least 16, and so many
	/// that all their rows are at most 65,536. A GPT's example has a row for every position.
	pub eval_rows: u32,
}

impl Plan {
	/// Segments of a task; none of a plan that [`check_plan`] refuses for its stride.
	pub fn segments(&self) -> u32 {
		self.steps
			.checked_add(self.stride.saturating_sub(1))
			.and_then(|steps| steps.checked_div(self.stride))
			.unwrap_or(0)
	}

	/// The steps of a segment, counted in the task; `None` if there is no such segment.
	pub fn segment(&self, segment: u32) -> Option<Range<u32>> {
		let first = segment.checked_mul(self.stride)?;
		let end = first.saturating_add(self.stride).min(self.steps);
		(first < end).then_some(first..end)
	}
}

/// What a plan's outline tells, kept by the chain so that it asks only once.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct PlanFacts {
	/// Reference FLOPs of one whole task: of one step, times the steps.
	pub task_flops: u128,
	/// Reference FLOPs that one verdict recomputes: of one step, times the stride.
	pub segment_flops: u128,
	/// Segments of one task.
	pub segments: u32,
	/// Bytes of a checkpoint.
	pub checkpoint_bytes: u64,
}

/// The id of a plan: `blake2_256("assay/plan/v1" ++ SCALE(plan))`.
pub fn plan_id(plan: &Plan) -> Digest {
	hash::blake2_256(&plan_preimage(plan))
}

/// The bytes that [`plan_id`] hashes, for callers that have a faster hash.
pub fn plan_preimage(plan: &Plan) -> alloc::vec::Vec<u8> {
	hash::preimage(hash::PLAN, plan)
}

/// Checks everything about a plan that can be known without its data.
///
/// # Errors
/// A [`Refusal`] that names the value and its bound. The first one found: numbers on their own in
/// the order of the fields, then the step, then what depends on the model.
///
/// # Complexity
/// Bounded by the number of parameters, not by their size. The list of ops is never built: whoever
/// needs an op asks the [`Outline`] for its number.
pub fn check_plan(plan: &Plan) -> Result<PlanFacts, Refusal> {
	check_length(plan.encoded_size())?;
	if plan.data.bytes < limits::MIN_DATA_BYTES || plan.data.bytes > limits::MAX_DATA_BYTES {
		return Err(Refusal::DataBytesOutOfRange {
			bytes: plan.data.bytes,
			least: limits::MIN_DATA_BYTES,
			most: limits::MAX_DATA_BYTES,
		});
	}
	if plan.steps == 0 || plan.steps > limits::MAX_STEPS {
		return Err(Refusal::StepsOutOfRange {
			steps: plan.steps,
			most: limits::MAX_STEPS,
		});
	}
	let least = plan.steps.div_ceil(limits::MAX_SEGMENTS);
	if plan.stride < least || plan.stride > plan.steps {
		return Err(Refusal::StrideOutOfRange {
			stride: plan.stride,
			least,
			most: plan.steps,
		});
	}
	let outline = Outline::new(&plan.step).map_err(Refusal::PlanNotLowered)?;
	check_data(plan.data.bytes, &outline)?;
	check_eval_rows(plan.eval_rows, &outline)?;
	let elements = outline.largest_activation();
	if elements > limits::MAX_STEP_ELEMENTS {
		let most = limits::MAX_STEP_ELEMENTS;
		return Err(Refusal::StepTooLarge { elements, most });
	}
	let checkpoint_bytes = outline.checkpoint_bytes();
	if checkpoint_bytes > limits::MAX_CHECKPOINT_BYTES {
		return Err(Refusal::CheckpointTooLarge {
			bytes: checkpoint_bytes,
			most: limits::MAX_CHECKPOINT_BYTES,
		});
	}
	let base_bytes = outline.frozen_bytes();
	if base_bytes > limits::MAX_CHECKPOINT_BYTES {
		return Err(Refusal::BaseTooLarge {
			bytes: base_bytes,
			most: limits::MAX_CHECKPOINT_BYTES,
		});
	}
	if plan.parent.bytes != checkpoint_bytes {
		return Err(Refusal::ParentBytesWrong {
			bytes: plan.parent.bytes,
			expected: checkpoint_bytes,
		});
	}
	let step_flops = u128::from(outline.flops_per_step());
	// A u64 times at most 256 always fits; the refusal is there instead of a panic.
	let times = |steps: u32| {
		step_flops
			.checked_mul(u128::from(steps))
			.ok_or(Refusal::Overflow)
	};
	Ok(PlanFacts {
		task_flops: times(plan.steps)?,
		segment_flops: times(plan.stride)?,
		segments: plan.segments(),
		checkpoint_bytes,
	})
}

/// Data are whole items, and both the training part and the held-out part have room for an example.
fn check_data(bytes: u64, outline: &Outline) -> Result<(), Refusal> {
	let item_bytes = outline.item_bytes();
	let items = bytes.checked_div(item_bytes.into()).unwrap_or(0);
	if items.checked_mul(item_bytes.into()) != Some(bytes) {
		return Err(Refusal::DataNotWholeItems { bytes, item_bytes });
	}
	let context = outline.context();
	// The training part is never the shorter one.
	let held_out = items.saturating_sub(train_items(items));
	if span(held_out, context) == 0 {
		return Err(Refusal::DataHoldsNoExample {
			items: held_out,
			least: u64::from(context).saturating_add(1),
		});
	}
	Ok(())
}

/// Examples of the held-out set, by the rows that they have.
fn check_eval_rows(examples: u32, outline: &Outline) -> Result<(), Refusal> {
	let each = outline.rows().checked_div(outline.batch()).unwrap_or(1);
	let most = limits::MAX_EVAL_ROWS.checked_div(each).unwrap_or(0);
	if examples < limits::MIN_EVAL_EXAMPLES || examples > most {
		return Err(Refusal::EvalRowsOutOfRange {
			rows: examples,
			least: limits::MIN_EVAL_EXAMPLES,
			most,
		});
	}
	Ok(())
}

/// No plan of this version comes near the bound; it is for the models to come.
fn check_length(bytes: usize) -> Result<(), Refusal> {
	let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
	if bytes > limits::MAX_PLAN_BYTES {
		return Err(Refusal::PlanTooLong {
			bytes,
			most: limits::MAX_PLAN_BYTES,
		});
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::{check_length, Refusal};

	#[test]
	fn a_plan_above_four_kilobytes_is_refused_with_the_bound() {
		assert_eq!(check_length(4_096), Ok(()));
		assert_eq!(
			check_length(4_097),
			Err(Refusal::PlanTooLong {
				bytes: 4_097,
				most: 4_096
			})
		);
	}
}
