//! Events as the worker names them.

use assay_protocol::JobState;

use super::api::runtime_types::{
	assay_runtime::RuntimeEvent, pallet_jobs::pallet::Event as Jobs,
	pallet_proof_of_compute::pallet::Event as Proofs, pallet_slashing::pallet::Event as Slashing,
};
use crate::{account::Account, chain::Event};

/// The event, if it is one of a job that somebody wants to see.
pub(super) fn decode(event: RuntimeEvent) -> Option<Event> {
	match event {
		RuntimeEvent::Jobs(event) => of_jobs(event),
		RuntimeEvent::ProofOfCompute(event) => of_proofs(event),
		RuntimeEvent::Slashing(Slashing::Slashed {
			offender,
			task,
			amount,
			..
		}) => Some(Event::Slashed {
			job: task.job,
			round: task.round,
			slot: task.slot,
			offender: Account(offender.0),
			amount,
		}),
		_ => None,
	}
}

fn of_jobs(event: Jobs) -> Option<Event> {
	Some(match event {
		Jobs::JobPosted {
			job, owner, escrow, ..
		} => Event::JobPosted {
			job: job.0,
			owner: Account(owner.0),
			escrow,
		},
		Jobs::ProviderJoined { job, provider } => Event::ProviderJoined {
			job: job.0,
			provider: Account(provider.0),
		},
		Jobs::RoundStarted { job, round, .. } => Event::RoundStarted { job: job.0, round },
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
		} => Event::TaskAccepted {
			job: job.0,
			round,
			slot,
			attempt,
			provider: Account(provider.0),
			pay,
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
		_ => return None,
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
			..
		} => Event::TaskCommitted {
			job: job.0,
			round,
			slot,
			attempt,
			provider: Account(provider.0),
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
			loss: reveal.loss,
		},
		Proofs::VerdictRevealed {
			job,
			round,
			slot,
			attempt,
			validator,
			verdict,
			..
		} => Event::VerdictRevealed {
			job: job.0,
			round,
			slot,
			attempt,
			validator: Account(validator.0),
			verdict: verdict.0,
		},
		_ => return None,
	})
}
