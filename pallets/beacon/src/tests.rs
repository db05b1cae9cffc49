//! Behaviour of the beacon, on blocks with real VRF signatures.

use assay_protocol::{BeaconBlock, DrawWindow};
use assay_traits::Beacon as _;
use frame_support::{traits::Hooks, weights::Weight};
use proptest::prelude::*;

use crate::{mock::*, weights::WeightInfo, Ring, RING};

/// The outputs of a window of so many slots behind block `from - 1`, as a plain list.
fn outputs(from: u32, slots: u32) -> Option<Vec<(u64, [u8; 32])>> {
	let window = DrawWindow {
		slots,
		stake_ppm: 0,
	};
	Beacon::outputs(from, &window, &[]).map(|found| found.into_inner())
}

#[test]
fn a_primary_and_a_secondary_vrf_block_are_recorded_with_author_and_output() {
	build_and_execute(|| {
		// GIVEN a block that a draw counts from
		next_block(0, Claim::Primary);

		// WHEN two authors claim their slots with a VRF
		let second = next_block(0, Claim::Primary).unwrap();
		let third = next_block(1, Claim::SecondaryVrf).unwrap();

		// THEN both outputs are there, in the order of the blocks
		assert_ne!(second, third);
		assert_eq!(outputs(2, 2), Some(vec![(100, second), (101, third)]));
		// AND the slot of every block
		let slots: Vec<_> = (1..=3)
			.map(|block| Ring::<Test>::get(block).unwrap().slot)
			.collect();
		assert_eq!(slots, vec![FIRST, FIRST + 1, FIRST + 2]);
	});
}

#[test]
fn p1_a_plain_block_does_not_repeat_the_output_that_babe_still_stores() {
	build_and_execute(|| {
		// GIVEN a block with a VRF
		let first = next_block(0, Claim::Primary).unwrap();

		// WHEN a block without one follows
		next_block(1, Claim::SecondaryPlain);

		// THEN BABE still shows the old output, and the beacon has none for the new block
		assert_eq!(pallet_babe::AuthorVrfRandomness::<Test>::get(), Some(first));
		assert_eq!(Ring::<Test>::get(2).unwrap().output, None);
		assert_eq!(outputs(2, 1), None);

		// WHEN a third block carries one again
		let third = next_block(2, Claim::SecondaryVrf).unwrap();

		// THEN the window of one slot is doubled, as it has no output
		assert_eq!(outputs(2, 1), Some(vec![(102, third)]));
		assert_eq!(outputs(2, 2), Some(vec![(102, third)]));
	});
}

#[test]
fn a_window_may_begin_behind_a_block_without_an_output() {
	build_and_execute(|| {
		next_block(0, Claim::SecondaryPlain);
		let second = next_block(1, Claim::Primary).unwrap();
		assert_eq!(outputs(2, 1), Some(vec![(101, second)]));
	});
}

#[test]
fn p1_a_block_without_a_pre_digest_has_no_record() {
	build_and_execute(|| {
		next_block(0, Claim::Primary);
		next_block(0, Claim::Unclaimed);
		assert_eq!(Ring::<Test>::iter().count(), 1);
		// A window cannot begin behind it, and it ends none.
		assert_eq!(outputs(2, 1), None);
		let third = next_block(0, Claim::Primary).unwrap();
		assert_eq!(outputs(3, 1), None);
		assert_eq!(outputs(2, 2), Some(vec![(100, third)]));
	});
}

#[test]
fn a_block_of_an_author_without_a_stash_has_no_output() {
	build_and_execute(|| {
		next_block(0, Claim::Primary);
		next_block(9, Claim::Primary);
		assert_eq!(Ring::<Test>::get(2).unwrap().output, None);
		assert_eq!(outputs(2, 1), None);
	});
}

