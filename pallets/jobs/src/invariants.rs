//! The properties of the pallet, checked over everything that is stored.

use assay_protocol::{JobId, JobState, Phase, SlotState};
use assay_traits::Bonds;
use frame_support::{ensure, traits::fungible::Inspect};
use sp_runtime::TryRuntimeError;

use crate::{
	end::is_judged, Accepted, Claims, Config, Due, DueFrom, Job, Jobs, Ledgers, Members, NextJob,
	Pallet, Plans, RoundRecords, Rounds, Slots, Standings,
};

impl<T: Config> Pallet<T> {
	/// Checks every property that storage alone can show.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		for (id, job) in Jobs::<T>::iter() {
			ensure!(
				id < NextJob::<T>::get(),
				"a job has an id that was not given yet"
			);
			ensure!(Plans::<T>::contains_key(id), "a job has no plan");
			Self::check_money(id, &job)?;
			Self::check_queue(id, &job)?;
			Self::check_round(id, &job)?;
			let closed = RoundRecords::<T>::iter_key_prefix(id).count();
			let is_settled = job.state == JobState::Settled;
			ensure!(
				is_settled || job.state.has_ended() || u32::try_from(closed) == Ok(job.round),
				"a closed round has no record"
			);
		}
		for (block, id) in Due::<T>::iter_keys() {
			let job = Jobs::<T>::get(id).ok_or("a due job is gone")?;
			ensure!(
				job.due == Some(block),
				"P6: a job has two places in the queue"
			);
			ensure!(
				block >= DueFrom::<T>::get(),
				"P6: a due job was passed over"
			);
		}
		for record in Standings::<T>::iter_values() {
			ensure!(record.standing.proven > 0, "a newcomer has a standing");
		}
		Self::check_accepted()?;
		for id in Members::<T>::iter_keys().chain(Rounds::<T>::iter_keys()) {
			ensure!(Jobs::<T>::contains_key(id), "members or a round of no job");
		}
		Ok(())
	}

	fn check_money(id: JobId, job: &Job<T::AccountId>) -> Result<(), TryRuntimeError> {
		let ledger = Ledgers::<T>::get(id);
		ensure!(ledger.is_balanced(), "P1: the books do not balance");
		let in_account = ledger.in_account().map_err(|_| "P2: the books overflow")?;
		let expected = in_account
			.checked_add(job.deposit)
			.ok_or("P2: the books overflow")?;
		// More is possible: anybody can send something to any account.
		ensure!(
			T::Currency::balance(&Self::account_of(id)) >= expected,
			"P2: the sub-account holds less than the books say"
		);
		let claims = Claims::<T>::iter_prefix_values(id).try_fold(0u128, u128::checked_add);
		ensure!(
			claims == Some(ledger.unclaimed),
			"P3: claims differ from the books"
		);
		let pools = job.pools.compute.saturating_add(job.pools.validation);
		ensure!(
			job.state != JobState::Running || pools <= ledger.held,
			"P5: the pools promise more than is held"
		);
		let is_over = job.state.has_ended() || job.state == JobState::Settled;
		ensure!(!is_over || ledger.held == 0, "P7: an ended job holds money");
		ensure!(is_over == job.ended.is_some(), "an ended job has no date");
		ensure!(
			job.state != JobState::Settled || ledger.is_drained(),
			"a settled job owes money"
		);
		Ok(())
	}

	/// P11, as far as stakes are known by their tasks.
	fn check_accepted() -> Result<(), TryRuntimeError> {
		for (id, task, record) in Accepted::<T>::iter() {
			ensure!(id == task.job, "P11: work is recorded under another job");
			let job = Jobs::<T>::get(id).ok_or("P11: accepted work of no job")?;
			ensure!(
				record.challenge > 0 && record.challenge == job.terms.windows.challenge,
				"P11: the window of accepted work is another than the terms have"
			);
			ensure!(
				T::Bonds::task_stake(task) == job.terms.task_stake,
				"P11: the stake of accepted work is not held as a whole"
			);
		}
		Ok(())
	}

	fn check_queue(id: JobId, job: &Job<T::AccountId>) -> Result<(), TryRuntimeError> {
		let waits = matches!(job.state, JobState::Open | JobState::Running);
		ensure!(
			waits == job.due.is_some(),
			"P6: a waiting job is not in the queue"
		);
		if let Some(block) = job.due {
			ensure!(
				Due::<T>::contains_key(block, id),
				"P6: a job misses its place in the queue"
			);
		}
		Ok(())
	}

	fn check_round(id: JobId, job: &Job<T::AccountId>) -> Result<(), TryRuntimeError> {
		let Some(round) = Rounds::<T>::get(id) else {
			ensure!(job.state != JobState::Running, "a running job has no round");
			return Ok(());
		};
		let runs = job.state == JobState::Running;
		ensure!(
			runs == (round.phase != Phase::Ended),
			"a round goes on without its job"
		);
		if !runs {
			let open = Slots::<T>::iter_prefix_values(id).any(|record| !is_judged(&record));
			ensure!(!open, "P7: an ended job has an unfinished task");
			return Ok(());
		}
		let (mut open, mut accepted, mut redo, mut dropped) = (0u32, 0u32, 0u32, 0u32);
		for record in Slots::<T>::iter_prefix_values(id) {
			let counter = match record.state {
				SlotState::Accepted => &mut accepted,
				SlotState::Redo(_) => &mut redo,
				SlotState::Dropped(_) => &mut dropped,
				_ => &mut open,
			};
			*counter = counter.saturating_add(1);
		}
		let counts = round.counts;
		ensure!(
			open == counts.open.saturating_add(counts.undecided)
				&& accepted == counts.accepted
				&& redo == counts.redo
				&& dropped == counts.dropped,
			"P8: the slots are counted wrong"
		);
		Ok(())
	}
}
