//! P27: how long accepted work can be disputed.

use assay_protocol::{AcceptedTask, ChallengeError};
use proptest::prelude::*;

/// Work that is accepted in block 100.
fn accepted(challenge: u32) -> AcceptedTask<u64> {
	AcceptedTask::accept(4, ([1; 32], [2; 32]), 100, challenge)
}

#[test]
fn p27_the_block_of_the_acceptance_and_the_whole_window_take_a_dispute_and_no_later_one() {
	// GIVEN work with a window of 30 blocks
	let work = accepted(30);
	assert_eq!((work.parent, work.trace_root), ([1; 32], [2; 32]));
	// WHEN it is disputed in its first or its last block THEN that is in time
	for now in [100, 101, 130] {
		assert!(!work.is_over(now));
		assert_eq!(work.clone().dispute(now), Ok(()));
	}
	// AND one block later it is too late, and nothing changes
	let mut late = work.clone();
	let over = ChallengeError::WindowOver { until: 130 };
	assert_eq!(late.dispute(131), Err(over));
	assert!(late == work && late.is_over(131));
}

#[test]
fn p27_a_dispute_holds_the_window_open_and_a_lost_one_begins_it_anew() {
	// GIVEN work that is disputed in the last block of its window
	let mut work = accepted(30);
	assert_eq!(work.dispute(130), Ok(()));
	// WHEN the dispute takes long THEN the window is not over, and takes no second one
	assert!(!work.is_over(5_000));
	let before = work.clone();
	assert_eq!(work.dispute(120), Err(ChallengeError::AlreadyDisputed));
	assert_eq!(work, before);
	// AND WHEN its challenger has lost THEN others have a whole window
	work.reopen(5_000);
	assert!(!work.is_over(5_030) && work.is_over(5_031));
	// AND only a dispute begins it anew
	work.reopen(6_000);
	assert!(work.is_over(5_031));
}

#[test]
fn a_window_beyond_the_last_block_ends_with_it() {
	let mut work = AcceptedTask::accept(4, ([1; 32], [2; 32]), u32::MAX - 1, 30);
	assert!(!work.is_over(u32::MAX));
	assert_eq!(work.dispute(u32::MAX), Ok(()));
}

/// What happens to accepted work.
#[derive(Clone, Debug)]
enum Deed {
	Wait(u32),
	Dispute,
	Reopen,
}

proptest! {
	#[test]
	fn p27_the_stake_is_free_only_after_a_whole_window_without_a_dispute(
		challenge in 0..20u32,
		deeds in prop::collection::vec(prop_oneof![
			2 => (0..12u32).prop_map(Deed::Wait),
			1 => Just(Deed::Dispute),
			1 => Just(Deed::Reopen),
		], 0..60),
	) {
		// GIVEN a model that only knows since when nobody disputes the work
		let (mut work, mut now) = (accepted(challenge), 100);
		let mut quiet_since = Some(100);
		for deed in deeds {
			match deed {
				Deed::Wait(blocks) => now += blocks,
				Deed::Dispute => {
					let in_time = quiet_since.is_some_and(|since| now - since <= challenge);
					prop_assert_eq!(work.dispute(now).is_ok(), in_time);
					if in_time {
						quiet_since = None;
					}
				}
				Deed::Reopen => {
					work.reopen(now);
					quiet_since = quiet_since.or(Some(now));
				}
			}
			// THEN the work is over exactly when a whole window has passed since
			let is_over = quiet_since.is_some_and(|since| now - since > challenge);
			prop_assert_eq!(work.is_over(now), is_over);
		}
	}
}
