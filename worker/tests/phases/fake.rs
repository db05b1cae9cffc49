//! A chain in memory, with the protocol's own state machine in it.

use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Mutex,
};

use assay_protocol::{
	check_plan, plan_id, Balance, BlockNumber, CheckpointRef, FailReason, Fate, JobId, JobState,
	JobView, Ledger, Loss, Phase, Plan, Round, RoundEvent, RoundRecord, RoundState, RoundView,
	SealContext, Slot, SlotRecord, SlotState, Sweep, TaskClaim, TaskKey, TaskView, Terms,
	Transition, Unsealed, Verdict, VerdictClaim, ZERO_ROOT,
};
use assay_worker::{
	account::Account,
	chain::{
		Call, Chain, ChainError, Event, Head, Outcome, Receipt, Refused, Role, SubmitError,
		VerdictState,
	},
	keys::WorkerKey,
};
use tokio::sync::watch;

const GENESIS: [u8; 32] = [0x6e; 32];
const JOB: JobId = JobId(0);

/// One job that is worked on, on one chain. A transaction makes the next block at once.
pub(crate) struct Fake {
	state: Mutex<State>,
	heads: watch::Sender<Head>,
}

struct State {
	number: BlockNumber,
	validators: Vec<Account>,
	job: Job,
	lose_receipts: bool,
	/// Every seal that was sent for an attempt, by whom.
	seals: BTreeMap<(TaskKey, Account), BTreeSet<[u8; 32]>>,
	refused: Vec<(Account, Refused)>,
	verdicts: Vec<(TaskKey, Account, Verdict)>,
	paid: BTreeMap<Account, Balance>,
	/// Jobs that were posted, beside the one that runs. Nobody works on them.
	posted: Vec<Posted>,
	events: BTreeMap<BlockNumber, Vec<Event>>,
}

struct Posted {
	owner: Account,
	plan: Plan,
	terms: Terms,
	at: BlockNumber,
	state: JobState,
}

struct Job {
	plan: Plan,
	terms: Terms,
	state: JobState,
	members: Vec<Account>,
	number: Round,
	round: Option<RoundState>,
	slots: Vec<SlotRecord<Account>>,
	checkpoint: [u8; 32],
	sealed: BTreeMap<(Slot, u8), [u8; 32]>,
	ballots: BTreeMap<(Slot, u32, Account), Ballot>,
	claims: BTreeMap<Account, ([u8; 32], Loss)>,
	records: Vec<RoundRecord>,
	credits: BTreeMap<Account, Balance>,
}

#[derive(Clone, Copy)]
enum Ballot {
	Sealed([u8; 32]),
	Opened,
}

impl Fake {
	pub(crate) fn new(plan: Plan, terms: Terms, validators: Vec<Account>) -> Self {
		let job = Job {
			checkpoint: plan.parent.root,
			plan,
			terms,
			state: JobState::Open,
			members: Vec::new(),
			number: 0,
			round: None,
			slots: Vec::new(),
			sealed: BTreeMap::new(),
			ballots: BTreeMap::new(),
			claims: BTreeMap::new(),
			records: Vec::new(),
			credits: BTreeMap::new(),
		};
		let state = State {
			number: 1,
			validators,
			job,
			lose_receipts: false,
			seals: BTreeMap::new(),
			refused: Vec::new(),
			verdicts: Vec::new(),
			paid: BTreeMap::new(),
			posted: Vec::new(),
			events: BTreeMap::new(),
		};
		Self {
			state: Mutex::new(state),
			heads: watch::channel(head_of(1)).0,
		}
	}

	/// An empty block.
	pub(crate) fn tick(&self) {
		self.state.lock().unwrap().number += 1;
		self.announce();
	}

	pub(crate) fn head(&self) -> Head {
		head_of(self.state.lock().unwrap().number)
	}

	pub(crate) fn job_state(&self) -> JobState {
		self.state.lock().unwrap().job.state
	}

	pub(crate) fn phase(&self) -> Option<Phase> {
		self.state
			.lock()
			.unwrap()
			.job
			.round
			.map(|round| round.phase)
	}

	/// How many providers have joined.
	pub(crate) fn members(&self) -> usize {
		self.state.lock().unwrap().job.members.len()
	}

