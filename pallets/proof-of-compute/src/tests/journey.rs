//! Whole rounds.

use crate::{mock::*, Aggregations, Event, OpenRounds, Submissions};
use assay_protocol::{Phase, Unpaid, Verdict};
use assay_traits::Cause;

fn events() -> Vec<Event<Test>> {
	System::read_events_for_pallet::<Event<Test>>()
}

#[test]
fn a_round_of_honest_work_closes_and_leaves_nothing() {
	build_and_execute(|| {
		// GIVEN three tasks.
		start(Setup {
			tasks: 3,
			..Default::default()
		});
		// WHEN everybody does its part.
		commit_all();
		assert_eq!(phase(), Phase::Reveal);
		reveal_all();
		assert_eq!(phase(), Phase::Draw);
		draw();
		seal_all(Verdict::Valid);
		assert_eq!(phase(), Phase::Unseal);
		open_all(Verdict::Valid);
		assert_eq!(phase(), Phase::Close);
		let closers = closers();
		claim(closers[0], [9; 32], 77).unwrap();
		assert!(!job(JOB).is_over);
		claim(closers[1], [9; 32], 77).unwrap();
		assert!(!job(JOB).is_over);
		claim(closers[2], [9; 32], 77).unwrap();
		// THEN every provider and every verdict is paid: 3 tasks, 3 seats each.
		let job = job(JOB);
		assert_eq!(job.closed, vec![([9; 32], assay_protocol::Loss(77))]);
		assert_eq!(job.paid, vec![101, 102, 103]);
		assert_eq!(job.fees.len(), 9);
		assert!(offences().is_empty());
		// AND nothing is left of the round.
		assert_eq!(Submissions::<Test>::iter().count(), 0);
		assert_eq!(OpenRounds::<Test>::iter().count(), 0);
		assert_eq!(Aggregations::<Test>::iter().count(), 0);
	});
}

#[test]
fn every_step_of_a_round_has_its_event() {
	build_and_execute(|| {
		start(Setup::default());
		System::reset_events();
		to_close();
		for closer in closers() {
			claim(closer, [9; 32], 77).unwrap();
		}
		let names: Vec<&str> = events()
			.iter()
			.map(|event| match event {
				Event::TaskCommitted {
					provider: DAVE,
					attempt: 0,
					..
				} => "committed",
				Event::TaskRevealed {
					provider: DAVE,
					attempt: 0,
					..
				} => "revealed",
				Event::Drawn {
					draw_index: 0,
					session: 0,
					..
				} => "drawn",
				Event::PanelFormed { validators, .. } if validators.len() == 3 => "formed",
				Event::VerdictSealed { .. } => "sealed",
				Event::VerdictRevealed {
					verdict: Verdict::Valid,
					..
				} => "opened",
				Event::AggregateClaimed {
					checkpoint: [9, ..],
					..
				} => "claimed",
				Event::RoundCleared { .. } => "cleared",
				_ => "unexpected",
			})
			.collect();
		let expected = [
			"committed",
			"revealed",
			"drawn",
			"formed",
			"sealed",
			"sealed",
			"sealed",
			"opened",
			"opened",
			"opened",
			"claimed",
			"claimed",
			"claimed",
			"cleared",
		];
		assert_eq!(names, expected);
	});
}

#[test]
fn the_next_round_begins_with_nothing_of_the_last_one() {
	build_and_execute(|| {
		start(Setup {
			rounds: 2,
			..Default::default()
		});
		for round in 0..2u8 {
			to_close();
			for closer in closers() {
				claim(closer, [round; 32], 1).unwrap();
			}
		}
		assert!(job(JOB).is_over);
		assert_eq!(job(JOB).closed.len(), 2);
		assert_eq!(OpenRounds::<Test>::iter().count(), 0);
	});
}

