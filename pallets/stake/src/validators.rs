//! The validator set: elected from the candidates at every session change.

use alloc::vec::Vec;
use core::{cmp::Reverse, marker::PhantomData};

use assay_protocol::{limits::MAX_AUTHORITIES, Balance, SessionIndex};
use assay_traits::{Role, Stakes};
use frame_support::traits::{Get, ValidatorRegistration};
use pallet_session::{historical, SessionInterface, SessionManager};
use sp_runtime::traits::Convert;
use sp_staking::offence::OffenceSeverity;

use crate::{
	BondOf, Candidates, Config, CurrentSession, Equivocations, Event, Pallet, SessionStakes,
};

/// A validator's id is its stash; only an account with a validator bond has one.
///
/// For `pallet_session::Config::ValidatorIdOf`: session keys can be registered by bonded
/// validators alone.
#[derive(Debug)]
pub struct ValidatorIdOf<T>(PhantomData<T>);

impl<T: Config> Convert<T::AccountId, Option<T::AccountId>> for ValidatorIdOf<T> {
	fn convert(stash: T::AccountId) -> Option<T::AccountId> {
		BondOf::<T>::contains_key(&stash, Role::Validator).then_some(stash)
	}
}

/// The identification of a validator in historical sessions is empty: what an offence costs is
/// read from the snapshot of its session, which never goes stale.
///
/// For `pallet_session::historical::Config::FullIdentificationOf`.
#[derive(Debug)]
pub struct UnitIdentificationOf;

impl<AccountId> Convert<AccountId, Option<()>> for UnitIdentificationOf {
	fn convert(_validator: AccountId) -> Option<()> {
		Some(())
	}
}

/// What the session pallet has queued for the next session, which its own interface does not tell.
///
/// For [`Config::Session`]. The session pallet implements it.
pub trait QueuedSet<ValidatorId> {
	/// Whether exactly this set is queued, each member with the session keys it has registered now.
	fn is_queued(set: &[ValidatorId]) -> bool;
}

impl<T: pallet_session::Config> QueuedSet<T::ValidatorId> for pallet_session::Pallet<T> {
	fn is_queued(set: &[T::ValidatorId]) -> bool {
		let queued = Self::queued_keys();
		let is_same = |((queued, keys), member): (&(T::ValidatorId, T::Keys), &T::ValidatorId)| {
			queued == member && Self::load_keys(member).as_ref() == Some(keys)
		};
		queued.len() == set.len() && queued.iter().zip(set).all(is_same)
	}
}

impl<T: Config> SessionManager<T::AccountId> for Pallet<T> {
	fn new_session(planned: SessionIndex) -> Option<Vec<T::AccountId>> {
		Self::plan_session(planned)
	}

	fn start_session(session: SessionIndex) {
		Self::note_session(session);
	}

	fn end_session(_session: SessionIndex) {}
}

impl<T: Config> historical::SessionManager<T::AccountId, ()> for Pallet<T> {
	fn new_session(planned: SessionIndex) -> Option<Vec<(T::AccountId, ())>> {
		let set = Self::plan_session(planned)?;
		Some(set.into_iter().map(|stash| (stash, ())).collect())
	}

	fn start_session(session: SessionIndex) {
		Self::note_session(session);
	}

	fn end_session(_session: SessionIndex) {}
}

impl<T: Config> Pallet<T> {
	/// Elects the set of `planned`, keeps its snapshot, and returns the set unless it goes on as it
	/// is: the same members with the same session keys.
	///
	/// Such a set is not announced: a change makes every GRANDPA voter start over. New keys of a
	/// member have to be. Consensus would find them by itself, but the historical root would be
	/// copied with the old ones, and an equivocation with the new ones could be proven no longer
	/// than until the end of its session.
	fn plan_session(planned: SessionIndex) -> Option<Vec<T::AccountId>> {
		let elected = Self::elect(planned);
		let stakes = if elected.is_empty() {
			Self::deposit_event(Event::NobodyElected { session: planned });
			let previous = planned.checked_sub(1).and_then(SessionStakes::<T>::get)?;
			Self::prolong_bonds(planned, &previous);
			previous
		} else {
			Self::deposit_event(Event::ValidatorsElected {
				session: planned,
				elected: u32::try_from(elected.len()).unwrap_or(u32::MAX),
			});
			elected
		};
		// A member of a set that has to go on may have removed its keys. The session pallet leaves
		// it out, and the historical root has to count the same members.
		let set: Vec<_> = stakes
			.iter()
			.map(|(stash, _)| stash.clone())
			.filter(T::Session::is_registered)
			.collect();
		SessionStakes::<T>::insert(planned, stakes);
		let goes_on = set.is_empty() || T::Session::is_queued(&set);
		(!goes_on).then_some(set)
	}

	/// The candidates that qualify for `session`, highest stake first, equal stakes by account.
	fn elect(session: SessionIndex) -> Stakes<T::AccountId> {
		let minimum = Self::minimum_of(Role::Validator);
		let mut qualified: Vec<(T::AccountId, Balance)> = Candidates::<T>::get()
			.into_iter()
			.filter_map(|stash| {
				let bond = BondOf::<T>::get(&stash, Role::Validator)?;
				let qualifies =
					bond.is_active(minimum, session) && T::Session::is_registered(&stash);
				qualifies.then_some((stash, bond.amount))
			})
			.collect();
		qualified.sort_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
		qualified.truncate(usize::try_from(T::MaxValidators::get()).unwrap_or(usize::MAX));
		Stakes::truncate_from(qualified)
	}

	/// Makes the members of a `set` that goes on in `planned` answer for it, also those that are
	/// unbonding: their delay starts again.
	fn prolong_bonds(planned: SessionIndex, set: &Stakes<T::AccountId>) {
		for (stash, _) in set {
			BondOf::<T>::mutate(stash, Role::Validator, |slot| {
				if let Some(until) = slot.as_mut().and_then(|bond| bond.unbonding_until.as_mut()) {
					*until = Self::unbonding_end(planned).max(*until);
				}
			});
		}
	}

	/// Records that `session` runs, keeps suspended members disabled, and forgets what is too old.
	fn note_session(session: SessionIndex) {
		CurrentSession::<T>::put(session);
		// A change of the set enables everybody again, but this set may have been planned before
		// the offence was reported.
		for (stash, _) in SessionStakes::<T>::get(session).unwrap_or_default() {
			let suspended = BondOf::<T>::get(&stash, Role::Validator)
				.is_some_and(|bond| bond.suspended_until > session);
			if suspended {
				T::Session::report_offence(stash, OffenceSeverity::max_severity());
			}
		}
		let Some(oldest) = session.checked_sub(T::HistorySessions::get()) else {
			return;
		};
		let Some(forgotten) = oldest.checked_sub(1) else {
			return;
		};
		// The session pallet never prunes its historical roots by itself.
		T::Session::prune_up_to(oldest);
		SessionStakes::<T>::remove(forgotten);
		// At most one record for each member of the set.
		let _ = Equivocations::<T>::clear_prefix(forgotten, MAX_AUTHORITIES, None);
	}
}
