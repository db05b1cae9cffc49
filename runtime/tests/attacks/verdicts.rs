//! Validators that do not recompute, that lie, and that do not come back.

use assay_protocol::{dispute::Side, SlotState, TaskKey, Verdict};
use assay_runtime::Runtime;
use assay_traits::Cause;

use crate::{
	books::Books,
	chain,
	dispute::{self, Leaves, Stop},
	fault::{self, Fault},
	play::Party,
	round::{self, Drawn},
	told, work,
	world::{self, Outcome, Rng, VALIDATORS},
};

#[test]
fn a_lazy_validator_is_not_paid_for_wrong_work_and_does_not_save_it() {
	world::class("lazy validator", |rng| {
		// GIVEN wrong work, and one or two validators of six that say valid of everything, unseen
		let job = round::start(1);
		let slot = round::any_slot(rng);
		let books = Books::open(job);
		let cheat = round::provider(job, slot);
		let wrong = Fault::FewerSteps { from: 0 }.work(work::setup(0, slot));
		let count = 1 + rng.below(2);
		let lazy = rng.some(count, &VALIDATORS);
		round::train(job, Some((slot, &wrong)));
		let drawn = round::draw(job);
		// WHEN the others of the committee recompute
		round::say(&drawn, |drawn, seat| {
			let is_seen = drawn.task.slot == slot && !lazy.contains(&seat);
			Some(if is_seen {
				round::honest_verdict(drawn, &wrong)
			} else {
				Verdict::Valid
			})
		});
		let judged = round::of(&drawn, slot);
		let key = round::key(&judged.task);
		let accepted = told::is_accepted(key);
		// THEN what the lazy ones said of it is not paid
		for seat in &judged.committee {
			assert!(!told::is_paid(judged, *seat), "{seat:?}");
		}
		round::finish(job, 0);
		dispute::convict(key, &wrong);
		// AND no part of the stake is theirs, but of those that recomputed
		books.ensure_honest(&[cheat]);
		let (_, record) = pallet_slashing::Offences::<Runtime>::iter_prefix(job)
			.next()
			.expect("the provider is convicted");
		let honest = judged
			.committee
			.iter()
			.filter(|seat| !lazy.contains(seat))
			.count();
		let part = round::stake() / 2 / honest as u128;
		assert_eq!(record.paid, part * honest as u128);
		Outcome {
			drawn: true,
			accepted,
		}
	});
}

/// A dispute about right work, with all challengers that its committee gives it. Each plays as if its own
/// wrong work were right, and may walk away.
fn lose_all(key: TaskKey, wrong: &Party<'_>, leaves: Leaves) {
	let honest = work::honest(key.round, key.slot);
	while dispute::open(key).is_some() {
		// Whoever has no move left falls silent.
		if dispute::play(key, honest, wrong, leaves) != Stop::Ended {
			dispute::fall_silent();
		}
	}
}