	pub(crate) fn unclaimed(&self) -> Balance {
		self.state.lock().unwrap().job.credits.values().sum()
	}

	pub(crate) fn paid(&self) -> BTreeMap<Account, Balance> {
		self.state.lock().unwrap().paid.clone()
	}

	pub(crate) fn records(&self) -> Vec<RoundRecord> {
		self.state.lock().unwrap().job.records.clone()
	}

	pub(crate) fn verdicts(&self) -> Vec<(TaskKey, Account, Verdict)> {
		self.state.lock().unwrap().verdicts.clone()
	}

	/// From now on every transaction arrives and its sender hears nothing of it.
	pub(crate) fn lose_receipts(&self, lose: bool) {
		self.state.lock().unwrap().lose_receipts = lose;
	}

	/// Credits an account, as accepted work does.
	pub(crate) fn owe(&self, account: Account, amount: Balance) {
		let mut state = self.state.lock().unwrap();
		*state.job.credits.entry(account).or_default() += amount;
	}

	/// How many jobs were posted.
	pub(crate) fn posted(&self) -> usize {
		self.state.lock().unwrap().posted.len()
	}

	/// The most seals that anybody sent for one attempt.
	pub(crate) fn most_seals(&self) -> usize {
		let state = self.state.lock().unwrap();
		state.seals.values().map(BTreeSet::len).max().unwrap_or(0)
	}

	/// Refused calls by name, but for those that several workers send at once.
	pub(crate) fn refused(&self) -> Vec<String> {
		let state = self.state.lock().unwrap();
		let races = [
			"jobs.advance",
			"proof_of_compute.draw",
			"proof_of_compute.claim_aggregate",
		];
		let own = state
			.refused
			.iter()
			.filter(|(_, refused)| !races.contains(&refused.call));
		own.map(|(account, refused)| format!("{account}: {refused}"))
			.collect()
	}

	fn announce(&self) {
		self.heads.send_replace(self.head());
	}
}

fn head_of(number: BlockNumber) -> Head {
	let mut hash = [0; 32];
	hash[..4].copy_from_slice(&number.to_le_bytes());
	Head { number, hash }
}

