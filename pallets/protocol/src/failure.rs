//! What a claim of failure has to be before anybody judges it.

use crate::{plan::Plan, round::Failure, seal::FailureReveal};
use assay_numerics::{
	referee::{fold_steps, judged_ops},
	state_root, Outline, Root, ZERO_ROOT,
};

/// Why a claim of failure is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureError {
	/// The plan's tasks have no such step.
	NoSuchStep {
		/// The step, from 0.
		step: u32,
		/// Steps of a task.
		count: u32,
	},
	/// A step has no such op.
	NoSuchOp {
		/// The op, from 0.
		op: u32,
		/// Ops whose outputs are judged.
		count: u32,
	},
	/// The output of the op has no such tile.
	NoSuchTile {
		/// The tile, from 0.
		tile: u32,
	},
	/// The fold of the tile has no such part.
	NoSuchPart {
		/// Steps of the fold: of at most one it is the whole.
		steps: u32,
	},
	/// The trace does not begin at the agreed state, or has not the borders up to the segment in which
	/// training ends.
	OtherTrace,
}

impl core::fmt::Display for FailureError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			FailureError::NoSuchStep { step, count } => {
				write!(f, "there is no step {step} among {count}: count from 0")
			}
			FailureError::NoSuchOp { op, count } => {
				write!(f, "there is no op {op} among {count}: count from 0")
			}
			FailureError::NoSuchTile { tile } => {
				write!(f, "the output of the op has no tile {tile}: count from 0")
			}
			FailureError::NoSuchPart { steps } => write!(
				f,
				"the fold has {steps} steps: name the whole of at most one, and a part of more"
			),
			FailureError::OtherTrace => write!(
				f,
				"the trace is not the borders from the parent to the segment in which training ends"
			),
		}
	}
}

impl core::error::Error for FailureError {}

impl Failure {
	/// The segment in which it lies.
	pub fn segment(&self, plan: &Plan) -> u32 {
		self.step.checked_div(plan.stride).unwrap_or(0)
	}

	/// That a task of the plan has this place. `outline` is the plan's.
	///
	/// # Errors
	/// All of [`FailureError`] but [`FailureError::OtherTrace`].
	pub fn check(&self, plan: &Plan, outline: &Outline) -> Result<(), FailureError> {
		let Failure {
			step,
			op,
			tile,
			part,
		} = *self;
		if step >= plan.steps {
			let count = plan.steps;
			return Err(FailureError::NoSuchStep { step, count });
		}
		let count = judged_ops(outline);
		if op >= count {
			return Err(FailureError::NoSuchOp { op, count });
		}
		// Every op that is judged has a layout, so it is the tile that there is not.
		let steps = fold_steps(outline, op, tile);
		let steps = steps.map_err(|_| FailureError::NoSuchTile { tile })?;
		match part.is_of(steps) {
			true => Ok(()),
			false => Err(FailureError::NoSuchPart { steps }),
		}
	}
}

impl FailureReveal {
	/// That the place is one of the plan, and that the trace begins at the agreed checkpoint and slot
	/// state, without moments, and has one border for each segment up to the one in which training ends.
	///
	/// # Errors
	/// [`FailureError`].
	pub fn check(
		&self,
		plan: &Plan,
		outline: &Outline,
		parent: &Root,
		slot_root_in: &Root,
	) -> Result<(), FailureError> {
		self.place.check(plan, outline)?;
		let first = state_root(*parent, ZERO_ROOT, *slot_root_in);
		let borders = self.place.segment(plan).saturating_add(1);
		let agrees =
			u32::try_from(self.trace.len()) == Ok(borders) && self.trace.first() == Some(&first);
		match agrees {
			true => Ok(()),
			false => Err(FailureError::OtherTrace),
		}
	}
}
