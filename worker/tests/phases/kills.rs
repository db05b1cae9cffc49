//! A worker killed at every place where it can be killed.

use assay_protocol::{JobState, Plan};
use assay_worker::failpoint::{Failpoint, Failpoints};

use crate::{
	fake::Ended,
	network::{plan, Network, CHEAT, TASK_PAY},
};

/// Kills one worker at one place and runs the job to its end.
async fn killed_at(mut network: Network, point: Failpoint, seat: usize) -> Network {
	network.seats[seat].failpoints = Failpoints::returning(point);
	if point == Failpoint::Advanced {
		// Somebody has to miss a deadline for anybody to advance.
		network.run_until(|chain| chain.phase().is_some()).await;
		network.seats[2].is_on = false;
	}
	assert_eq!(
		network.run().await,
		JobState::Completed,
		"killed at {point}"
	);
	network
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_survives_a_kill_at_every_failpoint() {
	survive(Network::new, Failpoint::ALL, MAY_NOT_FIRE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_several_segments_survives_kills_where_it_differs() {
	let network = || {
		Network::with(|data| Plan {
			steps: 3,
			stride: 1,
			..plan(data)
		})
	};
	let points = [
		Failpoint::StatePublished,
		Failpoint::Trained,
		Failpoint::UpdatePublished,
		Failpoint::Recomputed,
		Failpoint::VerdictSpooled,
		Failpoint::Drew,
	];
	survive(network, &points, &[Failpoint::Drew]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_survives_a_kill_of_either_side() {
	let network = || {
		let mut network = Network::new();
		network.seats[0].cheat = Some(CHEAT);
		network
	};
	let mut deaths = Vec::new();
	for seat in [0, 3, 4, 5] {
		// GIVEN a cheat of which one side is killed after its first move, and started again
		// WHEN the job runs
		let network = killed_at(network(), Failpoint::DisputeMoved, seat).await;
		deaths.push(network.seats[seat].deaths);
		// THEN the work is found wrong all the same, and no move was made in vain
		let ended = network.chain.ended();
		assert!(matches!(ended[..], [Ended::Proven(_)]), "{ended:?}");
		assert_eq!(network.chain.refused(), Vec::<String>::new());
		assert_eq!(network.paid_to_providers(), 6 * TASK_PAY);
		let last = *network.chain.records().last().unwrap();
		assert_eq!(last.checkpoint, network.expected().await);
	}
	// AND both sides were killed: the provider, and whichever validator was the first to dissent
	assert_eq!(deaths[0], 1);
	assert_eq!(deaths[1..].iter().sum::<u32>(), 1, "{deaths:?}");
}

/// Kills one worker at each of these places, in a network of its own.
async fn survive(make: fn() -> Network, points: &[Failpoint], may_not_fire: &[Failpoint]) {
	let mut expected = None;
	for point in points {
		let mut fired = 0;
		// The first provider and every validator; not every place is one of both, and two validators
		// close a round before the third.
		for seat in [0, 3, 4, 5] {
			// GIVEN a worker that is killed there once and started again
			// WHEN the job runs
			let network = killed_at(make(), *point, seat).await;
			if !network.seats[seat].failpoints.has_fired() {
				assert_eq!(network.seats[seat].deaths, 0);
				continue;
			}
			fired += 1;
			assert_eq!(network.seats[seat].deaths, 1, "killed at {point}");
			// THEN it completes, no attempt has two seals, no call was sent in vain, nobody is
			// paid twice, and the bits are the same
			assert_eq!(network.chain.most_seals(), 1, "killed at {point}");
			assert_eq!(
				network.chain.refused(),
				Vec::<String>::new(),
				"killed at {point}"
			);
			assert_eq!(network.paid_to_providers(), 6 * TASK_PAY);
			if expected.is_none() {
				expected = Some(network.expected().await);
			}
			let last = *network.chain.records().last().unwrap();
			assert_eq!(Some(last.checkpoint), expected, "killed at {point}");
		}
		if !may_not_fire.contains(point) {
			assert!(fired > 0, "{point} was never reached");
		}
	}
}

/// Places that a network of tasks of one segment need not come to: there is no state between segments;
/// another worker may be the first to draw or to advance; and honest work is not disputed.
const MAY_NOT_FIRE: &[Failpoint] = &[
	Failpoint::StatePublished,
	Failpoint::Drew,
	Failpoint::Advanced,
	Failpoint::DisputeMoved,
];
