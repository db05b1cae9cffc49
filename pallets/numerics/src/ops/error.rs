//! Why there is no tile.

use crate::program::{TensorId, TileRef};

/// Why an op has no output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepError {
	/// An element of the output breaks the range rule, or one of the accumulator between two steps.
	OutOfRange,
	/// An element of an input breaks the range rule: no op wrote it.
	InputOutOfRange,
	/// An id that is none, or data shorter than an example.
	BadData,
	/// The op, or the whole of what was asked for, has no such tile or step.
	Absent,
	/// The number of tiles given is not the number that `deps` names.
	WrongTiles {
		/// Tiles given.
		given: u32,
		/// Tiles that the step takes.
		expected: u32,
	},
	/// An input that the store does not have.
	MissingTile(TileRef),
	/// A root that the store does not have.
	MissingRoot(TensorId),
	/// The op takes roots, not tiles: see [`state_list_tile`](super::state_list_tile).
	TakesRoots,
	/// A mean over no updates.
	NoUpdates,
}

impl core::fmt::Display for StepError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			StepError::OutOfRange => write!(f, "an element of the output is 2^50 or more"),
			StepError::InputOutOfRange => write!(f, "an element of an input is 2^50 or more"),
			StepError::BadData => write!(
				f,
				"the data has an id that is none of the vocabulary or is too short"
			),
			StepError::Absent => write!(f, "there is no such op, tile or step"),
			StepError::WrongTiles { given, expected } => {
				write!(f, "{given} tiles given, {expected} needed")
			}
			StepError::MissingTile(at) => {
				write!(f, "tile {} of tensor {} is missing", at.tile, at.tensor.0)
			}
			StepError::MissingRoot(tensor) => {
				write!(f, "the root of tensor {} is missing", tensor.0)
			}
			StepError::TakesRoots => write!(f, "this op takes roots, not tiles"),
			StepError::NoUpdates => write!(f, "there are no updates to take a mean of"),
		}
	}
}

impl core::error::Error for StepError {}
