//! What a proven equivocation costs a validator.

use assay_protocol::{Balance, SessionIndex};
use assay_traits::Role;
use frame_support::{traits::Get, weights::Weight};
use pallet_session::SessionInterface;
use sp_runtime::Perbill;
use sp_staking::offence::{OffenceDetails, OffenceSeverity, OnOffenceHandler};

use crate::{
	BondOf, Config, CurrentSession, Equivocations, Event, Pallet, SessionStakes, WeightInfo,
};

impl<T: Config> OnOffenceHandler<T::AccountId, (T::AccountId, ()), Weight> for Pallet<T> {
	fn on_offence(
		offenders: &[OffenceDetails<T::AccountId, (T::AccountId, ())>],
		fractions: &[Perbill],
		session: SessionIndex,
	) -> Weight {
		let mut weight = Weight::zero();
		for (details, fraction) in offenders.iter().zip(fractions) {
			let (stash, ()) = &details.offender;
			Self::punish_equivocation(stash, *fraction, session);
			weight = weight.saturating_add(T::WeightInfo::punish_equivocation());
		}
		weight
	}
}

impl<T: Config> Pallet<T> {
	/// Burns `fraction` of the stake that `stash` had in `session`, disables it for what remains
	/// of the running session and suspends it from the next election on. Returns what was burned.
	///
	/// The SDK reports earlier offenders again, with a higher fraction, whenever a new one of the
	/// same slot comes to light: only the difference to the highest fraction so far is burned. A
	/// session whose snapshot is gone, or one without this validator, costs nothing.
	pub fn punish_equivocation(
		stash: &T::AccountId,
		fraction: Perbill,
		session: SessionIndex,
	) -> Balance {
		let stake = SessionStakes::<T>::get(session)
			.and_then(|set| set.into_iter().find(|(member, _)| member == stash))
			.map(|(_, stake)| stake);
		let (Some(stake), Some(mut bond)) = (stake, BondOf::<T>::get(stash, Role::Validator))
		else {
			return 0;
		};

		let before = Equivocations::<T>::get(session, stash);
		let paid = before.unwrap_or_default();
		// Rounded against the offender.
		let due = fraction
			.mul_ceil(stake)
			.saturating_sub(paid.mul_ceil(stake));
		let stood = bond.amount;
		let burned = Self::burn_bond(stash, Role::Validator, &mut bond, due);
		let slashed = stood.saturating_sub(bond.amount);
		Self::note_slash_below_pledges(stash, Role::Validator, slashed);
		Equivocations::<T>::insert(session, stash, fraction.max(paid));
		if burned > 0 {
			Self::deposit_event(Event::ValidatorSlashed {
				stash: stash.clone(),
				session,
				amount: burned,
			});
		}

		// A repeated report of an offence that is known does not prolong the suspension.
		if before.is_none() {
			// Clamping is right: the last session of the index is never reached.
			let until = CurrentSession::<T>::get().saturating_add(T::SuspensionSessions::get());
			bond.suspended_until = bond.suspended_until.max(until);
			let until = bond.suspended_until;
			Self::deposit_event(Event::ValidatorSuspended {
				stash: stash.clone(),
				until,
			});
		}
		BondOf::<T>::insert(stash, Role::Validator, bond);
		T::Session::report_offence(stash.clone(), OffenceSeverity(fraction));
		burned
	}
}
