//! P11 to P14 by example: whole rounds, edges of windows, and every refusal.

use crate::{
	board::{Action, Board, Refused, Setup},
	samples::windows,
};
use assay_protocol::{
	limits::DRAW_WINDOW, Counts, DrawRecord, FailReason, Fate, Phase, RoundError, RoundEvent,
	RoundState, SlotState, Sweep, Transition, Unpaid, Verdict,
};

const SETUP: fn() -> Setup = || Setup {
	tasks: 3,
	members: 4,
	seats: 3,
	quorum: 2,
	windows: windows(),
};

/// Does everything in one block and tells what the last action led to.
fn all(board: &mut Board, now: u32, actions: impl IntoIterator<Item = Action>) -> Transition {
	all_of(&SETUP(), board, now, actions)
}

/// The same with other terms.
fn all_of(
	setup: &Setup,
	board: &mut Board,
	now: u32,
	actions: impl IntoIterator<Item = Action>,
) -> Transition {
	let mut last = Transition::Stay;
	for action in actions {
		last = board
			.act(action, now, setup)
			.unwrap_or_else(|why| panic!("{action:?}: {why:?}"));
	}
	last
}

fn seals(slots: &[usize]) -> Vec<Action> {
	seals_of(slots, 3)
}

/// The same of a committee that has grown.
fn seals_of(slots: &[usize], seats: u8) -> Vec<Action> {
	slots
		.iter()
		.flat_map(|slot| (0..seats).map(|validator| Action::Seal(*slot, validator)))
		.collect()
}

fn verdicts(slots: &[usize], verdict: Verdict) -> Vec<Action> {
	verdicts_of(slots, 3, verdict)
}

/// The same of a committee that has grown.
fn verdicts_of(slots: &[usize], seats: u8, verdict: Verdict) -> Vec<Action> {
	slots
		.iter()
		.flat_map(|slot| (0..seats).map(move |validator| Action::Unseal(*slot, validator, verdict)))
		.collect()
}

/// A board whose slots were drawn in block 12: Assay.
fn drawn() -> Board {
	let mut board = Board::start(&SETUP(), 10);
	all(&mut board, 10, (0..3).map(Action::Commit));
	all(&mut board, 11, (0..3).map(Action::Reveal));
	all(&mut board, 12, [Action::Draw]);
	board
}

fn judged(verdict: Verdict) -> Board {
	let mut board = drawn();
	all(&mut board, 13, seals(&[0, 1, 2]));
	all(&mut board, 14, verdicts(&[0, 1, 2], verdict));
	board
}

#[test]
fn a_round_in_which_everybody_answers_needs_no_deadline() {
	// GIVEN a round that begins in block 10.
	let mut board = Board::start(&SETUP(), 10);
	assert_eq!(
		(board.round.phase, board.round.since, board.round.deadline),
		(Phase::Train, 10, 60)
	);

	// WHEN everybody does its part, THEN the last of each phase moves the round.
	assert_eq!(
		all(&mut board, 20, [Action::Commit(0), Action::Commit(2)]),
		Transition::Stay
	);
	assert_eq!(
		all(&mut board, 21, [Action::Commit(1)]),
		Transition::Moved(Phase::Reveal)
	);
	assert_eq!((board.round.since, board.round.deadline), (21, 31));
	let reveals = (0..3).map(Action::Reveal);
	assert_eq!(all(&mut board, 22, reveals), Transition::Moved(Phase::Draw));
	// The draw reads the beacon from the block after the last reveal.
	assert_eq!(board.round.draw_from(), Some(23));
	assert_eq!(board.round.deadline, 22 + DRAW_WINDOW);
	assert_eq!(
		all(&mut board, 25, [Action::Draw]),
		Transition::Moved(Phase::Assay)
	);
	assert_eq!(board.round.draw_from(), None);
	assert_eq!(
		board.round.draw,
		Some(DrawRecord {
			seed: [7; 32],
			session: 3,
			index: 0,
			seats: 3
		})
	);
	let sealed = all(&mut board, 30, seals(&[0, 1, 2]));
	assert_eq!(sealed, Transition::Moved(Phase::Unseal));
	let opened = all(&mut board, 31, verdicts(&[0, 1, 2], Verdict::Valid));
	assert_eq!(opened, Transition::Moved(Phase::Close));
	assert_eq!(
		board.round.counts,
		Counts {
			accepted: 3,
			..Default::default()
		}
	);
	assert_eq!(all(&mut board, 40, [Action::Close]), Transition::Closed);

	// THEN the round is over and takes nothing.
	assert_eq!(board.round.phase, Phase::Ended);
	assert!(!board.round.is_overdue(u32::MAX));
	for action in [Action::Draw, Action::Close, Action::Sweep] {
		assert_eq!(
			board.act(action, 1_000, &SETUP()),
			Err(Refused::Round(RoundError::WrongPhase {
				phase: Phase::Ended
			}))
		);
	}
}

