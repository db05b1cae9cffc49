//! Benchmarks of every call and branch at its worst case.
#![expect(
	clippy::arithmetic_side_effects,
	clippy::as_conversions,
	clippy::indexing_slicing,
	clippy::unwrap_used,
	reason = "benchmarks run off-chain, on numbers of their own"
)]

mod judge;
mod round;

use crate::{Call, Config, OpenRounds, Pallet, SessionStarts, Submissions, CLEAR_LIMIT};
use alloc::vec::Vec;
use assay_numerics::{samples, Outline};
use assay_protocol::{
	limits::{MAX_COMMITTEE, MAX_REDRAWS, MAX_TASKS},
	JobId, Phase, Verdict,
};
use assay_traits::{Bonds, ConflictState, Conflicts, Disputes, Rounds};
use frame_benchmarking::v2::*;
use frame_system::{Pallet as System, RawOrigin};

use judge::{Openings, Trial, HEAVIEST, KINDS, OPENINGS};
use round::{Bench, LOSS, SALT};

/// What a benchmark begins with.
#[derive(Clone, Debug)]
pub struct Prepared<AccountId> {
	/// The job.
	pub job: JobId,
	/// A worker key of every provider and validator that can have a part in it.
	pub workers: Vec<AccountId>,
}

/// Brings other pallets into the states that benchmarks begin in.
pub trait BenchmarkHelper<AccountId> {
	/// Starts a job in TRAIN of round 0 in the current block, with at least two rounds and two
	/// providers, this many tasks, seats of a committee and segments of a task, the smallest quorum,
	/// and windows that no benchmark leaves.
	///
	/// The current session has 100 validators (`limits::MAX_AUTHORITIES`) with stakes, and each of them
	/// has a bond from which it can pledge for disputes about every task.
	fn start_job(tasks: u32, committee: u32, segments: u32) -> Prepared<AccountId>;

	/// Gives the beacon block `from - 1` and a block in each of so many slots behind it, and goes to
	/// the block after them. The first half of the slots is without outputs, so that a draw looks at
	/// all windows from the shortest to the longest.
	fn fill_beacon(from: u32, slots: u32);

	/// Ends the job, as its submitter can.
	fn end_job(job: JobId);
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn commit_task() {
		let bench = Bench::<T>::start(1, 1);
		let (job, origin, seal) = (
			bench.job,
			bench.origin(&bench.provider(0)),
			bench.task_seal(0),
		);

		#[extrinsic_call]
		_(origin, job, 0, seal);

		assert!(Submissions::<T>::contains_key((job, 0, 0)));
	}

	#[benchmark]
	fn reveal_task() {
		let bench = Bench::<T>::start(1, 1);
		bench.commit_all();
		let (job, origin, work) = (bench.job, bench.origin(&bench.provider(0)), bench.work(0));

		#[extrinsic_call]
		_(origin, job, 0, work);

		assert_eq!(T::Rounds::round(job).unwrap().state.phase, Phase::Draw);
	}

	#[benchmark]
	fn reveal_failure() {
		let bench = Bench::<T>::start(1, 1);
		let (job, origin) = (bench.job, bench.origin(&bench.provider(0)));
		let seal = bench.failure_seal(0);
		Pallet::<T>::commit_task(origin.clone().into(), job, 0, seal).unwrap();

		#[extrinsic_call]
		_(origin, job, 0, bench.failure());

		assert_eq!(T::Rounds::round(job).unwrap().state.phase, Phase::Draw);
	}

	#[benchmark]
	fn draw() {
		let bench = Bench::<T>::start(1, 1);
		bench.to_draw();
		let (job, origin) = (bench.job, RawOrigin::Signed(bench.workers[0].clone()));

		#[extrinsic_call]
		_(origin, job);

		assert_eq!(T::Rounds::round(job).unwrap().state.phase, Phase::Assay);
	}

