//! What a submitter asks the chain for: one job for one plan.

use assay_protocol::{plan_id, JobId, Plan, Terms};

use crate::{
	account::Account,
	chain::{Call, Chain, ChainError, Event, Head, JobView, Refused, SubmitError},
	keys::WorkerKey,
};

/// Why a submitter did not get what it asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitterError {
	/// The chain cannot be read.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// The transaction did not arrive, as far as is known.
	#[error(transparent)]
	Submit(#[from] SubmitError),
	/// The chain refused the call.
	#[error(transparent)]
	Refused(#[from] Refused),
	/// The block of the posting has no job of the signer.
	#[error("the posted job was not found in block {0}: the node answers for another chain")]
	NotPosted(u32),
}

impl SubmitterError {
	/// Whether another attempt could end better. What was sent may have arrived all the same.
	pub fn is_transient(&self) -> bool {
		match self {
			Self::Chain(error) => error.is_transient(),
			Self::Submit(error) => error.is_transient(),
			_ => false,
		}
	}
}

/// Where a plan's job came from.
#[derive(Debug)]
pub enum Posted {
	/// It was posted now.
	New {
		/// Its id.
		job: JobId,
		/// The block it was posted in.
		at: Head,
	},
	/// It was there already.
	Adopted(Box<JobView>),
}

/// The job that an owner has posted of this plan and that still is open or runs: the oldest, if
/// there are several.
pub async fn live_job<C: Chain>(
	chain: &C,
	at: Head,
	owner: Account,
	plan: &Plan,
) -> Result<Option<JobView>, ChainError> {
	let wanted = plan_id(plan);
	for id in chain.live_jobs(at).await? {
		let view = chain.job(at, id).await?;
		if let Some(view) = view.filter(|view| view.owner == owner && view.plan_id == wanted) {
			return Ok(Some(view));
		}
	}
	Ok(None)
}

/// Posts a job, whether or not there is one of its plan.
pub async fn post<C: Chain>(
	chain: &C,
	key: &WorkerKey,
	plan: &Plan,
	terms: &Terms,
) -> Result<(JobId, Head), SubmitterError> {
	let call = Call::PostJob {
		plan: Box::new(plan.clone()),
		terms: Box::new(*terms),
	};
	let at = chain.submit(key, vec![call]).await?.all_done()?;
	let account = key.account();
	let posted = chain
		.events(at)
		.await?
		.into_iter()
		.find_map(|event| match event {
			Event::JobPosted { job, owner, .. } if owner == account => Some(job),
			_ => None,
		});
	let job = posted.ok_or(SubmitterError::NotPosted(at.number))?;
	Ok((job, at))
}

/// Posts a job, unless the signer has a live one of the same plan at this block: then that one is
/// adopted. So it can be called again after a transient error, which may have hidden that the job
/// was posted, without a second escrow.
pub async fn post_once<C: Chain>(
	chain: &C,
	key: &WorkerKey,
	at: Head,
	plan: &Plan,
	terms: &Terms,
) -> Result<Posted, SubmitterError> {
	if let Some(view) = live_job(chain, at, key.account(), plan).await? {
		return Ok(Posted::Adopted(Box::new(view)));
	}
	let (job, at) = post(chain, key, plan, terms).await?;
	Ok(Posted::New { job, at })
}