#[test]
fn p11_the_deadline_is_the_last_block_that_takes_events_and_the_next_is_the_first_to_sweep() {
	let setup = SETUP();
	let board = Board::start(&setup, 10);
	// 10 + 50: the last block of TRAIN.
	for (now, in_time) in [
		(10, true),
		(59, true),
		(60, true),
		(61, false),
		(u32::MAX, false),
	] {
		let late = RoundError::DeadlinePassed { deadline: 60, now };
		let early = RoundError::DeadlineAhead { deadline: 60, now };
		let commit = board.clone().act(Action::Commit(0), now, &setup);
		let sweep = board.clone().act(Action::Sweep, now, &setup);
		assert_eq!(board.round.is_overdue(now), !in_time);
		if in_time {
			assert_eq!(commit, Ok(Transition::Stay));
			assert_eq!(sweep, Err(Refused::Round(early)));
		} else {
			assert_eq!(commit, Err(Refused::Round(late)));
			assert_eq!(sweep, Ok(Transition::Pass));
		}
	}
}

#[test]
fn work_in_time_goes_on_and_missed_commits_wait_for_the_next_pass() {
	// GIVEN that only slot 1 commits in time.
	let mut board = Board::start(&SETUP(), 10);
	all(&mut board, 60, [Action::Commit(1)]);
	assert_eq!(
		all(&mut board, 61, [Action::Sweep]),
		Transition::Moved(Phase::Reveal)
	);
	assert_eq!(board.unpaid(), [Unpaid::MissedCommit; 2]);
	assert_eq!(
		board.round.counts,
		Counts {
			open: 1,
			redo: 2,
			..Default::default()
		}
	);

	// WHEN it is judged.
	all(&mut board, 62, [Action::Reveal(1)]);
	all(&mut board, 65, [Action::Draw]);
	all(&mut board, 66, seals(&[1]));
	let decided = all(&mut board, 67, verdicts(&[1], Verdict::Valid));

	// THEN the others are trained again, by others.
	assert_eq!(decided, Transition::Pass);
	assert_eq!((board.round.phase, board.round.pass), (Phase::Train, 1));
	assert_eq!(
		board.round.counts,
		Counts {
			open: 2,
			accepted: 1,
			..Default::default()
		}
	);
	assert_eq!((board.slots[0].attempt, board.slots[1].attempt), (1, 0));
	assert_ne!(board.slots[0].provider, 0);

	// WHEN these are accepted too, THEN their draw is another, and the round can close.
	all(&mut board, 70, [Action::Commit(0), Action::Commit(2)]);
	all(&mut board, 71, [Action::Reveal(0), Action::Reveal(2)]);
	all(&mut board, 74, [Action::Draw]);
	assert_eq!(board.round.draw.map(|draw| draw.index), Some(1));
	all(&mut board, 75, seals(&[0, 2]));
	let decided = all(&mut board, 76, verdicts(&[0, 2], Verdict::Valid));
	assert_eq!(decided, Transition::Moved(Phase::Close));
}

