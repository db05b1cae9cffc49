//! A chain in memory, with the protocol's own state machine in it.

mod accepted;
mod books;
mod calls;
mod conflicts;
mod disputes;
mod moves;
mod posted;
mod reads;
mod rounds;
mod told;

use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Mutex,
};

use assay_protocol::{
	Balance, BlockNumber, Fate, JobId, JobState, Loss, Phase, Plan, Root, Round, RoundRecord,
	RoundState, Slot, SlotRecord, TaskKey, Terms, Verdict,
};
use assay_worker::{
	account::Account,
	chain::{AcceptedTask, Event, Head, Refused},
};
use tokio::sync::watch;

use self::{books::Books, conflicts::Conflicts, disputes::Disputes, posted::Posted};
pub(crate) use self::{
	books::OWNER,
	disputes::{Ended, PLEDGE},
};

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
	/// What every draw has for its seed.
	seed: [u8; 32],
	/// The rate with which all work is drawn.
	rate_ppm: u32,
	/// Every seal that was sent for an attempt, by whom.
	seals: BTreeMap<(TaskKey, Account), BTreeSet<[u8; 32]>>,
	refused: Vec<(Account, Refused)>,
	verdicts: Vec<(TaskKey, Account, Verdict)>,
	fates: Vec<(TaskKey, Fate)>,
	paid: BTreeMap<Account, Balance>,
	/// Jobs that were posted, beside the one that runs. Nobody works on them.
	posted: Vec<Posted>,
	events: BTreeMap<BlockNumber, Vec<Event>>,
	books: Books,
	disputes: Disputes,
	/// Accepted work in its challenge window.
	accepted: BTreeMap<TaskKey, AcceptedTask>,
	/// What accounts can spend that have less than enough.
	free: BTreeMap<Account, Balance>,
	conflicts: Conflicts,
	/// The block in which the job was removed.
	pruned: Option<BlockNumber>,
	/// A block that this node does not have.
	missing: Option<BlockNumber>,
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
	traces: BTreeMap<(Slot, u8), Vec<Root>>,
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
			traces: BTreeMap::new(),
			ballots: BTreeMap::new(),
			claims: BTreeMap::new(),
			records: Vec::new(),
			credits: BTreeMap::new(),
		};
		let books = Books::open(&terms);
		let mut state = State {
			number: 1,
			validators,
			job,
			lose_receipts: false,
			seed: [0; 32],
			rate_ppm: 1_000_000,
			seals: BTreeMap::new(),
			refused: Vec::new(),
			verdicts: Vec::new(),
			fates: Vec::new(),
			paid: BTreeMap::new(),
			posted: Vec::new(),
			events: BTreeMap::new(),
			books,
			disputes: Disputes::default(),
			accepted: BTreeMap::new(),
			free: BTreeMap::new(),
			conflicts: Conflicts::default(),
			pruned: None,
			missing: None,
		};
		state.tell_posted();
		Self {
			state: Mutex::new(state),
			heads: watch::channel(head_of(1)).0,
		}
	}

	/// An empty block.
	pub(crate) fn tick(&self) {
		self.in_next_block(|state| {
			state.sweep_disputes();
			state.sweep_accepted();
		});
	}

	pub(crate) fn head(&self) -> Head {
		head_of(self.state.lock().unwrap().number)
	}

	pub(crate) fn job_state(&self) -> JobState {
		self.state.lock().unwrap().job.state
	}

	/// The number of the current round.
	pub(crate) fn round(&self) -> Round {
		self.state.lock().unwrap().job.number
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

	/// What the verdicts made of every attempt that was judged.
	pub(crate) fn fates(&self) -> Vec<(TaskKey, Fate)> {
		self.state.lock().unwrap().fates.clone()
	}

	/// From now on every transaction arrives and its sender hears nothing of it.
	pub(crate) fn lose_receipts(&self, lose: bool) {
		self.state.lock().unwrap().lose_receipts = lose;
	}

	/// From now on what is revealed is drawn with this rate.
	pub(crate) fn draw_at(&self, rate_ppm: u32) {
		self.state.lock().unwrap().rate_ppm = rate_ppm;
	}

	/// From now on every draw has this seed.
	pub(crate) fn draw_with(&self, seed: [u8; 32]) {
		self.state.lock().unwrap().seed = seed;
	}

	/// Where the slots of the round are, and the borders of what is revealed of them.
	pub(crate) fn slots(&self) -> Vec<(SlotRecord<Account>, Vec<Root>)> {
		let job = &self.state.lock().unwrap().job;
		let trace_of = |(record, slot): (&SlotRecord<Account>, Slot)| {
			let trace = job.traces.get(&(slot, record.attempt));
			(record.clone(), trace.cloned().unwrap_or_default())
		};
		job.slots.iter().zip(0..).map(trace_of).collect()
	}

	/// Credits an account, as accepted work does.
	pub(crate) fn owe(&self, account: Account, amount: Balance) {
		let mut state = self.state.lock().unwrap();
		*state.job.credits.entry(account).or_default() += amount;
	}

	/// From now on an account can spend only so much.
	pub(crate) fn make_poor(&self, account: Account, free: Balance) {
		self.state.lock().unwrap().free.insert(account, free);
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
			"disputes.end_conflict",
		];
		let own = state
			.refused
			.iter()
			.filter(|(_, refused)| !races.contains(&refused.call));
		own.map(|(account, refused)| format!("{account}: {refused}"))
			.collect()
	}

	fn in_next_block(&self, change: impl FnOnce(&mut State)) {
		{
			let mut state = self.state.lock().unwrap();
			state.number += 1;
			change(&mut state);
		}
		self.announce();
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
