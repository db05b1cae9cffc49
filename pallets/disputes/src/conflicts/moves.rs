//! The moves of a conflict.

use super::{ConflictCase, ConflictRecord};
use crate::{Config, ConflictCases, Conflicts, Error, Event, Pallet};
use alloc::boxed::Box;
use assay_numerics::Outline;
use assay_protocol::{
	dispute::{Added, Addends, ClosingRuling, Lateness, Layer, OpenedParam, Side},
	JobId, Round,
};
use frame_support::ensure;
use sp_runtime::{DispatchError, DispatchResult};

/// What a conflict is about, and where it stands.
type OpenConflict<AccountId> = (ConflictCase<AccountId>, ConflictRecord);

impl<T: Config> Pallet<T> {
	pub(crate) fn do_show(job: JobId, round: Round, layer: Layer) -> DispatchResult {
		let (case, mut record) = Self::turn_of(job, round, Side::Provider)?;
		let outline = Self::outline_of(&case)?;
		let next = case.subject(&outline).show(&record.stage, &layer);
		record.stage = next.map_err(Error::<T>::from)?;
		let number = Self::moved(job, round, record, Side::Provider);
		Self::deposit_event(Event::CheckpointShown { job, round, number });
		Ok(())
	}

	pub(crate) fn do_choose(
		stash: T::AccountId,
		job: JobId,
		round: Round,
		index: u32,
	) -> DispatchResult {
		let (case, mut record) = Self::turn_of(job, round, Side::Challenger)?;
		ensure!(case.challenger.1 == stash, Error::<T>::NotChallenger);
		let outline = Self::outline_of(&case)?;
		let next = case.subject(&outline).choose(&record.stage, index);
		record.stage = next.map_err(Error::<T>::from)?;
		let number = Self::moved(job, round, record, Side::Challenger);
		Self::deposit_event(Event::NodeChosen { job, round, number });
		Ok(())
	}

	pub(crate) fn do_add(
		job: JobId,
		round: Round,
		parent: Option<Box<OpenedParam>>,
		updates: Addends,
	) -> DispatchResult {
		let (case, mut record) = Self::turn_of(job, round, Side::Challenger)?;
		let outline = Self::outline_of(&case)?;
		let subject = case.subject(&outline);
		let added = subject.add(&record.stage, parent.as_deref(), &updates);
		match added.map_err(Error::<T>::from)? {
			Added::More(stage) => {
				record.stage = *stage;
				let number = Self::moved(job, round, record, Side::Challenger);
				Self::deposit_event(Event::UpdatesAdded { job, round, number });
				Ok(())
			}
			Added::Ruled(ruling) => Self::rule((job, round), &case, record, ruling),
		}
	}

	pub(crate) fn do_end_conflict(job: JobId, round: Round) -> DispatchResult {
		let (case, record) = Self::open_conflict(job, round)?;
		ensure!(
			Self::lateness_of(&record) != Lateness::InTime,
			Error::<T>::TimeLeft
		);
		let ruling = match record.stage.turn() {
			Side::Provider => ClosingRuling::ClaimantSilent,
			Side::Challenger => ClosingRuling::ChallengerSilent,
		};
		Self::rule((job, round), &case, record, ruling)
	}

	/// A conflict in which nobody has lost yet.
	pub(crate) fn open_conflict(
		job: JobId,
		round: Round,
	) -> Result<OpenConflict<T::AccountId>, Error<T>> {
		let record = Conflicts::<T>::get(job, round)
			.filter(|record| record.ruling.is_none())
			.ok_or(Error::<T>::NoConflict)?;
		let case = ConflictCases::<T>::get(job, round).ok_or(Error::<T>::NoConflict)?;
		Ok((case, record))
	}

	/// Where the clock of the side stands whose turn it is. Nobody has a grace: the round waits.
	pub(crate) fn lateness_of(record: &ConflictRecord) -> Lateness {
		let side = record.stage.turn();
		record.clock.lateness(side, Self::now(), 0)
	}

	pub(crate) fn outline_of(case: &ConflictCase<T::AccountId>) -> Result<Outline, DispatchError> {
		// The job was posted with this plan, so it can be lowered.
		Ok(Outline::new(&case.plan.step).map_err(|_| Error::<T>::Inconsistent)?)
	}

	/// A conflict in which a side has the turn and time.
	fn turn_of(
		job: JobId,
		round: Round,
		side: Side,
	) -> Result<OpenConflict<T::AccountId>, Error<T>> {
		let (case, record) = Self::open_conflict(job, round)?;
		ensure!(record.stage.turn() == side, Error::<T>::NotYourTurn);
		ensure!(
			Self::lateness_of(&record) == Lateness::InTime,
			Error::<T>::TimeOver
		);
		Ok((case, record))
	}

	/// The turn is over. Tells the number of the move.
	fn moved(job: JobId, round: Round, mut record: ConflictRecord, side: Side) -> u32 {
		record.clock.turn(side, Self::now());
		let number = record.moves;
		// Every move leads on, and a conflict has some thirty.
		record.moves = number.saturating_add(1);
		Conflicts::<T>::insert(job, round, record);
		number
	}
}
