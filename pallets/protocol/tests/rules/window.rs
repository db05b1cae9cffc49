//! P23 and P24: the window of a draw.

use std::collections::{BTreeMap, BTreeSet};

use assay_protocol::{
	hash::blake2_256,
	limits::{MAX_OUTPUTS, PPM},
	Balance, BeaconBlock, BlockSlot, Digest, DrawWindow,
};
use proptest::prelude::*;

/// The slot that windows begin behind: on the grid of all windows of up to 20 slots, and of 64.
const START: BlockSlot = 931_170_240;
/// More than a third.
const THIRD: u32 = 333_333;

fn vrf(slot: BlockSlot) -> Digest {
	blake2_256(&slot.to_le_bytes())
}

/// Blocks so many slots after the start, each of an author or without an output.
fn chain(blocks: &[(u64, Option<u8>)]) -> Vec<BeaconBlock<u8>> {
	let block = |&(after, author): &(u64, Option<u8>)| BeaconBlock {
		slot: START + after,
		output: author.map(|author| (author, vrf(START + after))),
	};
	blocks.iter().map(block).collect()
}

/// How many slots after the start the outputs of a draw are.
fn drawn(
	window: DrawWindow,
	blocks: &[(u64, Option<u8>)],
	stakes: &[(u8, Balance)],
) -> Option<Vec<u64>> {
	let found = window.outputs(START, chain(blocks), stakes)?;
	let slots = found.iter().map(|(author, digest)| {
		let mut of_author = blocks
			.iter()
			.filter(|(_, of)| of.as_ref() == Some(author))
			.map(|(after, _)| *after);
		of_author
			.find(|after| vrf(START + after) == *digest)
			.expect("an output of that author's block")
	});
	Some(slots.collect())
}

fn window(slots: u32, stake_ppm: u32) -> DrawWindow {
	DrawWindow { slots, stake_ppm }
}

/// As many validators, each with a stake of 100.
fn equal(validators: u8) -> Vec<(u8, Balance)> {
	(0..validators).map(|account| (account, 100)).collect()
}

#[test]
fn a_window_is_over_with_the_block_of_its_last_slot_or_a_later_one() {
	let of = |blocks: &[(u64, Option<u8>)]| drawn(window(4, 0), blocks, &[]);
	// GIVEN blocks before the last of four slots
	// THEN the window is not over
	assert_eq!(of(&[]), None);
	assert_eq!(of(&[(1, Some(0)), (3, Some(1))]), None);
	// WHEN the last slot has a block
	// THEN it is, with that block
	let with_last = [(1, Some(0)), (4, Some(2))];
	assert_eq!(of(&with_last), Some(vec![1, 4]));
	// WHEN the next block is a later one instead
	// THEN it is without that block
	let without_last = [(1, Some(0)), (3, Some(1)), (5, Some(2))];
	assert_eq!(of(&without_last), Some(vec![1, 3]));
}

#[test]
fn a_window_begins_on_the_grid_whichever_block_of_a_cell_closed_reveal() {
	// GIVEN a block in every slot, of which one of a cell of four closes REVEAL
	let window = window(4, 0);
	for closed in 1..=4u64 {
		let blocks = (closed + 1..=9).map(|after| BeaconBlock {
			slot: START + after,
			output: Some((1u8, vrf(START + after))),
		});
		// WHEN its draw is made THEN it is the next cell, also if REVEAL closed in the cell's last slot
		let found = window.outputs(START + closed, blocks, &[]).unwrap();
		let expected: Vec<_> = (5..=8).map(|after| (1, vrf(START + after))).collect();
		assert_eq!(found.into_inner(), expected, "{closed}");
	}
	// AND one slot later it is the one after that, which is not over
	let later = (6..=9).map(|after| BeaconBlock {
		slot: START + after,
		output: Some((1u8, vrf(START + after))),
	});
	assert_eq!(window.outputs(START + 5, later, &[]), None);
}

#[test]
fn a_withheld_block_is_missing_and_moves_nothing() {
	// GIVEN a window of 4 slots with a block in each
	let all: Vec<_> = (1..=9u8)
		.map(|slot| (u64::from(slot), Some(slot)))
		.collect();
	assert_eq!(drawn(window(4, 0), &all, &[]), Some(vec![1, 2, 3, 4]));
	// WHEN any of them is withheld
	for missing in 1..=4 {
		let left: Vec<_> = all
			.iter()
			.copied()
			.filter(|(slot, _)| *slot != missing)
			.collect();
		// THEN the others are the draw, and no other block takes its place
		let others = (1..=4).filter(|slot| *slot != missing).collect();
		assert_eq!(drawn(window(4, 0), &left, &[]), Some(others));
	}
}