#[test]
fn work_that_a_committee_finds_wrong_is_disputed_and_done_again() {
	build_and_execute(|| {
		// GIVEN work that its committee finds wrong.
		start(Setup::default());
		to_unseal(Verdict::Invalid);
		let (disputed, drawn) = (key(0), committee(0));
		// WHEN the verdicts are opened.
		open_all(Verdict::Invalid);
		// THEN nobody has lost anything yet: a dispute finds out who is right.
		assert!(offences().is_empty());
		let said: Vec<_> = dissents()
			.into_iter()
			.map(|dissent| (dissent.task, dissent.validator))
			.collect();
		let all: Vec<_> = drawn.into_iter().map(|stash| (disputed, stash)).collect();
		assert_eq!(said, all);
		assert_eq!(job(JOB).unpaid, vec![Unpaid::Disputed]);
		assert!(job(JOB).paid.is_empty() && job(JOB).fees.is_empty());
		// AND another provider can earn the task, in a new attempt.
		assert_eq!(phase(), Phase::Train);
		assert_eq!(job(JOB).slots[0].provider, EVE);
		to_unseal(Verdict::Valid);
		open_all(Verdict::Valid);
		assert_eq!(job(JOB).paid, vec![EVE]);
	});
}

#[test]
fn a_single_dissent_leaves_the_work_out_whatever_the_others_say() {
	for place in 0..3 {
		build_and_execute(|| {
			// GIVEN a quorum of two that says valid, and a dissent before, between or after it
			start(Setup::default());
			to_assay();
			let drawn = committee(0);
			let says = |seat| match seat == place {
				true => Verdict::Invalid,
				false => Verdict::Valid,
			};
			for (seat, validator) in drawn.iter().enumerate() {
				seal(*validator, 0, says(seat)).unwrap();
			}
			// WHEN all verdicts are opened
			for (seat, validator) in drawn.iter().enumerate() {
				open(*validator, 0, says(seat)).unwrap();
			}
			// THEN nothing is accepted, paid or slashed, and the slot is given to another
			assert!(job(JOB).paid.is_empty() && job(JOB).fees.is_empty());
			assert!(offences().is_empty());
			assert_eq!(job(JOB).unpaid, vec![Unpaid::Disputed]);
			assert_eq!(job(JOB).slots[0].provider, EVE);
			assert_eq!(dissents().len(), 1);
		});
	}
}

#[test]
fn work_that_cannot_be_fetched_costs_the_pay_and_never_the_stake() {
	build_and_execute(|| {
		start(Setup::default());
		to_unseal(Verdict::Unfetched);
		open_all(Verdict::Unfetched);
		assert!(offences().is_empty());
		assert_eq!(job(JOB).unpaid, vec![Unpaid::Withheld]);
		assert!(job(JOB).fees.is_empty());
	});
}

#[test]
fn walking_away_after_the_commit_costs_a_tenth_and_the_slot() {
	build_and_execute(|| {
		// GIVEN two sealed tasks, of which one is opened.
		start(Setup {
			tasks: 2,
			..Default::default()
		});
		commit_all();
		reveal(EVE, 1).unwrap();
		// WHEN the other provider never comes back.
		miss_deadline(JOB);
		// THEN it pays and earns nothing, before anybody knew the draw.
		assert_eq!(offences()[0].offender, DAVE);
		assert_eq!(offences()[0].cause, Cause::MissedReveal);
		assert_eq!(offences()[0].amount, TASK_STAKE / 10);
		assert_eq!(phase(), Phase::Draw);
		// AND the work that came in time is judged without it.
		draw();
		seal_all(Verdict::Valid);
		open_all(Verdict::Valid);
		assert_eq!(job(JOB).paid, vec![EVE]);
		// AND its slot is given to another provider.
		assert_eq!(phase(), Phase::Train);
		assert_ne!(job(JOB).slots[0].provider, DAVE);
		to_close();
		assert_eq!(job(JOB).paid.len(), 2);
	});
}

#[test]
fn an_unreachable_quorum_accepts_nothing() {
	build_and_execute(|| {
		// GIVEN a session with a single validator and a quorum of two.
		set_session(1, [1]);
		next_block();
		start(Setup::default());
		commit_all();
		reveal_all();
		// WHEN it does all it can, in the first draw and in every redraw.
		for _ in 0..4 {
			draw();
			assert_eq!(committee(0), vec![1]);
			seal_all(Verdict::Valid);
			open(1, 0, Verdict::Valid).unwrap();
		}
		// THEN nothing is accepted, and the job fails in the end.
		assert!(job(JOB).is_over);
		assert!(job(JOB).paid.is_empty());
	});
}
