//! P22: a side's clock runs on its turns only, and not in blocks that were full.

use assay_protocol::dispute::{Clock, Lateness, Now, Side};
use proptest::prelude::*;

fn now(block: u32, full: u32) -> Now {
	Now { block, full }
}

#[test]
fn p22_a_side_is_in_time_then_in_grace_then_too_late() {
	// GIVEN ten blocks for each side
	let clock = Clock::start(10, now(100, 3));
	let at = |block, full| clock.lateness(Side::Provider, now(block, full), 4);
	// WHEN blocks pass THEN the tenth is in time, and four more are of grace
	assert_eq!(at(110, 3), Lateness::InTime);
	assert_eq!(at(111, 3), Lateness::Grace);
	assert_eq!(at(114, 3), Lateness::Grace);
	assert_eq!(at(115, 3), Lateness::Over);
	// AND full blocks are as if they had not been
	assert_eq!(at(115, 8), Lateness::InTime);
	assert_eq!(clock.spent(now(115, 8)), 10);
	// AND a clock that counts more full blocks than there were stands still
	assert_eq!(clock.spent(now(105, 90)), 0);
}

#[test]
fn p22_what_is_used_in_grace_is_not_owed() {
	// GIVEN a side that moves in its grace
	let mut clock = Clock::start(10, now(0, 0));
	clock.turn(Side::Provider, now(12, 0));
	// WHEN its next turn comes THEN it has nothing left but the grace
	assert_eq!(clock.left(Side::Provider), 0);
	assert_eq!(clock.left(Side::Challenger), 10);
	assert_eq!(
		clock.lateness(Side::Provider, now(12, 0), 4),
		Lateness::InTime
	);
	assert_eq!(
		clock.lateness(Side::Provider, now(13, 0), 4),
		Lateness::Grace
	);
}

proptest! {
	#[test]
	fn p22_only_a_side_s_own_blocks_that_are_not_full_cost_it(
		blocks in 0..500_u32,
		turns in prop::collection::vec((any::<bool>(), 0..60_u32, 0..60_u32), 1..40),
	) {
		let (mut block, mut full) = (17, 5);
		let mut clock = Clock::start(blocks, now(block, full));
		let mut left = [blocks, blocks];
		for (is_provider, free, busy) in turns {
			// GIVEN a turn of so many blocks, some of them full
			let side = if is_provider { Side::Provider } else { Side::Challenger };
			let other = if is_provider { Side::Challenger } else { Side::Provider };
			(block, full) = (block + free + busy, full + busy);
			let before = [clock.left(Side::Challenger), clock.left(Side::Provider)];
			// WHEN it ends
			let late = clock.lateness(side, now(block, full), 0);
			prop_assert_eq!(late == Lateness::InTime, free <= clock.left(side));
			clock.turn(side, now(block, full));
			// THEN the side has lost its free blocks, and the other one nothing
			let own = usize::from(is_provider);
			left[own] = left[own].saturating_sub(free);
			prop_assert_eq!(clock.left(side), left[own]);
			prop_assert_eq!(clock.left(other), left[1 - own]);
			prop_assert!(clock.left(Side::Challenger) <= before[0]);
			prop_assert!(clock.left(Side::Provider) <= before[1]);
			prop_assert_eq!(clock.spent(now(block, full)), 0);
		}
	}
}
