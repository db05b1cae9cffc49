//! Deadlines: what happens when what a job waits for does not come.

use assay_protocol::{
	JobEvent, JobId, JobState, Outlook, Phase, RoundEvent, RoundState, Sweep, Transition,
};
use frame_support::ensure;
use sp_runtime::DispatchError;

use crate::{desk::Desk, Config, Error, Pallet, Slots};

impl<T: Config> Pallet<T> {
	/// Tells how many slots were touched.
	pub(crate) fn do_advance(job: JobId) -> Result<u32, DispatchError> {
		let desk = Desk::<T>::open(job)?;
		match desk.job.state {
			JobState::Open => Self::end_open(desk),
			JobState::Running => Self::end_phase(desk),
			_ => Err(Error::<T>::JobOver.into()),
		}
	}

	/// The window for joining is over: the job starts if it can, else it expires.
	fn end_open(mut desk: Desk<T>) -> Result<u32, DispatchError> {
		ensure!(
			desk.now > desk.job.join_deadline(),
			Error::<T>::DeadlineAhead
		);
		if Self::has_enough_members(&desk) {
			if let Some(touched) = Self::try_start(desk.id)? {
				return Ok(touched);
			}
		}
		Self::end(&mut desk, JobEvent::Expired)?;
		desk.close()
	}

	/// The window of a phase is over: the round goes on without what is missing.
	fn end_phase(mut desk: Desk<T>) -> Result<u32, DispatchError> {
		let mut round = desk.round.ok_or(Error::<T>::Inconsistent)?;
		ensure!(round.is_overdue(desk.now), Error::<T>::DeadlineAhead);
		let sweep = Self::sweep(&mut desk, &round)?;
		let (windows, outlook) = (desk.job.terms.windows, round.outlook);
		let transition = round
			.apply(RoundEvent::Swept(sweep), desk.now, &windows)
			.map_err(Error::<T>::from)?;
		if let (Transition::Closed, Outlook::Agreed { checkpoint, loss }) = (transition, outlook) {
			// A quorum agreed, and whoever was missing has not come.
			Self::record_closed(&mut desk, &round, checkpoint, loss);
		}
		desk.round = Some(round);
		Self::follow(&mut desk, transition)?;
		desk.close()
	}

	/// Applies the deadline to every slot.
	fn sweep(desk: &mut Desk<T>, round: &RoundState) -> Result<Sweep, DispatchError> {
		let mut sweep = Sweep::default();
		if matches!(round.phase, Phase::Draw | Phase::Close | Phase::Ended) {
			// No slot has a part in these.
			return Ok(sweep);
		}
		for slot in 0..desk.job.terms.tasks {
			let mut record = Slots::<T>::get(desk.id, slot).ok_or(Error::<T>::Inconsistent)?;
			let Some(fate) = record.sweep(round.phase, desk.job.terms.quorum) else {
				continue;
			};
			sweep.count(fate);
			Self::judge(desk, slot, &record, fate)?;
			Slots::<T>::insert(desk.id, slot, record);
		}
		Ok(sweep)
	}
}