#[test]
fn wrong_work_is_redone_by_another_provider() {
	let mut board = drawn();
	all(&mut board, 13, seals(&[0, 1, 2]));
	all(&mut board, 14, verdicts(&[0, 2], Verdict::Valid));
	assert_eq!(
		all(&mut board, 14, verdicts(&[1], Verdict::Invalid)),
		Transition::Pass
	);

	assert_eq!(board.slots[1].failed.to_vec(), [1]);
	assert_eq!(board.slots[1].state, SlotState::Assigned);
	assert_eq!(
		board.round.counts,
		Counts {
			open: 1,
			accepted: 2,
			..Default::default()
		}
	);
}

#[test]
fn disputed_work_is_taken_out_of_its_pass_and_the_others_go_on() {
	// GIVEN three revealed slots, of which one is disputed while the draw is awaited, one while seals
	// are, and one while a verdict about it is open
	for at in [Phase::Draw, Phase::Assay, Phase::Unseal] {
		let mut board = Board::start(&SETUP(), 10);
		all(&mut board, 10, (0..3).map(Action::Commit));
		all(&mut board, 11, (0..3).map(Action::Reveal));
		let steps = [
			(Phase::Draw, vec![Action::Draw]),
			(Phase::Assay, seals(&[0, 1, 2])),
			(Phase::Unseal, verdicts(&[0, 1], Verdict::Valid)),
		];
		for (phase, actions) in steps {
			assert_eq!(board.round.phase, phase);
			if phase == at {
				let before = board.round;
				let disputed = all(&mut board, 12, [Action::Dispute(2)]);
				// THEN the phase goes on and no count changes
				assert_eq!((disputed, board.round), (Transition::Stay, before));
			}
			all(&mut board, 13, actions);
		}
		// WHEN all of its committee says valid
		let last = all(&mut board, 14, verdicts(&[2], Verdict::Valid));
		// THEN it is given to another provider, and the others are accepted
		assert_eq!(last, Transition::Pass);
		let fates: Vec<Fate> = board.fates.iter().map(|fate| fate.3).collect();
		let disputed = Fate::Redo(Unpaid::Disputed);
		assert_eq!(fates, [Fate::Accepted, Fate::Accepted, disputed]);
		assert!(!board.slots[2].is_disputed);
		// AND the new attempt is judged like any other
		all(&mut board, 15, [Action::Commit(2)]);
		all(&mut board, 16, [Action::Reveal(2)]);
		all(&mut board, 17, [Action::Draw]);
		all(&mut board, 18, seals(&[2]));
		all(&mut board, 19, verdicts(&[2], Verdict::Valid));
		assert_eq!(board.round.counts.accepted, 3);
	}
}

#[test]
fn a_dispute_outlives_a_draw_that_does_not_decide() {
	// GIVEN disputed work that nobody sealed a verdict about
	let mut board = drawn();
	all(&mut board, 13, [Action::Dispute(1)]);
	let late = board.round.deadline + 1;
	all(&mut board, 13, seals(&[0]));
	all(&mut board, late, [Action::Sweep]);
	all(&mut board, late, verdicts(&[0], Verdict::Valid));
	assert_eq!(board.round.phase, Phase::Draw);
	// WHEN the next committee, of six, says valid
	all(&mut board, late, [Action::Draw]);
	all(&mut board, late, seals_of(&[1, 2], 6));
	all(&mut board, late, verdicts_of(&[1, 2], 6, Verdict::Valid));
	// THEN it is left out all the same
	let fate = board.fates.iter().rfind(|fate| fate.0 == 1);
	assert_eq!(fate.map(|fate| fate.3), Some(Fate::Redo(Unpaid::Disputed)));
}

