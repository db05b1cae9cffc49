//! A small job, and what its submitter, providers and validators do.

use assay_numerics::{samples, Outline};
use assay_protocol::{
	CheckpointRef, DataRef, DrawWindow, JobId, Loss, Plan, SealContext, Shares, Slot, TaskClaim,
	TaskReveal, TaskView, Terms, Verdict, VerdictClaim, Windows, ZERO_ROOT,
};
use assay_runtime::{
	units::ASY, AccountId, Balance, Beacon, Jobs, Runtime, RuntimeCall, RuntimeOrigin, Stake,
	System,
};
use assay_traits::Rounds;
use sp_keyring::Sr25519Keyring;
use sp_runtime::traits::{Dispatchable, Get};

use crate::chain;

/// Rounds of the job.
pub(crate) const ROUNDS: u32 = 2;
/// Tasks of a round.
pub(crate) const TASKS: u32 = 3;
/// Who trains.
pub(crate) const PROVIDERS: [Sr25519Keyring; 3] = [
	Sr25519Keyring::Dave,
	Sr25519Keyring::Eve,
	Sr25519Keyring::Ferdie,
];
/// Who checks.
pub(crate) const VALIDATORS: [Sr25519Keyring; 3] = [
	Sr25519Keyring::Alice,
	Sr25519Keyring::Bob,
	Sr25519Keyring::Charlie,
];
/// Who posts.
pub(crate) const SUBMITTER: Sr25519Keyring = Sr25519Keyring::One;

const SALT: [u8; 32] = [7; 32];

/// A plan that lowers, of a model too small to be of use.
pub(crate) fn plan() -> Plan {
	let step = samples::byte_mlp(8, 16, &[32], 16);
	let outline = Outline::new(&step).expect("the plan is in range");
	Plan {
		data: DataRef {
			root: [1; 32],
			bytes: 1 << 20,
		},
		steps: 8,
		stride: 2,
		parent: CheckpointRef {
			root: [2; 32],
			bytes: outline.checkpoint_bytes(),
		},
		seed: [3; 32],
		eval_rows: 256,
		step,
	}
}

/// What stands behind a task: of four segments with the most frequent checks some 115 times the price.
pub(crate) const STAKE: Balance = 1_200 * ASY;
/// Blocks in which accepted work can be disputed, and its stake is held.
pub(crate) const CHALLENGE: u32 = 10;
/// The budget of a round: 3 x 10 ASY are half of it.
pub(crate) const BUDGET: Balance = 60 * ASY;

/// Terms in which every task is judged by all three validators.
pub(crate) fn terms() -> Terms {
	Terms {
		price: 10 * ASY,
		task_stake: STAKE,
		tasks: TASKS,
		rounds: ROUNDS,
		providers: 3,
		committee: 3,
		quorum: 2,
		// The highest that repeats no more than 8 % of the FLOPs.
		audit_floor_ppm: 106_666,
		harm: 0,
		windows: Windows {
			open: 20,
			train: 20,
			reveal: 10,
			assay: 20,
			unseal: 10,
			close: 20,
			challenge: CHALLENGE,
		},
		shares: Shares {
			compute: 500_000,
			data: 0,
			validation: 500_000,
		},
	}
}

/// Dispatches a call and expects it to work.
pub(crate) fn call(who: Sr25519Keyring, call: impl Into<RuntimeCall>) {
	let call: RuntimeCall = call.into();
	call.clone()
		.dispatch(RuntimeOrigin::signed(who.to_account_id()))
		.unwrap_or_else(|error| panic!("{who:?}: {call:?}: {:?}", error.error));
}

/// Posts the job and lets every provider join. It runs afterwards.
pub(crate) fn start() -> JobId {
	let job = pallet_jobs::NextJob::<Runtime>::get();
	call(
		SUBMITTER,
		pallet_jobs::Call::post_job {
			plan: plan(),
			terms: terms(),
		},
	);
	for provider in PROVIDERS {
		call(
			provider,
			pallet_jobs::Call::join_job {
				job,
				min_price: ASY,
			},
		);
	}
	job
}

/// What an honest provider computes for a slot: here, roots that anybody can derive.
pub(crate) fn honest_reveal(task: &TaskView<AccountId>) -> TaskReveal {
	reveal_of(task, [0x10 + task.slot as u8; 32])
}

/// A reveal of an update of the caller's choice, whose trace fits the parent.
pub(crate) fn reveal_of(task: &TaskView<AccountId>, update_root: [u8; 32]) -> TaskReveal {
	let moments_root = [0x20; 32];
	let first = assay_numerics::state_root(task.parent, ZERO_ROOT, task.slot_root);
	let last = assay_numerics::state_root(update_root, moments_root, ZERO_ROOT);
	let inner = [0x30; 32];
	TaskReveal {
		trace: vec![first, inner, inner, inner, last]
			.try_into()
			.expect("five borders"),
		update_root,
		moments_root,
		slot_root: ZERO_ROOT,
		loss: Loss(3 << 24),
		salt: SALT,
	}
}

/// The tasks of the current round.
pub(crate) fn tasks(job: JobId) -> Vec<TaskView<AccountId>> {
	Jobs::task_views(job)
}

