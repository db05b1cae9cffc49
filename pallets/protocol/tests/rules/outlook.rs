//! How a round waits for the end of a conflict about its next checkpoint.

use assay_protocol::{
	round::NO_DEADLINE, Loss, Outlook, Phase, RoundError, RoundEvent, RoundState, Sweep,
	Transition, Windows,
};

const WINDOWS: Windows = Windows {
	open: 10,
	train: 10,
	reveal: 10,
	assay: 10,
	unseal: 10,
	close: 30,
	challenge: 0,
};

const AGREED: Outlook = Outlook::Agreed {
	checkpoint: [9; 32],
	loss: Loss(5),
};

/// A round that has come to CLOSE in block 100; its deadline is 130.
fn closing() -> RoundState {
	let mut round = RoundState::start(1, 0, &WINDOWS);
	round.counts.open = 0;
	round.counts.accepted = 1;
	round.phase = Phase::Close;
	round.since = 100;
	round.deadline = 130;
	round
}

fn stands(round: &mut RoundState, outlook: Outlook, now: u32) {
	let event = RoundEvent::Stands(outlook);
	assert_eq!(round.apply(event, now, &WINDOWS), Ok(Transition::Stay));
}

fn sweep(round: &mut RoundState, now: u32) -> Result<Transition, RoundError> {
	round.apply(RoundEvent::Swept(Sweep::default()), now, &WINDOWS)
}

#[test]
fn a_round_that_is_agreed_about_closes_at_its_deadline() {
	let mut round = closing();
	stands(&mut round, AGREED, 110);
	let ahead = RoundError::DeadlineAhead {
		deadline: 130,
		now: 130,
	};
	assert_eq!(sweep(&mut round, 130), Err(ahead));
	assert_eq!(sweep(&mut round, 131), Ok(Transition::Closed));
	assert_eq!(round.phase, Phase::Ended);
}

#[test]
fn no_deadline_passes_during_a_conflict() {
	let mut round = closing();
	stands(&mut round, Outlook::Contested, 120);
	assert_eq!(round.deadline, NO_DEADLINE);
	assert!(!round.is_overdue(1_000_000));
	let ahead = RoundError::DeadlineAhead {
		deadline: NO_DEADLINE,
		now: 1_000_000,
	};
	assert_eq!(sweep(&mut round, 1_000_000), Err(ahead));
	// The next conflict puts off the same deadline.
	stands(&mut round, Outlook::Contested, 125);
	stands(&mut round, Outlook::Awaited, 126);
	assert_eq!((round.deadline, round.put_off), (130, 0));
	assert_eq!(sweep(&mut round, 131), Ok(Transition::Restarted));
	assert_eq!((round.outlook, round.deadline), (Outlook::Awaited, 161));
}

#[test]
fn a_conflict_that_outlives_the_window_leaves_the_block_in_which_it_ends() {
	// GIVEN a conflict that is over long after the window
	let mut round = closing();
	stands(&mut round, Outlook::Contested, 120);
	stands(&mut round, AGREED, 500);
	// THEN claims are taken in this block, and the next one closes the round
	let mut closed = round;
	let at_once = closed.apply(RoundEvent::Closed, 500, &WINDOWS);
	assert_eq!(at_once, Ok(Transition::Closed));
	assert_eq!(sweep(&mut round, 501), Ok(Transition::Closed));
}

#[test]
fn what_claims_come_to_is_told_in_close_alone_and_in_time() {
	for phase in [
		Phase::Train,
		Phase::Reveal,
		Phase::Draw,
		Phase::Assay,
		Phase::Unseal,
		Phase::Ended,
	] {
		let mut round = RoundState { phase, ..closing() };
		let refused = round.apply(RoundEvent::Stands(AGREED), 110, &WINDOWS);
		assert_eq!(refused, Err(RoundError::WrongPhase { phase }));
	}
	let late = RoundError::DeadlinePassed {
		deadline: 130,
		now: 131,
	};
	let mut round = closing();
	let refused = round.apply(RoundEvent::Stands(AGREED), 131, &WINDOWS);
	assert_eq!(refused, Err(late));
	assert_eq!(round, closing());
}
