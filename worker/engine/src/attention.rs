//! Causal attention, head by head, with nothing as large as the square of the context in memory.
//!
//! Both passes go over strips of 16 query positions: scores, exponentials and their gradients exist
//! for one strip, or for one block of strips, at a time. Maxima and sums of rows are complete before
//! anything is computed from them, never rescaled: rescaled ones would have other bits. Everything
//! above the diagonal is skipped, which changes no bit.

mod backward;
mod forward;
mod shared;
mod strip;

use std::sync::{Mutex, MutexGuard, PoisonError};

use assay_numerics::program;

use crate::{
	contract::Operand,
	matrix::Matrix,
	tensor::{SIDE, TILE},
};

pub(crate) use backward::{backward, BackwardInput, BackwardOutput, Greatest as Backwards};
pub(crate) use forward::{forward, ForwardOutput, Greatest as Forwards};

/// Strips of a block of the contracted axis.
const DEPTH: usize = crate::contract::BLOCK / SIDE;

/// Shape of attention, in tiles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
	/// Sequences.
	batch: usize,
	/// Strips of a sequence.
	side: usize,
	/// Query heads.
	heads: usize,
	/// Query heads that share a key and value head.
	group: usize,
	/// Tile columns of a head.
	head: usize,
	/// What scores are multiplied with.
	factor: f32,
}

impl Shape {
	/// The shape of attention over so many rows, which are all positions of all sequences.
	pub(crate) fn new(attention: &program::Attention, rows: u32, factor: f32) -> Self {
		Shape {
			batch: (rows / attention.context) as usize,
			side: attention.context as usize / SIDE,
			heads: attention.heads as usize,
			group: attention.group as usize,
			head: attention.head as usize / SIDE,
			factor,
		}
	}

	/// Key and value heads.
	fn shared(&self) -> usize {
		self.heads / self.group
	}

	/// Positions of a sequence.
	fn context(&self) -> usize {
		self.side * SIDE
	}

	/// A head of a sequence in a matrix that has heads side by side.
	fn part<'a>(&self, matrix: Matrix<'a>, sequence: usize, head: usize) -> Matrix<'a> {
		matrix.part(
			sequence * self.side..(sequence + 1) * self.side,
			head * self.head..(head + 1) * self.head,
		)
	}

	/// The first tile of a head in one strip of such a matrix of so many heads.
	fn tile(&self, heads: usize, sequence: usize, strip: usize, head: usize) -> usize {
		((sequence * self.side + strip) * heads + head) * self.head
	}

	/// Multiplications of one pass, roughly.
	fn work(&self) -> usize {
		self.batch * self.heads * self.context() * self.context() * self.head * SIDE
	}
}

/// What one thread needs. It keeps its memory from step to step.
#[derive(Debug)]
struct Scratch {
	/// Keys, contracted over the head.
	keys: Operand,
	/// Values, contracted over the head.
	values: Operand,
	/// Keys or values, contracted over the positions.
	columns: Operand,
	/// Queries, contracted over the positions.
	query_columns: Operand,
	/// The gradient of what was mixed, contracted over the positions.
	mixed_columns: Operand,
	/// A strip of queries.
	query: Operand,
	/// A strip of gradients.
	gradient: Operand,
	/// A strip of weights.
	weights: Operand,
	/// A block of weights, contracted over its strips.
	weight_columns: Operand,
	/// The same of the gradients of scores.
	score_columns: Operand,
	/// Strips of weights or scores: one block of them.
	first: Vec<f32>,
	/// Strips of gradients: one block of them.
	second: Vec<f32>,
}

impl Scratch {
	fn new() -> Self {
		Scratch {
			keys: Operand::new(),
			values: Operand::new(),
			columns: Operand::new(),
			query_columns: Operand::new(),
			mixed_columns: Operand::new(),
			query: Operand::new(),
			gradient: Operand::new(),
			weights: Operand::new(),
			weight_columns: Operand::new(),
			score_columns: Operand::new(),
			first: Vec::new(),
			second: Vec::new(),
		}
	}

	/// Makes room for blocks of strips of a sequence.
	fn reserve(&mut self, side: usize) {
		let len = DEPTH * side * TILE;
		for strips in [&mut self.first, &mut self.second] {
			if strips.len() < len {
				strips.resize(len, 0.0);
			}
		}
	}
}

/// Scratch of all threads.
#[derive(Debug)]
pub(crate) struct Workspace {
	threads: Vec<Mutex<Scratch>>,
}

impl Workspace {
	/// Room for so many threads.
	pub(crate) fn new(threads: usize) -> Self {
		let scratch = (0..threads).map(|_| Mutex::new(Scratch::new()));
		Workspace {
			threads: scratch.collect(),
		}
	}

	/// The scratch of the calling thread: nobody else asks for it, so that nobody waits.
	fn of_thread(&self) -> MutexGuard<'_, Scratch> {
		let thread = rayon::current_thread_index().unwrap_or(0);
		let scratch = &self.threads[thread % self.threads.len()];
		scratch.lock().unwrap_or_else(PoisonError::into_inner)
	}
}
