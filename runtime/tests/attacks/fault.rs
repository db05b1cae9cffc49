//! Wrong work of every kind, computed as the specification would, but for one mistake.

use assay_numerics::{referee::judged_ops, Memory, TensorId, Tile};
use assay_protocol::TaskKey;

use crate::{
	play::{flipped, Party, Setup},
	work::task,
};

/// A deliberate mistake. Steps count from the start of the task.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
	/// Parameters stay as they are from a step on; the moments go on.
	ZeroUpdate { from: u32 },
	/// Nothing changes from a step on.
	FewerSteps { from: u32 },
	/// The examples of another slot.
	OtherData { slot: u32 },
	/// A parameter's gradient times a factor, from a step on.
	Scaled {
		param: usize,
		factor: f32,
		from: u32,
	},
	/// A parameter's gradient with 8 bits of significand, as bfloat16 has them.
	LowPrecision { param: usize, from: u32 },
	/// Second moments are forgotten from a step on.
	OldMoments { from: u32 },
	/// One bit of one tile of an op of a step.
	Bit { step: u32, op: u32, tile: usize },
}

impl Fault {
	/// The work of a slot done with it.
	pub(crate) fn work(self, setup: &'static Setup) -> Party<'static> {
		let data_of: TaskKey = match self {
			Fault::OtherData { slot } => task(setup.task.round, slot),
			_ => setup.task,
		};
		setup.party(data_of, &mut |step, op, memory, tiles| {
			self.change(setup, (step, op), memory, tiles);
		})
	}

	fn change(self, setup: &Setup, (step, op): (u32, u32), memory: &Memory, tiles: &mut Vec<Tile>) {
		let program = &setup.program;
		let output = program.ops()[op as usize].output;
		let is_gradient = |param: usize| output == program.gradients()[param];
		let moments = program.moments().len();
		let mut keep = |before: &[TensorId], after: &[TensorId]| {
			if let Some(place) = after.iter().position(|id| *id == output) {
				*tiles = memory.tiles(before[place]).to_vec();
			}
		};
		match self {
			Fault::ZeroUpdate { from } if step >= from => {
				keep(program.params(), program.next_params());
			}
			Fault::FewerSteps { from } if step >= from => {
				keep(program.params(), program.next_params());
				keep(program.moments(), program.next_moments());
			}
			Fault::OldMoments { from } if step >= from => keep(
				&program.moments()[moments / 2..],
				&program.next_moments()[moments / 2..],
			),
			Fault::Scaled {
				param,
				factor,
				from,
			} if step >= from && is_gradient(param) => each(tiles, |x| x * factor + 0.0),
			Fault::LowPrecision { param, from } if step >= from && is_gradient(param) => {
				each(tiles, rounded);
			}
			Fault::Bit {
				step: at,
				op: of,
				tile,
			} if (step, op) == (at, of) => {
				let tile = tile % tiles.len();
				tiles[tile] = flipped(tiles[tile]);
			}
			_ => {}
		}
	}
}

/// Ops whose output can be wrong.
pub(crate) fn ops(setup: &Setup) -> u32 {
	judged_ops(setup.outline())
}

fn each(tiles: &mut [Tile], change: impl Fn(f32) -> f32) {
	let elements = tiles.iter_mut().flat_map(|tile| tile.0.iter_mut());
	elements.for_each(|x| *x = change(*x));
}

/// The nearest float whose lower 16 bits are zero, ties to even.
fn rounded(x: f32) -> f32 {
	let bits = x.to_bits();
	f32::from_bits((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
}
