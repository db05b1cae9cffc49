//! P2 for terms.

use crate::samples::{facts, policy, terms, ASY};
use assay_protocol::{check_terms, Refusal, Terms, WindowKind, Windows};

/// Picks one of the windows.
type Window = fn(&mut Windows) -> &mut u32;

fn refusal(spoil: impl FnOnce(&mut Terms)) -> Refusal {
	let mut terms = terms();
	spoil(&mut terms);
	check_terms(&terms, &facts(), &policy()).expect_err("the terms are spoilt")
}

fn accepted(change: impl FnOnce(&mut Terms)) {
	let mut terms = terms();
	change(&mut terms);
	assert!(
		check_terms(&terms, &facts(), &policy()).is_ok(),
		"{terms:?}"
	);
}

#[test]
fn terms_in_range_are_accepted_and_tell_the_escrow() {
	let facts = check_terms(&terms(), &facts(), &policy()).expect("the sample is accepted");

	// 3 tasks at 1 ASY are 20 % of the budget: 15 ASY a round, 60 ASY for 4 rounds.
	assert_eq!(facts.round_budget, 15 * ASY);
	assert_eq!(facts.escrow, 60 * ASY);
}

#[test]
fn a_price_of_zero_is_refused() {
	assert_eq!(refusal(|terms| terms.price = 0), Refusal::PriceZero);
}

#[test]
fn a_stake_below_the_penalty_is_refused_with_the_penalty() {
	// A tenth of the price, rounded up.
	let least = ASY / 10;
	assert_eq!(
		refusal(|terms| terms.task_stake = least - 1),
		Refusal::StakeBelowPenalty {
			stake: least - 1,
			least
		}
	);
	// The penalty itself passes this rule; what it does not do is deter, see the rules of checks.
	assert_eq!(
		refusal(|terms| terms.task_stake = least),
		Refusal::StakeDoesNotDeter {
			stake: least,
			least: ASY / 2
		}
	);
}

#[test]
fn counts_out_of_range_are_refused_with_their_bounds() {
	for tasks in [0, 513] {
		assert_eq!(
			refusal(|terms| terms.tasks = tasks),
			Refusal::TasksOutOfRange { tasks, most: 512 }
		);
	}
	for rounds in [0, 4_097] {
		assert_eq!(
			refusal(|terms| terms.rounds = rounds),
			Refusal::RoundsOutOfRange {
				rounds,
				most: 4_096
			}
		);
	}
	for providers in [0, 1_025] {
		assert_eq!(
			refusal(|terms| terms.providers = providers),
			Refusal::ProvidersOutOfRange {
				providers,
				most: 1_024
			}
		);
	}
	for committee in [0, 16] {
		assert_eq!(
			refusal(|terms| terms.committee = committee),
			Refusal::CommitteeOutOfRange {
				committee,
				most: 15
			}
		);
	}
	accepted(|terms| terms.tasks = 512);
	accepted(|terms| terms.rounds = 4_096);
	accepted(|terms| terms.providers = 1_024);
}

#[test]
fn a_quorum_below_what_decides_of_the_committee_is_refused() {
	// Committee, the least quorum: a majority decides up to 6 seats, all but one from 7, two thirds
	// from 12 on.
	for (committee, least) in [
		(1, 1),
		(2, 2),
		(3, 2),
		(4, 3),
		(5, 3),
		(8, 7),
		(9, 8),
		(12, 8),
		(15, 10),
	] {
		for quorum in [0, least - 1, committee + 1] {
			assert_eq!(
				refusal(|terms| (terms.committee, terms.quorum) = (committee, quorum)),
				Refusal::QuorumOutOfRange {
					quorum,
					least,
					most: committee
				}
			);
		}
	}
	accepted(|terms| (terms.committee, terms.quorum) = (2, 2));
	accepted(|terms| (terms.committee, terms.quorum) = (3, 3));
}

