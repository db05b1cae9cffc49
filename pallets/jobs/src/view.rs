//! What is shown of jobs: to proof-of-compute and, through the runtime API, to clients.

use alloc::vec::Vec;

use assay_protocol::{
	check_plan, draw, sampling, Balance, DrawRecord, JobId, JobState, JobView, Ledger, Phase, Plan,
	Refusal, RoundRecord, RoundState, RoundView, Slot, SlotRecord, SlotState, TaskView, Terms,
	TermsFacts,
};
use assay_traits::{Bonds, Rounds as _};
use frame_support::ensure;

use crate::{
	Claims, Config, Error, Job, Jobs, Ledgers, Members, NextJob, Pallet, Plans, RoundRecords,
	Rounds, SlotRoots, Slots,
};

/// How many of the latest jobs [`Pallet::live_jobs`] looks at.
const LOOKED_AT: u64 = 4_096;

impl<T: Config> Pallet<T> {
	/// A job with its plan, terms and books.
	pub fn job_view(job: JobId) -> Option<JobView<T::AccountId>> {
		let record = Jobs::<T>::get(job)?;
		Some(JobView {
			job,
			state: record.state,
			posted: record.posted,
			join_deadline: record.join_deadline(),
			plan_id: record.plan_id,
			plan: Plans::<T>::get(job)?,
			facts: record.facts,
			terms: record.terms,
			members: u32::try_from(Members::<T>::decode_len(job).unwrap_or(0)).unwrap_or(u32::MAX),
			round: record.round,
			checkpoint: record.checkpoint,
			ledger: Ledgers::<T>::get(job),
			owner: record.owner,
		})
	}

	/// The open and running ones of the latest 4,096 jobs, newest first.
	pub fn live_jobs() -> Vec<JobId> {
		let next = NextJob::<T>::get().0;
		(next.saturating_sub(LOOKED_AT)..next)
			.rev()
			.map(JobId)
			.filter(|job| {
				Jobs::<T>::get(job)
					.is_some_and(|job| matches!(job.state, JobState::Open | JobState::Running))
			})
			.collect()
	}

	/// The tasks of the current round, in the order of their slots; none unless the job runs.
	pub fn task_views(job: JobId) -> Vec<TaskView<T::AccountId>> {
		let Ok((record, round)) = Self::running(job) else {
			return Vec::new();
		};
		(0..record.terms.tasks)
			.filter_map(|slot| {
				let of = Slots::<T>::get(job, slot)?;
				Some(Self::task_view(job, &record, &round, slot, of))
			})
			.collect()
	}

	/// The drawn committee of a slot that is being judged; none without a draw.
	pub fn committee_of(job: JobId, slot: Slot) -> Vec<T::AccountId> {
		let Ok(task) = Self::task(job, slot) else {
			return Vec::new();
		};
		let judged = matches!(task.state, SlotState::Revealed | SlotState::Judging { .. })
			&& matches!(task.phase, Phase::Assay | Phase::Unseal);
		let Some(draw) = task.draw.filter(|_| judged) else {
			return Vec::new();
		};
		let stakes = T::Bonds::stakes(draw.session).unwrap_or_default();
		let (attempt, seats) = (task.attempt, draw.seats);
		draw::committee(&draw.seed, slot, attempt, &stakes, seats, &task.provider).into_inner()
	}

	/// The drawn validators whose claims close the round; none outside of CLOSE.
	pub fn closers_of(job: JobId) -> Vec<T::AccountId> {
		let Ok((record, round)) = Self::running(job) else {
			return Vec::new();
		};
		let (Phase::Close, Some(DrawRecord { seed, session, .. })) = (round.phase, round.draw)
		else {
			return Vec::new();
		};
		let stakes = T::Bonds::stakes(session).unwrap_or_default();
		draw::closers(&seed, round.restarts, &stakes, record.terms.committee).into_inner()
	}

	/// The members of a job, in the order of joining.
	pub fn members_of(job: JobId) -> Vec<T::AccountId> {
		Members::<T>::get(job).into_inner()
	}

	/// What an account can claim.
	pub fn claimable(job: JobId, who: &T::AccountId) -> Balance {
		Claims::<T>::get(job, who)
	}

	/// The books of a job; all zero if there is no such job.
	pub fn ledger_of(job: JobId) -> Ledger {
		Ledgers::<T>::get(job)
	}

	/// The closed rounds of a job, in order.
	pub fn round_records(job: JobId) -> Vec<RoundRecord> {
		let closed = Jobs::<T>::get(job).map_or(0, |job| job.round);
		(0..closed)
			.filter_map(|round| RoundRecords::<T>::get(job, round))
			.collect()
	}

	/// What posting a job would move, or why it would be refused, with the value and its bound.
	pub fn check(plan: &Plan, terms: &Terms) -> Result<TermsFacts, Refusal> {
		let facts = check_plan(plan)?;
		Self::check_offer(terms, &facts)
	}

	/// A running job and its round, without its books.
	pub(crate) fn running(job: JobId) -> Result<(Job<T::AccountId>, RoundState), Error<T>> {
		let record = Jobs::<T>::get(job).ok_or(Error::<T>::UnknownJob)?;
		ensure!(record.state == JobState::Running, Error::<T>::JobNotRunning);
		Ok((
			record,
			Rounds::<T>::get(job).ok_or(Error::<T>::Inconsistent)?,
		))
	}

	pub(crate) fn task_view(
		job: JobId,
		record: &Job<T::AccountId>,
		round: &RoundState,
		slot: Slot,
		of: SlotRecord<T::AccountId>,
	) -> TaskView<T::AccountId> {
		let segments = record.facts.segments;
		let drawn =
			|| sampling::drawn_segment(round, slot, of.attempt, of.state, segments, of.rate_ppm);
		// All of a claim of failure is recomputed, up to its step.
		let segment = of.failure.is_none().then(drawn).flatten();
		TaskView {
			job,
			round: record.round,
			slot,
			attempt: of.attempt,
			provider: of.provider,
			state: of.state,
			phase: round.phase,
			since: round.since,
			deadline: round.deadline,
			parent: record.checkpoint.root,
			slot_root: SlotRoots::<T>::get(job, slot),
			work: of.work,
			failure: of.failure,
			draw: round.draw,
			draw_from: round.draw_from(),
			draw_index: round.draw_index,
			segments,
			segment,
			rate_ppm: of.rate_ppm,
			committee: round.draw.map_or(record.terms.committee, |draw| draw.seats),
			quorum: record.terms.quorum,
		}
	}

	pub(crate) fn round_view(
		job: JobId,
		record: &Job<T::AccountId>,
		round: &RoundState,
	) -> RoundView {
		RoundView {
			job,
			round: record.round,
			state: *round,
			draw_from: round.draw_from(),
			parent: record.checkpoint.root,
			committee: record.terms.committee,
			quorum: record.terms.quorum,
		}
	}
}
