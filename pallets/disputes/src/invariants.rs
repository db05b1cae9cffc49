//! The properties of the crate documentation, checked on the stored state.

use crate::{Cases, Config, ConflictCases, Conflicts, Disputes, Involved, Pallet};
use alloc::collections::BTreeSet;
use assay_traits::Bonds;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// D1, D2, and that the lists of a stash name its open disputes.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut involved = BTreeSet::new();
		for (task, case) in Cases::<T>::iter() {
			let dispute = Disputes::<T>::get(task).ok_or("D1: a case without a dispute")?;
			let place = usize::try_from(case.lost).map_err(|_| "more have lost than there are")?;
			let earlier = case.dissenters.get(..place).unwrap_or_default();
			ensure!(
				match dispute.has_lost {
					true => earlier.contains(&dispute.challenger),
					false => case.dissenters.get(place) == Some(&dispute.challenger),
				},
				"the challenger is the first dissenter that has not lost, or one that has"
			);
			ensure!(
				case.provider != dispute.challenger,
				"nobody disputes its own work"
			);
			ensure!(
				case.task_stake == 0 || T::Bonds::task_stake(task) > 0,
				"D2: the stake of disputed work is held"
			);
			involved.insert((case.provider, task));
			involved.insert((dispute.challenger, task));
		}
		let disputes = Disputes::<T>::iter_keys().count();
		ensure!(
			disputes == Cases::<T>::iter_keys().count(),
			"D1: a dispute without a case"
		);
		let stored: BTreeSet<_> = Involved::<T>::iter_keys().collect();
		ensure!(stored == involved, "the lists of the stashes differ");
		Self::try_conflicts()
	}

	/// D7: both sides of an open conflict have pledged, and what it is about is known.
	fn try_conflicts() -> Result<(), TryRuntimeError> {
		for (job, round, record) in Conflicts::<T>::iter() {
			let case =
				ConflictCases::<T>::get(job, round).ok_or("D7: a conflict without a case")?;
			ensure!(
				case.claimant.0 != case.challenger.0 && case.claimant.1 != case.challenger.1,
				"D7: nobody contradicts itself"
			);
			// A bond that was slashed has pledged what is left of it.
			let has_pledged = [&case.claimant, &case.challenger]
				.map(|seat| T::Bonds::pledged(case.key(job, round, seat)) > 0);
			ensure!(
				record.ruling.is_none() || has_pledged == [false; 2],
				"D7: a pledge outlives its conflict"
			);
		}
		let cases = ConflictCases::<T>::iter_keys().count();
		ensure!(
			cases == Conflicts::<T>::iter_keys().count(),
			"D7: a case without a conflict"
		);
		Ok(())
	}
}
