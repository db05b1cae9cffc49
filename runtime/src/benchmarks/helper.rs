//! Brings other pallets into the states that the benchmarks of one begin in.

use alloc::vec::Vec;

use assay_numerics::{samples, Outline};
use assay_protocol::{
	audit::{highest_floor_ppm, least_stake},
	check_plan,
	draw::least_quorum,
	limits, AuditPolicy, Balance, CheckpointRef, DataRef, JobId, Plan, PlanFacts, Shares, Terms,
	Windows,
};
use assay_traits::{Bonds, Role};
use frame_benchmarking::account;
use frame_support::{traits::fungible::Mutate, BoundedVec};
use frame_system::RawOrigin;
use pallet_proof_of_compute::Prepared;

use crate::{units::ASY, AccountId, Balances, Jobs, Runtime, Stake, System};

/// As long as terms can have it: no benchmark leaves it behind.
const WINDOW: u32 = limits::MAX_WINDOW;
/// Two providers take turns at every slot.
const PROVIDERS: u32 = 2;

/// Helps pallet-disputes, pallet-jobs and pallet-proof-of-compute.
#[derive(Debug)]
pub struct Helper;

impl pallet_jobs::BenchmarkHelper<AccountId> for Helper {
	fn bond_provider(stash: &AccountId, stakes: Balance) -> AccountId {
		let bond = <Runtime as pallet_stake::Config>::MinProviderBond::get();
		Balances::set_balance(stash, bond + stakes + 10 * ASY);
		Stake::bond(
			RawOrigin::Signed(stash.clone()).into(),
			Role::Provider,
			bond,
		)
		.expect("the stash has the money");
		serve(stash)
	}
}

impl pallet_disputes::BenchmarkHelper<AccountId> for Helper {
	fn bond(stash: &AccountId) -> AccountId {
		<Self as pallet_jobs::BenchmarkHelper<AccountId>>::bond_provider(stash, 10 * ASY)
	}
}

impl pallet_proof_of_compute::BenchmarkHelper<AccountId> for Helper {
	fn start_job(tasks: u32, committee: u32, segments: u32) -> Prepared<AccountId> {
		let validators: Vec<_> = (0..limits::MAX_AUTHORITIES)
			.map(|seed| account("validator", seed, 0))
			.collect();
		let mut workers: Vec<AccountId> = validators.iter().map(serve).collect();
		// A pledge is the price, the fees of a committee and what answers cost: less than 30 ASY.
		for stash in &validators {
			let bond = 30 * ASY * Balance::from(limits::MAX_TASKS);
			Balances::set_balance(stash, bond + 10 * ASY);
			Stake::bond(
				RawOrigin::Signed(stash.clone()).into(),
				Role::Validator,
				bond,
			)
			.expect("the stash has the money");
		}
		let stakes = validators
			.into_iter()
			.map(|stash| (stash, 1_000 * ASY))
			.collect::<Vec<_>>();
		pallet_stake::SessionStakes::<Runtime>::insert(
			<Stake as Bonds<AccountId>>::session(),
			BoundedVec::truncate_from(stakes),
		);

		let owner: AccountId = account("owner", 0, 0);
		Balances::set_balance(&owner, Balance::MAX / 1_000);
		let job = pallet_jobs::NextJob::<Runtime>::get();
		let plan = plan(segments);
		let facts = check_plan(&plan).expect("the plan is in range");
		let terms = terms(tasks, committee, &facts);
		let stakes = terms.task_stake * Balance::from(limits::MAX_TASKS);
		Jobs::post_job(RawOrigin::Signed(owner).into(), plan, terms)
			.expect("the terms are in range");
		for seed in 0..PROVIDERS {
			let stash: AccountId = account("provider", seed, 0);
			let worker =
				<Self as pallet_jobs::BenchmarkHelper<AccountId>>::bond_provider(&stash, stakes);
			Jobs::join_job(RawOrigin::Signed(worker.clone()).into(), job, 0)
				.expect("the job is open");
			workers.push(worker);
		}
		Prepared { job, workers }
	}

	fn fill_beacon(from: u32, slots: u32) {
		let end = from + slots;
		for block in from - 1..end {
			let author = account("validator", block % limits::MAX_AUTHORITIES, 0);
			let has_output = block >= from + slots / 2;
			pallet_beacon::Ring::<Runtime>::insert(
				block % pallet_beacon::RING,
				pallet_beacon::Record {
					block,
					slot: u64::from(block),
					output: has_output.then_some((author, [block as u8; 32])),
				},
			);
		}
		// The beacon knows nothing of blocks to come.
		System::set_block_number(end);
	}

	fn end_job(job: JobId) {
		let owner = pallet_jobs::Jobs::<Runtime>::get(job)
			.expect("the job exists")
			.owner;
		Jobs::cancel_job(RawOrigin::Signed(owner).into(), job).expect("the job runs");
	}
}

/// Gives the stash a worker without a signature, which is not what is measured here.
fn serve(stash: &AccountId) -> AccountId {
	pallet_stake::WorkerOf::<Runtime>::insert(stash, stash);
	pallet_stake::StashOf::<Runtime>::insert(stash, stash);
	stash.clone()
}

/// A plan of as many steps as segments.
fn plan(segments: u32) -> Plan {
	let step = samples::byte_mlp(8, 16, &[16], 16);
	let bytes = Outline::new(&step)
		.expect("the plan is in range")
		.checkpoint_bytes();
	Plan {
		step,
		data: DataRef {
			root: [1; 32],
			bytes: 1 << 20,
		},
		steps: segments,
		stride: 1,
		parent: CheckpointRef {
			root: [2; 32],
			bytes,
		},
		seed: [3; 32],
		eval_rows: limits::MIN_EVAL_EXAMPLES,
	}
}

/// Terms with the smallest stake that deters, of a task of so many segments.
fn terms(tasks: u32, committee: u32, facts: &PlanFacts) -> Terms {
	let policy = AuditPolicy::STRICT;
	let terms = Terms {
		price: ASY,
		task_stake: 0,
		tasks,
		rounds: 2,
		providers: PROVIDERS,
		committee,
		quorum: least_quorum(committee),
		audit_floor_ppm: highest_floor_ppm(committee, facts, &policy),
		harm: 0,
		windows: Windows {
			open: WINDOW,
			train: WINDOW,
			reveal: WINDOW,
			assay: WINDOW,
			unseal: WINDOW,
			close: WINDOW,
			challenge: WINDOW,
		},
		// What checks cost is no matter here: as much as can be is there for them.
		shares: Shares {
			compute: 50_000,
			data: 0,
			validation: 950_000,
		},
	};
	Terms {
		task_stake: least_stake(&terms, facts, &policy).expect("some stake deters"),
		..terms
	}
}
