//! P17: what checks may cost, and that accepted terms deter.

use crate::samples::{facts, policy, quarters, strict_terms, terms, ASY};
use assay_protocol::{
	audit::{audit_of, check_audit, floor_bill, highest_floor_ppm, least_stake},
	check_terms,
	draw::draw_seed,
	limits::PPM,
	reward::{fetched, providers_part, verdict_fee, MAX_UPTIME_PPM},
	sampling::is_drawn,
	Audit, AuditPolicy, JobId, Overflow, PlanFacts, Refusal, Terms,
};
use proptest::prelude::*;

const STRICT: AuditPolicy = AuditPolicy::STRICT;

/// The refusal of the strict sample when it is spoilt.
fn refusal(spoil: impl FnOnce(&mut Terms)) -> Refusal {
	let mut terms = strict_terms();
	spoil(&mut terms);
	check_terms(&terms, &quarters(), &STRICT).expect_err("the terms are spoilt")
}

fn accepted(change: impl FnOnce(&mut Terms)) {
	let mut terms = strict_terms();
	change(&mut terms);
	assert!(
		check_terms(&terms, &quarters(), &STRICT).is_ok(),
		"{terms:?}"
	);
}

/// What a full committee costs with the highest bonus, for so many FLOPs.
fn committees_fee(terms: &Terms, facts: &PlanFacts, flops: u128) -> u128 {
	let fee = verdict_fee(terms.price, flops, facts.task_flops, MAX_UPTIME_PPM);
	fee * u128::from(terms.committee)
}

#[test]
fn the_checks_of_a_job_are_those_of_one_segment_by_its_committee() {
	accepted(|_| {});
	assert_eq!(
		audit_of(&strict_terms(), &quarters(), &STRICT),
		Audit {
			floor_ppm: 100_000,
			adversary_ppm: 333_334,
			committee: 3,
			drawn_steps: 1,
			steps: 4,
			burned_ppm: 500_000,
		}
	);
}

#[test]
fn a_floor_of_nothing_or_of_more_than_always_is_refused_with_its_bound() {
	for floor_ppm in [0, PPM + 1, u32::MAX] {
		assert_eq!(
			refusal(|terms| terms.audit_floor_ppm = floor_ppm),
			Refusal::AuditFloorOutOfRange {
				floor_ppm,
				most: PPM
			}
		);
	}
	// Both ends are accepted of whoever stakes enough: 1 in 1,500,000 of a check is caught.
	for floor_ppm in [1, PPM] {
		let mut terms = terms();
		terms.audit_floor_ppm = floor_ppm;
		terms.task_stake = 1_500_000 * ASY;
		assert_eq!(check_audit(&terms, &facts(), &policy()), Ok(()));
	}
}

#[test]
fn checks_that_cost_more_than_their_share_are_refused_with_both_amounts() {
	// GIVEN 3 tasks at 1 ASY, of which a tenth is drawn: two of them are covered, by 3 seats of
	// 0.3125 ASY each, and fetching all three costs 9 seats of 0.0048828125 ASY.
	let bill = 6 * 312_500_000_000 + 9 * 4_882_812_500;
	assert_eq!(floor_bill(&strict_terms(), &quarters()), Ok(bill));
	// WHEN the share for verdicts is too small THEN the bill and the pool are named
	assert_eq!(
		refusal(|terms| (terms.shares.compute, terms.shares.validation) = (750_000, 250_000)),
		Refusal::AuditBillAbovePool { bill, pool: ASY }
	);
	// AND the least that is enough is v / c >= bill / 3 = 0.6396.., so c <= 0.609886..
	accepted(|terms| (terms.shares.compute, terms.shares.validation) = (609_886, 390_114));
	assert!(matches!(
		refusal(|terms| (terms.shares.compute, terms.shares.validation) = (609_887, 390_113)),
		Refusal::AuditBillAbovePool { .. }
	));
}

