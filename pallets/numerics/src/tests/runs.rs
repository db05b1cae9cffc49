//! Steps that are ready to be run.

use super::text;
use crate::{lower, row_offset, train_items, Env, Init, Memory, Program, StepPlan, TensorId, Tile};

/// The seed of all of them.
pub(super) const SEED: [u8; 32] = [11; 32];

/// A program, what it starts from, and its data.
#[derive(Clone)]
pub(super) struct Ready {
	pub(super) program: Program,
	pub(super) memory: Memory,
	pub(super) data: Vec<u8>,
}

/// A plan's first step, with parameters that are nowhere all zeros or all ones, so that mistakes in
/// what they are used for are seen.
pub(super) fn ready(plan: &StepPlan) -> Ready {
	let program = lower(plan).unwrap();
	let data = data(&program);
	let mut memory = Memory::initial(&program, &SEED, &data).unwrap();
	for (place, id) in program.params().iter().enumerate() {
		match program.init(place).unwrap() {
			Init::Uniform { .. } => {}
			Init::Ones => fill(&program, &mut memory, *id, |i, j| 1.0 + pattern(i, j)),
			Init::Zeros => fill(&program, &mut memory, *id, pattern),
		}
	}
	for id in program.frozen() {
		let tensor = program.tensor(*id).unwrap();
		let [rows, cols] = tensor.layout.shape();
		let norm = tensor.name.contains("norm.") || tensor.name.contains("layernorm");
		if rows > 1 {
			let bound = 1.0 / (cols as f32).sqrt();
			fill(&program, &mut memory, *id, |i, j| noise(id.0, i, j) * bound);
		} else if norm && tensor.name.ends_with("weight") {
			fill(&program, &mut memory, *id, |i, j| 1.0 + pattern(i, j));
		} else {
			fill(&program, &mut memory, *id, pattern);
		}
	}
	Ready {
		program,
		memory,
		data,
	}
}

impl Ready {
	/// Items that training may read.
	pub(super) fn train_items(&self) -> u64 {
		let item = u64::from(self.program.outline().item_bytes());
		train_items(self.data.len() as u64 / item)
	}

	/// What a step knows, in a job with 8 steps in a round.
	pub(super) fn env(&self, round: u32, step: u32) -> Env<'_> {
		let env = Env::new(SEED, round, 0, step, 8, self.train_items());
		env.with_turns(self.program.outline().turns())
	}

	/// Computes a step of a round.
	pub(super) fn run(&mut self, round: u32, step: u32) {
		let program = self.program.clone();
		let env = Env::new(SEED, round, 0, step, 8, self.train_items());
		let env = env.with_turns(program.outline().turns());
		self.memory.run(&program, &env).unwrap();
	}

	/// The items at which the examples of a step start.
	pub(super) fn starts(&self, round: u32, step: u32) -> Vec<usize> {
		let outline = self.program.outline();
		let span = self.train_items() - u64::from(outline.context());
		(0..outline.batch())
			.map(|row| row_offset(&SEED, round, 0, step, row, span) as usize)
			.collect()
	}
}

/// Data that a plan's model accepts: no token and no label is too great.
fn data(program: &Program) -> Vec<u8> {
	let item = program.outline().item_bytes();
	let mut data = text(12_000.max(600 * item as usize));
	data.truncate(data.len() / item as usize * item as usize);
	for op in program.ops() {
		match op.kind {
			crate::OpKind::Tokens {
				bytes, vocabulary, ..
			} => {
				for token in data.chunks_mut(bytes as usize) {
					let mut wide = [0; 4];
					wide[..token.len()].copy_from_slice(token);
					let id = u32::from_le_bytes(wide).wrapping_mul(2_654_435_761) % vocabulary;
					token.copy_from_slice(&id.to_le_bytes()[..token.len()]);
				}
			}
			crate::OpKind::Labels { inputs, classes } => {
				for record in data.chunks_mut(inputs as usize + 1) {
					let label = record.iter().map(|x| u32::from(*x)).sum::<u32>() % classes;
					*record.last_mut().unwrap() = label as u8;
				}
			}
			_ => {}
		}
	}
	data
}

/// Sets every element of a tensor.
pub(super) fn fill(
	program: &Program,
	memory: &mut Memory,
	id: TensorId,
	f: impl Fn(u32, u32) -> f32,
) {
	let layout = program.tensor(id).unwrap().layout;
	let mut tiles = vec![Tile::ZERO; layout.tiles() as usize];
	let [rows, cols] = layout.shape();
	for (i, j) in (0..rows).flat_map(|i| (0..cols).map(move |j| (i, j))) {
		let (tile, place) = layout.place(i, j).unwrap();
		tiles[tile as usize].0[place] = f(i, j);
	}
	memory.set(id, tiles);
}

/// Small numbers of both signs.
fn pattern(i: u32, j: u32) -> f32 {
	((3 * i + j) % 7) as f32 * 0.03 - 0.08
}

/// Uniform in `[-1, 1)`.
fn noise(seed: u16, i: u32, j: u32) -> f32 {
	let mut x = u32::from(seed).wrapping_mul(0x9E37_79B9) ^ i.wrapping_mul(0x85EB_CA6B) ^ j;
	for _ in 0..3 {
		x = (x ^ x >> 15).wrapping_mul(0x2C1B_3C6D);
	}
	(x >> 8) as f32 / 8_388_608.0 - 1.0
}
