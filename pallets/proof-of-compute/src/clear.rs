//! What a round leaves is removed.
//!
//! Nobody calls this pallet when a slot is decided by a deadline or a job is cancelled. So a round's
//! records can outlive it, until the call that closes the round, `clear_round` or an idle block
//! removes them, a bounded number at a time.

use crate::{
	Aggregations, Config, Error, Event, OpenRound, OpenRounds, Pallet, Submissions, SweepCursor,
	CLEAR_LIMIT,
};
use alloc::vec::Vec;
use assay_protocol::{JobId, Phase, Round};
use assay_traits::{Conflicts, Rounds};
use frame_support::ensure;
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	/// Tells how many slots were removed.
	pub(crate) fn do_clear_round(job: JobId, round: Round) -> Result<u32, DispatchError> {
		let open = OpenRounds::<T>::get(job, round).ok_or(Error::<T>::NothingToClear)?;
		ensure!(Self::is_over(job, round), Error::<T>::RoundNotOver);
		Ok(Self::clear(job, round, &open, CLEAR_LIMIT))
	}

	/// Removes up to `limit` slots of a round that is over, and the rest with the last of them.
	pub(crate) fn clear(job: JobId, round: Round, open: &OpenRound, limit: u32) -> u32 {
		let before = match open.is_closed {
			// Its checkpoint was agreed, so all its panels had their time.
			true => u32::MAX,
			// Its job was over before, so the latest draw perhaps had not.
			false => open.draws.last().map_or(0, |latest| latest.index),
		};
		let most = usize::try_from(limit).unwrap_or(usize::MAX);
		let found: Vec<_> = Submissions::<T>::iter_prefix((job, round))
			.take(most)
			.collect();
		let slots = u32::try_from(found.len()).unwrap_or(limit);
		for (slot, submission) in found {
			let place = (job, round, slot);
			Self::settle(place, &submission, &open.draws, before, false);
			Submissions::<T>::remove(place);
		}
		if slots < limit {
			OpenRounds::<T>::remove(job, round);
			Aggregations::<T>::remove(job, round);
			T::Conflicts::forget(job, round);
			Self::deposit_event(Event::RoundCleared { job, round });
		}
		slots
	}

	/// Looks at the round after the one that it looked at before, and clears it if it is over.
	pub(crate) fn sweep() {
		let next = match SweepCursor::<T>::get() {
			Some((job, round)) => {
				let latest = OpenRounds::<T>::hashed_key_for(job, round);
				OpenRounds::<T>::iter_from(latest).next()
			}
			None => OpenRounds::<T>::iter().next(),
		};
		let Some((job, round, open)) = next else {
			// The end of the list: the next block begins again.
			SweepCursor::<T>::kill();
			return;
		};
		if Self::is_over(job, round) && Self::clear(job, round, &open, CLEAR_LIMIT) >= CLEAR_LIMIT {
			// More can be left of it: the next block goes on here.
			return;
		}
		SweepCursor::<T>::put((job, round));
	}

	/// Whether a round has ended, in whatever way: its job is over, or in another round.
	pub(crate) fn is_over(job: JobId, round: Round) -> bool {
		!T::Rounds::round(job)
			.is_ok_and(|view| view.round == round && view.state.phase != Phase::Ended)
	}
}
