//! The chain as workers see it.

use assay_protocol::{
	check_plan, plan_id, sampling::drawn_segment, Balance, BlockNumber, CheckpointRef, JobId,
	JobState, JobView, Phase, Root, Round, RoundRecord, RoundView, Slot, SlotRecord, TaskKey,
	TaskView, ZERO_ROOT,
};
use assay_worker::{
	account::Account,
	chain::{
		AcceptedTask, Call, Chain, ChainError, ConflictView, DisputeView, Event, Head, Outcome,
		Receipt, Refused, Role, SubmitError, VerdictState,
	},
	keys::WorkerKey,
};

use super::{head_of, Ballot, Fake, GENESIS, JOB, OWNER};

impl Chain for Fake {
	fn genesis(&self) -> [u8; 32] {
		GENESIS
	}

	async fn next_head(&self, after: Option<Head>) -> Result<Head, ChainError> {
		let mut heads = self.heads.subscribe();
		let later = |head: &Head| after.is_none_or(|after| head.number > after.number);
		let head = heads
			.wait_for(later)
			.await
			.expect("the sender lives as long as self; qed");
		Ok(*head)
	}

	async fn live_jobs(&self, _: Head) -> Result<Vec<JobId>, ChainError> {
		let state = self.state.lock().unwrap();
		let posted = state.posted.iter().map(|job| job.state);
		let jobs = std::iter::once(state.job.state).chain(posted).zip(0..);
		Ok(jobs
			.filter(|(state, _)| matches!(state, JobState::Open | JobState::Running))
			.map(|(_, id)| JobId(id))
			.collect())
	}

	async fn job(&self, at: Head, job: JobId) -> Result<Option<JobView<Account>>, ChainError> {
		let state = self.state.lock().unwrap();
		if state.pruned.is_some_and(|block| at.number >= block) {
			return Ok(None);
		}
		if job != JOB {
			return Ok(state.posted_view(job));
		}
		let of = &state.job;
		Ok(Some(JobView {
			job,
			owner: OWNER,
			state: of.state,
			posted: 1,
			join_deadline: of.terms.windows.open,
			plan_id: plan_id(&of.plan),
			plan: of.plan.clone(),
			facts: check_plan(&of.plan).expect("tests post good plans; qed"),
			terms: of.terms,
			members: of.members.len() as u32,
			round: of.number,
			checkpoint: CheckpointRef {
				root: of.checkpoint,
				bytes: of.plan.parent.bytes,
			},
			ledger: state.books.ledger,
		}))
	}

	async fn is_member(&self, _: Head, _: JobId, stash: Account) -> Result<bool, ChainError> {
		Ok(self.state.lock().unwrap().job.members.contains(&stash))
	}

	async fn round(&self, _: Head, job: JobId) -> Result<Option<RoundView>, ChainError> {
		let state = self.state.lock().unwrap();
		Ok(state.job.round.map(|round| RoundView {
			job,
			round: state.job.number,
			state: round,
			draw_from: round.draw_from(),
			parent: state.job.checkpoint,
			committee: state.job.terms.committee,
			quorum: state.job.terms.quorum,
		}))
	}

	async fn tasks(&self, _: Head, job: JobId) -> Result<Vec<TaskView<Account>>, ChainError> {
		let state = self.state.lock().unwrap();
		let Some(round) = state.job.round else {
			return Ok(Vec::new());
		};
		let slots = state.job.slots.iter().zip(0..);
		let segments = state.job.plan.segments();
		Ok(slots
			.map(|(record, slot): (&SlotRecord<Account>, Slot)| TaskView {
				job,
				round: state.job.number,
				slot,
				attempt: record.attempt,
				provider: record.provider,
				state: record.state,
				phase: round.phase,
				since: round.since,
				deadline: round.deadline,
				parent: state.job.checkpoint,
				slot_root: ZERO_ROOT,
				work: record.work,
				failure: record.failure,
				draw: round.draw,
				draw_from: round.draw_from(),
				draw_index: round.draw_index,
				segments,
				segment: drawn_segment(
					&round,
					slot,
					record.attempt,
					record.state,
					segments,
					record.rate_ppm,
				)
				.filter(|_| record.failure.is_none()),
				rate_ppm: record.rate_ppm,
				committee: state.job.terms.committee,
				quorum: state.job.terms.quorum,
			})
			.collect())
	}

	async fn trace(&self, _: Head, _: JobId, slot: Slot) -> Result<Vec<Root>, ChainError> {
		Ok(self.slots().swap_remove(slot as usize).1)
	}

	async fn committee(&self, _: Head, _: JobId, _: Slot) -> Result<Vec<Account>, ChainError> {
		let state = self.state.lock().unwrap();
		let phase = state.job.round.map(|round| round.phase);
		let is_judged = matches!(phase, Some(Phase::Assay | Phase::Unseal));
		Ok(if is_judged {
			state.validators.clone()
		} else {
			Vec::new()
		})
	}

	async fn closers(&self, _: Head, _: JobId) -> Result<Vec<Account>, ChainError> {
		let state = self.state.lock().unwrap();
		let is_closing = state
			.job
			.round
			.is_some_and(|round| round.phase == Phase::Close);
		Ok(if is_closing {
			state.validators.clone()
		} else {
			Vec::new()
		})
	}

