//! Wrong work that was not drawn, or whose committee was bought: accepted, and convicted by an outsider
//! in its challenge window.

use assay_protocol::{Terms, Verdict, Windows};
use assay_runtime::{Jobs, Runtime, System};
use assay_traits::{Cause, Windows as _};
use pallet_proof_of_compute::{Call, Error};

use crate::{
	books::Books,
	chain, dispute,
	fault::Fault,
	job::call,
	round, told, work,
	world::{self, Outcome, Rng, PROVIDERS},
};

/// Blocks in which accepted work can be disputed.
const CHALLENGE: u32 = 6;

/// How accepted work came to be wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
	/// Another segment was drawn, or none, so that every seat said valid in good faith.
	Undrawn,
	/// Every seat was bought.
	Bought,
}

/// One such task, from the seals to the conviction. `rescued` tells whether an accomplice disputes it
/// first, in order to lose.
fn play(rng: &mut Rng, way: Way, rescued: bool) -> Outcome {
	// GIVEN a job, and one provider that works wrongly
	let terms = round::terms(1, round::price());
	let job = round::start_with(Terms {
		windows: Windows {
			challenge: CHALLENGE,
			..terms.windows
		},
		..terms
	});
	let slot = round::any_slot(rng);
	let setup = work::setup(0, slot);
	let from = rng.below(setup.plan.steps as usize) as u32;
	let wrong = Fault::ZeroUpdate { from }.work(setup);
	round::train(job, Some((slot, &wrong)));
	let books = Books::open(job);
	let cheat = round::provider(job, slot);
	let others: Vec<_> = PROVIDERS.into_iter().filter(|key| *key != cheat).collect();
	let drawn = round::draw(job);
	let judged = round::of(&drawn, slot);
	let key = round::key(&judged.task);
	let trace = wrong.trace();
	let is_seen = round::honest_verdict(judged, &wrong) != Verdict::Valid;
	if is_seen && way == Way::Undrawn {
		return Outcome {
			drawn: false,
			accepted: false,
		};
	}
	// WHEN nobody with a seat says that it is wrong, so that it is accepted and the job goes on
	round::say(&drawn, |_, _| Some(Verdict::Valid));
	assert!(told::is_accepted(key));
	let pay = books.gain(cheat);
	let until = Jobs::accepted(key).expect("its window is open").until;
	round::finish(job, 0);
	let mut dishonest = vec![cheat];
	if rescued {
		let task = key;
		let accomplice = others[0];
		let trace = trace.clone();
		call(accomplice, Call::dispute_accepted { task, trace });
		dispute::fall_silent();
		assert!(dispute::open(key).is_none());
		dishonest.push(accomplice);
	}
	// THEN whoever replays it opens a dispute in any block of its window, and not later
	let until = match rescued {
		true => Jobs::accepted(key).expect("its window is open anew").until,
		false => until,
	};
	let outsider = others[1];
	chain::run_to(until.min(System::block_number() + rng.below(7) as u32));
	let late = world::would(|| {
		chain::run_to(until + 1);
		let trace = trace.clone();
		round::attempt(outsider, Call::dispute_accepted { task: key, trace })
	});
	let late = late.expect_err("its window is over").error;
	assert_eq!(late, Error::<Runtime>::WindowOver.into());
	call(outsider, Call::dispute_accepted { task: key, trace });
	assert_eq!(dispute::challenger(key), Some(outsider));
	let cause = dispute::convict(key, &wrong);
	assert!(matches!(cause, Cause::Proven | Cause::Silent));
	// AND it loses its stake, half of it to the outsider, and nobody else loses anything. What was
	// accepted stays accepted.
	chain::run_to(System::block_number() + CHALLENGE + 2);
	books.ensure_honest(&dishonest);
	let compensated = if rescued { round::price() as i128 } else { 0 };
	let lost = books.gain(cheat) - pay - compensated;
	assert_eq!(lost, -(round::stake() as i128));
	assert!(books.gain(outsider) >= (round::stake() / 2) as i128);
	assert!(books.gain(cheat) < 0);
	let records = Jobs::round_records(job);
	assert_eq!(records.last().map(|last| last.accepted), Some(work::TASKS));
	assert!(Jobs::accepted(key).is_none());
	Outcome {
		drawn: true,
		accepted: false,
	}
}

#[test]
fn wrong_work_that_was_not_drawn_is_convicted_by_an_outsider() {
	world::class("undrawn wrong work", |rng| play(rng, Way::Undrawn, false));
}

#[test]
fn wrong_work_that_a_bought_committee_accepted_is_convicted_by_an_outsider() {
	world::class("bought committee", |rng| play(rng, Way::Bought, false));
}

#[test]
fn an_accomplice_that_disputes_first_and_loses_saves_no_accepted_work() {
	world::class("accomplice disputes accepted work", |rng| {
		play(rng, Way::Bought, true)
	});
}
