//! Uptime: P7.

use crate::{mock::*, Uptime};
use assay_protocol::{reward, Verdict};

fn uptime(stash: u64) -> (u32, u32) {
	let Uptime { drawn, answered } = ProofOfCompute::uptime_of(&stash);
	(drawn, answered)
}

#[test]
fn every_answer_counts_and_the_bonus_goes_with_the_verdict() {
	build_and_execute(|| {
		start(Setup::default());
		to_unseal(Verdict::Valid);
		let drawn = committee(0);
		open_all(Verdict::Valid);
		for validator in drawn {
			assert_eq!(uptime(validator), (1, 1));
		}
		// One answer of one draw is the highest bonus.
		let all = vec![reward::MAX_UPTIME_PPM; 3];
		assert_eq!(
			job(JOB).fees.iter().map(|fee| fee.1).collect::<Vec<_>>(),
			all
		);
	});
}

#[test]
fn who_seals_nothing_loses_uptime_when_the_others_are_done() {
	build_and_execute(|| {
		start(Setup::default());
		to_assay();
		let drawn = committee(0);
		seal(drawn[0], 0, Verdict::Valid).unwrap();
		seal(drawn[1], 0, Verdict::Valid).unwrap();
		miss_deadline(JOB);
		open(drawn[0], 0, Verdict::Valid).unwrap();
		// Not yet certain: the window is open for whoever sealed.
		assert_eq!(uptime(drawn[2]), (0, 0));
		open(drawn[1], 0, Verdict::Valid).unwrap();
		assert_eq!(uptime(drawn[0]), (1, 1));
		assert_eq!(uptime(drawn[2]), (1, 0));
		assert_eq!(
			ProofOfCompute::uptime_of(&drawn[2]).ppm(),
			reward::MIN_UPTIME_PPM
		);
		// AND the absent validator has no part in the decision.
		assert_eq!(job(JOB).paid, vec![DAVE]);
	});
}

#[test]
fn who_seals_and_never_opens_is_absent_too() {
	build_and_execute(|| {
		start(Setup {
			rounds: 2,
			..Default::default()
		});
		to_unseal(Verdict::Valid);
		let drawn = committee(0);
		open(drawn[0], 0, Verdict::Valid).unwrap();
		open(drawn[1], 0, Verdict::Valid).unwrap();
		miss_deadline(JOB);
		// The deadline decided; the round's end settles.
		for closer in closers() {
			claim(closer, [9; 32], 1).unwrap();
		}
		assert_eq!(uptime(drawn[2]), (1, 0));
	});
}

#[test]
fn a_whole_committee_that_is_absent_is_settled_by_the_next_draw() {
	build_and_execute(|| {
		// GIVEN a draw in which nobody sealed anything.
		start(Setup::default());
		to_assay();
		let absent = committee(0);
		miss_deadline(JOB);
		draw();
		// WHEN somebody seals in the next one.
		let present = committee(0);
		seal(present[0], 0, Verdict::Valid).unwrap();
		// THEN every seat of the first draw is settled, once.
		for validator in VALIDATORS {
			let expected = u32::from(absent.contains(&validator));
			assert_eq!(uptime(validator), (expected, 0));
		}
	});
}

#[test]
fn absences_of_a_failed_job_are_settled_but_for_its_last_draw() {
	build_and_execute(|| {
		start(Setup::default());
		commit_all();
		reveal_all();
		let mut expected = [0u32; 6];
		for index in 0..4 {
			draw();
			for validator in committee(0) {
				expected[validator as usize] += u32::from(index < 3);
			}
			miss_deadline(JOB);
		}
		assert!(job(JOB).is_over);
		ProofOfCompute::clear_round(RuntimeOrigin::signed(STRANGER), JOB, 0).unwrap();
		for validator in VALIDATORS {
			assert_eq!(uptime(validator), (expected[validator as usize], 0));
		}
	});
}

#[test]
fn a_job_that_is_cancelled_while_it_is_judged_costs_no_validator() {
	build_and_execute(|| {
		start(Setup::default());
		to_assay();
		let drawn = committee(0);
		seal(drawn[0], 0, Verdict::Valid).unwrap();
		cancel(JOB);
		ProofOfCompute::clear_round(RuntimeOrigin::signed(STRANGER), JOB, 0).unwrap();
		for validator in drawn {
			assert_eq!(uptime(validator), (0, 0));
		}
	});
}

#[test]
fn the_next_attempt_settles_what_a_deadline_decided() {
	build_and_execute(|| {
		// GIVEN a slot that two of three said is wrong, and a deadline after it.
		start(Setup::default());
		to_unseal(Verdict::Invalid);
		let drawn = committee(0);
		open(drawn[0], 0, Verdict::Invalid).unwrap();
		open(drawn[1], 0, Verdict::Invalid).unwrap();
		miss_deadline(JOB);
		assert_eq!(job(JOB).slots[0].provider, EVE);
		assert_eq!(uptime(drawn[2]), (0, 0));
		// WHEN the next provider seals.
		commit(EVE, 0).unwrap();
		// THEN the third validator was absent.
		assert_eq!(uptime(drawn[2]), (1, 0));
		assert_eq!(uptime(drawn[0]), (1, 1));
	});
}

#[test]
fn a_task_that_was_never_revealed_costs_no_validator() {
	build_and_execute(|| {
		// GIVEN a slot that missed its reveal, beside one that is judged by everybody drawn.
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		commit_all();
		reveal(DAVE, 0).unwrap();
		miss_deadline(JOB);
		draw();
		let drawn = committee(0);
		for validator in &drawn {
			seal(*validator, 0, Verdict::Valid).unwrap();
		}
		for validator in &drawn {
			open(*validator, 0, Verdict::Valid).unwrap();
		}
		// WHEN the slot's next provider seals.
		commit_all();
		// THEN nobody was absent from a committee that never was.
		for validator in VALIDATORS {
			let answers = u32::from(drawn.contains(&validator));
			assert_eq!(uptime(validator), (answers, answers));
		}
	});
}

#[test]
fn a_slot_that_a_deadline_decided_has_no_part_in_the_redraw_of_another() {
	build_and_execute(|| {
		// GIVEN slot 0 decided by a deadline, and slot 1 not.
		start(Setup {
			tasks: 2,
			rounds: 2,
			..Default::default()
		});
		to_unseal(Verdict::Valid);
		let decided = committee(0);
		open(decided[0], 0, Verdict::Valid).unwrap();
		open(decided[1], 0, Verdict::Valid).unwrap();
		let undecided = committee(1);
		miss_deadline(JOB);
		// WHEN slot 1 is drawn again, decided, and the round closes.
		draw();
		let redrawn = committee(1);
		for validator in &redrawn {
			seal(*validator, 1, Verdict::Valid).unwrap();
		}
		for validator in &redrawn {
			open(*validator, 1, Verdict::Valid).unwrap();
		}
		for closer in closers() {
			claim(closer, [9; 32], 1).unwrap();
		}
		// THEN the absences are one seat of slot 0 and the whole first panel of slot 1.
		for validator in VALIDATORS {
			let (drawn, answered) = uptime(validator);
			let expected =
				u32::from(decided[2] == validator) + u32::from(undecided.contains(&validator));
			assert_eq!(drawn - answered, expected);
		}
	});
}
