//! Conflicts about the next checkpoint: how they begin and end, and who pays.

use crate::{Config, ConflictCases, ConflictCursor, Error, Event, Pallet};
use alloc::vec;
use assay_protocol::{
	claims::seat_key,
	dispute::{Clock, ClosingCase, ClosingRuling, Side},
	Balance, JobId, Round, TaskKey,
};
use assay_traits::{
	Bonds, ClosingSeat, Conflict, ConflictState, LostDispute, Opened, Rounds, Ruled, Slash, Wronged,
};
use frame_support::{ensure, storage::with_storage_layer, traits::Get};
use sp_runtime::{DispatchError, DispatchResult};

mod moves;
mod record;
mod view;

pub use record::{ConflictCase, ConflictRecord};

impl<T: Config> Pallet<T> {
	/// One side has lost: its pledge is taken, half of it for the other side. The round is told when it
	/// asks.
	pub(crate) fn rule(
		(job, round): (JobId, Round),
		case: &ConflictCase<T::AccountId>,
		record: ConflictRecord,
		ruling: ClosingRuling,
	) -> DispatchResult {
		let (loser, winner) = match ruling.loser() {
			Side::Provider => (&case.claimant, &case.challenger),
			Side::Challenger => (&case.challenger, &case.claimant),
		};
		Self::take_from(case.key(job, round, loser), &loser.1, &winner.1)?;
		T::Bonds::release_pledge(case.key(job, round, winner));
		let ruled = ConflictRecord {
			ruling: Some(ruling),
			..record
		};
		crate::Conflicts::<T>::insert(job, round, ruled);
		Self::deposit_event(Event::ConflictRuled {
			job,
			round,
			ruling,
			loser: loser.1.clone(),
			winner: winner.1.clone(),
		});
		Ok(())
	}

	/// Takes the pledge of whoever is wrong: half is paid to whoever showed it, the rest is burned.
	fn take_from(key: TaskKey, loser: &T::AccountId, winner: &T::AccountId) -> DispatchResult {
		let pledged = T::Bonds::pledged(key);
		if pledged > 0 {
			T::Slash::report_challenger(LostDispute {
				offender: loser.clone(),
				dispute: key,
				wronged: Wronged::truncate_from(vec![(winner.clone(), pledged / 2)]),
			})?;
		}
		T::Bonds::release_pledge(key);
		Ok(())
	}

	/// Whoever claims a checkpoint that was proven wrong pays as its claimant did. A bond of which all is
	/// pledged has nothing left to take: its claim is struck all the same.
	fn convict_partner(
		(job, round): (JobId, Round),
		case: &ConflictCase<T::AccountId>,
		partner: &ClosingSeat<T::AccountId>,
	) {
		let pledge = T::ClosingPledge::get();
		let key = case.key(job, round, partner);
		let taken = with_storage_layer(|| {
			T::Bonds::pledge(key, &partner.1, pledge)?;
			Self::take_from(key, &partner.1, &case.challenger.1)
		});
		Self::deposit_event(Event::PartnerConvicted {
			job,
			round,
			partner: partner.1.clone(),
			taken: taken.map_or(0, |()| pledge),
		});
	}

	/// Looks at the conflict after the one that it looked at before, and ends a turn that is over.
	pub(crate) fn sweep_conflicts() {
		let next = match ConflictCursor::<T>::get() {
			Some((job, round)) => {
				let latest = crate::Conflicts::<T>::hashed_key_for(job, round);
				crate::Conflicts::<T>::iter_keys_from(latest).next()
			}
			None => crate::Conflicts::<T>::iter_keys().next(),
		};
		let Some((job, round)) = next else {
			// The end of the list: the next block begins again.
			ConflictCursor::<T>::kill();
			return;
		};
		// What fails changes nothing; it stays for the call, whose sender hears why.
		let _ = with_storage_layer(|| Self::do_end_conflict(job, round));
		ConflictCursor::<T>::put((job, round));
	}

