//! Who calls, and what a party would call.

use assay_protocol::{
	dispute::{Answer, Ask},
	JobId, Loss, TaskKey, Trace, Verdict,
};
use assay_runtime::{units::ASY, AccountId, Jobs, RuntimeCall, Stake};
use assay_traits::Role;
use sp_keyring::Sr25519Keyring;

use crate::job::{self, PROVIDERS, SUBMITTER, VALIDATORS};

/// Who signs: the submitter, every provider and validator, and somebody without a part in anything.
pub(crate) fn signers() -> Vec<Sr25519Keyring> {
	let parties = PROVIDERS.into_iter().chain(VALIDATORS);
	parties.chain([SUBMITTER, Sr25519Keyring::Two]).collect()
}

/// Calls that a party could make, whether it is its turn or not. The first of the jobs runs.
pub(crate) fn plausible(jobs: [JobId; 3], dispute: TaskKey) -> Vec<RuntimeCall> {
	let mut calls = Vec::<RuntimeCall>::new();
	let job = jobs[0];
	for id in jobs {
		let beneficiaries = signers().into_iter().map(|key| key.to_account_id());
		let beneficiaries = beneficiaries.collect::<Vec<_>>().try_into().expect("few");
		calls.extend([
			pallet_jobs::Call::join_job {
				job: id,
				min_price: ASY,
			}
			.into(),
			pallet_jobs::Call::leave_job { job: id }.into(),
			pallet_jobs::Call::cancel_job { job: id }.into(),
			pallet_jobs::Call::advance { job: id }.into(),
			pallet_jobs::Call::claim {
				job: id,
				beneficiaries,
			}
			.into(),
			pallet_jobs::Call::prune_job { job: id }.into(),
			pallet_proof_of_compute::Call::draw { job: id }.into(),
			pallet_proof_of_compute::Call::clear_round { job: id, round: 0 }.into(),
			pallet_slashing::Call::prune_offences { job: id }.into(),
		]);
		for round in 0..2 {
			calls.push(
				pallet_proof_of_compute::Call::claim_aggregate {
					job: id,
					round,
					checkpoint: [0x40; 32],
					loss: Loss(3 << 24),
				}
				.into(),
			);
		}
	}
	for task in job::tasks(job) {
		let wrong = job::reveal_of(&task, [0xBA; 32]);
		for reveal in [job::honest_reveal(&task), wrong] {
			calls.push(job::commit_call(&task, &reveal));
			let (job, slot) = (task.job, task.slot);
			calls.push(pallet_proof_of_compute::Call::reveal_task { job, slot, reveal }.into());
		}
		for verdict in [Verdict::Valid, Verdict::Invalid, Verdict::Unfetched] {
			calls.push(job::open_call(&task, verdict));
		}
		for seat in signers() {
			calls.push(job::seal_call(&task, &seat.to_account_id(), Verdict::Valid));
		}
		let (job, slot) = (task.job, task.slot);
		calls.push(pallet_proof_of_compute::Call::dispute_task { job, slot }.into());
	}
	let task = dispute;
	for ask in [
		Ask::Segment { segment: 0 },
		Ask::Step { step: 0 },
		Ask::Child { index: 0 },
	] {
		calls.push(pallet_disputes::Call::ask { task, ask }.into());
	}
	let answer = Answer::Layer(Default::default());
	calls.push(pallet_disputes::Call::answer { task, answer }.into());
	calls.push(pallet_disputes::Call::end { task }.into());
	for role in [Role::Provider, Role::Validator] {
		let amount = 2_000 * ASY;
		calls.push(pallet_stake::Call::bond { role, amount }.into());
		calls.push(pallet_stake::Call::unbond { role }.into());
	}
	calls.extend([PROVIDERS[0], VALIDATORS[0]].map(worker_call));
	calls.extend([
		pallet_stake::Call::withdraw {}.into(),
		pallet_stake::Call::unset_worker {}.into(),
		pallet_jobs::Call::post_job {
			plan: job::plan(),
			terms: job::terms(),
		}
		.into(),
	]);
	// Money can be sent to the account of a job, and not taken from it.
	for dest in [Jobs::account_of(job), Sr25519Keyring::Dave.to_account_id()] {
		let value = ASY;
		let dest: sp_runtime::MultiAddress<AccountId, ()> = dest.into();
		calls.push(
			pallet_balances::Call::transfer_allow_death {
				dest: dest.clone(),
				value,
			}
			.into(),
		);
		let source = Jobs::account_of(job).into();
		calls.push(
			pallet_balances::Call::force_transfer {
				source,
				dest,
				value,
			}
			.into(),
		);
	}
	calls
}

/// Accepted tasks and what was revealed of them.
pub(crate) type Traces = Vec<(TaskKey, Trace)>;

/// Calls about accepted work, while it can be disputed and after that.
pub(crate) fn about_accepted(traces: &Traces) -> Vec<RuntimeCall> {
	let tasks: Vec<_> = traces.iter().map(|(task, _)| *task).collect();
	let tasks = tasks.try_into().expect("two of 64");
	let mut calls = vec![pallet_jobs::Call::release_stakes { tasks }.into()];
	calls.extend(traces.iter().cloned().map(|(task, trace)| {
		RuntimeCall::from(pallet_proof_of_compute::Call::dispute_accepted { task, trace })
	}));
	calls
}

/// What a stash calls so that a new key works for it.
fn worker_call(stash: Sr25519Keyring) -> RuntimeCall {
	let worker = Sr25519Keyring::AliceStash;
	let message = Stake::worker_message(&stash.to_account_id());
	pallet_stake::Call::set_worker {
		worker: worker.to_account_id(),
		proof: worker.sign(&message).into(),
	}
	.into()
}
