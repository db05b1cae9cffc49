//! TRAIN: a provider seals its work.

use crate::{Config, Error, Event, OpenRound, OpenRounds, Pallet, Submission, Submissions};
use assay_protocol::{Digest, JobId, Phase, RoundFact, Slot, SlotState};
use assay_traits::Rounds;
use frame_support::ensure;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_commit_task(
		stash: T::AccountId,
		job: JobId,
		slot: Slot,
		seal: Digest,
	) -> DispatchResult {
		let task = T::Rounds::task(job, slot)?;
		ensure!(task.provider == stash, Error::<T>::NotAssigned);
		Self::ensure_phase(Phase::Train, task.phase, task.deadline)?;
		match task.state {
			SlotState::Assigned => {}
			SlotState::Committed => return Err(Error::<T>::AlreadyCommitted.into()),
			_ => return Err(Error::<T>::SlotNotOpen.into()),
		}

		T::Rounds::note(job, RoundFact::Committed { slot })?;

		let open = OpenRounds::<T>::get(job, task.round);
		if open.is_none() {
			OpenRounds::<T>::insert(job, task.round, OpenRound::default());
		}
		let draws = open.unwrap_or_default().draws;
		let place = (job, task.round, slot);
		if let Some(earlier) = Submissions::<T>::get(place) {
			// The pass of the earlier attempt is over: every draw of it had its time.
			Self::settle(place, &earlier, &draws, u32::MAX, false);
		}
		let (round, attempt, provider) = (task.round, task.attempt, stash);
		Submissions::<T>::insert(
			place,
			Submission {
				attempt,
				provider: provider.clone(),
				seal: Some(seal),
				trace: None,
				draws_from: draws.last().map_or(0, |draw| draw.index.saturating_add(1)),
				panel: None,
			},
		);
		Self::deposit_event(Event::TaskCommitted {
			job,
			round,
			slot,
			attempt,
			provider,
			seal,
		});
		Ok(())
	}
}
