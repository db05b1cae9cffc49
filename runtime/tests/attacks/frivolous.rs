//! Disputes about right work by somebody without a seat.

use assay_protocol::{dispute::Side, Balance, JobId, Verdict};
use assay_runtime::{Runtime, Stake};
use assay_traits::{Bonds, Cause};
use pallet_proof_of_compute::Call;
use sp_keyring::Sr25519Keyring;

use crate::{
	books::Books,
	dispute,
	fault::Fault,
	job::{self, call, key_of},
	round, told, work,
	world::{self, Outcome, Rng, VALIDATORS},
};

/// A job in which somebody disputes right work and loses: what it pledged, and whether the provider was
/// convicted.
fn disputed(job: JobId, troll: Sr25519Keyring, rng: &mut Rng) -> (Balance, bool) {
	let slot = round::any_slot(rng);
	let books = Books::open(job);
	let task = round::task(job, slot);
	let key = round::key(&task);
	round::train(job, None);
	call(troll, Call::dispute_task { job, slot });
	let pledge = Stake::pledged(key);
	let drawn = round::draw(job);
	round::say(&drawn, |_, _| Some(Verdict::Valid));
	// Whatever it may be about, work that is disputed waits for no dispute: the slot is redone.
	assert!(!told::is_accepted(key));
	round::finish(job, 0);
	// The challenger plays for a while as if its own wrong work were right, to the end or not.
	let wrong = Fault::ZeroUpdate { from: 0 }.work(work::setup(0, slot));
	let leaves = Some((Side::Challenger, rng.below(20) as u32));
	if dispute::play(key, work::honest(0, slot), &wrong, leaves) != dispute::Stop::Ended {
		dispute::fall_silent();
	}
	assert!(dispute::open(key).is_none());
	// The accused has the price of its task, as if it had been accepted without a fee.
	books.ensure_honest(&[troll]);
	assert_eq!(books.gain(key_of(&task.provider)), round::price() as i128);
	let offence = (key, Cause::LostDispute, troll.to_account_id());
	let record = pallet_slashing::Offences::<Runtime>::get(job, offence);
	let record = record.expect("it has lost its dispute");
	assert_eq!(
		(record.amount, record.burned + record.paid),
		(pledge, pledge)
	);
	(pledge, dispute::conviction(key, &task.provider).is_some())
}

#[test]
fn frivolous_disputes_pay_whom_they_accuse_and_cost_twice_as_much_each_time() {
	world::class("frivolous disputes", |rng| {
		// GIVEN a bonded account that disputes right work in two jobs, one after the other
		let troll = rng.pick(&VALIDATORS);
		let first = round::start(1);
		// WHEN it plays its disputes to the end, or falls silent in them
		let (pledge, first) = disputed(first, troll, rng);
		let second = round::start(1);
		let (doubled, second) = disputed(second, troll, rng);
		// THEN it loses what it pledged, which is more than the price, and the second time twice as much
		assert!(pledge > round::price());
		assert_eq!(doubled, 2 * pledge);
		let counts = pallet_slashing::CountsOf::<Runtime>::get(troll.to_account_id());
		assert_eq!(counts.lost_disputes, 2);
		Outcome {
			drawn: true,
			accepted: first || second,
		}
	});
}

#[test]
fn a_provider_cannot_dispute_its_own_work_nor_anybody_without_a_bond() {
	world::class("frivolous disputes by the wrong accounts", |rng| {
		// GIVEN right work that is revealed
		let job = round::start(1);
		let slot = round::any_slot(rng);
		let provider = round::provider(job, slot);
		round::train(job, None);
		// WHEN its own provider, or somebody without a bond, disputes it
		let refused = |who| {
			let result = round::attempt(who, Call::dispute_task { job, slot });
			result.map_err(|refused| refused.error)
		};
		// THEN both are refused
		type Error = pallet_proof_of_compute::Error<Runtime>;
		assert_eq!(refused(provider), Err(Error::OwnWork.into()));
		assert_eq!(refused(world::ANYBODY), Err(Error::NotAWorker.into()));
		let open = pallet_disputes::Disputes::<Runtime>::iter_keys().count();
		assert_eq!(job::tasks(job).len(), work::TASKS as usize);
		Outcome {
			drawn: true,
			accepted: open > 0,
		}
	});
}
