//! Events as the worker names them.

use assay_protocol::{JobState, TaskKey};
use subxt::utils::AccountId32;

use super::{
	api::runtime_types::{
		assay_runtime::RuntimeEvent, assay_traits::slash::Cause,
		pallet_disputes::pallet::Event as Disputes, pallet_jobs::pallet::Event as Jobs,
		pallet_proof_of_compute::pallet::Event as Proofs,
		pallet_slashing::pallet::Event as Slashing,
	},
	details,
};
use crate::{account::Account, chain::Event};

/// The pallets whose events are looked at.
pub(super) const PALLETS: &[&str] = &["Disputes", "Jobs", "ProofOfCompute", "Slashing", "Stake"];

/// The event, if it is one of a job that somebody wants to see.
pub(super) fn decode(event: RuntimeEvent) -> Option<Event> {
	match event {
		RuntimeEvent::Jobs(event) => of_jobs(event),
		RuntimeEvent::ProofOfCompute(event) => of_proofs(event),
		RuntimeEvent::Slashing(Slashing::Slashed {
			offender,
			task,
			cause,
			amount,
			paid,
		}) => {
			let offender = Account(offender.0);
			// A part of it can go to those who were right.
			let amount = amount.saturating_add(paid);
			let (job, round, slot, attempt) = (task.job, task.round, task.slot, task.attempt);
			Some(match cause {
				Cause::LostDispute => Event::PledgeLost {
					job,
					round,
					slot,
					attempt,
					challenger: offender,
					amount,
				},
				_ => Event::Slashed {
					job,
					round,
					slot,
					attempt,
					offender,
					amount,
				},
			})
		}
		RuntimeEvent::Disputes(event) => of_disputes(event),
		RuntimeEvent::Stake(event) => details::of_stake(event).map(Event::Detail),
		_ => None,
	}
}

fn of_disputes(event: Disputes) -> Option<Event> {
	let ended = |task: TaskKey, provider: AccountId32, convicted| Event::DisputeEnded {
		job: task.job,
		round: task.round,
		slot: task.slot,
		attempt: task.attempt,
		provider: Account(provider.0),
		convicted,
	};
	Some(match event {
		Disputes::Opened {
			task,
			provider,
			challenger,
			..
		} => Event::DisputeOpened {
			job: task.job,
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
			provider: Account(provider.0),
			challenger: Account(challenger.0),
		},
		Disputes::Convicted { task, provider, .. } => ended(task.0, provider, true),
		Disputes::Acquitted { task, provider, .. } => ended(task.0, provider, false),
		_ => return None,
	})
}

fn of_jobs(event: Jobs) -> Option<Event> {
	Some(match event {
		Jobs::JobPosted {
			job,
			owner,
			escrow,
			plan_id,
		} => Event::JobPosted {
			job: job.0,
			owner: Account(owner.0),
			escrow,
			plan_id,
		},
		Jobs::ProviderJoined { job, provider } => Event::ProviderJoined {
			job: job.0,
			provider: Account(provider.0),
		},
		Jobs::RoundStarted {
			job, round, parent, ..
		} => Event::RoundStarted {
			job: job.0,
			round,
			parent,
		},
		Jobs::PhaseEntered {
			job, round, phase, ..
		} => Event::PhaseEntered {
			job: job.0,
			round,
			phase: phase.0,
		},
		Jobs::TaskAssigned {
			job,
			round,
			slot,
			attempt,
			provider,
		} => Event::TaskAssigned {
			job: job.0,
			round,
			slot,
			attempt,
			provider: Account(provider.0),
		},
		Jobs::TaskAccepted {
			job,
			round,
			slot,
			attempt,
			provider,
			pay,
			charged,
			rate_ppm,
		} => Event::TaskAccepted {
			job: job.0,
			round,
			slot,
			attempt,
			provider: Account(provider.0),
			pay,
			charged,
			rate_ppm,
		},
		Jobs::TaskUnpaid {
			job,
			round,
			slot,
			attempt,
			provider,
			reason,
		} => Event::TaskUnpaid {
			job: job.0,
			round,
			slot,
			attempt,
			provider: Account(provider.0),
			reason: reason.0,
		},
		Jobs::VerdictPaid {
			job,
			round,
			slot,
			validator,
			pay,
		} => Event::VerdictPaid {
			job: job.0,
			round,
			slot,
			validator: Account(validator.0),
			pay,
		},
		Jobs::RoundClosed {
			job,
			round,
			checkpoint,
			loss,
		} => Event::RoundClosed {
			job: job.0,
			round,
			checkpoint,
			loss: loss.0,
		},
		Jobs::Claimed {
			job,
			beneficiary,
			amount,
		} => Event::Claimed {
			job: job.0,
			beneficiary: Account(beneficiary.0),
			amount,
		},
		Jobs::Refunded { job, owner, amount } => Event::Refunded {
			job: job.0,
			owner: Account(owner.0),
			amount,
		},
		Jobs::JobCompleted { job } => Event::JobEnded {
			job: job.0,
			state: JobState::Completed,
		},
		Jobs::JobFailed { job, reason } => Event::JobEnded {
			job: job.0,
			state: JobState::Failed(reason.0),
		},
		Jobs::JobCancelled { job } => Event::JobEnded {
			job: job.0,
			state: JobState::Cancelled,
		},
		Jobs::JobExpired { job } => Event::JobEnded {
			job: job.0,
			state: JobState::Expired,
		},
		other => return details::of_jobs(other).map(Event::Detail),
	})
}

fn of_proofs(event: Proofs) -> Option<Event> {
	Some(match event {
		Proofs::TaskCommitted {
			job,
			round,
			slot,
			attempt,
			provider,
			seal,
		} => Event::TaskCommitted {
			job: job.0,
			round,
			slot,
			attempt,
			provider: Account(provider.0),
			seal,
		},
		Proofs::TaskRevealed {
			job,
			round,
			slot,
			attempt,
			provider,
			reveal,
		} => Event::TaskRevealed {
			job: job.0,
			round,
			slot,
			attempt,
			provider: Account(provider.0),
			reveal: reveal.0,
		},
		Proofs::FailureRevealed {
			job,
			round,
			slot,
			attempt,
			provider,
			failure,
		} => Event::FailureRevealed {
			job: job.0,
			round,
			slot,
			attempt,
			provider: Account(provider.0),
			failure: failure.0,
		},
		Proofs::VerdictRevealed {
			job,
			round,
			slot,
			attempt,
			draw_index,
			validator,
			verdict,
			uptime_ppm,
		} => Event::VerdictRevealed {
			job: job.0,
			round,
			slot,
			attempt,
			draw: draw_index,
			validator: Account(validator.0),
			verdict: verdict.0,
			uptime_ppm,
		},
		other => return details::of_proofs(other).map(Event::Detail),
	})
}
