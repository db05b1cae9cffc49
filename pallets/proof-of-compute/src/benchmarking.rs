//! Benchmarks of every call and branch at its worst case.
#![expect(
	clippy::unwrap_used,
	clippy::indexing_slicing,
	reason = "benchmarks run off-chain, on numbers of their own"
)]

use crate::{
	Ballot, Call, Config, OpenRound, OpenRounds, Pallet, Panel, SessionStart, SessionStarts,
	Submission, Submissions, CLEAR_LIMIT, MAX_SESSION_STARTS,
};
use alloc::vec::Vec;
use assay_protocol::{
	draw::Committee,
	limits::{MAX_COMMITTEE, MAX_OUTPUTS, MAX_REDRAWS, MAX_TASKS},
	DrawRecord, JobId, Loss, Phase, Slot, TaskClaim, TaskReveal, Verdict, VerdictClaim, ZERO_ROOT,
};
use assay_traits::{Bonds, Rounds};
use frame_benchmarking::v2::*;
use frame_support::BoundedVec;
use frame_system::{Pallet as System, RawOrigin};

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
	/// providers, this many tasks and seats of a committee, the smallest quorum, and windows that no
	/// benchmark leaves.
	///
	/// The current session has 100 validators (`limits::MAX_AUTHORITIES`) with stakes.
	fn start_job(tasks: u32, committee: u32) -> Prepared<AccountId>;

	/// Gives the beacon this many outputs, of consecutive blocks.
	fn fill_beacon(from: u32, count: u32);

	/// Ends the job, as its submitter can.
	fn end_job(job: JobId);
}

const LOSS: Loss = Loss(1 << 24);
const SALT: [u8; 32] = [1; 32];

/// A job on its way through a round.
struct Bench<T: Config> {
	job: JobId,
	workers: Vec<T::AccountId>,
}

impl<T: Config> Bench<T> {
	fn start(tasks: u32, committee: u32) -> Self {
		let Prepared { job, workers } = T::BenchmarkHelper::start_job(tasks, committee);
		// A full list of sessions, of which the current one began last.
		let now = Pallet::<T>::now();
		let session = T::Bonds::session();
		let starts: Vec<_> = (0..MAX_SESSION_STARTS)
			.rev()
			.map(|ago| SessionStart {
				block: now.saturating_sub(ago),
				session: session.saturating_sub(ago),
			})
			.collect();
		SessionStarts::<T>::put(BoundedVec::truncate_from(starts));
		Self { job, workers }
	}

	fn origin(&self, stash: &T::AccountId) -> RawOrigin<T::AccountId> {
		let worker = self
			.workers
			.iter()
			.find(|worker| T::Bonds::stash_of(worker).as_ref() == Some(stash))
			.unwrap();
		RawOrigin::Signed(worker.clone())
	}

	fn provider(&self, slot: Slot) -> T::AccountId {
		T::Rounds::task(self.job, slot).unwrap().provider
	}

	fn work(&self, slot: Slot) -> TaskReveal {
		let task = T::Rounds::task(self.job, slot).unwrap();
		let first = assay_numerics::state_root(task.parent, ZERO_ROOT, task.slot_root);
		let last = assay_numerics::state_root([2; 32], [3; 32], ZERO_ROOT);
		TaskReveal {
			trace_root: assay_numerics::list_root(&[first, last]),
			update_root: [2; 32],
			moments_root: [3; 32],
			slot_root: ZERO_ROOT,
			loss: LOSS,
			salt: SALT,
		}
	}

	fn task_seal(&self, slot: Slot) -> [u8; 32] {
		let task = T::Rounds::task(self.job, slot).unwrap();
		let context = Pallet::<T>::context(&task, task.provider.clone());
		TaskClaim::of(context, task.parent, task.slot_root, &self.work(slot)).seal()
	}

	fn verdict_seal(&self, slot: Slot, validator: &T::AccountId, verdict: Verdict) -> [u8; 32] {
		let task = T::Rounds::task(self.job, slot).unwrap();
		let context = Pallet::<T>::context(&task, validator.clone());
		VerdictClaim {
			context,
			draw_index: task.draw_index,
			verdict,
			salt: SALT,
		}
		.seal()
	}

