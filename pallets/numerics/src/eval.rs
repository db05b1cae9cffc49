//! The whole fold of an op, and a slow executor of whole steps made of it.

use alloc::{collections::BTreeMap, vec::Vec};

use crate::{
	hash::{tiles_root, Root},
	ops::{self, At, Env, StepError},
	program::{OpKind, Program, TensorId, TileRef, DATA},
	tile::{Tile, BYTES},
};

/// Where the inputs of ops come from.
pub trait Tiles {
	/// A tile, if it is there.
	fn tile(&self, at: TileRef) -> Option<Tile>;

	/// The root of a tensor, if it is known. Only [`OpKind::StateList`] asks.
	fn root(&self, tensor: TensorId) -> Option<Root>;
}

/// One tile of the output of the op at place `op_index`.
///
/// # Errors
/// [`StepError::OutOfRange`] if an element of it breaks the range rule, [`StepError::MissingTile`] if
/// `store` lacks an input, and what [`ops::deps`] and [`ops::step`] refuse.
pub fn eval(
	program: &Program,
	op_index: usize,
	tile: u32,
	env: &Env<'_>,
	store: &impl Tiles,
) -> Result<Tile, StepError> {
	let op = program.ops().get(op_index).ok_or(StepError::Absent)?;
	if let OpKind::StateList { .. } = op.kind {
		return ops::state_list_tile(program, tile, |tensor| store.root(tensor));
	}
	let fetch = |refs: Vec<TileRef>| -> Result<Vec<Tile>, StepError> {
		refs.into_iter()
			.map(|at| store.tile(at).ok_or(StepError::MissingTile(at)))
			.collect()
	};
	let mut acc = ops::start(op);
	for step in 0..ops::steps(op, tile) {
		let at = At { tile, step };
		let index = fetch(ops::index_deps(op, at)?)?;
		let tiles = fetch(ops::deps(op, env, at, &index)?)?;
		acc = ops::step(op, env, at, acc, &tiles)?;
	}
	if tile >= ops::tiles(op) {
		return Err(StepError::Absent);
	}
	ops::finish(op, acc)
}

/// Where and why a step of training ended early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stopped {
	/// The op, by its place in the program: the first one without an output.
	pub op: u32,
	/// The tile, the first one of that op.
	pub tile: u32,
	/// The reason.
	pub error: StepError,
}

/// Tensors in memory: a slow executor for tests and referees.
#[derive(Clone, Default, Debug)]
pub struct Memory {
	tensors: BTreeMap<TensorId, Vec<Tile>>,
}

impl Memory {
	/// An empty memory.
	pub fn new() -> Self {
		Memory::default()
	}

	/// The inputs of the first step of a job: the data, [`crate::init_tile`] for the parameters and
	/// zero moments.
	pub fn initial(program: &Program, seed: &[u8; 32], data: &[u8]) -> Result<Self, StepError> {
		let mut memory = Memory::new();
		memory.set_data(data);
		for (param, id) in program.params().iter().enumerate() {
			let count = program.tensor(*id).ok_or(StepError::Absent)?.layout.tiles();
			let tiles = (0..count).map(|tile| crate::init_tile(program, seed, param, tile));
			memory.set(*id, tiles.collect::<Result<_, _>>()?);
		}
		for id in program.moments() {
			let count = program.tensor(*id).ok_or(StepError::Absent)?.layout.tiles();
			memory.set(*id, alloc::vec![Tile::ZERO; count as usize]);
		}
		Ok(memory)
	}

	/// Replaces a tensor.
	pub fn set(&mut self, tensor: TensorId, tiles: Vec<Tile>) {
		self.tensors.insert(tensor, tiles);
	}

	/// Replaces the data, padding it to whole tiles.
	pub fn set_data(&mut self, data: &[u8]) {
		let tiles = data.chunks(BYTES).map(|chunk| {
			let mut bytes = [0; BYTES];
			for (to, from) in bytes.iter_mut().zip(chunk) {
				*to = *from;
			}
			Tile::from_bytes(&bytes)
		});
		self.set(DATA, tiles.collect());
	}

	/// The tiles of a tensor, none if it is not there.
	pub fn tiles(&self, tensor: TensorId) -> &[Tile] {
		self.tensors.get(&tensor).map_or(&[], Vec::as_slice)
	}

	/// Computes every tensor of a step, in the order of the program.
	///
	/// # Errors
	/// The first op, and its first tile, that has no output.
	pub fn run(&mut self, program: &Program, env: &Env<'_>) -> Result<(), Stopped> {
		for (index, op) in program.ops().iter().enumerate() {
			let mut tiles = Vec::new();
			for tile in 0..ops::tiles(op) {
				let result = eval(program, index, tile, env, self);
				tiles.push(result.map_err(|error| Stopped {
					op: index as u32,
					tile,
					error,
				})?);
			}
			self.set(op.output, tiles);
		}
		Ok(())
	}

	/// Makes the state after a step the state before the next one.
	pub fn advance(&mut self, program: &Program) {
		let before = program.params().iter().chain(program.moments());
		let after = program.next_params().iter().chain(program.next_moments());
		for (before, after) in before.zip(after) {
			if let Some(tiles) = self.tensors.remove(after) {
				self.tensors.insert(*before, tiles);
			}
		}
	}
}

impl Tiles for Memory {
	fn tile(&self, at: TileRef) -> Option<Tile> {
		self.tiles(at.tensor).get(at.tile as usize).copied()
	}

	fn root(&self, tensor: TensorId) -> Option<Root> {
		self.tensors.get(&tensor).map(tiles_root)
	}
}
