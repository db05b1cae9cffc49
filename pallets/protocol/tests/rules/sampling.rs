//! P16: how often work is checked.

use crate::samples::ASY;
use assay_protocol::{
	hash::blake2_256,
	limits::PPM,
	sampling::{drawn_segment, is_drawn, segment, FORGOTTEN_AFTER},
	Digest, DrawRecord, Phase, RoundState, SlotState, Standing, Unpaid,
};
use proptest::prelude::*;

const FLOOR: u32 = 50_000;

fn seed(number: u32) -> Digest {
	blake2_256(&number.to_le_bytes())
}

fn proven(value: u128) -> Standing {
	Standing::default().proved(value)
}

#[test]
fn a_newcomer_is_always_drawn_whatever_the_task_is_worth() {
	// GIVEN a provider that has proven nothing
	// WHEN it is given tasks of any value
	// THEN each is drawn
	for value in [0, 1, ASY, u128::MAX] {
		assert_eq!(Standing::default().rate_ppm(value, FLOOR), PPM);
	}
}

#[test]
fn the_rate_is_the_inverse_of_the_proven_value_in_tasks_down_to_the_floor() {
	// GIVEN providers that have proven 1, 2, 3, 20 and 1,000 tasks
	let rates = [1, 2, 3, 20, 1_000].map(|tasks| proven(tasks * ASY).rate_ppm(ASY, FLOOR));
	// THEN they are drawn with 1, 1/2, 1/3 rounded up, 1/20 and the floor
	assert_eq!(rates, [PPM, 500_000, 333_334, 50_000, 50_000]);
	// AND without a floor with a thousandth, but never with nothing
	assert_eq!(proven(1_000 * ASY).rate_ppm(ASY, 0), 1_000);
	assert_eq!(proven(u128::MAX).rate_ppm(1, 0), 1);
	// AND a floor above one is one
	assert_eq!(proven(1_000 * ASY).rate_ppm(ASY, u32::MAX), PPM);
}

#[test]
fn a_fault_makes_a_newcomer_of_anybody() {
	// GIVEN a provider that has proven much, up to round 7
	let standing = proven(1_000 * ASY).at(7);
	// WHEN it is found at fault
	let after = standing.fault();
	// THEN nothing is proven, and the round stays
	assert_eq!((after.proven, after.round), (0, 7));
	assert_eq!(after.rate_ppm(1, FLOOR), PPM);
}

#[test]
fn proof_decays_by_a_fiftieth_a_round_rounded_against_the_provider() {
	// 100 - 2, 98 - 1.96, 96 - 1.92: what is lost is rounded up.
	let decayed = |rounds| proven(100).decayed(rounds).proven;
	assert_eq!([0, 1, 2, 3].map(decayed), [100, 98, 96, 94]);
	assert_eq!(proven(1).decayed(1).proven, 0);
	// After 34 rounds about a half is left: 0.98^34 = 0.503.
	assert_eq!(proven(1_000_000).decayed(34).proven / 1_000, 503);
}

#[test]
fn nothing_is_left_after_the_stated_rounds_and_not_a_round_earlier() {
	// GIVEN the largest balance
	let most = proven(u128::MAX);
	// THEN it is forgotten exactly then, and longer waits are the same
	assert_eq!(most.decayed(FORGOTTEN_AFTER - 1).proven, 1);
	assert_eq!(most.decayed(FORGOTTEN_AFTER).proven, 0);
	assert_eq!(
		most.decayed(u32::MAX),
		Standing {
			proven: 0,
			round: u32::MAX
		}
	);
}

#[test]
fn an_earlier_round_decays_nothing() {
	let standing = proven(ASY).at(9);
	assert_eq!(standing.at(9), standing);
	assert_eq!(standing.at(3), standing);
	assert_eq!(standing.at(10), standing.decayed(1));
}

#[test]
fn tasks_are_drawn_as_often_as_their_rate_says() {
	for rate in [0, 50_000, 500_000, PPM] {
		// GIVEN many tasks of a rate
		let tasks = 20_000;
		let drawn = (0..tasks).filter(|task| is_drawn(&seed(task / 100), task % 100, 0, rate));
		// THEN within four standard deviations that many are drawn
		let (drawn, p) = (drawn.count() as f64, f64::from(rate) / f64::from(PPM));
		let expected = p * f64::from(tasks);
		assert!(
			(drawn - expected).abs() <= 4.0 * (expected * (1.0 - p)).sqrt(),
			"{drawn}"
		);
	}
}