#[test]
fn a_window_without_an_output_is_doubled_up_to_the_longest() {
	// GIVEN a single output, in the last slot of the longest window, and blocks without one
	let silent: Vec<(u64, Option<u8>)> = (1..64).map(|slot| (slot, None)).collect();
	let one = [silent.clone(), vec![(64, Some(7))]].concat();
	// THEN it is found, by every window that doubles to 64
	for slots in [1, 2, 4, 8, 16, 32, 64] {
		assert_eq!(drawn(window(slots, 0), &one, &[]), Some(vec![64]));
	}
	// AND by none that ends at 48
	assert_eq!(drawn(window(3, 0), &one, &[]), None);
	// WHEN it comes a slot later
	let late = [silent, vec![(65, Some(7))]].concat();
	// THEN the longest window is over and has none
	assert_eq!(drawn(window(2, 0), &late, &[]), None);
	// AND the same if the chain stood still
	assert_eq!(drawn(window(2, 0), &[(500, Some(7))], &[]), None);
}

#[test]
fn the_authors_seen_must_hold_more_than_the_share_and_each_counts_once() {
	// GIVEN three equal validators, and a window of two slots for more than a third
	let rule = window(2, 333_334);
	let stakes = equal(3);
	// WHEN one author has both blocks
	let same = [(1, Some(0)), (2, Some(0)), (3, Some(1)), (4, Some(0))];
	// THEN the window is doubled, and its other authors count
	assert_eq!(drawn(rule, &same[..2], &stakes), None);
	assert_eq!(drawn(rule, &same, &stakes), Some(vec![1, 2, 3, 4]));
	// WHEN two authors have them
	let two = [(1, Some(0)), (2, Some(1)), (3, Some(2)), (4, Some(0))];
	// THEN two slots are enough
	assert_eq!(drawn(rule, &two, &stakes), Some(vec![1, 2]));
}

#[test]
fn exactly_the_share_is_not_enough() {
	// GIVEN an author that holds exactly a quarter
	let stakes = [(0, 250_000), (1, 750_000)];
	let blocks = [(1, Some(0)), (2, Some(1))];
	// THEN a quarter asks for more, and a millionth less does not
	assert_eq!(
		drawn(window(1, 250_000), &blocks, &stakes),
		Some(vec![1, 2])
	);
	assert_eq!(drawn(window(1, 249_999), &blocks, &stakes), Some(vec![1]));
}

#[test]
fn an_author_without_a_stake_counts_for_a_share_of_nothing_alone() {
	let blocks: Vec<(u64, Option<u8>)> = (1..=64).map(|slot| (slot, Some(9))).collect();
	// GIVEN an author that is not in the draw's session
	// THEN it is one author
	assert_eq!(
		drawn(window(2, 0), &blocks, &equal(3)).map(|slots| slots.len()),
		Some(2)
	);
	// AND no stake: the longest window is taken
	assert_eq!(
		drawn(window(2, 1), &blocks, &equal(3)).map(|slots| slots.len()),
		Some(64)
	);
}

#[test]
fn the_longest_window_is_taken_whoever_its_authors_are() {
	// GIVEN 64 blocks of 33 of 100 validators
	let blocks: Vec<_> = (1..=64u8)
		.map(|slot| (u64::from(slot), Some(slot % 33)))
		.collect();
	// WHEN more than a third is asked for
	// THEN the draw waits for all 64 slots
	assert_eq!(drawn(window(8, THIRD), &blocks[..63], &equal(100)), None);
	let found = drawn(window(8, THIRD), &blocks, &equal(100));
	// AND is made of them
	assert_eq!(found, Some((1..=64).collect()));
}

#[test]
fn a_window_of_no_or_too_many_slots_draws_nothing() {
	let blocks: Vec<(u64, Option<u8>)> = (1..=200).map(|slot| (slot, Some(1))).collect();
	for slots in [0, MAX_OUTPUTS + 1, u32::MAX] {
		assert_eq!(drawn(window(slots, 0), &blocks, &[]), None);
	}
	assert!(drawn(window(MAX_OUTPUTS, 0), &blocks, &[]).is_some());
}

#[test]
fn slots_at_the_end_of_time_draw_nothing() {
	// GIVEN a window that would end behind the last slot there is
	let blocks = [BeaconBlock {
		slot: u64::MAX,
		output: Some((1u8, [0; 32])),
	}];
	assert_eq!(window(2, 0).outputs(u64::MAX - 1, blocks, &[]), None);
}

#[test]
fn no_more_blocks_are_taken_than_the_longest_window_and_the_next_one() {
	// GIVEN a chain without an output that never ends
	let mut taken = 0;
	let blocks = (1..).map(|after| {
		taken += 1;
		BeaconBlock::<u8> {
			slot: START + after,
			output: None,
		}
	});
	// WHEN it is asked for a draw
	assert_eq!(window(2, 0).outputs(START, blocks, &[]), None);
	// THEN no more than 65 of its blocks are looked at
	assert!(taken <= MAX_OUTPUTS + 1, "{taken}");
}