#[test]
fn a_dispute_is_taken_only_while_revealed_work_is_judged() {
	let refused = |board: &mut Board, slot, now| {
		let before = board.clone();
		let why = board.act(Action::Dispute(slot), now, &SETUP());
		assert_eq!(*board, before);
		why.expect_err("nothing is disputed")
	};
	// GIVEN a round in TRAIN WHEN a slot is disputed THEN its work is not there yet
	let mut board = Board::start(&SETUP(), 10);
	assert!(matches!(refused(&mut board, 0, 10), Refused::Slot(_)));
	// GIVEN a round in REVEAL in which a slot is revealed THEN the dispute comes too early
	all(&mut board, 10, (0..3).map(Action::Commit));
	all(&mut board, 11, [Action::Reveal(0)]);
	let early = RoundError::WrongPhase {
		phase: Phase::Reveal,
	};
	assert_eq!(refused(&mut board, 0, 11), Refused::Round(early));
	// GIVEN a round in ASSAY THEN it is in time up to the deadline, and late after it
	let board = drawn();
	let (deadline, now) = (board.round.deadline, board.round.deadline + 1);
	let in_time = board.clone().act(Action::Dispute(0), deadline, &SETUP());
	assert_eq!(in_time, Ok(Transition::Stay));
	let late = RoundError::DeadlinePassed { deadline, now };
	assert_eq!(refused(&mut board.clone(), 0, now), Refused::Round(late));
	// GIVEN accepted work in CLOSE THEN it is too late
	let mut board = judged(Verdict::Valid);
	assert!(matches!(refused(&mut board, 0, 15), Refused::Slot(_)));
}

#[test]
fn a_pass_that_nobody_works_in_goes_on_to_the_next_and_the_third_fails_the_job() {
	let mut board = Board::start(&SETUP(), 10);
	assert_eq!(all(&mut board, 61, [Action::Sweep]), Transition::Pass);
	assert_eq!(all(&mut board, 112, [Action::Sweep]), Transition::Pass);
	assert_eq!(
		all(&mut board, 163, [Action::Sweep]),
		Transition::Failed(FailReason::TooFewProviders)
	);
	assert_eq!(board.unpaid(), [Unpaid::MissedCommit; 3]);
	assert_eq!(
		board.round.counts,
		Counts {
			dropped: 3,
			..Default::default()
		}
	);
}

#[test]
fn a_slot_that_every_member_failed_fails_the_job() {
	let setup = Setup {
		members: 1,
		..SETUP()
	};
	let mut board = Board::start(&setup, 10);
	assert_eq!(
		board.act(Action::Sweep, 61, &setup),
		Ok(Transition::Failed(FailReason::TooFewProviders))
	);
	assert_eq!(board.round.phase, Phase::Ended);
}

#[test]
fn seals_that_nobody_opens_skip_the_draw() {
	let mut board = Board::start(&SETUP(), 10);
	all(&mut board, 10, (0..3).map(Action::Commit));
	assert_eq!(all(&mut board, 21, [Action::Sweep]), Transition::Pass);
	assert_eq!(
		(board.round.phase, board.round.draw_index),
		(Phase::Train, 0)
	);
	assert_eq!(board.unpaid(), []);
	assert!(board
		.fates
		.iter()
		.all(|(.., fate)| *fate == Fate::Redo(Unpaid::MissedReveal)));
}

