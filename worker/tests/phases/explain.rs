//! Every payout and non-payout of a job, from its events alone.

use assay_protocol::{Balance, JobId, Phase, Verdict};
use assay_worker::{
	account::Account,
	chain::{Detail, Event},
	explain::{of_history, of_job, page, Amount, AttemptRow, ExplainError, Explanation, Outcome},
	history::{self, History, HistoryError},
};

use crate::{
	fake::OWNER,
	network::{account, Network, CHEAT, TASK_PAY},
};

const JOB: JobId = JobId(0);
/// A verdict's fee: the whole price, as a verdict recomputes the whole task, with the highest bonus.
const VERDICT: Balance = 1_250;
/// What is left of it without the fee of 2 %.
const VERDICT_PAY: Balance = 1_225;

async fn explained(network: &Network) -> Explanation {
	of_job(&*network.chain, JOB).await.unwrap()
}

async fn history_of(network: &Network) -> History {
	history::of_job(&*network.chain, JOB).await.unwrap()
}

fn attempts(of: &Explanation) -> impl Iterator<Item = &AttemptRow> {
	of.rounds.iter().flat_map(|round| &round.attempts)
}

/// Why seats were paid or not, for those of whom this holds.
fn whys(of: &Explanation, paid: bool) -> Vec<&str> {
	let draws = attempts(of).flat_map(|row| &row.draws);
	let seats = draws.flat_map(|draw| &draw.seats);
	let those = seats.filter(|seat| seat.pay.is_some() == paid);
	those.map(|seat| seat.why).collect()
}

/// A job with a cheat, run to its end.
async fn cheated() -> Network {
	let mut network = Network::new();
	network.seats[0].cheat = Some(CHEAT);
	network.run().await;
	network
}

