//! P12 to P14 for one slot.

use assay_protocol::{
	Fate, Loss, Outcome, Phase, SlotError, SlotRecord, SlotState, Unpaid, Unsealed, Verdict, Work,
};

const QUORUM: u32 = 2;
const RATE_PPM: u32 = 250_000;

type Step = fn(&mut SlotRecord<u8>) -> Result<(), SlotError>;

fn work() -> Work {
	Work {
		update: [1; 32],
		trace_root: [9; 32],
		slot_root: [2; 32],
		loss: Loss(3),
	}
}

fn revealed() -> SlotRecord<u8> {
	let mut slot = SlotRecord::assign(9);
	slot.commit().expect("assigned");
	slot.reveal(work(), RATE_PPM).expect("committed");
	slot
}

fn verdict(validator: u8, verdict: Verdict) -> Unsealed<u8> {
	Unsealed {
		validator,
		verdict,
		uptime_ppm: 1_000_000,
	}
}

/// Three seats, of which as many sealed as there are verdicts; the fate after all are open.
fn judged(verdicts: &[Verdict]) -> (SlotRecord<u8>, Option<Fate>) {
	let mut slot = revealed();
	for place in 0..verdicts.len() {
		assert_eq!(slot.seal(3), Ok(place == 2));
	}
	let mut fate = None;
	for (validator, said) in (0u8..).zip(verdicts) {
		assert_eq!(fate, None);
		fate = slot
			.unseal(verdict(validator, *said), QUORUM)
			.expect("sealed");
	}
	(slot, fate)
}

#[test]
fn two_of_three_equal_verdicts_decide_unless_one_dissents() {
	use Verdict::{Invalid, Unfetched, Valid};
	let disputed = Fate::Redo(Unpaid::Disputed);
	let withheld = Fate::Redo(Unpaid::Withheld);
	let table: [(&[Verdict], Fate); 12] = [
		(&[Valid, Valid, Valid], Fate::Accepted),
		(&[Valid, Invalid, Valid], disputed),
		(&[Unfetched, Valid, Valid], Fate::Accepted),
		(&[Valid, Valid], Fate::Accepted),
		(&[Invalid, Invalid, Valid], disputed),
		(&[Invalid, Invalid], disputed),
		(&[Unfetched, Valid, Unfetched], withheld),
		(&[Unfetched, Unfetched], withheld),
		(&[Valid, Invalid, Unfetched], disputed),
		(&[Valid, Invalid], disputed),
		(&[Valid], Fate::Undecided),
		(&[Unfetched], Fate::Undecided),
	];
	for (verdicts, fate) in table {
		assert_eq!(judged(verdicts).1, Some(fate), "{verdicts:?}");
	}
}

#[test]
fn verdicts_that_stay_closed_do_not_count_at_the_deadline() {
	// GIVEN three sealed verdicts, of which two are open.
	let mut slot = revealed();
	for _ in 0..3 {
		slot.seal(3).expect("a seat is free");
	}
	assert_eq!(slot.unseal(verdict(0, Verdict::Valid), QUORUM), Ok(None));
	let mut decided = slot.clone();
	assert_eq!(decided.unseal(verdict(1, Verdict::Valid), QUORUM), Ok(None));

	// THEN the deadline decides with two, and not with one.
	assert_eq!(decided.sweep(Phase::Unseal, QUORUM), Some(Fate::Accepted));
	assert_eq!(slot.sweep(Phase::Unseal, QUORUM), Some(Fate::Undecided));
	// An undecided slot forgets its verdicts and keeps its work.
	assert_eq!(slot.state, SlotState::Revealed);
	assert!(slot.verdicts.is_empty());
	assert_eq!(slot.work, Some(work()));
}

