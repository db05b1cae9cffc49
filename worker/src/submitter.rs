//! What a submitter asks the chain for: one job for one plan, and payouts.

use assay_protocol::{plan_id, Balance, JobId, Plan, Terms};

use crate::{
	account::Account,
	chain::{Call, Chain, ChainError, Event, Head, JobView, Refused, SubmitError},
	keys::WorkerKey,
};

/// Most accounts that the chain pays in one call.
const MOST_BENEFICIARIES: usize = 64;
/// The chain's error when none of them has a credit that can be paid.
const NOTHING_TO_CLAIM: &str = "NothingToClaim";

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
	/// None of those asked for has a credit.
	#[error("job {0} owes them nothing now: credits come with accepted tasks and verdicts, see `assay job show {0}`")]
	NothingToClaim(u64),
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

/// Pays out what a job owes: to those who are named, or to everybody. Each is paid to itself,
/// whoever signs. Returns who was paid how much.
pub async fn claim<C: Chain>(
	chain: &C,
	key: &WorkerKey,
	at: Head,
	job: JobId,
	named: &[Account],
) -> Result<Vec<(Account, Balance)>, SubmitterError> {
	let mut owed: Vec<Account> = chain
		.credits(at, job)
		.await?
		.into_iter()
		.map(|(account, _)| account)
		.collect();
	owed.retain(|account| named.is_empty() || named.contains(account));
	let mut paid = Vec::new();
	for part in owed.chunks(MOST_BENEFICIARIES) {
		let call = Call::Claim {
			job,
			beneficiaries: part.to_vec(),
		};
		let at = match chain.submit(key, vec![call]).await?.all_done() {
			Ok(at) => at,
			// Somebody was faster, or none of them can receive its credit.
			Err(refused) if refused.error == NOTHING_TO_CLAIM => continue,
			Err(refused) => return Err(refused.into()),
		};
		// What was paid is what the block says, not what was owed before.
		paid.extend(
			chain
				.events(at)
				.await?
				.into_iter()
				.filter_map(|event| match event {
					Event::Claimed {
						job: of,
						beneficiary,
						amount,
					} if of == job && part.contains(&beneficiary) => Some((beneficiary, amount)),
					_ => None,
				}),
		);
	}
	if paid.is_empty() {
		return Err(SubmitterError::NothingToClaim(job.0));
	}
	Ok(paid)
}
