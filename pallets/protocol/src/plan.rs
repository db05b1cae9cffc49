//! What is trained: the typed plan of a job, its id and the reasons to refuse it.

use crate::{hash, ids::Digest, limits, refusal::Refusal};
use assay_numerics::{lower, Root, StepPlan};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The token stream of a job.
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
	/// The token stream to train on.
	pub data: DataRef,
	/// Optimiser steps of one task, 1..=256.
	pub steps: u32,
	/// Steps of one segment, the unit that is drawn for checking. Equal to `steps` in this version.
	pub stride: u32,
	/// The checkpoint that round 0 starts from.
	pub parent: CheckpointRef,
	/// Seed of the initialisation and of the data order. Public, chosen by the submitter.
	pub seed: [u8; 32],
	/// Rows of the held-out set that every checkpoint is evaluated on, 256..=65,536.
	pub eval_rows: u32,
}

/// What lowering a plan tells, kept by the chain so that it never lowers a second time.
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
	/// Root of the list of op records.
	pub op_list_root: Root,
	/// Reference FLOPs of one whole task: of one step, times the steps.
	pub task_flops: u128,
	/// Reference FLOPs that one verdict recomputes: of one step, times the stride.
	pub segment_flops: u128,
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
/// A [`Refusal`] that names the value and its bound. The first one found, in the order of the
/// fields; the plan is lowered last, when all its other fields are in range.
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
	if plan.stride != plan.steps {
		return Err(Refusal::StrideNotSteps {
			stride: plan.stride,
			steps: plan.steps,
		});
	}
	if plan.eval_rows < limits::MIN_EVAL_ROWS || plan.eval_rows > limits::MAX_EVAL_ROWS {
		return Err(Refusal::EvalRowsOutOfRange {
			rows: plan.eval_rows,
			least: limits::MIN_EVAL_ROWS,
			most: limits::MAX_EVAL_ROWS,
		});
	}
	let program = lower(&plan.step).map_err(Refusal::PlanNotLowered)?;
	let checkpoint_bytes = program.checkpoint_bytes();
	if plan.parent.bytes != checkpoint_bytes {
		return Err(Refusal::ParentBytesWrong {
			bytes: plan.parent.bytes,
			expected: checkpoint_bytes,
		});
	}
	let step_flops = u128::from(program.flops_per_step());
	// A u64 times at most 256 always fits; the refusal is there instead of a panic.
	let times = |steps: u32| {
		step_flops
			.checked_mul(u128::from(steps))
			.ok_or(Refusal::Overflow)
	};
	Ok(PlanFacts {
		op_list_root: program.op_list_root(),
		task_flops: times(plan.steps)?,
		segment_flops: times(plan.stride)?,
		checkpoint_bytes,
	})
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
