//! D4: clocks, grace, full blocks and the sweep.

use crate::{mock::*, Disputes as Stored, Error, Event, FullBlocks, SweepCursor};
use assay_protocol::{dispute::Ask, TaskKey};
use assay_traits::{Bonds, Disputes as _, Dissent};
use frame_support::{assert_noop, assert_ok, traits::Hooks, weights::Weight};

fn idle() {
	Disputes::on_idle(System::block_number(), Weight::MAX);
}

#[test]
fn d4_a_silent_challenger_is_ended_by_anyone_when_its_time_is_over() {
	build_and_execute(|| {
		assert_ok!(dissent(FIRST, honest()));
		let ask = Ask::Segment { segment: 0 };
		// GIVEN a challenger that has time WHEN somebody ends its turn THEN it is refused
		next_blocks(TURN);
		assert_noop!(Disputes::end(signed(NOBODY), TASK), Error::<Test>::TimeLeft);
		assert!(!Disputes::dispute_view(TASK).unwrap().is_over);
		// GIVEN that it has none, and no grace either
		next_blocks(1);
		let view = Disputes::dispute_view(TASK).unwrap();
		assert!(view.is_over && view.left == 0);
		assert_noop!(
			Disputes::ask(signed(FIRST), TASK, ask),
			Error::<Test>::TimeOver
		);
		System::reset_events();
		assert_ok!(Disputes::end(signed(NOBODY), TASK));
		// THEN it has lost, without a proof
		let lost = Event::ChallengerLost {
			task: TASK,
			challenger: FIRST,
			proven: false,
		};
		assert_eq!(take_events()[0], lost);
		assert_eq!(bond(FIRST), BOND - PLEDGE);
	});
}

#[test]
fn d4_a_silent_provider_is_convicted_after_its_grace() {
	build_and_execute(|| {
		assert_ok!(dissent(FIRST, honest()));
		assert_ok!(Disputes::ask(
			signed(FIRST),
			TASK,
			Ask::Segment { segment: 0 }
		));
		// GIVEN a provider whose time is over, in its grace
		next_blocks(TURN + GRACE);
		assert_noop!(Disputes::end(signed(NOBODY), TASK), Error::<Test>::TimeLeft);
		// WHEN the grace is over as well
		next_blocks(1);
		assert_noop!(step(honest(), wrong()), Error::<Test>::TimeOver);
		System::reset_events();
		assert_ok!(Disputes::end(signed(NOBODY), TASK));
		// THEN it is convicted without a proof, as wrong as its work may be right
		assert!(matches!(
			take_events()[..],
			[Event::Convicted {
				proven: false,
				slashed: STAKE,
				..
			}]
		));
		assert_eq!(Stake::task_stake(TASK), 0);
	});
}

#[test]
fn a_late_answer_keeps_the_stake_and_loses_the_pay() {
	build_and_execute(|| {
		let provider = free(PROVIDER);
		assert_ok!(dissent(FIRST, honest()));
		assert_ok!(dissent(SECOND, honest()));
		// GIVEN an answer that comes in the grace
		assert_ok!(step(honest(), wrong()));
		next_blocks(TURN + 1);
		System::reset_events();
		assert_ok!(step(honest(), wrong()));
		let answered = Event::Answered {
			task: TASK,
			number: 1,
			late: true,
		};
		assert_eq!(take_events(), [answered]);
		assert!(Stored::<Test>::get(TASK).unwrap().is_late);
		// AND the next challenger does not make it good
		play_out(honest(), wrong());
		assert!(Stored::<Test>::get(TASK).unwrap().is_late);
		// WHEN it is acquitted
		play_out(honest(), wrong());
		// THEN it has its stake and nothing else, and those that said valid are paid
		assert!(!Disputes::is_open(TASK));
		assert_eq!(free(PROVIDER), provider + STAKE);
		assert_eq!(bond(SECOND), BOND - PLEDGE);
		for assenter in ASSENTERS {
			assert_eq!(free(assenter), ENDOWMENT - BOND + FEE);
		}
		let acquitted = Event::Acquitted {
			task: TASK,
			provider: PROVIDER,
			compensation: 0,
		};
		assert_eq!(take_events().last(), Some(&acquitted));
	});
}

#[test]
fn full_blocks_stop_the_clock_and_others_do_not() {
	build_and_execute(|| {
		assert_ok!(dissent(FIRST, honest()));
		// GIVEN a block that is nine tenths full WHEN it ends THEN it does not count as full
		System::set_block_consumed_resources(most() / 10 * 9, 0);
		Disputes::on_finalize(System::block_number());
		assert_eq!(FullBlocks::<Test>::get(), 0);
		// GIVEN as many full blocks as the challenger has time, twice
		for _ in 0..2 * TURN {
			full_block();
		}
		// THEN it has all its time
		assert_eq!(FullBlocks::<Test>::get(), 2 * TURN);
		assert_eq!(Disputes::dispute_view(TASK).unwrap().left, TURN);
		next_blocks(TURN);
		assert_noop!(Disputes::end(signed(NOBODY), TASK), Error::<Test>::TimeLeft);
		assert_ok!(Disputes::ask(
			signed(FIRST),
			TASK,
			Ask::Segment { segment: 0 }
		));
		// AND what was full before a turn is not given to it again
		next_blocks(TURN + GRACE + 1);
		assert_ok!(Disputes::end(signed(NOBODY), TASK));
	});
}

#[test]
fn a_block_that_is_full_of_proof_is_full() {
	build_and_execute(|| {
		let full = Weight::from_parts(0, most().proof_size());
		System::set_block_consumed_resources(full, 0);
		Disputes::on_finalize(System::block_number());
		assert_eq!(FullBlocks::<Test>::get(), 1);
	});
}

#[test]
fn d4_idle_blocks_end_what_is_over_one_after_the_other() {
	build_and_execute(|| {
		// GIVEN three disputes, of which one is not over
		let others = [1, 2].map(|slot| TaskKey {
			slot: 70 + slot,
			..TASK
		});
		for (task, who) in others.into_iter().zip([SECOND, THIRD]) {
			Stake::hold_task(task, &PROVIDER, STAKE).unwrap();
			assert_ok!(Disputes::dissent(Dissent {
				task,
				..dissent_of(who, honest().trace())
			}));
		}
		next_blocks(2);
		assert_ok!(dissent(FIRST, honest()));
		next_blocks(TURN - 1);
		// WHEN there is no room THEN nothing is swept
		let used = Disputes::on_idle(System::block_number(), Weight::zero());
		assert_eq!(used, Weight::zero());
		assert_eq!(Stored::<Test>::count_open(), 3);
		// WHEN blocks are idle THEN those two are ended, and the cursor begins again
		for _ in 0..4 {
			idle();
		}
		assert_eq!(Disputes::open_disputes(), [TASK]);
		for _ in 0..2 {
			idle();
		}
		assert!(SweepCursor::<Test>::get().is_some() || Disputes::is_open(TASK));
		// AND the third one when it is over
		next_blocks(2);
		for _ in 0..2 {
			idle();
		}
		assert_eq!(Stored::<Test>::count_open(), 0);
	});
}

/// How many there are.
trait CountOpen {
	fn count_open() -> usize;
}

impl CountOpen for Stored<Test> {
	fn count_open() -> usize {
		Stored::<Test>::iter_keys().count()
	}
}