	async fn verdict_state(
		&self,
		_: Head,
		task: TaskKey,
		draw: u32,
		validator: Account,
	) -> Result<VerdictState, ChainError> {
		let state = self.state.lock().unwrap();
		Ok(match state.job.ballots.get(&(task.slot, draw, validator)) {
			None => VerdictState::Absent,
			Some(Ballot::Sealed(_)) => VerdictState::Sealed,
			Some(Ballot::Opened) => VerdictState::Revealed,
		})
	}

	async fn has_claimed(
		&self,
		_: Head,
		_: JobId,
		_: Round,
		_: u8,
		validator: Account,
	) -> Result<bool, ChainError> {
		Ok(self
			.state
			.lock()
			.unwrap()
			.job
			.claims
			.contains_key(&validator))
	}

	async fn disputes_of(&self, _: Head, stash: Account) -> Result<Vec<TaskKey>, ChainError> {
		Ok(self.state.lock().unwrap().disputes.of(stash))
	}

	async fn open_disputes(&self, _: Head) -> Result<Vec<TaskKey>, ChainError> {
		Ok(self.state.lock().unwrap().disputes.open())
	}

	async fn dispute(&self, _: Head, task: TaskKey) -> Result<Option<DisputeView>, ChainError> {
		Ok(self.state.lock().unwrap().dispute_view(task))
	}

	async fn accepted(&self, _: Head, task: TaskKey) -> Result<Option<AcceptedTask>, ChainError> {
		Ok(self.state.lock().unwrap().accepted.get(&task).cloned())
	}

	async fn accepted_of(
		&self,
		_: Head,
		stash: Account,
	) -> Result<Vec<(TaskKey, AcceptedTask)>, ChainError> {
		let state = self.state.lock().unwrap();
		let of = state.accepted.iter();
		let of = of.filter(|(_, of)| of.provider == stash);
		Ok(of.map(|(task, of)| (*task, of.clone())).collect())
	}

	async fn conflicts_of(
		&self,
		_: Head,
		stash: Account,
	) -> Result<Vec<(JobId, Round)>, ChainError> {
		Ok(self.state.lock().unwrap().conflicts_of(stash))
	}

	async fn conflict(
		&self,
		_: Head,
		_: JobId,
		_: Round,
	) -> Result<Option<ConflictView>, ChainError> {
		Ok(self.state.lock().unwrap().conflict_view())
	}

	async fn claimable(&self, _: Head, _: JobId, stash: Account) -> Result<Balance, ChainError> {
		Ok(self
			.state
			.lock()
			.unwrap()
			.job
			.credits
			.get(&stash)
			.copied()
			.unwrap_or(0))
	}

	async fn credits(&self, _: Head, _: JobId) -> Result<Vec<(Account, Balance)>, ChainError> {
		let state = self.state.lock().unwrap();
		Ok(state.job.credits.clone().into_iter().collect())
	}

	async fn rounds(&self, _: Head, _: JobId) -> Result<Vec<RoundRecord>, ChainError> {
		Ok(self.records())
	}

	async fn stash_of(&self, _: Head, worker: Account) -> Result<Option<Account>, ChainError> {
		Ok(Some(worker))
	}

	async fn bonded(&self, _: Head, _: Account, _: Role) -> Result<bool, ChainError> {
		Ok(true)
	}

	async fn free_balance(&self, _: Head, account: Account) -> Result<Balance, ChainError> {
		let state = self.state.lock().unwrap();
		Ok(state.free.get(&account).copied().unwrap_or(1 << 60))
	}

	async fn block(&self, number: BlockNumber) -> Result<Option<Head>, ChainError> {
		let is_there = self.state.lock().unwrap().missing != Some(number);
		Ok(is_there.then(|| head_of(number)))
	}

	async fn next_job(&self, at: Head) -> Result<JobId, ChainError> {
		Ok(self.state.lock().unwrap().next_job(at.number))
	}

	async fn events(&self, at: Head) -> Result<Vec<Event>, ChainError> {
		let state = self.state.lock().unwrap();
		Ok(state.events.get(&at.number).cloned().unwrap_or_default())
	}

	async fn submit(&self, key: &WorkerKey, calls: Vec<Call>) -> Result<Receipt, SubmitError> {
		let (receipt, lost) = {
			let mut state = self.state.lock().unwrap();
			state.number += 1;
			let outcomes = calls.iter().map(|call| -> Outcome {
				state.apply(key.account(), call).map_err(|error| {
					let (pallet, error) = ("Fake".to_owned(), error.to_owned());
					let refused = Refused {
						call: call.name(),
						pallet,
						error,
					};
					state.refused.push((key.account(), refused.clone()));
					refused
				})
			});
			let outcomes = outcomes.collect();
			(
				Receipt {
					at: head_of(state.number),
					outcomes,
				},
				state.lose_receipts,
			)
		};
		self.announce();
		if lost {
			let calls = "everything".to_owned();
			return Err(SubmitError::Unseen { calls, seconds: 0 });
		}
		Ok(receipt)
	}
}
