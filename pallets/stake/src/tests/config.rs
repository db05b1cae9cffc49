//! Relations between the constants.

use frame_support::traits::Hooks;

use crate::mock::*;

fn check() {
	<Stake as Hooks<u32>>::integrity_test();
}

#[test]
fn the_constants_fit_together() {
	check();
}

#[test]
#[should_panic(expected = "a set of no validators would stop the chain")]
fn no_validators_are_refused() {
	MaxValidators::set(0);
	check();
}

#[test]
#[should_panic(expected = "a snapshot takes no more validators than this")]
fn more_validators_than_a_snapshot_takes_are_refused() {
	MaxValidators::set(101);
	check();
}

#[test]
#[should_panic(expected = "whoever is elected is a candidate")]
fn fewer_candidates_than_validators_are_refused() {
	MaxCandidates::set(3);
	check();
}

#[test]
#[should_panic(expected = "draws ask for the session that has just ended")]
fn a_history_of_one_session_is_refused() {
	HistorySessions::set(1);
	check();
}

#[test]
#[should_panic(expected = "a validator leaves the set two sessions after unbonding")]
fn a_delay_shorter_than_the_answering_time_is_refused() {
	UnbondingSessions::set(HISTORY + 1);
	check();
}

#[test]
#[should_panic(expected = "one session is planned already")]
fn a_suspension_of_one_session_is_refused() {
	SuspensionSessions::set(1);
	check();
}
