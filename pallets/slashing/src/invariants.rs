//! The properties of the crate documentation, checked on the stored state.

use alloc::collections::BTreeMap;

use frame_support::ensure;
use sp_runtime::TryRuntimeError;

use crate::{Config, Counts, CountsOf, Offences, Pallet};

impl<T: Config> Pallet<T> {
	/// P3, and that every record lies under its job and burned no more than was asked for.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<T::AccountId, Counts>::new();
		for (job, (task, cause), record) in Offences::<T>::iter() {
			ensure!(task.job == job, "a record lies under another job");
			ensure!(
				record.burned <= record.amount,
				"more was burned than was asked for"
			);
			counts.entry(record.offender).or_default().raise(cause);
		}
		let stored: BTreeMap<_, _> = CountsOf::<T>::iter().collect();
		ensure!(stored == counts, "P3: counts differ from the records");
		Ok(())
	}
}
