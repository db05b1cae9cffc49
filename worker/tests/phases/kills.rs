//! A worker killed at every place where it can be killed.

use assay_protocol::JobState;
use assay_worker::failpoint::{Failpoint, Failpoints};

use crate::network::Network;

/// Kills one worker at one place and runs the job to its end.
async fn killed_at(point: Failpoint, seat: usize) -> Network {
	let mut network = Network::new();
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
	let mut expected = None;
	for point in Failpoint::ALL {
		let mut fired = 0;
		// The first provider and the first validator; not every place is one of both.
		for seat in [0, 3] {
			// GIVEN a worker that is killed there once and started again
			// WHEN the job runs
			let network = killed_at(*point, seat).await;
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
			assert_eq!(network.chain.paid().values().sum::<u128>(), 6 * 1_000);
			if expected.is_none() {
				expected = Some(network.expected().await);
			}
			let last = *network.chain.records().last().unwrap();
			assert_eq!(Some(last.checkpoint), expected, "killed at {point}");
		}
		if !MAY_NOT_FIRE.contains(point) {
			assert!(fired > 0, "{point} was never reached");
		}
	}
}

/// Places that this network need not come to: where every validator has a seat, the first seal
/// draws; and another worker may be the first to advance.
const MAY_NOT_FIRE: &[Failpoint] = &[Failpoint::Drew, Failpoint::Advanced];
