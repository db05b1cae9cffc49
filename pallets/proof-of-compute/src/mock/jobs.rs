//! Jobs as this pallet sees them: the protocol's round machine, without money.

use super::{load, store, System};
use assay_protocol::{
	sampling, CheckpointRef, Counts, DataRef, FailReason, Fate, JobId, Loss, Outlook, Phase, Plan,
	Root, Round, RoundEvent, RoundFact, RoundState, RoundView, Slot, SlotRecord, SlotState, Sweep,
	TaskKey, TaskView, Transition, Unpaid, Unsealed, Windows, ZERO_ROOT,
};
use assay_traits::{Cause, Contract, Offence, Rounds};
use codec::{Decode, Encode};
use sp_runtime::{DispatchError, DispatchResult};

/// The only job of most tests.
pub(crate) const JOB: JobId = JobId(0);
/// The root that round 0 starts from.
pub(crate) const PARENT: Root = [7; 32];
/// Steps of a segment.
pub(crate) const STEPS: u32 = 4;
/// What is held for a task, and lost with it.
pub(crate) const TASK_STAKE: u128 = 1_000;

/// The terms that matter here.
#[derive(Clone, Copy, Debug, Encode, Decode)]
pub(crate) struct Setup {
	pub(crate) tasks: u32,
	pub(crate) rounds: u32,
	pub(crate) committee: u32,
	pub(crate) quorum: u32,
	/// The rate with which every task is drawn.
	pub(crate) rate_ppm: u32,
	pub(crate) providers: u32,
	pub(crate) window: u32,
	pub(crate) segments: u32,
}

impl Default for Setup {
	fn default() -> Self {
		Self {
			tasks: 1,
			rounds: 1,
			committee: 3,
			quorum: 2,
			rate_ppm: 1_000_000,
			providers: 3,
			window: 10,
			segments: 1,
		}
	}
}

/// A job.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Job {
	pub(crate) setup: Setup,
	pub(crate) members: Vec<u64>,
	pub(crate) number: Round,
	pub(crate) parent: Root,
	pub(crate) slot_roots: Vec<Root>,
	pub(crate) round: RoundState,
	pub(crate) slots: Vec<SlotRecord<u64>>,
	pub(crate) is_over: bool,
	/// The agreed checkpoints.
	pub(crate) closed: Vec<(Root, Loss)>,
	/// Providers of accepted tasks.
	pub(crate) paid: Vec<u64>,
	/// Validators whose verdicts are paid, and their uptimes.
	pub(crate) fees: Vec<(u64, u32)>,
	/// Reasons of unpaid attempts.
	pub(crate) unpaid: Vec<Unpaid>,
	/// Why it failed.
	pub(crate) failed: Option<FailReason>,
}

impl Job {
	fn windows(&self) -> Windows {
		let window = self.setup.window;
		Windows {
			open: window,
			train: window,
			reveal: window,
			assay: window,
			unseal: window,
			close: window,
			challenge: 0,
		}
	}

	fn start_round(&mut self) {
		let (tasks, members) = (self.setup.tasks, self.members.len());
		self.round = RoundState::start(tasks, System::block_number(), &self.windows());
		self.slots = (0..tasks as usize)
			.map(|slot| SlotRecord::assign(self.members[(slot + self.number as usize) % members]))
			.collect();
	}

	fn record(&mut self, slot: Slot) -> Result<&mut SlotRecord<u64>, DispatchError> {
		self.slots
			.get_mut(slot as usize)
			.ok_or(DispatchError::Other("UnknownSlot"))
	}

	fn meet(&mut self, slot: Slot, fate: Fate) {
		let record = self.slots[slot as usize].clone();
		match fate {
			Fate::Accepted => {
				self.paid.push(record.provider);
				super::accept(self.number, slot, self.parent, &record);
			}
			Fate::Redo(reason) | Fate::Dropped(reason) => {
				self.unpaid.push(reason);
				self.punish(slot, &record, reason);
			}
			Fate::BadPlan => self.unpaid.push(Unpaid::BadPlan),
			Fate::Undecided => {}
		}
		let paid = record
			.paid_verdicts()
			.map(|open| (open.validator, open.uptime_ppm));
		self.fees.extend(paid);
	}

	/// What pallet-jobs reports to pallet-slashing.
	fn punish(&self, slot: Slot, record: &SlotRecord<u64>, reason: Unpaid) {
		let (cause, amount) = match reason {
			Unpaid::MissedCommit => (Cause::MissedCommit, TASK_STAKE / 10),
			Unpaid::MissedReveal => (Cause::MissedReveal, TASK_STAKE / 10),
			_ => return,
		};
		let mut reports = offences();
		reports.push(Offence {
			offender: record.provider,
			task: TaskKey {
				job: JOB,
				round: self.number,
				slot,
				attempt: record.attempt,
			},
			cause,
			amount,
			informers: Default::default(),
		});
		store("offences", &reports);
	}

