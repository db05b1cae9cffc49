//! DRAW: the beacon is read, and committees follow from it.

use crate::{Config, Error, Event, OpenRounds, Pallet};
use assay_protocol::{
	draw::{closers, committee, draw_preimage, seats, Committee},
	Attempt, DrawRecord, DrawWindow, JobId, Phase, RoundFact, RoundView, Slot, TaskView,
};
use assay_traits::{Beacon, Bonds, Rounds};
use frame_support::traits::Get;
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_draw(job: JobId) -> DispatchResult {
		let view = T::Rounds::round(job)?;
		Self::ensure_phase(Phase::Draw, view.state.phase, view.state.deadline)?;
		let from = view.draw_from.ok_or(Error::<T>::NotDrawing)?;
		// Everything below is fixed by `from`, whoever calls and whenever.
		let session =
			Self::session_at(from.saturating_sub(1)).ok_or(Error::<T>::SessionForgotten)?;
		let stakes = T::Bonds::stakes(session).ok_or(Error::<T>::StakesForgotten)?;
		let window = DrawWindow {
			slots: T::DrawSlots::get(),
			stake_ppm: T::DrawStake::get(),
		};
		let outputs =
			T::Beacon::outputs(from, &window, &stakes).ok_or(Error::<T>::OutputsNotReady)?;
		let (round, index) = (view.round, view.state.draw_index);
		let seed = Self::digest(&draw_preimage(job, round, index, &outputs));

		T::Rounds::note(job, RoundFact::Drawn { seed, session })?;

		let mut open = OpenRounds::<T>::get(job, round).ok_or(Error::<T>::RecordMissing)?;
		// A round has no more draws than places, see `assert_bounds`.
		let placed = open.draws.try_push(DrawRecord {
			seed,
			session,
			index,
			seats: seats(view.committee, view.state.redraws),
		});
		placed.map_err(|_| Error::<T>::RecordMissing)?;
		OpenRounds::<T>::insert(job, round, open);
		Self::deposit_event(Event::Drawn {
			job,
			round,
			draw_index: index,
			seed,
			session,
		});
		Ok(())
	}

	/// The committee of a slot in the latest draw of its round, in the order of the seats. Clients
	/// ask the jobs pallet.
	#[cfg(any(test, feature = "runtime-benchmarks"))]
	pub(crate) fn committee_of(job: JobId, slot: Slot) -> Option<Committee<T::AccountId>> {
		let task = T::Rounds::task(job, slot).ok()?;
		let is_judged = matches!(task.phase, Phase::Assay | Phase::Unseal);
		let draw = task.draw.filter(|_| is_judged)?;
		Self::committee_in(&task, &draw).ok()
	}

	/// The validators whose equal claims close the round, in the current window.
	#[cfg(any(test, feature = "runtime-benchmarks"))]
	pub(crate) fn closers_of(job: JobId) -> Option<Committee<T::AccountId>> {
		let view = T::Rounds::round(job).ok()?;
		(view.state.phase == Phase::Close)
			.then(|| Self::closers_in(&view).ok())
			.flatten()
	}

	/// The committee of a task in a draw.
	pub(crate) fn committee_in(
		task: &TaskView<T::AccountId>,
		draw: &DrawRecord,
	) -> Result<Committee<T::AccountId>, DispatchError> {
		Self::drawn(draw, task.slot, task.attempt, &task.provider)
			.ok_or_else(|| Error::<T>::StakesForgotten.into())
	}

	/// The committee of an attempt at a slot in a draw; `None` once the stakes are forgotten.
	pub(crate) fn drawn(
		draw: &DrawRecord,
		slot: Slot,
		attempt: Attempt,
		provider: &T::AccountId,
	) -> Option<Committee<T::AccountId>> {
		let stakes = T::Bonds::stakes(draw.session)?;
		Some(committee(
			&draw.seed, slot, attempt, &stakes, draw.seats, provider,
		))
	}

	/// The validators drawn to close a round, in its current window.
	pub(crate) fn closers_in(view: &RoundView) -> Result<Committee<T::AccountId>, DispatchError> {
		let draw = view.state.draw.ok_or(Error::<T>::RecordMissing)?;
		let stakes = T::Bonds::stakes(draw.session).ok_or(Error::<T>::StakesForgotten)?;
		Ok(closers(
			&draw.seed,
			view.state.restarts,
			&stakes,
			view.committee,
		))
	}
}
