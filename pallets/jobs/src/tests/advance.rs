//! Deadlines that nobody but the chain looks after.

use assay_protocol::{JobState, Phase, SlotState, Unpaid};
use frame_support::{
	assert_noop, assert_ok,
	weights::{Weight, WeightMeter},
};

use crate::{
	mock::{play::*, *},
	weights::{SubstrateWeight, WeightInfo},
	DueFrom, Error, Event,
};

#[test]
fn a_chain_at_rest_moves_overdue_jobs_by_itself() {
	build_and_execute(|| {
		// GIVEN an open job due in block 22 and a running one due in block 12.
		let open = post();
		let running = started();
		// WHEN blocks pass without any call.
		go_to(11);
		idle();
		assert_eq!(round(running).pass, 0);
		go_to(12);
		idle();
		// THEN the running one is advanced in its block, and the open one in its own.
		assert_eq!(round(running).pass, 1);
		assert_eq!(record(open).state, JobState::Open);
		go_to(30);
		idle();
		assert_eq!(record(open).state, JobState::Settled);
		assert_eq!(DueFrom::<Test>::get(), 31);
	});
}

#[test]
fn the_sweep_takes_no_more_weight_than_is_left() {
	build_and_execute(|| {
		// GIVEN two jobs that are due, and room for one of them.
		let (first, second) = (started(), started());
		go_to(12);
		let one = SubstrateWeight::<Test>::advance(3, 3);
		let looks = SubstrateWeight::<Test>::look_due().saturating_mul(14);
		let room = one
			.saturating_add(looks)
			.saturating_add(Weight::from_parts(1_000_000_000, 0));
		let mut meter = WeightMeter::with_limit(room);
		// WHEN the block ends.
		Jobs::advance_due(&mut meter);
		// THEN one is advanced, the limit is kept, and the other follows in the next block.
		assert!(meter.consumed().all_lte(room));
		assert_eq!(round(first).pass + round(second).pass, 1);
		assert_eq!(DueFrom::<Test>::get(), 12);
		go_to(13);
		idle();
		assert_eq!((round(first).pass, round(second).pass), (1, 1));
		// AND a block without room does nothing at all.
		let mut empty = WeightMeter::with_limit(Weight::zero());
		Jobs::advance_due(&mut empty);
		assert_eq!(empty.consumed(), Weight::zero());
	});
}

#[test]
fn a_job_that_cannot_be_advanced_does_not_block_the_queue() {
	build_and_execute(|| {
		// GIVEN a due job one of whose slots has vanished, before another one.
		let (broken, fine) = (started(), started());
		let lost = crate::Slots::<Test>::take(broken, 1).unwrap();
		go_to(12);
		assert_noop!(
			Jobs::advance(RuntimeOrigin::signed(PASSER_BY), broken),
			Error::<Test>::Inconsistent
		);
		events();
		// WHEN the block ends, THEN the other is advanced and the defect is told.
		idle();
		assert!(events().contains(&Event::UnexpectedStuck { job: broken }));
		assert_eq!(round(fine).pass, 1);
		// AND once it is repaired, anybody can advance it.
		crate::Slots::<Test>::insert(broken, 1, lost);
		advance(broken);
		assert_eq!(round(broken).pass, 1);
	});
}

#[test]
fn a_call_is_charged_for_the_slots_that_it_touched() {
	build_and_execute(|| {
		// GIVEN a round of three slots, one of which is missing.
		let job = started();
		assert_ok!(commit(job, 0));
		assert_ok!(commit(job, 1));
		go_to(12);
		// WHEN it is advanced, THEN one touched slot is charged.
		let info = Jobs::advance(RuntimeOrigin::signed(PASSER_BY), job).unwrap();
		assert_eq!(
			info.actual_weight,
			Some(SubstrateWeight::<Test>::advance(3, 1))
		);
		assert_eq!(slot(job, 2).state, SlotState::Redo(Unpaid::MissedCommit));
		assert_eq!(round(job).phase, Phase::Reveal);
	});
}

#[test]
fn an_unknown_job_is_not_advanced() {
	build_and_execute(|| {
		assert_noop!(
			Jobs::advance(RuntimeOrigin::signed(PASSER_BY), assay_protocol::JobId(0)),
			Error::<Test>::UnknownJob
		);
	});
}

#[test]
fn the_last_block_of_the_clock_has_no_deadline_after_it() {
	build_and_execute(|| {
		// GIVEN a job posted so late that its window ends with the last block number.
		go_to(u32::MAX - 5);
		DueFrom::<Test>::put(u32::MAX - 5);
		let job = post();
		// THEN it has no place in the queue, and its owner can still take it back.
		assert_eq!(record(job).due, None);
		assert_ok!(Jobs::cancel_job(RuntimeOrigin::signed(OWNER), job));
	});
}