	fn apply(&mut self, event: RoundEvent) -> DispatchResult {
		let (now, windows) = (System::block_number(), self.windows());
		let outlook = self.round.outlook;
		let transition = self
			.round
			.apply(event, now, &windows)
			.map_err(|_| DispatchError::Other("RoundError"))?;
		match transition {
			Transition::Pass => self.reassign(),
			Transition::Failed(reason) => {
				self.failed = Some(reason);
				self.is_over = true;
			}
			Transition::Closed => self.end_round(outlook, event),
			_ => {}
		}
		Ok(())
	}

	/// The next round begins, if there is one. At a deadline the agreed claims close this one.
	fn end_round(&mut self, outlook: Outlook, event: RoundEvent) {
		if let (Outlook::Agreed { checkpoint, loss }, RoundEvent::Swept(_)) = (outlook, event) {
			self.closed.push((checkpoint, loss));
			self.parent = checkpoint;
		}
		if self.number + 1 < self.setup.rounds {
			self.number += 1;
			self.start_round();
		} else {
			self.is_over = true;
		}
	}

	fn reassign(&mut self) {
		let members = self.members.clone();
		for record in &mut self.slots {
			if let SlotState::Redo(_) = record.state {
				match members
					.iter()
					.find(|member| !record.failed.contains(member))
				{
					Some(member) => record.reassign(*member).unwrap(),
					None => self.is_over = true,
				}
			}
		}
	}
}

/// The offences reported so far.
pub(crate) fn offences() -> Vec<Offence<u64>> {
	load("offences").unwrap_or_default()
}

/// A job, also after its end.
pub(crate) fn job(id: JobId) -> Job {
	load(("job", id)).unwrap()
}

/// Starts [`JOB`].
pub(crate) fn start(setup: Setup) {
	start_as(JOB, setup);
}

/// Starts a job in round 0; its providers are 101, 102 and so on.
pub(crate) fn start_as(id: JobId, setup: Setup) {
	let windows = Windows {
		open: 2,
		train: 2,
		reveal: 2,
		assay: 2,
		unseal: 2,
		close: 2,
		challenge: 0,
	};
	let mut job = Job {
		setup,
		members: (0..u64::from(setup.providers))
			.map(|index| 101 + index)
			.collect(),
		number: 0,
		parent: PARENT,
		slot_roots: vec![ZERO_ROOT; setup.tasks as usize],
		round: RoundState::start(setup.tasks, 0, &windows),
		slots: vec![],
		is_over: false,
		closed: vec![],
		paid: vec![],
		fees: vec![],
		unpaid: vec![],
		failed: None,
	};
	job.start_round();
	store(("job", id), &job);
}

/// The submitter takes a job back.
pub(crate) fn cancel(id: JobId) {
	let mut job = job(id);
	job.round.abandon(System::block_number());
	job.is_over = true;
	store(("job", id), &job);
}

/// Ends a phase whose deadline is over.
pub(crate) fn advance(id: JobId) -> DispatchResult {
	let mut job = job(id);
	assert!(!job.is_over);
	let (phase, quorum) = (job.round.phase, job.setup.quorum);
	let mut sweep = Sweep::default();
	for slot in 0..job.setup.tasks {
		if let Some(fate) = job.slots[slot as usize].sweep(phase, quorum) {
			sweep.count(fate);
			job.meet(slot, fate);
		}
	}
	job.apply(RoundEvent::Swept(sweep))?;
	store(("job", id), &job);
	Ok(())
}

/// Waits for the deadline of the current phase, then ends the phase.
pub(crate) fn miss_deadline(id: JobId) {
	super::run_to(job(id).round.deadline + 1);
	advance(id).unwrap();
}

/// A plan whose tasks have [`STEPS`] steps to a segment.
fn plan(segments: u32) -> Plan {
	Plan {
		step: assay_numerics::samples::byte_mlp(8, 16, &[32], 16),
		data: DataRef {
			root: [1; 32],
			bytes: 1 << 20,
		},
		steps: segments * STEPS,
		stride: STEPS,
		parent: CheckpointRef {
			root: PARENT,
			bytes: 1,
		},
		seed: [3; 32],
		eval_rows: 1_024,
	}
}

/// What pallet-jobs answers and is told.
#[derive(Debug)]
pub struct MockRounds;

impl MockRounds {
	fn running(id: JobId) -> Result<Job, DispatchError> {
		load::<Job>(("job", id))
			.filter(|job| !job.is_over)
			.ok_or(DispatchError::Other("NotRunning"))
	}
}

impl Rounds<u64> for MockRounds {
	fn task(id: JobId, slot: Slot) -> Result<TaskView<u64>, DispatchError> {
		let mut job = Self::running(id)?;
		let record = job.record(slot)?.clone();
		Ok(TaskView {
			job: id,
			round: job.number,
			slot,
			attempt: record.attempt,
			provider: record.provider,
			state: record.state,
			phase: job.round.phase,
			since: job.round.since,
			deadline: job.round.deadline,
			parent: job.parent,
			slot_root: job.slot_roots[slot as usize],
			work: record.work,
			failure: record.failure,
			draw: job.round.draw,
			draw_from: job.round.draw_from(),
			draw_index: job.round.draw_index,
			segments: job.setup.segments,
			segment: sampling::drawn_segment(
				&job.round,
				slot,
				record.attempt,
				record.state,
				job.setup.segments,
				record.rate_ppm,
			)
			.filter(|_| record.failure.is_none()),
			rate_ppm: record.rate_ppm,
			committee: job
				.round
				.draw
				.map_or(job.setup.committee, |draw| draw.seats),
			quorum: job.setup.quorum,
		})
	}