#[test]
fn every_window_is_refused_by_its_name_when_it_is_out_of_range() {
	let set: [(WindowKind, Window); 6] = [
		(WindowKind::Open, |windows| &mut windows.open),
		(WindowKind::Train, |windows| &mut windows.train),
		(WindowKind::Reveal, |windows| &mut windows.reveal),
		(WindowKind::Assay, |windows| &mut windows.assay),
		(WindowKind::Unseal, |windows| &mut windows.unseal),
		(WindowKind::Close, |windows| &mut windows.close),
	];
	for (window, of) in set {
		for blocks in [0, 1, 201_601] {
			assert_eq!(
				refusal(|terms| *of(&mut terms.windows) = blocks),
				Refusal::WindowOutOfRange {
					window,
					blocks,
					least: 2,
					most: 9_600
				}
			);
		}
		accepted(|terms| *of(&mut terms.windows) = 2);
		accepted(|terms| *of(&mut terms.windows) = 9_600);
	}
}

#[test]
fn a_window_for_disputes_about_accepted_work_is_from_none_to_a_week() {
	for blocks in [201_601, u32::MAX] {
		assert_eq!(
			refusal(|terms| terms.windows.challenge = blocks),
			Refusal::WindowOutOfRange {
				window: WindowKind::Challenge,
				blocks,
				least: 0,
				most: 201_600
			}
		);
	}
	accepted(|terms| terms.windows.challenge = 0);
	accepted(|terms| terms.windows.challenge = 201_600);
}

#[test]
fn shares_that_are_not_the_whole_are_refused_with_their_sum() {
	assert_eq!(
		refusal(|terms| terms.shares.validation -= 1),
		Refusal::SharesSumWrong {
			sum: 999_999,
			expected: 1_000_000
		}
	);
	// Nothing wraps around.
	assert_eq!(
		refusal(|terms| (terms.shares.compute, terms.shares.validation) = (u32::MAX, 1_000_001)),
		Refusal::SharesSumWrong {
			sum: 4_295_967_296,
			expected: 1_000_000
		}
	);
}

#[test]
fn a_job_that_pays_nothing_for_compute_is_refused() {
	assert_eq!(
		refusal(|terms| (terms.shares.compute, terms.shares.validation) = (0, 1_000_000)),
		Refusal::ComputeShareZero
	);
}

#[test]
fn a_share_for_data_is_refused_until_there_are_datasets() {
	assert_eq!(
		refusal(|terms| (terms.shares.data, terms.shares.validation) = (1, 799_999)),
		Refusal::NoDataset { data: 1 }
	);
}

#[test]
fn verdicts_that_cost_more_than_their_share_are_refused_with_both_amounts() {
	// Budget 3 / 0.25 = 12 ASY, of which 9 for verdicts; these cost 3 * 3 * 1.25 = 11.25 ASY, and
	// fetching a 256th of it.
	assert_eq!(
		refusal(|terms| (terms.shares.compute, terms.shares.validation) = (250_000, 750_000)),
		Refusal::AuditBillAbovePool {
			bill: 11_293_945_312_500,
			pool: 9 * ASY
		}
	);
	// The least share that is enough: v / c >= 3.7646.., so c <= 1 / 4.7646.. = 209,879 ppm.
	accepted(|terms| (terms.shares.compute, terms.shares.validation) = (209_879, 790_121));
	assert!(matches!(
		refusal(|terms| (terms.shares.compute, terms.shares.validation) = (209_880, 790_120)),
		Refusal::AuditBillAbovePool { .. }
	));
}

#[test]
fn a_shorter_segment_costs_less_to_check() {
	let mut facts = facts();
	facts.segment_flops = facts.task_flops / 4;
	let mut terms = terms();
	(terms.shares.compute, terms.shares.validation) = (500_000, 500_000);

	// Verdicts cost 3 * 3 * 1.25 / 4 = 2.8 ASY, and fetching 0.04 ASY, of the 3 ASY that are there.
	assert!(check_terms(&terms, &facts, &policy()).is_ok());
}

#[test]
fn amounts_beyond_a_balance_are_refused() {
	for price in [u128::MAX, u128::MAX / 4, u128::MAX / 16] {
		assert_eq!(
			refusal(|terms| (terms.price, terms.task_stake) = (price, u128::MAX)),
			Refusal::Overflow
		);
	}
}