#[test]
fn undecided_slots_alone_are_drawn_again_and_after_three_redraws_the_job_fails() {
	// GIVEN that one slot is accepted and two are not decided, because all three have to agree.
	let unanimous = Setup {
		quorum: 3,
		..SETUP()
	};
	let all = |board: &mut Board, now, actions| all_of(&unanimous, board, now, actions);
	let mut board = drawn();
	all(&mut board, 13, seals(&[0, 1, 2]));
	all(&mut board, 14, verdicts(&[0], Verdict::Valid));
	// One verdict less than the quorum says valid.
	let split = |slot, seats: u8, valid: u8| {
		let verdict = |validator| match validator < valid {
			true => Verdict::Valid,
			false => Verdict::Unfetched,
		};
		let opened = (0..seats).map(|seat| Action::Unseal(slot, seat, verdict(seat)));
		opened.collect::<Vec<_>>()
	};
	all(&mut board, 14, split(1, 3, 2));
	assert_eq!(all(&mut board, 14, split(2, 3, 2)), Transition::Redraw);
	assert_eq!(
		board.round.counts,
		Counts {
			open: 2,
			accepted: 1,
			..Default::default()
		}
	);
	assert_eq!(board.round.draw_from(), Some(15));

	// THEN the accepted one is judged no more, the others twice more, by more validators.
	for (now, redraws, seats, valid) in [(20, 2, 6, 3), (30, 3, 9, 7)] {
		all(&mut board, now, vec![Action::Draw]);
		assert_eq!(board.round.draw.map(|draw| draw.index), Some(redraws - 1));
		assert!(board.act(Action::Seal(0, 0), now, &unanimous).is_err());
		all(&mut board, now, seals_of(&[1, 2], seats));
		all(&mut board, now, split(1, seats, valid));
		let again = all(&mut board, now, split(2, seats, valid));
		assert_eq!(again, Transition::Redraw);
		assert_eq!(u32::from(board.round.redraws), redraws);
	}
	all(&mut board, 40, vec![Action::Draw]);
	all(&mut board, 40, seals_of(&[1, 2], 12));
	all(&mut board, 40, split(1, 12, 7));
	assert_eq!(
		all(&mut board, 40, split(2, 12, 7)),
		Transition::Failed(FailReason::ValidatorsAbsent)
	);
	// The work that was accepted stays accepted.
	assert_eq!(board.slots[0].state, SlotState::Accepted);
}

#[test]
fn slots_without_any_seal_are_drawn_again_at_once_and_the_others_are_opened() {
	let mut board = drawn();
	all(&mut board, 52, [Action::Seal(0, 0), Action::Seal(0, 1)]);
	assert_eq!(
		all(&mut board, 53, [Action::Sweep]),
		Transition::Moved(Phase::Unseal)
	);
	assert_eq!(
		board.round.counts,
		Counts {
			open: 1,
			undecided: 2,
			..Default::default()
		}
	);

	let opened = [0, 1].map(|validator| Action::Unseal(0, validator, Verdict::Valid));
	assert_eq!(all(&mut board, 54, opened), Transition::Redraw);
	assert_eq!(
		board.round.counts,
		Counts {
			open: 2,
			accepted: 1,
			..Default::default()
		}
	);
}

#[test]
fn an_assay_that_nobody_seals_in_is_drawn_again() {
	let mut board = drawn();
	assert_eq!(all(&mut board, 53, [Action::Sweep]), Transition::Redraw);
	assert_eq!(
		(board.round.phase, board.round.draw_index),
		(Phase::Draw, 1)
	);
}

#[test]
fn committees_grow_with_the_redraws_of_a_pass_and_start_anew_in_the_next() {
	// GIVEN a pass in which slot 0 is missed, and three draws in which nobody answers
	let setup = SETUP();
	let mut board = Board::start(&setup, 10);
	all(&mut board, 10, [Action::Commit(1), Action::Commit(2)]);
	let mut now = board.round.deadline + 1;
	all(&mut board, now, [Action::Sweep]);
	all(&mut board, now, [Action::Reveal(1), Action::Reveal(2)]);
	let seats = |board: &Board| board.round.draw.map(|draw| draw.seats);
	for grown in [3, 6, 9] {
		all(&mut board, now, [Action::Draw]);
		assert_eq!(seats(&board), Some(grown));
		// AND a seat beyond the committee takes nothing
		let beyond = Action::Seal(1, u8::try_from(grown).expect("few"));
		assert_eq!(board.act(beyond, now, &setup), Err(Refused::Seat));
		now = board.round.deadline + 1;
		assert_eq!(all(&mut board, now, [Action::Sweep]), Transition::Redraw);
		// THEN the record of the last draw stays as it was until the next
		assert_eq!(seats(&board), Some(grown));
	}
	// AND of the twelve of the last draw eight have to say valid
	all(&mut board, now, [Action::Draw]);
	assert_eq!(seats(&board), Some(12));
	all(&mut board, now, seals_of(&[1, 2], 8));
	now = board.round.deadline + 1;
	all(&mut board, now, [Action::Sweep]);
	let decided = all(&mut board, now, verdicts_of(&[1, 2], 8, Verdict::Valid));
	assert_eq!(
		(decided, board.round.counts.accepted),
		(Transition::Pass, 2)
	);
	// WHEN the missed slot is judged in the next pass
	all(&mut board, now, [Action::Commit(0)]);
	all(&mut board, now, [Action::Reveal(0)]);
	all(&mut board, now, [Action::Draw]);
	// THEN its committee is as small as the terms say
	assert_eq!(seats(&board), Some(3));
	all(&mut board, now, seals(&[0]));
	let decided = all(&mut board, now, verdicts(&[0], Verdict::Valid));
	assert_eq!(decided, Transition::Moved(Phase::Close));
}

