//! A job on its way through a round.

use alloc::vec::Vec;

use assay_numerics::{
	referee::{fold_steps, Part},
	Outline,
};
use assay_protocol::{
	draw::Committee,
	limits::{MAX_COMMITTEE, MAX_OUTPUTS, MAX_REDRAWS, MAX_SEGMENTS},
	DrawRecord, Failure, FailureClaim, FailureReveal, JobId, Loss, Slot, TaskClaim, TaskReveal,
	Verdict, VerdictClaim, ZERO_ROOT,
};
use assay_traits::{Bonds, Rounds};
use frame_support::BoundedVec;
use frame_system::RawOrigin;

use super::{BenchmarkHelper, Prepared};
use crate::{
	Ballot, Config, OpenRound, Pallet, Panel, SessionStart, SessionStarts, Submission,
	MAX_SESSION_STARTS,
};

pub(super) const LOSS: Loss = Loss(1 << 24);
pub(super) const SALT: [u8; 32] = [1; 32];

/// A job on its way through a round.
pub(super) struct Bench<T: Config> {
	pub(super) job: JobId,
	pub(super) workers: Vec<T::AccountId>,
}

impl<T: Config> Bench<T> {
	pub(super) fn start(tasks: u32, committee: u32) -> Self {
		let Prepared { job, workers } =
			T::BenchmarkHelper::start_job(tasks, committee, MAX_SEGMENTS);
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

	pub(super) fn origin(&self, stash: &T::AccountId) -> RawOrigin<T::AccountId> {
		let worker = self
			.workers
			.iter()
			.find(|worker| T::Bonds::stash_of(worker).as_ref() == Some(stash))
			.unwrap();
		RawOrigin::Signed(worker.clone())
	}

	pub(super) fn provider(&self, slot: Slot) -> T::AccountId {
		T::Rounds::task(self.job, slot).unwrap().provider
	}

	pub(super) fn work(&self, slot: Slot) -> TaskReveal {
		let task = T::Rounds::task(self.job, slot).unwrap();
		let first = assay_numerics::state_root(task.parent, ZERO_ROOT, task.slot_root);
		let last = assay_numerics::state_root([2; 32], [3; 32], ZERO_ROOT);
		let between = (1..task.segments).map(|_| [4; 32]);
		let borders: Vec<_> = [first].into_iter().chain(between).chain([last]).collect();
		TaskReveal {
			trace: borders.try_into().unwrap(),
			update_root: [2; 32],
			moments_root: [3; 32],
			slot_root: ZERO_ROOT,
			loss: LOSS,
			salt: SALT,
		}
	}

	pub(super) fn task_seal(&self, slot: Slot) -> [u8; 32] {
		let task = T::Rounds::task(self.job, slot).unwrap();
		let context = Pallet::<T>::context(&task, task.provider.clone());
		TaskClaim::of(context, task.parent, task.slot_root, &self.work(slot)).seal()
	}

	/// A claim of failure in the last step, behind as many borders as there are: the end of the first op.
	pub(super) fn failure(&self) -> FailureReveal {
		let task = T::Rounds::task(self.job, 0).unwrap();
		let plan = T::Rounds::contract(self.job).unwrap().plan;
		let outline = Outline::new(&plan.step).unwrap();
		let first = assay_numerics::state_root(task.parent, ZERO_ROOT, task.slot_root);
		let borders: Vec<_> = [first]
			.into_iter()
			.chain((1..task.segments).map(|_| [4; 32]))
			.collect();
		let steps = fold_steps(&outline, 0, 0).unwrap();
		FailureReveal {
			trace: borders.try_into().unwrap(),
			place: Failure {
				step: plan.steps - 1,
				op: 0,
				tile: 0,
				part: match steps {
					0 | 1 => Part::Whole,
					_ => Part::Finish,
				},
			},
			salt: SALT,
		}
	}

	pub(super) fn failure_seal(&self, slot: Slot) -> [u8; 32] {
		let task = T::Rounds::task(self.job, slot).unwrap();
		let context = Pallet::<T>::context(&task, task.provider.clone());
		FailureClaim::of(context, task.parent, task.slot_root, &self.failure()).seal()
	}

	pub(super) fn verdict_seal(
		&self,
		slot: Slot,
		validator: &T::AccountId,
		verdict: Verdict,
	) -> [u8; 32] {
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

	pub(super) fn tasks(&self) -> u32 {
		T::Rounds::round(self.job).unwrap().state.tasks
	}

	pub(super) fn commit_all(&self) {
		for slot in 0..self.tasks() {
			let origin = self.origin(&self.provider(slot)).into();
			Pallet::<T>::commit_task(origin, self.job, slot, self.task_seal(slot)).unwrap();
		}
	}

	/// To DRAW, with the outputs there.
	pub(super) fn to_draw(&self) {
		self.commit_all();
		for slot in 0..self.tasks() {
			let origin = self.origin(&self.provider(slot)).into();
			Pallet::<T>::reveal_task(origin, self.job, slot, self.work(slot)).unwrap();
		}
		let view = T::Rounds::round(self.job).unwrap();
		T::BenchmarkHelper::fill_beacon(view.draw_from.unwrap(), MAX_OUTPUTS);
	}

	pub(super) fn to_assay(&self) {
		self.to_draw();
		let anyone = RawOrigin::Signed(self.workers[0].clone()).into();
		Pallet::<T>::draw(anyone, self.job).unwrap();
	}

	pub(super) fn committee(&self, slot: Slot) -> Committee<T::AccountId> {
		Pallet::<T>::committee_of(self.job, slot).unwrap()
	}

	pub(super) fn seal(&self, slot: Slot, validator: &T::AccountId, verdict: Verdict) {
		let seal = self.verdict_seal(slot, validator, verdict);
		let origin = self.origin(validator).into();
		Pallet::<T>::seal_verdict(origin, self.job, slot, seal).unwrap();
	}

	pub(super) fn open(&self, slot: Slot, validator: &T::AccountId, verdict: Verdict) {
		let origin = self.origin(validator).into();
		Pallet::<T>::reveal_verdict(origin, self.job, slot, verdict, SALT).unwrap();
	}

	/// To UNSEAL, with every verdict open but the last one; tells whose.
	pub(super) fn to_last_opening(&self, verdict: Verdict) -> (Slot, T::AccountId) {
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

	/// To CLOSE, with equal claims of everybody drawn but one; tells whose is missing.
	pub(super) fn to_last_claim(&self) -> T::AccountId {
		let (slot, validator) = self.to_last_opening(Verdict::Valid);
		self.open(slot, &validator, Verdict::Valid);
		let mut claimants = Pallet::<T>::closers_of(self.job).unwrap().into_iter();
		let last = claimants.next().unwrap();
		for validator in claimants {
			let origin = self.origin(&validator).into();
			Pallet::<T>::claim_aggregate(origin, self.job, 0, [9; 32], LOSS).unwrap();
		}
		last
	}

	/// A slot whose panel and whose redraws are all to be settled, and their draws.
	pub(super) fn unsettled(&self, slot: Slot) -> (Submission<T::AccountId>, OpenRound) {
		let provider = self.provider(slot);
		let session = T::Bonds::session();
		let draws: Vec<_> = (0..=u32::from(MAX_REDRAWS) + 1)
			.map(|index| DrawRecord {
				seed: [7; 32],
				session,
				index,
				seats: MAX_COMMITTEE,
			})
			.collect();
		let drawn = Pallet::<T>::drawn(&draws[0], slot, 0, &provider).unwrap();
		let mut panel = Panel::form(0, drawn);
		for seat in &mut panel.seats {
			seat.ballot = Ballot::Sealed([0; 32]);
		}
		let submission = Submission {
			attempt: 0,
			provider,
			seal: None,
			trace: Some(self.work(slot).trace),
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
