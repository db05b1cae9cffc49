//! Conflicts about the next checkpoint: who is right, and who pays.

use assay_protocol::{
	claims::seat_key,
	dispute::{ClosingRuling, ClosingStage, Layer, Updates},
	JobId, TaskKey,
};
use assay_traits::{Bonds as _, Conflict, ConflictState, Conflicts as _, Opened, Ruled};
use frame_support::{assert_noop, assert_ok, traits::Hooks};
use sp_runtime::DispatchResult;
use std::sync::OnceLock;

use crate::{mock::*, ConflictCases, Conflicts, Error, Event};
use play::{step, Checkpoint, Scene, Step};

#[path = "../../../protocol/tests/rules/closing/play.rs"]
#[expect(dead_code, reason = "the pallet makes its own cases")]
mod play;

const JOB: JobId = JobId(3);
const ROUND: u32 = 1;

fn scene() -> &'static Scene {
	static SCENE: OnceLock<Scene> = OnceLock::new();
	SCENE.get_or_init(|| Scene::new(setup().outline(), 3))
}

fn wrong() -> &'static Checkpoint {
	static WRONG: OnceLock<Checkpoint> = OnceLock::new();
	WRONG.get_or_init(|| scene().right.with_wrong_tile(1, 0))
}

fn key(seat: u32) -> TaskKey {
	seat_key(JOB, ROUND, 0, seat)
}

fn conflict(claimant: u64, challenger: u64, claimed: &Checkpoint) -> Conflict<u64> {
	Conflict {
		job: JOB,
		round: ROUND,
		restarts: 0,
		claimant: (0, claimant),
		challenger: (2, challenger),
		claimed: claimed.root(),
		parent: scene().parent_root,
		updates: Updates::truncate_from(scene().update_roots.clone()),
	}
}

/// FIRST claims a checkpoint, and SECOND contradicts it.
fn open(claimed: &Checkpoint) {
	let opened = Disputes::open(conflict(FIRST, SECOND, claimed));
	assert_eq!(opened, Ok(Opened::Open));
}

/// The next move, by whoever may make it.
fn make_move(claimed: &Checkpoint, challenger: &Checkpoint) -> DispatchResult {
	let stage = Conflicts::<Test>::get(JOB, ROUND).unwrap().stage;
	match step(scene(), &stage, claimed, challenger) {
		Step::Show(layer) => Disputes::show_checkpoint(signed(NOBODY), JOB, ROUND, layer),
		Step::Choose(index) => Disputes::choose_node(signed(SECOND), JOB, ROUND, index),
		Step::Add(parent, updates) => {
			let parent = parent.map(Box::new);
			Disputes::add_updates(signed(NOBODY), JOB, ROUND, parent, updates)
		}
	}
}

/// Plays to the end, a block a move.
fn play_out(claimed: &Checkpoint, challenger: &Checkpoint) -> Ruled {
	loop {
		match state() {
			Some(ConflictState::Ruled(ruled)) => return ruled,
			_ => make_move(claimed, challenger).unwrap(),
		}
		Disputes::do_try_state().unwrap();
		next_blocks(1);
	}
}

fn state() -> Option<ConflictState> {
	<Disputes as assay_traits::Conflicts<u64>>::state(JOB, ROUND)
}

fn ruling() -> Option<ClosingRuling> {
	match state() {
		Some(ConflictState::Ruled(ruled)) => Some(ruled.ruling),
		_ => None,
	}
}

