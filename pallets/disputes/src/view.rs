//! What is shown of disputes.

use crate::{Config, Disputes, Involved, Pallet};
use alloc::vec::Vec;
use assay_protocol::{dispute::Lateness, DisputeView, TaskKey};

/// Disputes of one stash that are shown at most; the others follow when these are over.
const SHOWN: usize = 256;

impl<T: Config> Pallet<T> {
	/// An open dispute in which somebody has a turn.
	pub fn dispute_view(task: TaskKey) -> Option<DisputeView<T::AccountId>> {
		let (case, dispute) = Self::open_dispute(task).ok()?;
		if dispute.has_lost {
			return None;
		}
		let turn = dispute.stage.turn();
		let spent = dispute.clock.spent(Self::now());
		Some(DisputeView {
			task,
			left: dispute.clock.left(turn).saturating_sub(spent),
			turn,
			is_over: Self::lateness(&dispute) == Lateness::Over,
			moves: dispute.moves,
			stage: dispute.stage,
			provider: case.provider,
			challenger: dispute.challenger,
			plan: case.plan,
			parent: case.parent,
			trace: case.trace,
			failure: case.failure,
		})
	}

	/// The open disputes of a stash, as provider or as challenger: up to 256 of them.
	pub fn disputes_of(stash: &T::AccountId) -> Vec<TaskKey> {
		Involved::<T>::iter_key_prefix(stash).take(SHOWN).collect()
	}

	/// The open disputes: up to 256 of them.
	pub fn open_disputes() -> Vec<TaskKey> {
		Disputes::<T>::iter_keys().take(SHOWN).collect()
	}
}
