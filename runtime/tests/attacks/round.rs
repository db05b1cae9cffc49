//! One job, played round by round.

use assay_protocol::{
	JobId, Loss, Round, SealContext, Slot, SlotState, TaskClaim, TaskKey, TaskReveal, TaskView,
	Terms, Verdict, VerdictClaim, Windows,
};
use assay_runtime::{AccountId, Balance, Jobs, Runtime, RuntimeCall, RuntimeOrigin, System};
use frame_support::dispatch::DispatchResultWithPostInfo;
use sp_keyring::Sr25519Keyring;
use sp_runtime::traits::Dispatchable;

use crate::{
	chain,
	job::{self, call, key_of},
	play::Party,
	work,
	world::{Rng, ANYBODY, PROVIDERS},
};

/// What a task pays, before fees and what its provider pays for checks.
pub(crate) fn price() -> Balance {
	job::terms().price
}

/// What a provider has at stake for a task.
pub(crate) fn stake() -> Balance {
	job::terms().task_stake
}

const SALT: [u8; 32] = [7; 32];

/// Terms of every job: the only place that makes any.
pub(crate) fn terms(rounds: u32, price: Balance) -> Terms {
	Terms {
		price,
		task_stake: price * stake() / self::price(),
		tasks: work::TASKS,
		rounds,
		providers: PROVIDERS.len() as u32,
		// Where accepted work can be disputed, the attack says so: see `start_with`.
		windows: Windows {
			challenge: 0,
			..job::terms().windows
		},
		..job::terms()
	}
}

/// Dispatches a call that may be refused.
pub(crate) fn attempt(
	who: Sr25519Keyring,
	call: impl Into<RuntimeCall>,
) -> DispatchResultWithPostInfo {
	let call: RuntimeCall = call.into();
	call.dispatch(RuntimeOrigin::signed(who.to_account_id()))
}

/// Posts a job that every provider joins; it runs.
pub(crate) fn start(rounds: u32) -> JobId {
	start_at(rounds, price())
}

/// The same at another price.
pub(crate) fn start_at(rounds: u32, price: Balance) -> JobId {
	start_with(terms(rounds, price))
}

/// The same on terms of the attack's own.
pub(crate) fn start_with(terms: Terms) -> JobId {
	let job = pallet_jobs::NextJob::<Runtime>::get();
	let plan = work::plan();
	call(job::SUBMITTER, pallet_jobs::Call::post_job { plan, terms });
	for provider in PROVIDERS {
		let min_price = 1;
		call(provider, pallet_jobs::Call::join_job { job, min_price });
	}
	job
}

/// The task of a slot.
pub(crate) fn task(job: JobId, slot: Slot) -> TaskView<AccountId> {
	job::tasks(job)[slot as usize].clone()
}

/// Its provider.
pub(crate) fn provider(job: JobId, slot: Slot) -> Sr25519Keyring {
	key_of(&task(job, slot).provider)
}

/// The name of the attempt at a task, in disputes.
pub(crate) fn key(task: &TaskView<AccountId>) -> TaskKey {
	TaskKey {
		job: task.job,
		round: task.round,
		slot: task.slot,
		attempt: task.attempt,
	}
}

/// What an account's seal about a task is made of.
pub(crate) fn context(task: &TaskView<AccountId>, account: AccountId) -> SealContext<AccountId> {
	SealContext {
		genesis: System::block_hash(0).0,
		job: task.job,
		round: task.round,
		slot: task.slot,
		attempt: task.attempt,
		account,
	}
}

/// The seal of a provider over what it will reveal.
pub(crate) fn seal(task: &TaskView<AccountId>, reveal: &TaskReveal) -> [u8; 32] {
	let context = context(task, task.provider.clone());
	TaskClaim::of(context, task.parent, task.slot_root, reveal).seal()
}

/// A round in which everybody is honest.
pub(crate) fn honest(job: JobId, round: Round) {
	train(job, None);
	say(&draw(job), |_, _| Some(Verdict::Valid));
	chain::next_block();
	close(job, round);
}

