//! The draw: P4 and P5.

use crate::{mock::*, Error, OpenRounds};
use assay_protocol::{draw, hash::blake2_256, DrawRecord, Phase, Verdict};
use assay_traits::{Bonds, Rounds};
use codec::Encode;
use frame_support::{assert_noop, assert_ok};

fn call_draw(account: u64) -> sp_runtime::DispatchResult {
	ProofOfCompute::draw(RuntimeOrigin::signed(account), JOB)
}

/// A round in DRAW, and the block in which its REVEAL closed.
fn to_draw() -> u32 {
	start(Setup::default());
	commit_all();
	reveal_all();
	assert_eq!(phase(), Phase::Draw);
	System::block_number()
}

fn drawn() -> DrawRecord {
	job(JOB).round.draw.unwrap()
}

/// The seed of the first draw, made of the mock's authors and VRFs of these blocks.
fn seed_of(blocks: &[u32]) -> [u8; 32] {
	let outputs: Vec<(u64, [u8; 32])> = blocks
		.iter()
		.map(|block| (u64::from(block % 3), blake2_256(&("vrf", *block).encode())))
		.collect();
	draw::draw_seed(JOB, 0, 0, &outputs)
}

#[test]
fn nobody_draws_before_the_window_is_over() {
	build_and_execute(|| {
		// GIVEN a REVEAL that closed in block R.
		let closed = to_draw();
		// THEN neither R nor R + 1 end a window of two slots after R.
		assert_noop!(call_draw(STRANGER), Error::<Test>::OutputsNotReady);
		run_to(closed + 2);
		assert_noop!(call_draw(STRANGER), Error::<Test>::OutputsNotReady);
		let early = seal(1, 0, Verdict::Valid);
		assert_noop!(early, Error::<Test>::OutputsNotReady);
		// R + 2 is finished in block R + 3.
		run_to(closed + 3);
		assert_ok!(call_draw(STRANGER));
	});
}

#[test]
fn a_window_without_any_output_is_doubled() {
	build_and_execute(|| {
		// GIVEN blocks R + 1 to R + 3 without an output.
		let closed = to_draw();
		next_block();
		without_outputs(true);
		run_to(closed + 4);
		// THEN the window of two slots is over and not enough.
		assert_noop!(call_draw(STRANGER), Error::<Test>::OutputsNotReady);
		// WHEN block R + 4 has one.
		without_outputs(false);
		next_block();
		// THEN the window of four slots is the draw.
		assert_ok!(call_draw(STRANGER));
		assert_eq!(drawn().seed, seed_of(&[closed + 4]));
	});
}

#[test]
fn a_withheld_block_is_missing_and_no_later_one_takes_its_place() {
	build_and_execute(|| {
		// GIVEN a window whose second slot has no block.
		let closed = to_draw();
		run_to(closed + 2);
		assert_noop!(call_draw(STRANGER), Error::<Test>::OutputsNotReady);
		withhold_blocks(1);
		// WHEN block R + 2 is in the slot behind the window.
		next_block();
		// THEN the window is over, and block R + 1 alone is the draw.
		assert_ok!(call_draw(STRANGER));
		assert_eq!(drawn().seed, seed_of(&[closed + 1]));
	});
}

#[test]
fn the_window_is_doubled_until_its_authors_hold_the_share() {
	build_and_execute(|| {
		// GIVEN that authors must hold more than a quarter, and each of five validators a fifth.
		ask_for_stake(250_000);
		start(Setup::default());
		commit_all();
		// WHEN REVEAL closes in a block R of author 1.
		while System::block_number() % 3 != 1 {
			next_block();
		}
		reveal_all();
		let closed = System::block_number();
		run_to(closed + 3);
		// THEN authors 2 and 0, who has no stake, are not enough.
		assert_noop!(call_draw(STRANGER), Error::<Test>::OutputsNotReady);
		run_to(closed + 5);
		// AND with author 1 they are.
		assert_ok!(call_draw(STRANGER));
		let window: Vec<u32> = (closed + 1..=closed + 4).collect();
		assert_eq!(drawn().seed, seed_of(&window));
	});
}

