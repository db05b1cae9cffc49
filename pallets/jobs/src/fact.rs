//! What proof-of-compute tells about a round, and what it asks.

use assay_protocol::{
	reward, Balance, Fate, JobId, Loss, Root, RoundEvent, RoundFact, RoundRecord, RoundState,
	RoundView, Slot, SlotRecord, TaskView, Unsealed,
};
use assay_traits::{Contract, Rounds};
use frame_support::{pallet_prelude::DispatchResult, storage::with_storage_layer};
use sp_runtime::DispatchError;

use crate::{desk::Desk, Config, Error, Event, Jobs, Ledgers, Pallet, Plans, RoundRecords, Slots};

impl<T: Config> Rounds<T::AccountId> for Pallet<T> {
	fn task(job: JobId, slot: Slot) -> Result<TaskView<T::AccountId>, DispatchError> {
		let (record, round) = Self::running(job)?;
		let of = Slots::<T>::get(job, slot).ok_or(Error::<T>::UnknownSlot)?;
		Ok(Self::task_view(job, &record, &round, slot, of))
	}

	fn round(job: JobId) -> Result<RoundView, DispatchError> {
		let (record, round) = Self::running(job)?;
		Ok(Self::round_view(job, &record, &round))
	}

	fn contract(job: JobId) -> Result<Contract, DispatchError> {
		let record = Jobs::<T>::get(job).ok_or(Error::<T>::UnknownJob)?;
		let plan = Plans::<T>::get(job).ok_or(Error::<T>::Inconsistent)?;
		let (price, facts) = (record.terms.price, record.facts);
		Ok(Contract {
			plan,
			price,
			task_stake: record.terms.task_stake,
			verdict_fee: reward::verdict_fee(
				price,
				facts.segment_flops,
				facts.task_flops,
				reward::MAX_UPTIME_PPM,
			),
		})
	}

	fn note_slash(job: JobId, offender: &T::AccountId, amount: Balance) {
		Self::forget_standing(offender);
		Ledgers::<T>::mutate_extant(job, |ledger| {
			// A total beyond any issuance would be refused, and stays as it was.
			let _ = ledger.slash(amount);
		});
	}

	fn note(job: JobId, fact: RoundFact<T::AccountId>) -> DispatchResult {
		// A layer of its own: whoever calls gets all of what follows from the fact, or nothing.
		with_storage_layer(|| Self::do_note(job, fact))
	}
}

impl<T: Config> Pallet<T> {
	fn do_note(job: JobId, fact: RoundFact<T::AccountId>) -> DispatchResult {
		let mut desk = Desk::<T>::open(job)?;
		let mut round = desk.running_round()?;
		let (now, windows) = (desk.now, desk.job.terms.windows);
		let committee = desk.job.terms.committee;
		// Phase and deadline first, so that a late call hears of the deadline and not of what the
		// slot has become since.
		let mut tried = round;
		tried
			.apply(bare_event(&fact, committee), now, &windows)
			.map_err(Error::<T>::from)?;
		let event = match fact {
			RoundFact::Committed { slot } => {
				Self::with_slot(job, slot, |record| Ok(record.commit()?))?;
				RoundEvent::Committed
			}
			RoundFact::Revealed { slot, work } => {
				let rate = |provider: &T::AccountId| Self::rate_of(&desk, provider);
				Self::with_slot(job, slot, |record| {
					let rate_ppm = rate(&record.provider);
					Ok(record.reveal(work, rate_ppm)?)
				})?;
				RoundEvent::Revealed
			}
			RoundFact::FailureRevealed { slot, failure } => {
				Self::with_slot(job, slot, |record| Ok(record.reveal_failure(failure)?))?;
				RoundEvent::Revealed
			}
			RoundFact::Drawn { seed, session } => RoundEvent::Drawn {
				seed,
				session,
				committee,
			},
			RoundFact::Sealed {
				slot,
				seats,
				validator: _,
			} => {
				let complete = Self::with_slot(job, slot, |record| Ok(record.seal(seats)?))?;
				RoundEvent::Sealed { complete }
			}
			RoundFact::Unsealed {
				slot,
				validator,
				verdict,
				uptime_ppm,
			} => {
				let verdict = Unsealed {
					validator,
					verdict,
					uptime_ppm,
				};
				let fate = Self::unseal(&mut desk, slot, verdict)?;
				RoundEvent::Unsealed { fate }
			}
			RoundFact::Disputed { slot } => {
				Self::with_slot(job, slot, |record| Ok(record.dispute()?))?;
				RoundEvent::Disputed
			}
			RoundFact::Closed { checkpoint, loss } => {
				Self::record_closed(&mut desk, &round, checkpoint, loss);
				RoundEvent::Closed
			}
			RoundFact::Stands { outlook } => RoundEvent::Stands(outlook),
		};
		let transition = round
			.apply(event, now, &windows)
			.map_err(Error::<T>::from)?;
		desk.round = Some(round);
		Self::follow(&mut desk, transition)?;
		desk.close()?;
		Ok(())
	}

	/// The next checkpoint is agreed: it is the parent of the next round.
	pub(crate) fn record_closed(
		desk: &mut Desk<T>,
		round: &RoundState,
		checkpoint: Root,
		loss: Loss,
	) {
		let record = RoundRecord {
			round: desk.job.round,
			checkpoint,
			loss,
			accepted: round.counts.accepted,
			dropped: round.counts.dropped,
			closed: desk.now,
		};
		RoundRecords::<T>::insert(desk.id, record.round, record);
		desk.job.checkpoint.root = checkpoint;
		Self::deposit_event(Event::RoundClosed {
			job: desk.id,
			round: record.round,
			checkpoint,
			loss,
		});
	}

	fn unseal(
		desk: &mut Desk<T>,
		slot: Slot,
		verdict: Unsealed<T::AccountId>,
	) -> Result<Option<Fate>, DispatchError> {
		let mut record = Slots::<T>::get(desk.id, slot).ok_or(Error::<T>::UnknownSlot)?;
		let quorum = desk.job.terms.quorum;
		let fate = record.unseal(verdict, quorum).map_err(Error::<T>::from)?;
		if let Some(fate) = fate {
			Self::judge(desk, slot, &record, fate)?;
		}
		Slots::<T>::insert(desk.id, slot, record);
		Ok(fate)
	}

	fn with_slot<R>(
		job: JobId,
		slot: Slot,
		step: impl FnOnce(&mut SlotRecord<T::AccountId>) -> Result<R, Error<T>>,
	) -> Result<R, Error<T>> {
		Slots::<T>::try_mutate(job, slot, |record| {
			step(record.as_mut().ok_or(Error::<T>::UnknownSlot)?)
		})
	}
}

/// The round's side of a fact, as if it decided nothing.
fn bare_event<AccountId>(fact: &RoundFact<AccountId>, committee: u32) -> RoundEvent {
	match fact {
		RoundFact::Committed { .. } => RoundEvent::Committed,
		RoundFact::Revealed { .. } | RoundFact::FailureRevealed { .. } => RoundEvent::Revealed,
		RoundFact::Drawn { seed, session } => RoundEvent::Drawn {
			seed: *seed,
			session: *session,
			committee,
		},
		RoundFact::Sealed { .. } => RoundEvent::Sealed { complete: false },
		RoundFact::Unsealed { .. } => RoundEvent::Unsealed { fate: None },
		RoundFact::Disputed { .. } => RoundEvent::Disputed,
		RoundFact::Closed { .. } => RoundEvent::Closed,
		RoundFact::Stands { outlook } => RoundEvent::Stands(*outlook),
	}
}
