//! What providers and validators do.

use super::{job, next_block, MockRounds, ProofOfCompute, RuntimeOrigin, System, DRAW_SLOTS, JOB};
use assay_numerics::referee::Part;
use assay_protocol::{
	draw::CLOSE_SLOT, hash::blake2_256, Digest, Failure, FailureClaim, FailureReveal, JobId, Loss,
	Phase, Root, SealContext, Slot, TaskClaim, TaskReveal, Verdict, VerdictClaim, ZERO_ROOT,
};
use assay_traits::{Rounds, TaskKey};
use codec::Encode;
use frame_support::dispatch::DispatchResultWithPostInfo;
use sp_runtime::{traits::Zero, DispatchResult};

/// Stashes of the validators of session 0.
pub(crate) const VALIDATORS: [u64; 5] = [1, 2, 3, 4, 5];
/// Stash of the provider that is given slot 0 of round 0.
pub(crate) const DAVE: u64 = 101;
/// Stash of the provider that is asked next.
pub(crate) const EVE: u64 = 102;
/// An account without a stash.
pub(crate) const STRANGER: u64 = 9;

/// The origin of a stash's worker.
pub(crate) fn worker(stash: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(stash + 1_000)
}

/// The first block's hash.
pub(crate) fn genesis() -> Digest {
	System::block_hash(u32::zero()).0
}

/// What a stash's salt is: secret to others.
pub(crate) fn salt(stash: u64) -> [u8; 32] {
	blake2_256(&("salt", stash).encode())
}

/// Where a seal about a slot counts now.
pub(crate) fn context(stash: u64, slot: Slot) -> SealContext<u64> {
	let task = MockRounds::task(JOB, slot).unwrap();
	SealContext {
		genesis: genesis(),
		job: JOB,
		round: task.round,
		slot,
		attempt: task.attempt,
		account: stash,
	}
}

/// The work of a slot, as an honest provider does it.
pub(crate) fn work(stash: u64, slot: Slot) -> TaskReveal {
	let task = MockRounds::task(JOB, slot).unwrap();
	work_from(stash, slot, task.parent)
}

/// The work of a slot that begins at another checkpoint.
pub(crate) fn work_from(stash: u64, slot: Slot, parent: Root) -> TaskReveal {
	let task = MockRounds::task(JOB, slot).unwrap();
	let update_root = blake2_256(&("update", parent, slot).encode());
	let moments_root = [3; 32];
	let first = assay_numerics::state_root(parent, ZERO_ROOT, task.slot_root);
	let last = assay_numerics::state_root(update_root, moments_root, ZERO_ROOT);
	let between = (1..task.segments).map(|border| blake2_256(&("border", border).encode()));
	let borders: Vec<Root> = [first].into_iter().chain(between).chain([last]).collect();
	TaskReveal {
		trace: borders.try_into().unwrap(),
		update_root,
		moments_root,
		slot_root: ZERO_ROOT,
		loss: Loss(5 << 24),
		salt: salt(stash),
	}
}

/// The seal of a stash's work.
pub(crate) fn task_seal(stash: u64, slot: Slot, reveal: &TaskReveal) -> Digest {
	let task = MockRounds::task(JOB, slot).unwrap();
	TaskClaim::of(context(stash, slot), task.parent, task.slot_root, reveal).seal()
}

/// A provider seals its honest work.
pub(crate) fn commit(stash: u64, slot: Slot) -> DispatchResult {
	let seal = task_seal(stash, slot, &work(stash, slot));
	ProofOfCompute::commit_task(worker(stash), JOB, slot, seal)
}

/// A provider opens the seal of its honest work.
pub(crate) fn reveal(stash: u64, slot: Slot) -> DispatchResult {
	ProofOfCompute::reveal_task(worker(stash), JOB, slot, work(stash, slot))
}

/// A claim that the training of a task ends in its first step.
pub(crate) fn failure(stash: u64) -> FailureReveal {
	let task = MockRounds::task(JOB, 0).unwrap();
	let first = assay_numerics::state_root(task.parent, ZERO_ROOT, task.slot_root);
	FailureReveal {
		trace: vec![first].try_into().unwrap(),
		place: PLACE,
		salt: salt(stash),
	}
}

/// Where the claims of the tests say that training ends: in the first tile of the embedding.
pub(crate) const PLACE: Failure = Failure {
	step: 0,
	op: 1,
	tile: 0,
	part: Part::Whole,
};

/// The seal of a stash's claim of failure.
pub(crate) fn failure_seal(stash: u64, slot: Slot, reveal: &FailureReveal) -> Digest {
	let task = MockRounds::task(JOB, slot).unwrap();
	FailureClaim::of(context(stash, slot), task.parent, task.slot_root, reveal).seal()
}

/// A provider seals a claim of failure.
pub(crate) fn commit_failure(stash: u64, slot: Slot) -> DispatchResult {
	let seal = failure_seal(stash, slot, &failure(stash));
	ProofOfCompute::commit_task(worker(stash), JOB, slot, seal)
}

