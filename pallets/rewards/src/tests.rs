//! The formula as the jobs ask for it.

use assay_protocol::{reward::MAX_UPTIME_PPM, Balance, JobId};
use assay_traits::Rewards as _;
use proptest::prelude::*;

use crate::mock::Rewards;

const JOB: JobId = JobId(0);
const WHOLE: u32 = 1_000_000;

fn compute(price: Balance, quality_ppm: u32) -> Balance {
	Rewards::compute(JOB, &1, price, quality_ppm)
}

fn verdict(price: Balance, recomputed: u128, task: u128, uptime_ppm: u32) -> Balance {
	Rewards::verdict(JOB, &1, price, recomputed, task, uptime_ppm)
}

#[test]
fn a_task_of_full_quality_is_worth_its_price_and_one_of_none_nothing() {
	// GIVEN a price of 1,000.
	// WHEN quality is everything, a third, or nothing.
	// THEN the pay is the price, its rounded-down third, or nothing.
	assert_eq!(compute(1_000, WHOLE), 1_000);
	assert_eq!(compute(1_000, 333_333), 333);
	assert_eq!(compute(1_000, 0), 0);
	// AND more than everything counts as everything, also for the largest price.
	assert_eq!(compute(1_000, u32::MAX), 1_000);
	assert_eq!(compute(Balance::MAX, WHOLE), Balance::MAX);
}

#[test]
fn a_verdict_is_worth_what_it_recomputed_times_the_uptime() {
	// GIVEN a price of 1,000 and a task of 80 FLOPs.
	// WHEN half of it is recomputed by a validator with a bonus of 1, and of 1.25.
	// THEN the fee is 1,000 * 40 / 80 = 500, and 500 * 1.25 = 625.
	assert_eq!(verdict(1_000, 40, 80, WHOLE), 500);
	assert_eq!(verdict(1_000, 40, 80, MAX_UPTIME_PPM), 625);
	// AND a bonus above the highest, or work beyond the task, counts as the highest and the task.
	assert_eq!(verdict(1_000, 90, 80, u32::MAX), 1_250);
	// AND a task without FLOPs pays nothing.
	assert_eq!(verdict(1_000, 40, 0, WHOLE), 0);
}

proptest! {
	#[test]
	fn p1_p2_no_reward_exceeds_its_bound(
		price in 0..Balance::MAX / 2,
		quality in any::<u32>(),
		task in 1u128..1 << 70,
		recomputed in 0u128..1 << 70,
		uptime in any::<u32>(),
	) {
		prop_assert!(compute(price, quality) <= price);
		prop_assert!(verdict(price, recomputed, task, uptime) <= price + price / 4 + 1);
	}

	#[test]
	fn p3_a_reward_never_falls_when_an_argument_rises(
		price in 0..Balance::MAX / 4,
		more in 0..Balance::MAX / 4,
		quality in 0..WHOLE,
		better in 0..WHOLE,
	) {
		prop_assert!(compute(price, quality) <= compute(price + more, quality));
		prop_assert!(compute(price, quality) <= compute(price, quality.saturating_add(better)));
		prop_assert!(
			verdict(price, 1, 3, quality) <= verdict(price + more, 1, 3, quality + better)
		);
	}

	#[test]
	fn p4_splitting_a_contribution_never_pays_more(
		first in 0..Balance::MAX / 4,
		second in 0..Balance::MAX / 4,
		third in 0..Balance::MAX / 4,
		quality in any::<u32>(),
	) {
		let parts = compute(first, quality) + compute(second, quality) + compute(third, quality);
		prop_assert!(parts <= compute(first + second + third, quality));
	}
}
