//! Wrong work of every kind: disputed by one honest seat, and convicted.

use assay_numerics::referee::Held;
use assay_protocol::{JobId, Slot, Unpaid, Verdict};
use assay_runtime::Jobs;
use assay_traits::Cause;
use sp_keyring::Sr25519Keyring;

use crate::{
	books::Books,
	dispute,
	fault::{self, Fault},
	play::{Party, Setup},
	round, told, work,
	world::{self, Outcome, Rng, VALIDATORS},
};

/// Accomplices that say valid of everything: so few that every committee of three has an honest seat.
pub(crate) fn accomplices(rng: &mut Rng) -> Vec<Sr25519Keyring> {
	let count = rng.below(3);
	rng.some(count, &VALIDATORS)
}

/// Wrong work of one slot of a job's last round, from the seals to the conviction and to everybody's last
/// claim.
pub(crate) fn play(
	job: JobId,
	slot: Slot,
	wrong: &Party<'_>,
	bought: &[Sr25519Keyring],
) -> Outcome {
	round::train(job, Some((slot, wrong)));
	judged(job, slot, wrong, bought)
}

/// The same once it is revealed.
pub(crate) fn judged(
	job: JobId,
	slot: Slot,
	wrong: &Party<'_>,
	bought: &[Sr25519Keyring],
) -> Outcome {
	let books = Books::open(job);
	let round = round::task(job, slot).round;
	let cheat = round::provider(job, slot);
	let drawn = round::draw(job);
	let judged = round::of(&drawn, slot);
	let key = round::key(&judged.task);
	let found = round::honest_verdict(judged, wrong);
	let honest: Vec<_> = judged
		.committee
		.iter()
		.filter(|seat| !bought.contains(seat))
		.collect();
	assert!(!honest.is_empty());
	round::say(&drawn, |drawn, seat| {
		let is_honest = drawn.task.slot == slot && !bought.contains(&seat);
		Some(if is_honest { found } else { Verdict::Valid })
	});
	let outcome = Outcome {
		drawn: found != Verdict::Valid,
		accepted: told::is_accepted(key),
	};
	if !outcome.drawn {
		// Another segment was drawn, which is right: this version does not see the wrong one.
		return outcome;
	}
	assert_eq!(found, Verdict::Invalid);
	assert_eq!(told::unpaid(key), Some(Unpaid::Disputed));
	assert_eq!(dispute::challenger(key), honest.first().map(|seat| **seat));

	round::finish(job, round);
	let records = Jobs::round_records(job);
	let last = records.last().expect("it is closed");
	assert_eq!(last.accepted, work::TASKS, "the slot is redone");
	let cause = dispute::convict(key, wrong);
	assert!(matches!(cause, Cause::Proven | Cause::Silent));
	books.ensure_honest(&[cheat]);
	assert_eq!(books.gain(cheat), -(round::stake() as i128), "{cause:?}");
	for informer in &honest {
		let part = round::stake() / 2 / honest.len() as u128;
		assert!(books.gain(**informer) >= part as i128);
	}
	outcome
}

/// A class of wrong work. Work that comes out right after all is thrown away.
fn convicted(name: &str, work: impl Fn(&mut Rng, &'static Setup) -> Party<'static>) {
	world::class(name, |rng| {
		// GIVEN a job, and one provider that works wrongly, with up to two bought validators of six
		let job = round::start(1);
		let slot = round::any_slot(rng);
		let (setup, honest) = (work::setup(0, slot), work::honest(0, slot));
		let wrong = (0..100).map(|_| work(rng, setup));
		let wrong = wrong
			.into_iter()
			.find(|party| party.trace() != honest.trace());
		let bought = accomplices(rng);
		// WHEN the round is played to its end, and what is disputed with it
		// THEN work that an honest seat has recomputed is not paid, its provider loses its stake to
		// those who said so, and nobody else loses anything
		play(job, slot, &wrong.expect("some work is wrong"), &bought)
	});
}

fn from(rng: &mut Rng, setup: &Setup) -> u32 {
	rng.below(setup.plan.steps as usize) as u32
}

fn param(rng: &mut Rng, setup: &Setup) -> usize {
	rng.below(setup.program.params().len())
}

#[test]
fn an_update_of_nothing_is_convicted() {
	convicted("zero update", |rng, setup| {
		let from = from(rng, setup);
		Fault::ZeroUpdate { from }.work(setup)
	});
}

#[test]
fn steps_that_were_left_out_are_convicted() {
	convicted("fewer steps", |rng, setup| {
		let from = from(rng, setup);
		Fault::FewerSteps { from }.work(setup)
	});
}

#[test]
fn the_data_of_another_slot_are_convicted() {
	convicted("wrong data", |rng, setup| {
		let slot = setup.task.slot + 1 + rng.below(500) as u32;
		Fault::OtherData { slot }.work(setup)
	});
}

#[test]
fn a_copy_of_another_slots_work_is_convicted() {
	// What is copied is right, in its own slot.
	convicted("copied work of another slot", |rng, setup| {
		let other = 1 + rng.below(work::TASKS as usize - 1) as u32;
		let slot = (setup.task.slot + other) % work::TASKS;
		Fault::OtherData { slot }.work(setup)
	});
}

#[test]
fn a_gradient_that_was_scaled_is_convicted() {
	convicted("scaled", |rng, setup| {
		let factors = [0.0, 0.5, 0.999, 1.001, 2.0, 3.0, 1024.0];
		Fault::Scaled {
			param: param(rng, setup),
			factor: rng.pick(&factors),
			from: from(rng, setup),
		}
		.work(setup)
	});
}

#[test]
fn a_sign_that_was_flipped_is_convicted() {
	convicted("sign flipped", |rng, setup| {
		Fault::Scaled {
			param: param(rng, setup),
			factor: -1.0,
			from: from(rng, setup),
		}
		.work(setup)
	});
}

#[test]
fn a_lower_precision_is_convicted() {
	convicted("lower precision", |rng, setup| {
		Fault::LowPrecision {
			param: param(rng, setup),
			from: from(rng, setup),
		}
		.work(setup)
	});
}

#[test]
fn a_wrong_state_of_the_optimiser_is_convicted() {
	convicted("wrong optimiser state", |rng, setup| {
		let from = from(rng, setup);
		Fault::OldMoments { from }.work(setup)
	});
}

#[test]
fn one_wrong_bit_of_any_op_is_convicted() {
	convicted("one wrong bit", |rng, setup| {
		Fault::Bit {
			step: from(rng, setup),
			op: rng.below(fault::ops(setup) as usize) as u32,
			tile: rng.below(1 << 16),
		}
		.work(setup)
	});
}

#[test]
fn a_list_of_a_state_that_is_not_made_of_the_right_outputs_is_convicted() {
	convicted("wrong state list, all ops right", |rng, setup| {
		let mut party = work::honest(setup.task.round, setup.task.slot).clone();
		let held = rng.pick(&[Held::Param, Held::FirstMoment, Held::SecondMoment]);
		let place = rng.below(setup.program.params().len()) as u32;
		let entry = held.entry(setup.outline(), place).expect("there is one");
		// At the end of a segment: within one, nobody sees it.
		let segment = rng.below(setup.plan.segments() as usize) as u32;
		let last = setup.plan.segment(segment).expect("there is one").end - 1;
		party.lie_in_list(last, held, entry as usize);
		party
	});
}