/// A provider opens the seal of its claim of failure.
pub(crate) fn reveal_failure(stash: u64, slot: Slot) -> DispatchResult {
	ProofOfCompute::reveal_failure(worker(stash), JOB, slot, failure(stash))
}

/// The seal of a stash's verdict in the current draw.
pub(crate) fn verdict_seal(stash: u64, slot: Slot, verdict: Verdict) -> Digest {
	let draw_index = MockRounds::round(JOB).unwrap().state.draw_index;
	VerdictClaim {
		context: context(stash, slot),
		draw_index,
		verdict,
		salt: salt(stash),
	}
	.seal()
}

/// A validator seals a verdict.
pub(crate) fn seal(stash: u64, slot: Slot, verdict: Verdict) -> DispatchResultWithPostInfo {
	let seal = verdict_seal(stash, slot, verdict);
	ProofOfCompute::seal_verdict(worker(stash), JOB, slot, seal)
}

/// A validator opens its verdict.
pub(crate) fn open(stash: u64, slot: Slot, verdict: Verdict) -> DispatchResultWithPostInfo {
	ProofOfCompute::reveal_verdict(worker(stash), JOB, slot, verdict, salt(stash))
}

/// A validator names the next checkpoint.
pub(crate) fn claim(stash: u64, checkpoint: Root, loss: u64) -> DispatchResultWithPostInfo {
	let round = job(JOB).number;
	ProofOfCompute::claim_aggregate(worker(stash), JOB, round, checkpoint, Loss(loss))
}

/// A stash disputes work without having a seat.
pub(crate) fn dispute(stash: u64, slot: Slot) -> DispatchResult {
	ProofOfCompute::dispute_task(worker(stash), JOB, slot)
}

/// The attempt at a slot that is the current one.
pub(crate) fn key(slot: Slot) -> TaskKey {
	let SealContext {
		job,
		round,
		slot,
		attempt,
		..
	} = context(0, slot);
	TaskKey {
		job,
		round,
		slot,
		attempt,
	}
}

/// The committee of a slot in the latest draw.
pub(crate) fn committee(slot: Slot) -> Vec<u64> {
	assert_ne!(slot, CLOSE_SLOT);
	ProofOfCompute::committee_of(JOB, slot)
		.unwrap()
		.into_inner()
}

/// The validators that close the round.
pub(crate) fn closers() -> Vec<u64> {
	ProofOfCompute::closers_of(JOB).unwrap().into_inner()
}

/// A validator without a seat in the latest draw of a slot.
pub(crate) fn undrawn(slot: Slot) -> u64 {
	let drawn = committee(slot);
	VALIDATORS
		.into_iter()
		.find(|stash| !drawn.contains(stash))
		.unwrap()
}

/// The phase of [`JOB`].
pub(crate) fn phase() -> Phase {
	job(JOB).round.phase
}

/// Every open slot is committed by its provider.
pub(crate) fn commit_all() {
	for slot in open_slots() {
		commit(job(JOB).slots[slot as usize].provider, slot).unwrap();
	}
}

/// Every open slot is revealed by its provider.
pub(crate) fn reveal_all() {
	for slot in open_slots() {
		reveal(job(JOB).slots[slot as usize].provider, slot).unwrap();
	}
}

/// Finishes the window that the draw waits for.
pub(crate) fn await_beacon() {
	for _ in 0..=DRAW_SLOTS {
		next_block();
	}
}

/// Brings a new pass to ASSAY.
pub(crate) fn to_assay() {
	commit_all();
	reveal_all();
	draw();
}

/// Waits for the beacon and makes the draw.
pub(crate) fn draw() {
	await_beacon();
	ProofOfCompute::draw(RuntimeOrigin::signed(STRANGER), JOB).unwrap();
}

/// Brings a new pass to UNSEAL, each slot's whole committee of the same opinion.
pub(crate) fn to_unseal(verdict: Verdict) {
	to_assay();
	seal_all(verdict);
}

/// The committees of all slots seal this verdict.
pub(crate) fn seal_all(verdict: Verdict) {
	for slot in open_slots() {
		for validator in committee(slot) {
			seal(validator, slot, verdict).unwrap();
		}
	}
}

/// The committees of all slots open this verdict.
pub(crate) fn open_all(verdict: Verdict) {
	for slot in open_slots() {
		for validator in committee(slot) {
			open(validator, slot, verdict).unwrap();
		}
	}
}

/// Brings a new round to CLOSE.
pub(crate) fn to_close() {
	to_unseal(Verdict::Valid);
	open_all(Verdict::Valid);
	assert_eq!(phase(), Phase::Close);
}

/// Slots that are in the current phase.
fn open_slots() -> Vec<Slot> {
	use assay_protocol::SlotState::{Assigned, Committed, Judging, Revealed};
	let is_open = |slot: &Slot| {
		let state = job(JOB).slots[*slot as usize].state;
		matches!(state, Assigned | Committed | Judging { .. } | Revealed)
	};
	(0..job(JOB).setup.tasks).filter(is_open).collect()
}

/// The job that [`JOB`] is not.
pub(crate) const OTHER_JOB: JobId = JobId(1);
