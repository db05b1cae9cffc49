//! Work that starts from another checkpoint than the round's.

use std::{
	collections::BTreeMap,
	sync::{Mutex, OnceLock, PoisonError},
};

use assay_numerics::Memory;
use assay_protocol::{Slot, TaskReveal};
use assay_runtime::Runtime;
use pallet_proof_of_compute::Error;

use crate::{
	books::Books,
	chain, job,
	play::{Party, Setup},
	round, seals, work, world, wrong_work,
};

/// Which other checkpoint a task of the second round starts from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Start {
	/// That of the round before.
	Stale,
	/// The update of a slot, which is not the mean.
	Update(Slot),
	/// One that another seed makes.
	Seed(u8),
}

/// The work of a slot of the second round from there, computed once.
fn work_from(slot: Slot, start: Start) -> Party<'static> {
	static WORKS: OnceLock<Mutex<BTreeMap<(Slot, Start), &'static Party<'static>>>> =
		OnceLock::new();
	let works = WORKS.get_or_init(Mutex::default);
	let mut works = works.lock().unwrap_or_else(PoisonError::into_inner);
	let made = works.entry((slot, start)).or_insert_with(|| {
		let right = work::setup(1, slot);
		let state = match start {
			Start::Stale => work::setup(0, slot).start.clone(),
			Start::Update(of) => {
				let update = work::memory_before(work::honest(0, of), right.plan.steps);
				let mut state = right.start.clone();
				for id in right.program.params() {
					state.set(*id, update.tiles(*id).to_vec());
				}
				state
			}
			Start::Seed(seed) => Memory::initial(&right.program, &[seed; 32], &right.data)
				.expect("the plan is in range"),
		};
		let setup = Box::leak(Box::new(Setup {
			start: state,
			..right.clone()
		}));
		Box::leak(Box::new(setup.honest()))
	});
	made.clone()
}

/// The provider claims that it has started from the round's checkpoint.
fn hidden(slot: Slot, start: Start) -> Party<'static> {
	let mut party = work_from(slot, start);
	party.setup = work::setup(1, slot);
	party.states[0] = work::honest(1, slot).states[0];
	party
}

fn convicted(name: &str, start: impl Fn(&mut world::Rng) -> Start) {
	world::class(name, |rng| {
		// GIVEN the second round of a job, and a provider that trains from another checkpoint and says
		// that it was the right one
		let job = round::start(2);
		round::honest(job, 0);
		let slot = round::any_slot(rng);
		let wrong = hidden(slot, start(rng));
		let bought = wrong_work::accomplices(rng);
		// WHEN an honest seat recomputes it THEN it is not paid, and its provider is convicted
		wrong_work::play(job, slot, &wrong, &bought)
	});
}

#[test]
fn work_from_a_stale_parent_that_is_hidden_is_convicted() {
	convicted("stale parent, hidden", |_| Start::Stale);
}

#[test]
fn work_from_a_wrong_parent_that_is_hidden_is_convicted() {
	convicted("wrong parent, hidden", |rng| match rng.below(5) {
		seed @ 0..2 => Start::Seed(100 + seed as u8),
		slot => Start::Update(slot as Slot - 2),
	});
}

/// Nothing of a trace from another parent is even taken.
fn refused(name: &str, start: impl Fn(&mut world::Rng) -> Start) {
	world::class(name, |rng| {
		// GIVEN the second round of a job, and a provider that trains from another checkpoint and shows
		// it as it is
		let job = round::start(2);
		round::honest(job, 0);
		let (slot, salt) = (round::any_slot(rng), rng.bytes());
		let books = Books::open(job);
		let party = work_from(slot, start(rng));
		let reveal: TaskReveal = work::reveal(&party, salt);
		for task in job::tasks(job) {
			if task.slot == slot {
				job::commit(&task, &reveal);
			} else {
				job::commit(&task, &work::reveal(work::honest(1, task.slot), salt));
			}
		}
		chain::next_block();
		// WHEN it opens its seal THEN the chain refuses what does not begin at the parent
		let refusal = Error::<Runtime>::TraceMismatch;
		seals::ensure_refused(&round::task(job, slot), reveal, refusal);
		for task in job::tasks(job).iter().filter(|task| task.slot != slot) {
			job::reveal(task, work::reveal(work::honest(1, task.slot), salt));
		}
		// AND it loses a tenth of the price when the time to show something else is over
		seals::never_opened(job, slot, &books)
	});
}

#[test]
fn work_from_a_stale_parent_is_refused() {
	refused("stale parent, shown", |_| Start::Stale);
}

#[test]
fn work_from_a_wrong_parent_is_refused() {
	refused("wrong parent, shown", |rng| match rng.below(5) {
		seed @ 0..2 => Start::Seed(100 + seed as u8),
		slot => Start::Update(slot as Slot - 2),
	});
}
