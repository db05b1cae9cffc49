//! What becomes of slots and rounds.

use assay_protocol::{JobState, Phase, SlotState, Unpaid, Verdict};
use frame_support::{assert_noop, assert_ok};

use crate::{
	mock::{play::*, *},
	Error, Event, RoundRecords,
};

#[test]
fn a_job_of_two_rounds_and_three_tasks_pays_everybody() {
	build_and_execute(|| {
		// GIVEN a started job.
		let job = started();
		// WHEN every slot of its first round is accepted.
		work_until_close(job);
		// THEN each task is worth 1,000, of which 20 are burned, and so is each of 9 verdicts.
		let books = ledger(job);
		assert_eq!(books.paid_compute, 3 * 980);
		assert_eq!(books.paid_validation, 9 * 980);
		assert_eq!(books.fees, 12 * 20);
		assert_eq!(books.held, ESCROW - 12 * 1_000);
		assert_eq!(books.unclaimed, 12 * 980);
		assert_eq!(Balances::total_issuance(), 10 * ENDOWMENT - 12 * 20);
		// AND no stake is held any more.
		assert_eq!(Purses::held(), []);
		// WHEN the round closes.
		events();
		assert_ok!(close(job));
		// THEN its record stays, and the next round starts from its checkpoint.
		let record_of_round = RoundRecords::<Test>::get(job, 0).unwrap();
		assert_eq!(
			(record_of_round.checkpoint, record_of_round.loss),
			(CHECKPOINT, LOSS)
		);
		assert_eq!((record_of_round.accepted, record_of_round.dropped), (3, 0));
		let (checkpoint, loss) = (CHECKPOINT, LOSS);
		let closed = Event::RoundClosed {
			job,
			round: 0,
			checkpoint,
			loss,
		};
		let next = Event::RoundStarted {
			job,
			round: 1,
			parent: CHECKPOINT,
			deadline: 11,
		};
		assert_eq!(events()[..2], [closed, next]);
		// WHEN the second round closes too.
		work_until_close(job);
		events();
		assert_ok!(close(job));
		// THEN the job is complete, and 30,000 - 24 * 1,000 went back to the owner.
		assert_eq!(record(job).state, JobState::Completed);
		assert_eq!(ledger(job).refunded, 6_000);
		assert_eq!(ledger(job).held, 0);
		assert_eq!(balance(OWNER), ENDOWMENT - ESCROW - DEPOSIT + 6_000);
		let (owner, amount) = (OWNER, 6_000);
		assert_eq!(
			events()[1..],
			[
				Event::JobCompleted { job },
				Event::Refunded { job, owner, amount },
				Event::Claimed {
					job,
					beneficiary: owner,
					amount
				},
			]
		);
		assert_eq!(Jobs::round_records(job).len(), 2);
		assert_noop!(commit(job, 0), Error::<Test>::JobNotRunning);
	});
}

#[test]
fn disputed_work_is_unpaid_keeps_its_stake_and_is_redone_by_another() {
	build_and_execute(|| {
		// GIVEN work on three slots, sealed by every validator.
		let job = started();
		let first = slot(job, 1).provider;
		work_until_assay(job);
		seal_all(job);
		// WHEN slots 0 and 2 are accepted and one of three says that slot 1 is wrong.
		judge(job, 0, Verdict::Valid);
		events();
		assert_ok!(unseal(job, 1, 21, Verdict::Valid));
		assert_ok!(unseal(job, 1, 22, Verdict::Invalid));
		assert_ok!(unseal(job, 1, 23, Verdict::Valid));
		// THEN nothing is burned, no verdict about it is paid, and its stake of 500 stays.
		assert_eq!((Purses::burned(), ledger(job).slashed), (0, 0));
		assert_eq!(
			events(),
			[Event::TaskUnpaid {
				job,
				round: 0,
				slot: 1,
				attempt: 0,
				provider: first,
				reason: Unpaid::Disputed
			}]
		);
		assert_eq!(disputed(), [(key(job, 1, 0), first, 500)]);
		// AND when the last slot is judged, a new pass gives the slot to somebody else, with a stake
		// of its own.
		judge(job, 2, Verdict::Valid);
		assert_eq!(round_phase(job), (Phase::Train, 1));
		let again = slot(job, 1);
		assert_eq!((again.attempt, again.state), (1, SlotState::Assigned));
		assert_ne!(again.provider, first);
		assert!(!again.is_disputed);
		assert_eq!(Purses::held().len(), 2);
		// AND its work is paid like any other, while the first stake waits for the dispute.
		work_until_close(job);
		assert_eq!(ledger(job).paid_compute, 3 * 980);
		assert_eq!(ledger(job).paid_validation, (3 + 3 + 3) * 980);
		assert_eq!(Purses::held(), disputed());
		assert_eq!(disputed(), [(key(job, 1, 0), first, 500)]);
	});
}

