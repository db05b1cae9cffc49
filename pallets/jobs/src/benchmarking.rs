//! Benchmarks of every call, fact and step of the hook, each at its worst case.
#![expect(
	clippy::arithmetic_side_effects,
	clippy::as_conversions,
	clippy::expect_used,
	reason = "benchmarks run off-chain, on numbers of their own"
)]

use alloc::{vec, vec::Vec};

use assay_numerics::{samples, Outline};
use assay_protocol::{
	reward::MAX_UPTIME_PPM, AcceptedTask, Balance, CheckpointRef, Counts, DataRef, JobId, Loss,
	Phase, Plan, RoundFact, RoundRecord, Shares, Slot, SlotState, TaskKey, Terms, Unpaid, Unsealed,
	Verdict, Windows,
};
use assay_traits::Rounds as _;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{fungible::Mutate, Get},
	weights::WeightMeter,
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};

use crate::{
	weights::WeightInfo, Accepted, Call, Claims, Config, Due, Jobs, Members, NextJob, Pallet,
	RoundRecords, Rounds, Slots, MAX_BENEFICIARIES, MAX_RELEASES,
};

/// What benchmarks need of the pallets behind [`Config::Bonds`].
pub trait BenchmarkHelper<AccountId> {
	/// Makes `stash` an active provider with enough free money for task stakes of `stakes` in all,
	/// and tells its worker.
	fn bond_provider(stash: &AccountId, stakes: Balance) -> AccountId;
}

const PRICE: Balance = 1_000_000_000_000;
/// What the largest committee and the most segments ask for.
const STAKE: Balance = PRICE * 600;
const WINDOW: u32 = 100;

/// The plan that takes longest to check: as many parameters and as long a plan as there can be.
fn plan() -> Plan {
	let step = samples::largest();
	let bytes = Outline::new(&step)
		.expect("the plan is in range")
		.checkpoint_bytes();
	Plan {
		step,
		data: DataRef {
			root: [1; 32],
			bytes: 1 << 20,
		},
		steps: 31,
		stride: 1,
		parent: CheckpointRef {
			root: [2; 32],
			bytes,
		},
		seed: [3; 32],
		eval_rows: 256,
	}
}

/// Terms with the largest committee.
fn terms(tasks: u32, providers: u32) -> Terms {
	let window = WINDOW;
	Terms {
		price: PRICE,
		task_stake: STAKE,
		tasks,
		rounds: 2,
		providers,
		committee: 15,
		quorum: 10,
		audit_floor_ppm: 165_000,
		harm: 0,
		windows: Windows {
			open: window,
			train: window,
			reveal: window,
			assay: window,
			unseal: window,
			close: window,
			challenge: 0,
		},
		// 15 verdicts at up to 1.25 times the price need 19 times what the tasks need.
		shares: Shares {
			compute: 50_000,
			data: 0,
			validation: 950_000,
		},
	}
}

fn rich<T: Config>(index: u32) -> T::AccountId {
	let owner = account("owner", index, 0);
	T::Currency::set_balance(&owner, Balance::MAX / 1_000);
	owner
}

fn post<T: Config>(tasks: u32, providers: u32) -> JobId {
	let job = NextJob::<T>::get();
	let posted = Pallet::<T>::post_job(
		RawOrigin::Signed(rich::<T>(0)).into(),
		plan(),
		terms(tasks, providers),
	);
	posted.expect("the terms are in range");
	job
}

/// Joins provider `index` and tells its stash.
fn join<T: Config>(job: JobId, index: u32) -> T::AccountId {
	let (stash, worker) = provider::<T>(index);
	Pallet::<T>::join_job(RawOrigin::Signed(worker).into(), job, 0).expect("the job is open");
	stash
}

fn provider<T: Config>(index: u32) -> (T::AccountId, T::AccountId) {
	let stash = account("provider", index, 0);
	let stakes = STAKE.saturating_mul(T::MaxTasks::get().into());
	let worker = T::BenchmarkHelper::bond_provider(&stash, stakes);
	(stash, worker)
}

