//! P1 and P2 for plans.

use crate::samples::plan;
use assay_protocol::{check_plan, limits, plan_id, Plan, Refusal};

fn refusal(spoil: impl FnOnce(&mut Plan)) -> Refusal {
	let mut plan = plan();
	spoil(&mut plan);
	check_plan(&plan).expect_err("the plan is spoilt")
}

#[test]
fn a_plan_in_range_is_accepted_and_tells_its_flops() {
	let facts = check_plan(&plan()).expect("the sample is accepted");

	assert_eq!(facts.task_flops % 32, 0);
	// One segment is the whole task.
	assert_eq!(facts.segment_flops, facts.task_flops);
	assert_eq!(facts.checkpoint_bytes, plan().parent.bytes);
}

#[test]
fn p1_every_field_of_a_plan_changes_its_id() {
	let id = plan_id(&plan());
	let spoils: [fn(&mut Plan); 9] = [
		|plan| plan.step.batch += 16,
		|plan| plan.data.root[31] ^= 1,
		|plan| plan.data.bytes += 1,
		|plan| plan.steps += 1,
		|plan| plan.stride += 1,
		|plan| plan.parent.root[0] ^= 1,
		|plan| plan.parent.bytes += 1,
		|plan| plan.seed[0] ^= 1,
		|plan| plan.eval_rows += 1,
	];
	for spoil in spoils {
		let mut other = plan();
		spoil(&mut other);
		assert_ne!(plan_id(&other), id);
	}
}

#[test]
fn a_plan_that_does_not_lower_is_refused_with_the_reason() {
	assert!(matches!(
		refusal(|plan| plan.step.batch = 0),
		Refusal::PlanNotLowered(_)
	));
}

#[test]
fn too_little_or_too_much_data_is_refused_with_the_bounds() {
	let (least, most) = (limits::MIN_DATA_BYTES, limits::MAX_DATA_BYTES);
	for bytes in [0, least - 1, most + 1] {
		assert_eq!(
			refusal(|plan| plan.data.bytes = bytes),
			Refusal::DataBytesOutOfRange { bytes, least, most }
		);
	}
	for bytes in [least, most] {
		let mut plan = plan();
		plan.data.bytes = bytes;
		assert!(check_plan(&plan).is_ok());
	}
}

#[test]
fn a_task_of_no_steps_or_too_many_is_refused_with_the_bound() {
	for steps in [0, 257] {
		assert_eq!(
			refusal(|plan| (plan.steps, plan.stride) = (steps, steps)),
			Refusal::StepsOutOfRange { steps, most: 256 }
		);
	}
	for steps in [1, 256] {
		let mut plan = plan();
		(plan.steps, plan.stride) = (steps, steps);
		assert!(check_plan(&plan).is_ok());
	}
}

#[test]
fn a_stride_that_is_not_the_whole_task_is_refused() {
	for stride in [0, 16, 33] {
		assert_eq!(
			refusal(|plan| plan.stride = stride),
			Refusal::StrideNotSteps { stride, steps: 32 }
		);
	}
}

#[test]
fn a_held_out_set_out_of_range_is_refused_with_the_bounds() {
	for rows in [0, 255, 65_537] {
		assert_eq!(
			refusal(|plan| plan.eval_rows = rows),
			Refusal::EvalRowsOutOfRange {
				rows,
				least: 256,
				most: 65_536
			}
		);
	}
}

#[test]
fn a_first_checkpoint_of_another_model_is_refused_with_the_bytes_it_should_have() {
	let expected = plan().parent.bytes;
	assert_eq!(
		refusal(|plan| plan.parent.bytes = expected - 4),
		Refusal::ParentBytesWrong {
			bytes: expected - 4,
			expected
		}
	);
}

#[test]
fn the_longest_plan_fits_the_bound() {
	use codec::MaxEncodedLen;
	assert!(Plan::max_encoded_len() <= usize::try_from(limits::MAX_PLAN_BYTES).expect("small"));
}