#[test]
fn work_that_somebody_without_a_seat_disputes_is_left_out_as_well() {
	build_and_execute(|| {
		// GIVEN revealed work that is disputed while the draw is awaited
		let job = started();
		commit_all(job);
		assert_noop!(dispute(job, 0), Error::<Test>::WrongPhase);
		reveal_all(job);
		assert_eq!(round(job).phase, Phase::Draw);
		events();
		assert_ok!(dispute(job, 0));
		assert!(slot(job, 0).is_disputed);
		assert_noop!(dispute(job, 3), Error::<Test>::UnknownSlot);
		// THEN that alone changes nothing
		assert_eq!((events(), round(job).phase), (vec![], Phase::Draw));
		// WHEN its whole committee says valid
		assert_ok!(draw(job));
		seal_all(job);
		judge(job, 0, Verdict::Valid);
		// THEN it is redone, nobody is paid for it, and its stake stays
		assert_eq!(slot(job, 0).state, SlotState::Redo(Unpaid::Disputed));
		assert_eq!(ledger(job).unclaimed, 0);
		assert_eq!(disputed().len(), 1);
		// AND what is decided is disputed no more, nor what is late
		assert_noop!(dispute(job, 0), Error::<Test>::WrongSlotState);
		judge(job, 1, Verdict::Valid);
		assert_noop!(dispute(job, 1), Error::<Test>::WrongSlotState);
		go_past_deadline(job);
		assert_noop!(dispute(job, 2), Error::<Test>::DeadlinePassed);
	});
}

#[test]
fn the_last_attempt_at_a_slot_keeps_its_stake_when_it_is_disputed() {
	build_and_execute(|| {
		// GIVEN a round of 4 tasks, one of which is disputed in each of its three attempts
		let job = started_with(assay_protocol::Terms {
			tasks: 4,
			..terms()
		});
		join(job, 13);
		for _ in 0..3 {
			work_until_assay(job);
			seal_all(job);
			for slot in slots_in(job, |state| matches!(state, SlotState::Judging { .. })) {
				let verdict = match slot {
					3 => Verdict::Invalid,
					_ => Verdict::Valid,
				};
				judge(job, slot, verdict);
			}
		}
		// THEN it is dropped, and three stakes wait for three disputes
		assert_eq!(slot(job, 3).state, SlotState::Dropped(Unpaid::Disputed));
		let attempts: Vec<_> = disputed().iter().map(|(task, ..)| task.attempt).collect();
		assert_eq!(attempts, [0, 1, 2]);
		assert_eq!(Purses::burned(), 0);
		// AND the round closes without it, and the next one takes nothing from them
		assert_ok!(close(job));
		assert_eq!(disputed().len(), 3);
		assert_eq!(Purses::held().len(), 3 + 4);
	});
}

fn round_phase(job: assay_protocol::JobId) -> (Phase, u8) {
	let round = round(job);
	(round.phase, round.pass)
}

#[test]
fn a_missed_commit_costs_a_tenth_of_the_price_and_the_slot_waits_for_the_next_pass() {
	build_and_execute(|| {
		// GIVEN three slots, two of which are committed in time.
		let job = started();
		let late = slot(job, 2).provider;
		assert_ok!(commit(job, 0));
		assert_ok!(commit(job, 1));
		// WHEN the window of 10 from block 1 is over.
		go_to(11);
		assert_noop!(
			Jobs::advance(RuntimeOrigin::signed(PASSER_BY), job),
			Error::<Test>::DeadlineAhead
		);
		assert_ok!(commit_is_still_possible(job));
		go_to(12);
		assert_noop!(commit(job, 2), Error::<Test>::DeadlinePassed);
		events();
		advance(job);
		// THEN 100 of the 500 are burned, the rest is free, and the other two go on.
		assert_eq!(Purses::burned(), 100);
		assert_eq!(slot(job, 2).state, SlotState::Redo(Unpaid::MissedCommit));
		assert_eq!(Purses::held().len(), 2);
		assert_eq!(
			events(),
			[
				Event::TaskUnpaid {
					job,
					round: 0,
					slot: 2,
					attempt: 0,
					provider: late,
					reason: Unpaid::MissedCommit
				},
				Event::PhaseEntered {
					job,
					round: 0,
					phase: Phase::Reveal,
					deadline: 12 + 8
				},
			]
		);
		// AND after they are judged, the slot is given to another.
		assert_ok!(reveal(job, 0));
		assert_ok!(reveal(job, 1));
		assert_ok!(draw(job));
		seal_all(job);
		judge(job, 0, Verdict::Valid);
		judge(job, 1, Verdict::Valid);
		assert_eq!(slot(job, 2).state, SlotState::Assigned);
		assert_ne!(slot(job, 2).provider, late);
		work_until_close(job);
	});
}

