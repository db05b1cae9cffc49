//! The stake of a task: a hold of its own, recorded per task, released, slashed and paid out per
//! task.

use assay_protocol::{Balance, SessionIndex};
use assay_traits::{Bonds, Role, Stakes, TaskKey};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::hold::Mutate as MutateHold,
		tokens::{Fortitude, Precision},
	},
};
use scale_info::TypeInfo;
use sp_runtime::ArithmeticError;

use crate::{
	BondOf, Config, CurrentSession, Error, Event, HeldTotals, HoldReason, Pallet, Pledges,
	SessionStakes, StashOf, TaskHolds,
};

/// What is held for one task.
#[derive(Clone, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct TaskHold<AccountId> {
	/// Whose money.
	pub stash: AccountId,
	/// How much is still held.
	pub amount: Balance,
}

/// What is held for all tasks of one stash.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct HeldTotal {
	/// How many tasks have a record, also one of nothing.
	pub tasks: u32,
	/// The sum of their amounts.
	pub amount: Balance,
}

impl<T: Config> Bonds<T::AccountId> for Pallet<T> {
	fn stash_of(worker: &T::AccountId) -> Option<T::AccountId> {
		StashOf::<T>::get(worker)
	}

	fn active(stash: &T::AccountId, role: Role) -> bool {
		BondOf::<T>::get(stash, role)
			.is_some_and(|bond| bond.is_active(Self::minimum_of(role), CurrentSession::<T>::get()))
	}

	fn hold_task(task: TaskKey, stash: &T::AccountId, amount: Balance) -> DispatchResult {
		ensure!(Self::active(stash, Role::Provider), Error::<T>::NotBonded);
		ensure!(
			!TaskHolds::<T>::contains_key(task),
			Error::<T>::TaskAlreadyHeld
		);
		let mut total = HeldTotals::<T>::get(stash);
		total.tasks = total
			.tasks
			.checked_add(1)
			.ok_or(ArithmeticError::Overflow)?;
		total.amount = total
			.amount
			.checked_add(amount)
			.ok_or(ArithmeticError::Overflow)?;
		T::Currency::hold(&HoldReason::TaskStake.into(), stash, amount)?;
		HeldTotals::<T>::insert(stash, total);
		TaskHolds::<T>::insert(
			task,
			TaskHold {
				stash: stash.clone(),
				amount,
			},
		);
		Self::deposit_event(Event::TaskHeld {
			stash: stash.clone(),
			task,
			amount,
		});
		Ok(())
	}

	fn release_task(task: TaskKey) -> DispatchResult {
		let Some(TaskHold { stash, amount }) = TaskHolds::<T>::get(task) else {
			return Ok(());
		};
		let reason = HoldReason::TaskStake.into();
		let released = T::Currency::release(&reason, &stash, amount, Precision::BestEffort)?;
		Self::note_missing(&stash, amount, released);
		TaskHolds::<T>::remove(task);
		Self::lower_total(&stash, 1, amount);
		Self::deposit_event(Event::TaskReleased {
			stash,
			task,
			amount: released,
		});
		Ok(())
	}

	fn task_stake(task: TaskKey) -> Balance {
		TaskHolds::<T>::get(task).map_or(0, |hold| hold.amount)
	}

	fn slash_task(task: TaskKey, amount: Balance) -> Balance {
		let Some(mut hold) = TaskHolds::<T>::get(task) else {
			return 0;
		};
		let due = amount.min(hold.amount);
		let burned = T::Currency::burn_held(
			&HoldReason::TaskStake.into(),
			&hold.stash,
			due,
			Precision::BestEffort,
			Fortitude::Force,
		)
		.unwrap_or_default();
		Self::note_missing(&hold.stash, due, burned);
		hold.amount = hold.amount.saturating_sub(due);
		Self::lower_total(&hold.stash, 0, due);
		let stash = hold.stash.clone();
		// The record stays, also with nothing in it, until the task is released: whoever placed
		// the hold ends it, however much was slashed in between.
		TaskHolds::<T>::insert(task, hold);
		Self::deposit_event(Event::TaskSlashed {
			stash,
			task,
			amount: burned,
		});
		burned
	}

	fn pay_from_task(task: TaskKey, to: &T::AccountId, amount: Balance) -> Balance {
		let Some(mut hold) = TaskHolds::<T>::get(task) else {
			return 0;
		};
		let due = amount.min(hold.amount);
		let Some(paid) = Self::pay_held(HoldReason::TaskStake, &hold.stash, to, due) else {
			return 0;
		};
		hold.amount = hold.amount.saturating_sub(due);
		Self::lower_total(&hold.stash, 0, due);
		let stash = hold.stash.clone();
		// As with a slash, the record stays until the task is released.
		TaskHolds::<T>::insert(task, hold);
		if paid > 0 {
			Self::deposit_event(Event::TaskStakePaid {
				stash,
				task,
				to: to.clone(),
				amount: paid,
			});
		}
		paid
	}

	fn pledge(dispute: TaskKey, stash: &T::AccountId, amount: Balance) -> DispatchResult {
		Self::do_pledge(dispute, stash, amount)
	}

	fn pledged(dispute: TaskKey) -> Balance {
		Pledges::<T>::get(dispute).map_or(0, |pledge| pledge.amount)
	}

	fn release_pledge(dispute: TaskKey) {
		Self::do_release_pledge(dispute);
	}

	fn pay_from_pledge(dispute: TaskKey, to: &T::AccountId, amount: Balance) -> Balance {
		Self::do_pay_from_pledge(dispute, to, amount)
	}

	fn burn_pledge(dispute: TaskKey, amount: Balance) -> Balance {
		Self::do_burn_pledge(dispute, amount)
	}

	fn session() -> SessionIndex {
		CurrentSession::<T>::get()
	}

	fn stakes(session: SessionIndex) -> Option<Stakes<T::AccountId>> {
		SessionStakes::<T>::get(session)
	}
}

impl<T: Config> Pallet<T> {
	/// Takes `tasks` and `amount` from what is held for `stash`, and forgets an empty total.
	fn lower_total(stash: &T::AccountId, tasks: u32, amount: Balance) {
		HeldTotals::<T>::mutate_exists(stash, |slot| {
			let Some(total) = slot else { return };
			total.tasks = total.tasks.saturating_sub(tasks);
			total.amount = total.amount.saturating_sub(amount);
			if total.tasks == 0 {
				*slot = None;
			}
		});
	}
}
