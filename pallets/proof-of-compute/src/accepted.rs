//! Disputes about accepted work, in its challenge window.

use crate::{Config, Error, Pallet};
use assay_numerics::hash::list_root;
use assay_protocol::{TaskKey, Trace};
use assay_traits::{Disputes, Dissent, Seated, Windows};
use frame_support::ensure;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// Anybody with a bond disputes work that was accepted. The trace is compared with its root: the
	/// chain keeps no more of it.
	pub(crate) fn do_dispute_accepted(
		stash: T::AccountId,
		task: TaskKey,
		trace: Trace,
	) -> DispatchResult {
		let accepted = T::Rounds::accepted(task).ok_or(Error::<T>::NotAccepted)?;
		ensure!(accepted.provider != stash, Error::<T>::OwnWork);
		ensure!(!accepted.is_disputed, Error::<T>::AlreadyDisputed);
		ensure!(!accepted.is_over(Self::now()), Error::<T>::WindowOver);
		ensure!(
			list_root(&trace) == accepted.trace_root,
			Error::<T>::OtherTrace
		);
		T::Rounds::note_disputed(task)?;
		T::Disputes::dissent(Dissent {
			task,
			provider: accepted.provider,
			parent: accepted.parent,
			trace,
			// A claim that training ends is never accepted.
			failure: None,
			validator: stash,
			// Those that said valid were paid when the work was accepted: a lost dispute owes them nothing.
			assenters: Seated::new(),
		})?;
		// Its stake is held, so there is one now.
		ensure!(T::Disputes::is_open(task), Error::<T>::RecordMissing);
		Ok(())
	}
}
