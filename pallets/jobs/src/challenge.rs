//! Accepted work that can still be disputed: its record, and the release of its stake.
//!
//! One record for each accepted attempt, from its acceptance until its window is over. Nothing of the
//! job waits for it but its pruning: a dispute asks for plan and price.

use assay_protocol::{AcceptedTask, ChallengeError, JobId, SlotRecord, TaskKey};
use assay_traits::{Bonds, Windows};
use frame_support::{
	ensure, pallet_prelude::DispatchResult, storage::with_storage_layer, weights::WeightMeter,
};

use crate::{
	desk::Desk, weights::WeightInfo, Accepted, AcceptedCursor, Config, Error, Event, Pallet,
};

/// Records that one idle block looks at, at most.
const SWEPT: u32 = 16;
/// Records that one view looks at, at most.
const LOOKED_AT: usize = 4_096;

impl<T: Config> Windows<T::AccountId> for Pallet<T> {
	fn accepted(task: TaskKey) -> Option<AcceptedTask<T::AccountId>> {
		Accepted::<T>::get(task.job, task)
	}

	fn note_disputed(task: TaskKey) -> DispatchResult {
		Accepted::<T>::try_mutate(task.job, task, |record| {
			let record = record.as_mut().ok_or(Error::<T>::NotAccepted)?;
			let now = Self::now();
			record.dispute(now).map_err(|error| match error {
				ChallengeError::AlreadyDisputed => Error::<T>::AlreadyDisputed,
				ChallengeError::WindowOver { .. } => Error::<T>::WindowOver,
			})?;
			Ok(())
		})
	}

	fn note_settled(task: TaskKey, is_convicted: bool) -> bool {
		let Some(mut record) = Accepted::<T>::get(task.job, task) else {
			return false;
		};
		if is_convicted {
			Accepted::<T>::remove(task.job, task);
			Self::deposit_event(Event::WindowClosed { task });
			return false;
		}
		record.reopen(Self::now());
		Self::deposit_event(Event::WindowOpened {
			task,
			until: record.until,
		});
		Accepted::<T>::insert(task.job, task, record);
		true
	}
}

impl<T: Config> Pallet<T> {
	/// Keeps the stake of accepted work until its window is over; `false` if the terms have none, so
	/// that the stake is the caller's to release.
	pub(crate) fn hold_back(
		desk: &Desk<T>,
		task: TaskKey,
		record: &SlotRecord<T::AccountId>,
	) -> bool {
		let challenge = desk.job.terms.windows.challenge;
		// Accepted work was revealed.
		let Some(work) = record.work.filter(|_| challenge > 0) else {
			return false;
		};
		let roots = (desk.job.checkpoint.root, work.trace_root);
		let accepted = AcceptedTask::accept(record.provider.clone(), roots, desk.now, challenge);
		Self::deposit_event(Event::WindowOpened {
			task,
			until: accepted.until,
		});
		Accepted::<T>::insert(task.job, task, accepted);
		true
	}

	/// Releases the stakes of those tasks whose windows are over. Tells how many there were.
	pub(crate) fn do_release_stakes(tasks: &[TaskKey]) -> Result<u32, Error<T>> {
		let released = tasks.iter().filter(|task| Self::release_if_over(**task));
		let released = u32::try_from(released.count()).unwrap_or(u32::MAX);
		ensure!(released > 0, Error::<T>::NothingToRelease);
		Ok(released)
	}

	/// Looks at the records behind those that it looked at before, and releases what is over.
	pub(crate) fn sweep_accepted(meter: &mut WeightMeter) {
		for _ in 0..SWEPT {
			if meter.try_consume(T::WeightInfo::sweep_accepted()).is_err() {
				return;
			}
			let next = match AcceptedCursor::<T>::get() {
				Some(latest) => {
					let latest = Accepted::<T>::hashed_key_for(latest.job, latest);
					Accepted::<T>::iter_keys_from(latest).next()
				}
				None => Accepted::<T>::iter_keys().next(),
			};
			let Some((_, task)) = next else {
				// The end of the list: the next block begins again.
				AcceptedCursor::<T>::kill();
				return;
			};
			AcceptedCursor::<T>::put(task);
			Self::release_if_over(task);
		}
	}

	/// Whether accepted work of a job still has a record.
	pub(crate) fn has_windows(job: JobId) -> bool {
		Accepted::<T>::iter_key_prefix(job).next().is_some()
	}

	/// The accepted tasks of a provider whose stakes are held, of the first 4,096 of all providers.
	pub fn accepted_of(
		provider: &T::AccountId,
	) -> alloc::vec::Vec<(TaskKey, AcceptedTask<T::AccountId>)> {
		let all = Accepted::<T>::iter().take(LOOKED_AT);
		all.filter(|(.., record)| record.provider == *provider)
			.map(|(_, task, record)| (task, record))
			.collect()
	}

	fn release_if_over(task: TaskKey) -> bool {
		let is_over = |record: AcceptedTask<T::AccountId>| record.is_over(Self::now());
		if !Accepted::<T>::get(task.job, task).is_some_and(is_over) {
			return false;
		}
		Accepted::<T>::remove(task.job, task);
		if with_storage_layer(|| T::Bonds::release_task(task)).is_err() {
			Self::note_missing_stake(task);
		}
		Self::deposit_event(Event::WindowClosed { task });
		true
	}

	fn note_missing_stake(task: TaskKey) {
		let TaskKey {
			job, slot, attempt, ..
		} = task;
		Self::deposit_event(Event::UnexpectedStake { job, slot, attempt });
	}
}