#[test]
fn segments_are_drawn_equally_often_and_apart_from_the_tasks() {
	// GIVEN tasks of seven segments that are drawn at one in two
	let drawn = (0..28_000).filter(|task| is_drawn(&seed(*task), 0, 0, 500_000));
	let mut counts = [0u32; 7];
	for task in drawn {
		counts[segment(&seed(task), 0, 0, 7) as usize] += 1;
	}
	// THEN each segment has about 2,000: four standard deviations are 4 * sqrt(2,000 * 6 / 7)
	for count in counts {
		assert!(count.abs_diff(2_000) < 166, "{counts:?}");
	}
	assert_eq!(segment(&seed(1), 0, 0, 1), 0);
	assert_eq!(segment(&seed(1), 0, 0, 0), 0);
}

#[test]
fn slots_attempts_and_seeds_draw_different_segments() {
	let drawn = |number, slot, attempt| segment(&seed(number), slot, attempt, u32::MAX);
	let base = drawn(1, 0, 0);

	assert_ne!(drawn(2, 0, 0), base);
	assert_ne!(drawn(1, 1, 0), base);
	assert_ne!(drawn(1, 0, 1), base);
	assert_eq!(drawn(1, 0, 0), base);
}

/// The number of drawn tasks to be expected, times `PPM^tasks`: an exact integer for six tasks.
/// A drawn task proves its value, and each task is a round after the one before.
fn expected_draws(standing: Standing, tasks: u32, value: u128, floor: u32) -> u128 {
	if tasks == 0 {
		return 0;
	}
	let rate = u128::from(standing.rate_ppm(value, floor));
	let missed = u128::from(PPM) - rate;
	let rest = |standing: Standing| expected_draws(standing.decayed(1), tasks - 1, value, floor);
	let later = u128::from(PPM).pow(tasks - 1);
	rate * (later + rest(standing.proved(value))) + missed * rest(standing)
}

proptest! {
	#[test]
	fn p16_rates_are_within_the_floor_and_one(has: u128, value: u128, floor in 0..=PPM) {
		let rate = proven(has).rate_ppm(value, floor);

		prop_assert!((floor..=PPM).contains(&rate));
		// Never below value / proven: the rounding is against the provider.
		if value < 1 << 100 && has < 1 << 100 {
			prop_assert!(u128::from(rate) * has >= value * u128::from(PPM) || rate == PPM);
		}
	}

	#[test]
	fn p16_more_proof_never_raises_a_rate_and_more_value_or_floor_never_lowers_it(
		a: u128, b: u128, v: u128, w: u128, floors: [u32; 2],
	) {
		let [low, high] = [floors[0].min(floors[1]), floors[0].max(floors[1])];

		prop_assert!(proven(a.max(b)).rate_ppm(v, low) <= proven(a.min(b)).rate_ppm(v, low));
		prop_assert!(proven(a).rate_ppm(v.min(w), low) <= proven(a).rate_ppm(v.max(w), low));
		prop_assert!(proven(a).rate_ppm(v, low) <= proven(a).rate_ppm(v, high));
	}

	#[test]
	fn p16_decay_is_exact_over_any_split_of_the_rounds_and_keeps_the_order(
		a: u128, b: u128, first in 0u32..300, then in 0u32..300,
	) {
		let (low, high) = (proven(a.min(b)), proven(a.max(b)));

		prop_assert_eq!(low.decayed(first).decayed(then), low.decayed(first + then));
		prop_assert!(low.decayed(first).proven <= high.decayed(first).proven);
		prop_assert!(low.decayed(first).proven >= low.decayed(first + then).proven);
		prop_assert!(low.decayed(first).rate_ppm(a, FLOOR) >= low.rate_ppm(a, FLOOR));
	}

	#[test]
	fn p16_value_and_proof_that_are_split_over_accounts_are_never_drawn_less(
		parts in prop::collection::vec((0u128..1 << 100, 1u128..1 << 100), 1..9),
		floor in 0..=PPM,
	) {
		// GIVEN accounts with proof and one task each, and one account that has all of it
		let whole = proven(parts.iter().map(|(has, _)| has).sum());
		let value: u128 = parts.iter().map(|(_, value)| value).sum();
		// THEN the accounts together expect at least as many drawn tasks
		let split: u64 = parts
			.iter()
			.map(|(has, value)| u64::from(proven(*has).rate_ppm(*value, floor)))
			.sum();
		prop_assert!(split >= u64::from(whole.rate_ppm(value, floor)));
	}

	#[test]
	fn p16_tasks_that_are_spread_over_fresh_accounts_are_never_drawn_less(
		has in 0u128..20_000, value in 1u128..2_000, one in 1u32..6, floor in 0..=PPM,
	) {
		// GIVEN six tasks of one account, or the last of them done by a fresh one instead
		let other = 6 - one;
		let whole = expected_draws(proven(has), 6, value, floor);
		let scale = |tasks: u32| u128::from(PPM).pow(6 - tasks);
		let split = expected_draws(proven(has), one, value, floor) * scale(one)
			+ expected_draws(Standing::default(), other, value, floor) * scale(other);
		// THEN at least as many draws are to be expected
		prop_assert!(split >= whole);
	}

	#[test]
	fn p16_what_a_rate_draws_every_higher_rate_draws_as_well(
		number: u32, slot: u32, attempt: u8, a in 0..=PPM, b in 0..=PPM,
	) {
		let drawn = |rate| is_drawn(&seed(number), slot, attempt, rate);

		prop_assert!(!drawn(a.min(b)) || drawn(a.max(b)));
		prop_assert!(drawn(PPM) && !drawn(0));
	}

	#[test]
	fn p16_a_drawn_segment_is_one_of_the_task(number: u32, slot: u32, segments in 1u32..) {
		prop_assert!(segment(&seed(number), slot, 0, segments) < segments);
	}
}

