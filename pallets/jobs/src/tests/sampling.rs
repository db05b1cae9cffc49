//! How often work is drawn for a recomputation, and who pays for it.

use assay_protocol::{sampling::is_drawn, Balance, JobId, Slot, Terms, Unpaid, Verdict};
use assay_traits::Rounds as _;
use frame_support::assert_ok;

use crate::{
	mock::{play::*, *},
	Event, StandingRecord, Standings,
};

/// A tenth of the work is drawn at the floor; of four segments one.
const FLOOR: u32 = 100_000;
/// The fee of a verdict about a quarter of a task, at an uptime bonus of 1.
const CHECK: Balance = 250;
/// The fee of a verdict about work that was only fetched: a 256th of the price.
const FETCH: Balance = 3;

/// A running job of so many rounds in which checks are rare.
fn started_rare(rounds: u32) -> JobId {
	for provider in PROVIDERS {
		Purses::fill(provider, 1_000_000);
	}
	let mut plan = plan();
	plan.stride = 1;
	let terms = Terms {
		// 60 times four times the price, less one price.
		task_stake: 59_000,
		rounds,
		audit_floor_ppm: FLOOR,
		..terms()
	};
	let job = crate::NextJob::<Test>::get();
	assert_ok!(Jobs::post_job(RuntimeOrigin::signed(OWNER), plan, terms));
	join(job, PROVIDERS[0]);
	join(job, PROVIDERS[1]);
	job
}

/// A provider that has proven this much, one round before the job's.
fn proven(provider: AccountId, value: Balance) {
	let record = StandingRecord {
		standing: assay_protocol::Standing::default().proved(value),
		latest: (JobId(77), 0),
	};
	Standings::<Test>::insert(provider, record);
}

/// Every provider has proven this much.
fn all_proven(value: Balance) {
	PROVIDERS
		.into_iter()
		.for_each(|provider| proven(provider, value));
}

/// A task that was accepted: its pay, charge and rate.
type Accepted = (Slot, Balance, Balance, u32);

/// Pay, charge and rate of every task that was accepted since the last question; and
/// the pays of the verdicts.
fn accepted() -> (Vec<Accepted>, Vec<Balance>) {
	let (mut tasks, mut verdicts) = (vec![], vec![]);
	for event in events() {
		match event {
			Event::TaskAccepted {
				slot,
				pay,
				charged,
				rate_ppm,
				..
			} => tasks.push((slot, pay, charged, rate_ppm)),
			Event::VerdictPaid { pay, .. } => verdicts.push(pay),
			_ => {}
		}
	}
	(tasks, verdicts)
}

fn net(gross: Balance) -> Balance {
	gross * 98 / 100
}

#[test]
fn newcomers_are_always_drawn_and_pay_for_what_is_above_the_floor() {
	build_and_execute(|| {
		// GIVEN providers that have proven nothing
		let job = started_rare(2);
		work_until_assay(job);
		// THEN every task is drawn
		for task in Jobs::task_views(job) {
			assert_eq!(task.rate_ppm, 1_000_000);
			assert!(task.segment.is_some());
		}
		// WHEN their work is accepted
		seal_all(job);
		events();
		(0..3).for_each(|slot| judge(job, slot, Verdict::Valid));
		// THEN of each of three fees the submitter pays a tenth, and the provider the rest of its pay
		let charged = 3 * (CHECK - CHECK / 10);
		let pay = net(1_000 - charged);
		let (tasks, verdicts) = accepted();
		assert_eq!(tasks, [0, 1, 2].map(|slot| (slot, pay, charged, 1_000_000)));
		assert_eq!(verdicts, [net(CHECK); 9]);
		assert_eq!(ledger(job).paid_compute, 3 * pay);
		// AND each has proven what it was accepted for
		let of = |provider| Jobs::standing_of(&provider).proven;
		assert_eq!(of(PROVIDERS[0]) + of(PROVIDERS[1]), 3_000);
	});
}