#[test]
fn p2_an_output_is_not_visible_inside_its_own_block() {
	build_and_execute(|| {
		// GIVEN a block that a draw of one slot counts from
		next_block(0, Claim::Primary);

		// WHEN the transactions of the next block run, which is in that slot
		let second = open_block(1, 1, Claim::Primary).unwrap();

		// THEN they see nothing of it
		assert_eq!(outputs(2, 1), None);

		// WHEN the block has ended
		close_block();

		// THEN its output is there
		assert_eq!(outputs(2, 1), Some(vec![(101, second)]));
	});
}

#[test]
fn p2_a_later_block_that_ends_the_window_does_not_end_it_for_its_own_transactions() {
	build_and_execute(|| {
		// GIVEN a window of 3 slots whose last ones are empty
		next_block(0, Claim::Primary);
		let second = next_block(1, Claim::Primary).unwrap();
		open_block(5, 2, Claim::Primary);
		assert_eq!(outputs(2, 3), None);
		close_block();
		assert_eq!(outputs(2, 3), Some(vec![(101, second)]));
	});
}

#[test]
fn p5_a_slot_without_a_block_moves_neither_end_of_the_window() {
	build_and_execute(|| {
		// GIVEN a draw that counts from block 1, in slot 1
		next_block(0, Claim::Primary);
		let in_slot_3 = block_after(2, 1, Claim::Primary).unwrap();
		// THEN a window of 4 slots waits for slot 5
		assert_eq!(outputs(2, 4), None);

		// WHEN slots 4 and 5 stay empty
		let in_slot_6 = block_after(3, 2, Claim::Primary).unwrap();

		// THEN the block of slot 6 is not in the window
		assert_eq!(outputs(2, 4), Some(vec![(101, in_slot_3)]));
		// AND is the last of one of 5 slots
		assert_eq!(
			outputs(2, 5),
			Some(vec![(101, in_slot_3), (102, in_slot_6)])
		);
	});
}

#[test]
fn a_window_begins_on_its_grid_whichever_block_closed_reveal() {
	build_and_execute(|| {
		// GIVEN blocks in a row, the first of them in the last slot of a cell of four
		let found: Vec<_> = (0..9)
			.map(|_| next_block(1, Claim::Primary).unwrap())
			.collect();
		let of = |blocks: std::ops::Range<usize>| {
			Some(found[blocks].iter().map(|vrf| (101, *vrf)).collect())
		};
		// WHEN a draw counts from that block THEN its window is the next cell
		assert_eq!(outputs(2, 4), of(1..5));
		// AND from any block of that cell the one after it
		for closed in 2..=5 {
			assert_eq!(outputs(closed + 1, 4), of(5..9), "{closed}");
		}
	});
}

#[test]
fn a_window_lengthens_until_its_authors_hold_the_share() {
	build_and_execute(|| {
		// GIVEN two validators with a quarter of the stake and one with a half
		let stakes = [(100, 25), (101, 25), (102, 50)];
		let window = DrawWindow {
			slots: 1,
			stake_ppm: 333_333,
		};
		let found = || Beacon::outputs(2, &window, &stakes).map(|found| found.len());
		next_block(2, Claim::Primary);

		// WHEN the first author holds a quarter alone
		next_block(0, Claim::Primary);
		// THEN the window becomes one of 2 slots, with the second author's block
		assert_eq!(found(), None);
		next_block(1, Claim::Primary);
		assert_eq!(found(), Some(2));
	});
}

#[test]
fn a_window_of_zero_or_above_64_slots_is_never_ready() {
	build_and_execute(|| {
		for _ in 0..66 {
			next_block(0, Claim::Primary);
		}
		assert_eq!(outputs(2, 0), None);
		assert_eq!(outputs(2, 65), None);
		assert_eq!(outputs(2, 64).unwrap().len(), 64);
	});
}

#[test]
fn blocks_before_the_second_and_ahead_have_no_answer() {
	build_and_execute(|| {
		for _ in 0..4 {
			next_block(0, Claim::Primary);
		}
		// Nothing is recorded of genesis, which block 1 would count from.
		for from in [0, 1, 5, 6, u32::MAX] {
			assert_eq!(outputs(from, 1), None, "{from}");
		}
	});
}

