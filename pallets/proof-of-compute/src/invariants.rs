//! What must hold after every block.

use crate::{
	Aggregations, Ballot, Config, OpenRounds, Pallet, SessionStarts, Submission, Submissions,
	Uptimes,
};
use alloc::collections::BTreeSet;
use assay_protocol::{DrawRecord, JobId, Outlook, Round};
use assay_traits::{Conflicts, Rounds};
use codec::Encode;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// P1, P5, P6 and P9, and the order of lists.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		for (job, round, open) in OpenRounds::<T>::iter() {
			ensure!(
				is_rising(open.draws.iter().map(|draw| draw.index)),
				"draws are in order"
			);
			if !Self::is_over(job, round) {
				Self::try_running(job, round, open.draws.last())?;
			}
		}
		for ((job, round, _), submission) in Submissions::<T>::iter() {
			let open = OpenRounds::<T>::get(job, round).ok_or("P9: the round is open")?;
			Self::try_submission(&submission, &open.draws)?;
		}
		for (job, round, aggregation) in Aggregations::<T>::iter() {
			ensure!(
				OpenRounds::<T>::contains_key(job, round),
				"P9: the round is open"
			);
			let closers = aggregation.closers.iter().map(|closer| &closer.validator);
			ensure!(is_distinct(closers), "P8: closers are distinct");
			let mut closers = aggregation.closers.iter();
			ensure!(
				closers.all(|closer| closer.struck.is_none() || closer.claim.is_some()),
				"P8: only claims are struck"
			);
		}
		for (_, uptime) in Uptimes::<T>::iter() {
			ensure!(uptime.answered <= uptime.drawn, "P7: who answers was drawn");
			ensure!(uptime.drawn > 0, "P7: who was never drawn has no record");
		}
		let starts = SessionStarts::<T>::get();
		ensure!(
			is_rising(starts.iter().map(|start| start.block)),
			"sessions are in order"
		);
		Ok(())
	}

	/// A running round agrees with what the jobs pallet says about it.
	fn try_running(
		job: JobId,
		round: Round,
		latest: Option<&DrawRecord>,
	) -> Result<(), TryRuntimeError> {
		let view = T::Rounds::round(job)?;
		ensure!(
			view.state.draw.as_ref() == latest,
			"P4: the latest draw is the round's"
		);
		ensure!(
			(view.state.outlook == Outlook::Contested) == T::Conflicts::state(job, round).is_some(),
			"P8: a round waits for its conflict, and for nothing else"
		);
		for (slot, submission) in Submissions::<T>::iter_prefix((job, round)) {
			let task = T::Rounds::task(job, slot)?;
			ensure!(
				submission.attempt <= task.attempt,
				"P1: no attempt is ahead of its slot"
			);
			let is_current = submission.attempt == task.attempt;
			ensure!(
				!is_current || submission.provider == task.provider,
				"P1: the provider of the attempt submitted it",
			);
		}
		Ok(())
	}

	fn try_submission(
		submission: &Submission<T::AccountId>,
		draws: &[DrawRecord],
	) -> Result<(), TryRuntimeError> {
		ensure!(
			submission.seal.is_some() != submission.trace.is_some(),
			"P2: a seal is kept until it is opened, then the trace"
		);
		let Some(panel) = &submission.panel else {
			return Ok(());
		};
		ensure!(
			submission.seal.is_none(),
			"P5: only revealed work has a panel"
		);
		ensure!(
			draws.iter().any(|draw| draw.index == panel.draw_index),
			"P5: a panel belongs to a draw",
		);
		let validators = panel.seats.iter().map(|seat| &seat.validator);
		ensure!(is_distinct(validators.clone()), "P5: seats are distinct");
		ensure!(
			!validators
				.clone()
				.any(|validator| *validator == submission.provider),
			"P5: no provider judges itself",
		);
		let is_used = panel
			.seats
			.iter()
			.any(|seat| seat.ballot != Ballot::Awaited);
		ensure!(is_used, "P6: a panel is stored with its first seal");
		Ok(())
	}
}

fn is_rising(numbers: impl Iterator<Item = u32>) -> bool {
	let mut earlier = None;
	for number in numbers {
		if earlier.is_some_and(|earlier| earlier >= number) {
			return false;
		}
		earlier = Some(number);
	}
	true
}

fn is_distinct<'a, A: Encode + 'a>(accounts: impl Iterator<Item = &'a A>) -> bool {
	let mut seen = BTreeSet::new();
	accounts
		.into_iter()
		.all(|account| seen.insert(account.encode()))
}
