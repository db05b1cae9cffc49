//! The events that only an account of a whole job needs.

use super::api::runtime_types::{
	pallet_jobs::pallet::Event as Jobs, pallet_proof_of_compute::pallet::Event as Proofs,
	pallet_stake::pallet::Event as Stake,
};
use crate::{account::Account, chain::Detail};

pub(super) fn of_jobs(event: Jobs) -> Option<Detail> {
	Some(match event {
		Jobs::ProviderLeft { job, provider } => Detail::ProviderLeft {
			job: job.0,
			provider: Account(provider.0),
		},
		Jobs::JobStarted { job } => Detail::JobStarted { job: job.0 },
		Jobs::SlotDropped { job, round, slot } => Detail::SlotDropped {
			job: job.0,
			round,
			slot,
		},
		Jobs::TaskUndecided {
			job,
			round,
			slot,
			attempt,
		} => Detail::TaskUndecided {
			job: job.0,
			round,
			slot,
			attempt,
		},
		Jobs::ClaimDeferred {
			job,
			beneficiary,
			amount,
		} => Detail::ClaimDeferred {
			job: job.0,
			beneficiary: Account(beneficiary.0),
			amount,
		},
		Jobs::JobSettled { job } => Detail::JobSettled { job: job.0 },
		Jobs::CreditsExpired { job, amount } => Detail::CreditsExpired { job: job.0, amount },
		Jobs::JobPruned { job, .. } => Detail::JobPruned { job: job.0 },
		Jobs::UnexpectedStake { job, slot, attempt } => Detail::StakeMissing {
			job: job.0,
			slot,
			attempt,
		},
		Jobs::UnexpectedStuck { job } => Detail::JobStuck { job: job.0 },
		Jobs::WindowOpened { task, until } => Detail::WindowOpened {
			task: task.0,
			until,
		},
		Jobs::WindowClosed { task } => Detail::WindowClosed { task: task.0 },
		Jobs::MemberPassedOver {
			job,
			round,
			provider,
		} => Detail::PassedOver {
			job: job.0,
			round,
			provider: Account(provider.0),
		},
		_ => return None,
	})
}

pub(super) fn of_proofs(event: Proofs) -> Option<Detail> {
	Some(match event {
		Proofs::Drawn {
			job,
			round,
			draw_index,
			seed,
			..
		} => Detail::Drawn {
			job: job.0,
			round,
			draw: draw_index,
			seed,
		},
		Proofs::PanelFormed {
			job,
			round,
			slot,
			attempt,
			draw_index,
			validators,
		} => Detail::PanelFormed {
			job: job.0,
			round,
			slot,
			attempt,
			draw: draw_index,
			validators: super::accounts(validators.0),
		},
		Proofs::VerdictSealed {
			job,
			round,
			slot,
			attempt,
			draw_index,
			validator,
			..
		} => Detail::VerdictSealed {
			job: job.0,
			round,
			slot,
			attempt,
			draw: draw_index,
			validator: Account(validator.0),
		},
		Proofs::ValidatorAbsent {
			job,
			round,
			slot,
			draw_index,
			validator,
		} => Detail::ValidatorAbsent {
			job: job.0,
			round,
			slot,
			draw: draw_index,
			validator: Account(validator.0),
		},
		Proofs::AggregateClaimed {
			job,
			round,
			validator,
			checkpoint,
			loss,
		} => Detail::AggregateClaimed {
			job: job.0,
			round,
			validator: Account(validator.0),
			checkpoint,
			loss: loss.0,
		},
		_ => return None,
	})
}

pub(super) fn of_stake(event: Stake) -> Option<Detail> {
	Some(match event {
		Stake::TaskHeld {
			stash,
			task,
			amount,
		} => Detail::TaskHeld {
			task: task.0,
			stash: Account(stash.0),
			amount,
		},
		Stake::TaskReleased {
			stash,
			task,
			amount,
		} => Detail::TaskReleased {
			task: task.0,
			stash: Account(stash.0),
			amount,
		},
		_ => return None,
	})
}
