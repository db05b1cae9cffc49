//! The ways out: a job ends, whatever the reason, and its money finds its owners.

use assay_protocol::{FailReason, JobEvent, JobState, SlotRecord, SlotState, Unpaid};
use frame_support::pallet_prelude::DispatchResult;

use crate::{desk::Desk, Config, Error, Event, Pallet, Slots};

impl<T: Config> Pallet<T> {
	/// Ends the job on the desk: unfinished tasks are released unpaid, and what was not credited
	/// is refunded.
	pub(crate) fn end(desk: &mut Desk<T>, event: JobEvent) -> DispatchResult {
		desk.job.state = desk
			.job
			.state
			.apply(event)
			.map_err(|_| Error::<T>::Inconsistent)?;
		desk.job.ended = Some(desk.now);
		if desk.round.is_some() && desk.job.state != JobState::Completed {
			Self::release_slots(desk);
		}
		if let Some(round) = &mut desk.round {
			round.abandon(desk.now);
		}
		Self::note_end(desk);
		let amount = desk.refund()?;
		if amount > 0 {
			let owner = desk.job.owner.clone();
			Self::deposit_event(Event::Refunded {
				job: desk.id,
				owner: owner.clone(),
				amount,
			});
			Self::pay_out(desk, &owner)?;
		}
		Self::settle_if_drained(desk)
	}

	/// Marks a job as settled that has ended and owes nothing any more.
	pub(crate) fn settle_if_drained(desk: &mut Desk<T>) -> DispatchResult {
		if desk.job.state.has_ended() && desk.ledger.is_drained() {
			let settled = desk.job.state.apply(JobEvent::Drained);
			desk.job.state = settled.map_err(|_| Error::<T>::Inconsistent)?;
			Self::deposit_event(Event::JobSettled { job: desk.id });
		}
		Ok(())
	}

	fn note_end(desk: &Desk<T>) {
		let job = desk.id;
		let event = match desk.job.state {
			JobState::Completed => Event::JobCompleted { job },
			JobState::Cancelled => Event::JobCancelled { job },
			JobState::Expired => Event::JobExpired { job },
			JobState::Failed(reason) => Event::JobFailed { job, reason },
			JobState::Open | JobState::Running | JobState::Settled => return,
		};
		Self::deposit_event(event);
	}

	/// Releases the stake of every slot that is not judged, but for disputed ones, and forgets the
	/// slot. After a bad plan these are only those that no draw has decided: the round fails when the
	/// rest of its pass is judged.
	fn release_slots(desk: &mut Desk<T>) {
		for slot in 0..desk.job.terms.tasks {
			// A round that found nobody for a slot has no record of the later ones.
			let Some(record) = Slots::<T>::get(desk.id, slot) else {
				continue;
			};
			if is_judged(&record) {
				continue;
			}
			let reason = reason_of(desk.job.state, &record);
			Self::end_unpaid(desk, slot, &record, reason);
			Slots::<T>::remove(desk.id, slot);
			desk.touch();
		}
	}
}

/// Whether a slot's attempt is paid or unpaid already, so that the slot has no part in its stake any
/// more.
pub(crate) fn is_judged<AccountId>(record: &SlotRecord<AccountId>) -> bool {
	matches!(
		record.state,
		SlotState::Accepted | SlotState::Redo(_) | SlotState::Dropped(_)
	)
}

/// Why an unfinished attempt of an ended job is not paid.
fn reason_of<AccountId>(state: JobState, record: &SlotRecord<AccountId>) -> Unpaid {
	match (state, record.state) {
		_ if record.is_disputed => Unpaid::Disputed,
		(
			JobState::Failed(FailReason::ValidatorsAbsent | FailReason::BadPlan),
			SlotState::Revealed | SlotState::Judging { .. },
		) => Unpaid::Undecided,
		_ => Unpaid::JobEnded,
	}
}
