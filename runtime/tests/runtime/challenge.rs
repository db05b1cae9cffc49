//! Accepted work in its challenge window, through the real pallets.

use std::collections::BTreeSet;

use assay_protocol::{dispute::Ask, JobId, JobState, Loss, SlotState, TaskKey, Trace, Verdict};
use assay_runtime::{
	time::{DAYS, HOURS},
	units::ASY,
	Balance, Balances, Disputes, Jobs, Runtime, RuntimeCall, RuntimeOrigin, Stake, System,
};
use assay_traits::{Bonds as _, Disputes as _, Windows as _};
use frame_support::traits::fungible::{Inspect, InspectHold};
use pallet_jobs::Accepted;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{traits::Dispatchable, DispatchError};

use crate::{
	chain,
	job::{self, CHALLENGE, PROVIDERS, STAKE, SUBMITTER, VALIDATORS},
};

const ENDOWMENT: Balance = 1_000_000 * ASY;

fn local(test: impl FnOnce()) {
	chain::of_preset(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET).execute_with(|| {
		chain::run_to(3);
		test();
		ensure_stakes();
		chain::next_block();
	});
}

/// Every held stake of a task is that of an open slot, of accepted work in its window, or of a dispute,
/// and all of these have one.
fn ensure_stakes() {
	let held: BTreeSet<_> = pallet_stake::TaskHolds::<Runtime>::iter_keys().collect();
	let mut due: BTreeSet<_> = pallet_disputes::Cases::<Runtime>::iter_keys().collect();
	for (_, task, record) in Accepted::<Runtime>::iter() {
		let is_open = Disputes::is_open(task);
		assert_eq!(record.is_disputed, is_open, "{task:?}");
		assert_eq!(due.insert(task), !is_open, "{task:?}");
	}
	for (job, record) in pallet_jobs::Jobs::<Runtime>::iter() {
		if record.state != JobState::Running {
			continue;
		}
		for task in job::tasks(job) {
			let is_decided = matches!(
				task.state,
				SlotState::Accepted | SlotState::Redo(_) | SlotState::Dropped(_)
			);
			if !is_decided {
				due.insert(key(job, task.slot));
			}
		}
	}
	assert_eq!(held, due);
}

/// The first attempt at a slot of round 0.
fn key(job: JobId, slot: u32) -> TaskKey {
	TaskKey {
		job,
		round: 0,
		slot,
		attempt: 0,
	}
}

/// What the provider of a slot of round 0 reveals.
fn trace(job: JobId, slot: u32) -> Trace {
	let task = job::tasks(job)[slot as usize].clone();
	job::honest_reveal(&task).trace
}

fn attempt(who: Sr25519Keyring, call: impl Into<RuntimeCall>) -> Result<(), DispatchError> {
	let origin = RuntimeOrigin::signed(who.to_account_id());
	let done = call.into().dispatch(origin);
	done.map(|_| ()).map_err(|refused| refused.error)
}

fn dispute(who: Sr25519Keyring, task: TaskKey, trace: &Trace) -> Result<(), DispatchError> {
	let trace = trace.clone();
	attempt(
		who,
		pallet_proof_of_compute::Call::dispute_accepted { task, trace },
	)
}

fn prune(job: JobId) -> Result<(), DispatchError> {
	attempt(SUBMITTER, pallet_jobs::Call::prune_job { job })
}

fn wealth(key: Sr25519Keyring) -> Balance {
	Balances::total_balance(&key.to_account_id())
}

/// A job whose first round has three accepted tasks, accepted in this block, and the trace of slot 0.
fn accepted() -> (JobId, Sr25519Keyring, Trace) {
	let job = job::start();
	let tasks = job::tasks(job);
	for task in &tasks {
		job::commit(task, &job::honest_reveal(task));
	}
	chain::next_block();
	for task in &tasks {
		job::reveal(task, job::honest_reveal(task));
	}
	let revealed = trace(job, 0);
	job::await_beacon(job);
	job::judge(job, &[0, 1, 2], |_| Verdict::Valid);
	ensure_stakes();
	(job, job::key_of(&tasks[0].provider), revealed)
}

/// Somebody with a bond that is not the provider.
fn other(provider: Sr25519Keyring) -> Sr25519Keyring {
	let others = PROVIDERS.into_iter().find(|other| *other != provider);
	others.expect("three work")
}

