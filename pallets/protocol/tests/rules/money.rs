//! P3 and P5: budgets, pools, fees and penalties.

use crate::samples::{terms, ASY};
use assay_protocol::{
	money::{escrow, miss_penalty, pools, round_budget, split_fee, take},
	Overflow, Shares,
};
use proptest::prelude::*;

#[test]
fn a_budget_that_does_not_divide_is_rounded_up_so_that_every_task_is_paid_in_full() {
	let mut terms = terms();
	terms.price = 1;
	terms.tasks = 1;
	terms.shares = Shares {
		compute: 300_000,
		data: 0,
		validation: 700_000,
	};

	// 1 / 0.3 = 3.33: 4, of which 1.2 is for compute and 2.8 for verdicts.
	assert_eq!(round_budget(&terms), Ok(4));
	let pools = pools(&terms).expect("in range");
	assert_eq!((pools.compute, pools.data, pools.validation), (1, 0, 2));
}

#[test]
fn a_budget_without_compute_or_beyond_a_balance_is_no_budget() {
	let mut none = terms();
	none.shares.compute = 0;
	assert_eq!(round_budget(&none), Err(Overflow));

	let mut large = terms();
	large.price = u128::MAX / 3;
	assert_eq!(round_budget(&large), Err(Overflow));
	assert_eq!(pools(&large), Err(Overflow));

	// The round fits, the four rounds do not: 3 tasks at 20 % are 15 prices.
	large.price = u128::MAX / 16;
	assert!(round_budget(&large).is_ok());
	assert_eq!(escrow(&large), Err(Overflow));
}

#[test]
fn the_fee_is_two_percent_rounded_up() {
	assert_eq!(split_fee(0), (0, 0));
	// 0.98 is nothing for the claimer.
	assert_eq!(split_fee(1), (0, 1));
	assert_eq!(split_fee(100), (98, 2));
	assert_eq!(split_fee(101), (98, 3));
	assert_eq!(split_fee(ASY), (980_000_000_000, 20_000_000_000));
}

#[test]
fn a_missed_commit_costs_a_tenth_of_the_price_rounded_up() {
	assert_eq!([0, 1, 10, 11].map(miss_penalty), [0, 1, 1, 2]);
	assert_eq!(miss_penalty(u128::MAX), u128::MAX / 10 + 1);
}

#[test]
fn a_pool_gives_what_it_has_and_no_more() {
	let mut pool = 10;
	assert_eq!(
		(take(&mut pool, 7), take(&mut pool, 7), take(&mut pool, 7)),
		(7, 3, 0)
	);
	assert_eq!(pool, 0);
}

proptest! {
	#[test]
	fn p3_pools_never_exceed_the_budget_and_always_pay_every_task(
		price in 1u128..1 << 80,
		tasks in 1u32..=1_024,
		compute in 1u32..=1_000_000,
	) {
		let mut terms = terms();
		(terms.price, terms.tasks) = (price, tasks);
		terms.shares = Shares { compute, data: 0, validation: 1_000_000 - compute };

		let budget = round_budget(&terms).expect("in range");
		let pools = pools(&terms).expect("in range");

		prop_assert!(pools.compute + pools.data + pools.validation <= budget);
		prop_assert!(pools.compute >= price * u128::from(tasks));
		prop_assert_eq!(escrow(&terms), Ok(budget * u128::from(terms.rounds)));
		// One unit less would not be enough for the tasks.
		prop_assert!((budget - 1) * u128::from(compute) < price * u128::from(tasks) * 1_000_000);
	}

	#[test]
	fn p5_a_payout_in_parts_never_gives_more(parts in prop::collection::vec(0u128..1 << 100, 1..9)) {
		let whole: u128 = parts.iter().sum();
		let in_parts: u128 = parts.iter().map(|part| split_fee(*part).0).sum();

		prop_assert!(in_parts <= split_fee(whole).0);
	}

	#[test]
	fn p5_fee_and_net_are_the_gross(gross: u128) {
		let (net, fee) = split_fee(gross);

		prop_assert_eq!(net.checked_add(fee), Some(gross));
		// Never less than 2 %: fee * 50 >= gross, without overflow.
		prop_assert!(fee >= gross / 50);
	}

	#[test]
	fn more_gross_is_never_less_net(a: u128, b: u128) {
		prop_assert!(split_fee(a.min(b)).0 <= split_fee(a.max(b)).0);
	}
}
