//! CLOSE: validators name the next checkpoint, and what follows from their claims.

use crate::{
	AggregateClaim, Aggregation, Aggregations, Config, Error, Event, OpenRound, OpenRounds, Pallet,
	Struck, SweepCursor, WeightInfo, CLEAR_LIMIT,
};
use alloc::vec::Vec;
use assay_protocol::{
	claims::{closing, Closing},
	dispute::Updates,
	JobId, Loss, Outlook, Phase, Root, Round, RoundFact, RoundView, SlotState,
};
use assay_traits::{ClosingSeat, Conflict, ConflictState, Conflicts, Opened, Rounds, Ruled};
use frame_support::{
	ensure,
	storage::with_storage_layer,
	weights::{Weight, WeightMeter},
};
use sp_runtime::DispatchError;

/// What looking at the claims has led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Looked {
	/// Nothing more.
	Waits,
	/// Two of them contradict each other: the updates of so many tasks were collected.
	Contested(u32),
	/// The round closed: it has so many tasks, and so many slots were cleared.
	Closed(u32, u32),
}

impl<T: Config> Pallet<T> {
	/// Tells what the claim has led to.
	pub(crate) fn do_claim_aggregate(
		stash: T::AccountId,
		job: JobId,
		round: Round,
		checkpoint: Root,
		loss: Loss,
	) -> Result<Looked, DispatchError> {
		let view = Self::closing_round(job, round)?;
		let mut aggregation = match Self::claims_in(&view) {
			Some(stored) => stored,
			None => Aggregation::form(view.state.restarts, Self::closers_in(&view)?),
		};
		let claim = AggregateClaim { checkpoint, loss };
		let place = aggregation.claim_of(&stash).ok_or(Error::<T>::NotDrawn)?;
		ensure!(place.is_none(), Error::<T>::AlreadyClaimed);
		*place = Some(claim);

		let validator = stash;
		Self::deposit_event(Event::AggregateClaimed {
			job,
			round,
			validator,
			checkpoint,
			loss,
		});
		Self::look_at_claims(&view, aggregation)
	}

	/// Goes on after a conflict that is ruled. Tells what that has led to.
	pub(crate) fn do_settle_claims(job: JobId, round: Round) -> Result<Looked, DispatchError> {
		ensure!(
			matches!(
				T::Conflicts::state(job, round),
				Some(ConflictState::Ruled(_))
			),
			Error::<T>::NothingToSettle
		);
		let view = Self::closing_round(job, round)?;
		let aggregation = Self::claims_in(&view).ok_or(Error::<T>::RecordMissing)?;
		Self::look_at_claims(&view, aggregation)
	}

	/// Settles the conflict of the round that the sweep looked at last, if it is ruled.
	pub(crate) fn settle_swept(meter: &mut WeightMeter) {
		if meter.try_consume(T::WeightInfo::sweep()).is_err() {
			return;
		}
		let Some((job, round)) = SweepCursor::<T>::get() else {
			return;
		};
		let Some(ConflictState::Ruled(_)) = T::Conflicts::state(job, round) else {
			return;
		};
		let tasks = Self::tasks_of(job);
		if meter.try_consume(Self::most_for_claim(tasks)).is_ok() {
			// What fails changes nothing; it stays for the call, whose sender hears why.
			let _ = with_storage_layer(|| Self::do_settle_claims(job, round));
		}
	}

	/// A round that takes claims.
	fn closing_round(job: JobId, round: Round) -> Result<RoundView, DispatchError> {
		let view = T::Rounds::round(job)?;
		ensure!(view.round == round, Error::<T>::RoundMismatch);
		Self::ensure_phase(Phase::Close, view.state.phase, view.state.deadline)?;
		Ok(view)
	}

	/// The claims of the current window. Those of an earlier one are void: others are drawn now.
	fn claims_in(view: &RoundView) -> Option<Aggregation<T::AccountId>> {
		Aggregations::<T>::get(view.job, view.round)
			.filter(|stored| stored.restarts == view.state.restarts)
	}

	/// Strikes what was found wrong, opens the next conflict if there is one, and closes the round if
	/// nothing is open any more.
	fn look_at_claims(
		view: &RoundView,
		mut claims: Aggregation<T::AccountId>,
	) -> Result<Looked, DispatchError> {
		let (job, round) = (view.job, view.round);
		match T::Conflicts::state(job, round) {
			Some(ConflictState::Open) => {
				Aggregations::<T>::insert(job, round, claims);
				return Ok(Looked::Waits);
			}
			Some(ConflictState::Ruled(ruled)) => Self::strike_convicted(view, &mut claims, &ruled),
			None => {}
		}
		// Every pass but the last one strikes a claim.
		for _ in 0..=claims.closers.len() {
			let conflict = match closing(&claims.said(), view.quorum) {
				Closing::Conflict {
					claimant,
					challenger,
				} => (claimant, challenger),
				Closing::Closes(claim) => return Self::close_with(view, claims, claim),
				Closing::Agreed(claim) => {
					let AggregateClaim { checkpoint, loss } = claim;
					return Self::stands(view, claims, Outlook::Agreed { checkpoint, loss });
				}
				Closing::Awaited => return Self::stands(view, claims, Outlook::Awaited),
			};
			match T::Conflicts::open(Self::conflict(view, &claims, conflict)?)? {
				Opened::Open => return Self::stands(view, claims, Outlook::Contested),
				Opened::Unpledged { seat } => {
					Self::strike(view, &mut claims, Struck::Unpledged, |place, _| {
						place == seat
					});
				}
			}
		}
		Err(Error::<T>::RecordMissing.into())
	}

