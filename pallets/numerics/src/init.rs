//! The first parameters.

use crate::{
	functions::sqrt,
	ops::StepError,
	program::{Init, Program},
	tile::{Tile, BYTES, ELEMENTS},
};

/// `2^-23`.
const UNIT: f32 = f32::from_bits(104 << 23);

/// A tile of the parameter at place `param` of the checkpoint, before any training.
///
/// By its [`Init`]; padding is +0.0. Uniform ones are in `[-a, a)` with `a = 1 / sqrt(fan_in)`: the pattern comes
/// from the extendable output of BLAKE3(seed, param, tile), counters as little-endian `u32`: for each
/// element a little-endian `u32` whose upper 24 bits, minus `2^23`, times `2^-23`, are exact and then
/// multiplied by a.
///
/// # Errors
/// [`StepError::Absent`] if there is no such parameter or tile.
pub fn init_tile(
	program: &Program,
	seed: &[u8; 32],
	param: usize,
	tile: u32,
) -> Result<Tile, StepError> {
	let id = program.params().get(param).ok_or(StepError::Absent)?;
	let layout = program.tensor(*id).ok_or(StepError::Absent)?.layout;
	if tile >= layout.tiles() {
		return Err(StepError::Absent);
	}
	let init = program.init(param).ok_or(StepError::Absent)?;
	let full = match init {
		Init::Zeros => return Ok(Tile::ZERO),
		Init::Ones => Tile([1.0; ELEMENTS]),
		Init::Uniform { fan_in } => uniform(seed, param as u32, tile, 1.0 / sqrt(fan_in as f32)),
	};
	Ok(layout.masked(tile, full))
}

fn uniform(seed: &[u8; 32], param: u32, tile: u32, a: f32) -> Tile {
	let mut hasher = blake3::Hasher::new();
	hasher
		.update(seed)
		.update(&param.to_le_bytes())
		.update(&tile.to_le_bytes());
	let mut bytes = [0; BYTES];
	hasher.finalize_xof().fill(&mut bytes);
	let mut out = Tile::ZERO;
	for (element, bytes) in out.0.iter_mut().zip(bytes.as_chunks::<4>().0) {
		let integer = (u32::from_le_bytes(*bytes) >> 8) as i32 - (1 << 23);
		*element = (integer as f32 * UNIT) * a;
	}
	out
}

#[cfg(test)]
mod tests;