#[test]
fn a_wrong_checkpoint_costs_its_claimant_the_pledge_and_its_partners_as_much() {
	build_and_execute(|| {
		// GIVEN a wrong claim, contradicted by an honest one
		let all = issued();
		open(wrong());
		assert_eq!(Stake::pledged(key(0)), CLOSING_PLEDGE);
		assert_eq!(Stake::pledged(key(2)), CLOSING_PLEDGE);
		// WHEN it is played to its end
		let ruled = play_out(wrong(), &scene().right);
		// THEN the claimant's pledge is taken, half of it for the challenger: 501 / 2
		assert_eq!(ruled.ruling, ClosingRuling::CheckpointWrong);
		assert!(ruled.strikes(0, &wrong().root()) && ruled.strikes(1, &wrong().root()));
		assert!(!ruled.strikes(2, &scene().right.root()));
		assert_eq!(bond(FIRST), BOND - CLOSING_PLEDGE);
		assert_eq!((bond(SECOND), free(SECOND)), (BOND, ENDOWMENT - BOND + 250));
		assert_eq!(issued(), all - 251);
		// WHEN the round takes notice, with another that has claimed the same
		Disputes::settle(JOB, ROUND, &[(0, FIRST), (1, THIRD)]);
		// THEN that one pays as much, and nothing is left
		assert_eq!(bond(THIRD), BOND - CLOSING_PLEDGE);
		assert_eq!(free(SECOND), ENDOWMENT - BOND + 500);
		assert_eq!(issued(), all - 502);
		for seat in 0..3 {
			assert_eq!(Stake::pledged(key(seat)), 0);
		}
		assert_eq!(Conflicts::<Test>::iter().count(), 0);
		assert_eq!(ConflictCases::<Test>::iter().count(), 0);
		let partner = Event::PartnerConvicted {
			job: JOB,
			round: ROUND,
			partner: THIRD,
			taken: CLOSING_PLEDGE,
		};
		assert!(take_events().contains(&partner));
	});
}

#[test]
fn a_partner_whose_bond_is_too_small_pays_nothing() {
	build_and_execute(|| {
		open(wrong());
		play_out(wrong(), &scene().right);
		Disputes::settle(JOB, ROUND, &[(0, FIRST), (1, POOR)]);
		assert_eq!(bond(POOR), 100);
		let partner = Event::PartnerConvicted {
			job: JOB,
			round: ROUND,
			partner: POOR,
			taken: 0,
		};
		assert!(take_events().contains(&partner));
	});
}

#[test]
fn a_challenger_of_the_right_checkpoint_loses_its_pledge_alone() {
	build_and_execute(|| {
		open(&scene().right);
		let ruled = play_out(&scene().right, wrong());
		assert_eq!(ruled.ruling, ClosingRuling::ChallengerWrong);
		assert!(ruled.strikes(2, &wrong().root()) && !ruled.strikes(1, &wrong().root()));
		assert_eq!(bond(SECOND), BOND - CLOSING_PLEDGE);
		assert_eq!((bond(FIRST), free(FIRST)), (BOND, ENDOWMENT - BOND + 250));
		Disputes::settle(JOB, ROUND, &[(2, SECOND)]);
		assert_eq!(state(), None);
		let counts = pallet_slashing::CountsOf::<Test>::get(SECOND);
		assert_eq!(counts.lost_disputes, 1);
	});
}

#[test]
fn whoever_is_silent_loses_when_its_time_is_over() {
	for (moves, expected, loser) in [
		(0, ClosingRuling::ClaimantSilent, FIRST),
		(1, ClosingRuling::ChallengerSilent, SECOND),
	] {
		build_and_execute(|| {
			open(wrong());
			for _ in 0..moves {
				make_move(wrong(), &scene().right).unwrap();
			}
			next_blocks(TURN);
			let end = || Disputes::end_conflict(signed(NOBODY), JOB, ROUND);
			assert_noop!(end(), Error::<Test>::TimeLeft);
			next_blocks(1);
			let late = make_move(wrong(), &scene().right);
			assert_noop!(late, Error::<Test>::TimeOver);
			assert_ok!(end());
			assert_eq!(ruling(), Some(expected));
			assert_eq!(bond(loser), BOND - CLOSING_PLEDGE);
			assert_noop!(end(), Error::<Test>::NoConflict);
		});
	}
}

#[test]
fn an_idle_block_ends_a_turn_that_is_over() {
	build_and_execute(|| {
		open(wrong());
		next_blocks(TURN + 1);
		Disputes::on_idle(System::block_number(), most());
		assert_eq!(ruling(), Some(ClosingRuling::ClaimantSilent));
	});
}

#[test]
fn clocks_stand_still_in_full_blocks() {
	build_and_execute(|| {
		open(wrong());
		for _ in 0..TURN + 5 {
			full_block();
		}
		let early = Disputes::end_conflict(signed(NOBODY), JOB, ROUND);
		assert_noop!(early, Error::<Test>::TimeLeft);
		assert_ok!(make_move(wrong(), &scene().right));
	});
}