	/// Stores the claims, and tells the job what they come to.
	fn stands(
		view: &RoundView,
		claims: Aggregation<T::AccountId>,
		outlook: Outlook,
	) -> Result<Looked, DispatchError> {
		let (job, round) = (view.job, view.round);
		Aggregations::<T>::insert(job, round, claims);
		if outlook != view.state.outlook {
			T::Rounds::note(job, RoundFact::Stands { outlook })?;
			// From now on the round can close without another call.
			Self::mark_closed(job, round)?;
		}
		Ok(match outlook {
			Outlook::Contested => Looked::Contested(view.state.tasks),
			Outlook::Awaited | Outlook::Agreed { .. } => Looked::Waits,
		})
	}

	fn close_with(
		view: &RoundView,
		claims: Aggregation<T::AccountId>,
		claim: AggregateClaim,
	) -> Result<Looked, DispatchError> {
		let (job, round) = (view.job, view.round);
		let AggregateClaim { checkpoint, loss } = claim;
		Aggregations::<T>::insert(job, round, claims);
		T::Rounds::note(job, RoundFact::Closed { checkpoint, loss })?;
		let closed = Self::mark_closed(job, round)?;
		let cleared = Self::clear(job, round, &closed, CLEAR_LIMIT);
		Ok(Looked::Closed(view.state.tasks, cleared))
	}

	/// Notes that all panels of the round had their time.
	fn mark_closed(job: JobId, round: Round) -> Result<OpenRound, Error<T>> {
		let open = OpenRounds::<T>::get(job, round).ok_or(Error::<T>::RecordMissing)?;
		let closed = OpenRound {
			is_closed: true,
			..open
		};
		OpenRounds::<T>::insert(job, round, &closed);
		Ok(closed)
	}

	/// Two claims that contradict each other, with all that they should follow from.
	fn conflict(
		view: &RoundView,
		claims: &Aggregation<T::AccountId>,
		(claimant, challenger): (usize, usize),
	) -> Result<Conflict<T::AccountId>, DispatchError> {
		let seat = |place: usize| -> Option<(ClosingSeat<T::AccountId>, AggregateClaim)> {
			let closer = claims.closers.get(place)?;
			let place = u32::try_from(place).ok()?;
			Some(((place, closer.validator.clone()), closer.claim?))
		};
		let (claimant, claim) = seat(claimant).ok_or(Error::<T>::RecordMissing)?;
		let (challenger, _) = seat(challenger).ok_or(Error::<T>::RecordMissing)?;
		Ok(Conflict {
			job: view.job,
			round: view.round,
			restarts: view.state.restarts,
			claimant,
			challenger,
			claimed: claim.checkpoint,
			parent: view.parent,
			updates: Self::updates_in(view)?,
		})
	}

	/// The accepted updates of a round, in the order of their slots.
	fn updates_in(view: &RoundView) -> Result<Updates, DispatchError> {
		let mut updates = Updates::new();
		for slot in 0..view.state.tasks {
			let task = T::Rounds::task(view.job, slot)?;
			let work = task.work.filter(|_| task.state == SlotState::Accepted);
			if let Some(work) = work {
				let pushed = updates.try_push(work.update);
				pushed.map_err(|_| Error::<T>::RecordMissing)?;
			}
		}
		Ok(updates)
	}

	/// Takes notice of who has lost a conflict: its claim counts no more, and with a checkpoint that was
	/// found wrong everybody's who claims it. Who the sides were, the conflict knows: claims that came
	/// since have changed which are the first.
	fn strike_convicted(view: &RoundView, claims: &mut Aggregation<T::AccountId>, ruled: &Ruled) {
		let struck: Vec<ClosingSeat<T::AccountId>> = claims
			.standing()
			.filter(|(place, _, claim)| ruled.strikes(*place, &claim.checkpoint))
			.map(|(place, validator, _)| (place, validator.clone()))
			.collect();
		T::Conflicts::settle(view.job, view.round, &struck);
		Self::strike(view, claims, Struck::Convicted, |place, claim| {
			ruled.strikes(place, &claim.checkpoint)
		});
	}

	/// Strikes every claim that stands and is meant.
	fn strike(
		view: &RoundView,
		claims: &mut Aggregation<T::AccountId>,
		struck: Struck,
		is_meant: impl Fn(u32, &AggregateClaim) -> bool,
	) {
		for (place, closer) in (0..).zip(&mut claims.closers) {
			let stands = closer.struck.is_none();
			if stands && closer.claim.is_some_and(|claim| is_meant(place, &claim)) {
				closer.struck = Some(struck);
				Self::deposit_event(Event::ClaimStruck {
					job: view.job,
					round: view.round,
					validator: closer.validator.clone(),
					struck,
				});
			}
		}
	}

	/// What `claim_aggregate` and `settle_claims` weigh, by what they have led to.
	pub(crate) fn weight_of_claim(looked: Looked) -> Weight {
		let more = match looked {
			Looked::Waits => Weight::zero(),
			Looked::Contested(tasks) => T::WeightInfo::open_conflict(tasks),
			Looked::Closed(tasks, slots) => {
				T::WeightInfo::next_round(tasks).saturating_add(T::WeightInfo::clear_round(slots))
			}
		};
		T::WeightInfo::claim_aggregate().saturating_add(more)
	}

	/// The most that they can weigh, in a round of so many tasks. Each conflict that could not be opened
	/// has struck a claim before.
	pub(crate) fn most_for_claim(tasks: u32) -> Weight {
		Self::weight_of_claim(Looked::Closed(tasks, CLEAR_LIMIT))
			.saturating_add(T::WeightInfo::open_conflict(tasks))
	}
}
