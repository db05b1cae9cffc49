//! The way of an offence: refused if known, taken at once, recorded, counted.

use assay_protocol::{Balance, TaskKey};
use assay_traits::{Bonds, Cause, LostDispute, Offence, Slash};
use frame_support::{ensure, pallet_prelude::DispatchResult};

use crate::{Config, CountsOf, Error, Event, Offences, Pallet, Record};

impl<T: Config> Slash<T::AccountId> for Pallet<T> {
	fn report(offence: Offence<T::AccountId>) -> DispatchResult {
		let Offence {
			offender,
			task,
			cause,
			amount,
			informers,
		} = offence;
		ensure!(cause != Cause::LostDispute, Error::<T>::PledgePays);
		Self::ensure_unknown(task, cause, &offender)?;
		let due = amount.min(T::Bonds::task_stake(task));
		let paid = if cause.pays_informers() {
			Self::pay_informers(task, &informers, due / 2)
		} else {
			0
		};
		let burned = T::Bonds::slash_task(task, due.saturating_sub(paid));
		ensure!(
			burned > 0 || paid > 0 || amount == 0,
			Error::<T>::NoStakeLeft
		);
		Self::record(offender, task, cause, amount, burned, paid);
		Ok(())
	}

	fn report_challenger(lost: LostDispute<T::AccountId>) -> DispatchResult {
		let LostDispute {
			offender,
			dispute,
			wronged,
		} = lost;
		Self::ensure_unknown(dispute, Cause::LostDispute, &offender)?;
		let pledged = T::Bonds::pledged(dispute);
		ensure!(pledged > 0, Error::<T>::NoStakeLeft);
		let mut paid: Balance = 0;
		for (to, owed) in &wronged {
			// Clamping is right: the sum is no more than the pledge.
			paid = paid.saturating_add(T::Bonds::pay_from_pledge(dispute, to, *owed));
		}
		let burned = T::Bonds::burn_pledge(dispute, T::Bonds::pledged(dispute));
		// Recorded also if a slash has left nothing of the bond: the dispute was lost.
		Self::record(offender, dispute, Cause::LostDispute, pledged, burned, paid);
		Ok(())
	}

	fn lost_disputes(challenger: &T::AccountId) -> u32 {
		CountsOf::<T>::get(challenger).lost_disputes
	}

	fn has_lost(dispute: TaskKey, challenger: &T::AccountId) -> bool {
		Offences::<T>::contains_key(dispute.job, (dispute, Cause::LostDispute, challenger))
	}
}

impl<T: Config> Pallet<T> {
	fn ensure_unknown(task: TaskKey, cause: Cause, offender: &T::AccountId) -> DispatchResult {
		let known = Offences::<T>::contains_key(task.job, (task, cause, offender));
		ensure!(!known, Error::<T>::AlreadyReported);
		Ok(())
	}

	/// Pays each informer its equal part of `share` from the task's stake, rounded down, and
	/// returns what was paid in all. What an account cannot take stays in the stake.
	fn pay_informers(task: TaskKey, informers: &[T::AccountId], share: Balance) -> Balance {
		let count = u128::try_from(informers.len()).unwrap_or(u128::MAX);
		let part = share.checked_div(count).unwrap_or(0);
		let mut paid: Balance = 0;
		for informer in informers {
			// Clamping is right: the sum is no more than the share.
			paid = paid.saturating_add(T::Bonds::pay_from_task(task, informer, part));
		}
		paid
	}

	fn record(
		offender: T::AccountId,
		task: TaskKey,
		cause: Cause,
		amount: Balance,
		burned: Balance,
		paid: Balance,
	) {
		let record = Record {
			offender: offender.clone(),
			amount,
			burned,
			paid,
			session: T::Bonds::session(),
		};
		Offences::<T>::insert(task.job, (task, cause, &offender), record);
		CountsOf::<T>::mutate(&offender, |counts| counts.raise(cause));
		Self::deposit_event(Event::Slashed {
			offender,
			task,
			cause,
			amount: burned,
			paid,
		});
	}
}