#[test]
fn withholding_needs_two_thirds_of_the_seats_and_not_only_a_majority() {
	let unfetched = |count: u8, seats, quorum| {
		let mut slot = revealed();
		for validator in 0..count {
			slot.seal(seats).expect("a seat is free");
			slot.verdicts
				.try_push(verdict(validator, Verdict::Unfetched))
				.expect("fits");
		}
		slot.outcome(seats, quorum)
	};
	// 3 of 5 are a majority and less than two thirds; 4 of 5 are more.
	assert_eq!(unfetched(3, 5, 3), Outcome::Undecided);
	assert_eq!(unfetched(4, 5, 3), Outcome::Withheld);
	// 2 of 3 are two thirds.
	assert_eq!(unfetched(2, 3, 2), Outcome::Withheld);
}

#[test]
fn whatever_is_opened_counts_as_a_plain_count_of_the_verdicts_says() {
	// GIVEN committees of any size that have grown or not, with any quorum of their terms
	for seats in 1..=15u32 {
		for quorum in 1..=seats {
			for valid in 0..=seats {
				for unfetched in 0..=seats - valid {
					let mut slot = revealed();
					let opened = (0..valid)
						.map(|_| Verdict::Valid)
						.chain((0..unfetched).map(|_| Verdict::Unfetched));
					for (validator, said) in (0u8..).zip(opened) {
						let opened = slot.verdicts.try_push(verdict(validator, said));
						opened.expect("at most fifteen");
					}
					// WHEN they are counted
					let outcome = slot.outcome(seats, quorum);
					// THEN a quorum of the terms, more than half and two thirds, rounded down, decide, and of
					// seven seats and more all but one, or eight
					let decides = |said: u32| {
						said >= quorum
							&& said > seats - said
							&& said >= seats * 2 / 3
							&& (seats < 7 || said + 1 >= seats || said >= 8)
					};
					// AND to be withheld takes two thirds, rounded up
					let expected = if decides(valid) {
						Outcome::Accepted
					} else if decides(unfetched) && unfetched * 3 >= seats * 2 {
						Outcome::Withheld
					} else {
						Outcome::Undecided
					};
					assert_eq!(outcome, expected, "{valid} and {unfetched} of {seats}");
				}
			}
		}
	}
}

#[test]
fn a_committee_that_has_grown_needs_more_verdicts_than_the_terms_say() {
	// GIVEN the quorum 2 of terms with committees of 3
	for (seats, needed) in [(3u8, 2), (6, 4), (9, 8), (12, 8)] {
		for valid in needed - 1..=needed {
			let mut slot = revealed();
			for _ in 0..valid {
				assert_eq!(slot.seal(seats.into()), Ok(false));
			}
			// WHEN so many say valid
			let mut fate = None;
			for validator in 0..valid {
				let opened = slot.unseal(verdict(validator, Verdict::Valid), QUORUM);
				fate = opened.expect("sealed");
			}
			// THEN they accept the work if they are as many as is needed
			let expected = match valid < needed {
				true => Fate::Undecided,
				false => Fate::Accepted,
			};
			assert_eq!(fate, Some(expected), "{valid} of {seats}");
		}
	}
}

#[test]
fn a_slot_keeps_the_rate_of_its_reveal_until_it_is_given_out_again() {
	// GIVEN a slot without work
	let mut slot = SlotRecord::assign(9u8);
	slot.commit().expect("assigned");
	assert_eq!(slot.rate_ppm, 0);
	// WHEN work is revealed and left out
	slot.reveal(work(), RATE_PPM).expect("committed");
	slot.dispute().expect("revealed");
	slot.seal(1).expect("a seat is free");
	slot.unseal(verdict(0, Verdict::Valid), 1).expect("sealed");
	// THEN it keeps the rate
	assert_eq!(
		(slot.state, slot.rate_ppm),
		(SlotState::Redo(Unpaid::Disputed), RATE_PPM)
	);
	// AND the next attempt has none yet
	slot.reassign(5).expect("to redo");
	assert_eq!(slot.rate_ppm, 0);
}

#[test]
fn a_committee_that_is_smaller_than_the_quorum_decides_nothing() {
	let mut slot = revealed();
	assert_eq!(slot.seal(1), Ok(true));
	assert_eq!(
		slot.unseal(verdict(0, Verdict::Valid), QUORUM),
		Ok(Some(Fate::Undecided))
	);
}