	#[benchmark]
	fn seal_verdict() {
		let bench = Bench::<T>::start(1, MAX_COMMITTEE);
		bench.to_assay();
		let validator = bench.committee(0)[0].clone();
		let seal = bench.verdict_seal(0, &validator, Verdict::Valid);
		let (job, origin) = (bench.job, bench.origin(&validator));

		#[extrinsic_call]
		_(origin, job, 0, seal);

		assert!(Submissions::<T>::get((job, 0, 0)).unwrap().panel.is_some());
	}

	#[benchmark]
	fn reveal_verdict() {
		let bench = Bench::<T>::start(1, MAX_COMMITTEE);
		let (slot, validator) = bench.to_last_opening(Verdict::Valid);
		let (job, origin) = (bench.job, bench.origin(&validator));

		#[extrinsic_call]
		_(origin, job, slot, Verdict::Valid, SALT);

		assert_eq!(T::Rounds::round(job).unwrap().state.phase, Phase::Close);
	}

	// Without a seat, while the whole committee has said valid but for the last.
	#[benchmark]
	fn dispute_task() {
		let bench = Bench::<T>::start(1, MAX_COMMITTEE);
		let (slot, _) = bench.to_last_opening(Verdict::Valid);
		let drawn = bench.committee(slot);
		let provider = bench.provider(slot);
		let is_free = |stash: &T::AccountId| !drawn.contains(stash) && *stash != provider;
		let stashes = bench.workers.iter().filter_map(T::Bonds::stash_of);
		let stash = stashes.into_iter().find(is_free).unwrap();
		let (job, origin) = (bench.job, bench.origin(&stash));

		#[extrinsic_call]
		_(origin, job, slot);

		let task = T::Rounds::task(job, slot).unwrap();
		assert!(T::Disputes::is_open(Pallet::<T>::key_of(&task)));
	}

	// With the longest trace, right after the acceptance.
	#[benchmark]
	fn dispute_accepted() {
		let bench = Bench::<T>::start(1, MAX_COMMITTEE);
		let (slot, validator) = bench.to_last_opening(Verdict::Valid);
		let view = T::Rounds::task(bench.job, slot).unwrap();
		let (task, trace) = (Pallet::<T>::key_of(&view), bench.work(slot).trace);
		let (job, origin) = (bench.job, bench.origin(&validator));
		Pallet::<T>::reveal_verdict(origin.clone().into(), job, slot, Verdict::Valid, SALT)
			.unwrap();

		#[extrinsic_call]
		_(origin, task, trace);

		assert!(T::Disputes::is_open(task));
	}

	// Every task is found wrong, so the last verdict gives all of them to other providers.
	#[benchmark]
	fn end_pass(t: Linear<1, { MAX_TASKS }>) {
		let bench = Bench::<T>::start(t, 1);
		let (slot, validator) = bench.to_last_opening(Verdict::Invalid);
		let (job, origin) = (bench.job, bench.origin(&validator));

		#[block]
		{
			Pallet::<T>::reveal_verdict(origin.into(), job, slot, Verdict::Invalid, SALT).unwrap();
		}

		assert_eq!(T::Rounds::round(job).unwrap().state.pass, 1);
	}

	#[benchmark]
	fn claim_aggregate() {
		let bench = Bench::<T>::start(1, MAX_COMMITTEE);
		let validator = bench.to_last_claim();
		let (job, origin) = (bench.job, bench.origin(&validator));

		#[extrinsic_call]
		_(origin, job, 0, [9; 32], LOSS);

		assert!(!OpenRounds::<T>::contains_key(job, 0));
	}

	#[benchmark]
	fn open_conflict(t: Linear<1, { MAX_TASKS }>) {
		let bench = Bench::<T>::start(t, 3);
		let validator = bench.to_last_claim();
		let (job, origin) = (bench.job, bench.origin(&validator));

		#[block]
		{
			Pallet::<T>::claim_aggregate(origin.into(), job, 0, [8; 32], LOSS).unwrap();
		}

		assert_eq!(T::Conflicts::state(job, 0), Some(ConflictState::Open));
	}

