//! The way of an offence: refused if known, burned at once, recorded, counted.

use assay_protocol::{Balance, SessionIndex};
use assay_traits::{Bonds, Cause, Offence, Slash};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use scale_info::TypeInfo;

use crate::{Config, CountsOf, Error, Event, Offences, Pallet};

/// A punished offence; task and cause are its key.
#[derive(Clone, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Record<AccountId> {
	/// The stash that paid.
	pub offender: AccountId,
	/// What the reporter asked for.
	pub amount: Balance,
	/// What was there to burn.
	pub burned: Balance,
	/// The session of the report.
	pub session: SessionIndex,
}

/// How many records name an offender, by cause.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Counts {
	/// Found wrong by a majority.
	pub majority: u32,
	/// Not sealed in time.
	pub missed_commit: u32,
	/// Not opened in time.
	pub missed_reveal: u32,
}

impl Counts {
	/// The count of `cause`.
	pub fn of(&self, cause: Cause) -> u32 {
		match cause {
			Cause::Majority => self.majority,
			Cause::MissedCommit => self.missed_commit,
			Cause::MissedReveal => self.missed_reveal,
		}
	}

	/// One more for `cause`. Stops at the most that can be counted, which no chain reaches.
	pub(crate) fn raise(&mut self, cause: Cause) {
		let count = self.of_mut(cause);
		*count = count.saturating_add(1);
	}

	/// One less for `cause`.
	pub(crate) fn lower(&mut self, cause: Cause) {
		let count = self.of_mut(cause);
		*count = count.saturating_sub(1);
	}

	fn of_mut(&mut self, cause: Cause) -> &mut u32 {
		match cause {
			Cause::Majority => &mut self.majority,
			Cause::MissedCommit => &mut self.missed_commit,
			Cause::MissedReveal => &mut self.missed_reveal,
		}
	}
}

impl<T: Config> Slash<T::AccountId> for Pallet<T> {
	fn report(offence: Offence<T::AccountId>) -> DispatchResult {
		let Offence {
			offender,
			task,
			cause,
			amount,
		} = offence;
		let known = Offences::<T>::contains_key(task.job, (task, cause));
		ensure!(!known, Error::<T>::AlreadyReported);
		let burned = T::Bonds::slash_task(task, amount);
		ensure!(burned > 0 || amount == 0, Error::<T>::NoStakeLeft);
		let record = Record {
			offender: offender.clone(),
			amount,
			burned,
			session: T::Bonds::session(),
		};
		Offences::<T>::insert(task.job, (task, cause), record);
		CountsOf::<T>::mutate(&offender, |counts| counts.raise(cause));
		Self::deposit_event(Event::Slashed {
			offender,
			task,
			cause,
			amount: burned,
		});
		Ok(())
	}
}
