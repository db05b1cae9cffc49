//! REVEAL: a provider opens its seal.

use crate::{Config, Error, Event, Pallet, Submissions};
use alloc::vec::Vec;
use assay_numerics::Outline;
use assay_protocol::{
	FailureClaim, FailureReveal, JobId, Phase, Root, RoundFact, Slot, SlotState, TaskClaim,
	TaskReveal, TaskView, ZERO_ROOT,
};
use assay_traits::Rounds;
use frame_support::ensure;
use sp_runtime::{DispatchError, DispatchResult};

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
		let task = Self::task_to_reveal(&stash, job, slot)?;
		let mut submission = Self::submission_of(&task)?;

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
		Submissions::<T>::insert((job, task.round, slot), submission);
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

	pub(crate) fn do_reveal_failure(
		stash: T::AccountId,
		job: JobId,
		slot: Slot,
		reveal: FailureReveal,
	) -> DispatchResult {
		let task = Self::task_to_reveal(&stash, job, slot)?;
		let mut submission = Self::submission_of(&task)?;

		let context = Self::context(&task, stash.clone());
		let claim = FailureClaim::of(context, task.parent, task.slot_root, &reveal);
		let opens = submission.seal == Some(Self::digest(&claim.preimage()));
		ensure!(opens, Error::<T>::SealMismatch);
		let plan = T::Rounds::contract(job)?.plan;
		// The job was posted with this plan, so it can be lowered.
		let outline = Outline::new(&plan.step).map_err(|_| Error::<T>::RecordMissing)?;
		let checked = reveal.check(&plan, &outline, &task.parent, &task.slot_root);
		checked.map_err(Error::<T>::from)?;

		T::Rounds::note(
			job,
			RoundFact::FailureRevealed {
				slot,
				failure: reveal.failure(),
			},
		)?;

		submission.seal = None;
		submission.trace = Some(reveal.trace.clone());
		Submissions::<T>::insert((job, task.round, slot), submission);
		Self::deposit_event(Event::FailureRevealed {
			job,
			round: task.round,
			slot,
			attempt: task.attempt,
			provider: stash,
			failure: reveal,
		});
		Ok(())
	}

	/// The task whose seal this stash can open now.
	fn task_to_reveal(
		stash: &T::AccountId,
		job: JobId,
		slot: Slot,
	) -> Result<TaskView<T::AccountId>, DispatchError> {
		let task = T::Rounds::task(job, slot)?;
		ensure!(task.provider == *stash, Error::<T>::NotAssigned);
		Self::ensure_phase(Phase::Reveal, task.phase, task.deadline)?;
		match task.state {
			SlotState::Committed => Ok(task),
			SlotState::Revealed => Err(Error::<T>::AlreadyRevealed.into()),
			_ => Err(Error::<T>::SlotNotOpen.into()),
		}
	}
}
