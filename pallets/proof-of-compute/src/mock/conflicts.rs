//! Conflicts as pallet-disputes would keep them, ruled as a test says.

use super::{load, store, JOB};
use assay_protocol::{
	dispute::{ClosingRuling, Side},
	JobId, Root, Round,
};
use assay_traits::{ClosingSeat, Conflict, ConflictState, Conflicts, Opened, Ruled};
use codec::{Decode, Encode};
use sp_runtime::DispatchError;

/// A [`Conflict`] as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Contested {
	pub(crate) restarts: u8,
	pub(crate) claimant: ClosingSeat<u64>,
	pub(crate) challenger: ClosingSeat<u64>,
	pub(crate) claimed: Root,
	pub(crate) parent: Root,
	pub(crate) updates: Vec<Root>,
	pub(crate) ruling: Option<ClosingRuling>,
}

/// Keeps one conflict of a round, and who has paid.
#[derive(Debug)]
pub struct MockConflicts;

impl Conflicts<u64> for MockConflicts {
	fn open(conflict: Conflict<u64>) -> Result<Opened, DispatchError> {
		let Conflict {
			job,
			round,
			restarts,
			claimant,
			challenger,
			claimed,
			parent,
			updates,
		} = conflict;
		assert_eq!(Self::state(job, round), None, "at most one at a time");
		for (seat, stash) in [claimant, challenger] {
			if load(("broke", stash)).unwrap_or(false) {
				return Ok(Opened::Unpledged { seat });
			}
		}
		let opened = Contested {
			restarts,
			claimant,
			challenger,
			claimed,
			parent,
			updates: updates.into_inner(),
			ruling: None,
		};
		store(("conflict", job, round), &Some(opened));
		Ok(Opened::Open)
	}

	fn state(job: JobId, round: Round) -> Option<ConflictState> {
		let conflict = conflict_of(job, round)?;
		let Some(ruling) = conflict.ruling else {
			return Some(ConflictState::Open);
		};
		Some(ConflictState::Ruled(Ruled {
			ruling,
			claimant: conflict.claimant.0,
			challenger: conflict.challenger.0,
			claimed: conflict.claimed,
		}))
	}

	fn settle(job: JobId, round: Round, struck: &[ClosingSeat<u64>]) {
		let mut all = convicted();
		all.extend(struck.iter().map(|(_, stash)| *stash));
		store("convicted", &all);
		Self::forget(job, round);
	}

	fn forget(job: JobId, round: Round) {
		store(("conflict", job, round), &None::<Contested>);
	}
}

/// The conflict of the first round of [`JOB`].
pub(crate) fn conflict() -> Option<Contested> {
	conflict_of(JOB, 0)
}

/// Everybody who was convicted in conflicts that are settled, in order.
pub(crate) fn convicted() -> Vec<u64> {
	load("convicted").unwrap_or_default()
}

/// The runtime rules the conflict, and tells which stash has lost.
pub(crate) fn rule(ruling: ClosingRuling) -> u64 {
	let mut conflict = conflict().expect("a conflict is open");
	conflict.ruling = Some(ruling);
	store(("conflict", JOB, 0u32), &Some(conflict.clone()));
	match ruling.loser() {
		Side::Provider => conflict.claimant.1,
		Side::Challenger => conflict.challenger.1,
	}
}

fn conflict_of(job: JobId, round: Round) -> Option<Contested> {
	load::<Option<Contested>>(("conflict", job, round)).flatten()
}
