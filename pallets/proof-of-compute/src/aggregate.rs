//! CLOSE: validators name the next checkpoint.

use crate::{
	AggregateClaim, Aggregation, Aggregations, Config, Error, Event, OpenRound, OpenRounds, Pallet,
	WeightInfo, CLEAR_LIMIT,
};
use assay_protocol::{JobId, Loss, Phase, Root, Round, RoundFact};
use assay_traits::Rounds;
use frame_support::{ensure, weights::Weight};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	/// Tells, if the claim closed the round, how many tasks it has and how many slots were cleared.
	pub(crate) fn do_claim_aggregate(
		stash: T::AccountId,
		job: JobId,
		round: Round,
		checkpoint: Root,
		loss: Loss,
	) -> Result<Option<(u32, u32)>, DispatchError> {
		let view = T::Rounds::round(job)?;
		ensure!(view.round == round, Error::<T>::RoundMismatch);
		Self::ensure_phase(Phase::Close, view.state.phase, view.state.deadline)?;
		let restarts = view.state.restarts;
		// Claims of an earlier window are void: others are drawn in this one.
		let stored =
			Aggregations::<T>::get(job, round).filter(|stored| stored.restarts == restarts);
		let mut aggregation = match stored {
			Some(stored) => stored,
			None => Aggregation::form(restarts, Self::closers_in(&view)?),
		};
		let claim = AggregateClaim { checkpoint, loss };
		let place = aggregation.claim_of(&stash).ok_or(Error::<T>::NotDrawn)?;
		ensure!(place.is_none(), Error::<T>::AlreadyClaimed);
		*place = Some(claim);

		let validator = stash;
		Self::deposit_event(Event::AggregateClaimed {
			job,
			round,
			validator,
			checkpoint,
			loss,
		});
		if aggregation.equal_to(&claim) < view.quorum {
			Aggregations::<T>::insert(job, round, aggregation);
			return Ok(None);
		}
		T::Rounds::note(job, RoundFact::Closed { checkpoint, loss })?;
		let open = OpenRounds::<T>::get(job, round).ok_or(Error::<T>::RecordMissing)?;
		let closed = OpenRound {
			is_closed: true,
			..open
		};
		OpenRounds::<T>::insert(job, round, &closed);
		let cleared = Self::clear(job, round, &closed, CLEAR_LIMIT);
		Ok(Some((view.state.tasks, cleared)))
	}

	/// What `claim_aggregate` weighs, if it closed a round of so many tasks and cleared so many slots.
	pub(crate) fn weight_of_claim(closed: Option<(u32, u32)>) -> Weight {
		let close = |(tasks, slots): (u32, u32)| {
			T::WeightInfo::next_round(tasks).saturating_add(T::WeightInfo::clear_round(slots))
		};
		T::WeightInfo::claim_aggregate().saturating_add(closed.map(close).unwrap_or_default())
	}
}