/// A commit in the deadline's own block, taken back.
fn commit_is_still_possible(job: assay_protocol::JobId) -> sp_runtime::DispatchResult {
	frame_support::storage::with_transaction(|| {
		let result = commit(job, 2);
		sp_runtime::TransactionOutcome::Rollback(result)
	})
}

#[test]
fn a_missed_reveal_costs_the_same() {
	build_and_execute(|| {
		// GIVEN three sealed slots, one of which is opened.
		let job = started();
		for slot in 0..3 {
			assert_ok!(commit(job, slot));
		}
		assert_ok!(reveal(job, 0));
		// WHEN the window is over.
		go_past_deadline(job);
		advance(job);
		// THEN two tenths of the price are burned, and the opened one goes on to the draw.
		assert_eq!(Purses::burned(), 200);
		assert_eq!(ledger(job).slashed, 200);
		assert_eq!(slot(job, 1).state, SlotState::Redo(Unpaid::MissedReveal));
		assert_eq!(round(job).phase, Phase::Draw);
	});
}

#[test]
fn a_pass_in_which_everything_is_missed_goes_straight_to_the_next() {
	build_and_execute(|| {
		let job = started();
		let first: Vec<_> = (0..3).map(|s| slot(job, s).provider).collect();
		// WHEN nobody commits.
		go_past_deadline(job);
		advance(job);
		// THEN every slot changes hands at once.
		assert_eq!(round_phase(job), (Phase::Train, 1));
		for (s, first) in first.into_iter().enumerate() {
			assert_ne!(slot(job, s as u32).provider, first);
		}
		assert_eq!(Purses::held().len(), 3);
	});
}

#[test]
fn work_that_nobody_can_fetch_is_redone_without_a_penalty() {
	build_and_execute(|| {
		let job = started();
		work_until_assay(job);
		seal_all(job);
		// WHEN two of three could not fetch the work of slot 0.
		assert_ok!(unseal(job, 0, 21, Verdict::Unfetched));
		assert_ok!(unseal(job, 0, 22, Verdict::Unfetched));
		assert_ok!(unseal(job, 0, 23, Verdict::Valid));
		// THEN it is to be redone, nothing is burned and nobody is paid for it.
		assert_eq!(slot(job, 0).state, SlotState::Redo(Unpaid::Withheld));
		assert_eq!(Purses::burned(), 0);
		assert_eq!(ledger(job).paid_validation, 0);
	});
}

#[test]
fn an_undecided_slot_is_drawn_again() {
	build_and_execute(|| {
		// GIVEN a slot about which three validators, who have to be unanimous, say two things.
		let job = started_with(assay_protocol::Terms {
			quorum: 3,
			..terms()
		});
		work_until_assay(job);
		seal_all(job);
		judge(job, 0, Verdict::Valid);
		judge(job, 1, Verdict::Valid);
		events();
		assert_ok!(unseal(job, 2, 21, Verdict::Valid));
		assert_ok!(unseal(job, 2, 22, Verdict::Valid));
		assert_ok!(unseal(job, 2, 23, Verdict::Unfetched));
		// THEN the slot goes back to the draw, with its work and its stake.
		let drawn_again = Event::TaskUndecided {
			job,
			round: 0,
			slot: 2,
			attempt: 0,
		};
		assert_eq!(events()[0], drawn_again);
		assert_eq!((round(job).phase, round(job).redraws), (Phase::Draw, 1));
		assert_eq!(slot(job, 2).state, SlotState::Revealed);
		assert_eq!(Purses::held().len(), 1);
		// WHEN the second committee agrees, THEN the round goes on.
		assert_ok!(draw(job));
		seal_all(job);
		judge(job, 2, Verdict::Valid);
		assert_eq!(round(job).phase, Phase::Close);
	});
}

