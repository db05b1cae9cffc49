//! Removing what remains of an ended job.

use assay_protocol::{Balance, JobId, JobState};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
};
use sp_runtime::DispatchError;

use crate::{
	desk::Desk, Claims, Config, Error, Event, Jobs, Ledgers, Members, Pallet, Plans, RoundRecords,
	Rounds, SlotRoots, Slots,
};

impl<T: Config> Pallet<T> {
	/// Tells how many items were removed.
	pub(crate) fn do_prune_job(job: JobId) -> Result<u32, DispatchError> {
		let mut desk = Desk::<T>::open(job)?;
		ensure!(Self::is_prunable(&desk), Error::<T>::NotPrunable);
		// A dispute about accepted work asks for plan and price.
		ensure!(!Self::has_windows(job), Error::<T>::WindowsOpen);
		let mut room = Room(T::PruneBatch::get());
		Self::expire_credits(&mut desk, &mut room)?;
		room.clear(|limit| Slots::<T>::clear_prefix(job, limit, None).backend);
		room.clear(|limit| SlotRoots::<T>::clear_prefix(job, limit, None).backend);
		room.clear(|limit| RoundRecords::<T>::clear_prefix(job, limit, None).backend);
		let removed = T::PruneBatch::get().saturating_sub(room.0);
		if room.0 == 0 || desk.job.state != JobState::Settled {
			// Perhaps there is more: the next call goes on.
			desk.close()?;
			return Ok(removed);
		}
		let owner = desk.job.owner;
		Members::<T>::remove(job);
		Plans::<T>::remove(job);
		Rounds::<T>::remove(job);
		Ledgers::<T>::remove(job);
		Jobs::<T>::remove(job);
		let account = Self::account_of(job);
		let left =
			T::Currency::reducible_balance(&account, Preservation::Expendable, Fortitude::Polite);
		let returned = T::Currency::transfer(&account, &owner, left, Preservation::Expendable)?;
		Self::deposit_event(Event::JobPruned {
			job,
			owner,
			returned,
		});
		Ok(removed)
	}

	fn is_prunable(desk: &Desk<T>) -> bool {
		let Some(ended) = desk.job.ended else {
			return false;
		};
		let waited = desk.now > ended.saturating_add(T::Retention::get());
		desk.job.state == JobState::Settled || (desk.job.state.has_ended() && waited)
	}

	/// Burns the credits that nobody claimed in time.
	fn expire_credits(desk: &mut Desk<T>, room: &mut Room) -> Result<(), DispatchError> {
		if desk.ledger.unclaimed == 0 {
			return Ok(());
		}
		let mut amount: Balance = 0;
		let mut expired: u32 = 0;
		let limit = usize::try_from(room.0).unwrap_or(usize::MAX);
		for (_, credit) in Claims::<T>::drain_prefix(desk.id).take(limit) {
			amount = amount.checked_add(credit).ok_or(Error::<T>::Inconsistent)?;
			expired = expired.saturating_add(1);
		}
		room.0 = room.0.saturating_sub(expired);
		desk.ledger.claim(amount).map_err(Error::<T>::from)?;
		T::Currency::burn_from(
			&Self::account_of(desk.id),
			amount,
			Preservation::Preserve,
			Precision::Exact,
			Fortitude::Polite,
		)?;
		Self::deposit_event(Event::CreditsExpired {
			job: desk.id,
			amount,
		});
		Self::settle_if_drained(desk)
	}
}

/// How many more items this call may remove.
struct Room(u32);

impl Room {
	fn clear(&mut self, remove: impl FnOnce(u32) -> u32) {
		if self.0 > 0 {
			self.0 = self.0.saturating_sub(remove(self.0));
		}
	}
}
