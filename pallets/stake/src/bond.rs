//! The bond of a stash for a role: placing it, unbonding it, getting it back.

use assay_protocol::{Balance, SessionIndex};
use assay_traits::Role;
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::hold::Mutate as MutateHold,
		tokens::{Fortitude, Precision, Restriction},
		Get,
	},
};
use scale_info::TypeInfo;
use sp_runtime::ArithmeticError;

use crate::{
	BondOf, Candidates, Config, CurrentSession, Error, Event, HeldTotals, HoldReason, Pallet,
	PledgeTotals,
};

/// What a stash has put up for one role.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Bond {
	/// The money on hold.
	pub amount: Balance,
	/// First session in which it can be withdrawn; nothing while the bond is active.
	pub unbonding_until: Option<SessionIndex>,
	/// First session for which the stash can be elected; 0 if it was never suspended.
	pub suspended_until: SessionIndex,
}

impl Bond {
	/// Whether the bond admits its owner in `session`, given the role's `minimum`.
	pub fn is_active(&self, minimum: Balance, session: SessionIndex) -> bool {
		self.unbonding_until.is_none() && self.amount >= minimum && self.suspended_until <= session
	}
}

impl<T: Config> Pallet<T> {
	/// The least bond for `role`.
	pub fn minimum_of(role: Role) -> Balance {
		match role {
			Role::Provider => T::MinProviderBond::get(),
			Role::Validator => T::MinValidatorBond::get(),
		}
	}

	pub(crate) fn do_bond(stash: &T::AccountId, role: Role, amount: Balance) -> DispatchResult {
		ensure!(amount > 0, Error::<T>::ZeroBond);
		let bond = BondOf::<T>::get(stash, role).unwrap_or_default();
		let total = bond
			.amount
			.checked_add(amount)
			.ok_or(ArithmeticError::Overflow)?;
		ensure!(
			total >= Self::minimum_of(role),
			Error::<T>::BondBelowMinimum
		);
		if role == Role::Validator {
			Self::add_candidate(stash)?;
		}
		T::Currency::hold(&Self::hold_reason(role).into(), stash, amount)?;
		BondOf::<T>::insert(
			stash,
			role,
			Bond {
				amount: total,
				unbonding_until: None,
				..bond
			},
		);
		Self::deposit_event(Event::Bonded {
			stash: stash.clone(),
			role,
			amount,
			total,
		});
		Ok(())
	}

	pub(crate) fn do_unbond(stash: &T::AccountId, role: Role) -> DispatchResult {
		let bond = BondOf::<T>::get(stash, role).ok_or(Error::<T>::NotBonded)?;
		ensure!(bond.unbonding_until.is_none(), Error::<T>::AlreadyUnbonding);
		match role {
			Role::Provider => {
				ensure!(
					HeldTotals::<T>::get(stash).tasks == 0,
					Error::<T>::TasksHeld
				)
			}
			Role::Validator => Candidates::<T>::mutate(|all| all.retain(|other| other != stash)),
		}
		let amount = bond.amount;
		let until = Self::unbonding_end(CurrentSession::<T>::get());
		BondOf::<T>::insert(
			stash,
			role,
			Bond {
				unbonding_until: Some(until),
				..bond
			},
		);
		Self::deposit_event(Event::Unbonding {
			stash: stash.clone(),
			role,
			amount,
			until,
		});
		Ok(())
	}

