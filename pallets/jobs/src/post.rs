//! Posting a job.

use assay_protocol::{
	check_plan, check_terms, limits, plan::plan_preimage, JobId, JobState, Ledger, Plan, Pools,
	Refusal, Terms, TermsFacts,
};
use frame_support::{
	pallet_prelude::DispatchResult,
	traits::{fungible::Mutate, tokens::Preservation, Get},
	Blake2_256, StorageHasher,
};

use crate::{desk::Desk, Config, Error, Event, Job, Jobs, Ledgers, NextJob, Pallet, Plans};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_post_job(owner: T::AccountId, plan: Plan, terms: Terms) -> DispatchResult {
		let facts = check_plan(&plan).map_err(Error::<T>::from)?;
		let money = Self::check_offer(&terms, &facts).map_err(Error::<T>::from)?;
		let job = NextJob::<T>::get();
		let next = job
			.0
			.checked_add(1)
			.map(JobId)
			.ok_or(Error::<T>::Inconsistent)?;
		let deposit = T::JobDeposit::get();
		let total = money
			.escrow
			.checked_add(deposit)
			.ok_or(Error::<T>::AmountTooLarge)?;
		let account = Self::account_of(job);
		T::Currency::transfer(&owner, &account, total, Preservation::Preserve)?;

		let plan_id = Blake2_256::hash(&plan_preimage(&plan));
		let record = Job {
			owner: owner.clone(),
			state: JobState::Open,
			plan_id,
			facts,
			terms,
			checkpoint: plan.parent,
			round: 0,
			pools: Pools::default(),
			deposit,
			posted: Self::now(),
			ended: None,
			due: None,
		};
		NextJob::<T>::put(next);
		Plans::<T>::insert(job, plan);
		Ledgers::<T>::insert(job, Ledger::open(money.escrow));
		Jobs::<T>::insert(job, record);
		// Puts the job into the queue of deadlines.
		Desk::<T>::open(job)?.close()?;
		Self::deposit_event(Event::JobPosted {
			job,
			owner,
			escrow: money.escrow,
			plan_id,
		});
		Ok(())
	}

	/// Checks terms against the protocol's bounds and the runtime's own.
	pub(crate) fn check_offer(
		terms: &Terms,
		facts: &assay_protocol::PlanFacts,
	) -> Result<TermsFacts, Refusal> {
		let most = T::MaxTasks::get().min(limits::MAX_TASKS);
		if terms.tasks > most {
			return Err(Refusal::TasksOutOfRange {
				tasks: terms.tasks,
				most,
			});
		}
		let most = T::MaxMembers::get().min(limits::MAX_MEMBERS);
		if terms.providers > most {
			return Err(Refusal::ProvidersOutOfRange {
				providers: terms.providers,
				most,
			});
		}
		check_terms(terms, facts, &T::AuditPolicy::get())
	}
}