	#[benchmark]
	fn next_round(t: Linear<1, { MAX_TASKS }>) {
		let bench = Bench::<T>::start(t, 1);
		let validator = bench.to_last_claim();
		let (job, origin) = (bench.job, bench.origin(&validator));

		#[block]
		{
			Pallet::<T>::claim_aggregate(origin.into(), job, 0, [9; 32], LOSS).unwrap();
		}

		assert_eq!(T::Rounds::round(job).unwrap().round, 1);
	}

	#[benchmark]
	fn settle() {
		let bench = Bench::<T>::start(1, MAX_COMMITTEE);
		let (submission, open) = bench.unsettled(0);
		let place = (bench.job, 0, 0);

		#[block]
		{
			Pallet::<T>::settle(
				place,
				&submission,
				&open.draws,
				u32::from(MAX_REDRAWS) + 1,
				true,
			);
		}
	}

	#[benchmark]
	fn clear_round(s: Linear<0, { CLEAR_LIMIT }>) {
		let bench = Bench::<T>::start(CLEAR_LIMIT, MAX_COMMITTEE);
		let job = bench.job;
		let (submission, open) = bench.unsettled(0);
		OpenRounds::<T>::insert(job, 0, open);
		for slot in 0..s {
			Submissions::<T>::insert((job, 0, slot), submission.clone());
		}
		T::BenchmarkHelper::end_job(job);
		let origin = RawOrigin::Signed(bench.workers[0].clone());

		#[extrinsic_call]
		_(origin, job, 0);

		assert_eq!(Submissions::<T>::iter_prefix((job, 0)).count(), 0);
	}

	#[benchmark]
	fn on_initialize() {
		let _ = Bench::<T>::start(1, 1);
		// The session of the latest entry is not the current one.
		SessionStarts::<T>::mutate(|starts| {
			for start in starts.iter_mut() {
				start.session = start.session.wrapping_sub(1);
			}
		});
		let now = System::<T>::block_number();

		#[block]
		{
			Pallet::<T>::note_session(Pallet::<T>::block_of(now));
		}

		let starts = SessionStarts::<T>::get();
		assert_eq!(
			starts.last().map(|start| start.session),
			Some(T::Bonds::session())
		);
	}

	#[benchmark]
	fn sweep() {
		let bench = Bench::<T>::start(1, 1);
		bench.commit_all();

		#[block]
		{
			Pallet::<T>::sweep();
		}

		assert!(OpenRounds::<T>::contains_key(bench.job, 0));
	}

	// What the judge of a disputed step will do, before there is a call for it. Each op kind is a
	// number of its own, so there is no line through them: the most of all is the weight.
	#[benchmark(extra)]
	fn judge_step(k: Linear<1, KINDS>) {
		let trial = Trial::of(k);
		let result;

		#[block]
		{
			result = trial.run();
		}

		assert!(result.is_ok(), "{result:?}");
	}

	#[benchmark(extra)]
	fn judge_openings(n: Linear<0, OPENINGS>) {
		let openings = Openings::new(n);
		let result;

		#[block]
		{
			result = openings.verify();
		}

		assert_eq!(result, Ok(()));
	}

	// Finding an op of the plan that takes longest to look through, each of whose parts is looked at
	// once, whichever op it is.
	#[benchmark(extra)]
	fn judge_op() {
		let plan = samples::largest();
		let last = Outline::new(&plan).unwrap().op_count() - 1;
		let op;

		#[block]
		{
			op = Outline::new(&plan)
				.ok()
				.and_then(|outline| outline.op(last));
		}

		assert!(op.is_some());
	}

	// All of it: what the target of docs/performance.md is about.
	#[benchmark(extra)]
	fn judge() {
		let plan = samples::largest();
		let last = Outline::new(&plan).unwrap().op_count() - 1;
		let openings = Openings::new(OPENINGS);
		let trial = Trial::of(HEAVIEST);
		let (op, opened, result);

		#[block]
		{
			op = Outline::new(&plan)
				.ok()
				.and_then(|outline| outline.op(last));
			opened = openings.verify();
			result = trial.run();
		}

		assert!(op.is_some());
		assert_eq!(opened, Ok(()));
		assert!(result.is_ok(), "{result:?}");
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::externalities(), crate::mock::Test);
}