#[test]
fn whoever_has_proven_much_is_drawn_at_the_floor_and_charged_nothing() {
	build_and_execute(|| {
		// GIVEN providers that have proven more than ten times a task
		let job = started_rare(2);
		all_proven(1_000_000);
		work_until_assay(job);
		// THEN a task is drawn exactly if the seed says so at the floor
		let seed = round(job).draw.unwrap().seed;
		let drawn = |slot| is_drawn(&seed, slot, 0, FLOOR);
		for task in Jobs::task_views(job) {
			assert_eq!(task.rate_ppm, FLOOR);
			assert_eq!(task.segment.is_some(), drawn(task.slot));
		}
		// WHEN all are accepted
		seal_all(job);
		events();
		(0..3).for_each(|slot| judge(job, slot, Verdict::Valid));
		// THEN nobody is charged, and a verdict about work that was fetched alone has its own fee
		let (tasks, verdicts) = accepted();
		assert_eq!(tasks, [0, 1, 2].map(|slot| (slot, net(1_000), 0, FLOOR)));
		let fee = |slot| net(if drawn(slot) { CHECK } else { FETCH });
		let expected: Vec<_> = (0..3).flat_map(|slot| [fee(slot); 3]).collect();
		assert_eq!(verdicts, expected);
		// AND what was not drawn proves nothing: there is only the decay of one round
		for provider in [PROVIDERS[0], PROVIDERS[1]] {
			let checked = (0..3)
				.filter(|slot| drawn(*slot) && self::slot(job, *slot).provider == provider)
				.count();
			let expected = 980_000 + 1_000 * checked as Balance;
			assert_eq!(Jobs::standing_of(&provider).proven, expected);
		}
	});
}

#[test]
fn a_rate_in_between_is_the_value_of_the_task_over_what_is_proven() {
	build_and_execute(|| {
		// GIVEN four tasks proven a round ago, of which 98 % count
		let job = started_rare(2);
		all_proven(4_000);
		commit_all(job);
		reveal_all(job);
		// THEN 1,000 of 3,920 is the rate, rounded up
		for task in Jobs::task_views(job) {
			assert_eq!(task.rate_ppm, 255_103);
		}
		// AND it stays what it was at the reveal, whatever is proven before the draw
		all_proven(1_000_000);
		assert_ok!(draw(job));
		assert_eq!(Jobs::task(job, 0).unwrap().rate_ppm, 255_103);
	});
}

#[test]
fn a_standing_decays_once_in_each_round_of_work_however_many_tasks_it_has() {
	build_and_execute(|| {
		// GIVEN a provider with two tasks or one in each of two rounds, drawn or not
		let job = started_rare(2);
		all_proven(1_000_000);
		let mut expected = [1_000_000u128; 2];
		for _ in 0..2 {
			let number = record(job).round;
			work_until_assay(job);
			let seed = round(job).draw.unwrap().seed;
			let drawn: Vec<_> = (0..3)
				.filter(|slot| is_drawn(&seed, *slot, 0, FLOOR))
				.map(|slot| slot_of(job, slot))
				.collect();
			seal_all(job);
			(0..3).for_each(|slot| judge(job, slot, Verdict::Valid));
			// THEN each round takes a fiftieth, and each drawn task adds its price
			for (place, left) in expected.iter_mut().enumerate() {
				let added = drawn.iter().filter(|who| **who == PROVIDERS[place]).count();
				*left = *left - left.div_ceil(50) + 1_000 * added as Balance;
				assert_eq!(
					Jobs::standing_of(&PROVIDERS[place]).proven,
					*left,
					"round {number}"
				);
			}
			assert_ok!(close(job));
		}
	});
}

fn slot_of(job: JobId, slot: Slot) -> AccountId {
	self::slot(job, slot).provider
}

