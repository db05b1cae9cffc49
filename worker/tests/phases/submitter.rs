//! A submitter whose transactions arrive unnoticed, and payouts by somebody else.

use assay_protocol::JobId;
use assay_worker::{
	account::Account,
	chain::{Call, Chain},
	keys::WorkerKey,
	submitter::{claim, live_job, post, post_once, Posted, SubmitterError},
};

use crate::network::{account, Network};

fn one() -> WorkerKey {
	WorkerKey::dev("//One").unwrap()
}

#[tokio::test]
async fn a_posting_that_seemed_to_fail_is_adopted_and_not_repeated() {
	// GIVEN a posting that arrived, and whose sender was told that it may not have
	let Network {
		chain, plan, terms, ..
	} = Network::new();
	chain.lose_receipts(true);
	let error = post_once(&*chain, &one(), chain.head(), &plan, &terms).await;
	assert!(error.unwrap_err().is_transient());
	chain.lose_receipts(false);
	// WHEN it is tried again with the next block
	chain.tick();
	let posted = post_once(&*chain, &one(), chain.head(), &plan, &terms).await;
	// THEN the job that is there is taken, and only one escrow is deposited
	let Posted::Adopted(view) = posted.unwrap() else {
		panic!("posted twice");
	};
	assert_eq!((view.job.0, view.owner), (1, account("//One")));
	assert_eq!(chain.posted(), 1);
}

#[tokio::test]
async fn a_job_of_another_plan_or_another_owner_is_not_adopted() {
	// GIVEN a job of //One beside the network's own, of the same plan
	let Network {
		chain, plan, terms, ..
	} = Network::new();
	let (job, at) = post(&*chain, &one(), &plan, &terms).await.unwrap();
	// WHEN //One wants another seed, and //Two the same plan
	let mut other = plan.clone();
	other.seed = [8; 32];
	let of_one = live_job(&*chain, at, account("//One"), &plan).await;
	let of_another_plan = live_job(&*chain, at, account("//One"), &other).await;
	let of_two = live_job(&*chain, at, account("//Two"), &plan).await;
	// THEN each is a job of its own
	assert_eq!(of_one.unwrap().map(|view| view.job), Some(job));
	assert!(of_another_plan.unwrap().is_none());
	assert!(of_two.unwrap().is_none());
}

#[tokio::test]
async fn a_job_that_has_ended_is_posted_again() {
	// GIVEN a job that its owner has cancelled
	let Network {
		chain, plan, terms, ..
	} = Network::new();
	let (job, _) = post(&*chain, &one(), &plan, &terms).await.unwrap();
	let cancel = vec![Call::CancelJob { job }];
	chain.submit(&one(), cancel).await.unwrap();
	// WHEN the plan is posted once more
	let posted = post_once(&*chain, &one(), chain.head(), &plan, &terms).await;
	// THEN it is a new job
	let Posted::New { job: second, .. } = posted.unwrap() else {
		panic!("adopted a job that has ended");
	};
	assert_eq!(second.0, job.0 + 1);
}

const JOB: JobId = JobId(0);

#[tokio::test]
async fn a_claim_pays_everybody_once_in_calls_of_64() {
	// GIVEN a job that owes 1 to 100 to a hundred accounts
	let chain = Network::new().chain;
	for number in 1..=100 {
		chain.owe(Account([number; 32]), number.into());
	}
	let before = chain.head();
	// WHEN somebody else claims
	let paid = claim(&*chain, &one(), before, JOB, &[]).await.unwrap();
	// THEN two calls of 64 and 36 pay 100 x 101 / 2
	assert_eq!(chain.head().number, before.number + 2);
	assert_eq!(paid.len(), 100);
	assert_eq!(paid.iter().map(|(_, amount)| amount).sum::<u128>(), 5_050);
	assert_eq!(chain.paid(), paid.into_iter().collect());
	// AND there is nothing to claim again
	let again = claim(&*chain, &one(), before, JOB, &[]).await;
	assert!(matches!(again, Err(SubmitterError::NothingToClaim(0))));
	assert_eq!(chain.paid().values().sum::<u128>(), 5_050);
}

#[tokio::test]
async fn a_claim_for_one_account_leaves_the_others_credits() {
	// GIVEN a job that owes to two
	let chain = Network::new().chain;
	let (dave, eve) = (account("//Dave"), account("//Eve"));
	chain.owe(dave, 7);
	chain.owe(eve, 8);
	// WHEN it is claimed for one of them
	let paid = claim(&*chain, &one(), chain.head(), JOB, &[dave]).await;
	// THEN only that one is paid
	assert_eq!(paid.unwrap(), [(dave, 7)]);
	assert_eq!(chain.unclaimed(), 8);
	// AND there is nothing for an account without a credit
	let nobody = claim(&*chain, &one(), chain.head(), JOB, &[dave]).await;
	assert!(matches!(nobody, Err(SubmitterError::NothingToClaim(0))));
}
