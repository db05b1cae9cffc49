//! P1 and P2 for plans.

use crate::samples::{classifier, plan, with_step};
use assay_numerics::{lower, samples, Adapter, Decimal, Gpt, Model};
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
	let spoils: [fn(&mut Plan); 10] = [
		|plan| plan.step.batch += 16,
		|plan| plan.step.loss_scale += 1,
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
fn a_stride_longer_than_the_task_or_of_too_many_segments_is_refused_with_the_bounds() {
	// 32 steps need a stride of 2 for 31 segments at most.
	for stride in [0, 1, 33] {
		let (least, most) = (2, 32);
		assert_eq!(
			refusal(|plan| plan.stride = stride),
			Refusal::StrideOutOfRange {
				stride,
				least,
				most
			}
		);
	}
	for stride in [2, 16, 31, 32] {
		let mut plan = plan();
		plan.stride = stride;
		assert!(check_plan(&plan).is_ok(), "{stride}");
	}
}

#[test]
fn segments_follow_each_other_and_the_last_one_has_what_is_left() {
	for (steps, stride) in [(32, 32), (32, 5), (7, 3), (256, 9), (1, 1)] {
		// GIVEN a task of so many steps
		let mut plan = plan();
		(plan.steps, plan.stride) = (steps, stride);
		// WHEN its segments are put together
		let segments: Vec<_> = (0..plan.segments())
			.map(|segment| plan.segment(segment).expect("there is one"))
			.collect();
		// THEN they are its steps, in order, and there is none after the last
		let all: Vec<u32> = segments.iter().cloned().flatten().collect();
		assert_eq!(all, (0..steps).collect::<Vec<_>>());
		assert!(segments
			.iter()
			.all(|segment| segment.len() as u32 <= stride));
		assert_eq!(plan.segment(plan.segments()), None);
		let facts = check_plan(&plan).expect("accepted");
		assert_eq!(facts.segments, plan.segments());
	}
}

#[test]
fn a_held_out_set_out_of_range_is_refused_with_the_bounds() {
	for rows in [0, 15, 65_537] {
		assert_eq!(
			refusal(|plan| plan.eval_rows = rows),
			Refusal::EvalRowsOutOfRange {
				rows,
				least: 16,
				most: 65_536
			}
		);
	}
	for rows in [16, 65_536] {
		let mut plan = plan();
		plan.eval_rows = rows;
		assert!(check_plan(&plan).is_ok());
	}
}

#[test]
fn the_held_out_examples_of_a_decoder_count_all_their_positions() {
	// GIVEN a decoder with 64 positions WHEN it is measured on 1,024 examples, 65,536 rows
	let mut plan = with_step(samples::gpt(64, 32, 1, 2));
	plan.eval_rows = 1_024;
	// THEN that is accepted, and one more example is not
	assert!(check_plan(&plan).is_ok());
	plan.eval_rows += 1;
	let refused = Refusal::EvalRowsOutOfRange {
		rows: 1_025,
		least: 16,
		most: 1_024,
	};
	assert_eq!(check_plan(&plan), Err(refused));
	// AND the longest context leaves exactly the least number of examples
	let mut longest = with_step(samples::gpt(4_096, 32, 1, 1));
	longest.eval_rows = 16;
	assert!(check_plan(&longest).is_ok());
}

#[test]
fn data_that_end_inside_of_a_token_or_record_are_refused_with_the_multiple() {
	// GIVEN tokens of two bytes
	let mut step = samples::gpt(16, 32, 1, 1);
	if let Model::Gpt(model) = &mut step.model {
		model.vocabulary = 257;
	}
	let mut tokens = with_step(step);
	assert!(check_plan(&tokens).is_ok());
	// WHEN the last one is cut off THEN the plan is refused
	tokens.data.bytes -= 1;
	let refused = Refusal::DataNotWholeItems {
		bytes: tokens.data.bytes,
		item_bytes: 2,
	};
	assert_eq!(check_plan(&tokens), Err(refused));
	// GIVEN records of 16 bytes and a label WHEN the last one has no label
	let mut records = with_step(classifier());
	records.data.bytes = 17 * 1_000;
	assert!(check_plan(&records).is_ok());
	records.data.bytes -= 1;
	// THEN the plan is refused
	let refused = Refusal::DataNotWholeItems {
		bytes: 16_999,
		item_bytes: 17,
	};
	assert_eq!(check_plan(&records), Err(refused));
}

#[test]
fn data_without_a_held_out_example_are_refused_with_the_least_number_of_items() {
	// GIVEN a decoder whose examples are 1,025 tokens, and data of 16 times as many
	let mut plan = with_step(samples::gpt(1_024, 32, 1, 1));
	plan.eval_rows = 16;
	plan.data.bytes = 16 * 1_025;
	assert!(check_plan(&plan).is_ok());
	// WHEN one byte is missing THEN the last sixteenth holds 1,024 tokens and no example
	plan.data.bytes -= 1;
	let refused = Refusal::DataHoldsNoExample {
		items: 1_024,
		least: 1_025,
	};
	assert_eq!(check_plan(&plan), Err(refused));
	// GIVEN records of 16,385 bytes WHEN there are 15 of them THEN none is held out
	let mut step = classifier();
	if let Model::Classifier(model) = &mut step.model {
		model.inputs = 16_384;
	}
	let mut records = with_step(step);
	records.data.bytes = 15 * 16_385;
	let refused = Refusal::DataHoldsNoExample { items: 0, least: 1 };
	assert_eq!(check_plan(&records), Err(refused));
	records.data.bytes = 16 * 16_385;
	assert!(check_plan(&records).is_ok());
}

#[test]
fn the_facts_are_those_of_the_program_that_is_never_built() {
	for step in [
		samples::gpt(16, 32, 2, 1),
		classifier(),
		samples::byte_mlp(8, 16, &[32], 16),
	] {
		let program = lower(&step).expect("the sample lowers");
		let mut plan = with_step(step);
		plan.data.bytes = 17 << 12;
		let facts = check_plan(&plan).expect("the plan is in range");
		assert_eq!(facts.checkpoint_bytes, program.checkpoint_bytes());
		assert_eq!(facts.task_flops, 32 * u128::from(program.flops_per_step()));
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

#[test]
fn a_plan_that_no_worker_could_hold_is_refused_with_the_bounds() {
	// GIVEN a decoder whose logits have 2^30 elements, 4,096 positions times the largest vocabulary
	let mut plan = with_step(samples::gpt(4_096, 32, 1, 1));
	plan.eval_rows = 16;
	let change = |plan: &mut Plan, change: &dyn Fn(&mut Gpt)| {
		if let Model::Gpt(model) = &mut plan.step.model {
			change(model);
		}
		plan.parent.bytes = lower(&plan.step).unwrap().checkpoint_bytes();
	};
	change(&mut plan, &|model| model.vocabulary = 262_144);
	assert!(check_plan(&plan).is_ok());
	// WHEN the batch is doubled THEN they have twice as many
	plan.step.batch = 2;
	let refused = Refusal::StepTooLarge {
		elements: 1 << 31,
		most: 1 << 30,
	};
	assert_eq!(check_plan(&plan), Err(refused));
	// WHEN the parameters take more than 32 GiB THEN the plan is refused with their bytes
	plan.step.batch = 1;
	change(&mut plan, &|model| {
		(model.vocabulary, model.layers) = (256, 256);
		(model.width, model.feed_forward) = (4_096, 16_384);
	});
	let refused = Refusal::CheckpointTooLarge {
		bytes: plan.parent.bytes,
		most: 1 << 35,
	};
	assert!(plan.parent.bytes > 1 << 35);
	assert_eq!(check_plan(&plan), Err(refused));
}

/// A decoder of so many blocks of this width, of which adapters are trained.
fn adapters(layers: u16, width: u16) -> Plan {
	let mut plan = with_step(samples::gpt(64, width, layers, 2));
	if let Model::Gpt(model) = &mut plan.step.model {
		model.adapter = Some(Adapter {
			rank: 16,
			scale: Decimal::new(1, 0),
			base: [7; 32],
		});
	}
	plan.parent.bytes = lower(&plan.step).unwrap().checkpoint_bytes();
	plan
}

#[test]
fn adapters_are_a_checkpoint_of_their_own_and_their_model_has_a_bound_of_its_own() {
	// GIVEN adapters of two layers of two blocks: A of 16 x 32 and B of 32 x 16 elements each
	let plan = adapters(2, 32);
	// THEN they are accepted, and only they are the checkpoint
	let facts = check_plan(&plan).expect("adapters are accepted");
	assert_eq!(facts.checkpoint_bytes, 2 * 2 * 2 * 16 * 32 * 4);
	// WHEN the model that they belong to takes more than 32 GiB
	let large = adapters(256, 4_080);
	// THEN they are refused with its bytes, small as they are themselves
	let Err(Refusal::BaseTooLarge { bytes, most }) = check_plan(&large) else {
		panic!("the model is too large");
	};
	assert!(large.parent.bytes < most && most < bytes);
	assert_eq!(most, 1 << 35);
}
