//! Calls as the runtime encodes them.

use subxt::utils::{AccountId32, Static};

use super::api::{
	self,
	runtime_types::{
		assay_runtime::RuntimeCall, assay_traits::bonds::Role as ApiRole,
		bounded_collections::bounded_vec::BoundedVec, pallet_disputes::pallet::Call as Disputes,
		pallet_jobs::pallet::Call as Jobs, pallet_proof_of_compute::pallet::Call as Proofs,
		pallet_stake::pallet::Call as Stake, sp_runtime::MultiSignature,
	},
};
use crate::chain::{Call, Role};

/// All calls as one transaction. Each stands or falls alone, also when there is only one: so there
/// is one way to read what became of them.
pub(super) fn batch(calls: &[Call]) -> impl subxt::tx::Payload {
	api::tx()
		.utility()
		.force_batch(calls.iter().cloned().map(encode).collect())
}

fn encode(call: Call) -> RuntimeCall {
	match call {
		Call::PostJob { plan, terms } => RuntimeCall::Jobs(Jobs::post_job {
			plan: Static(*plan),
			terms: Static(*terms),
		}),
		Call::JoinJob { job, min_price } => RuntimeCall::Jobs(Jobs::join_job {
			job: Static(job),
			min_price,
		}),
		Call::CancelJob { job } => RuntimeCall::Jobs(Jobs::cancel_job { job: Static(job) }),
		Call::Advance { job } => RuntimeCall::Jobs(Jobs::advance { job: Static(job) }),
		Call::Claim { job, beneficiaries } => RuntimeCall::Jobs(Jobs::claim {
			job: Static(job),
			beneficiaries: BoundedVec(
				beneficiaries
					.into_iter()
					.map(|account| AccountId32(account.0))
					.collect(),
			),
		}),
		Call::CommitTask { job, slot, seal } => RuntimeCall::ProofOfCompute(Proofs::commit_task {
			job: Static(job),
			slot,
			seal,
		}),
		Call::RevealTask { job, slot, reveal } => {
			RuntimeCall::ProofOfCompute(Proofs::reveal_task {
				job: Static(job),
				slot,
				reveal: Static(reveal),
			})
		}
		Call::RevealFailure { job, slot, failure } => {
			RuntimeCall::ProofOfCompute(Proofs::reveal_failure {
				job: Static(job),
				slot,
				failure: Static(failure),
			})
		}
		Call::Draw { job } => RuntimeCall::ProofOfCompute(Proofs::draw { job: Static(job) }),
		Call::SealVerdict { job, slot, seal } => {
			RuntimeCall::ProofOfCompute(Proofs::seal_verdict {
				job: Static(job),
				slot,
				seal,
			})
		}
		Call::RevealVerdict {
			job,
			slot,
			verdict,
			salt,
		} => RuntimeCall::ProofOfCompute(Proofs::reveal_verdict {
			job: Static(job),
			slot,
			verdict: Static(verdict),
			salt,
		}),
		Call::ClaimAggregate {
			job,
			round,
			checkpoint,
			loss,
		} => RuntimeCall::ProofOfCompute(Proofs::claim_aggregate {
			job: Static(job),
			round,
			checkpoint,
			loss: Static(loss),
		}),
		Call::AskDispute { task, ask } => RuntimeCall::Disputes(Disputes::ask {
			task: Static(task),
			ask: Static(ask),
		}),
		Call::AnswerDispute { task, answer } => RuntimeCall::Disputes(Disputes::answer {
			task: Static(task),
			answer: Static(answer),
		}),
		Call::ProveDispute { task, proof } => RuntimeCall::Disputes(Disputes::prove {
			task: Static(task),
			proof: Static(proof),
		}),
		Call::EndDispute { task } => RuntimeCall::Disputes(Disputes::end { task: Static(task) }),
		Call::DisputeAccepted { task, trace } => {
			RuntimeCall::ProofOfCompute(Proofs::dispute_accepted {
				task: Static(task),
				trace: BoundedVec(trace.into_inner()),
			})
		}
		Call::ReleaseStakes { tasks } => RuntimeCall::Jobs(Jobs::release_stakes {
			tasks: BoundedVec(tasks.into_iter().map(Static).collect()),
		}),
		Call::ShowCheckpoint { job, round, layer } => {
			RuntimeCall::Disputes(Disputes::show_checkpoint {
				job: Static(job),
				round,
				layer: BoundedVec(layer.into_inner()),
			})
		}
		Call::ChooseNode { job, round, index } => RuntimeCall::Disputes(Disputes::choose_node {
			job: Static(job),
			round,
			index,
		}),
		Call::AddUpdates {
			job,
			round,
			parent,
			updates,
		} => RuntimeCall::Disputes(Disputes::add_updates {
			job: Static(job),
			round,
			parent: Box::new(parent.map(|parent| Static(*parent))),
			updates: BoundedVec(updates.into_inner().into_iter().map(Static).collect()),
		}),
		Call::EndConflict { job, round } => RuntimeCall::Disputes(Disputes::end_conflict {
			job: Static(job),
			round,
		}),
		Call::SetWorker { worker, proof } => RuntimeCall::Stake(Stake::set_worker {
			worker: AccountId32(worker.0),
			proof: MultiSignature::Sr25519(proof),
		}),
		Call::Bond { role, amount } => RuntimeCall::Stake(Stake::bond {
			role: role.into(),
			amount,
		}),
		Call::Unbond { role } => RuntimeCall::Stake(Stake::unbond { role: role.into() }),
		Call::Withdraw => RuntimeCall::Stake(Stake::withdraw),
	}
}

impl From<Role> for ApiRole {
	fn from(role: Role) -> Self {
		match role {
			Role::Provider => Self::Provider,
			Role::Validator => Self::Validator,
		}
	}
}
