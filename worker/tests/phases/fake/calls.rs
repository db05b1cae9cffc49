//! Transactions: which there are, and those that need no round.

use assay_protocol::{AggregateClaim, JobState};
use assay_worker::{
	account::Account,
	chain::{Call, Detail, Event},
};

use super::{State, JOB};

impl State {
	pub(super) fn apply(&mut self, signer: Account, call: &Call) -> Result<(), &'static str> {
		match call {
			Call::PostJob { plan, terms } => self.post(signer, plan, terms),
			Call::CancelJob { job } => {
				let index = job.0.checked_sub(1).ok_or("NotOwner")?;
				let posted = self.posted.get_mut(index as usize).ok_or("UnknownJob")?;
				posted.state = JobState::Cancelled;
				Ok(())
			}
			Call::JoinJob { .. } => self.join(signer),
			Call::CommitTask { slot, seal, .. } => self.commit(signer, *slot, *seal),
			Call::RevealTask { slot, reveal, .. } => self.reveal(signer, *slot, reveal),
			Call::RevealFailure { slot, failure, .. } => {
				self.reveal_failure(signer, *slot, failure)
			}
			Call::Draw { .. } => self.draw(),
			Call::SealVerdict { slot, seal, .. } => self.seal(signer, *slot, *seal),
			Call::RevealVerdict {
				slot,
				verdict,
				salt,
				..
			} => self.unseal(signer, *slot, *verdict, *salt),
			Call::ClaimAggregate {
				round,
				checkpoint,
				loss,
				..
			} => {
				if *round != self.job.number {
					return Err("RoundMismatch");
				}
				let (checkpoint, loss) = (*checkpoint, *loss);
				self.claim_aggregate(signer, AggregateClaim { checkpoint, loss })
			}
			Call::Advance { .. } => self.advance(),
			Call::Claim { beneficiaries, .. } => self.claim(beneficiaries),
			Call::AskDispute { task, ask } => self.ask(signer, *task, ask),
			Call::AnswerDispute { task, answer } => self.answer(signer, *task, answer),
			Call::ProveDispute { task, proof } => self.prove(*task, proof),
			Call::EndDispute { task } => self.end_dispute(*task),
			Call::DisputeAccepted { task, trace } => self.dispute_accepted(signer, *task, trace),
			Call::ReleaseStakes { tasks } => self.release_stakes(tasks),
			Call::ShowCheckpoint { layer, .. } => self.show_checkpoint(layer),
			Call::ChooseNode { index, .. } => self.choose_node(signer, *index),
			Call::AddUpdates {
				parent, updates, ..
			} => self.add_updates(parent.as_deref(), updates),
			Call::EndConflict { .. } => self.end_conflict(),
			_ => Err("NotInThisChain"),
		}
	}

	/// Passes over accounts without a credit, as the chain does.
	fn claim(&mut self, beneficiaries: &[Account]) -> Result<(), &'static str> {
		assert!(beneficiaries.len() <= 64, "no such call can be encoded");
		let before = self.job.credits.len();
		for account in beneficiaries {
			self.pay_out(*account);
		}
		if self.job.credits.len() == before {
			return Err("NothingToClaim");
		}
		self.settle();
		Ok(())
	}

	pub(super) fn note_event(&mut self, event: Event) {
		self.events.entry(self.number).or_default().push(event);
	}

	fn join(&mut self, signer: Account) -> Result<(), &'static str> {
		if self.job.state != JobState::Open {
			return Err("JobOver");
		}
		if self.job.members.contains(&signer) {
			return Err("AlreadyMember");
		}
		self.job.members.push(signer);
		let (job, provider) = (JOB, signer);
		self.note_event(Event::ProviderJoined { job, provider });
		if self.job.members.len() == self.job.terms.providers as usize {
			self.job.state = JobState::Running;
			self.note_event(Event::Detail(Detail::JobStarted { job: JOB }));
			self.start_round();
		}
		Ok(())
	}
}
