//! Artifacts that are withheld, or served to some only.

use assay_protocol::{Unpaid, Verdict};
use assay_runtime::Runtime;

use crate::{
	books::Books,
	chain, dispute,
	fault::Fault,
	round, told, work,
	world::{self, Outcome, VALIDATORS},
};

#[test]
fn withheld_work_is_not_paid_whether_it_is_right_or_wrong() {
	world::class("withheld artifact", |rng| {
		// GIVEN work, right or wrong, that its provider shows to nobody, with one bought validator
		let job = round::start(1);
		let slot = round::any_slot(rng);
		let books = Books::open(job);
		let withholder = round::provider(job, slot);
		let wrong = Fault::ZeroUpdate { from: 0 }.work(work::setup(0, slot));
		let is_wrong = rng.below(2) == 0;
		round::train(job, is_wrong.then_some((slot, &wrong)));
		let drawn = round::draw(job);
		let bought = rng.pick(&VALIDATORS);
		// WHEN every honest seat says that there is nothing to fetch
		round::say(&drawn, |drawn, seat| {
			let is_there = drawn.task.slot != slot || seat == bought;
			Some(if is_there {
				Verdict::Valid
			} else {
				Verdict::Unfetched
			})
		});
		let key = round::key(&round::of(&drawn, slot).task);
		let accepted = told::is_accepted(key);
		// THEN it is not paid, and nobody is slashed for it: nothing was proven
		assert_eq!(told::unpaid(key), Some(Unpaid::Withheld));
		chain::next_block();
		round::finish(job, 0);
		books.ensure_honest(&[]);
		assert_eq!(books.gain(withholder), 0);
		Outcome {
			drawn: true,
			accepted,
		}
	});
}

#[test]
fn wrong_work_that_is_served_to_some_only_is_not_accepted_while_they_are_no_quorum() {
	world::class("selective serving", |rng| {
		// GIVEN wrong work, up to two bought validators, and a provider that serves some seats only
		let job = round::start(1);
		let slot = round::any_slot(rng);
		let books = Books::open(job);
		let cheat = round::provider(job, slot);
		let wrong = Fault::ZeroUpdate { from: 0 }.work(work::setup(0, slot));
		let count = rng.below(3);
		let bought = rng.some(count, &VALIDATORS);
		let count = rng.below(VALIDATORS.len() + 1);
		let served = rng.some(count, &VALIDATORS);
		round::train(job, Some((slot, &wrong)));
		let drawn = round::draw(job);
		let judged = round::of(&drawn, slot).clone();
		let key = round::key(&judged.task);
		let found = round::honest_verdict(&judged, &wrong);
		assert_eq!(found, Verdict::Invalid, "every segment is wrong");
		// WHEN everybody says what it can know
		let says = |seat| match (bought.contains(&seat), served.contains(&seat)) {
			(true, _) => Verdict::Valid,
			(false, true) => found,
			(false, false) => Verdict::Unfetched,
		};
		round::say(&drawn, |drawn, seat| {
			Some(if drawn.task.slot == slot {
				says(seat)
			} else {
				Verdict::Valid
			})
		});
		let said: Vec<_> = judged.committee.iter().map(|seat| says(*seat)).collect();
		let of = |verdict| said.iter().filter(|said| **said == verdict).count();
		// THEN one served honest seat is enough; without one, only a quorum of bought seats is
		let accepted = told::is_accepted(key);
		let captured = of(Verdict::Valid) >= 2 && of(Verdict::Invalid) == 0;
		assert_eq!(accepted, captured, "{said:?}");
		let outcome = Outcome {
			drawn: !captured,
			accepted,
		};
		if captured {
			return outcome;
		}
		let is_disputed = of(Verdict::Invalid) > 0;
		if is_disputed {
			assert_eq!(told::unpaid(key), Some(Unpaid::Disputed));
		} else {
			assert_eq!(told::unpaid(key), Some(Unpaid::Withheld));
		}
		round::finish(job, 0);
		if is_disputed {
			dispute::convict(key, &wrong);
			books.ensure_honest(&[cheat]);
			assert_eq!(books.gain(cheat), -(round::stake() as i128));
		} else {
			books.ensure_honest(&[]);
			assert_eq!(books.gain(cheat), 0);
			let slashed = pallet_slashing::Offences::<Runtime>::iter_keys().count();
			assert_eq!(slashed, 0);
		}
		outcome
	});
}
