//! How disputes end, and who pays.

use crate::{
	CaseRecord, Cases, Config, Dispute, Disputes, Error, Event, Involved, Pallet, SweepCursor,
};
use assay_protocol::{
	dispute::{Lateness, Side},
	Balance, SlotState, TaskKey,
};
use assay_traits::{Bonds, Cause, LostDispute, Offence, Rounds, Slash, Windows, Wronged};
use frame_support::{ensure, storage::with_storage_layer};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_end(task: TaskKey) -> DispatchResult {
		let (case, dispute) = Self::open_dispute(task)?;
		if dispute.has_lost {
			let is_followed = case.next_dissenter().is_some() || !Self::is_being_judged(task);
			ensure!(is_followed, Error::<T>::TimeLeft);
			return Self::follow(task, case, dispute);
		}
		ensure!(
			Self::lateness(&dispute) == Lateness::Over,
			Error::<T>::TimeLeft
		);
		match dispute.stage.turn() {
			Side::Challenger => Self::lose(task, case, dispute, false),
			Side::Provider => Self::convict(task, case, dispute, false),
		}
	}

	/// Looks at the dispute after the one that it looked at before, and ends it if its time is over.
	pub(crate) fn sweep() {
		let next = match SweepCursor::<T>::get() {
			Some(latest) => {
				let latest = Disputes::<T>::hashed_key_for(latest);
				Disputes::<T>::iter_keys_from(latest).next()
			}
			None => Disputes::<T>::iter_keys().next(),
		};
		let Some(task) = next else {
			// The end of the list: the next block begins again.
			SweepCursor::<T>::kill();
			return;
		};
		// What fails changes nothing; it stays for the call, whose sender hears why.
		let _ = with_storage_layer(|| Self::do_end(task));
		SweepCursor::<T>::put(task);
	}

	/// The provider is wrong, or silent: it loses the stake of the task, and half of it goes to those
	/// who said so.
	pub(crate) fn convict(
		task: TaskKey,
		case: CaseRecord<T::AccountId>,
		dispute: Dispute<T::AccountId>,
		proven: bool,
	) -> DispatchResult {
		let slashed = T::Bonds::task_stake(task);
		let mut informers = case.dissenters.clone();
		// Those that have lost before said so of another place.
		let lost = usize::try_from(case.lost).unwrap_or(usize::MAX);
		informers.drain(..lost.min(informers.len()));
		if slashed > 0 {
			T::Slash::report(Offence {
				offender: case.provider.clone(),
				task,
				cause: match proven {
					true => Cause::Proven,
					false => Cause::Silent,
				},
				amount: slashed,
				informers: informers.clone(),
			})?;
			T::Rounds::note_slash(task.job, &case.provider, slashed);
		}
		T::Bonds::release_pledge(task);
		T::Bonds::release_task(task)?;
		T::Rounds::note_settled(task, true);
		Self::forget(task, &case, &dispute);
		Self::deposit_event(Event::Convicted {
			task,
			provider: case.provider,
			proven,
			slashed,
			informers,
		});
		Ok(())
	}

	/// The challenger is wrong, or silent.
	pub(crate) fn lose(
		task: TaskKey,
		mut case: CaseRecord<T::AccountId>,
		mut dispute: Dispute<T::AccountId>,
		proven: bool,
	) -> DispatchResult {
		case.lost = case.lost.saturating_add(1);
		dispute.has_lost = true;
		Self::deposit_event(Event::ChallengerLost {
			task,
			challenger: dispute.challenger.clone(),
			proven,
		});
		Self::follow(task, case, dispute)
	}

	/// What follows a lost challenger: the next dissenter takes over. If there is none, the provider
	/// is right, once nobody can dissent any more.
	fn follow(
		task: TaskKey,
		mut case: CaseRecord<T::AccountId>,
		dispute: Dispute<T::AccountId>,
	) -> DispatchResult {
		let loser = &dispute.challenger;
		while let Some(challenger) = case.next_dissenter().cloned() {
			let pledge = with_storage_layer(|| {
				// Who is right is still open: nobody can be paid, and the lost pledge is burned.
				Self::take_pledge(task, loser, Wronged::new())?;
				let pledge = Self::pledge_for(&case, &challenger);
				T::Bonds::pledge(task, &challenger, pledge)?;
				Ok::<_, DispatchError>(pledge)
			});
			if let Ok(pledge) = pledge {
				Involved::<T>::remove(loser, task);
				Self::replace(task, case, dispute.is_late, challenger, pledge);
				return Ok(());
			}
			// Whoever cannot stand behind what it said is passed over.
			case.lost = case.lost.saturating_add(1);
		}
		if Self::is_being_judged(task) {
			// An accomplice that loses early must not save the provider from its committee.
			Cases::<T>::insert(task, case);
			Disputes::<T>::insert(task, dispute);
			return Ok(());
		}
		let wronged = Self::wronged(&case, &dispute);
		let paid = wronged.first().filter(|(who, _)| *who == case.provider);
		let compensation = paid.map_or(0, |(_, amount)| *amount);
		Self::take_pledge(task, loser, wronged)?;
		// Others may still find accepted work wrong.
		if !T::Rounds::note_settled(task, false) {
			T::Bonds::release_task(task)?;
		}
		Self::forget(task, &case, &dispute);
		Self::deposit_event(Event::Acquitted {
			task,
			provider: case.provider,
			compensation,
		});
		Ok(())
	}

	/// Whether verdicts about the attempt may still come.
	fn is_being_judged(task: TaskKey) -> bool {
		T::Rounds::task(task.job, task.slot).is_ok_and(|now| {
			(now.round, now.attempt) == (task.round, task.attempt)
				&& matches!(now.state, SlotState::Revealed | SlotState::Judging { .. })
		})
	}

	/// Takes the pledge of a challenger that has lost.
	fn take_pledge(
		task: TaskKey,
		loser: &T::AccountId,
		wronged: Wronged<T::AccountId>,
	) -> DispatchResult {
		if T::Bonds::pledged(task) > 0 {
			T::Slash::report_challenger(LostDispute {
				offender: loser.clone(),
				dispute: task,
				wronged,
			})?;
		}
		T::Bonds::release_pledge(task);
		Ok(())
	}

	/// The dispute begins again with another challenger.
	fn replace(
		task: TaskKey,
		case: CaseRecord<T::AccountId>,
		is_late: bool,
		challenger: T::AccountId,
		pledge: Balance,
	) {
		Involved::<T>::insert(&challenger, task, ());
		let fresh = Self::fresh(challenger.clone());
		Disputes::<T>::insert(task, Dispute { is_late, ..fresh });
		Cases::<T>::insert(task, case);
		Self::deposit_event(Event::ChallengerReplaced {
			task,
			challenger,
			pledge,
		});
	}

	/// Who is paid when the last challenger has lost: the provider the price of the task, unless it
	/// answered late, and those that said valid their fee.
	fn wronged(
		case: &CaseRecord<T::AccountId>,
		dispute: &Dispute<T::AccountId>,
	) -> Wronged<T::AccountId> {
		let mut wronged = Wronged::new();
		// Room for the provider and a whole committee.
		if !dispute.is_late {
			let _ = wronged.try_push((case.provider.clone(), case.price));
		}
		for validator in &case.assenters {
			let _ = wronged.try_push((validator.clone(), case.verdict_fee));
		}
		wronged
	}

	fn forget(task: TaskKey, case: &CaseRecord<T::AccountId>, dispute: &Dispute<T::AccountId>) {
		Cases::<T>::remove(task);
		Disputes::<T>::remove(task);
		Involved::<T>::remove(&case.provider, task);
		Involved::<T>::remove(&dispute.challenger, task);
	}
}

impl<AccountId> CaseRecord<AccountId> {
	/// The first dissenter that has not lost: the challenger, or who follows it when it has lost.
	fn next_dissenter(&self) -> Option<&AccountId> {
		let place = usize::try_from(self.lost).ok()?;
		self.dissenters.get(place)
	}
}
