//! What claims about the next checkpoint come to: P44, P45, P46.

use assay_protocol::{
	claims::{closing, seat_key, Closing, Said},
	limits::MAX_TASKS,
	AggregateClaim, JobId, Loss,
};
use proptest::prelude::*;

fn claims(root: u8, loss: u64) -> Said {
	Said::Claims(claim(root, loss))
}

fn claim(root: u8, loss: u64) -> AggregateClaim {
	AggregateClaim {
		checkpoint: [root; 32],
		loss: Loss(loss),
	}
}

#[test]
fn a_round_closes_when_everybody_has_said_the_same() {
	let (agrees, silent) = (claims(1, 5), Said::Nothing);
	assert_eq!(closing(&[silent; 3], 2), Closing::Awaited);
	assert_eq!(closing(&[agrees, silent, silent], 2), Closing::Awaited);
	assert_eq!(
		closing(&[agrees, silent, agrees], 2),
		Closing::Agreed(claim(1, 5))
	);
	assert_eq!(closing(&[agrees; 3], 2), Closing::Closes(claim(1, 5)));
	// Of a seat that was struck and not convicted nothing comes, and it is counted.
	let struck = Said::Struck;
	assert_eq!(
		closing(&[agrees, agrees, struck], 2),
		Closing::Closes(claim(1, 5))
	);
	assert_eq!(closing(&[agrees, struck, struck], 2), Closing::Awaited);
}

#[test]
fn p44_two_checkpoints_are_a_conflict_of_the_first_claims_of_each() {
	let seats = [Said::Nothing, claims(1, 5), claims(1, 5), claims(2, 5)];
	let conflict = Closing::Conflict {
		claimant: 1,
		challenger: 3,
	};
	assert_eq!(closing(&seats, 2), conflict);
	// What was struck contradicts nobody.
	let seats = [Said::Convicted, claims(1, 5), claims(1, 5), Said::Struck];
	assert_eq!(closing(&seats, 3), Closing::Awaited);
	assert_eq!(closing(&seats, 2), Closing::Closes(claim(1, 5)));
}

#[test]
fn a_quorum_is_asked_of_those_that_are_not_convicted() {
	let (right, gone) = (claims(1, 5), Said::Convicted);
	assert_eq!(
		closing(&[gone, right, gone], 2),
		Closing::Closes(claim(1, 5))
	);
	// Of the two that are left both have to agree.
	assert_eq!(closing(&[gone, right, Said::Nothing], 2), Closing::Awaited);
	assert_eq!(closing(&[gone; 3], 2), Closing::Awaited);
}

#[test]
fn about_the_loss_of_one_checkpoint_a_quorum_decides() {
	let seats = [claims(1, 5), claims(1, 6), claims(1, 6)];
	assert_eq!(closing(&seats, 2), Closing::Closes(claim(1, 6)));
	let seats = [claims(1, 5), claims(1, 6), claims(1, 7)];
	assert_eq!(closing(&seats, 2), Closing::Awaited);
}

#[test]
fn a_seats_key_is_that_of_no_task() {
	let keys: Vec<_> = (0..15).map(|seat| seat_key(JobId(1), 2, 3, seat)).collect();
	for (seat, key) in keys.iter().enumerate() {
		assert!(key.slot >= MAX_TASKS, "{seat}");
		assert!(keys.iter().skip(seat + 1).all(|other| other != key));
	}
}

/// What a seat of a window does: honest ones claim 0, and some never.
#[derive(Clone, Copy, Debug)]
enum Seat {
	Honest,
	Bought { root: u8, is_silent: bool },
}

fn seats() -> impl Strategy<Value = Vec<Seat>> {
	let bought =
		(0..3u8, any::<bool>()).prop_map(|(root, is_silent)| Seat::Bought { root, is_silent });
	prop::collection::vec(prop_oneof![Just(Seat::Honest), bought], 1..9)
}

/// Plays a window to its end, by a model of what the chain finds in a conflict: whoever is silent or
/// wrong loses, a wrong checkpoint with all who claim it.
fn play(seats: &[Seat], order: &[usize], quorum: u32) -> (Vec<Said>, Option<AggregateClaim>) {
	let mut said = vec![Said::Nothing; seats.len()];
	let mut order = order
		.iter()
		.map(|turn| turn % seats.len())
		.chain(0..seats.len());
	loop {
		match closing(&said, quorum) {
			Closing::Closes(claim) => return (said, Some(claim)),
			Closing::Conflict {
				claimant,
				challenger,
			} => {
				let is_silent = |seat: usize| {
					matches!(
						seats[seat],
						Seat::Bought {
							is_silent: true,
							..
						}
					)
				};
				let Said::Claims(claimed) = said[claimant] else {
					panic!("a claimant has claimed")
				};
				if is_silent(challenger) {
					said[challenger] = Said::Convicted;
				} else if is_silent(claimant) {
					said[claimant] = Said::Convicted;
				} else if claimed.checkpoint == [0; 32] {
					said[challenger] = Said::Convicted;
				} else {
					for seat in &mut said {
						if matches!(seat, Said::Claims(claim) if claim.checkpoint == claimed.checkpoint)
						{
							*seat = Said::Convicted;
						}
					}
				}
			}
			Closing::Awaited | Closing::Agreed(_) => match order.next() {
				Some(seat) if said[seat] == Said::Nothing => {
					said[seat] = match seats[seat] {
						Seat::Honest => claims(0, 5),
						Seat::Bought { root, .. } => claims(root, 5),
					}
				}
				Some(_) => {}
				None => return (said, None),
			},
		}
	}
}

proptest! {
	#[test]
	fn p45_one_honest_seat_is_enough(
		seats in seats(),
		order in prop::collection::vec(0..9usize, 0..12),
		quorum in 1..9u32,
	) {
		let quorum = quorum.clamp(seats.len() as u32 / 2 + 1, seats.len() as u32);
		let (said, closed) = play(&seats, &order, quorum);
		let honest: Vec<_> = (0..seats.len()).filter(|seat| matches!(seats[*seat], Seat::Honest)).collect();
		// No honest claim is ever struck.
		for seat in &honest {
			prop_assert_eq!(said[*seat], claims(0, 5));
		}
		// Whoever was bought, the round closes with what an honest seat says.
		if !honest.is_empty() {
			let right = said.iter().filter(|said| **said == claims(0, 5)).count();
			let left = said.iter().filter(|said| **said != Said::Convicted).count();
			prop_assert_eq!(right, left);
			prop_assert_eq!(closed, Some(claim(0, 5)));
		}
	}

	#[test]
	fn p46_what_claims_come_to_does_not_depend_on_their_order(
		roots in prop::collection::vec(0..2u8, 1..9),
		order in prop::collection::vec(0..9usize, 0..12),
		quorum in 1..9u32,
	) {
		let mut said = vec![Said::Nothing; roots.len()];
		for seat in order.iter().map(|turn| turn % roots.len()).chain(0..roots.len()) {
			said[seat] = claims(roots[seat], 5);
		}
		let at_once: Vec<_> = roots.iter().map(|root| claims(*root, 5)).collect();
		prop_assert_eq!(closing(&said, quorum), closing(&at_once, quorum));
	}
}