#[test]
fn checks_that_repeat_more_than_eight_percent_are_refused_with_the_highest_floor() {
	// Three quarters of 106,666.7 ppm are 8 %.
	let most = 106_666;
	assert_eq!(highest_floor_ppm(3, &quarters(), &STRICT), most);
	accepted(|terms| terms.audit_floor_ppm = most);
	assert_eq!(
		refusal(|terms| terms.audit_floor_ppm = most + 1),
		Refusal::AuditRepeatsTooMuch {
			floor_ppm: most + 1,
			most
		}
	);
}

#[test]
fn checks_that_repeat_nothing_may_be_made_always() {
	// GIVEN a check without FLOPs, and a policy that asks for none
	let nothing = PlanFacts {
		segment_flops: 0,
		..quarters()
	};
	assert_eq!(highest_floor_ppm(3, &nothing, &STRICT), PPM);
	let mut always = strict_terms();
	always.audit_floor_ppm = PPM;
	assert_eq!(check_audit(&always, &nothing, &STRICT), Ok(()));
	// AND where nothing may be repeated no floor is accepted
	let none = AuditPolicy {
		max_flops_ppm: 0,
		..STRICT
	};
	assert_eq!(highest_floor_ppm(3, &quarters(), &none), 0);
	// AND FLOPs beyond any plan are compared in full: a committee of one repeats a quarter
	let huge = PlanFacts {
		task_flops: u128::MAX,
		segment_flops: u128::MAX / 4,
		..quarters()
	};
	assert_eq!(highest_floor_ppm(1, &huge, &STRICT), 320_000);
}

#[test]
fn a_check_that_costs_more_than_the_task_is_refused_with_its_fees() {
	// GIVEN segments of which three at 1.25 are the price: 4 of 15
	let with = |segment_flops| PlanFacts {
		task_flops: 30_000,
		segment_flops,
		segments: 4,
		checkpoint_bytes: 4_096,
	};
	let mut terms = strict_terms();
	terms.audit_floor_ppm = 90_000;
	terms.task_stake = 200 * ASY;
	(terms.shares.compute, terms.shares.validation) = (300_000, 700_000);
	// THEN that is accepted, and one FLOP more is not
	assert_eq!(check_audit(&terms, &with(8_000), &STRICT), Ok(()));
	assert_eq!(
		check_audit(&terms, &with(8_001), &STRICT),
		Err(Refusal::CheckAbovePrice {
			fees: 3 * 333_375_000_000,
			most: ASY
		})
	);
	// AND neither is the first with a policy of less than the price
	let less = AuditPolicy {
		max_check_ppm: 999_999,
		..STRICT
	};
	let (fees, most) = (3 * 333_333_333_332, 999_999_000_000);
	assert_eq!(
		check_audit(&terms, &with(8_000), &less),
		Err(Refusal::CheckAbovePrice { fees, most })
	);
}

#[test]
fn a_stake_that_does_not_deter_is_refused_with_the_least_that_does() {
	// GIVEN nobody adversarial and all of the stake burned: 2/3 of a tenth of a quarter is 1/60
	let honest = AuditPolicy {
		adversary_ppm: 0,
		burned_ppm: PPM,
		..STRICT
	};
	let check = |harm, task_stake| {
		let terms = Terms {
			harm,
			task_stake,
			..strict_terms()
		};
		check_audit(&terms, &quarters(), &honest)
	};
	// THEN 59 times the price and the harm are the least
	for (harm, least) in [(0, 59 * ASY), (ASY, 118 * ASY), (9 * ASY, 590 * ASY)] {
		assert_eq!(check(harm, least), Ok(()));
		let stake = least - 1;
		assert_eq!(
			check(harm, stake),
			Err(Refusal::StakeDoesNotDeter { stake, least })
		);
	}
	// AND with a third adversarial and a half for informers it is more than twice that
	let least = least_stake(&strict_terms(), &quarters(), &STRICT).expect("a balance");
	assert_eq!(least / ASY, 122);
	accepted(|terms| terms.task_stake = least);
	assert_eq!(
		refusal(|terms| terms.task_stake = least - 1),
		Refusal::StakeDoesNotDeter {
			stake: least - 1,
			least
		}
	);
}