#[test]
fn work_that_somebody_without_a_seat_disputes_is_left_out_whatever_the_verdicts_say() {
	// GIVEN revealed work, and the same while it is judged
	let mut judging = revealed();
	judging.seal(3).expect("a seat is free");
	for mut slot in [revealed(), judging] {
		// WHEN it is disputed, and a quorum says valid
		slot.dispute().expect("it is being judged");
		while slot.seal(3) == Ok(false) {}
		for validator in 0..3 {
			let _ = slot.unseal(verdict(validator, Verdict::Valid), QUORUM);
		}
		// THEN it is left out, and nobody is paid for its verdict
		assert_eq!(slot.state, SlotState::Redo(Unpaid::Disputed));
		assert_eq!(slot.paid_verdicts().count(), 0);
	}
}

#[test]
fn only_verdicts_that_stand_and_recomputed_are_paid() {
	use Verdict::{Invalid, Unfetched, Valid};
	let paid = |verdicts: &[Verdict]| -> Vec<u8> {
		judged(verdicts)
			.0
			.paid_verdicts()
			.map(|verdict| verdict.validator)
			.collect()
	};
	assert_eq!(paid(&[Valid, Unfetched, Valid]), [0, 2]);
	assert_eq!(paid(&[Valid, Invalid, Valid]), [0u8; 0]);
	assert_eq!(paid(&[Invalid, Valid, Invalid]), [0u8; 0]);
	assert_eq!(paid(&[Unfetched, Unfetched, Valid]), [0u8; 0]);
	assert_eq!(paid(&[Valid, Invalid, Unfetched]), [0u8; 0]);
}

#[test]
fn a_deadline_finds_only_who_did_not_do_its_part() {
	let assigned = || SlotRecord::assign(9u8);
	let mut committed = assigned();
	committed.commit().expect("assigned");
	let mut judging = revealed();
	judging.seal(3).expect("a seat is free");
	let phases = [
		Phase::Train,
		Phase::Reveal,
		Phase::Draw,
		Phase::Assay,
		Phase::Unseal,
		Phase::Close,
		Phase::Ended,
	];
	let table = [
		(
			assigned(),
			Some((Phase::Train, Fate::Redo(Unpaid::MissedCommit))),
		),
		(
			committed,
			Some((Phase::Reveal, Fate::Redo(Unpaid::MissedReveal))),
		),
		(revealed(), Some((Phase::Assay, Fate::Undecided))),
		(judging, Some((Phase::Unseal, Fate::Undecided))),
		(judged(&[Verdict::Valid; 3]).0, None),
		(judged(&[Verdict::Invalid; 3]).0, None),
	];
	for (slot, expected) in table {
		for phase in phases {
			let mut swept = slot.clone();
			let fate = swept.sweep(phase, QUORUM);
			assert_eq!(
				fate,
				expected
					.filter(|(of, _)| *of == phase)
					.map(|(_, fate)| fate)
			);
			assert_eq!(
				fate.is_none(),
				phase != expected.map_or(Phase::Ended, |(of, _)| of) || expected.is_none()
			);
		}
	}
}

#[test]
fn the_third_failed_attempt_drops_the_slot() {
	let mut slot = SlotRecord::assign(1u8);
	assert_eq!(
		slot.sweep(Phase::Train, QUORUM),
		Some(Fate::Redo(Unpaid::MissedCommit))
	);
	// Nobody is asked twice.
	assert_eq!(slot.reassign(1), Err(SlotError::FailedBefore));
	slot.reassign(2).expect("to redo");
	assert_eq!((slot.attempt, slot.state), (1, SlotState::Assigned));
	slot.commit().expect("assigned");
	assert_eq!(
		slot.sweep(Phase::Reveal, QUORUM),
		Some(Fate::Redo(Unpaid::MissedReveal))
	);
	assert_eq!(slot.reassign(1), Err(SlotError::FailedBefore));
	assert_eq!(slot.reassign(2), Err(SlotError::FailedBefore));
	slot.reassign(3).expect("to redo");
	assert_eq!(
		slot.sweep(Phase::Train, QUORUM),
		Some(Fate::Dropped(Unpaid::MissedCommit))
	);

	assert_eq!(slot.state, SlotState::Dropped(Unpaid::MissedCommit));
	assert_eq!(slot.failed.to_vec(), [1, 2, 3]);
	assert!(slot.reassign(4).is_err());
}

