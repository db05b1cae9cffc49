//! Who answered when it was drawn.
//!
//! An answer counts when it is given, an absence when it is certain: when the next draw or attempt
//! of the slot begins, when its last sealed verdict is opened, or when its round is over. A draw
//! that its job did not live to judge counts for nobody.

use crate::{Config, Event, Pallet, Submission, Uptime, Uptimes};
use assay_protocol::{DrawRecord, JobId, Round, Slot};

/// A slot of a round.
pub(crate) type Place = (JobId, Round, Slot);

impl<T: Config> Pallet<T> {
	/// How often a stash was drawn, and how often it answered.
	pub fn uptime_of(stash: &T::AccountId) -> Uptime {
		Uptimes::<T>::get(stash)
	}

	/// Counts an answer; tells the uptime bonus with it.
	pub(crate) fn note_answer(stash: &T::AccountId) -> u32 {
		Uptimes::<T>::mutate(stash, |uptime| {
			*uptime = uptime.with_answer();
			uptime.ppm()
		})
	}

	/// Counts the absences of the draws before `before` that a slot was judged in and that are not
	/// counted yet.
	///
	/// `is_undecided` tells that no draw so far has decided about the slot. If the caller cannot
	/// know, a panel with open verdicts is taken to have decided.
	pub(crate) fn settle(
		place: Place,
		submission: &Submission<T::AccountId>,
		draws: &[DrawRecord],
		before: u32,
		is_undecided: bool,
	) {
		if submission.seal.is_some() {
			// Nothing was revealed, so nothing was judged.
			return;
		}
		let mut from = submission.draws_from;
		if let Some(panel) = &submission.panel {
			if panel.draw_index < before {
				for validator in panel.unanswered() {
					Self::note_absence(place, panel.draw_index, validator);
				}
			}
			if panel.has_openings() && !is_undecided {
				return;
			}
			from = panel.draw_index.saturating_add(1);
		}
		// Draws in which nobody sealed have no panel: their committees follow from the draw.
		for draw in draws
			.iter()
			.filter(|draw| draw.index >= from && draw.index < before)
		{
			Self::settle_unsealed(place, submission, draw);
		}
	}

	fn settle_unsealed(place: Place, submission: &Submission<T::AccountId>, draw: &DrawRecord) {
		let Submission {
			attempt, provider, ..
		} = submission;
		// If the stakes are forgotten, so is who was absent.
		let drawn = Self::drawn(draw, place.2, *attempt, provider).unwrap_or_default();
		for validator in &drawn {
			Self::note_absence(place, draw.index, validator);
		}
	}

	fn note_absence((job, round, slot): Place, draw_index: u32, stash: &T::AccountId) {
		Uptimes::<T>::mutate(stash, |uptime| *uptime = uptime.with_absence());
		let validator = stash.clone();
		Self::deposit_event(Event::ValidatorAbsent {
			job,
			round,
			slot,
			draw_index,
			validator,
		});
	}
}
