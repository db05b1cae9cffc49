//! REVEAL: a provider opens its seal.

use crate::{Config, Error, Event, Pallet, Submissions};
use assay_protocol::{JobId, Phase, RoundFact, Slot, SlotState, TaskClaim, TaskReveal};
use assay_traits::Rounds;
use frame_support::ensure;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
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
		// The plan's stride equals its steps, so the trace has two borders and both are known.
		let agrees = reveal.trace_agrees(&task.parent, &task.slot_root);
		ensure!(agrees, Error::<T>::TraceMismatch);

		T::Rounds::note(
			job,
			RoundFact::Revealed {
				slot,
				work: reveal.work(),
			},
		)?;

		submission.seal = None;
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