/// A running job of a full set of members, so that every slot has a provider of its own if there
/// are as many members as tasks.
fn started<T: Config>(tasks: u32) -> JobId {
	let members = T::MaxMembers::get();
	let job = post::<T>(tasks, members);
	for index in 0..members {
		join::<T>(job, index);
	}
	assert!(Slots::<T>::contains_key(job, 0), "the job has started");
	job
}

/// The record of a task whose window is over with this block; its stake is held.
fn accepted<T: Config>(job: JobId, slot: Slot) -> TaskKey {
	let task = TaskKey {
		job,
		round: 0,
		slot,
		attempt: 0,
	};
	let provider = Slots::<T>::get(job, slot)
		.expect("the slot exists")
		.provider;
	let record = AcceptedTask::accept(provider, ([1; 32], [2; 32]), Pallet::<T>::now(), 0);
	Accepted::<T>::insert(job, task, record);
	task
}

fn go_past_deadline<T: Config>(job: JobId) {
	let due = Jobs::<T>::get(job)
		.and_then(|job| job.due)
		.expect("the job waits");
	frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(due));
}

/// Puts the round into a phase in which `redo` slots wait for the next pass, `open` for what the
/// phase waits for, and the others are accepted.
fn set_round<T: Config>(job: JobId, phase: Phase, redo: u32, open: u32) {
	Rounds::<T>::mutate_extant(job, |round| {
		let accepted = round.tasks - redo - open;
		round.phase = phase;
		round.counts = Counts {
			redo,
			open,
			accepted,
			..Default::default()
		};
	});
}

fn set_slot<T: Config>(job: JobId, slot: Slot, state: SlotState) {
	Slots::<T>::mutate(job, slot, |record| {
		let record = record.as_mut().expect("the slot exists");
		if let SlotState::Redo(_) = state {
			record.failed = BoundedVec::truncate_from(vec![record.provider.clone()]);
		}
		record.state = state;
	});
}