#[test]
fn where_no_balance_deters_every_stake_is_refused() {
	let (stake, least) = (u128::MAX, u128::MAX);
	let refused = Err(Refusal::StakeDoesNotDeter { stake, least });
	let all_in = |harm| Terms {
		harm,
		task_stake: u128::MAX,
		..strict_terms()
	};
	// GIVEN validators that are all adversarial
	let bought = AuditPolicy {
		adversary_ppm: PPM,
		..STRICT
	};
	assert_eq!(check_audit(&all_in(0), &quarters(), &bought), refused);
	// AND a harm beyond a balance, with the price or on its own
	for harm in [u128::MAX, u128::MAX - ASY, u128::MAX / 2] {
		let terms = all_in(harm);
		assert_eq!(least_stake(&terms, &quarters(), &STRICT), None);
		assert_eq!(check_audit(&terms, &quarters(), &STRICT), refused);
	}
}

#[test]
fn a_bill_beyond_a_balance_is_refused() {
	// GIVEN a round whose tasks can just be paid, and fifteen verdicts about each
	let mut terms = terms();
	terms.price = u128::MAX / 4;
	(terms.rounds, terms.committee, terms.quorum) = (1, 15, 10);
	(terms.shares.compute, terms.shares.validation) = (PPM, 0);
	terms.task_stake = u128::MAX;
	assert_eq!(floor_bill(&terms, &facts()), Err(Overflow));
	assert_eq!(
		check_terms(&terms, &facts(), &policy()),
		Err(Refusal::Overflow)
	);
}

#[test]
fn at_a_floor_of_always_every_committee_is_paid_in_full_and_for_fetching() {
	for (tasks, committee) in [(1, 1), (3, 3), (512, 15)] {
		let mut terms = strict_terms();
		(terms.tasks, terms.committee, terms.audit_floor_ppm) = (tasks, committee, PPM);
		for facts in [facts(), quarters()] {
			let task = committees_fee(&terms, &facts, facts.segment_flops)
				+ committees_fee(&terms, &facts, fetched(&facts));
			let bill = floor_bill(&terms, &facts);
			assert_eq!(bill, Ok(task * u128::from(tasks)));
		}
	}
}

/// How many checks at the full fee the bill has room for.
fn covered(tasks: u32, floor_ppm: u32) -> u32 {
	let terms = Terms {
		tasks,
		audit_floor_ppm: floor_ppm,
		..strict_terms()
	};
	let fetching = committees_fee(&terms, &quarters(), fetched(&quarters())) * u128::from(tasks);
	let bill = floor_bill(&terms, &quarters()).expect("in range");
	let check = committees_fee(&terms, &quarters(), quarters().segment_flops);
	u32::try_from((bill - fetching) / check).expect("few")
}

#[test]
fn no_more_than_one_round_in_two_hundred_draws_more_than_is_covered() {
	// GIVEN rounds of any length and floors of any height
	for tasks in [1u32, 2, 3, 5, 10, 17, 64, 200, 512] {
		for floor_ppm in [1, 1_000, 10_000, 50_000, 91_000, 106_666, 250_000, 600_000] {
			// WHEN the number of drawn tasks is binomial
			let (n, p) = (f64::from(tasks), f64::from(floor_ppm) / 1e6);
			let mut exactly = (n * (-p).ln_1p()).exp();
			let mut within = 0.0;
			for drawn in 0..=covered(tasks, floor_ppm) {
				within += exactly;
				let more = f64::from(drawn);
				exactly *= (n - more) / (more + 1.0) * p / (1.0 - p);
			}
			// THEN at most one in 200 rounds exceeds what is covered
			assert!(
				1.0 - within <= 0.005,
				"{tasks} {floor_ppm}: {}",
				1.0 - within
			);
		}
	}
}

