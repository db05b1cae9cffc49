//! Providers that walk away when they are drawn, and blocks that are filled against a clock.

use assay_protocol::{dispute::Side, JobId, Slot, TaskKey, Verdict};
use assay_runtime::{time::HOURS, AccountId, Runtime, System};
use assay_traits::Cause;
use frame_support::dispatch::DispatchClass;

use crate::{
	books::Books,
	chain,
	dispute::{self, Stop},
	fault::Fault,
	job::key_of,
	play::Party,
	round, work,
	world::{self, would, Outcome},
};

/// Blocks that each side of a dispute has for all its turns.
const TURNS: u32 = 2 * HOURS;

/// A job that is over, in which the work of a slot was found wrong and is disputed.
fn disputed(job: JobId, slot: Slot, wrong: &Party<'_>) -> (TaskKey, AccountId) {
	let task = round::task(job, slot);
	let key = round::key(&task);
	round::train(job, Some((slot, wrong)));
	let drawn = round::draw(job);
	round::say(&drawn, |drawn, _| {
		Some(match drawn.task.slot == slot {
			true => Verdict::Invalid,
			false => Verdict::Valid,
		})
	});
	round::finish(job, 0);
	(key, task.provider)
}

#[test]
fn a_provider_that_walks_away_after_the_draw_is_convicted_of_its_silence() {
	world::class("walking away after the draw", |rng| {
		// GIVEN wrong work that was drawn and found wrong
		let job = round::start(1);
		let slot = round::any_slot(rng);
		let books = Books::open(job);
		let from = rng.below(2) as u32;
		let wrong = Fault::ZeroUpdate { from }.work(work::setup(0, slot));
		let (key, cheat) = disputed(job, slot, &wrong);
		// WHEN its provider answers a few times, or never, and then nothing
		let leaves = Some((Side::Provider, rng.below(3) as u32));
		let stop = dispute::play(key, &wrong, work::honest(0, slot), leaves);
		assert_eq!(stop, Stop::Left);
		// THEN it keeps its stake as long as its time and its grace last
		chain::skip(dispute::SILENCE - 10);
		chain::next_block();
		assert_eq!(dispute::conviction(key, &cheat), None);
		// AND loses it then
		chain::skip(10);
		chain::next_block();
		chain::next_block();
		let cause = dispute::conviction(key, &cheat);
		assert_eq!(cause, Some(Cause::Silent));
		let cheat = key_of(&cheat);
		books.ensure_honest(&[cheat]);
		assert_eq!(books.gain(cheat), -(round::stake() as i128));
		Outcome {
			drawn: true,
			accepted: cause.is_none(),
		}
	});
}

/// So many blocks pass; if they are full, no move fits into them.
fn blocks(count: u32, are_full: bool) {
	for _ in 0..count {
		if are_full {
			let weights = <Runtime as frame_system::Config>::BlockWeights::get();
			let class = DispatchClass::Normal;
			System::register_extra_weight_unchecked(weights.max_block, class);
		}
		chain::next_block();
	}
}

#[test]
fn full_blocks_do_not_run_down_the_clock_of_an_honest_challenger() {
	world::class("congestion against a clock", |rng| {
		// GIVEN wrong work in dispute, and a challenger that has a few blocks left for its turns
		let job = round::start(1);
		let slot = round::any_slot(rng);
		let books = Books::open(job);
		let wrong = Fault::ZeroUpdate { from: 0 }.work(work::setup(0, slot));
		let (key, cheat) = disputed(job, slot, &wrong);
		let leaves = Some((Side::Challenger, rng.below(4) as u32));
		let honest = work::honest(0, slot);
		assert_eq!(dispute::play(key, &wrong, honest, leaves), Stop::Left);
		let left = 12;
		chain::skip(TURNS - left);
		// WHEN the provider fills more blocks than that
		let filled = left + 1 + rng.below(8) as u32;
		let first = dispute::challenger(key);
		let is_replaced_otherwise = would(|| {
			blocks(filled + 2, false);
			dispute::challenger(key) != first
		});
		assert!(
			is_replaced_otherwise,
			"the next dissenter would have followed"
		);
		blocks(filled, true);
		// THEN the clock has not run, although as many other blocks would have ended the turn
		let cause = dispute::convict(key, &wrong);
		let cheat = key_of(&cheat);
		books.ensure_honest(&[cheat]);
		Outcome {
			drawn: true,
			accepted: cause != Cause::Proven,
		}
	});
}
