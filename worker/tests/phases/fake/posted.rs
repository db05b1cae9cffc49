//! Jobs that are posted beside the one that runs.

use assay_protocol::{
	check_plan, plan_id, BlockNumber, JobId, JobState, JobView, Ledger, Plan, Terms,
};
use assay_worker::{account::Account, chain::Event};

use super::State;

/// A job that nobody works on.
pub(super) struct Posted {
	owner: Account,
	plan: Plan,
	terms: Terms,
	at: BlockNumber,
	pub(super) state: JobState,
}

impl State {
	pub(super) fn post(
		&mut self,
		owner: Account,
		plan: &Plan,
		terms: &Terms,
	) -> Result<(), &'static str> {
		self.posted.push(Posted {
			owner,
			plan: plan.clone(),
			terms: *terms,
			at: self.number,
			state: JobState::Open,
		});
		let job = JobId(self.posted.len() as u64);
		self.note_event(Event::JobPosted {
			job,
			owner,
			escrow: 0,
			plan_id: plan_id(plan),
		});
		Ok(())
	}

	/// The id that the next job after this block has.
	pub(super) fn next_job(&self, at: BlockNumber) -> JobId {
		let posted = self.posted.iter().filter(|of| of.at <= at).count();
		JobId(u64::from(at > 0) + posted as u64)
	}

	pub(super) fn posted_view(&self, job: JobId) -> Option<JobView<Account>> {
		let of = self
			.posted
			.get(usize::try_from(job.0.checked_sub(1)?).ok()?)?;
		Some(JobView {
			job,
			owner: of.owner,
			state: of.state,
			posted: of.at,
			join_deadline: of.at + of.terms.windows.open,
			plan_id: plan_id(&of.plan),
			plan: of.plan.clone(),
			facts: check_plan(&of.plan).expect("tests post good plans; qed"),
			terms: of.terms,
			members: 0,
			round: 0,
			checkpoint: of.plan.parent,
			ledger: Ledger::default(),
		})
	}
}
