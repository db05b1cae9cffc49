//! REVEAL: a provider opens its seal.

use crate::{Config, Error, Event, Pallet, Submissions};
use alloc::vec::Vec;
use assay_protocol::{
	JobId, Phase, Root, RoundFact, Slot, SlotState, TaskClaim, TaskReveal, ZERO_ROOT,
};
use assay_traits::Rounds;
use frame_support::ensure;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// The borders of the segments of a task of the current round, once they are revealed.
	pub fn trace_of(job: JobId, slot: Slot) -> Vec<Root> {
		let Ok(task) = T::Rounds::task(job, slot) else {
			return Vec::new();
		};
		Submissions::<T>::get((job, task.round, slot))
			.filter(|submission| submission.attempt == task.attempt)
			.and_then(|submission| submission.trace)
			.map(|trace| trace.into_inner())
			.unwrap_or_default()
	}

	pub(crate) fn do_reveal_task(
		stash: T::AccountId,
		job: JobId,
		slot: Slot,
		reveal: TaskReveal,
	) -> DispatchResult {
		let task = T::Rounds::task(job, slot)?;
		ensure!(task.provider == stash, Error::<T>::NotAssigned);
		Self::ensure_phase(Phase::Reveal, task.phase, task.deadline)?;
		match task.state {
			SlotState::Committed => {}
			SlotState::Revealed => return Err(Error::<T>::AlreadyRevealed.into()),
			_ => return Err(Error::<T>::SlotNotOpen.into()),
		}
		let place = (job, task.round, slot);
		let mut submission = Submissions::<T>::get(place)
			.filter(|submission| submission.attempt == task.attempt)
			.ok_or(Error::<T>::RecordMissing)?;

		let context = Self::context(&task, stash.clone());
		let claim = TaskClaim::of(context, task.parent, task.slot_root, &reveal);
		let opens = submission.seal == Some(Self::digest(&claim.preimage()));
		ensure!(opens, Error::<T>::SealMismatch);
		let agrees = reveal.trace_agrees(task.segments, &task.parent, &task.slot_root);
		// A slot carries nothing yet. What one provider left there, the next one could not account for
		// in a dispute.
		let is_empty = reveal.slot_root == ZERO_ROOT;
		ensure!(agrees && is_empty, Error::<T>::TraceMismatch);

		T::Rounds::note(
			job,
			RoundFact::Revealed {
				slot,
				work: reveal.work(),
			},
		)?;

		submission.seal = None;
		submission.trace = Some(reveal.trace.clone());
		Submissions::<T>::insert(place, submission);
		Self::deposit_event(Event::TaskRevealed {
			job,
			round: task.round,
			slot,
			attempt: task.attempt,
			provider: stash,
			reveal,
		});
		Ok(())
	}
}