#[test]
fn a_slot_that_is_redone_forgets_the_disputed_work() {
	let (mut slot, _) = judged(&[Verdict::Invalid; 3]);
	slot.reassign(5).expect("to redo");

	assert_eq!((slot.work, slot.verdicts.len()), (None, 0));
	assert_eq!((slot.provider, slot.is_disputed), (5, false));
}

#[test]
fn p14_a_step_that_does_not_belong_to_the_state_is_refused_and_changes_nothing() {
	let mut committed = SlotRecord::assign(9u8);
	committed.commit().expect("assigned");
	let mut judging = revealed();
	judging.seal(3).expect("a seat is free");
	let states = [
		SlotRecord::assign(9),
		committed,
		revealed(),
		judging,
		judged(&[Verdict::Valid; 3]).0,
		judged(&[Verdict::Invalid; 3]).0,
	];
	// Which states take: commit, reveal, seal, unseal, reassign, dispute.
	let takes = [[0].as_slice(), &[1], &[2, 3], &[3], &[5], &[2, 3]];
	for (place, slot) in states.iter().enumerate() {
		let refused = Err(SlotError::WrongState { state: slot.state });
		let steps: [Step; 6] = [
			|slot| slot.commit(),
			|slot| slot.reveal(work(), RATE_PPM),
			|slot| slot.seal(3).map(drop),
			|slot| slot.unseal(verdict(0, Verdict::Valid), QUORUM).map(drop),
			|slot| slot.reassign(7),
			|slot| slot.dispute(),
		];
		for (step, taking) in steps.iter().zip(takes) {
			let mut after = slot.clone();
			let result = step(&mut after);
			if taking.contains(&place) {
				assert_eq!(result, Ok(()));
			} else {
				assert_eq!(result, refused);
				assert_eq!(&after, slot);
			}
		}
	}
}

#[test]
fn seats_are_taken_once_and_stay_as_many() {
	let mut slot = revealed();
	for seats in [0, 16] {
		assert_eq!(slot.seal(seats), Err(SlotError::SeatsWrong { seats }));
	}
	assert_eq!(slot.seal(2), Ok(false));
	assert_eq!(slot.seal(3), Err(SlotError::SeatsWrong { seats: 3 }));
	assert_eq!(slot.seal(2), Ok(true));
	assert_eq!(slot.seal(2), Err(SlotError::AllSealed { seats: 2 }));
}

#[test]
fn no_more_verdicts_are_opened_than_sealed_and_none_twice() {
	let mut slot = revealed();
	slot.seal(3).expect("a seat is free");
	slot.seal(3).expect("a seat is free");
	assert_eq!(slot.unseal(verdict(0, Verdict::Valid), QUORUM), Ok(None));
	assert_eq!(
		slot.unseal(verdict(0, Verdict::Valid), QUORUM),
		Err(SlotError::AlreadyUnsealed)
	);
	let mut full = slot.clone();
	full.state = SlotState::Judging {
		seats: 3,
		sealed: 1,
	};
	assert_eq!(
		full.unseal(verdict(1, Verdict::Valid), QUORUM),
		Err(SlotError::NotSealed { sealed: 1 })
	);
}

#[test]
fn only_misses_are_offences_at_once() {
	let offences = [Unpaid::MissedCommit, Unpaid::MissedReveal];
	let others = [
		Unpaid::Disputed,
		Unpaid::Withheld,
		Unpaid::Undecided,
		Unpaid::JobEnded,
	];
	assert!(offences.iter().all(|reason| reason.is_offence()));
	assert!(!others.iter().any(|reason| reason.is_offence()));
}