#[test]
fn a_side_that_cannot_pledge_opens_nothing() {
	build_and_execute(|| {
		for (sides, seat) in [((POOR, FIRST), 0), ((FIRST, POOR), 2)] {
			let opened = Disputes::open(conflict(sides.0, sides.1, wrong()));
			assert_eq!(opened, Ok(Opened::Unpledged { seat }));
			assert_eq!(state(), None);
			assert_eq!((Stake::pledged(key(0)), Stake::pledged(key(2))), (0, 0));
		}
		// AND who can pledge still can.
		open(wrong());
		let twice = Disputes::open(conflict(FIRST, SECOND, wrong()));
		assert_eq!(twice, Err(Error::<Test>::ConflictExists.into()));
	});
}

#[test]
fn only_the_challenger_chooses_and_only_what_is_awaited_is_taken() {
	build_and_execute(|| {
		let none = Disputes::end_conflict(signed(NOBODY), JOB, ROUND);
		assert_noop!(none, Error::<Test>::NoConflict);
		open(wrong());
		let choose = |who| Disputes::choose_node(signed(who), JOB, ROUND, 0);
		assert_noop!(choose(SECOND), Error::<Test>::NotYourTurn);
		let empty = Disputes::show_checkpoint(signed(FIRST), JOB, ROUND, Layer::new());
		assert_noop!(empty, Error::<Test>::OtherNodes);
		make_move(wrong(), &scene().right).unwrap();
		assert_noop!(choose(NOBODY), Error::<Test>::NotAWorker);
		assert_noop!(choose(FIRST), Error::<Test>::NotChallenger);
		let absent = Disputes::choose_node(signed(SECOND), JOB, ROUND, 999);
		assert_noop!(absent, Error::<Test>::NoSuchPlace);
		let early = Disputes::add_updates(signed(SECOND), JOB, ROUND, None, Default::default());
		assert_noop!(early, Error::<Test>::NotAwaited);
		let is_sum = || {
			let stage = Conflicts::<Test>::get(JOB, ROUND).unwrap().stage;
			matches!(stage, ClosingStage::Sum(_))
		};
		while !is_sum() {
			make_move(wrong(), &scene().right).unwrap();
		}
		let elsewhere = scene().parent.open(0, 0);
		let bad = Disputes::add_updates(
			signed(SECOND),
			JOB,
			ROUND,
			Some(Box::new(elsewhere.clone())),
			vec![elsewhere].try_into().unwrap(),
		);
		assert_noop!(bad, Error::<Test>::BadEvidence);
		play_out(wrong(), &scene().right);
	});
}

#[test]
fn a_conflict_of_a_round_that_is_over_costs_nobody_anything() {
	build_and_execute(|| {
		open(wrong());
		make_move(wrong(), &scene().right).unwrap();
		Disputes::forget(JOB, ROUND);
		assert_eq!(state(), None);
		assert_eq!((bond(FIRST), bond(SECOND)), (BOND, BOND));
		assert_eq!((Stake::pledged(key(0)), Stake::pledged(key(2))), (0, 0));
		// One that there is not changes nothing.
		Disputes::forget(JOB, ROUND);
	});
}

#[test]
fn what_is_shown_of_conflicts_is_what_the_sides_need() {
	build_and_execute(|| {
		open(wrong());
		next_blocks(3);
		let view = Disputes::conflict_view(JOB, ROUND).unwrap();
		assert_eq!((view.claimant, view.challenger), (FIRST, SECOND));
		assert_eq!((view.claimed, view.left), (wrong().root(), TURN - 3));
		assert_eq!(view.updates.to_vec(), scene().update_roots);
		for side in [FIRST, SECOND] {
			assert_eq!(Disputes::conflicts_of(&side), [(JOB, ROUND)]);
		}
		assert_eq!(Disputes::conflicts_of(&THIRD), []);
		play_out(wrong(), &scene().right);
		assert_eq!(Disputes::conflict_view(JOB, ROUND), None);
		assert_eq!(Disputes::open_conflicts(), []);
	});
}