	pub(crate) fn do_withdraw(stash: &T::AccountId) -> DispatchResult {
		let session = CurrentSession::<T>::get();
		let mut withdrawn = false;
		let mut bonded = false;
		let mut pledged = false;
		for role in [Role::Provider, Role::Validator] {
			let Some(bond) = BondOf::<T>::get(stash, role) else {
				continue;
			};
			if bond.unbonding_until.is_none_or(|until| until > session) {
				bonded = true;
				continue;
			}
			if PledgeTotals::<T>::contains_key(stash, role) {
				pledged = true;
				continue;
			}
			let reason = Self::hold_reason(role).into();
			let amount = T::Currency::release(&reason, stash, bond.amount, Precision::BestEffort)?;
			Self::note_missing(stash, bond.amount, amount);
			BondOf::<T>::remove(stash, role);
			withdrawn = true;
			Self::deposit_event(Event::Withdrawn {
				stash: stash.clone(),
				role,
				amount,
			});
		}
		ensure!(withdrawn || !pledged, Error::<T>::PledgesOpen);
		ensure!(withdrawn, Error::<T>::NothingToWithdraw);
		if !bonded && !pledged {
			Self::unlink_worker(stash);
		}
		Ok(())
	}

	/// First session in which a bond that starts to unbond in `session` can be withdrawn.
	pub(crate) fn unbonding_end(session: SessionIndex) -> SessionIndex {
		// Clamping is right: the last session of the index is never reached.
		session.saturating_add(T::UnbondingSessions::get())
	}

	/// Burns up to `amount` of `bond` and returns what was burned.
	pub(crate) fn burn_bond(
		stash: &T::AccountId,
		role: Role,
		bond: &mut Bond,
		amount: Balance,
	) -> Balance {
		let due = amount.min(bond.amount);
		let reason = Self::hold_reason(role).into();
		let burned =
			T::Currency::burn_held(&reason, stash, due, Precision::BestEffort, Fortitude::Force)
				.unwrap_or_default();
		Self::note_missing(stash, due, burned);
		// The record falls by what was due, also where the currency had less: the rest is gone.
		bond.amount = bond.amount.saturating_sub(due);
		burned
	}

	/// Pays up to `amount` of `bond` to `to` and returns what was paid; an account that cannot take
	/// it leaves the bond as it is.
	pub(crate) fn pay_bond(
		stash: &T::AccountId,
		role: Role,
		bond: &mut Bond,
		to: &T::AccountId,
		amount: Balance,
	) -> Balance {
		let due = amount.min(bond.amount);
		let Some(paid) = Self::pay_held(Self::hold_reason(role), stash, to, due) else {
			return 0;
		};
		bond.amount = bond.amount.saturating_sub(due);
		paid
	}

	/// Moves `amount` of what is held of `stash` to the free money of `to`, and returns what the
	/// currency had of it. `None`, and nothing has moved, if `to` cannot take that much: an account
	/// that does not exist takes no less than the existential deposit.
	pub(crate) fn pay_held(
		reason: HoldReason,
		stash: &T::AccountId,
		to: &T::AccountId,
		amount: Balance,
	) -> Option<Balance> {
		if amount == 0 {
			return Some(0);
		}
		let paid = T::Currency::transfer_on_hold(
			&reason.into(),
			stash,
			to,
			amount,
			Precision::BestEffort,
			Restriction::Free,
			Fortitude::Force,
		)
		.ok()?;
		Self::note_missing(stash, amount, paid);
		Some(paid)
	}

	/// Tells when the currency had less on hold than was recorded.
	pub(crate) fn note_missing(stash: &T::AccountId, recorded: Balance, actual: Balance) {
		let missing = recorded.saturating_sub(actual);
		if missing > 0 {
			frame_support::defensive!("the currency held less than was recorded");
			Self::deposit_event(Event::UnexpectedHold {
				stash: stash.clone(),
				missing,
			});
		}
	}

	pub(crate) fn hold_reason(role: Role) -> HoldReason {
		match role {
			Role::Provider => HoldReason::ProviderBond,
			Role::Validator => HoldReason::ValidatorBond,
		}
	}

	fn add_candidate(stash: &T::AccountId) -> DispatchResult {
		Candidates::<T>::try_mutate(|all| {
			if !all.contains(stash) {
				all.try_push(stash.clone())
					.map_err(|_| Error::<T>::CandidatesFull)?;
			}
			Ok(())
		})
	}
}
