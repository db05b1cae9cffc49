//! What a slot's fate means in money: pay, fees, penalties and the end of the task's stake.

use assay_protocol::{
	limits::PPM, money, Balance, Fate, Purpose, Slot, SlotRecord, TaskKey, Unpaid,
};
use assay_traits::{Bonds, Cause, Offence, Rewards, Slash};
use frame_support::pallet_prelude::DispatchResult;

use crate::{desk::Desk, Config, Error, Event, Pallet};

impl<T: Config> Pallet<T> {
	/// Pays or punishes what became of a slot. `record` is the slot after it.
	pub(crate) fn judge(
		desk: &mut Desk<T>,
		slot: Slot,
		record: &SlotRecord<T::AccountId>,
		fate: Fate,
	) -> DispatchResult {
		desk.touch();
		match fate {
			Fate::Accepted => Self::accept(desk, slot, record)?,
			Fate::Redo(reason) => Self::refuse(desk, slot, record, reason)?,
			Fate::Dropped(reason) => {
				Self::refuse(desk, slot, record, reason)?;
				let (job, round) = (desk.id, desk.job.round);
				Self::deposit_event(Event::SlotDropped { job, round, slot });
			}
			Fate::Undecided => Self::deposit_event(Event::TaskUndecided {
				job: desk.id,
				round: desk.job.round,
				slot,
				attempt: record.attempt,
			}),
		}
		Self::pay_verdicts(desk, slot, record)
	}

	/// Ends an attempt without pay: tells why, and releases what is left of its stake, unless a
	/// dispute about it has to be over first.
	pub(crate) fn end_unpaid(
		desk: &Desk<T>,
		slot: Slot,
		record: &SlotRecord<T::AccountId>,
		reason: Unpaid,
	) {
		if !record.is_disputed {
			Self::release(desk, slot, record);
		}
		Self::deposit_event(Event::TaskUnpaid {
			job: desk.id,
			round: desk.job.round,
			slot,
			attempt: record.attempt,
			provider: record.provider.clone(),
			reason,
		});
	}

	fn accept(desk: &mut Desk<T>, slot: Slot, record: &SlotRecord<T::AccountId>) -> DispatchResult {
		let (price, provider) = (desk.job.terms.price, &record.provider);
		// Every accepted task of this version has full quality; see `reward::quality_ppm`.
		let due = T::Rewards::compute(desk.id, provider, price, PPM);
		let gross = money::take(&mut desk.job.pools.compute, due);
		let pay = desk.credit(provider, Purpose::Compute, gross)?;
		Self::release(desk, slot, record);
		Self::deposit_event(Event::TaskAccepted {
			job: desk.id,
			round: desk.job.round,
			slot,
			attempt: record.attempt,
			provider: provider.clone(),
			pay,
		});
		Ok(())
	}

	fn refuse(
		desk: &mut Desk<T>,
		slot: Slot,
		record: &SlotRecord<T::AccountId>,
		reason: Unpaid,
	) -> DispatchResult {
		if let Some((cause, amount)) = Self::penalty(desk, reason) {
			let task = Self::task_key(desk, slot, record);
			let offence = Offence {
				offender: record.provider.clone(),
				task,
				cause,
				amount,
				informers: Default::default(),
			};
			match T::Slash::report(offence) {
				Ok(()) => desk.ledger.slash(amount).map_err(Error::<T>::from)?,
				Err(_) => Self::note_stake(desk, slot, record),
			}
		}
		Self::end_unpaid(desk, slot, record, reason);
		Ok(())
	}

	/// What an unpaid attempt costs its provider.
	fn penalty(desk: &Desk<T>, reason: Unpaid) -> Option<(Cause, Balance)> {
		let terms = &desk.job.terms;
		match reason {
			Unpaid::MissedCommit => Some((Cause::MissedCommit, money::miss_penalty(terms.price))),
			Unpaid::MissedReveal => Some((Cause::MissedReveal, money::miss_penalty(terms.price))),
			// What a dispute costs is decided there.
			Unpaid::Disputed | Unpaid::Withheld | Unpaid::Undecided | Unpaid::JobEnded => None,
		}
	}

	/// Pays the verdicts that stand, out of the round's pool for validation.
	fn pay_verdicts(
		desk: &mut Desk<T>,
		slot: Slot,
		record: &SlotRecord<T::AccountId>,
	) -> DispatchResult {
		let (price, facts) = (desk.job.terms.price, desk.job.facts);
		for paid in record.paid_verdicts() {
			let due = T::Rewards::verdict(
				desk.id,
				&paid.validator,
				price,
				facts.segment_flops,
				facts.task_flops,
				paid.uptime_ppm,
			);
			// The bill of one judgement per slot is covered. Redone slots are judged again, and
			// what the pool does not hold then is not paid.
			let gross = money::take(&mut desk.job.pools.validation, due);
			let pay = desk.credit(&paid.validator, Purpose::Validation, gross)?;
			Self::deposit_event(Event::VerdictPaid {
				job: desk.id,
				round: desk.job.round,
				slot,
				validator: paid.validator.clone(),
				pay,
			});
		}
		Ok(())
	}

	fn release(desk: &Desk<T>, slot: Slot, record: &SlotRecord<T::AccountId>) {
		if T::Bonds::release_task(Self::task_key(desk, slot, record)).is_err() {
			Self::note_stake(desk, slot, record);
		}
	}

	fn note_stake(desk: &Desk<T>, slot: Slot, record: &SlotRecord<T::AccountId>) {
		let attempt = record.attempt;
		Self::deposit_event(Event::UnexpectedStake {
			job: desk.id,
			slot,
			attempt,
		});
	}

	fn task_key(desk: &Desk<T>, slot: Slot, record: &SlotRecord<T::AccountId>) -> TaskKey {
		TaskKey {
			job: desk.id,
			round: desk.job.round,
			slot,
			attempt: record.attempt,
		}
	}
}