#[test]
fn a_share_that_nobody_reaches_ends_with_the_longest_window() {
	build_and_execute(|| {
		// GIVEN that authors must hold more than a half, and only two fifths are ever seen.
		ask_for_stake(500_000);
		let closed = to_draw();
		run_to(closed + 64);
		assert_noop!(call_draw(STRANGER), Error::<Test>::OutputsNotReady);
		// WHEN 64 slots are over.
		next_block();
		// THEN they are the draw.
		assert_ok!(call_draw(STRANGER));
		let window: Vec<u32> = (closed + 1..=closed + 64).collect();
		assert_eq!(drawn().seed, seed_of(&window));
	});
}

#[test]
fn a_chain_that_stood_still_has_no_draw_until_the_next_deadline() {
	build_and_execute(|| {
		// GIVEN more slots without a block than the longest window has.
		to_draw();
		withhold_blocks(64);
		next_block();
		next_block();
		assert_noop!(call_draw(STRANGER), Error::<Test>::OutputsNotReady);
		// WHEN the deadline has passed.
		run_to(job(JOB).round.deadline + 1);
		advance(JOB).unwrap();
		// THEN the next draw has a window of its own.
		draw();
		assert_eq!(drawn().index, 1);
	});
}

#[test]
fn the_seed_is_made_of_every_output_after_the_reveal() {
	build_and_execute(|| {
		let closed = to_draw();
		await_beacon();
		call_draw(STRANGER).unwrap();
		assert_eq!(drawn().seed, seed_of(&[closed + 1, closed + 2]));
		// The committee is the pure function of it.
		let stakes = MockBonds::stakes(0).unwrap();
		let expected = draw::committee(&drawn().seed, 0, 0, &stakes, 3, &DAVE);
		assert_eq!(ProofOfCompute::committee_of(JOB, 0), Some(expected));
	});
}

#[test]
fn who_draws_and_when_changes_nothing() {
	let draw_by = |blocks: u32, by: fn()| {
		let mut record = None;
		build_and_execute(|| {
			let closed = to_draw();
			run_to(closed + blocks);
			by();
			record = Some((drawn(), committee(0)));
		});
		record.unwrap()
	};
	let early = draw_by(3, || call_draw(STRANGER).unwrap());
	let late = draw_by(9, || call_draw(1_001).unwrap());
	// A validator that seals makes the draw on the way, if it has a seat.
	let by_seal = draw_by(7, || {
		let mut seals = VALIDATORS.into_iter().map(|stash| {
			frame_support::storage::with_storage_layer(|| {
				seal(stash, 0, Verdict::Valid).map_err(|error| error.error)
			})
		});
		assert!(seals.any(|sealed| sealed.is_ok()));
	});
	assert_eq!(early, late);
	assert_eq!(early, by_seal);
}

#[test]
fn waiting_for_another_session_does_not_change_whose_stakes_count() {
	build_and_execute(|| {
		// GIVEN a REVEAL that closed in session 0.
		let closed = to_draw();
		// WHEN the draw is made two sessions later.
		set_session(1, [11, 12, 13]);
		next_block();
		set_session(2, [21, 22, 23]);
		run_to(closed + 4);
		call_draw(STRANGER).unwrap();
		// THEN the validators of session 0 are drawn.
		assert_eq!(drawn().session, 0);
		assert!(committee(0).iter().all(|stash| VALIDATORS.contains(stash)));
	});
}

#[test]
fn a_session_that_begins_with_the_closing_block_counts() {
	build_and_execute(|| {
		start(Setup::default());
		commit_all();
		set_session(1, [11, 12, 13]);
		next_block();
		reveal_all();
		draw();
		assert_eq!(drawn().session, 1);
	});
}

