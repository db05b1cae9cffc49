//! Taking a job back.

use assay_protocol::{JobEvent, JobId, JobState};
use frame_support::ensure;
use sp_runtime::DispatchError;

use crate::{desk::Desk, Config, Error, Pallet};

impl<T: Config> Pallet<T> {
	/// Tells how many slots were touched.
	pub(crate) fn do_cancel_job(owner: &T::AccountId, job: JobId) -> Result<u32, DispatchError> {
		let mut desk = Desk::<T>::open(job)?;
		ensure!(desk.job.owner == *owner, Error::<T>::NotOwner);
		ensure!(
			matches!(desk.job.state, JobState::Open | JobState::Running),
			Error::<T>::JobOver
		);
		Self::end(&mut desk, JobEvent::Cancelled)?;
		desk.close()
	}
}