/// The key behind an account of the presets.
pub(crate) fn key_of(account: &AccountId) -> Sr25519Keyring {
	Sr25519Keyring::from_account_id(account).expect("an account of the presets")
}

fn context(task: &TaskView<AccountId>, account: AccountId) -> SealContext<AccountId> {
	SealContext {
		genesis: System::block_hash(0).0,
		job: task.job,
		round: task.round,
		slot: task.slot,
		attempt: task.attempt,
		account,
	}
}

/// The provider of a slot seals.
pub(crate) fn commit(task: &TaskView<AccountId>, reveal: &TaskReveal) {
	call(key_of(&task.provider), commit_call(task, reveal));
}

/// What the provider of a slot calls to seal.
pub(crate) fn commit_call(task: &TaskView<AccountId>, reveal: &TaskReveal) -> RuntimeCall {
	let context = context(task, task.provider.clone());
	let seal = TaskClaim::of(context, task.parent, task.slot_root, reveal).seal();
	let (job, slot) = (task.job, task.slot);
	pallet_proof_of_compute::Call::commit_task { job, slot, seal }.into()
}

/// The provider of a slot opens its seal.
pub(crate) fn reveal(task: &TaskView<AccountId>, reveal: TaskReveal) {
	let (job, slot) = (task.job, task.slot);
	call(
		key_of(&task.provider),
		pallet_proof_of_compute::Call::reveal_task { job, slot, reveal },
	);
}

/// Blocks until the beacon has what the draw waits for.
pub(crate) fn await_beacon(job: JobId) {
	use assay_traits::{Beacon as _, Bonds as _};
	let window = DrawWindow {
		slots: <Runtime as pallet_proof_of_compute::Config>::DrawSlots::get(),
		stake_ppm: <Runtime as pallet_proof_of_compute::Config>::DrawStake::get(),
	};
	let stakes = Stake::stakes(Stake::session()).expect("the session's");
	let from = <Jobs as Rounds<AccountId>>::round(job)
		.expect("the job runs")
		.draw_from
		.expect("the round waits for its draw");
	while Beacon::outputs(from, &window, &stakes).is_none() {
		chain::next_block();
	}
}

/// Every seat of the slots seals, then opens, what `judge` says of the slot.
pub(crate) fn judge(job: JobId, slots: &[Slot], judge: impl Fn(Slot) -> Verdict) {
	call(
		Sr25519Keyring::Two,
		pallet_proof_of_compute::Call::draw { job },
	);
	let tasks: Vec<_> = tasks(job)
		.into_iter()
		.filter(|task| slots.contains(&task.slot))
		.collect();
	for task in &tasks {
		for seat in Jobs::committee_of(job, task.slot) {
			let sealed = seal_call(task, &seat, judge(task.slot));
			call(key_of(&seat), sealed);
		}
	}
	let seats: Vec<_> = tasks
		.iter()
		.map(|task| (task, Jobs::committee_of(job, task.slot)))
		.collect();
	chain::next_block();
	for (task, committee) in seats {
		for seat in committee {
			call(key_of(&seat), open_call(task, judge(task.slot)));
		}
	}
}

/// What a seat calls to seal its verdict.
pub(crate) fn seal_call(
	task: &TaskView<AccountId>,
	seat: &AccountId,
	verdict: Verdict,
) -> RuntimeCall {
	let claim = VerdictClaim {
		context: context(task, seat.clone()),
		draw_index: task.draw_index,
		verdict,
		salt: SALT,
	};
	let (job, slot, seal) = (task.job, task.slot, claim.seal());
	pallet_proof_of_compute::Call::seal_verdict { job, slot, seal }.into()
}

/// What a seat calls to open its verdict.
pub(crate) fn open_call(task: &TaskView<AccountId>, verdict: Verdict) -> RuntimeCall {
	pallet_proof_of_compute::Call::reveal_verdict {
		job: task.job,
		slot: task.slot,
		verdict,
		salt: SALT,
	}
	.into()
}

/// Everybody drawn to close the round agrees on its checkpoint.
pub(crate) fn close(job: JobId, checkpoint: [u8; 32], loss: Loss) {
	let round = <Jobs as Rounds<AccountId>>::round(job).expect("the job runs");
	let round = round.round;
	for seat in Jobs::closers_of(job) {
		call(
			key_of(&seat),
			pallet_proof_of_compute::Call::claim_aggregate {
				job,
				round,
				checkpoint,
				loss,
			},
		);
	}
}

/// A round in which everybody is honest and in time.
pub(crate) fn honest_round(job: JobId, checkpoint: [u8; 32], loss: Loss) {
	let tasks = tasks(job);
	for task in &tasks {
		commit(task, &honest_reveal(task));
	}
	chain::next_block();
	for task in &tasks {
		reveal(task, honest_reveal(task));
	}
	await_beacon(job);
	let slots: Vec<_> = tasks.iter().map(|task| task.slot).collect();
	judge(job, &slots, |_| Verdict::Valid);
	chain::next_block();
	close(job, checkpoint, loss);
}
