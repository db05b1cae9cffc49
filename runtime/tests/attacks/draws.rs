//! Attempts to choose what is drawn: by seals, by leaving blocks out, by many small tasks.

use assay_protocol::{DrawWindow, JobId, Slot, TaskReveal, Verdict};
use assay_runtime::{Beacon, Jobs, Runtime, Stake};
use assay_traits::{Beacon as _, Bonds as _, Rounds};
use frame_support::traits::Get;
use pallet_proof_of_compute::Call;
use sp_keyring::Sr25519Keyring;

use crate::{
	chain,
	fault::{self, Fault},
	job::{self, call},
	play::Party,
	round::{self, Drawn},
	work,
	world::{self, would, Outcome, Rng, ANYBODY, VALIDATORS},
	wrong_work,
};

/// Of every slot that is judged, the segment and who judges it.
type Draw = Vec<(Option<u32>, Vec<Sr25519Keyring>)>;

fn draw_of(drawn: Vec<Drawn>) -> Draw {
	let drawn = drawn.into_iter();
	drawn.map(|slot| (slot.segment, slot.committee)).collect()
}

/// The draw of a round whose slots are sealed and opened with these salts, and one with this work.
fn drawn_with(job: JobId, salts: &[[u8; 32]; 3], work: &Party<'_>, slot: Slot) -> Draw {
	let reveals: Vec<(_, TaskReveal)> = job::tasks(job)
		.into_iter()
		.map(|task| {
			let salt = salts[task.slot as usize];
			let reveal = match task.slot == slot {
				true => work::reveal(work, salt),
				false => work::reveal(work::honest(0, task.slot), salt),
			};
			(task, reveal)
		})
		.collect();
	for (task, reveal) in &reveals {
		job::commit(task, reveal);
	}
	chain::next_block();
	for (task, reveal) in reveals {
		job::reveal(&task, reveal);
	}
	draw_of(round::draw(job))
}

#[test]
fn grinding_seals_and_work_does_not_move_the_draw() {
	world::class("commit grinding", |rng| {
		// GIVEN a running job, and a provider that can seal anything
		let job = round::start(1);
		let slot = round::any_slot(rng);
		let honest = work::honest(0, slot);
		let first = would(|| drawn_with(job, &[[7; 32]; 3], honest, slot));
		// WHEN it tries other salts, other work, and other seals of accomplices in the other slots
		let mut moved = false;
		for _ in 0..4 {
			let salts = [rng.bytes(), rng.bytes(), rng.bytes()];
			let from = rng.below(4) as u32;
			let wrong = Fault::FewerSteps { from }.work(work::setup(0, slot));
			let other = would(|| drawn_with(job, &salts, &wrong, slot));
			moved |= other != first;
		}
		// THEN segments and committees are those that the blocks after the last reveal name
		Outcome {
			drawn: true,
			accepted: moved,
		}
	});
}

#[test]
fn when_and_by_whom_a_draw_is_asked_for_does_not_move_it() {
	world::class("caller grinding", |rng| {
		// GIVEN a round that waits for its draw
		let job = round::start(1);
		round::train(job, None);
		job::await_beacon(job);
		let ask = |who| {
			call(who, Call::draw { job });
			draw_of(round::drawn(job))
		};
		let first = would(|| ask(ANYBODY));
		// WHEN somebody else asks, some blocks later
		let who = rng.pick(&VALIDATORS);
		let later = rng.below(8) as u32;
		let other = would(|| {
			for _ in 0..later {
				chain::next_block();
			}
			ask(who)
		});
		// THEN it is the same
		Outcome {
			drawn: true,
			accepted: other != first,
		}
	});
}

/// Lets the beacon's window pass; whenever it is the turn of a bought author, that one leaves its block out
/// if it is told to.
fn await_beacon(job: JobId, bought: &[usize], mut choices: u32) {
	let round = <Jobs as Rounds<_>>::round(job).expect("the job runs");
	let from = round.draw_from.expect("it waits for its draw");
	let window = DrawWindow {
		slots: <Runtime as pallet_proof_of_compute::Config>::DrawSlots::get(),
		stake_ppm: <Runtime as pallet_proof_of_compute::Config>::DrawStake::get(),
	};
	let stakes = Stake::stakes(Stake::session()).expect("the session's");
	while Beacon::outputs(from, &window, &stakes).is_none() {
		let mut missed = 0;
		while bought.contains(&chain::author_of(missed + 1)) && missed < 6 {
			let leaves_out = choices % 2 == 1;
			choices /= 2;
			if !leaves_out {
				break;
			}
			missed += 1;
		}
		chain::miss_slots(missed);
	}
}

#[test]
fn authors_that_leave_blocks_out_choose_a_draw_but_not_what_it_finds() {
	world::class("author grinding", |rng| {
		// GIVEN one wrong bit, which two draws of three do not see, and two bought authors of six, one of
		// whom sits in the committee perhaps
		let job = round::start(1);
		let slot = round::any_slot(rng);
		let wrong = seen_in_one_segment(rng, slot);
		let bought = rng.some(2, &[0, 1, 2, 3, 4, 5]);
		round::train(job, Some((slot, &wrong)));
		// WHEN they leave out those blocks that give the best draw of all that they can have
		let found = |job| {
			let drawn = round::drawn(job);
			round::honest_verdict(round::of(&drawn, slot), &wrong)
		};
		let tries = |choices| {
			would(|| {
				await_beacon(job, &bought, choices);
				call(ANYBODY, Call::draw { job });
				found(job)
			})
		};
		let best = (0..8).find(|choices| tries(*choices) == Verdict::Valid);
		await_beacon(job, &bought, best.unwrap_or(0));
		// THEN what is drawn is found, whatever they have tried, and nothing else is
		wrong_work::judged(job, slot, &wrong, &[])
	});
}

/// Work whose only wrong segment is one.
fn seen_in_one_segment(rng: &mut Rng, slot: Slot) -> Party<'static> {
	let (setup, honest) = (work::setup(0, slot), work::honest(0, slot));
	let step = rng.below(setup.plan.steps as usize) as u32;
	let op = (0..fault::ops(setup)).rev();
	let wrong = op.map(|op| Fault::Bit { step, op, tile: 0 }.work(setup));
	let mut wrong = wrong.filter(|party| party.trace() != honest.trace());
	wrong.next().expect("some bit is seen")
}

#[test]
fn many_small_tasks_do_not_buy_a_large_one_out_of_its_check() {
	world::class("dust farming of the sampling rate", |rng| {
		// GIVEN providers that have done one to three jobs of dust well
		let dust = 1 + rng.below(3);
		for _ in 0..dust {
			let job = round::start_at(1, round::price() / 1_000);
			round::train(job, None);
			let drawn = round::draw(job);
			round::say(&drawn, |_, _| Some(Verdict::Valid));
			chain::next_block();
			round::close(job, 0);
		}
		// WHEN one of them does a large task wrongly
		let job = round::start(1);
		let slot = round::any_slot(rng);
		let wrong = Fault::ZeroUpdate { from: 0 }.work(work::setup(0, slot));
		let bought = wrong_work::accomplices(rng);
		// THEN it is drawn like any other, found and convicted
		let outcome = wrong_work::play(job, slot, &wrong, &bought);
		assert!(outcome.drawn);
		let counts = pallet_slashing::CountsOf::<Runtime>::iter().count();
		assert_eq!(counts, 1);
		outcome
	});
}
