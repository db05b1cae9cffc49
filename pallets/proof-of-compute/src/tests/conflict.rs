//! Claims about the next checkpoint that contradict each other: P8.

use crate::{mock::*, Aggregations, Error, Event, Struck};
use assay_protocol::{dispute::ClosingRuling, round::NO_DEADLINE, Loss, Outlook, Phase};
use assay_traits::Rounds;
use frame_support::{assert_noop, assert_ok};

const RIGHT: [u8; 32] = [9; 32];
const WRONG: [u8; 32] = [6; 32];

/// A round that waits for claims, and who is drawn to make them.
fn closing() -> [u64; 3] {
	start(Setup::default());
	to_close();
	closers().try_into().unwrap()
}

fn settle() {
	ProofOfCompute::settle_claims(RuntimeOrigin::signed(STRANGER), JOB, 0).unwrap();
}

fn struck() -> Vec<(u64, Struck)> {
	let all = System::read_events_for_pallet::<Event<Test>>();
	let all = all.into_iter().filter_map(|event| match event {
		Event::ClaimStruck {
			validator, struck, ..
		} => Some((validator, struck)),
		_ => None,
	});
	all.collect()
}

#[test]
fn a_contradiction_opens_a_conflict_and_stops_the_clock_of_the_round() {
	build_and_execute(|| {
		// GIVEN two bought claims
		let [first, second, third] = closing();
		claim(first, WRONG, 5).unwrap();
		claim(second, WRONG, 5).unwrap();
		let deadline = job(JOB).round.deadline;
		// WHEN the third validator names another checkpoint
		claim(third, RIGHT, 5).unwrap();
		// THEN the first claim and the first that contradicts it are in a conflict, with all they follow
		// from
		let conflict = conflict().unwrap();
		assert_eq!(conflict.claimant, (0, first));
		assert_eq!(conflict.challenger, (2, third));
		assert_eq!((conflict.claimed, conflict.parent), (WRONG, PARENT));
		let update = MockRounds::task(JOB, 0).unwrap().work.unwrap().update;
		assert_eq!(conflict.updates, [update]);
		// AND no deadline passes
		assert_eq!(job(JOB).round.outlook, Outlook::Contested);
		assert_eq!(job(JOB).round.deadline, NO_DEADLINE);
		run_to(deadline + 50);
		assert!(advance(JOB).is_err());
		assert_eq!(phase(), Phase::Close);
		assert!(job(JOB).closed.is_empty());
	});
}

#[test]
fn one_honest_claim_closes_the_round_against_two_that_are_bought() {
	build_and_execute(|| {
		let [first, second, third] = closing();
		claim(first, WRONG, 5).unwrap();
		claim(third, RIGHT, 4).unwrap();
		claim(second, WRONG, 5).unwrap();
		// WHEN the claimed checkpoint is found wrong
		assert_eq!(rule(ClosingRuling::CheckpointWrong), first);
		settle();
		// THEN everybody who claims it is convicted, and the rest closes the round
		assert_eq!(convicted(), [first, second]);
		assert_eq!(job(JOB).closed, vec![(RIGHT, Loss(4))]);
		let both = [first, second].map(|bought| (bought, Struck::Convicted));
		assert_eq!(struck(), both);
	});
}

#[test]
fn a_challenger_that_is_wrong_loses_alone_and_others_that_claim_the_same_follow() {
	build_and_execute(|| {
		let [first, second, third] = closing();
		claim(first, RIGHT, 4).unwrap();
		claim(second, WRONG, 5).unwrap();
		claim(third, WRONG, 5).unwrap();
		// WHEN the first challenger has lost
		assert_eq!(rule(ClosingRuling::ChallengerWrong), second);
		settle();
		// THEN the next one is the challenger, and nothing has closed
		assert_eq!(convicted(), [second]);
		assert_eq!(conflict().unwrap().challenger, (2, third));
		assert!(job(JOB).closed.is_empty());
		// AND when that one has lost the honest claim closes
		assert_eq!(rule(ClosingRuling::ChallengerSilent), third);
		settle();
		assert_eq!(job(JOB).closed, vec![(RIGHT, Loss(4))]);
	});
}

#[test]
fn a_silent_accomplice_of_the_right_checkpoint_takes_nobody_with_it() {
	build_and_execute(|| {
		// GIVEN a bought validator that claims what is right, and another that contradicts it
		let [first, second, third] = closing();
		claim(first, RIGHT, 4).unwrap();
		claim(second, RIGHT, 4).unwrap();
		claim(third, WRONG, 5).unwrap();
		// WHEN the first falls silent
		assert_eq!(rule(ClosingRuling::ClaimantSilent), first);
		settle();
		// THEN the honest one goes on
		assert_eq!(convicted(), [first]);
		let next = conflict().unwrap();
		assert_eq!((next.claimant, next.claimed), ((1, second), RIGHT));
		rule(ClosingRuling::ChallengerWrong);
		settle();
		assert_eq!(job(JOB).closed, vec![(RIGHT, Loss(4))]);
	});
}

