//! How many transactions and bytes a conflict takes, counted over the outlines of whole models.

use assay_numerics::{
	hash::{
		descent::LAYER,
		opening::{chunks, height},
	},
	samples, Model, Outline, StepPlan,
};
use assay_protocol::{
	dispute::{Addends, ClosingStage, OpenedParam, Updates, MAX_ADDENDS},
	limits::MAX_TASKS,
};
use codec::MaxEncodedLen;

/// What a transaction has beside what it shows.
const OVERHEAD: u64 = 200;

/// The moves and bytes of a descent of an input of so many bytes, whose chunks are shown at the end if
/// they are roots: of each layer the nodes, and a choice.
fn descent(bytes: u64, is_list: bool) -> (u64, u64) {
	let (mut left, mut moves, mut shown) = (chunks(bytes), 0, 0);
	while left > 1 {
		let group = left.div_ceil(LAYER.into()).next_power_of_two();
		shown += left.div_ceil(group) * 32;
		moves += 2;
		left = group.min(left);
	}
	if is_list {
		shown += bytes.min(1_024);
		moves += 2;
	}
	(moves, shown + moves * OVERHEAD)
}

/// The transactions and bytes of a conflict about the longest tensor, of so many updates.
fn conflict(plan: &StepPlan, updates: u64) -> (u64, u64) {
	let outline = Outline::new(plan).unwrap();
	let bytes = (0..outline.param_count())
		.map(|place| outline.layout(outline.param(place)).unwrap().bytes())
		.max()
		.unwrap();
	let list = u64::from(outline.param_count()) * 32;
	let (in_list, list_bytes) = descent(list, true);
	let (in_tensor, tensor_bytes) = descent(bytes, false);
	let siblings = u64::from(height(list) + height(bytes)) * 32;
	let opened = 1_024.min(list) + 1_024 + siblings + 8;
	let calls = updates.div_ceil(MAX_ADDENDS.into());
	(
		in_list + in_tensor + calls,
		list_bytes + tensor_bytes + (updates + 1) * opened + calls * OVERHEAD,
	)
}

#[test]
fn a_conflict_of_thirty_updates_has_twenty_transactions_and_a_hundred_kilobytes() {
	let small = samples::Preset::M10.plan(256);
	let large = seven_billion();
	for (plan, of_thirty, of_all) in [
		(small, (9, 83_904), (24, 1_293_832)),
		(large, (11, 99_216), (26, 1_447_960)),
	] {
		assert_eq!(conflict(&plan, 30), of_thirty);
		// More updates are more calls of 32, each of which opens its tile and its root.
		assert_eq!(conflict(&plan, MAX_TASKS.into()), of_all);
	}
}

/// 7 billion parameters, in 32 blocks, with a vocabulary of 32,000.
fn seven_billion() -> StepPlan {
	let mut plan = samples::gpt(4_096, 4_096, 32, 1);
	if let Model::Gpt(model) = &mut plan.model {
		model.vocabulary = 32_000;
		model.feed_forward = 11_008;
	}
	plan
}

#[test]
fn what_is_stored_and_sent_is_bounded() {
	assert!(ClosingStage::max_encoded_len() < 5_000);
	assert_eq!(Updates::max_encoded_len(), 2 + 512 * 32);
	assert!(OpenedParam::max_encoded_len() < 3_500);
	assert!(Addends::max_encoded_len() < 112_000);
}
