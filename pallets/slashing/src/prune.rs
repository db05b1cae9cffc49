//! Removing the records of jobs that have ended.

use alloc::vec::Vec;

use assay_protocol::JobId;
use assay_traits::Cause;
use frame_support::{
	ensure,
	traits::{Contains, Get},
};
use sp_runtime::DispatchError;

use crate::{Config, Counts, CountsOf, Error, Event, Offences, Pallet};

impl<T: Config> Pallet<T> {
	/// Removes at most [`Config::MaxPrune`] records of `job` and says how many.
	pub(crate) fn do_prune_offences(job: JobId) -> Result<u32, DispatchError> {
		ensure!(T::Ended::contains(&job), Error::<T>::JobNotEnded);
		let limit = usize::try_from(T::MaxPrune::get()).unwrap_or(usize::MAX);
		// Taken into memory first: removing under an iterator has no defined order.
		let records: Vec<_> = Offences::<T>::iter_prefix(job).take(limit).collect();
		ensure!(!records.is_empty(), Error::<T>::NothingToPrune);
		let pruned = u32::try_from(records.len()).unwrap_or(u32::MAX);
		for (key, _) in records {
			let (_, cause, offender) = &key;
			Self::forget(offender, *cause);
			Offences::<T>::remove(job, key);
		}
		let remaining = Offences::<T>::iter_key_prefix(job).next().is_some();
		Self::deposit_event(Event::OffencesPruned {
			job,
			pruned,
			remaining,
		});
		Ok(pruned)
	}

	/// Takes one record from the counts of `offender`, and removes counts that are all zero.
	fn forget(offender: &T::AccountId, cause: Cause) {
		CountsOf::<T>::mutate_exists(offender, |slot| {
			let mut counts = slot.take().unwrap_or_default();
			counts.lower(cause);
			*slot = (counts != Counts::default()).then_some(counts);
		});
	}
}
