//! A channel that is much greater than its neighbours, as large models have them.

use std::error::Error;

use assay_engine::Params;
use assay_numerics::{program::Layout, Program};

/// The channel of every feed-forward layer.
const CHANNEL: u32 = 7;

/// Parameters whose gated feed-forward layers have one channel multiplied by a power of two, and the
/// weights that take it divided by it: `down(silu(gate(x)) * up(x))` is linear in `up`, so that in
/// floats no bit of the layer's result changes.
pub(crate) fn scaled(
	program: &Program,
	params: &Params,
	scale: u32,
) -> Result<Params, Box<dyn Error>> {
	if !scale.is_power_of_two() {
		return Err("scale is a power of two, so that floats scale without rounding".into());
	}
	let scale = scale as f32;
	let mut tensors: Vec<Vec<u8>> = params.tensors().map(<[u8]>::to_vec).collect();
	let mut found = 0;
	for (id, bytes) in program.params().iter().zip(&mut tensors) {
		let info = program.tensor(*id).ok_or("a program has its own tensors")?;
		let [rows, cols] = info.layout.shape();
		if info.name.ends_with("mlp.up_proj.weight") {
			multiply(
				info.layout,
				bytes,
				(0..cols).map(|col| (CHANNEL, col)),
				scale,
			)?;
			found += 1;
		} else if info.name.ends_with("mlp.down_proj.weight") {
			let column = (0..rows).map(|row| (row, CHANNEL));
			multiply(info.layout, bytes, column, 1.0 / scale)?;
			found += 1;
		}
	}
	if found == 0
		|| !program
			.tensors()
			.iter()
			.any(|info| info.name.contains("gate_proj"))
	{
		return Err(
			"only gated feed-forward layers are linear in a channel: take plan=rotary".into(),
		);
	}
	Ok(Params::from_tensors(program, &tensors)?)
}

/// Multiplies elements of a tensor's canonical bytes.
fn multiply(
	layout: Layout,
	bytes: &mut [u8],
	places: impl Iterator<Item = (u32, u32)>,
	factor: f32,
) -> Result<(), &'static str> {
	for (row, col) in places {
		let (tile, element) = layout
			.place(row, col)
			.ok_or("the channel is in the matrix")?;
		let at = (tile as usize * 256 + element) * 4;
		let bytes = bytes
			.get_mut(at..at + 4)
			.ok_or("a tensor has all its tiles")?;
		let value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
		bytes.copy_from_slice(&(value * factor).to_le_bytes());
	}
	Ok(())
}
