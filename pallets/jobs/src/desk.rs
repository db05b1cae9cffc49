//! A job on the desk: taken out of storage once, changed in memory, written back once.

use assay_protocol::{Balance, BlockNumber, JobId, JobState, Ledger, Purpose, RoundState};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::Mutate,
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
};
use sp_runtime::{
	traits::{AccountIdConversion, UniqueSaturatedInto},
	DispatchError,
};

use crate::{Claims, Config, Due, Error, Job, Jobs, Ledgers, Pallet, Rounds};

/// Everything of a job that one call may change, but its slots.
pub(crate) struct Desk<T: Config> {
	pub(crate) id: JobId,
	pub(crate) now: BlockNumber,
	pub(crate) job: Job<T::AccountId>,
	/// The current or last round; `None` before the first one.
	pub(crate) round: Option<RoundState>,
	pub(crate) ledger: Ledger,
	/// Fees that are booked and burned when the desk closes, all at once.
	fees: Balance,
	/// Slots that were given out, judged or released: what the call's weight depends on.
	pub(crate) touched: u32,
}

impl<T: Config> Desk<T> {
	/// Takes a job out of storage.
	pub(crate) fn open(id: JobId) -> Result<Self, Error<T>> {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		Ok(Self {
			id,
			now: Pallet::<T>::now(),
			job,
			round: Rounds::<T>::get(id),
			ledger: Ledgers::<T>::get(id),
			fees: 0,
			touched: 0,
		})
	}

	/// The round of the job, which must run.
	pub(crate) fn running_round(&self) -> Result<RoundState, Error<T>> {
		ensure!(
			self.job.state == JobState::Running,
			Error::<T>::JobNotRunning
		);
		self.round.ok_or(Error::<T>::Inconsistent)
	}

	/// Books a payout to `who`, and tells what can be claimed of it.
	pub(crate) fn credit(
		&mut self,
		who: &T::AccountId,
		purpose: Purpose,
		gross: Balance,
	) -> Result<Balance, DispatchError> {
		let credited = self
			.ledger
			.credit(purpose, gross)
			.map_err(Error::<T>::from)?;
		self.fees = self
			.fees
			.checked_add(credited.fee)
			.ok_or(Error::<T>::Inconsistent)?;
		Self::add_claim(self.id, who, credited.net)?;
		Ok(credited.net)
	}

	/// Books everything that is still held as the owner's, and tells how much it is.
	pub(crate) fn refund(&mut self) -> Result<Balance, DispatchError> {
		let amount = self.ledger.refund().map_err(Error::<T>::from)?;
		Self::add_claim(self.id, &self.job.owner, amount)?;
		Ok(amount)
	}

	/// Counts one slot that was touched.
	pub(crate) fn touch(&mut self) {
		// Saturates: it is a weight, and no round has so many slots.
		self.touched = self.touched.saturating_add(1);
	}

	/// Writes the job back, moves it in the queue of deadlines and burns the fees. Tells how many
	/// slots were touched, at most all of them.
	pub(crate) fn close(mut self) -> Result<u32, DispatchError> {
		if self.fees > 0 {
			T::Currency::burn_from(
				&Pallet::<T>::account_of(self.id),
				self.fees,
				Preservation::Preserve,
				Precision::Exact,
				Fortitude::Polite,
			)?;
		}
		let due = self.due();
		if due != self.job.due {
			if let Some(block) = self.job.due {
				Due::<T>::remove(block, self.id);
			}
			if let Some(block) = due {
				Due::<T>::insert(block, self.id, ());
			}
			self.job.due = due;
		}
		let touched = self.touched.min(self.job.terms.tasks);
		match self.round {
			Some(round) => Rounds::<T>::insert(self.id, round),
			None => Rounds::<T>::remove(self.id),
		}
		Ledgers::<T>::insert(self.id, self.ledger);
		Jobs::<T>::insert(self.id, self.job);
		Ok(touched)
	}

	/// The first block in which the job can be advanced.
	fn due(&self) -> Option<BlockNumber> {
		let deadline = match self.job.state {
			JobState::Open => self.job.join_deadline(),
			JobState::Running => self.round?.deadline,
			_ => return None,
		};
		deadline.checked_add(1)
	}

	fn add_claim(job: JobId, who: &T::AccountId, amount: Balance) -> DispatchResult {
		if amount == 0 {
			return Ok(());
		}
		Claims::<T>::try_mutate(job, who, |claim| {
			*claim = claim.checked_add(amount).ok_or(Error::<T>::Inconsistent)?;
			Ok(())
		})
	}
}

impl<T: Config> Pallet<T> {
	/// The sub-account of a job: escrow, credits and deposit.
	pub fn account_of(job: JobId) -> T::AccountId {
		T::PalletId::get().into_sub_account_truncating(job)
	}

	/// Tasks of a job's rounds, for weights; what a round may have at most if there is no such job.
	pub fn tasks_of(job: JobId) -> u32 {
		Jobs::<T>::get(job).map_or(T::MaxTasks::get(), |job| job.terms.tasks)
	}

	/// The current block, as the protocol counts them.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}
}
