//! What proof-of-compute and the people of a job do, one line each.

use assay_numerics::referee::Part;
use assay_protocol::{
	Balance, BlockNumber, Failure, JobId, JobState, Loss, Phase, Root, RoundFact, RoundState, Slot,
	SlotRecord, SlotState, TaskKey, Terms, Unpaid, Verdict, Work,
};
use assay_traits::Rounds as _;
use frame_support::{assert_ok, traits::Hooks, weights::Weight};
use sp_runtime::DispatchResult;

use super::{
	disputes, plan, terms, worker_of, AccountId, Balances, DisputesOf, Jobs, Purses, RuntimeEvent,
	RuntimeOrigin, System, Test, OWNER, PASSER_BY, PROVIDERS, VALIDATORS,
};
use crate::{Event, Rounds, Slots};

/// The uptime of every verdict: a bonus of 1.
pub(crate) const UPTIME: u32 = 1_000_000;
/// The checkpoint that a round closes with.
pub(crate) const CHECKPOINT: Root = [9; 32];
/// Its loss.
pub(crate) const LOSS: Loss = Loss(77);

pub(crate) fn go_to(block: BlockNumber) {
	System::set_block_number(block);
}

/// The first block in which what the job waits for is overdue.
pub(crate) fn go_past_deadline(job: JobId) {
	go_to(record(job).due.unwrap());
}

/// A block ends with room for everything.
pub(crate) fn idle() -> Weight {
	Jobs::on_idle(System::block_number(), Weight::MAX)
}

/// Some blocks end with room for everything, in which every record is looked at.
pub(crate) fn idle_blocks() {
	for _ in 0..3 {
		idle();
	}
}

pub(crate) fn post_with(terms: Terms) -> JobId {
	let job = crate::NextJob::<Test>::get();
	assert_ok!(Jobs::post_job(RuntimeOrigin::signed(OWNER), plan(), terms));
	job
}

pub(crate) fn post() -> JobId {
	post_with(terms())
}

pub(crate) fn join(job: JobId, provider: AccountId) {
	assert_ok!(Jobs::join_job(
		RuntimeOrigin::signed(worker_of(provider)),
		job,
		0
	));
}

/// A job that has just started, with the first two providers.
pub(crate) fn started_with(terms: Terms) -> JobId {
	let job = post_with(terms);
	join(job, PROVIDERS[0]);
	join(job, PROVIDERS[1]);
	assert_eq!(record(job).state, JobState::Running);
	job
}

pub(crate) fn started() -> JobId {
	started_with(terms())
}

pub(crate) fn advance(job: JobId) {
	assert_ok!(Jobs::advance(RuntimeOrigin::signed(PASSER_BY), job));
}

pub(crate) fn claim(job: JobId, beneficiaries: &[AccountId]) -> DispatchResult {
	let beneficiaries = beneficiaries.to_vec().try_into().unwrap();
	Jobs::claim(RuntimeOrigin::signed(PASSER_BY), job, beneficiaries)
}

pub(crate) fn commit(job: JobId, slot: Slot) -> DispatchResult {
	Jobs::note(job, RoundFact::Committed { slot })
}

pub(crate) fn reveal(job: JobId, slot: Slot) -> DispatchResult {
	let work = Work {
		update: [slot as u8 + 1; 32],
		trace_root: [9; 32],
		slot_root: [0; 32],
		loss: Loss(5),
	};
	Jobs::note(job, RoundFact::Revealed { slot, work })
}

/// Where claims say that training ends.
pub(crate) const FAILURE: Failure = Failure {
	step: 1,
	op: 7,
	tile: 3,
	part: Part::Finish,
};

/// The provider of a slot claims that its training ends.
pub(crate) fn reveal_failure(job: JobId, slot: Slot) -> DispatchResult {
	let failure = FAILURE;
	Jobs::note(job, RoundFact::FailureRevealed { slot, failure })
}

pub(crate) fn draw(job: JobId) -> DispatchResult {
	Jobs::note(
		job,
		RoundFact::Drawn {
			seed: [4; 32],
			session: 7,
		},
	)
}

pub(crate) fn seal(job: JobId, slot: Slot, validator: AccountId) -> DispatchResult {
	Jobs::note(
		job,
		RoundFact::Sealed {
			slot,
			validator,
			seats: 3,
		},
	)
}

pub(crate) fn unseal(
	job: JobId,
	slot: Slot,
	validator: AccountId,
	verdict: Verdict,
) -> DispatchResult {
	Jobs::note(
		job,
		RoundFact::Unsealed {
			slot,
			validator,
			verdict,
			uptime_ppm: UPTIME,
		},
	)
}