#[test]
fn draws_of_the_protocol_exceed_what_is_covered_in_one_of_two_hundred_rounds_at_most() {
	const ROUNDS: u32 = 4_000;
	// GIVEN a task, a few and many, drawn by the protocol in as many rounds
	for (tasks, floor_ppm) in [(1, 50_000), (3, 100_000), (10, 50_000), (64, 106_666)] {
		let covered = covered(tasks, floor_ppm) as usize;
		let above = (0..ROUNDS).filter(|round| {
			let seed = draw_seed::<u32>(JobId(1), *round, 0, &[]);
			let drawn = (0..tasks).filter(|slot| is_drawn(&seed, *slot, 0, floor_ppm));
			drawn.count() > covered
		});
		// THEN at most 0.5 % of the rounds draw more
		assert!(above.count() <= 20, "{tasks} {floor_ppm}");
	}
}

/// Facts of tasks with up to 31 segments of up to 256 steps.
fn any_facts() -> impl Strategy<Value = PlanFacts> {
	(1u128..1 << 60, 1u32..=31, 1u32..=8).prop_map(|(step_flops, segments, stride)| PlanFacts {
		task_flops: step_flops * u128::from(segments * stride),
		segment_flops: step_flops * u128::from(stride),
		segments,
		checkpoint_bytes: 4_096,
	})
}

/// Terms in range, with a stake that deters from nothing yet and shares that pay for everything.
fn any_terms() -> impl Strategy<Value = Terms> {
	let counts = (1u32..=512, 1u32..=15, 1..=PPM);
	(1u128..1 << 60, 0u128..1 << 60, counts).prop_map(
		|(price, harm, (tasks, committee, audit_floor_ppm))| {
			let mut terms = terms();
			(terms.price, terms.harm, terms.tasks) = (price, harm, tasks);
			(terms.committee, terms.audit_floor_ppm) = (committee, audit_floor_ppm);
			(terms.shares.compute, terms.shares.validation) = (10_000, 990_000);
			terms
		},
	)
}

/// A policy that asks for something, and refuses no rate and no fee.
fn any_policy() -> impl Strategy<Value = AuditPolicy> {
	(0..PPM, 1..=PPM).prop_map(|(adversary_ppm, burned_ppm)| AuditPolicy {
		adversary_ppm,
		burned_ppm,
		..policy()
	})
}

