//! Nothing outlives its round for long: P9.

use crate::{mock::*, Error, Event, OpenRounds, Submissions, SweepCursor, CLEAR_LIMIT};
use assay_protocol::Verdict;
use frame_support::{assert_noop, assert_ok, traits::Hooks, weights::Weight};

fn clear(round: u32) -> frame_support::dispatch::DispatchResultWithPostInfo {
	ProofOfCompute::clear_round(RuntimeOrigin::signed(STRANGER), JOB, round)
}

fn records() -> usize {
	Submissions::<Test>::iter().count()
}

#[test]
fn a_running_round_is_not_cleared() {
	build_and_execute(|| {
		start(Setup::default());
		assert_noop!(clear(0), Error::<Test>::NothingToClear);
		commit_all();
		assert_noop!(clear(0), Error::<Test>::RoundNotOver);
		assert_noop!(clear(1), Error::<Test>::NothingToClear);
		idle();
		assert_eq!(records(), 1);
	});
}

#[test]
fn a_cancelled_job_is_cleared_by_anyone_a_bounded_part_at_a_time() {
	build_and_execute(|| {
		// GIVEN more sealed tasks than one call removes.
		start(Setup {
			tasks: CLEAR_LIMIT + 3,
			..Default::default()
		});
		commit_all();
		cancel(JOB);
		// WHEN it is cleared.
		assert_ok!(clear(0));
		assert_eq!(records(), 3);
		assert_ok!(clear(0));
		// THEN nothing is left, and that is told.
		assert_eq!(records(), 0);
		assert_eq!(OpenRounds::<Test>::iter().count(), 0);
		System::assert_last_event(Event::<Test>::RoundCleared { job: JOB, round: 0 }.into());
		assert_noop!(clear(0), Error::<Test>::NothingToClear);
	});
}

#[test]
fn idle_blocks_clear_what_nobody_clears() {
	build_and_execute(|| {
		// GIVEN a running job beside one that is over.
		start(Setup {
			tasks: 2 * CLEAR_LIMIT,
			..Default::default()
		});
		commit_all();
		cancel(JOB);
		// WHEN blocks have time. Two for the slots, one for the round, one for the list's end.
		for _ in 0..4 {
			idle();
			next_block();
		}
		// THEN it is gone, and the sweep begins again.
		assert_eq!(records(), 0);
		assert_eq!(OpenRounds::<Test>::iter().count(), 0);
		assert_eq!(SweepCursor::<Test>::get(), None);
	});
}

#[test]
fn the_sweep_passes_running_rounds() {
	build_and_execute(|| {
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		start_as(OTHER_JOB, Setup::default());
		commit(DAVE, 0).unwrap();
		ProofOfCompute::commit_task(worker(DAVE), OTHER_JOB, 0, [1; 32]).unwrap();
		assert_eq!(OpenRounds::<Test>::iter().count(), 2);
		cancel(OTHER_JOB);
		for _ in 0..3 {
			idle();
		}
		assert_eq!(
			OpenRounds::<Test>::iter_keys().collect::<Vec<_>>(),
			vec![(JOB, 0)]
		);
	});
}

#[test]
fn a_full_block_sweeps_nothing() {
	build_and_execute(|| {
		start(Setup::default());
		commit_all();
		cancel(JOB);
		let used = ProofOfCompute::on_idle(System::block_number(), Weight::from_parts(1, 0));
		assert_eq!(used, Weight::zero());
		assert_eq!(records(), 1);
	});
}

#[test]
fn a_closed_round_with_many_leftovers_is_settled_later_all_the_same() {
	build_and_execute(|| {
		// GIVEN more slots decided by a deadline than the closing call removes.
		let tasks = CLEAR_LIMIT + 2;
		start(Setup {
			tasks,
			rounds: 2,
			..Default::default()
		});
		to_unseal(Verdict::Valid);
		let mut absent = [0; 6];
		for slot in 0..tasks {
			let drawn = committee(slot);
			open(drawn[0], slot, Verdict::Valid).unwrap();
			open(drawn[1], slot, Verdict::Valid).unwrap();
			absent[drawn[2] as usize] += 1;
		}
		miss_deadline(JOB);
		assert_eq!(records() as u32, tasks);
		for closer in closers() {
			claim(closer, [9; 32], 1).unwrap();
		}
		assert_eq!(records(), 2);
		// WHEN the job is over before anybody clears the rest.
		cancel(JOB);
		assert_ok!(clear(0));
		// THEN who was absent is settled as if it had been cleared at once.
		for validator in VALIDATORS {
			let uptime = ProofOfCompute::uptime_of(&validator);
			assert_eq!(uptime.drawn - uptime.answered, absent[validator as usize]);
		}
		assert_eq!(records(), 0);
	});
}
