//! P3, P5 and P6: the reward formula.

use crate::samples::{facts, ASY};
use assay_protocol::{
	limits::PPM,
	reward::{
		compute_pay, fetched, providers_part, quality_ppm, reward, score_ppm, uptime_ppm,
		verdict_fee, weighted_quality_ppm, Contribution, Reward,
	},
	Overflow, PlanFacts,
};
use proptest::prelude::*;

#[test]
fn the_formula_is_the_sum_of_its_three_terms() {
	let of = Contribution {
		compute: 1_000,
		quality_ppm: 900_000,
		data: 100,
		rarity_ppm: 2_500_000,
		validation: 40,
		uptime_ppm: 1_250_000,
	};

	let paid = reward(&of).expect("small");

	assert_eq!(
		paid,
		Reward {
			compute: 900,
			data: 250,
			validation: 50
		}
	);
	assert_eq!(paid.total(), Ok(1_200));
}

#[test]
fn factors_are_clamped_to_their_ranges() {
	let of = Contribution {
		compute: 100,
		data: 100,
		validation: 100,
		..Default::default()
	};
	let with = |quality_ppm, rarity_ppm, uptime_ppm| {
		let of = Contribution {
			quality_ppm,
			rarity_ppm,
			uptime_ppm,
			..of
		};
		reward(&of).map(|paid| (paid.compute, paid.data, paid.validation))
	};

	// Nothing for rejected work and for duplicates; half for a validator that never answers.
	assert_eq!(with(0, 0, 0), Ok((0, 0, 50)));
	assert_eq!(with(1, 1, 1), Ok((0, 25, 50)));
	assert_eq!(with(u32::MAX, u32::MAX, u32::MAX), Ok((100, 400, 125)));
}

#[test]
fn a_term_beyond_a_balance_is_refused() {
	let of = Contribution {
		data: u128::MAX,
		rarity_ppm: 4_000_000,
		..Default::default()
	};
	assert_eq!(reward(&of), Err(Overflow));

	let sum = Reward {
		compute: u128::MAX,
		data: 1,
		validation: 0,
	};
	assert_eq!(sum.total(), Err(Overflow));
}

#[test]
fn accepted_work_of_this_version_has_quality_one_whatever_its_score() {
	for score in [0, 1, 500_000, PPM, u32::MAX] {
		assert_eq!(quality_ppm(score), PPM);
	}
	assert_eq!(compute_pay(ASY, quality_ppm(0)), ASY);
}

#[test]
fn with_a_weight_the_score_decides_at_most_a_fifth() {
	// 1 - 0.2 + 0.2 * 0.5 = 0.9.
	assert_eq!(weighted_quality_ppm(200_000, 500_000), 900_000);
	assert_eq!(weighted_quality_ppm(200_000, 0), 800_000);
	// A higher weight counts as the highest allowed.
	assert_eq!(weighted_quality_ppm(PPM, 0), 800_000);
}

#[test]
fn a_score_is_the_gain_over_the_median_gain() {
	assert_eq!(score_ppm(50, 100), 500_000);
	assert_eq!(score_ppm(100, 100), PPM);
	assert_eq!(score_ppm(i128::MAX, 100), PPM);
	assert_eq!(score_ppm(0, 100), 0);
	assert_eq!(score_ppm(-1, 100), 0);
	assert_eq!(score_ppm(i128::MIN, i128::MAX), 0);
	// A median that is not positive gives no scale: everybody scores one.
	for median in [0, -1, i128::MIN] {
		assert_eq!([-5, 0, 5].map(|gain| score_ppm(gain, median)), [PPM; 3]);
	}
}

#[test]
fn a_verdict_on_a_whole_task_is_worth_its_price_times_uptime() {
	assert_eq!(verdict_fee(ASY, 32_000, 32_000, PPM), ASY);
	assert_eq!(verdict_fee(ASY, 8_000, 32_000, 1_250_000), ASY / 4 * 5 / 4);
	// Rounded down twice: 10 / 3 = 3, and half of it 1.
	assert_eq!(verdict_fee(10, 1, 3, 500_000), 1);
	// Nobody recomputes more than there is, and nothing is worth nothing.
	assert_eq!(verdict_fee(ASY, 64_000, 32_000, PPM), ASY);
	assert_eq!(verdict_fee(ASY, 0, 32_000, PPM), 0);
	assert_eq!(verdict_fee(ASY, 1, 0, PPM), 0);
	assert_eq!(verdict_fee(u128::MAX, 1, 1, 1_250_000), u128::MAX);
}

#[test]
fn uptime_goes_from_a_half_to_five_quarters() {
	assert_eq!(uptime_ppm(0, 0), PPM);
	assert_eq!(uptime_ppm(8, 0), 500_000);
	assert_eq!(uptime_ppm(8, 4), 875_000);
	assert_eq!(uptime_ppm(8, 8), 1_250_000);
	// 0.5 + 0.75 / 7 = 0.607142..
	assert_eq!(uptime_ppm(7, 1), 607_142);
	assert_eq!(uptime_ppm(1, 9), 1_250_000);
	assert_eq!(uptime_ppm(u32::MAX, u32::MAX), 1_250_000);
}

#[test]
fn fetching_counts_as_a_256th_of_the_task_and_never_as_more_than_a_check() {
	let of = |task_flops, segment_flops| {
		fetched(&PlanFacts {
			task_flops,
			segment_flops,
			..facts()
		})
	};
	// GIVEN tasks of some length WHEN a segment is longer than a 256th THEN that is what counts
	assert_eq!(of(32_000, 32_000), 125);
	assert_eq!(of(32_000, 1_000), 125);
	// AND a shorter segment is the most; parts of a FLOP are left out
	assert_eq!(of(32_000, 100), 100);
	assert_eq!([of(255, 255), of(256, 256), of(0, 0)], [0, 1, 0]);
	assert_eq!(of(u128::MAX, u128::MAX), u128::MAX >> 8);
}