	fn begin_conflict(conflict: Conflict<T::AccountId>) -> Result<Opened, DispatchError> {
		let Conflict {
			job,
			round,
			restarts,
			claimant,
			challenger,
			claimed,
			parent,
			updates,
		} = conflict;
		ensure!(
			!crate::Conflicts::<T>::contains_key(job, round),
			Error::<T>::ConflictExists
		);
		let pledge: Balance = T::ClosingPledge::get();
		for (seat, stash) in [&claimant, &challenger] {
			let key = seat_key(job, round, restarts, *seat);
			if T::Bonds::pledge(key, stash, pledge).is_err() {
				// The claimant's is free again; one that there is not is no error.
				T::Bonds::release_pledge(seat_key(job, round, restarts, claimant.0));
				return Ok(Opened::Unpledged { seat: *seat });
			}
		}
		Self::deposit_event(Event::ConflictOpened {
			job,
			round,
			claimant: claimant.1.clone(),
			challenger: challenger.1.clone(),
			claimed,
			pledge,
		});
		let case = ConflictCase {
			restarts,
			claimant,
			challenger,
			claimed,
			parent,
			updates,
			plan: T::Rounds::contract(job)?.plan,
		};
		let outline = Self::outline_of(&case)?;
		let record = ConflictRecord {
			stage: case.subject(&outline).start(),
			clock: Clock::start(T::TurnTime::get(), Self::now()),
			moves: 0,
			ruling: None,
		};
		crate::Conflicts::<T>::insert(job, round, record);
		ConflictCases::<T>::insert(job, round, case);
		Ok(Opened::Open)
	}

	fn forget_conflict(job: JobId, round: Round) {
		crate::Conflicts::<T>::remove(job, round);
		ConflictCases::<T>::remove(job, round);
	}
}

impl<T: Config> assay_traits::Conflicts<T::AccountId> for Pallet<T> {
	fn open(conflict: Conflict<T::AccountId>) -> Result<Opened, DispatchError> {
		with_storage_layer(|| Self::begin_conflict(conflict))
	}

	fn state(job: JobId, round: Round) -> Option<ConflictState> {
		let record = crate::Conflicts::<T>::get(job, round)?;
		let Some(ruling) = record.ruling else {
			return Some(ConflictState::Open);
		};
		let case = ConflictCases::<T>::get(job, round)?;
		Some(ConflictState::Ruled(Ruled {
			ruling,
			claimant: case.claimant.0,
			challenger: case.challenger.0,
			claimed: case.claimed,
		}))
	}

	fn settle(job: JobId, round: Round, struck: &[ClosingSeat<T::AccountId>]) {
		let Some(case) = ConflictCases::<T>::get(job, round) else {
			return;
		};
		let sides = [case.claimant.0, case.challenger.0];
		for partner in struck.iter().filter(|seat| !sides.contains(&seat.0)) {
			Self::convict_partner((job, round), &case, partner);
		}
		Self::forget_conflict(job, round);
	}

	fn forget(job: JobId, round: Round) {
		let Some(case) = ConflictCases::<T>::get(job, round) else {
			return;
		};
		for side in [&case.claimant, &case.challenger] {
			T::Bonds::release_pledge(case.key(job, round, side));
		}
		Self::forget_conflict(job, round);
		Self::deposit_event(Event::ConflictDropped { job, round });
	}
}

impl<AccountId> ConflictCase<AccountId> {
	/// The key of what a seat has pledged.
	pub(crate) fn key(&self, job: JobId, round: Round, seat: &ClosingSeat<AccountId>) -> TaskKey {
		seat_key(job, round, self.restarts, seat.0)
	}

	/// The case as the protocol's rules see it.
	pub fn subject<'a>(&'a self, outline: &'a assay_numerics::Outline) -> ClosingCase<'a> {
		ClosingCase {
			outline,
			parent: &self.parent,
			updates: &self.updates,
			claimed: &self.claimed,
		}
	}
}