#[test]
fn work_for_oneself_proves_nothing() {
	build_and_execute(|| {
		// GIVEN a submitter that works on its own job
		Purses::fill(OWNER, 1_000_000);
		let mut plan = plan();
		plan.stride = 1;
		let job = crate::NextJob::<Test>::get();
		let terms = Terms {
			providers: 1,
			..terms_of_segments(4)
		};
		assert_ok!(Jobs::post_job(RuntimeOrigin::signed(OWNER), plan, terms));
		join(job, OWNER);
		// WHEN its work is drawn and accepted
		work_until_close(job);
		// THEN it is paid and has proven nothing
		assert_eq!(ledger(job).paid_compute, 3 * net(1_000));
		assert_eq!(Jobs::standing_of(&OWNER).proven, 0);
		assert!(!Standings::<Test>::contains_key(OWNER));
	});
}

#[test]
fn any_fault_makes_a_provider_a_newcomer_again() {
	build_and_execute(|| {
		// GIVEN providers that have proven much, of which the one of slot 0 seals nothing
		let job = started_rare(2);
		all_proven(1_000_000);
		let (late, other) = match slot_of(job, 0) == PROVIDERS[0] {
			true => (PROVIDERS[0], PROVIDERS[1]),
			false => (PROVIDERS[1], PROVIDERS[0]),
		};
		for slot in slots_in(job, |_| true) {
			if slot_of(job, slot) != late {
				assert_ok!(commit(job, slot));
			}
		}
		// WHEN the deadline passes THEN it has proven nothing, and the other what it had
		go_past_deadline(job);
		advance(job);
		assert_eq!(Jobs::standing_of(&late).proven, 0);
		assert_eq!(Jobs::standing_of(&other).proven, 1_000_000);
		// AND so after a conviction, also of a job that is long gone
		Jobs::note_slash(JobId(99), &other, 1);
		assert_eq!(Jobs::standing_of(&other).proven, 0);
	});
}

#[test]
fn a_dispute_alone_takes_no_standing() {
	build_and_execute(|| {
		// GIVEN work of providers that have proven much, one of which is disputed
		let job = started_rare(2);
		all_proven(1_000_000);
		let accused = slot_of(job, 1);
		work_until_assay(job);
		seal_all(job);
		events();
		// WHEN it is left out THEN who is right is not known yet
		judge(job, 1, Verdict::Invalid);
		assert!(events().iter().any(|event| matches!(
			event,
			Event::TaskUnpaid {
				reason: Unpaid::Disputed,
				..
			}
		)));
		assert_eq!(Jobs::standing_of(&accused).proven, 1_000_000);
	});
}

#[test]
fn what_verdicts_leave_of_their_pool_is_there_in_the_next_round() {
	build_and_execute(|| {
		// GIVEN a round whose verdicts cost less than their pool of 12,000
		let job = started_rare(3);
		work_until_close(job);
		let left = record(job).pools.validation;
		// Nine verdicts of which the pool pays a tenth.
		assert_eq!(left, 12_000 - 9 * CHECK / 10);
		// WHEN the next one begins THEN it has what is left beside its own, and compute its own alone
		assert_ok!(close(job));
		assert_eq!(record(job).pools.validation, left + 12_000);
		assert_eq!(record(job).pools.compute, 3_000);
	});
}

#[test]
fn committees_grow_when_a_draw_does_not_decide() {
	build_and_execute(|| {
		// GIVEN a draw in which nobody seals
		let job = started_rare(2);
		work_until_assay(job);
		assert_eq!(Jobs::task(job, 0).unwrap().committee, 3);
		assert_eq!(Jobs::committee_of(job, 0).len(), 3);
		go_past_deadline(job);
		advance(job);
		// WHEN its slots are drawn again THEN the committees have six seats, and here all validators
		assert_ok!(draw(job));
		assert_eq!(Jobs::task(job, 0).unwrap().committee, 6);
		assert_eq!(Jobs::committee_of(job, 0).len(), 4);
	});
}
