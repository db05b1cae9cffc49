//! Claims that training ends, where it does not: disputed by one honest seat, or by anybody with a bond
//! where the whole committee is bought, and convicted.

use assay_numerics::{
	ops,
	referee::{fold_steps, judged_ops, Part},
};
use assay_protocol::{
	Failure, FailureClaim, FailureReveal, JobId, JobState, Slot, SlotState, Unpaid, Verdict,
};
use assay_runtime::Runtime;
use assay_traits::Cause;
use sp_keyring::Sr25519Keyring;

use crate::{
	books::Books,
	chain, dispute,
	job::{self, call, key_of},
	play::Party,
	round, told, work,
	world::{self, Outcome, Rng, PROVIDERS},
	wrong_work::accomplices,
};

/// Any place of a task of the plan, all of whose training is fine.
fn any_place(rng: &mut Rng, honest: &Party<'_>) -> Failure {
	let setup = honest.setup;
	let op = rng.below(judged_ops(setup.outline()) as usize) as u32;
	let tiles = ops::tiles(&setup.program.ops()[op as usize]);
	let tile = rng.below(tiles as usize) as u32;
	let steps = fold_steps(setup.outline(), op, tile).expect("there is such a tile");
	let step = rng.below(steps as usize + 1) as u32;
	Failure {
		step: rng.below(setup.plan.steps as usize) as u32,
		op,
		tile,
		part: match steps {
			0 | 1 => Part::Whole,
			_ if step == steps => Part::Finish,
			_ => Part::Step(step),
		},
	}
}

/// From the seals to the reveals: one slot has this claim, and all others are honest.
fn train(job: JobId, slot: Slot, party: &Party<'_>) {
	let failure = FailureReveal {
		trace: party.trace(),
		place: party.claim.expect("it claims"),
		salt: [7; 32],
	};
	let (claimed, working): (Vec<_>, Vec<_>) = job::tasks(job)
		.into_iter()
		.filter(|task| task.state == SlotState::Assigned)
		.partition(|task| task.slot == slot);
	let [claimed] = &claimed[..] else {
		panic!("the slot is given out");
	};
	let provider = key_of(&claimed.provider);
	let context = round::context(claimed, claimed.provider.clone());
	let seal = FailureClaim::of(context, claimed.parent, claimed.slot_root, &failure).seal();
	call(
		provider,
		pallet_proof_of_compute::Call::commit_task { job, slot, seal },
	);
	let work = |slot: Slot| work::reveal(work::honest(claimed.round, slot), [7; 32]);
	for task in &working {
		job::commit(task, &work(task.slot));
	}
	chain::next_block();
	call(
		provider,
		pallet_proof_of_compute::Call::reveal_failure { job, slot, failure },
	);
	for task in working {
		let reveal = work(task.slot);
		job::reveal(&task, reveal);
	}
}

/// A claim of one slot of a job, judged by a committee of which these are bought; somebody else disputes
/// it if `outsider`.
fn play(rng: &mut Rng, bought: impl Fn(Sr25519Keyring) -> bool, outsider: bool) -> Outcome {
	let job = round::start(1);
	let slot = round::any_slot(rng);
	let mut liar = work::honest(0, slot).clone();
	liar.claim = Some(any_place(rng, &liar));
	train(job, slot, &liar);
	let books = Books::open(job);
	let cheat = round::provider(job, slot);
	let drawn = round::draw(job);
	let judged = round::of(&drawn, slot);
	let key = round::key(&judged.task);
	let mut found: Vec<_> = judged.committee.clone();
	found.retain(|seat| !bought(*seat));
	if outsider {
		let mut others = PROVIDERS.into_iter().filter(|other| *other != cheat);
		let other = others.next().expect("there are five");
		call(
			other,
			pallet_proof_of_compute::Call::dispute_task { job, slot },
		);
		found.insert(0, other);
	}
	assert!(!found.is_empty());
	round::say(&drawn, |drawn, seat| {
		let is_honest = drawn.task.slot == slot && !bought(seat);
		Some(match is_honest {
			true => Verdict::Invalid,
			false => Verdict::Valid,
		})
	});
	let outcome = Outcome {
		drawn: true,
		accepted: told::unpaid(key) == Some(Unpaid::BadPlan),
	};
	// No vote has taken anything, and nothing waits.
	assert_eq!(told::unpaid(key), Some(Unpaid::Disputed));
	assert_eq!(books.gain(cheat), 0);
	assert_eq!(dispute::challenger(key), found.first().copied());
	round::finish(job, 0);
	let stored = pallet_jobs::Jobs::<Runtime>::get(job).expect("it is kept");
	assert_eq!(stored.state, JobState::Completed);
	let cause = dispute::convict(key, &liar);
	assert_eq!(cause, Cause::Proven);
	books.ensure_honest(&[cheat]);
	assert_eq!(books.gain(cheat), -(round::stake() as i128));
	let part = round::stake() / 2 / found.len() as u128;
	for informer in found {
		assert!(books.gain(informer) >= part as i128);
	}
	outcome
}

#[test]
fn a_claim_that_training_ends_where_it_does_not_costs_its_stake() {
	world::class("a false claim of failure", |rng| {
		// GIVEN a provider that claims that its training ends somewhere, with up to two bought validators
		let accomplices = accomplices(rng);
		// WHEN an honest seat finds that it does not THEN the runtime judges the place
		play(rng, |seat| accomplices.contains(&seat), false)
	});
}

#[test]
fn a_committee_that_is_bought_as_a_whole_ends_no_job_that_somebody_disputes() {
	world::class("a false claim before a bought committee", |rng| {
		// GIVEN the same, where everybody that can be drawn is bought
		// WHEN one with a bond and without a seat disputes it THEN the job goes on, and the claim is
		// proven wrong
		play(rng, |_| true, true)
	});
}
