//! Wrong claims about the next checkpoint and its loss.

use assay_protocol::{JobId, Loss, Verdict};
use assay_runtime::{Disputes, Jobs, Runtime, RuntimeCall};
use pallet_proof_of_compute::Call;
use sp_keyring::Sr25519Keyring;

use crate::{
	books::{bond, Books},
	chain,
	closing::{step, Checkpoint, Step},
	job::{self, call, key_of},
	round, work,
	world::{self, Outcome, ANYBODY, VALIDATORS},
};

/// The round of these attacks.
const ROUND: u32 = 0;

/// A round whose tasks are all accepted, and those drawn to close it.
fn closing() -> (JobId, Books, Vec<Sr25519Keyring>) {
	let job = round::start(1);
	let books = Books::open(job);
	round::train(job, None);
	let drawn = round::draw(job);
	round::say(&drawn, |_, _| Some(Verdict::Valid));
	chain::next_block();
	let closers = Jobs::closers_of(job).iter().map(key_of).collect();
	(job, books, closers)
}

fn claim(job: JobId, seat: Sr25519Keyring, checkpoint: [u8; 32], loss: Loss) {
	let round = ROUND;
	call(
		seat,
		Call::claim_aggregate {
			job,
			round,
			checkpoint,
			loss,
		},
	);
}

/// Plays the conflicts of a round until none is open: bought sides know what they have claimed, or say
/// nothing, and what nobody is bought for is settled by anybody.
fn play_conflicts(job: JobId, wrong: &Checkpoint, bought: &[Sr25519Keyring], is_silent: bool) {
	let scene = work::scene(ROUND);
	let round = ROUND;
	while let Some(view) = Disputes::conflict_view(job, round) {
		let of = |account| match bought.contains(&key_of(account)) {
			true => wrong,
			false => &scene.right,
		};
		let (claimed, challenger) = (of(&view.claimant), of(&view.challenger));
		let side = match view.turn {
			assay_protocol::dispute::Side::Provider => key_of(&view.claimant),
			assay_protocol::dispute::Side::Challenger => key_of(&view.challenger),
		};
		let next: RuntimeCall = match step(scene, &view.stage, claimed, challenger) {
			_ if is_silent && bought.contains(&side) => {
				chain::run_to(frame_system::Pallet::<Runtime>::block_number() + view.left + 1);
				pallet_disputes::Call::end_conflict { job, round }.into()
			}
			Step::Show(layer) => {
				pallet_disputes::Call::show_checkpoint { job, round, layer }.into()
			}
			Step::Choose(index) => pallet_disputes::Call::choose_node { job, round, index }.into(),
			Step::Add(parent, updates) => pallet_disputes::Call::add_updates {
				job,
				round,
				parent: parent.map(Box::new),
				updates,
			}
			.into(),
		};
		call(side, next);
		chain::next_block();
		if Disputes::conflict_view(job, round).is_none() && !Jobs::closers_of(job).is_empty() {
			// Idle blocks may have settled it already.
			let _ = round::attempt(ANYBODY, Call::settle_claims { job, round });
		}
	}
}

#[test]
fn a_wrong_aggregate_never_closes_a_round_against_one_honest_seat() {
	world::class("wrong aggregate", |rng| {
		// GIVEN a round whose tasks are all accepted, and up to two bought validators of six
		let (job, books, closers) = closing();
		let count = 1 + rng.below(2);
		let bought = rng.some(count, &VALIDATORS);
		let scene = work::scene(ROUND);
		let wrong = match rng.below(4) {
			0 => scene.parent.clone(),
			1 => scene.updates[rng.below(scene.updates.len())].clone(),
			_ => {
				let place = rng.below(scene.right.0.len());
				let tile = rng.below(scene.right.0[place].len());
				scene.right.with_wrong_tile(place, tile)
			}
		};
		// Seldom: their clocks take two hours of blocks each.
		let is_silent = rng.below(100) == 0;
		// WHEN those drawn to close it claim, in any order, what they were paid for or what is right, and
		// play the conflicts that come of it
		for seat in rng.some(closers.len(), &closers) {
			let checkpoint = match bought.contains(&seat) {
				true => wrong.root(),
				false => work::checkpoint(1),
			};
			claim(job, seat, checkpoint, round::loss(0));
		}
		play_conflicts(job, &wrong, &bought, is_silent);
		// THEN the round has closed with what is right, though there is one honest seat alone
		let record = Jobs::round_records(job)[0];
		let accepted = record.checkpoint != work::checkpoint(1);
		// AND whoever claimed anything else has paid for it, and nobody honest has lost anything
		let convicted: Vec<_> = bought
			.iter()
			.copied()
			.filter(|seat| closers.contains(seat))
			.collect();
		for seat in &convicted {
			assert!(bond(*seat) < books.bond_of(*seat), "{seat:?}");
		}
		books.ensure_honest(&convicted);
		Outcome {
			drawn: !convicted.is_empty(),
			accepted,
		}
	});
}

#[test]
fn a_wrong_evaluation_does_not_close_a_round_against_an_honest_quorum() {
	world::class("wrong evaluation", |rng| {
		// GIVEN the same with up to three, which claim the right checkpoint and a better loss
		let (job, books, closers) = closing();
		let count = 1 + rng.below(3);
		let bought = rng.some(count, &VALIDATORS);
		let right = (work::checkpoint(1), round::loss(0));
		let better = 1 + rng.below(1 << 20) as u64;
		let wrong = (right.0, Loss(round::loss(0).0 - better));
		let dishonest = closers.iter().filter(|seat| bought.contains(seat)).count();
		// WHEN those drawn claim, in any order
		for seat in rng.some(closers.len(), &closers) {
			let (checkpoint, loss) = match bought.contains(&seat) {
				true => wrong,
				false => right,
			};
			claim(job, seat, checkpoint, loss);
		}
		let record = Jobs::round_records(job)[0];
		let accepted = (record.checkpoint, record.loss) != right;
		// THEN the round closes with the loss that a quorum says, and nobody honest loses anything
		let drawn = dishonest < job::terms().quorum as usize;
		assert_eq!(
			accepted, !drawn,
			"a quorum of bought seats alone closes it wrongly"
		);
		books.ensure_honest(&[]);
		assert_eq!(pallet_slashing::Offences::<Runtime>::iter_keys().count(), 0);
		Outcome { drawn, accepted }
	});
}