	fn round(id: JobId) -> Result<RoundView, DispatchError> {
		let job = Self::running(id)?;
		Ok(RoundView {
			job: id,
			round: job.number,
			state: job.round,
			draw_from: job.round.draw_from(),
			parent: job.parent,
			committee: job.setup.committee,
			quorum: job.setup.quorum,
		})
	}

	fn contract(id: JobId) -> Result<Contract, DispatchError> {
		let job = Self::running(id)?;
		Ok(Contract {
			plan: plan(job.setup.segments),
			price: TASK_STAKE,
			task_stake: TASK_STAKE,
			verdict_fee: TASK_STAKE,
		})
	}

	fn note_slash(_: JobId, _: &u64, _: u128) {
		unreachable!("pallet-disputes notes what it slashes")
	}

	fn note(id: JobId, fact: RoundFact<u64>) -> DispatchResult {
		let mut job = Self::running(id)?;
		let refused = |_| DispatchError::Other("SlotError");
		let (committee, job_rate) = (job.setup.committee, job.setup.rate_ppm);
		let event = match fact {
			RoundFact::Committed { slot } => {
				job.record(slot)?.commit().map_err(refused)?;
				RoundEvent::Committed
			}
			RoundFact::Revealed { slot, work } => {
				job.record(slot)?.reveal(work, job_rate).map_err(refused)?;
				RoundEvent::Revealed
			}
			RoundFact::FailureRevealed { slot, failure } => {
				job.record(slot)?.reveal_failure(failure).map_err(refused)?;
				RoundEvent::Revealed
			}
			RoundFact::Drawn { seed, session } => RoundEvent::Drawn {
				seed,
				session,
				committee,
			},
			RoundFact::Sealed { slot, seats, .. } => {
				let complete = job.record(slot)?.seal(seats).map_err(refused)?;
				RoundEvent::Sealed { complete }
			}
			RoundFact::Unsealed {
				slot,
				validator,
				verdict,
				uptime_ppm,
			} => {
				let quorum = job.setup.quorum;
				let open = Unsealed {
					validator,
					verdict,
					uptime_ppm,
				};
				let fate = job.record(slot)?.unseal(open, quorum).map_err(refused)?;
				if let Some(fate) = fate {
					job.meet(slot, fate);
				}
				RoundEvent::Unsealed { fate }
			}
			RoundFact::Disputed { slot } => {
				job.record(slot)?.dispute().map_err(refused)?;
				RoundEvent::Disputed
			}
			RoundFact::Closed { checkpoint, loss } => {
				job.closed.push((checkpoint, loss));
				job.parent = checkpoint;
				RoundEvent::Closed
			}
			RoundFact::Stands { outlook } => RoundEvent::Stands(outlook),
		};
		job.apply(event)?;
		store(("job", id), &job);
		Ok(())
	}
}

/// The counters of every running round add up.
pub(crate) fn check_jobs() {
	for id in [JOB, JobId(1)] {
		let Some(job) = load::<Job>(("job", id)).filter(|job| !job.is_over) else {
			continue;
		};
		let Counts {
			open,
			redo,
			undecided,
			accepted,
			dropped,
			..
		} = job.round.counts;
		assert_eq!(
			open + redo + undecided + accepted + dropped,
			job.setup.tasks
		);
		assert_ne!(job.round.phase, Phase::Ended);
	}
}

/// What benchmarks begin with.
#[cfg(feature = "runtime-benchmarks")]
#[derive(Debug)]
pub struct MockJobs;

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<u64> for MockJobs {
	fn start_job(tasks: u32, committee: u32, segments: u32) -> crate::benchmarking::Prepared<u64> {
		let validators = 1..=u64::from(assay_protocol::limits::MAX_AUTHORITIES);
		super::set_session(0, validators.clone());
		start(Setup {
			tasks,
			committee,
			quorum: assay_protocol::draw::least_quorum(committee),
			rate_ppm: 1_000_000,
			rounds: 2,
			providers: 2,
			window: 1_000,
			segments,
		});
		crate::benchmarking::Prepared {
			job: JOB,
			workers: validators
				.chain([101, 102])
				.map(|stash| stash + 1_000)
				.collect(),
		}
	}

	fn fill_beacon(from: u32, slots: u32) {
		super::record_block(from - 1, u64::from(from - 1), true);
		for block in from..from + slots {
			super::record_block(block, u64::from(block), block >= from + slots / 2);
		}
	}

	fn end_job(job: JobId) {
		cancel(job);
	}
}