#[test]
fn a_claim_during_a_conflict_changes_nothing_about_who_its_sides_are() {
	build_and_execute(|| {
		// GIVEN a conflict between the second and the third seat
		let [first, second, third] = closing();
		claim(second, WRONG, 5).unwrap();
		claim(third, RIGHT, 4).unwrap();
		// WHEN the first seat claims, long after the window, and the second has lost
		run_to(job(JOB).round.since + 100);
		assert_ok!(claim(first, RIGHT, 4));
		assert_eq!(conflict().unwrap().claimant, (1, second));
		assert_eq!(rule(ClosingRuling::ClaimantSilent), second);
		settle();
		// THEN the second is struck, and the two others close the round
		assert_eq!(struck(), [(second, Struck::Convicted)]);
		assert_eq!(job(JOB).closed, vec![(RIGHT, Loss(4))]);
	});
}

#[test]
fn a_claim_with_nothing_behind_it_is_struck_when_it_is_contradicted() {
	build_and_execute(|| {
		let [first, second, third] = closing();
		make_broke(third);
		claim(first, RIGHT, 4).unwrap();
		claim(second, RIGHT, 4).unwrap();
		claim(third, WRONG, 5).unwrap();
		assert_eq!(struck(), [(third, Struck::Unpledged)]);
		assert_eq!(convicted(), [] as [u64; 0]);
		assert_eq!(job(JOB).closed, vec![(RIGHT, Loss(4))]);
	});
}

#[test]
fn a_seat_without_a_pledge_is_still_one_that_the_quorum_is_counted_of() {
	build_and_execute(|| {
		// GIVEN a bought claim, and two honest ones of which one has nothing to pledge
		let [first, second, _] = closing();
		make_broke(second);
		claim(first, WRONG, 5).unwrap();
		claim(second, RIGHT, 4).unwrap();
		// THEN the bought one alone is no quorum of three
		assert_eq!(struck(), [(second, Struck::Unpledged)]);
		assert_eq!(job(JOB).round.outlook, Outlook::Awaited);
		miss_deadline(JOB);
		assert!(job(JOB).closed.is_empty());
	});
}

#[test]
fn after_a_conflict_that_leaves_too_few_others_are_drawn() {
	build_and_execute(|| {
		// GIVEN a conflict that has outlived the window, and a third seat that is absent
		let [first, second, _] = closing();
		claim(first, WRONG, 5).unwrap();
		claim(second, RIGHT, 4).unwrap();
		run_to(job(JOB).round.since + 100);
		rule(ClosingRuling::CheckpointWrong);
		// WHEN it is settled
		settle();
		// THEN one of two is no quorum: the window begins again, with the next block
		assert_eq!(job(JOB).round.outlook, Outlook::Awaited);
		assert!(advance(JOB).is_err());
		next_block();
		advance(JOB).unwrap();
		assert_eq!((phase(), job(JOB).round.restarts), (Phase::Close, 1));
		assert!(job(JOB).closed.is_empty());
		// AND the claims of the earlier one are void
		assert_ok!(claim(closers()[0], RIGHT, 4));
		assert_eq!(conflict(), None);
	});
}

#[test]
fn an_idle_block_settles_a_conflict() {
	build_and_execute(|| {
		let [first, second, third] = closing();
		claim(first, WRONG, 5).unwrap();
		claim(second, RIGHT, 4).unwrap();
		claim(third, RIGHT, 4).unwrap();
		rule(ClosingRuling::CheckpointWrong);
		for _ in 0..2 {
			idle();
		}
		assert_eq!(job(JOB).closed, vec![(RIGHT, Loss(4))]);
	});
}

#[test]
fn only_a_conflict_that_is_ruled_is_settled() {
	build_and_execute(|| {
		let [first, second, _] = closing();
		let anyone = || RuntimeOrigin::signed(STRANGER);
		let none = ProofOfCompute::settle_claims(anyone(), JOB, 0);
		assert_noop!(none, Error::<Test>::NothingToSettle);
		claim(first, WRONG, 5).unwrap();
		claim(second, RIGHT, 4).unwrap();
		let open = ProofOfCompute::settle_claims(anyone(), JOB, 0);
		assert_noop!(open, Error::<Test>::NothingToSettle);
		rule(ClosingRuling::ClaimantSilent);
		settle();
		let settled = ProofOfCompute::settle_claims(anyone(), JOB, 0);
		assert_noop!(settled, Error::<Test>::NothingToSettle);
	});
}

#[test]
fn the_conflict_of_a_job_that_is_over_is_dropped() {
	build_and_execute(|| {
		let [first, second, _] = closing();
		claim(first, WRONG, 5).unwrap();
		claim(second, RIGHT, 4).unwrap();
		cancel(JOB);
		for _ in 0..2 {
			idle();
		}
		assert_eq!(conflict(), None);
		assert_eq!(Aggregations::<Test>::iter().count(), 0);
	});
}