#[test]
fn verdicts_beyond_the_pool_are_not_paid_from_the_money_of_tasks() {
	build_and_execute(|| {
		// GIVEN a round whose pool for verdicts has money for one and a half.
		let job = started();
		work_until_assay(job);
		seal_all(job);
		crate::Jobs::<Test>::mutate(job, |job| {
			job.as_mut().unwrap().pools.validation = 1_500;
		});
		// WHEN all three slots are judged: 9 verdicts of 1,000.
		(0..3).for_each(|slot| judge(job, slot, Verdict::Valid));
		// THEN what is there is paid, and every task is paid in full.
		assert_eq!(ledger(job).paid_validation, 980 + 490);
		assert_eq!(ledger(job).paid_compute, 3 * 980);
		assert_eq!(record(job).pools.validation, 0);
		assert_eq!(Purses::burned(), 0);
	});
}

#[test]
fn a_slot_is_dropped_after_its_last_attempt_and_the_round_closes_with_the_others() {
	build_and_execute(|| {
		// GIVEN a round of 4 tasks, of which 3 are three quarters: more than the quorum of 70 %.
		let terms = assay_protocol::Terms {
			tasks: 4,
			..terms()
		};
		let job = started_with(terms);
		join(job, 13);
		// WHEN one slot is never committed, by three providers in turn.
		for pass in 0..3 {
			for slot in slots_in(job, |state| state == SlotState::Assigned) {
				if slot != 3 {
					assert_ok!(commit(job, slot));
				}
			}
			go_past_deadline(job);
			events();
			advance(job);
			if pass == 0 {
				for slot in 0..3 {
					assert_ok!(reveal(job, slot));
				}
				assert_ok!(draw(job));
				seal_all(job);
				(0..3).for_each(|slot| judge(job, slot, Verdict::Valid));
			}
		}
		// THEN it is dropped, each provider lost 100, and the round closes with three.
		assert_eq!(slot(job, 3).state, SlotState::Dropped(Unpaid::MissedCommit));
		assert!(events().contains(&Event::SlotDropped {
			job,
			round: 0,
			slot: 3
		}));
		assert_eq!(Purses::burned(), 3 * 100);
		assert_eq!(round(job).phase, Phase::Close);
		assert_ok!(close(job));
		let record = RoundRecords::<Test>::get(job, 0).unwrap();
		assert_eq!((record.accepted, record.dropped), (3, 1));
		// AND the next round has all four again.
		assert_eq!(slots_in(job, |state| state == SlotState::Assigned).len(), 4);
	});
}

#[test]
fn what_a_slot_carries_goes_into_its_next_round() {
	build_and_execute(|| {
		// GIVEN work that leaves something in slot 1.
		let job = started();
		commit_all(job);
		for slot in 0..3u32 {
			use assay_protocol::{Loss, RoundFact, Work};
			use assay_traits::Rounds;
			let slot_root = if slot == 1 { [6; 32] } else { [0; 32] };
			let work = Work {
				update: [1; 32],
				trace_root: [9; 32],
				slot_root,
				loss: Loss(5),
			};
			assert_ok!(Jobs::note(job, RoundFact::Revealed { slot, work }));
		}
		assert_ok!(draw(job));
		seal_all(job);
		(0..3).for_each(|slot| judge(job, slot, Verdict::Valid));
		assert_eq!(Jobs::task_views(job)[1].slot_root, [0; 32]);
		// WHEN the next round starts, THEN its task starts from it.
		assert_ok!(close(job));
		assert_eq!(Jobs::task_views(job)[1].slot_root, [6; 32]);
		assert_eq!(Jobs::task_views(job)[0].slot_root, [0; 32]);
	});
}

#[test]
fn a_fate_is_paid_once() {
	build_and_execute(|| {
		// GIVEN an accepted slot.
		let job = started();
		work_until_assay(job);
		seal_all(job);
		judge(job, 0, Verdict::Valid);
		let paid = ledger(job);
		// THEN no further verdict about it is taken.
		assert_noop!(
			unseal(job, 0, 24, Verdict::Valid),
			Error::<Test>::WrongSlotState
		);
		assert_eq!(ledger(job), paid);
	});
}

#[test]
fn a_stake_that_has_vanished_is_told_and_holds_up_nobody() {
	build_and_execute(|| {
		// GIVEN a task whose stake is gone.
		let job = started();
		let (task, ..) = Purses::held()
			.into_iter()
			.find(|(task, ..)| task.slot == 0)
			.unwrap();
		Purses::lose(task);
		// WHEN its provider misses the commit.
		assert_ok!(commit(job, 1));
		assert_ok!(commit(job, 2));
		go_past_deadline(job);
		events();
		advance(job);
		// THEN nothing is booked as burned, the defect is told, and the round goes on.
		let told = Event::UnexpectedStake {
			job,
			slot: 0,
			attempt: 0,
		};
		assert!(events().contains(&told));
		assert_eq!(ledger(job).slashed, 0);
		assert_eq!(round(job).phase, Phase::Reveal);
	});
}