#[test]
fn accepted_work_is_convicted_in_the_last_block_of_its_window_although_its_job_is_over() {
	local(|| {
		// GIVEN accepted work, whose job is over and settled since
		let (job, provider, trace) = accepted();
		let (task, last) = (key(job, 0), System::block_number() + CHALLENGE);
		job::close(job, [0x40; 32], Loss(3 << 24));
		job::call(SUBMITTER, pallet_jobs::Call::cancel_job { job });
		let everybody = PROVIDERS.into_iter().chain(VALIDATORS);
		let beneficiaries: Vec<_> = everybody.map(|key| key.to_account_id()).collect();
		let beneficiaries = beneficiaries.try_into().expect("six of 64");
		job::call(SUBMITTER, pallet_jobs::Call::claim { job, beneficiaries });
		let state = Jobs::job_view(job).expect("it is there").state;
		assert_eq!(state, JobState::Settled);
		// WHEN somebody disputes it in the last block of its window, and asks
		chain::run_to(last);
		let outsider = other(provider);
		let (cheat, informer) = (wealth(provider), wealth(outsider));
		dispute(outsider, task, &trace).expect("it is in time");
		ensure_stakes();
		let ask = Ask::Segment { segment: 0 };
		job::call(outsider, pallet_disputes::Call::ask { task, ask });
		// THEN the job is not pruned before the dispute is over, however long that takes
		let open = pallet_jobs::Error::<Runtime>::WindowsOpen.into();
		chain::run_to(last + CHALLENGE + 5);
		assert_eq!(prune(job), Err(open));
		// AND a provider that says nothing loses its stake, half of it to whoever disputed
		chain::skip(2 * HOURS + DAYS + 1);
		chain::next_block();
		chain::next_block();
		assert!(!Disputes::is_open(task));
		assert_eq!(wealth(provider), cheat - STAKE);
		assert_eq!(wealth(outsider), informer + STAKE / 2);
		assert_eq!(Stake::task_stake(task), 0);
		assert_eq!(Jobs::standing_of(&provider.to_account_id()).proven, 0);
		// AND nothing of the round is undone, and the job is pruned
		assert_eq!(Jobs::round_records(job)[0].accepted, 3);
		assert_eq!(prune(job), Ok(()));
	});
}

#[test]
fn one_block_after_its_window_accepted_work_takes_no_dispute_and_its_stake_is_released_once() {
	local(|| {
		// GIVEN accepted work in the first block after its window
		let (job, provider, trace) = accepted();
		let (task, last) = (key(job, 0), System::block_number() + CHALLENGE);
		chain::run_to(last + 1);
		assert_eq!(Stake::task_stake(task), STAKE);
		// WHEN somebody disputes it THEN it is too late
		let over = pallet_proof_of_compute::Error::<Runtime>::WindowOver.into();
		assert_eq!(dispute(other(provider), task, &trace), Err(over));
		// AND WHEN anybody releases its stake THEN that is its provider's again, once
		let account = provider.to_account_id();
		let held = Balances::total_balance_on_hold(&account);
		let release = || {
			let tasks = vec![task, task].try_into().expect("two of 64");
			attempt(SUBMITTER, pallet_jobs::Call::release_stakes { tasks })
		};
		assert_eq!(release(), Ok(()));
		assert_eq!(Balances::total_balance_on_hold(&account), held - STAKE);
		let nothing = pallet_jobs::Error::<Runtime>::NothingToRelease.into();
		assert_eq!(release(), Err(nothing));
		let gone = pallet_proof_of_compute::Error::<Runtime>::NotAccepted.into();
		assert_eq!(dispute(other(provider), task, &trace), Err(gone));
		// AND the idle end of the block releases the others
		chain::next_block();
		assert_eq!(Accepted::<Runtime>::iter_prefix(job).count(), 0);
		assert_eq!(wealth(provider), ENDOWMENT);
	});
}

#[test]
fn a_lost_dispute_about_accepted_work_pays_its_provider_and_begins_the_window_anew() {
	local(|| {
		// GIVEN accepted work that somebody disputes without moving
		let (job, provider, trace) = accepted();
		let task = key(job, 0);
		let (troll, before) = (other(provider), wealth(provider));
		dispute(troll, task, &trace).expect("it is in time");
		let twice = pallet_proof_of_compute::Error::<Runtime>::AlreadyDisputed.into();
		assert_eq!(dispute(VALIDATORS[0], task, &trace), Err(twice));
		// WHEN its time is over
		job::call(SUBMITTER, pallet_jobs::Call::cancel_job { job });
		chain::skip(2 * HOURS + 1);
		chain::next_block();
		chain::next_block();
		// THEN the provider has the price once more, and its stake is held for a window anew
		assert!(!Disputes::is_open(task));
		assert_eq!(wealth(provider), before + 10 * ASY);
		assert_eq!(Stake::task_stake(task), STAKE);
		let until = Jobs::accepted(task).expect("it is there").until;
		assert!(until + 3 > System::block_number() + CHALLENGE);
		ensure_stakes();
		// AND whoever has lost opens no other one, but others do
		let lost = pallet_disputes::Error::<Runtime>::HasLostBefore.into();
		assert_eq!(dispute(troll, task, &trace), Err(lost));
		dispute(VALIDATORS[0], task, &trace).expect("it is in time");
		ensure_stakes();
	});
}

#[test]
fn a_provider_does_not_unbond_while_its_accepted_work_can_be_disputed() {
	local(|| {
		// GIVEN a provider whose only work was accepted, and whose job is over
		let (job, provider, _) = accepted();
		job::call(SUBMITTER, pallet_jobs::Call::cancel_job { job });
		let role = assay_traits::Role::Provider;
		let unbond = || attempt(provider, pallet_stake::Call::unbond { role });
		let held = pallet_stake::Error::<Runtime>::TasksHeld.into();
		assert_eq!(unbond(), Err(held));
		// WHEN its window is over THEN it can leave
		chain::run_to(System::block_number() + CHALLENGE + 2);
		assert_eq!(unbond(), Ok(()));
	});
}
