//! A job replayed from its posting.

use assay_protocol::{JobId, Loss, TaskReveal};
use assay_worker::{
	artifacts::DirStore,
	audit::{replay, Accepted, Audit, AuditError, Closed, Record, RoundAsRecorded},
	chain::{Chain, Event},
	history::{self, History},
};

use crate::{
	adapters::{out_of_range, with_base},
	network::{Network, CHEAT},
};

const JOB: JobId = JobId(0);

async fn history_of(network: &Network) -> History {
	history::of_job(&*network.chain, JOB).await.unwrap()
}

/// Replays these rounds of a job, with the network's own store.
async fn audit(
	network: &Network,
	history: &History,
	rounds: std::ops::Range<u32>,
) -> Result<Audit, AuditError> {
	let stored = network.chain.rounds(history.upto, JOB).await.unwrap();
	let record = Record::of(history, &stored);
	let store = DirStore::new(network.store());
	let mut told = 0;
	let audit = replay(&record, &network.workload().await, &store, rounds, |_| {
		told += 1;
	})
	.await?;
	assert_eq!(told, audit.rounds.len());
	Ok(audit)
}

fn places(audit: &Audit) -> Vec<&str> {
	let places = audit.findings().map(|finding| finding.place.as_str());
	places.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_with_a_cheat_that_was_found_is_what_its_plan_computes() {
	// GIVEN a job in which wrong work was rejected and done again
	let mut network = Network::new();
	network.seats[0].cheat = Some(CHEAT);
	network.run().await;
	// WHEN it is audited, without anything of its store
	let history = history_of(&network).await;
	std::fs::remove_dir_all(network.store()).unwrap();
	let audit = audit(&network, &history, 0..u32::MAX).await.unwrap();
	// THEN both rounds of three tasks are right, to the last bit
	assert_eq!(places(&audit), Vec::<&str>::new());
	let tasks: Vec<_> = audit.rounds.iter().map(|round| round.tasks).collect();
	assert_eq!(tasks, [3, 3]);
	assert_eq!(audit.rounds[1].checkpoint.0, network.expected().await);
}

/// Changes what an event of a place says.
fn tamper(history: &mut History, change: impl Fn(&mut Event) -> bool) {
	let mut events = history.events.iter_mut();
	assert!(events.any(|(_, event)| change(event)));
}

/// Changes what the reveal of the second round's third slot says.
fn tamper_reveal(history: &mut History, change: impl Fn(&mut TaskReveal)) {
	tamper(history, |event| match event {
		Event::TaskRevealed {
			round: 1,
			slot: 2,
			reveal,
			..
		} => {
			change(reveal);
			true
		}
		_ => false,
	});
}

type Change = fn(&mut History);

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_value_that_was_tampered_with_is_found_at_exactly_its_place() {
	// GIVEN an honest job
	let mut network = Network::new();
	network.run().await;
	let honest = history_of(&network).await;
	let cases: [(&str, Change); 9] = [
		("plan id", |of| {
			tamper(of, |event| match event {
				Event::JobPosted { plan_id, .. } => {
					plan_id[3] ^= 1;
					true
				}
				_ => false,
			});
		}),
		("round 1: parent", |of| {
			tamper(of, |event| match event {
				Event::RoundStarted {
					round: 1, parent, ..
				} => {
					parent[0] ^= 1;
					true
				}
				_ => false,
			});
		}),
		("round 1 slot 2: trace root", |of| {
			tamper_reveal(of, |reveal| reveal.trace[0][0] ^= 1);
		}),
		("round 1 slot 2: update root", |of| {
			tamper_reveal(of, |reveal| reveal.update_root[31] ^= 1);
		}),
		("round 1 slot 2: moments root", |of| {
			tamper_reveal(of, |reveal| reveal.moments_root[9] ^= 1);
		}),
		("round 1 slot 2: slot root", |of| {
			tamper_reveal(of, |reveal| reveal.slot_root[9] ^= 1);
		}),
		("round 1 slot 2: loss", |of| {
			tamper_reveal(of, |reveal| reveal.loss.0 += 1);
		}),
		("round 0: checkpoint", |of| {
			tamper(of, |event| match event {
				Event::RoundClosed {
					round: 0,
					checkpoint,
					..
				} => {
					checkpoint[0] ^= 1;
					true
				}
				_ => false,
			});
		}),
		("round 1: loss", |of| {
			tamper(of, |event| match event {
				Event::RoundClosed { round: 1, loss, .. } => {
					loss.0 += 1;
					true
				}
				_ => false,
			});
		}),
	];
	for (place, change) in cases {
		// WHEN one value of its record is another
		let mut history = honest.clone();
		change(&mut history);
		let audit = audit(&network, &history, 0..u32::MAX).await.unwrap();
		// THEN that place is found, and no other
		assert_eq!(places(&audit), [place]);
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_is_compared_as_well_as_the_events() {
	// GIVEN a job whose stored records and checkpoint are others than its events say
	let mut network = Network::new();
	network.run().await;
	let history = history_of(&network).await;
	let stored = network.chain.rounds(history.upto, JOB).await.unwrap();
	let mut record = Record::of(&history, &stored);
	let of = record.rounds.get_mut(&0).unwrap();
	of.stored.as_mut().unwrap().accepted += 1;
	of.stored.as_mut().unwrap().checkpoint = [1; 32];
	record.checkpoint = Some([2; 32]);
	// WHEN it is audited
	let store = DirStore::new(network.store());
	let workload = network.workload().await;
	let audit = replay(&record, &workload, &store, 0..9, |_| {})
		.await
		.unwrap();
	// THEN each is found
	let expected = [
		"round 0: accepted tasks",
		"round 0: stored checkpoint",
		"round 1: the job's checkpoint",
	];
	assert_eq!(places(&audit), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_went_on_from_a_wrong_checkpoint_is_told_once() {
	// GIVEN a record whose first round ended with something else, from which the second went on
	let mut network = Network::new();
	network.run().await;
	let mut history = history_of(&network).await;
	for (_, event) in &mut history.events {
		match event {
			Event::RoundClosed {
				round: 0,
				checkpoint: root,
				..
			}
			| Event::RoundStarted {
				round: 1,
				parent: root,
				..
			} => *root = [3; 32],
			_ => {}
		}
	}
	// WHEN it is audited THEN only the place where it went wrong is told
	let audit = audit(&network, &history, 0..2).await.unwrap();
	assert_eq!(places(&audit), ["round 0: checkpoint"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_is_audited_as_far_as_it_is_closed() {
	// GIVEN a job of which no round is closed
	let mut network = Network::new();
	network.run_until(|chain| chain.phase().is_some()).await;
	let history = history_of(&network).await;
	// WHEN it is audited THEN there is nothing yet, and the line says what to do
	let error = audit(&network, &history, 0..2).await.unwrap_err();
	assert!(matches!(
		error,
		AuditError::NotClosed {
			round: 0,
			closed: 0,
			..
		}
	));
	assert!(error.to_string().contains("assay job watch 0"), "{error}");
	// WHEN its first round is closed THEN that one is audited
	network.run_until(|chain| chain.records().len() == 1).await;
	let history = history_of(&network).await;
	let audit = audit(&network, &history, 0..2).await.unwrap();
	assert_eq!((audit.rounds.len(), audit.rounds_of_job), (1, 2));
	assert_eq!(places(&audit), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn later_rounds_alone_start_from_their_parent_in_the_store() {
	// GIVEN a job that has ended
	let mut network = Network::new();
	network.run().await;
	let history = history_of(&network).await;
	// WHEN its second round alone is audited THEN it is right
	let second = audit(&network, &history, 1..2).await.unwrap();
	assert_eq!(places(&second), Vec::<&str>::new());
	assert_eq!(second.rounds.len(), 1);
	// WHEN the store is gone THEN the line names the round and what to do
	std::fs::remove_dir_all(network.store()).unwrap();
	let error = audit(&network, &history, 1..2).await.unwrap_err();
	assert!(matches!(error, AuditError::NoParent { round: 1, .. }));
	assert!(error.to_string().contains("--store"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_task_that_cannot_be_trained_is_found() {
	// GIVEN a record of two rounds in which a task was accepted whose numbers leave the range
	let network = with_base(&out_of_range()).await;
	let history = history_of(&network).await;
	let mut record = Record::of(&history, &[]);
	let accepted = Accepted {
		attempt: 0,
		reveal: None,
	};
	let closed = Closed {
		checkpoint: [5; 32],
		loss: Loss(0),
	};
	for (round, parent) in [(0, network.plan.parent.root), (1, [5; 32])] {
		let of = RoundAsRecorded {
			parent,
			accepted: [(0, accepted.clone())].into(),
			closed: Some(closed),
			stored: None,
		};
		record.rounds.insert(round, of);
	}
	let (store, workload) = (DirStore::new(network.store()), network.workload().await);
	// WHEN its first round is audited THEN the task is found
	let audit = replay(&record, &workload, &store, 0..1, |_| {})
		.await
		.unwrap();
	assert_eq!(places(&audit), ["round 0 slot 0: training"]);
	// WHEN the second one is to follow THEN its parent is asked for, which nobody has
	let error = replay(&record, &workload, &store, 0..2, |_| {})
		.await
		.unwrap_err();
	assert!(matches!(error, AuditError::NoParent { round: 1, .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_task_that_nobody_revealed_is_found() {
	// GIVEN a job of which one reveal is in no block
	let mut network = Network::new();
	network.run().await;
	let mut history = history_of(&network).await;
	history.events.retain(|(_, event)| {
		!matches!(
			event,
			Event::TaskRevealed {
				round: 0,
				slot: 1,
				..
			}
		)
	});
	// WHEN it is audited THEN that is told, and everything else is right
	let audit = audit(&network, &history, 0..2).await.unwrap();
	assert_eq!(places(&audit), ["round 0 slot 1: reveal"]);
}
