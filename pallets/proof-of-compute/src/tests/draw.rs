//! The draw: P4 and P5.

use crate::{mock::*, Error, OpenRounds};
use assay_protocol::{draw, hash::blake2_256, DrawRecord, Phase, Verdict};
use assay_traits::Bonds;
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

#[test]
fn nobody_draws_before_the_beacon_has_its_outputs() {
	build_and_execute(|| {
		// GIVEN a REVEAL that closed in block R.
		let closed = to_draw();
		// THEN neither R nor R + 1 alone are enough for two outputs after R.
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
fn blocks_without_an_output_do_not_count() {
	build_and_execute(|| {
		let closed = to_draw();
		next_block();
		withhold_outputs(true);
		run_to(closed + 5);
		assert_noop!(call_draw(STRANGER), Error::<Test>::OutputsNotReady);
		withhold_outputs(false);
		run_to(closed + 7);
		assert_ok!(call_draw(STRANGER));
	});
}

#[test]
fn the_seed_is_made_of_every_output_after_the_reveal() {
	build_and_execute(|| {
		let closed = to_draw();
		await_beacon();
		call_draw(STRANGER).unwrap();
		// The mock's author and VRF of blocks R + 1 and R + 2.
		let outputs: Vec<(u64, [u8; 32])> = [closed + 1, closed + 2]
			.map(|block| (u64::from(block % 3), blake2_256(&("vrf", block).encode())))
			.into();
		assert_eq!(drawn().seed, draw::draw_seed(JOB, 0, 0, &outputs));
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