#[test]
fn a_provider_pays_what_its_checks_cost_above_the_floor() {
	const FLOOR: u32 = 50_000;
	// GIVEN a newcomer, which is always drawn THEN it pays 95 % of each fee
	assert_eq!(providers_part(ASY, PPM, FLOOR), ASY / 100 * 95);
	// AND at twice the floor a half, at the floor and below nothing
	assert_eq!(providers_part(ASY, 2 * FLOOR, FLOOR), ASY / 2);
	assert_eq!(providers_part(ASY, FLOOR, FLOOR), 0);
	assert_eq!(providers_part(ASY, FLOOR - 1, FLOOR), 0);
	// AND the provider's part is rounded up: 2/3 of 10 are 6.67
	assert_eq!(providers_part(10, 3, 1), 7);
	assert_eq!(providers_part(1, 3, 1), 1);
	// AND without a floor it is all, also of the largest fee
	assert_eq!(providers_part(u128::MAX, 1, 0), u128::MAX);
	assert_eq!(providers_part(0, PPM, FLOOR), 0);
	assert_eq!(providers_part(u128::MAX, 0, 0), 0);
}

proptest! {
	#[test]
	fn p6_the_formula_is_monotone_in_every_argument(
		a: [u64; 3], b: [u64; 3], factors_a: [u32; 3], factors_b: [u32; 3],
	) {
		let of = |amounts: [u64; 3], factors: [u32; 3]| reward(&Contribution {
			compute: amounts[0].into(),
			quality_ppm: factors[0],
			data: amounts[1].into(),
			rarity_ppm: factors[1],
			validation: amounts[2].into(),
			uptime_ppm: factors[2],
		}).expect("64-bit amounts never overflow");
		let least = |a: u64, b: u64| a.min(b);
		let low = of([0, 1, 2].map(|i| least(a[i], b[i])), [0, 1, 2].map(|i| factors_a[i].min(factors_b[i])));
		let high = of([0, 1, 2].map(|i| a[i].max(b[i])), [0, 1, 2].map(|i| factors_a[i].max(factors_b[i])));

		prop_assert!(low.compute <= high.compute);
		prop_assert!(low.data <= high.data);
		prop_assert!(low.validation <= high.validation);
	}

	#[test]
	fn p5_one_provider_as_many_accounts_never_earns_more(
		parts in prop::collection::vec(0u128..1 << 90, 1..9), quality in 0u32..=PPM,
	) {
		let whole = compute_pay(parts.iter().sum(), quality);
		let split: u128 = parts.iter().map(|part| compute_pay(*part, quality)).sum();

		prop_assert!(split <= whole);
		prop_assert!(whole <= parts.iter().sum());
	}

	#[test]
	fn p5_one_verdict_as_many_never_earns_more(
		parts in prop::collection::vec(0u128..1 << 60, 1..9),
		price in 0u128..1 << 90,
		uptime in 0u32..2 * PPM,
	) {
		let task: u128 = parts.iter().sum::<u128>().max(1);
		let whole = verdict_fee(price, parts.iter().sum(), task, uptime);
		let split: u128 = parts.iter().map(|part| verdict_fee(price, *part, task, uptime)).sum();

		prop_assert!(split <= whole);
	}

	#[test]
	fn p6_more_answers_never_lower_the_uptime_and_more_misses_never_raise_it(
		drawn in 1u32..1 << 30, answered in 0u32..1 << 30,
	) {
		let answered = answered.min(drawn);
		let uptime = uptime_ppm(drawn, answered);

		prop_assert!((500_000..=1_250_000).contains(&uptime));
		prop_assert!(uptime_ppm(drawn + 1, answered + 1) >= uptime);
		prop_assert!(uptime_ppm(drawn + 1, answered) <= uptime);
	}

	#[test]
	fn p6_a_higher_score_never_lowers_the_quality(a: u32, b: u32, weight: u32) {
		let quality = |score| weighted_quality_ppm(weight, score);

		prop_assert!(quality(a.min(b)) <= quality(a.max(b)));
		prop_assert!((800_000..=PPM).contains(&quality(a)));
	}

	#[test]
	fn p6_a_higher_gain_never_lowers_the_score(a: i128, b: i128, median: i128) {
		prop_assert!(score_ppm(a.min(b), median) <= score_ppm(a.max(b), median));
		prop_assert!(score_ppm(a, median) <= PPM);
	}

	#[test]
	fn p17_on_average_the_submitter_pays_for_checks_at_the_floor_whatever_the_rate(
		fee in 0u128..1 << 100, rate in 1u32..=PPM, floor in 0u32..=PPM,
	) {
		// Of a task that is drawn with the rate the submitter pays the rest of the fee.
		let submitters = fee - providers_part(fee, rate, floor);
		let expected = submitters * u128::from(rate);
		let at_floor = fee * u128::from(floor.min(rate));

		// Never more than at the floor, and less by no more than the rounding of one unit.
		prop_assert!(expected <= at_floor);
		prop_assert!(at_floor - expected < u128::from(rate));
	}

	#[test]
	fn p17_a_provider_never_pays_more_than_the_fee_nor_less_at_a_higher_rate(
		fee: u128, a: u32, b: u32, floor: u32,
	) {
		let part = |rate| providers_part(fee, rate, floor);

		prop_assert!(part(a) <= fee);
		prop_assert!(part(a.min(b)) <= part(a.max(b)));
		prop_assert!(part(a) == 0 || a > floor);
		// A higher floor is never dearer for it.
		prop_assert!(providers_part(fee, a, floor.saturating_add(1)) <= part(a));
	}
}