/// Right work that is said to be wrong by bought seats.
fn lied_about(name: &str, leaves: impl Fn(&mut Rng) -> Leaves) {
	world::class(name, |rng| {
		// GIVEN right work, and up to six bought validators that say that it is wrong
		let job = round::start(1);
		let slot = round::any_slot(rng);
		let books = Books::open(job);
		let accused = round::provider(job, slot);
		let count = 1 + rng.below(VALIDATORS.len());
		let liars = rng.some(count, &VALIDATORS);
		round::train(job, None);
		let drawn = round::draw(job);
		let judged = round::of(&drawn, slot).clone();
		let key = round::key(&judged.task);
		round::say(&drawn, |drawn, seat| {
			let is_lie = drawn.task.slot == slot && liars.contains(&seat);
			Some(if is_lie {
				Verdict::Invalid
			} else {
				Verdict::Valid
			})
		});
		let seated: Vec<_> = judged
			.committee
			.iter()
			.filter(|seat| liars.contains(seat))
			.collect();
		round::redo(job);
		round::close(job, 0);
		if seated.is_empty() {
			books.ensure_honest(&[]);
			return Outcome {
				drawn: false,
				accepted: false,
			};
		}
		// WHEN each of them plays the dispute as if its own computation were right
		let setup = work::setup(0, slot);
		let wrong = match rng.below(3) {
			0 => Fault::ZeroUpdate { from: 0 }.work(setup),
			1 => Fault::OtherData { slot: 77 }.work(setup),
			_ => {
				let (step, op) = (0, rng.below(fault::ops(setup) as usize) as u32);
				Fault::Bit { step, op, tile: 0 }.work(setup)
			}
		};
		lose_all(key, &wrong, leaves(rng));
		// THEN the provider is not convicted: it has the price of its task from the last pledge
		let provider = accused.to_account_id();
		let convicted = dispute::conviction(key, &provider).is_some();
		let liars: Vec<_> = seated.iter().map(|seat| **seat).collect();
		books.ensure_honest(&liars);
		assert_eq!(books.gain(accused), round::price() as i128);
		// AND each liar has lost its pledge
		for liar in liars {
			let offence = (key, Cause::LostDispute, liar.to_account_id());
			let record = pallet_slashing::Offences::<Runtime>::get(job, offence);
			let record = record.expect("it has lost its dispute");
			assert_eq!(record.amount, record.burned + record.paid);
			assert!(record.amount > round::price());
		}
		Outcome {
			drawn: true,
			accepted: convicted,
		}
	});
}

#[test]
fn a_false_verdict_that_is_played_to_the_end_costs_the_liar_its_pledge() {
	lied_about("false verdict, played", |_| None);
}

#[test]
fn a_false_verdict_that_nobody_stands_for_costs_the_liar_its_pledge() {
	lied_about("false verdict, silent", |rng| {
		Some((Side::Challenger, rng.below(10) as u32))
	});
}

#[test]
fn validators_that_walk_away_after_the_draw_harm_nobody() {
	world::class("validators walk away after the draw", |rng| {
		// GIVEN right work, and seats of one slot that never seal, or never open what they sealed
		let job = round::start(1);
		let slot = round::any_slot(rng);
		let books = Books::open(job);
		round::train(job, None);
		let drawn = round::draw(job);
		let judged = round::of(&drawn, slot).clone();
		let count = 1 + rng.below(3);
		let gone = rng.some(count, &judged.committee);
		let never_seals = rng.below(2) == 0;
		let here = |drawn: &Drawn, seat| drawn.task.slot != slot || !gone.contains(&seat);
		let says = |drawn: &Drawn, seat| here(drawn, seat).then_some(Verdict::Valid);
		// WHEN the windows pass without them
		if never_seals {
			round::seal_all(&drawn, &says);
		} else {
			round::seal_all(&drawn, &|_, _| Some(Verdict::Valid));
			chain::next_block();
		}
		round::open_all(&drawn, &says);
		if !never_seals {
			let deadline = round::task(job, slot).deadline;
			chain::run_to(deadline + 2);
		}
		// THEN two verdicts of three decide, fewer are drawn again
		let state = round::task(job, slot).state;
		let is_decided = gone.len() == 1;
		assert_eq!(state == SlotState::Accepted, is_decided, "{state:?}");
		if !is_decided {
			assert_eq!(state, SlotState::Revealed);
			round::say(&round::draw(job), |_, _| Some(Verdict::Valid));
			chain::next_block();
		}
		// AND nobody is slashed: the work counts in its first attempt
		let task = round::task(job, slot);
		assert_eq!((task.attempt, task.state), (0, SlotState::Accepted));
		round::finish(job, 0);
		books.ensure_honest(&[]);
		Outcome {
			drawn: true,
			accepted: pallet_slashing::Offences::<Runtime>::iter_keys().count() > 0,
		}
	});
}
