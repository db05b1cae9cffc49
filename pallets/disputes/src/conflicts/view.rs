//! What is shown of conflicts.

use crate::{Config, ConflictCases, Conflicts, Pallet};
use alloc::vec::Vec;
use assay_protocol::{dispute::Lateness, ConflictView, JobId, Round};

/// Conflicts that are shown at most; the others follow when these are over.
const SHOWN: usize = 256;

impl<T: Config> Pallet<T> {
	/// A conflict in which nobody has lost yet.
	pub fn conflict_view(job: JobId, round: Round) -> Option<ConflictView<T::AccountId>> {
		let (case, record) = Self::open_conflict(job, round).ok()?;
		let turn = record.stage.turn();
		let spent = record.clock.spent(Self::now());
		Some(ConflictView {
			job,
			round,
			turn,
			left: record.clock.left(turn).saturating_sub(spent),
			is_over: Self::lateness_of(&record) != Lateness::InTime,
			moves: record.moves,
			stage: record.stage,
			claimant: case.claimant.1,
			challenger: case.challenger.1,
			claimed: case.claimed,
			parent: case.parent,
			updates: case.updates,
			plan: case.plan,
		})
	}

	/// The open conflicts: up to 256 of them.
	pub fn open_conflicts() -> Vec<(JobId, Round)> {
		let open = Conflicts::<T>::iter().filter(|(_, _, record)| record.ruling.is_none());
		open.map(|(job, round, _)| (job, round))
			.take(SHOWN)
			.collect()
	}

	/// Those of them that a stash is a side of.
	pub fn conflicts_of(stash: &T::AccountId) -> Vec<(JobId, Round)> {
		let is_side = |(job, round): &(JobId, Round)| {
			ConflictCases::<T>::get(job, round)
				.is_some_and(|case| case.claimant.1 == *stash || case.challenger.1 == *stash)
		};
		let mut open = Self::open_conflicts();
		open.retain(is_side);
		open
	}
}
