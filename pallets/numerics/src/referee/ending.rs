//! Judges a place at which a step of training is claimed to end.
//!
//! Nothing is committed there, so there is nothing to compare: the fold step is taken, and either there
//! is a tile, so that the claim is wrong, or there is none. What is committed before the place are the
//! outputs of the ops before it, in the list of all outputs, and the accumulators before it, in the list
//! of all steps of its fold. What those lists have from the place on is never read; zeros by agreement.

use super::{find, Commitments, Evidence, Question, RefereeError};
use crate::{
	ops::{Env, StepError},
	program::Outline,
};

#[cfg(feature = "witness")]
use super::{judged_ops, Part};
#[cfg(feature = "witness")]
use crate::{
	hash::{Root, ZERO_ROOT},
	tile::Tile,
};
#[cfg(feature = "witness")]
use alloc::vec::Vec;

/// Why the step of training ends at this place; nothing if there is a tile. `env` is the environment of
/// the step. The commitments have to have the fold's accumulators, unless it is judged as a whole; before
/// its first step none of them is read.
///
/// Reads and computes no more than [`judge`](super::judge).
///
/// # Errors
/// As [`judge`](super::judge).
pub fn judge_ending(
	outline: &Outline,
	commitments: &Commitments,
	env: &Env<'_>,
	question: &Question,
	evidence: &Evidence,
) -> Result<Option<StepError>, RefereeError> {
	match find(outline, commitments, env, question, evidence)?.tile {
		Ok(_) => Ok(None),
		Err(error @ (StepError::OutOfRange | StepError::InputOutOfRange | StepError::BadData)) => {
			Ok(Some(error))
		}
		Err(error) => Err(RefereeError::Environment(error)),
	}
}

/// The list of outputs of whoever claims that a step ends at `op`: the roots before it, then zeros.
#[cfg(feature = "witness")]
pub fn outputs_before(outline: &Outline, own: &[Root], op: u32) -> Vec<Root> {
	let known = own.get(..op as usize).unwrap_or(own);
	let mut all = known.to_vec();
	all.resize(judged_ops(outline) as usize, ZERO_ROOT);
	all
}

/// The accumulators of whoever claims that a fold of so many steps ends at `part`: those before it, then
/// zeros.
#[cfg(feature = "witness")]
pub fn tiles_before(own: &[Tile], part: Part, steps: u32) -> Vec<Tile> {
	let known = own.get(..part.before(steps) as usize).unwrap_or(own);
	let mut all = known.to_vec();
	all.resize(steps as usize, Tile::ZERO);
	all
}