#[test]
fn a_draw_that_nobody_makes_begins_again_from_a_later_block() {
	let mut board = Board::start(&SETUP(), 10);
	all(&mut board, 10, (0..3).map(Action::Commit));
	all(&mut board, 11, (0..3).map(Action::Reveal));
	let mut now = 11;
	for redraw in 1..=3 {
		now += DRAW_WINDOW + 1;
		assert_eq!(all(&mut board, now, [Action::Sweep]), Transition::Redraw);
		assert_eq!(board.round.draw_from(), Some(now + 1));
		assert_eq!(board.round.draw_index, redraw);
	}
	now += DRAW_WINDOW + 1;
	let failed = Transition::Failed(FailReason::ValidatorsAbsent);
	assert_eq!(all(&mut board, now, [Action::Sweep]), failed);
}

#[test]
fn a_round_that_nobody_closes_waits_four_windows_and_fails() {
	let mut board = judged(Verdict::Valid);
	assert_eq!(
		(board.round.phase, board.round.deadline),
		(Phase::Close, 44)
	);
	for (restart, now) in [(1, 45), (2, 76), (3, 107)] {
		assert_eq!(all(&mut board, now, [Action::Sweep]), Transition::Restarted);
		assert_eq!(
			(board.round.restarts, board.round.deadline),
			(restart, now + 30)
		);
	}
	let mut closed = board.clone();
	assert_eq!(all(&mut closed, 137, [Action::Close]), Transition::Closed);
	let failed = Transition::Failed(FailReason::ValidatorsAbsent);
	assert_eq!(all(&mut board, 138, [Action::Sweep]), failed);
}

#[test]
fn a_round_closes_with_seventy_percent_of_its_slots() {
	// Tasks, and the least number of accepted ones that is enough.
	for (tasks, enough) in [(1, 1), (2, 2), (3, 3), (4, 3), (10, 7), (1_024, 717)] {
		let mut round = RoundState::start(tasks, 0, &windows());
		for accepted in 0..=tasks {
			round.counts.accepted = accepted;
			assert_eq!(
				round.has_round_quorum(),
				accepted >= enough,
				"{accepted} of {tasks}"
			);
		}
	}
}

#[test]
fn a_dropped_slot_does_not_stop_a_round_that_has_enough_without_it() {
	// GIVEN four slots of which the last is never worked on.
	let setup = Setup {
		tasks: 4,
		..SETUP()
	};
	let mut board = Board::start(&setup, 0);
	let mut act = |now, action| board.act(action, now, &setup).expect("allowed");
	for slot in 0..3 {
		act(0, Action::Commit(slot));
	}
	act(51, Action::Sweep);
	for slot in 0..3 {
		act(52, Action::Reveal(slot));
	}
	act(55, Action::Draw);
	for action in seals(&[0, 1, 2]) {
		act(56, action);
	}
	let mut last = Transition::Stay;
	for action in verdicts(&[0, 1, 2], Verdict::Valid) {
		last = act(57, action);
	}
	assert_eq!(last, Transition::Pass);

	// WHEN two more attempts are missed, THEN the round closes with three of four.
	assert_eq!(act(108, Action::Sweep), Transition::Pass);
	assert_eq!(act(159, Action::Sweep), Transition::Moved(Phase::Close));
	assert_eq!(
		board.round.counts,
		Counts {
			accepted: 3,
			dropped: 1,
			..Default::default()
		}
	);
}

