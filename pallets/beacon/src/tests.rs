//! Behaviour of the beacon, on blocks with real VRF signatures.

use assay_traits::Beacon as _;
use frame_support::{traits::Hooks, weights::Weight};
use proptest::prelude::*;

use crate::{mock::*, weights::WeightInfo, Ring, RING};

/// What `outputs` hands out, as a plain list.
fn outputs(from: u32, count: u32) -> Option<Vec<(u64, [u8; 32])>> {
	Beacon::outputs(from, count).map(|found| found.into_inner())
}

#[test]
fn a_primary_and_a_secondary_vrf_block_are_recorded_with_author_and_output() {
	build_and_execute(|| {
		// WHEN two authors claim their slots with a VRF
		let first = next_block(0, Claim::Primary).unwrap();
		let second = next_block(1, Claim::SecondaryVrf).unwrap();

		// THEN both outputs are there, in the order of the blocks
		assert_ne!(first, second);
		assert_eq!(outputs(1, 2), Some(vec![(100, first), (101, second)]));
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
		assert_eq!(outputs(1, 1), Some(vec![(100, first)]));
		assert_eq!(outputs(2, 1), None);

		// WHEN a third block carries one again
		let third = next_block(2, Claim::SecondaryVrf).unwrap();

		// THEN the plain block is passed over
		assert_eq!(outputs(1, 2), Some(vec![(100, first), (102, third)]));
		assert_eq!(outputs(2, 1), Some(vec![(102, third)]));
	});
}

#[test]
fn p1_a_block_without_a_pre_digest_has_no_record() {
	build_and_execute(|| {
		next_block(0, Claim::Primary);
		next_block(0, Claim::Unclaimed);
		assert_eq!(outputs(2, 1), None);
		assert_eq!(Ring::<Test>::iter().count(), 1);
	});
}

#[test]
fn a_block_of_an_author_without_a_stash_has_no_record() {
	build_and_execute(|| {
		next_block(9, Claim::Primary);
		assert_eq!(outputs(1, 1), None);
	});
}

#[test]
fn p2_an_output_is_not_visible_inside_its_own_block() {
	build_and_execute(|| {
		// GIVEN an earlier block with a VRF
		let first = next_block(0, Claim::Primary).unwrap();

		// WHEN the transactions of the next block run
		let second = open_block(2, 1, Claim::Primary).unwrap();

		// THEN they see the earlier output only
		assert_eq!(outputs(1, 1), Some(vec![(100, first)]));
		assert_eq!(outputs(2, 1), None);

		// WHEN the block has ended
		close_block(2);

		// THEN its output is there
		assert_eq!(outputs(2, 1), Some(vec![(101, second)]));
	});
}

#[test]
fn outputs_wait_until_there_are_enough() {
	build_and_execute(|| {
		let first = next_block(0, Claim::Primary).unwrap();
		assert_eq!(outputs(1, 2), None);
		assert_eq!(outputs(2, 1), None, "the block is not there yet");
		let second = next_block(0, Claim::Primary).unwrap();
		assert_eq!(outputs(1, 2), Some(vec![(100, first), (100, second)]));
	});
}

#[test]
fn a_count_of_zero_or_above_64_is_never_ready() {
	build_and_execute(|| {
		for _ in 0..65 {
			next_block(0, Claim::Primary);
		}
		assert_eq!(outputs(1, 0), None);
		assert_eq!(outputs(1, 65), None);
		assert_eq!(outputs(1, 64).unwrap().len(), 64);
	});
}

#[test]
fn p3_a_block_leaves_the_ring_after_256_blocks() {
	build_and_execute(|| {
		// GIVEN a full ring
		let first = next_block(0, Claim::Primary).unwrap();
		let second = next_block(1, Claim::Primary).unwrap();
		for _ in 2..RING {
			next_block(2, Claim::Primary);
		}
		assert_eq!(outputs(1, 1), Some(vec![(100, first)]));

		// WHEN one more block comes
		next_block(3, Claim::Primary);

		// THEN the first is gone and nothing stands in for it
		assert_eq!(outputs(1, 1), None);
		assert_eq!(outputs(0, 1), None);
		assert_eq!(outputs(2, 1), Some(vec![(101, second)]));
		assert_eq!(Ring::<Test>::iter().count(), RING as usize);
	});
}

#[test]
fn p3_a_stale_record_is_not_taken_for_a_plain_block_at_the_same_place() {
	build_and_execute(|| {
		// GIVEN a record at place 1 from block 1
		next_block(0, Claim::Primary);
		for _ in 1..RING {
			next_block(0, Claim::SecondaryPlain);
		}

		// WHEN block 257, which has the same place, carries no VRF
		next_block(0, Claim::SecondaryPlain);

		// THEN the record of block 1 is still stored but not handed out
		assert_eq!(Ring::<Test>::iter().count(), 1);
		assert_eq!(outputs(2, 1), None);
		assert_eq!(outputs(RING + 1, 1), None);
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

	/// P1 and P3 against a plain list of (block, author, output).
	#[test]
	fn outputs_are_the_first_vrf_blocks_of_the_chain(
		blocks in prop::collection::vec((0u32..10, 0u8..4), 1..24),
		from in 0u32..26,
		count in 0u32..8,
	) {
		build_and_execute(|| {
			let mut model = Vec::new();
			for (position, (author, claim)) in blocks.into_iter().enumerate() {
				let claim = match claim {
					0 => Claim::Primary,
					1 => Claim::SecondaryVrf,
					2 => Claim::SecondaryPlain,
					_ => Claim::Unclaimed,
				};
				let output = next_block(author, claim);
				if let Some(output) = output.filter(|_| author != 9) {
					model.push((position as u32 + 1, 100 + u64::from(author), output));
				}
			}
			let expected: Vec<_> = model
				.into_iter()
				.filter(|(block, ..)| *block >= from)
				.map(|(_, author, output)| (author, output))
				.take(count as usize)
				.collect();
			let ready = count > 0 && expected.len() == count as usize;
			assert_eq!(outputs(from, count), ready.then_some(expected));
		});
	}
}