#[test]
fn a_draw_is_made_once_and_only_in_its_phase() {
	build_and_execute(|| {
		start(Setup::default());
		assert_noop!(call_draw(STRANGER), Error::<Test>::NotDrawing);
		commit_all();
		reveal_all();
		draw();
		assert_noop!(call_draw(STRANGER), Error::<Test>::NotDrawing);
		let nobody = ProofOfCompute::draw(RuntimeOrigin::none(), JOB);
		assert_noop!(nobody, sp_runtime::DispatchError::BadOrigin);
		assert_eq!(OpenRounds::<Test>::get(JOB, 0).unwrap().draws.len(), 1);
	});
}

#[test]
fn a_draw_that_nobody_made_in_time_is_replaced_by_the_next_one() {
	build_and_execute(|| {
		to_draw();
		let deadline = job(JOB).round.deadline;
		run_to(deadline + 1);
		assert_noop!(call_draw(STRANGER), Error::<Test>::DeadlinePassed);
		advance(JOB).unwrap();
		draw();
		assert_eq!(drawn().index, 1);
	});
}

#[test]
fn a_forgotten_session_or_stake_is_a_typed_error() {
	build_and_execute(|| {
		to_draw();
		await_beacon();
		// The stakes of session 0 are forgotten.
		frame_support::storage::unhashed::kill(&("mock", ("stakes", 0u32)).encode());
		assert_noop!(call_draw(STRANGER), Error::<Test>::StakesForgotten);
		set_session(0, VALIDATORS);
		// So many sessions begin that the list forgets the one of block R.
		for session in 1..=crate::MAX_SESSION_STARTS {
			set_session(session, VALIDATORS);
			next_block();
		}
		assert_noop!(call_draw(STRANGER), Error::<Test>::SessionForgotten);
	});
}

#[test]
fn a_committee_excludes_the_provider_and_repeats_nobody() {
	build_and_execute(|| {
		// GIVEN a provider that is a validator too, in a small set.
		set_session(1, [1, 2, DAVE]);
		next_block();
		start(Setup::default());
		to_assay();
		// THEN the committee is what there is without it.
		let mut drawn = committee(0);
		drawn.sort();
		assert_eq!(drawn, vec![1, 2]);
		assert_noop!(seal(DAVE, 0, Verdict::Valid), Error::<Test>::NotDrawn);
		// AND two equal verdicts are still a quorum of two.
		seal_all(Verdict::Valid);
		open_all(Verdict::Valid);
		assert_eq!(job(JOB).paid, vec![DAVE]);
	});
}

#[test]
fn no_committee_is_shown_outside_of_its_phases() {
	build_and_execute(|| {
		start(Setup::default());
		assert_eq!(ProofOfCompute::committee_of(JOB, 0), None);
		assert_eq!(ProofOfCompute::closers_of(JOB), None);
		to_assay();
		assert!(ProofOfCompute::committee_of(JOB, 0).is_some());
		assert_eq!(ProofOfCompute::committee_of(JOB, 1), None);
		assert_eq!(ProofOfCompute::committee_of(OTHER_JOB, 0), None);
	});
}

#[test]
#[should_panic(expected = "no authors hold more than all of the stake")]
fn a_share_of_all_the_stake_is_refused_before_a_chain_begins() {
	externalities().execute_with(|| {
		ask_for_stake(999_999);
		<ProofOfCompute as frame_support::traits::Hooks<u32>>::integrity_test();
		ask_for_stake(1_000_000);
		<ProofOfCompute as frame_support::traits::Hooks<u32>>::integrity_test();
	});
}

#[test]
fn a_task_that_is_not_drawn_has_a_committee_that_decides_about_it() {
	build_and_execute(|| {
		// GIVEN a round of which nothing is drawn.
		start(Setup {
			rate_ppm: 0,
			..Default::default()
		});
		to_assay();
		// THEN a task shows no segment, and three seats.
		let task = MockRounds::task(JOB, 0).unwrap();
		assert_eq!((task.rate_ppm, task.segment), (0, None));
		assert_eq!(committee(0).len(), 3);
		// AND verdicts about it are taken, and accept it.
		seal_all(Verdict::Valid);
		open_all(Verdict::Valid);
		assert_eq!(job(JOB).paid, vec![DAVE]);
	});
}
