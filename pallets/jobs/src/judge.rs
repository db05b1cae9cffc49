//! What a slot's fate means in money: pay, fees, penalties and the end of the task's stake.

use alloc::vec::Vec;

use assay_protocol::{
	limits::PPM, money, reward, sampling, Balance, Fate, Purpose, Slot, SlotRecord, TaskKey, Unpaid,
};
use assay_traits::{Bonds, Cause, Offence, Rewards, Slash};
use frame_support::pallet_prelude::DispatchResult;

use crate::{desk::Desk, Config, Error, Event, Pallet};

impl<T: Config> Pallet<T> {
	/// Pays or punishes what became of a slot. `record` is the slot after it, `desk.round` the round
	/// before it.
	pub(crate) fn judge(
		desk: &mut Desk<T>,
		slot: Slot,
		record: &SlotRecord<T::AccountId>,
		fate: Fate,
	) -> DispatchResult {
		desk.touch();
		match fate {
			Fate::Accepted => return Self::accept(desk, slot, record),
			Fate::Redo(reason) => Self::refuse(desk, slot, record, reason)?,
			Fate::Dropped(reason) => {
				Self::refuse(desk, slot, record, reason)?;
				let (job, round) = (desk.id, desk.job.round);
				Self::deposit_event(Event::SlotDropped { job, round, slot });
			}
			Fate::BadPlan => return Self::agree(desk, slot, record),
			Fate::Undecided => Self::deposit_event(Event::TaskUndecided {
				job: desk.id,
				round: desk.job.round,
				slot,
				attempt: record.attempt,
			}),
		}
		Ok(())
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

	/// Pays the provider and the verdicts that stand: the provider's pay is its price, less what it owes
	/// for a check that the submitter does not pay.
	fn accept(desk: &mut Desk<T>, slot: Slot, record: &SlotRecord<T::AccountId>) -> DispatchResult {
		let (price, provider) = (desk.job.terms.price, &record.provider);
		let is_drawn = Self::is_drawn(desk, slot, record);
		// Every accepted task of this version has full quality; see `reward::quality_ppm`.
		let due = T::Rewards::compute(desk.id, provider, price, PPM);
		let gross = money::take(&mut desk.job.pools.compute, due);
		let mut left = gross;
		let fees = Self::fees(desk, record, is_drawn, &mut left);
		let pay = desk.credit(provider, Purpose::Compute, left)?;
		if !Self::hold_back(desk, Self::task_key(desk, slot, record), record) {
			Self::release(desk, slot, record);
		}
		Self::note_accepted(desk, provider, is_drawn);
		Self::deposit_event(Event::TaskAccepted {
			job: desk.id,
			round: desk.job.round,
			slot,
			attempt: record.attempt,
			provider: provider.clone(),
			pay,
			charged: gross.saturating_sub(left),
			rate_ppm: record.rate_ppm,
		});
		Self::pay_verdicts(desk, slot, fees)
	}

	/// A claim of failure is true: its provider is paid nothing and keeps its stake, the verdicts that
	/// found the same are paid as those about drawn work. The round ends the job once its pass is judged.
	fn agree(desk: &mut Desk<T>, slot: Slot, record: &SlotRecord<T::AccountId>) -> DispatchResult {
		// The part of the fees that providers owe comes out of the price that this one is not paid; what
		// is left of that is refunded with the rest.
		let due = desk.job.terms.price;
		let mut unearned = money::take(&mut desk.job.pools.compute, due);
		let fees = Self::fees(desk, record, true, &mut unearned);
		Self::end_unpaid(desk, slot, record, Unpaid::BadPlan);
		Self::pay_verdicts(desk, slot, fees)
	}

	fn pay_verdicts(
		desk: &mut Desk<T>,
		slot: Slot,
		fees: Vec<(T::AccountId, Balance)>,
	) -> DispatchResult {
		for (validator, gross) in fees {
			let pay = desk.credit(&validator, Purpose::Validation, gross)?;
			Self::deposit_event(Event::VerdictPaid {
				job: desk.id,
				round: desk.job.round,
				slot,
				validator,
				pay,
			});
		}
		Ok(())
	}

	/// Takes the fees of the verdicts that stand out of `provider`, what is left of its pay, and out of
	/// the pool for validation.
	fn fees(
		desk: &mut Desk<T>,
		record: &SlotRecord<T::AccountId>,
		is_drawn: bool,
		provider: &mut Balance,
	) -> Vec<(T::AccountId, Balance)> {
		let (terms, facts) = (desk.job.terms, desk.job.facts);
		let recomputed = match is_drawn {
			true => facts.segment_flops,
			false => reward::fetched(&facts),
		};
		let mut fees = Vec::new();
		for paid in record.paid_verdicts() {
			let due = T::Rewards::verdict(
				desk.id,
				&paid.validator,
				terms.price,
				recomputed,
				facts.task_flops,
				paid.uptime_ppm,
			);
			// Whoever is drawn above the floor pays for it.
			let owed = match is_drawn {
				true => reward::providers_part(due, record.rate_ppm, terms.audit_floor_ppm),
				false => 0,
			};
			let charged = money::take(provider, owed);
			// The bill of one judgement per slot is covered, but for one round in 200. Redone
			// slots are judged again, and what the pool does not hold then is not paid.
			let pool = &mut desk.job.pools.validation;
			let gross = money::take(pool, due.saturating_sub(charged)).saturating_add(charged);
			fees.push((paid.validator.clone(), gross));
		}
		fees
	}

	/// Whether the slot's work was drawn for a recomputation.
	fn is_drawn(desk: &Desk<T>, slot: Slot, record: &SlotRecord<T::AccountId>) -> bool {
		let draw = desk.round.and_then(|round| round.draw);
		draw.is_some_and(|draw| {
			sampling::is_drawn(&draw.seed, slot, record.attempt, record.rate_ppm)
		})
	}

	fn refuse(
		desk: &mut Desk<T>,
		slot: Slot,
		record: &SlotRecord<T::AccountId>,
		reason: Unpaid,
	) -> DispatchResult {
		// Who is right about disputed work, or a disputed claim, is not known yet: a conviction is noted
		// when it comes.
		if reason != Unpaid::Disputed {
			Self::forget_standing(&record.provider);
		}
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
			Unpaid::Disputed
			| Unpaid::Withheld
			| Unpaid::Undecided
			| Unpaid::JobEnded
			| Unpaid::BadPlan => None,
		}
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
