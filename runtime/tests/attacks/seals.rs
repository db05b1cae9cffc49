//! Seals that are copied, replayed, inherited or opened too late.

use assay_protocol::{JobId, Slot, SlotState, TaskReveal, TaskView, Unpaid, Verdict};
use assay_runtime::{AccountId, Runtime};
use assay_traits::Cause;
use pallet_proof_of_compute::{Call, Error};

use crate::{
	books::Books,
	chain,
	job::{self, call, key_of},
	round::{self, attempt},
	told, work,
	world::{self, Outcome},
};

/// The provider of a task tries to open its seal, and is refused for this reason.
pub(crate) fn ensure_refused(
	task: &TaskView<AccountId>,
	reveal: TaskReveal,
	reason: Error<Runtime>,
) {
	let (job, slot) = (task.job, task.slot);
	let opened = attempt(
		key_of(&task.provider),
		Call::reveal_task { job, slot, reveal },
	);
	assert_eq!(opened.map_err(|refused| refused.error), Err(reason.into()));
}

/// A seal stays closed until the time for it is over, while all others are open; the round goes on
/// without it and the slot is redone. Its provider pays a tenth of the price, and nobody else anything.
pub(crate) fn never_opened(job: JobId, slot: Slot, books: &Books) -> Outcome {
	let task = round::task(job, slot);
	let key = round::key(&task);
	while round::task(job, slot).state == task.state {
		chain::next_block();
	}
	let missed = SlotState::Redo(Unpaid::MissedReveal);
	assert_eq!(round::task(job, slot).state, missed);
	round::say(&round::draw(job), |_, _| Some(Verdict::Valid));
	let accepted = told::is_accepted(key);
	chain::next_block();
	round::finish(job, task.round);
	let cheat = key_of(&task.provider);
	books.ensure_honest(&[cheat]);
	assert_eq!(books.gain(cheat), -(round::price() as i128) / 10);
	let offence = (key, Cause::MissedReveal, &task.provider);
	assert!(pallet_slashing::Offences::<Runtime>::contains_key(
		job, offence
	));
	Outcome {
		drawn: true,
		accepted,
	}
}

/// All providers but one seal and reveal what is right; that one seals what it is told to.
fn sealed_by_one(job: JobId, slot: Slot, seal: [u8; 32], salt: [u8; 32]) {
	let tasks = job::tasks(job);
	let others: Vec<_> = tasks.iter().filter(|task| task.slot != slot).collect();
	for task in &others {
		job::commit(task, &honest(task, salt));
	}
	let provider = round::provider(job, slot);
	call(provider, Call::commit_task { job, slot, seal });
	chain::next_block();
	for task in others {
		job::reveal(task, honest(task, salt));
	}
}

/// The provider of the only task that waits seals this.
fn sealed_again(task: &TaskView<AccountId>, seal: [u8; 32]) {
	let (job, slot) = (task.job, task.slot);
	call(
		key_of(&task.provider),
		Call::commit_task { job, slot, seal },
	);
	chain::next_block();
}

/// The right work of a task.
fn honest(task: &TaskView<AccountId>, salt: [u8; 32]) -> TaskReveal {
	work::reveal(work::honest(task.round, task.slot), salt)
}

#[test]
fn a_copied_seal_opens_to_nothing() {
	world::class("copied seal", |rng| {
		// GIVEN a provider that copies the seal of another one
		let job = round::start(1);
		let (slot, salt) = (round::any_slot(rng), rng.bytes());
		let other = (slot + 1 + rng.below(2) as Slot) % work::TASKS;
		let books = Books::open(job);
		let copied = round::task(job, other);
		let seal = round::seal(&copied, &honest(&copied, salt));
		sealed_by_one(job, slot, seal, salt);
		// WHEN it shows what that seal was opened with, or what is right in its own slot
		let task = round::task(job, slot);
		for shown in [&copied, &task] {
			// THEN it is refused: the account and the slot are in the seal
			ensure_refused(&task, honest(shown, salt), Error::SealMismatch);
		}
		never_opened(job, slot, &books)
	});
}

