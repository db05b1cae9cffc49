//! Paying out credits.

use assay_protocol::{Balance, JobId};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	storage::with_storage_layer,
	traits::{fungible::Mutate, tokens::Preservation},
};
use sp_runtime::DispatchError;

use crate::{desk::Desk, Claims, Config, Error, Event, Pallet};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_claim(job: JobId, beneficiaries: &[T::AccountId]) -> DispatchResult {
		let mut desk = Desk::<T>::open(job)?;
		let mut any = false;
		for beneficiary in beneficiaries {
			any |= Self::pay_out(&mut desk, beneficiary)? > 0;
		}
		ensure!(any, Error::<T>::NothingToClaim);
		Self::settle_if_drained(&mut desk)?;
		desk.close()?;
		Ok(())
	}

	/// Pays out all that `who` can claim, and tells how much it was: nothing if there is no credit
	/// or the account cannot receive it.
	pub(crate) fn pay_out(
		desk: &mut Desk<T>,
		who: &T::AccountId,
	) -> Result<Balance, DispatchError> {
		let amount = Claims::<T>::get(desk.id, who);
		if amount == 0 {
			return Ok(0);
		}
		let (job, beneficiary) = (desk.id, who.clone());
		let account = Self::account_of(job);
		let paid = with_storage_layer(|| {
			T::Currency::transfer(&account, who, amount, Preservation::Preserve)
		});
		if paid.is_err() {
			Self::deposit_event(Event::ClaimDeferred {
				job,
				beneficiary,
				amount,
			});
			return Ok(0);
		}
		desk.ledger.claim(amount).map_err(Error::<T>::from)?;
		Claims::<T>::remove(job, who);
		Self::deposit_event(Event::Claimed {
			job,
			beneficiary,
			amount,
		});
		Ok(amount)
	}
}
