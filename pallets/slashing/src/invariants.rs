//! The properties of the crate documentation, checked on the stored state.

use alloc::collections::BTreeMap;

use assay_traits::Cause;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

use crate::{Config, Counts, CountsOf, Offences, Pallet};

impl<T: Config> Pallet<T> {
	/// P3 and P5, and that every record lies under its job.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<T::AccountId, Counts>::new();
		for (job, (task, cause, offender), record) in Offences::<T>::iter() {
			ensure!(task.job == job, "a record lies under another job");
			ensure!(
				offender == record.offender,
				"P1: a record lies under another offender"
			);
			ensure!(
				record
					.burned
					.checked_add(record.paid)
					.is_some_and(|taken| taken <= record.amount),
				"P5: more was taken than was asked for"
			);
			ensure!(
				record.paid == 0 || cause.pays_informers() || cause == Cause::LostDispute,
				"P6: somebody was paid for an offence that only burns"
			);
			ensure!(
				!cause.pays_informers() || record.paid <= record.burned,
				"P6: informers got more than half"
			);
			counts.entry(record.offender).or_default().raise(cause);
		}
		let stored: BTreeMap<_, _> = CountsOf::<T>::iter().collect();
		ensure!(stored == counts, "P3: counts differ from the records");
		Ok(())
	}
}