/// The same rule in other words: every window by itself, from sets of slots and authors.
fn model(
	rule: DrawWindow,
	blocks: &[(u64, Option<u8>)],
	stakes: &[(u8, Balance)],
) -> Option<Vec<u64>> {
	let by_slot: BTreeMap<u64, Option<u8>> = blocks.iter().copied().collect();
	let newest = by_slot.keys().last().copied().unwrap_or(0);
	let lengths: Vec<u64> = (0..)
		.map(|doublings| u64::from(rule.slots) << doublings)
		.take_while(|slots| *slots <= u64::from(MAX_OUTPUTS))
		.collect();
	for slots in &lengths {
		if newest < *slots {
			return None;
		}
		let seen: Vec<(u64, u8)> = (1..=*slots)
			.filter_map(|slot| Some((slot, (*by_slot.get(&slot)?)?)))
			.collect();
		let authors: BTreeSet<u8> = seen.iter().map(|(_, author)| *author).collect();
		let all: u128 = stakes.iter().map(|(_, stake)| stake).sum();
		let held: u128 = authors
			.iter()
			.filter_map(|author| stakes.iter().find(|(account, _)| account == author))
			.map(|(_, stake)| stake)
			.sum();
		let enough = match rule.stake_ppm {
			0 => !seen.is_empty(),
			share => held * u128::from(PPM) > all * u128::from(share),
		};
		if enough || (slots == lengths.last()? && !seen.is_empty()) {
			return Some(seen.into_iter().map(|(slot, _)| slot).collect());
		}
	}
	None
}

proptest! {
	/// P23 against the model, and P24: with every block that comes, an answer stays.
	#[test]
	fn p23_p24_the_window_is_that_of_the_model_and_stays(
		slots in 1u32..20,
		stake_ppm in prop_oneof![Just(0), 1u32..600_000],
		stakes in prop::collection::vec(0u128..1_000, 1..12),
		gaps in prop::collection::vec((1u64..4, prop::option::weighted(0.7, 0u8..14)), 0..90),
	) {
		let rule = window(slots, stake_ppm);
		let stakes: Vec<(u8, Balance)> = (0..).zip(stakes).collect();
		let mut slot = 0;
		let blocks: Vec<_> = gaps
			.into_iter()
			.map(|(gap, author)| {
				slot += gap;
				(slot, author)
			})
			.collect();
		let mut answer = None;
		for length in 0..=blocks.len() {
			let found = drawn(rule, &blocks[..length], &stakes);
			prop_assert_eq!(&found, &model(rule, &blocks[..length], &stakes));
			if answer.is_some() {
				prop_assert_eq!(&found, &answer);
			}
			answer = found;
		}
	}

	/// A window is that of its cell, whichever block closed REVEAL in the cell before.
	#[test]
	fn p23_windows_lie_on_a_grid(
		slots in 1u32..20,
		closed in 0u64..200,
		gaps in prop::collection::vec((1u64..4, prop::option::weighted(0.7, 0u8..14)), 0..90),
	) {
		let rule = window(slots, 0);
		let mut slot = START + closed;
		let blocks: Vec<_> = gaps
			.into_iter()
			.map(|(gap, author)| {
				slot += gap;
				BeaconBlock { slot, output: author.map(|author| (author, vrf(slot))) }
			})
			.collect();
		// GIVEN the first multiple of the slots that is not before the closing one
		let cell = (START + closed..).find(|slot| slot % u64::from(slots) == 0).expect("one is near");
		// WHEN only what is behind it is shown THEN the draw is the same
		let behind: Vec<_> = blocks.iter().filter(|block| block.slot > cell).cloned().collect();
		prop_assert_eq!(rule.outputs(START + closed, blocks, &[]), rule.outputs(cell, behind, &[]));
	}

	/// What is withheld in front of the last block that is not changes nothing about the window when
	/// the others hold the share by themselves.
	#[test]
	fn no_choice_of_its_own_blocks_moves_a_window_that_others_fill(
		own in prop::collection::vec(any::<bool>(), 8),
		shown in prop::collection::vec(any::<bool>(), 8),
	) {
		// GIVEN four honest validators and a rule of more than a quarter, which two of them fill
		let stakes = equal(5);
		let rule = window(8, 250_000);
		let honest = own.iter().filter(|own| !**own).count();
		prop_assume!(honest >= 2);
		let mut turn = 0;
		let mut blocks = Vec::new();
		for (slot, own) in (1u64..).zip(&own) {
			let author = if *own { 4 } else { turn += 1; turn % 4 };
			blocks.push((slot, author, *own));
		}
		blocks.extend((9..=70).map(|slot| (slot, 0, false)));
		// WHEN the fifth shows any of its blocks
		let mut shown = shown.into_iter().cycle();
		let left: Vec<_> = blocks
			.into_iter()
			.filter(|(_, _, own)| !own || shown.next() == Some(true))
			.map(|(slot, author, _)| (slot, Some(author)))
			.collect();
		// THEN the draw is made of what was shown in the first eight slots
		let expected: Vec<u64> = left.iter().map(|(slot, _)| *slot).filter(|slot| *slot <= 8).collect();
		prop_assert_eq!(drawn(rule, &left, &stakes), Some(expected));
	}
}
