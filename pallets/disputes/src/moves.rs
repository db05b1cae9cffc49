//! The moves of the sides.

use crate::{CaseRecord, Cases, Config, Dispute, Disputes, Error, Event, FullBlocks, Pallet};
use assay_numerics::Outline;
use assay_protocol::{
	dispute::{Answer, Ask, Case, Lateness, Now, Proof, Ruling, Side},
	TaskKey,
};
use frame_support::{ensure, traits::Get, weights::Weight};
use sp_runtime::{traits::SaturatedConversion, DispatchError, DispatchResult, Perbill};

/// A block is full if more than so much of its weight was taken.
const FULL: Perbill = Perbill::from_percent(90);

/// What a dispute is about, and where it stands.
type OpenDispute<AccountId> = (CaseRecord<AccountId>, Dispute<AccountId>);

impl<T: Config> Pallet<T> {
	pub(crate) fn do_ask(stash: T::AccountId, task: TaskKey, ask: Ask) -> DispatchResult {
		let (case, mut dispute) = Self::open_dispute(task)?;
		ensure!(dispute.challenger == stash, Error::<T>::NotChallenger);
		Self::ensure_time(&dispute, Side::Challenger)?;
		let outline = Self::outline(&case)?;
		let next = case.subject(task, &outline).ask(&dispute.stage, &ask);
		dispute.stage = next.map_err(Error::<T>::from)?;
		dispute.clock.turn(Side::Challenger, Self::now());
		let number = Self::count(&mut dispute);
		Disputes::<T>::insert(task, dispute);
		Self::deposit_event(Event::Asked { task, number });
		Ok(())
	}

	pub(crate) fn do_answer(stash: T::AccountId, task: TaskKey, answer: Answer) -> DispatchResult {
		let (case, mut dispute) = Self::open_dispute(task)?;
		let is_fact = matches!(answer, Answer::Layer(_));
		ensure!(is_fact || case.provider == stash, Error::<T>::NotProvider);
		let late = Self::ensure_time(&dispute, Side::Provider)? == Lateness::Grace;
		let outline = Self::outline(&case)?;
		let next = case.subject(task, &outline).answer(&dispute.stage, &answer);
		dispute.stage = next.map_err(Error::<T>::from)?;
		dispute.clock.turn(Side::Provider, Self::now());
		dispute.is_late |= late;
		let number = Self::count(&mut dispute);
		Disputes::<T>::insert(task, dispute);
		Self::deposit_event(Event::Answered { task, number, late });
		Ok(())
	}

	pub(crate) fn do_prove(task: TaskKey, proof: Proof) -> DispatchResult {
		let (case, dispute) = Self::open_dispute(task)?;
		Self::ensure_time(&dispute, Side::Challenger)?;
		let outline = Self::outline(&case)?;
		let ruling = case.subject(task, &outline).prove(&dispute.stage, &proof);
		match ruling.map_err(Error::<T>::from)? {
			Ruling::ProviderWrong => Self::convict(task, case, dispute, true),
			Ruling::ChallengerWrong => Self::lose(task, case, dispute, true),
		}
	}

	/// A dispute and what it is about.
	pub(crate) fn open_dispute(task: TaskKey) -> Result<OpenDispute<T::AccountId>, Error<T>> {
		let case = Cases::<T>::get(task).ok_or(Error::<T>::NoDispute)?;
		let dispute = Disputes::<T>::get(task).ok_or(Error::<T>::NoDispute)?;
		Ok((case, dispute))
	}

	/// Where the clock of the side stands whose turn it is.
	pub(crate) fn lateness(dispute: &Dispute<T::AccountId>) -> Lateness {
		let side = dispute.stage.turn();
		let grace = match side {
			Side::Challenger => 0,
			Side::Provider => T::Grace::get(),
		};
		dispute.clock.lateness(side, Self::now(), grace)
	}

	/// That it is the side's turn and that its move still counts.
	fn ensure_time(dispute: &Dispute<T::AccountId>, side: Side) -> Result<Lateness, Error<T>> {
		ensure!(!dispute.has_lost, Error::<T>::ChallengerHasLost);
		ensure!(dispute.stage.turn() == side, Error::<T>::NotYourTurn);
		match Self::lateness(dispute) {
			Lateness::Over => Err(Error::<T>::TimeOver),
			lateness => Ok(lateness),
		}
	}

	fn outline(case: &CaseRecord<T::AccountId>) -> Result<Outline, DispatchError> {
		// The job was posted with this plan, so it can be lowered.
		Ok(Outline::new(&case.plan.step).map_err(|_| Error::<T>::Inconsistent)?)
	}

	fn count(dispute: &mut Dispute<T::AccountId>) -> u32 {
		let number = dispute.moves;
		// Every move leads on, and a dispute has some twenty.
		dispute.moves = number.saturating_add(1);
		number
	}

	/// The time, as disputes count it.
	pub(crate) fn now() -> Now {
		Now {
			block: frame_system::Pallet::<T>::block_number().saturated_into(),
			full: FullBlocks::<T>::get(),
		}
	}

	/// Counts the block if it was so full that a move may not have fitted.
	pub(crate) fn note_full_block() {
		let used = frame_system::Pallet::<T>::block_weight().total();
		let most: Weight = T::BlockWeights::get().max_block;
		let is_full = used.ref_time() > FULL.mul_floor(most.ref_time())
			|| used.proof_size() > FULL.mul_floor(most.proof_size());
		if is_full {
			FullBlocks::<T>::mutate(|full| *full = full.saturating_add(1));
		}
	}
}

impl<AccountId> CaseRecord<AccountId> {
	/// The case as the protocol's rules see it.
	pub fn subject<'a>(&'a self, task: TaskKey, outline: &'a Outline) -> Case<'a> {
		Case {
			task,
			plan: &self.plan,
			outline,
			trace: &self.trace,
			failure: self.failure,
		}
	}
}