	fn tasks(&self) -> u32 {
		T::Rounds::round(self.job).unwrap().state.tasks
	}

	fn commit_all(&self) {
		for slot in 0..self.tasks() {
			let origin = self.origin(&self.provider(slot)).into();
			Pallet::<T>::commit_task(origin, self.job, slot, self.task_seal(slot)).unwrap();
		}
	}

	/// To DRAW, with the outputs there.
	fn to_draw(&self) {
		self.commit_all();
		for slot in 0..self.tasks() {
			let origin = self.origin(&self.provider(slot)).into();
			Pallet::<T>::reveal_task(origin, self.job, slot, self.work(slot)).unwrap();
		}
		let view = T::Rounds::round(self.job).unwrap();
		T::BenchmarkHelper::fill_beacon(view.draw_from.unwrap(), MAX_OUTPUTS);
	}

	fn to_assay(&self) {
		self.to_draw();
		let anyone = RawOrigin::Signed(self.workers[0].clone()).into();
		Pallet::<T>::draw(anyone, self.job).unwrap();
	}

	fn committee(&self, slot: Slot) -> Committee<T::AccountId> {
		Pallet::<T>::committee_of(self.job, slot).unwrap()
	}

	fn seal(&self, slot: Slot, validator: &T::AccountId, verdict: Verdict) {
		let seal = self.verdict_seal(slot, validator, verdict);
		let origin = self.origin(validator).into();
		Pallet::<T>::seal_verdict(origin, self.job, slot, seal).unwrap();
	}

	fn open(&self, slot: Slot, validator: &T::AccountId, verdict: Verdict) {
		let origin = self.origin(validator).into();
		Pallet::<T>::reveal_verdict(origin, self.job, slot, verdict, SALT).unwrap();
	}

	/// To UNSEAL, with every verdict open but the last one; tells whose.
	fn to_last_opening(&self, verdict: Verdict) -> (Slot, T::AccountId) {
		self.to_assay();
		let mut seats = Vec::new();
		for slot in 0..self.tasks() {
			for validator in self.committee(slot) {
				self.seal(slot, &validator, verdict);
				seats.push((slot, validator));
			}
		}
		let last = seats.pop().unwrap();
		for (slot, validator) in seats {
			self.open(slot, &validator, verdict);
		}
		last
	}

	/// To CLOSE, with as many equal claims as leave the quorum open; tells who can make it.
	fn to_last_claim(&self) -> T::AccountId {
		let (slot, validator) = self.to_last_opening(Verdict::Valid);
		self.open(slot, &validator, Verdict::Valid);
		let quorum = T::Rounds::round(self.job).unwrap().quorum;
		let closers = Pallet::<T>::closers_of(self.job).unwrap();
		let mut claimants = closers.into_iter().take(usize::try_from(quorum).unwrap());
		let last = claimants.next().unwrap();
		for validator in claimants {
			let origin = self.origin(&validator).into();
			Pallet::<T>::claim_aggregate(origin, self.job, 0, [9; 32], LOSS).unwrap();
		}
		last
	}

	/// A slot whose panel and whose redraws are all to be settled, and their draws.
	fn unsettled(&self, slot: Slot) -> (Submission<T::AccountId>, OpenRound) {
		let provider = self.provider(slot);
		let session = T::Bonds::session();
		let draws: Vec<_> = (0..=u32::from(MAX_REDRAWS) + 1)
			.map(|index| DrawRecord {
				seed: [7; 32],
				session,
				index,
			})
			.collect();
		let drawn = Pallet::<T>::drawn(&draws[0], slot, 0, MAX_COMMITTEE, &provider).unwrap();
		let mut panel = Panel::form(0, drawn);
		for seat in &mut panel.seats {
			seat.ballot = Ballot::Sealed([0; 32]);
		}
		let submission = Submission {
			attempt: 0,
			provider,
			seal: None,
			committee: MAX_COMMITTEE,
			draws_from: 0,
			panel: Some(panel),
		};
		(
			submission,
			OpenRound {
				draws: BoundedVec::truncate_from(draws),
				is_closed: false,
			},
		)
	}
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

	impl_benchmark_test_suite!(Pallet, crate::mock::externalities(), crate::mock::Test);
}
