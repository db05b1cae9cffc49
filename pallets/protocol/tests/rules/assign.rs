//! P9: the order of members.

use assay_protocol::{
	assign::{assign_seed, Order},
	JobId,
};
use proptest::prelude::*;

fn order(round: u32, members: u32) -> Order {
	Order::new(&assign_seed(&[1; 32], JobId(1), round), members)
}

#[test]
fn the_order_follows_from_plan_job_and_round() {
	let candidates = |plan: [u8; 32], job, round| -> Vec<u32> {
		Order::new(&assign_seed(&plan, JobId(job), round), 100)
			.candidates(0, 0)
			.collect()
	};
	let base = candidates([1; 32], 1, 1);

	assert_eq!(candidates([1; 32], 1, 1), base);
	assert_ne!(candidates([2; 32], 1, 1), base);
	assert_ne!(candidates([1; 32], 2, 1), base);
	assert_ne!(candidates([1; 32], 1, 2), base);
}

#[test]
fn every_order_of_few_members_is_equally_likely() {
	let mut counts = [0u32; 6];
	for round in 0..12_000 {
		let order: Vec<u32> = order(round, 3).candidates(0, 0).collect();
		// Of the six orders: twice the first, plus whether the other two are swapped.
		let swapped = usize::from(order[1] > order[2]);
		counts[usize::try_from(order[0]).expect("small") * 2 + swapped] += 1;
	}
	// 5 degrees of freedom: one in a thousand seeds exceeds 20.5.
	let chi: f64 = counts
		.iter()
		.map(|n| (f64::from(*n) - 2_000.0).powi(2) / 2_000.0)
		.sum();
	assert!(chi < 20.5, "{counts:?}");
}

#[test]
fn the_first_candidate_that_can_take_a_slot_is_picked() {
	let members = ["dave", "eve", "ferdie"];
	let order = order(0, 3);
	let asked: Vec<u32> = order.candidates(1, 0).collect();
	let second = members[usize::try_from(asked[1]).expect("small")];
	let first = members[usize::try_from(asked[0]).expect("small")];

	assert_eq!(order.pick(&members, 1, 0, |_| true), Some(&first));
	assert_eq!(
		order.pick(&members, 1, 0, |member| *member != first),
		Some(&second)
	);
	assert_eq!(order.pick(&members, 1, 0, |_| false), None);
	// The next attempt begins with the next member.
	assert_eq!(order.pick(&members, 1, 1, |_| true), Some(&second));
}

#[test]
fn without_members_nobody_is_asked() {
	assert_eq!(order(0, 0).candidates(5, 1).count(), 0);
	assert_eq!(order(0, 0).pick(&[0u8; 0], 0, 0, |_| true), None);
	// A member that left since the order was made is skipped.
	assert_eq!(order(0, 3).pick(&[7u8], 0, 0, |_| true), Some(&7));
}

proptest! {
	#[test]
	fn p9_each_member_is_asked_once_for_each_attempt(
		round: u32, members in 1u32..200, slot: u32, attempt in 0u8..3,
	) {
		let mut asked: Vec<u32> = order(round, members).candidates(slot, attempt).collect();
		asked.sort_unstable();

		prop_assert_eq!(asked, (0..members).collect::<Vec<_>>());
	}

	#[test]
	fn p9_the_slots_of_a_round_are_spread_evenly(
		round: u32, members in 1u32..50, tasks in 1u32..200,
	) {
		let order = order(round, members);
		let mut load = vec![0u32; members as usize];
		for slot in 0..tasks {
			load[order.candidates(slot, 0).next().expect("there are members") as usize] += 1;
		}

		let (most, least) = (load.iter().max(), load.iter().min());
		prop_assert!(most.expect("one") - least.expect("one") <= 1);
	}
}
