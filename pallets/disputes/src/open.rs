//! How disputes begin.

use crate::{CaseRecord, Cases, Config, Dispute, Disputes, Error, Event, Involved, Pallet};
use assay_protocol::{
	dispute::{Clock, Stage},
	limits::MAX_COMMITTEE,
	Balance, TaskKey,
};
use assay_traits::{Bonds, Contract, Dissent, Rounds, Seated, Slash};
use frame_support::{ensure, traits::Get};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use sp_runtime::{DispatchError, DispatchResult};

/// After so many lost disputes a pledge does not double any more.
const MOST_DOUBLINGS: u32 = 10;

impl<T: Config> Pallet<T> {
	/// The stash that a signed worker key acts for.
	pub(crate) fn stash_of(origin: OriginFor<T>) -> Result<T::AccountId, DispatchError> {
		let worker = ensure_signed(origin)?;
		Ok(T::Bonds::stash_of(&worker).ok_or(Error::<T>::NotAWorker)?)
	}

	/// A dispute begins with a pledge of its challenger.
	fn begin(dissent: Dissent<T::AccountId>) -> DispatchResult {
		let Dissent {
			task,
			provider,
			parent,
			trace,
			validator: challenger,
			assenters,
			failure,
		} = dissent;
		let Contract {
			plan,
			price,
			task_stake,
			verdict_fee,
		} = T::Rounds::contract(task.job)?;
		if task_stake > 0 && T::Bonds::task_stake(task) == 0 {
			// Its provider has lost a dispute about this attempt already.
			return Ok(());
		}
		// It could not be reported again, and its dispute would never end.
		let has_lost = T::Slash::has_lost(task, &challenger);
		ensure!(!has_lost, Error::<T>::HasLostBefore);
		let mut case = CaseRecord {
			provider,
			parent,
			trace,
			plan,
			price,
			task_stake,
			verdict_fee,
			dissenters: Seated::new(),
			assenters,
			lost: 0,
			failure,
		};
		// Room for a whole committee.
		let _ = case.dissenters.try_push(challenger.clone());
		let pledge = Self::pledge_for(&case, &challenger);
		T::Bonds::pledge(task, &challenger, pledge)?;
		Involved::<T>::insert(&case.provider, task, ());
		Involved::<T>::insert(&challenger, task, ());
		Self::deposit_event(Event::Opened {
			task,
			provider: case.provider.clone(),
			challenger: challenger.clone(),
			pledge,
		});
		Cases::<T>::insert(task, case);
		Disputes::<T>::insert(task, Self::fresh(challenger));
		Ok(())
	}

	/// A dispute in which nothing has been asked yet.
	pub(crate) fn fresh(challenger: T::AccountId) -> Dispute<T::AccountId> {
		Dispute {
			challenger,
			stage: Stage::Opened,
			clock: Clock::start(T::TurnTime::get(), Self::now()),
			moves: 0,
			is_late: false,
			has_lost: false,
		}
	}

	/// What a challenger pledges: the price of the task, the fees of a whole committee and twice what
	/// answering may cost, doubled for every dispute that it has lost. Saturates: no bond has as much.
	pub fn pledge_for(case: &CaseRecord<T::AccountId>, challenger: &T::AccountId) -> Balance {
		let fees = case.verdict_fee.saturating_mul(MAX_COMMITTEE.into());
		let base = case
			.price
			.saturating_add(fees)
			.saturating_add(T::AnswerCost::get().saturating_mul(2));
		let doublings = T::Slash::lost_disputes(challenger).min(MOST_DOUBLINGS);
		base.saturating_mul(2u128.saturating_pow(doublings))
	}
}

impl<T: Config> assay_traits::Disputes<T::AccountId> for Pallet<T> {
	fn dissent(dissent: Dissent<T::AccountId>) -> DispatchResult {
		let (task, validator) = (dissent.task, dissent.validator.clone());
		let Some(mut case) = Cases::<T>::get(task) else {
			return Self::begin(dissent);
		};
		let is_new = !case.dissenters.contains(&validator);
		if is_new && case.dissenters.try_push(validator.clone()).is_ok() {
			Cases::<T>::insert(task, case);
			Self::deposit_event(Event::Joined { task, validator });
		}
		Ok(())
	}

	fn is_open(task: TaskKey) -> bool {
		Cases::<T>::contains_key(task)
	}

	fn assent(task: TaskKey, validator: &T::AccountId) {
		Cases::<T>::mutate_extant(task, |case| {
			if !case.assenters.contains(validator) {
				// Room for a whole committee; a second one has its own attempt.
				let _ = case.assenters.try_push(validator.clone());
			}
		});
	}
}
