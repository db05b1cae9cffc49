//! The queue of deadlines, and the sweep of it by `on_idle`.

use assay_protocol::{BlockNumber, JobId};
use frame_support::{storage::with_storage_layer, traits::Get, weights::WeightMeter};

use crate::{weights::WeightInfo, Config, Due, DueFrom, Event, Jobs, Pallet};

impl<T: Config> Pallet<T> {
	/// Advances the jobs that are due, oldest first, as far as the weight goes.
	///
	/// A job that does not fit waits for a block with more room, and those behind it with it;
	/// anybody can still advance them with a call.
	pub(crate) fn advance_due(meter: &mut WeightMeter) {
		let now = Self::now();
		// One write of the place, at the end.
		if meter
			.try_consume(T::DbWeight::get().reads_writes(1, 1))
			.is_err()
		{
			return;
		}
		let first = DueFrom::<T>::get();
		let mut block = first;
		while block <= now {
			if meter.try_consume(T::WeightInfo::look_due()).is_err() {
				break;
			}
			let Some(job) = Due::<T>::iter_key_prefix(block).next() else {
				// Nothing is queued for a block that is over, so this one is done for good.
				block = block.saturating_add(1);
				continue;
			};
			if !Self::advance_one(block, job, meter) {
				break;
			}
		}
		if block != first {
			DueFrom::<T>::put(block);
		}
	}

	/// Advances one due job; `false` if it does not fit.
	fn advance_one(block: BlockNumber, job: JobId, meter: &mut WeightMeter) -> bool {
		let tasks = Self::tasks_of(job);
		if !meter.can_consume(T::WeightInfo::advance(tasks, tasks)) {
			return false;
		}
		let advanced = with_storage_layer(|| Self::do_advance(job));
		let touched = *advanced.as_ref().unwrap_or(&tasks);
		meter.consume(T::WeightInfo::advance(tasks, touched));
		if advanced.is_err() {
			Self::unqueue(block, job);
		}
		true
	}

	/// Takes a job out of the queue that cannot be advanced, so that it does not block the others.
	fn unqueue(block: BlockNumber, job: JobId) {
		Due::<T>::remove(block, job);
		Jobs::<T>::mutate_extant(job, |job| job.due = None);
		Self::deposit_event(Event::UnexpectedStuck { job });
	}
}
