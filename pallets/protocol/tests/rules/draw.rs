//! P7 and P8: draws.

use assay_protocol::{
	draw::{closers, committee, draw_seed, least_quorum, seats, GROWN_SEATS},
	hash::blake2_256,
	limits::{MAX_COMMITTEE, MAX_REDRAWS},
	Digest, JobId,
};
use proptest::prelude::*;

/// Seeds that look random and are the same on every run.
fn seed(number: u32) -> Digest {
	blake2_256(&number.to_le_bytes())
}

const NOBODY: u8 = 255;

/// How often each account is in the first seat over many draws.
fn first_seats(stakes: &[(u8, u128)], draws: u32) -> Vec<u32> {
	let mut counts = vec![0; stakes.len()];
	for number in 0..draws {
		let drawn = committee(&seed(number), 0, 0, stakes, 1, &NOBODY);
		let place = stakes.iter().position(|(account, _)| *account == drawn[0]);
		counts[place.expect("drawn from the stakes")] += 1;
	}
	counts
}

/// The sum over all accounts of (count - expected)^2 / expected.
fn chi_square(counts: &[u32], stakes: &[(u8, u128)]) -> f64 {
	let draws: u32 = counts.iter().sum();
	let total: u128 = stakes.iter().map(|(_, stake)| stake).sum();
	counts
		.iter()
		.zip(stakes)
		.map(|(count, (_, stake))| {
			let expected = f64::from(draws) * (*stake as f64) / (total as f64);
			(f64::from(*count) - expected).powi(2) / expected
		})
		.sum()
}

#[test]
fn p8_equal_stakes_are_drawn_equally_often() {
	let stakes: Vec<(u8, u128)> = (0..10).map(|account| (account, 7)).collect();
	let counts = first_seats(&stakes, 20_000);

	// 9 degrees of freedom: one in a thousand seeds exceeds 27.9.
	assert!(chi_square(&counts, &stakes) < 27.9, "{counts:?}");
}

#[test]
fn p8_the_first_seat_is_proportional_to_stake_up_to_the_largest_amounts() {
	for unit in [1, 1_000_000_000_000, u128::MAX >> 5] {
		let stakes: Vec<(u8, u128)> = (1..=5).map(|n| (n, u128::from(n) * unit)).collect();
		let counts = first_seats(&stakes, 15_000);

		// 4 degrees of freedom: one in a thousand seeds exceeds 18.5.
		assert!(chi_square(&counts, &stakes) < 18.5, "{counts:?}");
	}
}

#[test]
fn p8_the_second_seat_is_by_stake_among_those_left() {
	// The first seat goes to 0 in 3 of 4 draws; given that, 1 and 2 are equally likely.
	let stakes = [(0u8, 6u128), (1, 1), (2, 1)];
	let mut counts = [0u32; 2];
	for number in 0..8_000 {
		let drawn = committee(&seed(number), 3, 1, &stakes, 2, &NOBODY);
		if drawn[0] == 0 {
			counts[usize::from(drawn[1]) - 1] += 1;
		}
	}
	let equal = [(1u8, 1u128), (2, 1)];
	assert!(counts.iter().sum::<u32>() > 5_800);
	assert!(chi_square(&counts, &equal) < 10.8, "{counts:?}");
}

#[test]
fn slots_attempts_and_seeds_draw_different_committees() {
	let stakes: Vec<(u8, u128)> = (0..100).map(|account| (account, 1)).collect();
	let drawn = |number, slot, attempt| {
		committee(&seed(number), slot, attempt, &stakes, 15, &NOBODY).into_inner()
	};
	let base = drawn(1, 0, 0);

	assert_ne!(drawn(2, 0, 0), base);
	assert_ne!(drawn(1, 1, 0), base);
	assert_ne!(drawn(1, 0, 1), base);
	assert_eq!(drawn(1, 0, 0), base);
	// The committee that closes is none of the slots', and a restart draws another.
	let closing = |restarts| closers(&seed(1), restarts, &stakes, 15).into_inner();
	assert_ne!(closing(0), base);
	assert_ne!(closing(1), closing(0));
}

#[test]
fn nobody_excluded_or_without_stake_has_a_seat_even_when_seats_stay_empty() {
	let stakes = [(1u8, 5u128), (2, 0), (3, 5)];

	assert_eq!(
		committee(&seed(0), 0, 0, &stakes, 3, &1).into_inner(),
		vec![3]
	);
	assert!(committee(&seed(0), 0, 0, &[(2u8, 0u128)], 3, &1).is_empty());
	assert!(committee::<u8>(&seed(0), 0, 0, &[], 3, &1).is_empty());
	assert!(committee(&seed(0), 0, 0, &stakes, 0, &1).is_empty());
	// Closing excludes nobody.
	assert_eq!(closers(&seed(0), 0, &stakes, 3).len(), 2);
}

#[test]
fn a_committee_grows_by_three_seats_a_redraw_up_to_twelve_and_a_larger_one_never() {
	// Committee, seats after no redraw, one, two and three.
	for (committee, grown) in [
		(1, [1, 4, 7, 10]),
		(3, [3, 6, 9, 12]),
		(5, [5, 8, 11, 12]),
		(9, [9, 12, 12, 12]),
		(13, [13, 13, 13, 13]),
		(15, [15, 15, 15, 15]),
	] {
		assert_eq!([0, 1, 2, 3].map(|redraws| seats(committee, redraws)), grown);
	}
	assert_eq!(seats(u32::MAX, u8::MAX), u32::MAX);
}

