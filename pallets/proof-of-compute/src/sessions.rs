//! Which session a block was in.
//!
//! A draw uses the stakes of the session of the block it counts from. Were it the session in which
//! somebody makes the draw, whoever waits for the next session would choose between two committees.

use crate::{Config, Pallet, SessionStart, SessionStarts, MAX_SESSION_STARTS};
use assay_protocol::{BlockNumber, SessionIndex};
use assay_traits::Bonds;

impl<T: Config> Pallet<T> {
	/// Notes the session of a block that begins. The session pallet has rotated before, because it
	/// stands earlier in the runtime.
	pub(crate) fn note_session(block: BlockNumber) {
		let session = T::Bonds::session();
		let mut starts = SessionStarts::<T>::get();
		if starts
			.last()
			.is_some_and(|latest| latest.session == session)
		{
			return;
		}
		let most = usize::try_from(MAX_SESSION_STARTS).unwrap_or(usize::MAX);
		if starts.len() >= most {
			starts.remove(0);
		}
		// There is room for one now.
		let _ = starts.try_push(SessionStart { block, session });
		SessionStarts::<T>::put(starts);
	}

	/// The session of a block; `None` if it is forgotten.
	pub(crate) fn session_at(block: BlockNumber) -> Option<SessionIndex> {
		SessionStarts::<T>::get()
			.iter()
			.rev()
			.find(|start| start.block <= block)
			.map(|start| start.session)
	}
}
