//! What follows from a transition of the round.

use assay_protocol::{FailReason, JobEvent, Transition};
use frame_support::pallet_prelude::DispatchResult;

use crate::{desk::Desk, Config, Event, Pallet};

impl<T: Config> Pallet<T> {
	/// Does what a transition of the desk's round asks for.
	pub(crate) fn follow(desk: &mut Desk<T>, transition: Transition) -> DispatchResult {
		match transition {
			Transition::Stay => Ok(()),
			Transition::Moved(_) | Transition::Redraw | Transition::Restarted => {
				Self::note_phase(desk);
				Ok(())
			}
			Transition::Pass => {
				Self::note_phase(desk);
				if Self::start_pass(desk)? {
					return Ok(());
				}
				Self::end(desk, JobEvent::Failed(FailReason::TooFewProviders))
			}
			Transition::Closed => {
				// Counts up to the rounds of the terms.
				desk.job.round = desk.job.round.saturating_add(1);
				if desk.job.round >= desk.job.terms.rounds {
					return Self::end(desk, JobEvent::Completed);
				}
				if Self::start_round(desk)? {
					return Ok(());
				}
				Self::end(desk, JobEvent::Failed(FailReason::TooFewProviders))
			}
			Transition::Failed(reason) => Self::end(desk, JobEvent::Failed(reason)),
		}
	}

	fn note_phase(desk: &Desk<T>) {
		let Some(round) = desk.round else { return };
		Self::deposit_event(Event::PhaseEntered {
			job: desk.id,
			round: desk.job.round,
			phase: round.phase,
			deadline: round.deadline,
		});
	}
}