#[test]
fn the_least_quorum_is_two_thirds_rounded_down_and_more_of_seven_to_eleven_seats() {
	let quorums: Vec<u32> = (0..=15).map(least_quorum).collect();
	assert_eq!(quorums, [1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 8, 8, 8, 8, 9, 10]);
	assert_eq!(least_quorum(u32::MAX), 2_863_311_530);
}

#[test]
fn an_account_that_is_listed_twice_has_one_seat() {
	let stakes = [(1u8, 5u128), (1, 5), (2, 1)];
	let drawn = committee(&seed(0), 0, 0, &stakes, 3, &NOBODY);

	assert_eq!(drawn.len(), 2);
	assert_ne!(drawn[0], drawn[1]);
}

#[test]
fn every_input_changes_the_seed_of_a_draw() {
	let outputs = [([1u8; 32], [2u8; 32]), ([3; 32], [4; 32])];
	let base = draw_seed(JobId(1), 2, 3, &outputs);

	assert_ne!(draw_seed(JobId(2), 2, 3, &outputs), base);
	assert_ne!(draw_seed(JobId(1), 3, 3, &outputs), base);
	assert_ne!(draw_seed(JobId(1), 2, 4, &outputs), base);
	assert_ne!(draw_seed(JobId(1), 2, 3, &outputs[..1]), base);
	assert_ne!(draw_seed(JobId(1), 2, 3, &[outputs[1], outputs[0]]), base);
	for place in 0..2 {
		let mut other = outputs;
		other[place].0[0] ^= 1;
		assert_ne!(draw_seed(JobId(1), 2, 3, &other), base);
		let mut other = outputs;
		other[place].1[0] ^= 1;
		assert_ne!(draw_seed(JobId(1), 2, 3, &other), base);
	}
}

proptest! {
	#[test]
	fn p7_a_grown_committee_is_never_smaller_and_never_above_twelve_unless_the_terms_say_so(
		committee: u32, redraws: u8,
	) {
		let grown = seats(committee, redraws);

		prop_assert!(grown >= committee && grown <= committee.max(GROWN_SEATS));
		prop_assert_eq!(seats(committee, 0), committee);
		prop_assert!(seats(committee, redraws.saturating_add(1)) >= grown);
		// Terms that are accepted never lead to more seats than there can be.
		prop_assert!(seats(committee.min(MAX_COMMITTEE), MAX_REDRAWS) <= MAX_COMMITTEE);
	}

	#[test]
	fn p7_a_quorum_is_a_strict_majority_two_thirds_and_most_of_seven_seats_and_no_more_than_it_must(
		size in prop_oneof![1u32..=MAX_COMMITTEE, 1u32..],
	) {
		let (quorum, size64) = (u64::from(least_quorum(size)), u64::from(size));

		let most = |quorum: u64| size < 7 || quorum >= 8 || quorum + 1 >= size64;
		let is_enough = |quorum: u64| {
			2 * quorum > size64 && 3 * quorum + 2 >= 2 * size64 && most(quorum)
		};
		prop_assert!(is_enough(quorum) && !is_enough(quorum - 1));
		prop_assert!(quorum <= size64);
		// More seats never need fewer.
		prop_assert!(least_quorum(size.saturating_add(1)) >= least_quorum(size));
	}

	#[test]
	fn p7_a_committee_is_distinct_never_the_excluded_and_as_large_as_it_can_be(
		number: u32,
		slot: u32,
		attempt in 0u8..3,
		stakes in prop::collection::vec((0u8..40, prop_oneof![Just(0), 1u128..1 << 90]), 0..100),
		seats in 0u32..40,
		excluded in 0u8..40,
	) {
		let drawn = committee(&seed(number), slot, attempt, &stakes, seats, &excluded).into_inner();

		let mut eligible: Vec<u8> = stakes
			.iter()
			.filter(|(account, stake)| *account != excluded && *stake > 0)
			.map(|(account, _)| *account)
			.collect();
		eligible.sort_unstable();
		eligible.dedup();
		let mut distinct = drawn.clone();
		distinct.sort_unstable();
		distinct.dedup();
		prop_assert_eq!(distinct.len(), drawn.len());
		prop_assert!(drawn.iter().all(|account| eligible.contains(account)));
		prop_assert_eq!(drawn.len(), eligible.len().min(15).min(seats as usize));

		// Pure: the same again, and fewer seats are the first of more.
		let again = committee(&seed(number), slot, attempt, &stakes, seats, &excluded);
		prop_assert_eq!(again.as_slice(), drawn.as_slice());
		let fewer = committee(&seed(number), slot, attempt, &stakes, seats / 2, &excluded);
		prop_assert!(drawn.starts_with(&fewer));
	}

	#[test]
	fn p7_stakes_beyond_a_balance_in_sum_still_draw_somebody(
		number: u32, stakes in prop::collection::vec(u128::MAX / 2..=u128::MAX, 1..9),
	) {
		let stakes: Vec<(usize, u128)> = stakes.into_iter().enumerate().collect();

		let drawn = committee(&seed(number), 0, 0, &stakes, 15, &usize::MAX);
		prop_assert_eq!(drawn.len(), stakes.len());
	}
}