#[test]
fn p3_a_window_is_gone_once_the_block_before_it_has_left_the_ring() {
	build_and_execute(|| {
		// GIVEN a full ring
		next_block(0, Claim::Primary);
		let second = next_block(1, Claim::Primary).unwrap();
		let third = next_block(2, Claim::Primary).unwrap();
		for _ in 3..RING {
			next_block(2, Claim::Primary);
		}
		assert_eq!(outputs(2, 1), Some(vec![(101, second)]));

		// WHEN one more block comes
		next_block(3, Claim::Primary);

		// THEN the window behind the first block is gone and nothing stands in for it
		assert_eq!(outputs(2, 1), None);
		assert_eq!(outputs(1, 1), None);
		assert_eq!(outputs(3, 1), Some(vec![(102, third)]));
		assert_eq!(Ring::<Test>::iter().count(), RING as usize);
	});
}

#[test]
fn p3_a_stale_record_is_not_taken_for_a_block_without_one_at_the_same_place() {
	build_and_execute(|| {
		// GIVEN a record at place 1 from block 1
		next_block(0, Claim::Primary);
		for _ in 1..RING {
			next_block(0, Claim::SecondaryPlain);
		}

		// WHEN block 257, which has the same place, leaves no record
		next_block(0, Claim::Unclaimed);

		// THEN the record of block 1 is still stored but not handed out
		assert_eq!(Ring::<Test>::get(1).unwrap().block, 1);
		assert_eq!(outputs(2, 1), None);
		assert_eq!(outputs(RING + 1, 1), None);
		assert_eq!(outputs(RING + 2, 1), None);
	});
}

#[test]
fn the_hook_is_paid_for_in_advance() {
	build_and_execute(|| {
		let paid = <Beacon as Hooks<u32>>::on_initialize(1);
		assert_eq!(paid, <() as WeightInfo>::on_finalize());
		assert!(paid.all_gt(Weight::zero()));
	});
}

#[test]
fn the_constants_fit_together() {
	<Beacon as Hooks<u32>>::integrity_test();
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(24))]

	/// P1, P3 and P5 against the protocol's rule over a plain list of all blocks.
	#[test]
	fn outputs_are_those_of_the_rule_over_the_blocks_of_the_chain(
		blocks in prop::collection::vec((1u64..4, 0u32..10, 0u8..4), 1..24),
		from in 0u32..26,
		slots in 0u32..8,
		stake_ppm in prop_oneof![Just(0), Just(333_333)],
	) {
		build_and_execute(|| {
			let stakes: Vec<(u64, u128)> = (100..109).map(|stash| (stash, 10)).collect();
			let window = DrawWindow { slots, stake_ppm };
			let mut model = Vec::new();
			let mut slot = FIRST - 1;
			for (number, (gap, author, claim)) in (1u32..).zip(blocks) {
				let claim = match claim {
					0 => Claim::Primary,
					1 => Claim::SecondaryVrf,
					2 => Claim::SecondaryPlain,
					_ => Claim::Unclaimed,
				};
				let output = block_after(gap, author, claim)
					.filter(|_| author != 9)
					.map(|vrf| (100 + u64::from(author), vrf));
				slot += gap;
				if !matches!(claim, Claim::Unclaimed) {
					model.push((number, BeaconBlock { slot, output }));
				}
			}
			let start = model
				.iter()
				.find(|(number, _)| number + 1 == from)
				.map(|(_, block)| block.slot);
			let behind: Vec<_> = model
				.into_iter()
				.filter(|(number, _)| *number >= from)
				.map(|(_, block)| block)
				.collect();
			let expected = start.and_then(|start| window.outputs(start, behind, &stakes));
			assert_eq!(Beacon::outputs(from, &window, &stakes), expected);
		});
	}
}
