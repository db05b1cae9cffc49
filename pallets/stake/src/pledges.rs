//! The pledge of a dispute: a part of a bond, reserved for one dispute and drawn from the bond.

use assay_protocol::Balance;
use assay_traits::{Role, TaskKey};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use scale_info::TypeInfo;
use sp_runtime::ArithmeticError;

use crate::{Bond, BondOf, Config, Error, Event, Pallet, PledgeTotals, Pledges};

/// What stands behind one dispute.
#[derive(Clone, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Pledge<AccountId> {
	/// Whose bond.
	pub stash: AccountId,
	/// The bond for which role.
	pub role: Role,
	/// How much of it is still reserved.
	pub amount: Balance,
}

/// What stands behind all disputes of one bond.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct PledgeTotal {
	/// How many pledges are open, also those of nothing.
	pub open: u32,
	/// The sum of their amounts.
	pub amount: Balance,
	/// What was slashed from the bond while one was open: by that much, at most, the sum may be
	/// above the bond.
	pub slashed: Balance,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_pledge(
		dispute: TaskKey,
		stash: &T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		ensure!(
			!Pledges::<T>::contains_key(dispute),
			Error::<T>::AlreadyPledged
		);
		let mut bonded = false;
		for role in [Role::Validator, Role::Provider] {
			let Some(bond) = BondOf::<T>::get(stash, role) else {
				continue;
			};
			bonded = true;
			let total = PledgeTotals::<T>::get(stash, role);
			let sum = total
				.amount
				.checked_add(amount)
				.filter(|sum| *sum <= bond.amount);
			if let Some(sum) = sum {
				let open = total.open.checked_add(1).ok_or(ArithmeticError::Overflow)?;
				let total = PledgeTotal {
					open,
					amount: sum,
					..total
				};
				PledgeTotals::<T>::insert(stash, role, total);
				Self::open_pledge(dispute, stash, role, amount);
				return Ok(());
			}
		}
		ensure!(bonded, Error::<T>::NotBonded);
		Err(Error::<T>::BondTooSmall.into())
	}

	pub(crate) fn do_release_pledge(dispute: TaskKey) {
		let Some(pledge) = Pledges::<T>::take(dispute) else {
			return;
		};
		Self::lower_pledges(&pledge.stash, pledge.role, 1, pledge.amount);
		Self::deposit_event(Event::PledgeReleased {
			stash: pledge.stash,
			dispute,
			amount: pledge.amount,
		});
	}

	pub(crate) fn do_pay_from_pledge(
		dispute: TaskKey,
		to: &T::AccountId,
		amount: Balance,
	) -> Balance {
		let drawn = Self::draw(dispute, amount, |stash, role, bond, covered| {
			Self::pay_bond(stash, role, bond, to, covered)
		});
		let Some((stash, paid)) = drawn else {
			return 0;
		};
		if paid > 0 {
			Self::deposit_event(Event::PledgePaid {
				stash,
				dispute,
				to: to.clone(),
				amount: paid,
			});
		}
		paid
	}

	pub(crate) fn do_burn_pledge(dispute: TaskKey, amount: Balance) -> Balance {
		let Some((stash, burned)) = Self::draw(dispute, amount, Self::burn_bond) else {
			return 0;
		};
		if burned > 0 {
			Self::deposit_event(Event::PledgeBurned {
				stash,
				dispute,
				amount: burned,
			});
		}
		burned
	}

	/// Notes that `slashed` of a bond is gone, whatever is pledged of it.
	pub(crate) fn note_slash_below_pledges(stash: &T::AccountId, role: Role, slashed: Balance) {
		PledgeTotals::<T>::mutate_exists(stash, role, |slot| {
			if let Some(total) = slot {
				// Clamping is right: no more than all money is ever slashed.
				total.slashed = total.slashed.saturating_add(slashed);
			}
		});
	}

	fn open_pledge(dispute: TaskKey, stash: &T::AccountId, role: Role, amount: Balance) {
		Pledges::<T>::insert(
			dispute,
			Pledge {
				stash: stash.clone(),
				role,
				amount,
			},
		);
		Self::deposit_event(Event::Pledged {
			stash: stash.clone(),
			role,
			dispute,
			amount,
		});
	}

	/// Lets `take` have up to `amount` of a pledge out of its bond, and lowers the pledge by what
	/// the bond fell. Returns whose bond it is, and what `take` told.
	///
	/// What the bond does not cover since it was slashed is written off, so that it is missed once
	/// and not by every later draw.
	fn draw(
		dispute: TaskKey,
		amount: Balance,
		take: impl FnOnce(&T::AccountId, Role, &mut Bond, Balance) -> Balance,
	) -> Option<(T::AccountId, Balance)> {
		let Pledge {
			stash,
			role,
			amount: pledged,
		} = Pledges::<T>::get(dispute)?;
		let mut bond = BondOf::<T>::get(&stash, role)?;
		let due = amount.min(pledged);
		let stood = bond.amount;
		let missing = due.saturating_sub(stood);
		let taken = take(&stash, role, &mut bond, due.min(stood));
		let spent = stood.saturating_sub(bond.amount).saturating_add(missing);
		BondOf::<T>::insert(&stash, role, bond);
		Self::lower_pledges(&stash, role, 0, spent);
		Pledges::<T>::insert(
			dispute,
			Pledge {
				stash: stash.clone(),
				role,
				// The record stays, also with nothing in it, until it is released.
				amount: pledged.saturating_sub(spent),
			},
		);
		if missing > 0 {
			Self::deposit_event(Event::PledgeUncovered {
				stash: stash.clone(),
				dispute,
				missing,
			});
		}
		Some((stash, taken))
	}

	/// Takes `open` pledges and `amount` from the total of a bond, and forgets an empty total.
	fn lower_pledges(stash: &T::AccountId, role: Role, open: u32, amount: Balance) {
		PledgeTotals::<T>::mutate_exists(stash, role, |slot| {
			let Some(total) = slot else { return };
			total.open = total.open.saturating_sub(open);
			total.amount = total.amount.saturating_sub(amount);
			if total.open == 0 {
				*slot = None;
			}
		});
	}
}