#[test]
fn a_seal_of_an_earlier_round_opens_to_nothing() {
	world::class("replayed seal", |rng| {
		// GIVEN the second round of a job, and a provider that replays a seal that it could have made
		// in the first one: of the work of that round, or of this one
		let job = round::start(2);
		let salt = rng.bytes();
		let of_round = rng.below(2) as u32;
		let slot = round::any_slot(rng);
		let before = round::task(job, slot);
		round::honest(job, 0);
		let books = Books::open(job);
		let task = round::task(job, slot);
		let reveal = work::reveal(work::honest(of_round, slot), salt);
		let then = TaskView {
			provider: task.provider.clone(),
			..before
		};
		let seal = round::seal(&then, &reveal);
		sealed_by_one(job, slot, seal, salt);
		// WHEN it is opened THEN it is refused: round and parent are in the seal
		ensure_refused(&task, reveal, Error::SealMismatch);
		never_opened(job, slot, &books)
	});
}

#[test]
fn work_of_an_earlier_round_under_a_fresh_seal_is_refused() {
	world::class("replayed work", |rng| {
		// GIVEN the second round of a job, and a provider that seals the work of the first one anew
		let job = round::start(2);
		round::honest(job, 0);
		let (slot, salt) = (round::any_slot(rng), rng.bytes());
		let of = round::any_slot(rng);
		let books = Books::open(job);
		let task = round::task(job, slot);
		let reveal = work::reveal(work::honest(0, of), salt);
		sealed_by_one(job, slot, round::seal(&task, &reveal), salt);
		// WHEN it is opened THEN its trace does not begin at the parent of this round
		ensure_refused(&task, reveal, Error::TraceMismatch);
		never_opened(job, slot, &books)
	});
}

#[test]
fn a_seal_of_a_failed_attempt_opens_to_nothing_in_the_next_one() {
	world::class("inherited seal", |rng| {
		// GIVEN a slot whose first provider seals right work and never opens it
		let job = round::start(1);
		let (slot, salt) = (round::any_slot(rng), rng.bytes());
		let books = Books::open(job);
		let first = round::task(job, slot);
		let reveal = honest(&first, salt);
		let seal = round::seal(&first, &reveal);
		sealed_by_one(job, slot, seal, salt);
		while round::task(job, slot).state == SlotState::Committed {
			chain::next_block();
		}
		round::say(&round::draw(job), |_, _| Some(Verdict::Valid));
		chain::next_block();
		// WHEN whoever is given the slot next seals the same and is shown what opens it
		let second = round::task(job, slot);
		assert_ne!(second.provider, first.provider);
		sealed_again(&second, seal);
		// THEN that is refused: account and attempt are in the seal
		ensure_refused(&second, reveal, Error::SealMismatch);
		// AND the third attempt is honest
		while round::task(job, slot).attempt == second.attempt {
			chain::next_block();
		}
		round::finish(job, 0);
		let cheats = [key_of(&first.provider), key_of(&second.provider)];
		books.ensure_honest(&cheats);
		for cheat in cheats {
			// Each lost a tenth of the price. The second may have done another slot well.
			let gain = books.gain(cheat) + round::price() as i128 / 10;
			assert!((0..round::price() as i128).contains(&gain), "{gain}");
		}
		let offence = (round::key(&second), Cause::MissedReveal, &second.provider);
		let is_missed = pallet_slashing::Offences::<Runtime>::contains_key(job, offence);
		Outcome {
			drawn: true,
			accepted: !is_missed,
		}
	});
}

#[test]
fn a_late_reveal_is_refused_and_costs_a_tenth_of_the_price() {
	world::class("late reveal", |rng| {
		// GIVEN a provider with right work and its own seal
		let job = round::start(1);
		let (slot, salt) = (round::any_slot(rng), rng.bytes());
		let books = Books::open(job);
		let task = round::task(job, slot);
		let reveal = honest(&task, salt);
		sealed_by_one(job, slot, round::seal(&task, &reveal), salt);
		let task = round::task(job, slot);
		// WHEN it opens it a block or more after the deadline, of which nobody has told the chain yet
		chain::run_to(task.deadline);
		let late = 1 + rng.below(5) as u32;
		chain::skip(late);
		let opened = attempt(
			key_of(&task.provider),
			Call::reveal_task { job, slot, reveal },
		);
		// THEN it is refused
		assert_eq!(
			opened.map_err(|refused| refused.error),
			Err(Error::<Runtime>::DeadlinePassed.into())
		);
		never_opened(job, slot, &books)
	});
}