#[test]
fn a_segment_is_named_only_while_the_draw_that_names_it_is_judged() {
	// GIVEN a round that keeps the record of a draw, as it does through every later pass
	let draw = DrawRecord {
		seed: seed(3),
		session: 1,
		index: 0,
		seats: 3,
	};
	let round = |phase, draw| RoundState {
		phase,
		draw,
		..RoundState::start(4, 1, &crate::samples::windows())
	};
	let judging = SlotState::Judging {
		seats: 3,
		sealed: 1,
	};
	let phases = [
		Phase::Train,
		Phase::Reveal,
		Phase::Draw,
		Phase::Assay,
		Phase::Unseal,
		Phase::Close,
		Phase::Ended,
	];
	let states = [
		SlotState::Assigned,
		SlotState::Committed,
		SlotState::Revealed,
		judging,
		SlotState::Accepted,
		SlotState::Redo(Unpaid::Disputed),
		SlotState::Dropped(Unpaid::Withheld),
	];
	for phase in phases {
		for state in states {
			// WHEN a slot is looked at
			let named = drawn_segment(&round(phase, Some(draw)), 2, 1, state, 5, PPM);
			// THEN it has a segment in ASSAY and UNSEAL, while it is open, and nowhere else
			let is_judged = matches!(phase, Phase::Assay | Phase::Unseal)
				&& (state == SlotState::Revealed || state == judging);
			let expected = is_judged.then(|| segment(&draw.seed, 2, 1, 5));
			assert_eq!(named, expected, "{phase:?} {state:?}");
			// AND none without a draw
			let undrawn = drawn_segment(&round(phase, None), 2, 1, state, 5, PPM);
			assert_eq!(undrawn, None);
		}
	}
	// AND a task of one segment has its first
	let named = drawn_segment(&round(Phase::Assay, Some(draw)), 2, 1, judging, 1, PPM);
	assert_eq!(named, Some(0));
}

#[test]
fn a_task_has_a_segment_if_and_only_if_the_draw_names_it_with_its_rate() {
	// GIVEN rounds with a draw each, and rates from never to always
	let mut named = [0u32; 5];
	for number in 0..2_000 {
		let draw = DrawRecord {
			seed: seed(number),
			session: 1,
			index: 0,
			seats: 3,
		};
		let round = RoundState {
			phase: Phase::Assay,
			draw: Some(draw),
			..RoundState::start(4, 1, &crate::samples::windows())
		};
		for (rate, named) in [0, FLOOR, 250_000, 999_999, PPM]
			.into_iter()
			.zip(&mut named)
		{
			// WHEN a revealed slot is looked at
			let found = drawn_segment(&round, 2, 1, SlotState::Revealed, 5, rate);
			// THEN it has the draw's segment, or none if it is not drawn
			let is_named = is_drawn(&draw.seed, 2, 1, rate);
			assert_eq!(found, is_named.then(|| segment(&draw.seed, 2, 1, 5)));
			*named += u32::from(found.is_some());
		}
	}
	// AND as often as the rate says: 100 +- 4 * 9.7, 500 +- 4 * 19.4
	assert_eq!((named[0], named[4]), (0, 2_000));
	assert!(
		named[1].abs_diff(100) < 39 && named[2].abs_diff(500) < 78,
		"{named:?}"
	);
}