/// The verdict of the validator on a seat.
fn verdict<T: Config>(seat: u32) -> Unsealed<T::AccountId> {
	let validator = account("validator", seat, 0);
	Unsealed {
		validator,
		verdict: Verdict::Valid,
		uptime_ppm: MAX_UPTIME_PPM,
	}
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn post_job() {
		let owner = rich::<T>(0);
		let (plan, terms) = (plan(), terms(T::MaxTasks::get(), 1));

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), plan, terms);

		assert!(Jobs::<T>::contains_key(JobId(0)));
	}

	#[benchmark]
	fn join_job(n: Linear<1, { T::MaxTasks::get() }>) {
		// The last of a full set of members starts the job.
		let members = T::MaxMembers::get();
		let job = post::<T>(n, members);
		for index in 1..members {
			join::<T>(job, index);
		}
		let (_, worker) = provider::<T>(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(worker), job, PRICE);

		assert!(Slots::<T>::contains_key(job, n - 1));
	}

	#[benchmark]
	fn leave_job() {
		// The first of a full set: all others move up.
		let job = started::<T>(1);
		let (_, worker) = provider::<T>(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(worker), job);

		assert_eq!(
			Members::<T>::decode_len(job),
			Some(T::MaxMembers::get() as usize - 1)
		);
	}

	#[benchmark]
	fn cancel_job(n: Linear<1, { T::MaxTasks::get() }>) {
		let job = started::<T>(n);

		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(0)), job);

		assert!(!Slots::<T>::contains_key(job, 0));
	}

	/// `n` slots are accepted and only looked at. Nobody commits `m` others: their stakes are punished
	/// and released, and they are given out again. Half of the slots at most are of each sort, so that
	/// neither number is in the other's slope.
	#[benchmark]
	fn advance(n: Linear<0, { T::MaxTasks::get() / 2 }>, m: Linear<1, { T::MaxTasks::get() / 2 }>) {
		let job = started::<T>(n + m);
		(m..n + m).for_each(|slot| set_slot::<T>(job, slot, SlotState::Accepted));
		set_round::<T>(job, Phase::Train, 0, m);
		go_past_deadline::<T>(job);

		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(1)), job);

		assert!(Slots::<T>::get(job, 0).is_some_and(|slot| slot.attempt == 1));
	}

	#[benchmark]
	fn claim(b: Linear<1, MAX_BENEFICIARIES>) {
		// Beneficiaries whose accounts do not exist yet.
		let job = started::<T>(1);
		let mut ledger = crate::Ledgers::<T>::get(job);
		let mut beneficiaries = Vec::new();
		for index in 0..b {
			let who: T::AccountId = account("beneficiary", index, 0);
			let credited = ledger.credit(assay_protocol::Purpose::Validation, PRICE / 10);
			let net = credited.expect("the escrow covers it").net;
			Claims::<T>::insert(job, &who, net);
			beneficiaries.push(who);
		}
		crate::Ledgers::<T>::insert(job, ledger);

		#[extrinsic_call]
		_(
			RawOrigin::Signed(rich::<T>(1)),
			job,
			BoundedVec::truncate_from(beneficiaries),
		);

		assert_eq!(Claims::<T>::iter_prefix(job).count(), 0);
	}

	#[benchmark]
	fn prune_job(n: Linear<1, { T::PruneBatch::get() }>) {
		let job = post::<T>(1, 1);
		let owner = rich::<T>(0);
		Pallet::<T>::cancel_job(RawOrigin::Signed(owner).into(), job).expect("the job is open");
		for round in 0..n {
			let record = RoundRecord {
				round,
				checkpoint: [1; 32],
				loss: Loss(1),
				accepted: 1,
				dropped: 0,
				closed: 1,
			};
			RoundRecords::<T>::insert(job, round, record);
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(1)), job);

		assert_eq!(RoundRecords::<T>::iter_prefix(job).count(), 0);
	}

	/// The last of 15 verdicts accepts the last of `n` slots. All of them are paid, and every other slot
	/// is given out again.
	#[benchmark]
	fn note(n: Linear<2, { T::MaxTasks::get() }>) {
		let job = started::<T>(n);
		let last = n - 1;
		let failed = SlotState::Redo(Unpaid::Withheld);
		(0..last).for_each(|slot| set_slot::<T>(job, slot, failed));
		set_slot::<T>(
			job,
			last,
			SlotState::Judging {
				seats: 15,
				sealed: 15,
			},
		);
		Slots::<T>::mutate(job, last, |record| {
			let record = record.as_mut().expect("the slot exists");
			record.verdicts = BoundedVec::truncate_from((0..14).map(verdict::<T>).collect());
		});
		set_round::<T>(job, Phase::Unseal, last, 1);
		let Unsealed {
			validator,
			verdict,
			uptime_ppm,
		} = verdict::<T>(14);
		let fact = RoundFact::Unsealed {
			slot: last,
			validator,
			verdict,
			uptime_ppm,
		};

		#[block]
		{
			Pallet::<T>::note(job, fact).expect("the fact belongs to the phase");
		}

		assert!(Slots::<T>::get(job, 0).is_some_and(|slot| slot.attempt == 1));
	}

	/// One look at a block without due jobs.
	#[benchmark]
	fn look_due() {
		#[block]
		{
			assert!(Due::<T>::iter_key_prefix(7).next().is_none());
		}
	}

	/// As many tasks as one call takes, each with its stake and a window that is over.
	#[benchmark]
	fn release_stakes(n: Linear<1, { MAX_RELEASES }>) {
		let job = started::<T>(n);
		let tasks: Vec<_> = (0..n).map(|slot| accepted::<T>(job, slot)).collect();
		go_past_deadline::<T>(job);
		let tasks = BoundedVec::truncate_from(tasks);

		#[extrinsic_call]
		_(RawOrigin::Signed(rich::<T>(1)), tasks);

		assert_eq!(Accepted::<T>::iter_prefix(job).count(), 0);
	}

	/// One look at a record, which is released.
	#[benchmark]
	fn sweep_accepted() {
		let job = started::<T>(1);
		accepted::<T>(job, 0);
		go_past_deadline::<T>(job);
		let mut meter = WeightMeter::with_limit(T::WeightInfo::sweep_accepted());

		#[block]
		{
			Pallet::<T>::sweep_accepted(&mut meter);
		}

		assert_eq!(Accepted::<T>::iter_prefix(job).count(), 0);
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::bench_externalities(),
		crate::mock::Test
	);
}