/// Everything from the seals to the reveals: of the slots that wait for work, one has this work and all
/// others are honest.
pub(crate) fn train(job: JobId, wrong: Option<(Slot, &Party<'_>)>) {
	let waiting = job::tasks(job)
		.into_iter()
		.filter(|task| task.state == SlotState::Assigned);
	let reveals: Vec<_> = waiting
		.map(|task| {
			let reveal = match wrong {
				Some((slot, party)) if slot == task.slot => work::reveal(party, SALT),
				_ => work::reveal(work::honest(task.round, task.slot), SALT),
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
}

/// A slot that is judged.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
	pub(crate) task: TaskView<AccountId>,
	/// What is recomputed of it; where nothing is, its seats look whether the update is there.
	pub(crate) segment: Option<u32>,
	pub(crate) committee: Vec<Sr25519Keyring>,
}

/// Waits for the beacon and draws: the slots that are judged.
pub(crate) fn draw(job: JobId) -> Vec<Drawn> {
	job::await_beacon(job);
	call(ANYBODY, pallet_proof_of_compute::Call::draw { job });
	drawn(job)
}

/// The slots that are judged after a draw.
pub(crate) fn drawn(job: JobId) -> Vec<Drawn> {
	let seated = job::tasks(job).into_iter().map(|task| Drawn {
		segment: task.segment,
		committee: Jobs::committee_of(job, task.slot)
			.iter()
			.map(key_of)
			.collect(),
		task,
	});
	seated.filter(|slot| !slot.committee.is_empty()).collect()
}

/// The slot that is judged, of all.
pub(crate) fn of(drawn: &[Drawn], slot: Slot) -> &Drawn {
	let drawn = drawn.iter().find(|drawn| drawn.task.slot == slot);
	drawn.expect("its committee is drawn")
}

/// Every seat seals what it says of its slot, and opens it. One that says nothing does neither.
pub(crate) fn say(drawn: &[Drawn], said: impl Fn(&Drawn, Sr25519Keyring) -> Option<Verdict>) {
	seal_all(drawn, &said);
	chain::next_block();
	open_all(drawn, &said);
}

/// Every seat that says something seals it. If one does not, ASSAY ends at its deadline.
pub(crate) fn seal_all(drawn: &[Drawn], said: &impl Fn(&Drawn, Sr25519Keyring) -> Option<Verdict>) {
	let mut deadline = None;
	for slot in drawn {
		for seat in &slot.committee {
			let Some(verdict) = said(slot, *seat) else {
				deadline = Some(slot.task.deadline);
				continue;
			};
			let claim = VerdictClaim {
				context: context(&slot.task, seat.to_account_id()),
				draw_index: slot.task.draw_index,
				verdict,
				salt: SALT,
			};
			let (job, slot, seal) = (slot.task.job, slot.task.slot, claim.seal());
			call(
				*seat,
				pallet_proof_of_compute::Call::seal_verdict { job, slot, seal },
			);
		}
	}
	if let Some(deadline) = deadline {
		chain::run_to(deadline + 2);
	}
}

/// Every seat that has sealed something opens it.
pub(crate) fn open_all(drawn: &[Drawn], said: &impl Fn(&Drawn, Sr25519Keyring) -> Option<Verdict>) {
	for slot in drawn {
		for seat in &slot.committee {
			if let Some(verdict) = said(slot, *seat) {
				open(slot, *seat, verdict).expect("a sealed verdict");
			}
		}
	}
}

/// A seat opens what it has sealed of a slot.
pub(crate) fn open(
	slot: &Drawn,
	seat: Sr25519Keyring,
	verdict: Verdict,
) -> DispatchResultWithPostInfo {
	let (job, slot, salt) = (slot.task.job, slot.task.slot, SALT);
	attempt(
		seat,
		pallet_proof_of_compute::Call::reveal_verdict {
			job,
			slot,
			verdict,
			salt,
		},
	)
}

/// What an honest validator says of a slot whose work is a party's and can be fetched.
pub(crate) fn honest_verdict(drawn: &Drawn, party: &Party<'_>) -> Verdict {
	match drawn.segment {
		Some(segment) => work::verdict(party, &party.trace(), segment),
		None => Verdict::Valid,
	}
}

/// Plays passes in which everybody is honest until the round waits for its next checkpoint.
pub(crate) fn redo(job: JobId) {
	for _ in 0..3 {
		if Jobs::closers_of(job).is_empty() {
			train(job, None);
			let drawn = draw(job);
			say(&drawn, |slot, _| {
				let party = work::honest(slot.task.round, slot.task.slot);
				Some(honest_verdict(slot, party))
			});
			chain::next_block();
		}
	}
}

/// The round closes with the right checkpoint.
pub(crate) fn close(job: JobId, round: Round) {
	job::close(job, work::checkpoint(round + 1), loss(round));
	chain::next_block();
}

/// The loss that honest closers find. It is measured by the worker's engine, on which these tests do not
/// depend; here any number stands for it.
pub(crate) fn loss(round: Round) -> Loss {
	Loss((3 << 24) - u64::from(round))
}

/// Plays all that is left of a round honestly.
pub(crate) fn finish(job: JobId, round: Round) {
	redo(job);
	close(job, round);
}

/// A slot of a round, of the seed's choice.
pub(crate) fn any_slot(rng: &mut Rng) -> Slot {
	rng.below(work::TASKS as usize) as Slot
}
