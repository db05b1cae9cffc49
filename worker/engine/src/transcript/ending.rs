//! Steps that end: the op, the tile and the part of its fold in which they do.

use assay_numerics::{
	eval,
	ops::{self, StepError},
	program::Op,
	referee::{Part, WitnessError},
};
use rayon::prelude::*;

use super::StepTranscript;
use crate::{engine::Engine, error::EngineError, task::TaskInput};

/// Where a step of training ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
	/// The first op in the program's order without an output, by its number.
	pub op: u32,
	/// A tile of its output that there is not.
	pub tile: u32,
	/// Where in the fold of that tile, as the referee says.
	pub part: Part,
}

impl Engine {
	/// [`transcript`](Self::transcript) of a step that may end: of one that does it has the tensors before
	/// the op at which it ends.
	///
	/// # Errors
	/// As [`transcript`](Self::transcript), but [`EngineError::OutOfRange`] of an earlier step only.
	pub fn transcript_to_end(
		&self,
		task: &TaskInput<'_>,
		step: u32,
	) -> Result<StepTranscript, EngineError> {
		self.transcript_of(task, step)
	}
}

impl StepTranscript {
	/// The number of the op at which the step ends, if it does.
	pub fn ended(&self) -> Option<u32> {
		self.ended
	}

	/// Where the step ends; nothing if it does not by the specification, so that a deliberate mistake is
	/// what ended it. Tries the tiles that the engine has out of range before all others, which are
	/// evaluated by the specification's own functions on the engine's threads.
	///
	/// # Errors
	/// As [`referee::Transcript::new`](assay_numerics::referee::Transcript::new).
	pub fn ending(&self, data: &[u8]) -> Result<Option<Ending>, WitnessError> {
		let Some(op) = self.ended else {
			return Ok(None);
		};
		let Some(tile) = self
			.program
			.ops()
			.get(op as usize)
			.and_then(|made| self.failing(made))
		else {
			return Ok(None);
		};
		let part = self.witness(data)?.ending(&self.env(), (op, tile))?;
		Ok(part.map(|part| Ending { op, tile, part }))
	}

	/// The first tile of an op's output that there is not, if the engine has one out of range; else any.
	fn failing(&self, op: &Op) -> Option<u32> {
		let place = self.ended? as usize;
		let ends = |tile: &u32| {
			let found = eval(&self.program, place, *tile, &self.env(), self);
			matches!(
				found,
				Err(StepError::OutOfRange | StepError::InputOutOfRange)
			)
		};
		let tensor = op.output;
		let is_out = |tile: &u32| {
			let held = self.held(tensor).and_then(|held| held.tile(*tile));
			held.is_some_and(|tile| !tile.in_range())
		};
		let mut seen = (0..ops::tiles(op)).filter(is_out);
		// A sum that left the range on its way may be back in it.
		seen.find(ends).or_else(|| {
			let all = |_| {
				(0..ops::tiles(op))
					.into_par_iter()
					.find_first(|tile| ends(tile))
			};
			self.pool.run(all)
		})
	}
}