#[tokio::test(flavor = "multi_thread")]
async fn every_unit_of_an_honest_job_follows_from_its_events() {
	// GIVEN an honest job of two rounds of three tasks, judged by three validators each
	let mut network = Network::new();
	network.run().await;
	// WHEN it is explained
	let of = explained(&network).await;
	// THEN nothing differs, from the events or from the chain's books
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(Some(of.ledger), of.stored);
	assert_eq!(of.state, "completed");
	// AND 30,000 = six tasks, eighteen verdicts, their fees and the rest
	let books = of.ledger;
	assert_eq!(books.escrow, Amount(30_000));
	assert_eq!(books.paid_compute, Amount(6 * TASK_PAY));
	assert_eq!(books.paid_validation, Amount(18 * VERDICT_PAY));
	assert_eq!(books.fees, Amount(6 * 20 + 18 * 25));
	assert_eq!(books.refunded, Amount(30_000 - 6_000 - 18 * VERDICT));
	assert_eq!((books.held, books.unclaimed), (Amount(0), Amount(0)));
	// AND each account has its own, all of it claimed
	let dave = &of.accounts[&account("//Dave")];
	assert_eq!((dave.tasks, dave.compute), (2, Amount(2 * TASK_PAY)));
	assert_eq!(dave.claimed, Amount(2 * TASK_PAY));
	let alice = &of.accounts[&account("//Alice")];
	assert_eq!(
		(alice.verdicts, alice.claimed),
		(6, Amount(6 * VERDICT_PAY))
	);
	assert_eq!(of.accounts[&OWNER].claimed, Amount(1_500));
	assert_eq!(whys(&of, true), ["its verdict stands"; 18]);
	// AND all three claimed each checkpoint, for nothing
	let claims: Vec<_> = of.rounds.iter().map(|round| round.claims.len()).collect();
	assert_eq!(claims, [3, 3]);
	// AND the text says so
	let text = page(&of);
	assert!(
		text.contains("Every amount follows from the events"),
		"{text}"
	);
	assert!(text.contains("uptime 1.25"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cheat_costs_its_stake_and_verdicts_about_it_are_not_paid_by_the_job() {
	// GIVEN a job in which one task was wrong and done again
	let network = cheated().await;
	// WHEN it is explained
	let of = explained(&network).await;
	// THEN the wrong attempt has its reason and cost, and nothing differs
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(Some(of.ledger), of.stored);
	let wrong: Vec<_> = attempts(&of)
		.filter_map(|row| match &row.outcome {
			Outcome::Unpaid { reason, cost, .. } => Some((row.provider, *reason, cost.event)),
			_ => None,
		})
		.collect();
	let dave = account("//Dave");
	let found = "disputed, and found wrong by the chain, or never shown";
	assert_eq!(wrong, [(dave, found, Amount(1_000))]);
	assert_eq!(of.accounts[&dave].slashed, Amount(1_000));
	assert_eq!(of.ledger.slashed, Amount(1_000));
	// AND the eighteen verdicts about accepted work are paid in full, the three dissents not
	assert_eq!(whys(&of, true), ["its verdict stands"; 18]);
	assert_eq!(whys(&of, false).len(), 3);
	let gross: Balance = attempts(&of)
		.flat_map(|row| &row.draws)
		.flat_map(|draw| &draw.seats)
		.filter_map(|seat| seat.pay)
		.map(|pay| pay.gross.0)
		.sum();
	assert_eq!(gross, 18 * VERDICT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_commit_costs_a_tenth_and_absent_judges_are_unpaid() {
	// GIVEN a provider that vanishes with its first task, and a validator that never came
	let mut network = Network::new();
	network.seats[5].is_on = false;
	network.run_until(|chain| chain.phase().is_some()).await;
	network.seats[2].is_on = false;
	network.run().await;
	// WHEN the job is explained
	let of = explained(&network).await;
	// THEN each missed commit cost a tenth of the price, and each absence is told
	assert_eq!(of.mismatches, Vec::<String>::new());
	let missed = attempts(&of).filter(|row| {
		matches!(&row.outcome, Outcome::Unpaid { reason, cost, .. }
			if *reason == "missed the commit" && cost.due == Amount(100))
	});
	let missed = missed.count();
	assert!(missed > 0);
	let ferdie = &of.accounts[&account("//Ferdie")];
	assert_eq!(ferdie.slashed, Amount(100 * missed as Balance));
	assert_eq!((ferdie.tasks, ferdie.claimed), (0, Amount(0)));
	assert_eq!(whys(&of, false), ["it gave no verdict"; 6]);
	assert!(!of.accounts.contains_key(&account("//Charlie")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_job_pays_what_was_accepted_and_refunds_the_rest() {
	// GIVEN a job that its owner takes back in the second round, before anybody is judged
	let mut network = Network::new();
	let early = [Phase::Reveal, Phase::Draw, Phase::Assay].map(Some);
	network
		.run_until(|chain| chain.records().len() == 1 && early.contains(&chain.phase()))
		.await;
	network.chain.cancel();
	network.chain.pay_everybody();
	// WHEN it is explained
	let of = explained(&network).await;
	// THEN three tasks and nine verdicts are paid, three attempts ended unpaid and at no cost
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(
		(of.state.as_str(), Some(of.ledger)),
		("cancelled", of.stored)
	);
	let ended = attempts(&of).filter(|row| {
		matches!(&row.outcome, Outcome::Unpaid { reason, cost, .. }
			if *reason == "not judged before the job ended" && cost.due == Amount(0))
	});
	assert_eq!(ended.count(), 3);
	let refund = 30_000 - 3_000 - 9 * VERDICT;
	assert_eq!(of.refunds.len(), 1);
	assert_eq!(of.refunds[0].event, Amount(refund));
	assert_eq!(of.ledger.refunded, Amount(refund));
	assert_eq!(of.ledger.held, Amount(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_explained_as_far_as_it_is() {
	// GIVEN a job whose first verdicts are sealed
	let mut network = Network::new();
	network
		.run_until(|chain| chain.phase() == Some(Phase::Unseal))
		.await;
	// WHEN it is explained
	let of = explained(&network).await;
	// THEN everything is held, and every attempt is open
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(
		(of.state.as_str(), of.ledger.held),
		("running", Amount(30_000))
	);
	assert!(attempts(&of).all(|row| matches!(row.outcome, Outcome::Open)));
	assert_eq!(whys(&of, false), ["the attempt is not decided yet"; 9]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pruned_job_is_explained_from_its_blocks() {
	// GIVEN a job that the chain has forgotten
	let mut network = Network::new();
	network.run().await;
	let before = explained(&network).await;
	network.chain.prune();
	// WHEN it is explained
	let of = explained(&network).await;
	// THEN all is as before, but there are no books to compare with
	assert_eq!(of.stored, None);
	assert_eq!((of.ledger, of.accounts), (before.ledger, before.accounts));
	assert_eq!(of.mismatches, Vec::<String>::new());
}

/// Changes the amount of an event that moves money by one unit; nothing for other events.
fn shifted(event: &Event) -> Option<Event> {
	let mut event = event.clone();
	let amount = match &mut event {
		Event::JobPosted { escrow, .. } => escrow,
		Event::TaskAccepted { pay, .. } | Event::VerdictPaid { pay, .. } => pay,
		Event::Slashed { amount, .. }
		| Event::Claimed { amount, .. }
		| Event::Refunded { amount, .. } => amount,
		_ => return None,
	};
	*amount += 1;
	Some(event)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_unit_too_much_in_any_event_is_found_and_so_is_a_missing_event() {
	// GIVEN the events of a job with a cheat, of which no books are left
	let network = cheated().await;
	let mut history = history_of(&network).await;
	history.now = None;
	assert_eq!(of_history(&history).mismatches, Vec::<String>::new());
	let mut tried = 0;
	for index in 0..history.events.len() {
		let Some(wrong) = shifted(&history.events[index].1) else {
			continue;
		};
		tried += 1;
		// WHEN one amount is a unit higher
		let mut changed = history.clone();
		changed.events[index].1 = wrong.clone();
		// THEN it is told
		assert_ne!(
			of_history(&changed).mismatches,
			Vec::<String>::new(),
			"{wrong:?}"
		);
		// WHEN the event is missing
		changed.events.remove(index);
		// THEN that is told, too
		assert_ne!(
			of_history(&changed).mismatches,
			Vec::<String>::new(),
			"{wrong:?}"
		);
	}
	// Escrow, tasks, verdicts, a slash, a refund and the claims of all seven.
	assert_eq!(tried, 1 + 6 + 18 + 1 + 1 + 7);
}

/// Makes other verdicts of the first of these attempts, of so many seats.
fn overrule(history: &mut History, is_wanted: fn(&Event) -> bool, seats: usize, say: Verdict) {
	let mut events = history.events.iter();
	let (_, event) = events.find(|(_, event)| is_wanted(event)).unwrap();
	let wanted = match *event {
		Event::TaskAccepted {
			round,
			slot,
			attempt,
			..
		}
		| Event::TaskUnpaid {
			round,
			slot,
			attempt,
			..
		} => (round, slot, attempt),
		_ => panic!("decides about no attempt: {event:?}"),
	};
	let verdicts = history
		.events
		.iter_mut()
		.filter_map(|(_, event)| match event {
			Event::VerdictRevealed {
				round,
				slot,
				attempt,
				verdict,
				..
			} if (*round, *slot, *attempt) == wanted => Some(verdict),
			_ => None,
		});
	let changed = verdicts.take(seats).map(|verdict| *verdict = say).count();
	assert_eq!(changed, seats);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_its_verdicts_do_not_bear_is_found() {
	let accepted: fn(&Event) -> bool = |event| matches!(event, Event::TaskAccepted { .. });
	let unpaid: fn(&Event) -> bool = |event| matches!(event, Event::TaskUnpaid { .. });
	let network = cheated().await;
	let history = history_of(&network).await;
	for (is_wanted, seats, say, words) in [
		(accepted, 1, Verdict::Unfetched, "which does not stand"),
		(
			accepted,
			2,
			Verdict::Invalid,
			"the verdicts dispute it, by the event they accept it",
		),
		(
			accepted,
			3,
			Verdict::Unfetched,
			"the verdicts say that it is withheld",
		),
		(
			unpaid,
			3,
			Verdict::Valid,
			"the verdicts accept it, by the event they dispute it",
		),
		(
			unpaid,
			3,
			Verdict::Unfetched,
			"the verdicts say that it is withheld",
		),
	] {
		// GIVEN a job in which seats of an attempt said something else than it was decided by
		let mut history = history.clone();
		overrule(&mut history, is_wanted, seats, say);
		// Nobody without a seat has disputed it either.
		let is_dispute = |event: &Event| matches!(event, Event::DisputeOpened { .. });
		history.events.retain(|(_, event)| !is_dispute(event));
		// WHEN it is explained THEN that is told
		let told = of_history(&history).mismatches.join("\n");
		assert!(told.contains(words), "no `{words}` in: {told}");
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_without_verdicts_and_a_slash_without_a_reason_are_found() {
	// GIVEN a job whose verdicts are in no block, and one whose dispute ends in none
	let network = cheated().await;
	let (mut silent, mut secret) = (history_of(&network).await, history_of(&network).await);
	let is_verdict = |event: &Event| matches!(event, Event::VerdictRevealed { .. });
	silent.events.retain(|(_, event)| !is_verdict(event));
	let is_over = |event: &Event| matches!(event, Event::DisputeEnded { .. });
	secret.events.retain(|(_, event)| !is_over(event));
	// WHEN they are explained THEN each is told
	let told = of_history(&silent).mismatches.join("\n");
	assert!(
		told.contains("no verdicts, and by the event they accept it"),
		"{told}"
	);
	let told = of_history(&secret).mismatches.join("\n");
	assert!(told.contains("a slash without a reason"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_another_id_and_books_that_differ_are_found() {
	// GIVEN a job whose event names another plan, and whose books have one unit more in fees
	let mut network = Network::new();
	network.run().await;
	let mut history = history_of(&network).await;
	if let Event::JobPosted { plan_id, .. } = &mut history.events[0].1 {
		plan_id[0] ^= 1;
	}
	history.now.as_mut().unwrap().ledger.fees += 1;
	// WHEN it is explained THEN both are told, and nothing else
	let told = of_history(&history).mismatches;
	assert_eq!(told.len(), 2, "{told:?}");
	assert!(told[0].contains("the plan's id"), "{told:?}");
	assert!(told[1].contains("the books, fees"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stake_that_was_missing_explains_a_slash_that_is_missing() {
	// GIVEN a job with a provider that vanished and had no stake to burn, as the chain told
	let mut network = Network::new();
	network.run_until(|chain| chain.phase().is_some()).await;
	network.seats[2].is_on = false;
	network.run().await;
	let before = explained(&network).await.ledger.slashed.0;
	let mut history = history_of(&network).await;
	let is_slash = |(_, event): &(u32, Event)| matches!(event, Event::Slashed { .. });
	let index = history.events.iter().position(is_slash).unwrap();
	let (block, slash) = history.events[index].clone();
	let Event::Slashed { slot, attempt, .. } = slash else {
		unreachable!("it was found as one");
	};
	let missing = Detail::StakeMissing {
		job: JOB,
		slot,
		attempt,
	};
	history.events[index] = (block, Event::Detail(missing));
	history.now = None;
	// WHEN it is explained THEN nothing differs, and the attempt cost nothing
	let of = of_history(&history);
	assert_eq!(of.mismatches, Vec::<String>::new());
	assert_eq!(of.ledger.slashed, Amount(before - 100));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_sees_its_own_and_a_stranger_is_told() {
	// GIVEN a job that has ended
	let mut network = Network::new();
	network.run().await;
	let whole = explained(&network).await;
	// WHEN it is explained for a provider, a validator and the owner
	let only = |name: &str| whole.clone().only(account(name)).unwrap();
	let (dave, alice) = (only("//Dave"), only("//Alice"));
	let owner = whole.clone().only(OWNER).unwrap();
	// THEN each sees its own work, sums and claims
	assert_eq!(attempts(&dave).count(), 2);
	assert_eq!(dave.accounts.len(), 1);
	assert_eq!(dave.claims.len(), 1);
	assert_eq!(whys(&alice, true).len(), 6);
	assert_eq!((attempts(&owner).count(), owner.refunds.len()), (0, 1));
	// AND whoever has no part in it is told so
	let stranger = Account([9; 32]);
	let error = whole.only(stranger).unwrap_err();
	assert!(matches!(error, ExplainError::NotInvolved { .. }));
	let text = error.to_string();
	assert!(
		text.contains(&stranger.to_string()) && text.contains("--account"),
		"{text}"
	);
}

#[tokio::test]
async fn a_job_that_nobody_posted_is_told() {
	// GIVEN a chain with one job
	let chain = Network::new().chain;
	// WHEN another is asked for
	let error = of_job(&*chain, JobId(7)).await.unwrap_err();
	// THEN the line names it
	let ExplainError::History(HistoryError::NoSuchJob(7)) = error else {
		panic!("{error}");
	};
	assert!(error.to_string().contains("assay job list"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_the_node_lacks_is_told() {
	// GIVEN a node without one block of a job's life
	let mut network = Network::new();
	network.run().await;
	network.chain.lose_block(9);
	// WHEN the job is explained
	let error = of_job(&*network.chain, JOB).await.unwrap_err();
	// THEN the line names the block and what to do
	let ExplainError::History(HistoryError::NoBlock(9)) = error else {
		panic!("{error}");
	};
	assert!(error.to_string().contains("--node"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_that_expired_are_a_way_out_of_the_books() {
	// GIVEN a job whose last claim never came, and whose credit was burned instead
	let mut network = Network::new();
	network.run().await;
	let mut history = history_of(&network).await;
	history.now = None;
	let claims = history.events.iter_mut().rev();
	let mut claims = claims.filter_map(|(_, event)| match event {
		Event::Claimed { amount, .. } => Some((*amount, event)),
		_ => None,
	});
	let (amount, claim) = claims.next().unwrap();
	*claim = Event::Detail(Detail::CreditsExpired { job: JOB, amount });
	// WHEN it is explained THEN nothing differs, and that account was paid nothing
	let of = of_history(&history);
	assert_eq!(of.mismatches, Vec::<String>::new());
	let sums = of.accounts.values();
	let unpaid = sums.filter(|sums| sums.verdicts + sums.tasks > 0 && sums.claimed == Amount(0));
	assert_eq!(unpaid.count(), 1);
	// WHEN more is burned than was owed THEN that is told
	let is_burned = |(_, event): &&mut (u32, Event)| {
		matches!(event, Event::Detail(Detail::CreditsExpired { .. }))
	};
	let (_, event) = history.events.iter_mut().find(is_burned).unwrap();
	let amount = amount + 1;
	*event = Event::Detail(Detail::CreditsExpired { job: JOB, amount });
	let told = of_history(&history).mismatches;
	assert!(told[0].contains("credits that expired"), "{told:?}");
}
