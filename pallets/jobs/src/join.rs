//! Joining and leaving a job.

use assay_protocol::{Balance, JobEvent, JobId, JobState};
use assay_traits::{Bonds, Role};
use frame_support::{ensure, pallet_prelude::DispatchResult, storage::with_storage_layer};
use sp_runtime::DispatchError;

use crate::{desk::Desk, Config, Error, Event, Jobs, Members, Pallet};

impl<T: Config> Pallet<T> {
	/// Tells how many slots were touched.
	pub(crate) fn do_join_job(
		worker: &T::AccountId,
		job: JobId,
		min_price: Balance,
	) -> Result<u32, DispatchError> {
		let provider = T::Bonds::stash_of(worker).ok_or(Error::<T>::NotWorker)?;
		ensure!(
			T::Bonds::active(&provider, Role::Provider),
			Error::<T>::NotProvider
		);
		let desk = Desk::<T>::open(job)?;
		match desk.job.state {
			JobState::Open => {
				ensure!(
					desk.now <= desk.job.join_deadline(),
					Error::<T>::DeadlinePassed
				)
			}
			JobState::Running => {}
			_ => return Err(Error::<T>::JobOver.into()),
		}
		ensure!(
			desk.job.terms.price >= min_price,
			Error::<T>::PriceBelowMinimum
		);
		Members::<T>::try_mutate(job, |members| {
			ensure!(!members.contains(&provider), Error::<T>::AlreadyMember);
			members
				.try_push(provider.clone())
				.map_err(|_| Error::<T>::MembersFull)
		})?;
		Self::deposit_event(Event::ProviderJoined { job, provider });
		if desk.job.state == JobState::Open && Self::has_enough_members(&desk) {
			return Self::try_start(job).map(|started| started.unwrap_or(desk.job.terms.tasks));
		}
		Ok(0)
	}

	pub(crate) fn do_leave_job(worker: &T::AccountId, job: JobId) -> DispatchResult {
		let provider = T::Bonds::stash_of(worker).ok_or(Error::<T>::NotWorker)?;
		ensure!(Jobs::<T>::contains_key(job), Error::<T>::UnknownJob);
		Members::<T>::try_mutate(job, |members| {
			let place = members.iter().position(|member| *member == provider);
			let place = place.ok_or(Error::<T>::NotMember)?;
			// Keeps the others in the order of joining.
			members.remove(place);
			Ok::<(), Error<T>>(())
		})?;
		Self::deposit_event(Event::ProviderLeft { job, provider });
		Ok(())
	}

	/// Whether the job has the members that its terms wait for.
	pub(crate) fn has_enough_members(desk: &Desk<T>) -> bool {
		let members = Members::<T>::decode_len(desk.id).unwrap_or(0);
		u32::try_from(members).is_ok_and(|members| members >= desk.job.terms.providers)
	}

	/// Starts an open job and tells how many slots were touched; `None` if a slot found nobody
	/// whose stake could be held. Nothing changes then, so a member without money cannot fail a
	/// job that has not started.
	pub(crate) fn try_start(job: JobId) -> Result<Option<u32>, DispatchError> {
		let started = with_storage_layer(|| {
			let mut desk = Desk::<T>::open(job).map_err(DispatchError::from)?;
			let state = desk.job.state.apply(JobEvent::Started);
			desk.job.state = state.map_err(|_| DispatchError::from(Error::<T>::Inconsistent))?;
			Self::deposit_event(Event::JobStarted { job });
			if !Self::start_round(&mut desk)? {
				return Err(NotStarted::NobodyLeft);
			}
			Ok(desk.close()?)
		});
		match started {
			Ok(touched) => Ok(Some(touched)),
			Err(NotStarted::NobodyLeft) => Ok(None),
			Err(NotStarted::Refused(error)) => Err(error),
		}
	}
}

/// Why a job did not start.
enum NotStarted {
	NobodyLeft,
	Refused(DispatchError),
}

impl From<DispatchError> for NotStarted {
	fn from(error: DispatchError) -> Self {
		Self::Refused(error)
	}
}