impl State {
	fn apply(&mut self, signer: Account, call: &Call) -> Result<(), &'static str> {
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
			Call::RevealTask { slot, reveal, .. } => {
				let record = self.slot(*slot)?;
				let key = (*slot, record.attempt);
				let context = self.context(signer, *slot)?;
				let claim = TaskClaim::of(context, self.job.checkpoint, ZERO_ROOT, reveal);
				if self.job.sealed.get(&key) != Some(&claim.seal()) {
					return Err("SealMismatch");
				}
				if !reveal.trace_agrees(&self.job.checkpoint, &ZERO_ROOT) {
					return Err("TraceMismatch");
				}
				self.job.slots[*slot as usize]
					.reveal(reveal.work())
					.map_err(|_| "WrongSlotState")?;
				self.note(RoundEvent::Revealed)
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
				self.claim_aggregate(signer, *checkpoint, *loss)
			}
			Call::Advance { .. } => self.advance(),
			Call::Claim { beneficiaries, .. } => self.claim(beneficiaries),
			_ => Err("NotInThisChain"),
		}
	}

	fn post(&mut self, owner: Account, plan: &Plan, terms: &Terms) -> Result<(), &'static str> {
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
		});
		Ok(())
	}

	/// Passes over accounts without a credit, as the chain does.
	fn claim(&mut self, beneficiaries: &[Account]) -> Result<(), &'static str> {
		assert!(beneficiaries.len() <= 64, "no such call can be encoded");
		let before = self.job.credits.len();
		for account in beneficiaries {
			if let Some(amount) = self.job.credits.remove(account) {
				*self.paid.entry(*account).or_default() += amount;
				self.note_event(Event::Claimed {
					job: JOB,
					beneficiary: *account,
					amount,
				});
			}
		}
		if self.job.credits.len() == before {
			return Err("NothingToClaim");
		}
		Ok(())
	}

	fn note_event(&mut self, event: Event) {
		self.events.entry(self.number).or_default().push(event);
	}

	fn posted_view(&self, job: JobId) -> Option<JobView<Account>> {
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

	fn join(&mut self, signer: Account) -> Result<(), &'static str> {
		if self.job.state != JobState::Open {
			return Err("JobOver");
		}
		if self.job.members.contains(&signer) {
			return Err("AlreadyMember");
		}
		self.job.members.push(signer);
		if self.job.members.len() == self.job.terms.providers as usize {
			self.job.state = JobState::Running;
			self.start_round();
		}
		Ok(())
	}

	fn start_round(&mut self) {
		let job = &mut self.job;
		job.round = Some(RoundState::start(
			job.terms.tasks,
			self.number,
			&job.terms.windows,
		));
		let members = job.members.len();
		job.slots = (0..job.terms.tasks as usize)
			.map(|slot| SlotRecord::assign(job.members[(slot + job.number as usize) % members]))
			.collect();
		job.sealed.clear();
		job.ballots.clear();
		job.claims.clear();
	}

	fn commit(&mut self, signer: Account, slot: Slot, seal: [u8; 32]) -> Result<(), &'static str> {
		let record = self.slot(slot)?.clone();
		let key = self.key(slot, record.attempt);
		self.seals.entry((key, signer)).or_default().insert(seal);
		if record.provider != signer {
			return Err("NotAssigned");
		}
		self.job.slots[slot as usize]
			.commit()
			.map_err(|_| "AlreadyCommitted")?;
		self.job.sealed.insert((slot, key.attempt), seal);
		self.note(RoundEvent::Committed)
	}

	fn draw(&mut self) -> Result<(), &'static str> {
		let from = self
			.job
			.round
			.and_then(|round| round.draw_from())
			.ok_or("NotDrawing")?;
		if self.number < from + 2 {
			return Err("OutputsNotReady");
		}
		self.note(RoundEvent::Drawn {
			seed: [0; 32],
			session: 0,
		})
	}

	fn seal(&mut self, signer: Account, slot: Slot, seal: [u8; 32]) -> Result<(), &'static str> {
		if self
			.job
			.round
			.is_some_and(|round| round.phase == Phase::Draw)
		{
			self.draw()?;
		}
		let round = self.job.round.ok_or("NotAssaying")?;
		if round.phase != Phase::Assay {
			return Err("NotAssaying");
		}
		let key = (slot, round.draw_index, signer);
		if self.job.ballots.contains_key(&key) {
			return Err("AlreadySealed");
		}
		let seats = self.job.terms.committee.min(self.validators.len() as u32);
		let record = self.job.slots.get_mut(slot as usize).ok_or("UnknownSlot")?;
		let complete = record.seal(seats).map_err(|_| "SlotNotOpen")?;
		self.job.ballots.insert(key, Ballot::Sealed(seal));
		self.note(RoundEvent::Sealed { complete })
	}

	fn unseal(
		&mut self,
		signer: Account,
		slot: Slot,
		verdict: Verdict,
		salt: [u8; 32],
	) -> Result<(), &'static str> {
		let round = self.job.round.ok_or("NotUnsealing")?;
		let key = (slot, round.draw_index, signer);
		let Some(Ballot::Sealed(sealed)) = self.job.ballots.get(&key).copied() else {
			return Err("AlreadyUnsealed");
		};
		let context = self.context(signer, slot)?;
		let claim = VerdictClaim {
			context,
			draw_index: round.draw_index,
			verdict,
			salt,
		};
		if claim.seal() != sealed {
			return Err("SealMismatch");
		}
		let quorum = self.job.terms.quorum;
		let task = self.key(slot, self.slot(slot)?.attempt);
		let opened = Unsealed {
			validator: signer,
			verdict,
			uptime_ppm: 1_000_000,
		};
		let record = &mut self.job.slots[slot as usize];
		let fate = record.unseal(opened, quorum).map_err(|_| "NotSealed")?;
		let (provider, price) = (record.provider, self.job.terms.price);
		self.job.ballots.insert(key, Ballot::Opened);
		self.verdicts.push((task, signer, verdict));
		if fate == Some(Fate::Accepted) {
			*self.job.credits.entry(provider).or_default() += price;
		}
		self.note(RoundEvent::Unsealed { fate })
	}

	fn claim_aggregate(
		&mut self,
		signer: Account,
		checkpoint: [u8; 32],
		loss: Loss,
	) -> Result<(), &'static str> {
		let round = self.job.round.ok_or("NotClosing")?;
		if round.phase != Phase::Close {
			return Err("NotClosing");
		}
		if self.job.claims.insert(signer, (checkpoint, loss)).is_some() {
			return Err("AlreadyClaimed");
		}
		let equal = self
			.job
			.claims
			.values()
			.filter(|claim| **claim == (checkpoint, loss))
			.count();
		if equal < self.job.terms.quorum as usize {
			return Ok(());
		}
		self.job.checkpoint = checkpoint;
		self.job.records.push(RoundRecord {
			round: self.job.number,
			checkpoint,
			loss,
			accepted: round.counts.accepted,
			dropped: round.counts.dropped,
			closed: self.number,
		});
		self.note(RoundEvent::Closed)
	}

	fn advance(&mut self) -> Result<(), &'static str> {
		let round = self.job.round.filter(|round| round.is_overdue(self.number));
		let round = round.ok_or("DeadlineAhead")?;
		let mut sweep = Sweep::default();
		for record in &mut self.job.slots {
			if let Some(fate) = record.sweep(round.phase, self.job.terms.quorum) {
				sweep.count(fate);
			}
		}
		self.note(RoundEvent::Swept(sweep))
	}

	fn note(&mut self, event: RoundEvent) -> Result<(), &'static str> {
		let round = self.job.round.as_mut().ok_or("JobNotRunning")?;
		let windows = self.job.terms.windows;
		match round
			.apply(event, self.number, &windows)
			.map_err(|_| "WrongPhase")?
		{
			Transition::Pass => self.reassign(),
			Transition::Closed => {
				self.job.number += 1;
				if self.job.number == self.job.terms.rounds {
					self.job.state = JobState::Completed;
					self.job.round = None;
				} else {
					self.start_round();
				}
			}
			Transition::Failed(reason) => self.job.state = JobState::Failed(reason),
			Transition::Restarted => self.job.claims.clear(),
			_ => {}
		}
		Ok(())
	}

	fn reassign(&mut self) {
		let job = &mut self.job;
		for record in &mut job.slots {
			if !matches!(record.state, SlotState::Redo(_)) {
				continue;
			}
			let next = job
				.members
				.iter()
				.find(|member| !record.failed.contains(member))
				.copied();
			let done = next.is_some_and(|member| record.reassign(member).is_ok());
			if !done {
				job.state = JobState::Failed(FailReason::TooFewProviders);
				return;
			}
		}
	}

	fn slot(&self, slot: Slot) -> Result<&SlotRecord<Account>, &'static str> {
		self.job.slots.get(slot as usize).ok_or("UnknownSlot")
	}

	fn key(&self, slot: Slot, attempt: u8) -> TaskKey {
		TaskKey {
			job: JOB,
			round: self.job.number,
			slot,
			attempt,
		}
	}

	fn context(&self, account: Account, slot: Slot) -> Result<SealContext<Account>, &'static str> {
		let attempt = self.slot(slot)?.attempt;
		let round = self.job.number;
		Ok(SealContext {
			genesis: GENESIS,
			job: JOB,
			round,
			slot,
			attempt,
			account,
		})
	}
}

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

	async fn job(&self, _: Head, job: JobId) -> Result<Option<JobView<Account>>, ChainError> {
		let state = self.state.lock().unwrap();
		if job != JOB {
			return Ok(state.posted_view(job));
		}
		let of = &state.job;
		Ok(Some(JobView {
			job,
			owner: Account([0; 32]),
			state: of.state,
			posted: 0,
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
			ledger: Ledger::default(),
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
		Ok(slots
			.map(|(record, slot)| TaskView {
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
				draw: round.draw,
				draw_from: round.draw_from(),
				draw_index: round.draw_index,
				committee: state.job.terms.committee,
				quorum: state.job.terms.quorum,
			})
			.collect())
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

	async fn validators(&self, _: Head) -> Result<usize, ChainError> {
		Ok(self.state.lock().unwrap().validators.len())
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

	async fn free_balance(&self, _: Head, _: Account) -> Result<Balance, ChainError> {
		Ok(0)
	}

	async fn block(&self, number: BlockNumber) -> Result<Option<Head>, ChainError> {
		Ok(Some(head_of(number)))
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
