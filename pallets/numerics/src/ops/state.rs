//! The list of a state's roots.

use super::StepError;
use crate::{
	hash::Root,
	program::{Program, TensorId},
	tile::{Tile, BYTES},
};

/// Roots in a tile.
const ROOTS: usize = BYTES / 32;

/// One tile of the list: roots of the parameters, then of the moments, after the step; padded with
/// zero bytes.
///
/// # Errors
/// [`StepError::MissingRoot`] if `root` does not know one, [`StepError::Absent`] past the last tile.
pub fn state_list_tile(
	program: &Program,
	tile: u32,
	root: impl Fn(TensorId) -> Option<Root>,
) -> Result<Tile, StepError> {
	let tensors = program.next_params().iter().chain(program.next_moments());
	let mut tensors = tensors
		.skip((tile as usize).saturating_mul(ROOTS))
		.take(ROOTS)
		.peekable();
	if tensors.peek().is_none() {
		return Err(StepError::Absent);
	}
	let mut bytes = [0; BYTES];
	for (to, tensor) in bytes.as_chunks_mut::<32>().0.iter_mut().zip(tensors) {
		*to = root(*tensor).ok_or(StepError::MissingRoot(*tensor))?;
	}
	Ok(Tile::from_bytes(&bytes))
}