#[test]
fn p14_events_of_another_phase_are_refused_and_change_nothing() {
	let events = [
		(Phase::Train, RoundEvent::Committed),
		(Phase::Reveal, RoundEvent::Revealed),
		(
			Phase::Draw,
			RoundEvent::Drawn {
				seed: [0; 32],
				session: 0,
				committee: 3,
			},
		),
		(Phase::Assay, RoundEvent::Sealed { complete: false }),
		(Phase::Unseal, RoundEvent::Unsealed { fate: None }),
		(Phase::Close, RoundEvent::Closed),
	];
	for (phase, _) in events {
		for (of, event) in events {
			let mut round = RoundState::start(3, 0, &windows());
			round.phase = phase;
			let before = round;
			let result = round.apply(event, 0, &windows());
			assert_eq!(result.is_ok(), phase == of);
			if phase != of {
				assert_eq!(result, Err(RoundError::WrongPhase { phase }));
				assert_eq!(round, before);
			}
		}
		// A dispute belongs to three phases.
		let mut round = RoundState::start(3, 0, &windows());
		round.phase = phase;
		let belongs = [Phase::Draw, Phase::Assay, Phase::Unseal].contains(&phase);
		let result = round.apply(RoundEvent::Disputed, 0, &windows());
		assert_eq!(result.is_ok(), belongs, "{phase:?}");
	}
}

#[test]
fn p14_sweeps_and_fates_that_disagree_with_the_counters_are_refused() {
	let windows = windows();
	let refused = Err(RoundError::CountsDisagree);
	let late = 1_000;
	let train = RoundState::start(3, 0, &windows);
	for sweep in [
		Sweep::default(),
		Sweep {
			redo: 2,
			..Default::default()
		},
		Sweep {
			redo: 3,
			dropped: 1,
			..Default::default()
		},
		Sweep {
			redo: u32::MAX,
			dropped: 4,
			..Default::default()
		},
		Sweep {
			accepted: 3,
			..Default::default()
		},
		Sweep {
			undecided: 3,
			..Default::default()
		},
	] {
		let mut round = train;
		assert_eq!(
			round.apply(RoundEvent::Swept(sweep), late, &windows),
			refused
		);
		assert_eq!(round, train);
	}
	let assay = drawn().round;
	for sweep in [
		Sweep {
			undecided: 4,
			..Default::default()
		},
		Sweep {
			redo: 1,
			..Default::default()
		},
	] {
		assert_eq!(
			assay
				.clone()
				.apply(RoundEvent::Swept(sweep), late, &windows),
			refused
		);
	}
	for phase in [Phase::Draw, Phase::Close, Phase::Unseal] {
		let mut round = RoundState { phase, ..assay };
		let sweep = Sweep {
			redo: 1,
			..Default::default()
		};
		assert_eq!(
			round.apply(RoundEvent::Swept(sweep), late, &windows),
			refused
		);
	}
	// More answers than open slots.
	let mut none = RoundState::start(0, 0, &windows);
	assert_eq!(none.apply(RoundEvent::Committed, 0, &windows), refused);
	let mut unseal = RoundState {
		phase: Phase::Unseal,
		..none
	};
	let accepted = RoundEvent::Unsealed {
		fate: Some(Fate::Accepted),
	};
	assert_eq!(unseal.apply(accepted, 0, &windows), refused);
}

#[test]
fn a_deadline_beyond_the_last_block_is_the_last_block() {
	let round = RoundState::start(1, u32::MAX - 1, &windows());
	assert_eq!(round.deadline, u32::MAX);
	assert!(!round.is_overdue(u32::MAX));
}