proptest! {
	#[test]
	fn p17_the_least_stake_is_accepted_and_one_unit_less_is_refused_with_it(
		terms in any_terms(), facts in any_facts(), policy in any_policy(),
	) {
		let least = least_stake(&terms, &facts, &policy).expect("at most 2^61 times 2^60");
		let check = |task_stake| check_audit(&Terms { task_stake, ..terms }, &facts, &policy);

		prop_assert_eq!(check(least), Ok(()));
		prop_assert_eq!(check(u128::MAX), Ok(()));
		let stake = least - 1;
		prop_assert_eq!(check(stake), Err(Refusal::StakeDoesNotDeter { stake, least }));
	}

	#[test]
	fn p17_the_highest_floor_repeats_no_more_than_allowed_and_one_more_does(
		mut terms in any_terms(), facts in any_facts(), max_flops_ppm in 0..=PPM,
	) {
		let policy = AuditPolicy { max_flops_ppm, ..policy() };
		terms.task_stake = u128::MAX;
		let most = highest_floor_ppm(terms.committee, &facts, &policy);
		let mut check = |floor_ppm| {
			terms.audit_floor_ppm = floor_ppm;
			check_audit(&terms, &facts, &policy)
		};

		prop_assert!(most <= PPM);
		prop_assert!(most == 0 || check(most).is_ok());
		let floor_ppm = most + 1;
		prop_assert_eq!(check(floor_ppm), Err(match most {
			PPM => Refusal::AuditFloorOutOfRange { floor_ppm, most },
			_ => Refusal::AuditRepeatsTooMuch { floor_ppm, most },
		}));
	}

	#[test]
	fn p17_a_bill_is_that_of_fetching_all_and_of_whole_checks_of_three_deviations_more(
		terms in any_terms(), facts in any_facts(),
	) {
		// In millionths of a task; all tasks are less than 2^30 of them.
		let (tasks, ppm) = (u64::from(terms.tasks), u64::from(PPM));
		let mean = tasks * u64::from(terms.audit_floor_ppm);
		let reaches = |whole: &u64| {
			let more = (whole * ppm).checked_sub(mean);
			more.is_some_and(|more| more * more >= 9 * mean * ppm)
		};
		let drawn = (0..tasks).find(reaches).unwrap_or(tasks);

		let bill = committees_fee(&terms, &facts, fetched(&facts)) * u128::from(tasks)
			+ committees_fee(&terms, &facts, facts.segment_flops) * u128::from(drawn);
		prop_assert_eq!(floor_bill(&terms, &facts), Ok(bill));
	}

	#[test]
	fn p3_what_the_submitter_pays_for_covered_draws_never_exceeds_the_bill(
		terms in any_terms(), facts in any_facts(),
		rates in prop::collection::vec((1..=PPM, any::<bool>()), 512),
		uptime in 0u32..2 * PPM,
	) {
		// GIVEN slots with rates of the floor or more, of which no more are drawn than the bill says
		let tasks = u128::from(terms.tasks);
		let bill = floor_bill(&terms, &facts).expect("in range");
		let check = committees_fee(&terms, &facts, facts.segment_flops);
		let fetching = committees_fee(&terms, &facts, fetched(&facts));
		let mut covered = (bill - fetching * tasks).checked_div(check).unwrap_or(tasks);
		let mut paid = 0;
		for (rate, is_drawn) in rates.into_iter().take(terms.tasks as usize) {
			let is_drawn = is_drawn && covered > 0;
			covered -= u128::from(is_drawn);
			let flops = if is_drawn { facts.segment_flops } else { fetched(&facts) };
			let fee = verdict_fee(terms.price, flops, facts.task_flops, uptime);
			// WHEN each seat is paid, and the provider takes part in it above the floor
			let rate = rate.max(terms.audit_floor_ppm);
			let part = if is_drawn { providers_part(fee, rate, terms.audit_floor_ppm) } else { 0 };
			paid += (fee - part) * u128::from(terms.committee);
		}
		// THEN the bill holds it
		prop_assert!(paid <= bill);
	}

	#[test]
	fn p17_a_newcomer_can_pay_for_its_check_from_the_price_of_the_task(
		mut terms in any_terms(), facts in any_facts(), uptime: u32,
	) {
		terms.task_stake = u128::MAX;
		let most = highest_floor_ppm(terms.committee, &facts, &STRICT);
		terms.audit_floor_ppm = terms.audit_floor_ppm.clamp(1, most.max(1));
		// GIVEN terms that the chain accepts
		let accepted = check_audit(&terms, &facts, &STRICT).is_ok();
		// WHEN every seat of the committee recomputes the task of a newcomer
		let fee = verdict_fee(terms.price, facts.segment_flops, facts.task_flops, uptime);
		let part = providers_part(fee, PPM, terms.audit_floor_ppm) * u128::from(terms.committee);
		// THEN it can pay its part, and no more is refused than could cost more than the price
		let dearest = committees_fee(&terms, &facts, facts.segment_flops);
		prop_assert!(!accepted || part <= terms.price);
		prop_assert_eq!(accepted, dearest <= terms.price);
	}
}