/// Somebody without a seat disputes the work of a slot.
pub(crate) fn dispute(job: JobId, slot: Slot) -> DispatchResult {
	Jobs::note(job, RoundFact::Disputed { slot })
}

/// An attempt at a slot of the first round.
pub(crate) fn key(job: JobId, slot: Slot, attempt: u8) -> TaskKey {
	TaskKey {
		job,
		round: 0,
		slot,
		attempt,
	}
}

/// The stakes that wait for disputes, by task: those of all attempts that [`disputes`] tells of.
///
/// [`disputes`]: super::disputes
pub(crate) fn disputed() -> Vec<(TaskKey, AccountId, Balance)> {
	let mut held = Purses::held();
	held.retain(|(task, ..)| disputes().contains(task));
	held.sort();
	held
}

pub(crate) fn close(job: JobId) -> DispatchResult {
	Jobs::note(
		job,
		RoundFact::Closed {
			checkpoint: CHECKPOINT,
			loss: LOSS,
		},
	)
}

/// The slots in these states.
pub(crate) fn slots_in(job: JobId, is_in: impl Fn(SlotState) -> bool) -> Vec<Slot> {
	let tasks = record(job).terms.tasks;
	(0..tasks)
		.filter(|slot| is_in(self::slot(job, *slot).state))
		.collect()
}

/// Every assigned slot is committed.
pub(crate) fn commit_all(job: JobId) {
	for slot in slots_in(job, |state| state == SlotState::Assigned) {
		assert_ok!(commit(job, slot));
	}
}

/// Every committed slot is revealed.
pub(crate) fn reveal_all(job: JobId) {
	for slot in slots_in(job, |state| state == SlotState::Committed) {
		assert_ok!(reveal(job, slot));
	}
}

/// Every assigned slot is committed and revealed, and the beacon is read.
pub(crate) fn work_until_assay(job: JobId) {
	commit_all(job);
	reveal_all(job);
	assert_ok!(draw(job));
	assert_eq!(round(job).phase, Phase::Assay);
}

/// Every revealed slot is sealed by the first three validators.
pub(crate) fn seal_all(job: JobId) {
	for slot in slots_in(job, |state| state == SlotState::Revealed) {
		for validator in &VALIDATORS[..3] {
			assert_ok!(seal(job, slot, *validator));
		}
	}
	assert_eq!(round(job).phase, Phase::Unseal);
}

/// Opens the three verdicts about a slot.
pub(crate) fn judge(job: JobId, slot: Slot, verdict: Verdict) {
	for validator in &VALIDATORS[..3] {
		assert_ok!(unseal(job, slot, *validator, verdict));
	}
}

/// Every slot of the round is accepted.
pub(crate) fn work_until_close(job: JobId) {
	work_until_assay(job);
	seal_all(job);
	for slot in slots_in(job, |state| matches!(state, SlotState::Judging { .. })) {
		judge(job, slot, Verdict::Valid);
	}
	assert_eq!(round(job).phase, Phase::Close);
}

pub(crate) fn record(job: JobId) -> crate::Job<AccountId> {
	crate::Jobs::<Test>::get(job).unwrap()
}

pub(crate) fn round(job: JobId) -> RoundState {
	Rounds::<Test>::get(job).unwrap()
}

pub(crate) fn slot(job: JobId, slot: Slot) -> SlotRecord<AccountId> {
	Slots::<Test>::get(job, slot).unwrap()
}

pub(crate) fn ledger(job: JobId) -> assay_protocol::Ledger {
	crate::Ledgers::<Test>::get(job)
}

pub(crate) fn balance(account: AccountId) -> Balance {
	Balances::free_balance(account)
}

/// Keeps what the events since the last question tell of disputes.
pub(crate) fn note_disputes() {
	for record in System::events() {
		let RuntimeEvent::Jobs(Event::TaskUnpaid {
			job,
			round,
			slot,
			attempt,
			reason: Unpaid::Disputed,
			..
		}) = record.event
		else {
			continue;
		};
		let task = TaskKey {
			job,
			round,
			slot,
			attempt,
		};
		DisputesOf::insert(task, ());
	}
}

/// The pallet's events since the last question.
pub(crate) fn events() -> Vec<Event<Test>> {
	note_disputes();
	let events = System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Jobs(event) => Some(event),
			_ => None,
		});
	let events = events.collect();
	System::reset_events();
	events
}
