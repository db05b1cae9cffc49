//! Disputes about a claim that training ends: the place where it is claimed to.
//!
//! Up to that place a provider that claims has done what one that works has, and it is descended in the
//! same way. Of the last step there is no state behind it, of its list of outputs nothing from the op on,
//! of its accumulators nothing from the step of the fold on. A challenger that agrees with all before
//! asks for nothing more, and the place itself is judged: if there is a tile, the claim is wrong.

use super::{Case, DisputeError, Place, Ruling, Search, Tree};
use crate::round::Failure;
use assay_numerics::{
	referee::{fold_steps, judge_ending, Commitments, Evidence, Fold, Part, Question},
	Root, ZERO_ROOT,
};

impl Case<'_> {
	/// Segments that can be asked for: of a claim, those up to the one in which training ends.
	pub fn segments(&self) -> u32 {
		let all = self.plan.segments();
		let ending = self.failure.map(|failure| failure.segment(self.plan));
		ending.map_or(all, |segment| all.min(segment.saturating_add(1)))
	}

	/// The step in which training is claimed to end, if that lies in the segment which begins with this
	/// one.
	pub(super) fn ending_in(&self, first: u32) -> Option<u32> {
		let failure = self.failure?;
		let segment = self.plan.segment(failure.segment(self.plan))?;
		(segment.start == first).then_some(failure.step)
	}

	/// What is claimed about the step that is searched, if training is claimed to end in it.
	fn ending_of(&self, search: &Search) -> Option<Failure> {
		self.failure.filter(|_| search.step.after.is_none())
	}

	/// What is claimed, and the steps of that fold.
	pub(super) fn ending_fold(&self) -> Result<(Failure, u32), DisputeError> {
		let failure = self.failure.ok_or(DisputeError::Inconsistent)?;
		let steps = fold_steps(self.outline, failure.op, failure.tile)?;
		Ok((failure, steps))
	}

	/// Nothing more of the outputs: the place, or the accumulators before it.
	pub(super) fn ending(&self, search: &Search) -> Result<Place, DisputeError> {
		let failure = self.ending_of(search).ok_or(DisputeError::NotAwaited)?;
		let steps = fold_steps(self.outline, failure.op, failure.tile)?;
		Ok(match failure.part.before(steps) {
			0 => Place::Ending { accumulators: None },
			_ => Place::EndingFold,
		})
	}

	/// That a place lies before the one where training is claimed to end: nothing else is shown.
	pub(super) fn before_ending(
		&self,
		search: &Search,
		place: Place,
	) -> Result<Place, DisputeError> {
		let Some(failure) = self.ending_of(search) else {
			return Ok(place);
		};
		let (at, count) = match &place {
			Place::Tile {
				op,
				part: Part::Step(step),
				..
			} if *op == failure.op => {
				let steps = fold_steps(self.outline, failure.op, failure.tile)?;
				(*step, failure.part.before(steps))
			}
			Place::Tile { op, .. } | Place::Fold { op, .. } => (*op, failure.op),
			Place::Asked {
				tree: Tree::Output { op },
				..
			} => (*op, failure.op),
			_ => return Ok(place),
		};
		if at < count {
			Ok(place)
		} else {
			Err(DisputeError::NoSuchPlace { place: at, count })
		}
	}

	/// The fold that is claimed to end, with these accumulators.
	pub(super) fn fold(&self, failure: &Failure, accumulators: Root) -> Fold {
		Fold {
			op: failure.op,
			tile: failure.tile,
			accumulators,
		}
	}

	/// Judges the place itself.
	pub(super) fn judge_ending(
		&self,
		search: &Search,
		accumulators: Option<Root>,
		evidence: &Evidence,
	) -> Result<Ruling, DisputeError> {
		let failure = self.ending_of(search).ok_or(DisputeError::Inconsistent)?;
		let Failure { op, tile, part, .. } = failure;
		// Before the first step of a fold there are none, and none is read.
		let accumulators = accumulators.unwrap_or(ZERO_ROOT);
		let commitments = Commitments {
			fold: Some(self.fold(&failure, accumulators)),
			..self.commitments(&search.step, &search.outputs)
		};
		let ends = judge_ending(
			self.outline,
			&commitments,
			&self.env(search.step.step),
			&Question { op, tile, part },
			evidence,
		)?;
		Ok(match ends {
			Some(_) => Ruling::ChallengerWrong,
			None => Ruling::ProviderWrong,
		})
	}
}
