//! ASSAY and UNSEAL: drawn validators seal their verdicts, then open them.

use crate::{
	uptime::Place, Ballot, Config, Error, Event, OpenRounds, Pallet, Panel, Submission,
	Submissions, WeightInfo,
};
use assay_protocol::{
	Digest, JobId, Phase, RoundFact, Salt, Slot, SlotState, TaskView, Trace, Verdict, VerdictClaim,
};
use assay_traits::{Disputes, Dissent, Rounds, Seated, TaskKey};
use frame_support::{dispatch::DispatchResultWithPostInfo, ensure, weights::Weight};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Tells what it weighed.
	pub(crate) fn do_seal_verdict(
		stash: T::AccountId,
		job: JobId,
		slot: Slot,
		seal: Digest,
	) -> DispatchResultWithPostInfo {
		let mut weight = T::WeightInfo::seal_verdict();
		if T::Rounds::round(job)?.state.phase == Phase::Draw {
			Self::do_draw(job)?;
			weight = weight.saturating_add(T::WeightInfo::draw());
		}
		let task = T::Rounds::task(job, slot)?;
		Self::ensure_phase(Phase::Assay, task.phase, task.deadline)?;
		let is_open = matches!(task.state, SlotState::Revealed | SlotState::Judging { .. });
		ensure!(is_open, Error::<T>::SlotNotOpen);
		let place = (job, task.round, slot);
		let submission = Self::submission_of(&task)?;

		let (draw_index, mut panel) = Self::panel_in(&task, &submission)?;
		let ballot = panel.ballot_of(&stash).ok_or(Error::<T>::NotDrawn)?;
		ensure!(*ballot == Ballot::Awaited, Error::<T>::AlreadySealed);
		*ballot = Ballot::Sealed(seal);

		let fact = RoundFact::Sealed {
			slot,
			validator: stash.clone(),
			seats: panel.places(),
		};
		T::Rounds::note(job, fact)?;

		let (round, attempt) = (task.round, task.attempt);
		if submission.panel.as_ref().map(|panel| panel.draw_index) != Some(draw_index) {
			// This draw happens because the earlier ones did not decide about the slot.
			let draws = OpenRounds::<T>::get(job, round).unwrap_or_default().draws;
			Self::settle(place, &submission, &draws, draw_index, true);
			weight = weight.saturating_add(T::WeightInfo::settle());
			let validators = panel.validators();
			Self::deposit_event(Event::PanelFormed {
				job,
				round,
				slot,
				attempt,
				draw_index,
				validators,
			});
		}
		Submissions::<T>::insert(
			place,
			Submission {
				panel: Some(panel),
				..submission
			},
		);
		let validator = stash;
		Self::deposit_event(Event::VerdictSealed {
			job,
			round,
			slot,
			attempt,
			draw_index,
			validator,
			seal,
		});
		Ok(Some(weight).into())
	}

	/// Tells how many tasks the round has, if the verdict was the last of its slot: the jobs pallet
	/// can have looked at all of them then.
	pub(crate) fn do_reveal_verdict(
		stash: T::AccountId,
		job: JobId,
		slot: Slot,
		verdict: Verdict,
		salt: Salt,
	) -> Result<Option<u32>, DispatchError> {
		let task = T::Rounds::task(job, slot)?;
		Self::ensure_phase(Phase::Unseal, task.phase, task.deadline)?;
		let is_open = matches!(task.state, SlotState::Judging { .. });
		ensure!(is_open, Error::<T>::SlotNotOpen);
		let mut submission = Self::submission_of(&task)?;
		let draw_index = task.draw.ok_or(Error::<T>::RecordMissing)?.index;
		let panel = submission
			.panel
			.as_mut()
			.filter(|panel| panel.draw_index == draw_index)
			.ok_or(Error::<T>::RecordMissing)?;

		let ballot = panel.ballot_of(&stash).ok_or(Error::<T>::NotDrawn)?;
		let sealed = match *ballot {
			Ballot::Sealed(seal) => seal,
			Ballot::Awaited => return Err(Error::<T>::NotSealed.into()),
			Ballot::Opened(_) => return Err(Error::<T>::AlreadyUnsealed.into()),
		};
		let context = Self::context(&task, stash.clone());
		let claim = VerdictClaim {
			context,
			draw_index,
			verdict,
			salt,
		};
		ensure!(
			sealed == Self::digest(&claim.preimage()),
			Error::<T>::SealMismatch
		);
		*ballot = Ballot::Opened(verdict);

		let is_last = !panel.awaits_openings();
		let assenters = panel.assenters();
		let before = T::Rounds::round(job)?;
		let trace = submission.trace.clone();
		Self::tell_disputes(&task, trace, &stash, verdict, assenters)?;
		let uptime_ppm = Self::note_answer(&stash);
		let validator = stash.clone();
		T::Rounds::note(
			job,
			RoundFact::Unsealed {
				slot,
				validator,
				verdict,
				uptime_ppm,
			},
		)?;

		let (round, attempt, validator) = (task.round, task.attempt, stash);
		Self::deposit_event(Event::VerdictRevealed {
			job,
			round,
			slot,
			attempt,
			draw_index,
			validator,
			verdict,
			uptime_ppm,
		});
		let place = (job, round, slot);
		if is_last {
			Self::end_panel(place, submission, draw_index);
		} else {
			Submissions::<T>::insert(place, submission);
		}
		// Only the opening that ends the phase looked at every task: it alone is charged for them.
		let has_ended = T::Rounds::round(job).map_or(true, |after| {
			(after.round, after.state.pass, after.state.phase)
				!= (before.round, before.state.pass, Phase::Unseal)
		});
		Ok(has_ended.then_some(before.state.tasks))
	}

	/// Somebody without a seat disputes work that is being judged.
	pub(crate) fn do_dispute(stash: T::AccountId, job: JobId, slot: Slot) -> DispatchResult {
		let task = T::Rounds::task(job, slot)?;
		ensure!(task.provider != stash, Error::<T>::OwnWork);
		let is_open = matches!(task.state, SlotState::Revealed | SlotState::Judging { .. });
		ensure!(is_open, Error::<T>::SlotNotOpen);
		let submission = Self::submission_of(&task)?;
		// The committee's own dissent follows when a challenger has lost; others open the first one.
		ensure!(
			!T::Disputes::is_open(Self::key_of(&task)),
			Error::<T>::AlreadyDisputed
		);
		// A panel of an earlier draw stays until the next one seals.
		let panel = submission.panel.as_ref();
		let current = panel.filter(|panel| panel.draw_index == task.draw_index);
		let assenters = current.map(Panel::assenters).unwrap_or_default();
		T::Rounds::note(job, RoundFact::Disputed { slot })?;
		let trace = submission.trace;
		Self::tell_disputes(&task, trace, &stash, Verdict::Invalid, assenters)
	}

	pub(crate) fn key_of(task: &TaskView<T::AccountId>) -> TaskKey {
		TaskKey {
			job: task.job,
			round: task.round,
			slot: task.slot,
			attempt: task.attempt,
		}
	}

	/// A dissent opens a dispute, or joins it; who says valid may be wronged by it.
	fn tell_disputes(
		task: &TaskView<T::AccountId>,
		trace: Option<Trace>,
		stash: &T::AccountId,
		verdict: Verdict,
		assenters: Seated<T::AccountId>,
	) -> DispatchResult {
		let key = Self::key_of(task);
		match verdict {
			Verdict::Invalid => T::Disputes::dissent(Dissent {
				task: key,
				provider: task.provider.clone(),
				parent: task.parent,
				trace: trace.ok_or(Error::<T>::RecordMissing)?,
				validator: stash.clone(),
				assenters,
				failure: task.failure,
			}),
			Verdict::Valid => {
				T::Disputes::assent(key, stash);
				Ok(())
			}
			Verdict::Unfetched => Ok(()),
		}
	}

	/// The most that `seal_verdict` can weigh.
	pub(crate) fn most_for_seal() -> Weight {
		T::WeightInfo::seal_verdict()
			.saturating_add(T::WeightInfo::draw())
			.saturating_add(T::WeightInfo::settle())
	}

	/// Tasks of each of a job's rounds, for the weight of calls that may look at all of them; none
	/// unless the job runs, and then those calls are refused at once.
	///
	/// Weighing [`MAX_TASKS`](assay_protocol::limits::MAX_TASKS) instead would let only one such call
	/// into a block.
	pub(crate) fn tasks_of(job: JobId) -> u32 {
		T::Rounds::round(job)
			.map(|round| round.state.tasks)
			.unwrap_or_default()
	}

	/// What `reveal_verdict` weighs, with a dispute that it opens, and if it can have ended a pass of
	/// so many tasks.
	pub(crate) fn weight_of_opening(ended: Option<u32>) -> Weight {
		let pass = ended.map(T::WeightInfo::end_pass).unwrap_or_default();
		T::WeightInfo::reveal_verdict()
			.saturating_add(T::WeightInfo::dispute_task())
			.saturating_add(pass)
	}

	/// Every sealed verdict of a panel is open: who sealed none was absent, and the slot is decided
	/// or waits for another draw.
	fn end_panel(place: Place, submission: Submission<T::AccountId>, draw_index: u32) {
		let (job, round, slot) = place;
		let next_draw = draw_index.saturating_add(1);
		// Up to here: later draws do not exist yet, earlier ones were settled when this one began.
		Self::settle(place, &submission, &[], next_draw, false);
		let is_undecided = T::Rounds::task(job, slot).is_ok_and(|task| {
			task.round == round
				&& task.attempt == submission.attempt
				&& task.state == SlotState::Revealed
		});
		if is_undecided {
			let waiting = Submission {
				panel: None,
				draws_from: next_draw,
				..submission
			};
			Submissions::<T>::insert(place, waiting);
		} else {
			Submissions::<T>::remove(place);
		}
	}

	/// The panel of a task in the current draw: the stored one, or a new one.
	fn panel_in(
		task: &TaskView<T::AccountId>,
		submission: &Submission<T::AccountId>,
	) -> Result<(u32, Panel<T::AccountId>), DispatchError> {
		let draw = task.draw.ok_or(Error::<T>::RecordMissing)?;
		let stored = submission
			.panel
			.as_ref()
			.filter(|panel| panel.draw_index == draw.index);
		let panel = match stored {
			Some(panel) => panel.clone(),
			None => Panel::form(draw.index, Self::committee_in(task, &draw)?),
		};
		Ok((draw.index, panel))
	}

	/// What the current attempt at a task sealed or revealed.
	pub(crate) fn submission_of(
		task: &TaskView<T::AccountId>,
	) -> Result<Submission<T::AccountId>, DispatchError> {
		Submissions::<T>::get((task.job, task.round, task.slot))
			.filter(|submission| submission.attempt == task.attempt)
			.ok_or_else(|| Error::<T>::RecordMissing.into())
	}
}
