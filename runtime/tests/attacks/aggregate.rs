//! Wrong claims about the next checkpoint and its loss.

use assay_protocol::{JobId, Loss, Verdict};
use assay_runtime::{Jobs, Runtime};
use pallet_proof_of_compute::Call;
use sp_keyring::Sr25519Keyring;

use crate::{
	books::Books,
	chain,
	job::{self, call, key_of},
	round, work,
	world::{self, Outcome, Rng, VALIDATORS},
};

/// Bought validators claim something else than the honest ones, before or after them. What they claim
/// counts only if they are a quorum of those drawn to close the round.
fn claimed(name: &str, wrong: impl Fn(&mut Rng) -> ([u8; 32], Loss)) {
	world::class(name, |rng| {
		// GIVEN a round whose tasks are all accepted, and up to three bought validators of six
		let job = round::start(1);
		let books = Books::open(job);
		round::train(job, None);
		let drawn = round::draw(job);
		round::say(&drawn, |_, _| Some(Verdict::Valid));
		chain::next_block();
		let count = 1 + rng.below(3);
		let bought = rng.some(count, &VALIDATORS);
		let right = (work::checkpoint(1), round::loss(0));
		let wrong = wrong(rng);
		// WHEN those drawn to close it claim, in any order, what they were paid for or what is right
		let closers: Vec<_> = Jobs::closers_of(job).iter().map(key_of).collect();
		let dishonest = closers.iter().filter(|seat| bought.contains(seat)).count();
		for seat in rng.some(closers.len(), &closers) {
			if Jobs::closers_of(job).is_empty() {
				break;
			}
			let (checkpoint, loss) = match bought.contains(&seat) {
				true => wrong,
				false => right,
			};
			claim(job, seat, checkpoint, loss);
		}
		let record = Jobs::round_records(job)[0];
		let accepted = (record.checkpoint, record.loss) != right;
		// THEN the round closes with what a quorum says, and nobody honest loses anything
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

fn claim(job: JobId, seat: Sr25519Keyring, checkpoint: [u8; 32], loss: Loss) {
	let round = 0;
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

#[test]
fn a_wrong_aggregate_does_not_close_a_round_against_an_honest_quorum() {
	claimed("wrong aggregate", |rng| {
		let updates = [
			work::checkpoint(0),
			work::reveal(work::honest(0, 0), [0; 32]).update_root,
			rng.bytes(),
		];
		(rng.pick(&updates), round::loss(0))
	});
}

#[test]
fn a_wrong_evaluation_does_not_close_a_round_against_an_honest_quorum() {
	claimed("wrong evaluation", |rng| {
		let better = 1 + rng.below(1 << 20) as u64;
		let loss = Loss(round::loss(0).0 - better);
		(work::checkpoint(1), loss)
	});
}
