//! States of a task: their roots, and copies of them to begin from.

use std::borrow::Cow;

use assay_numerics::hash::{list_root, state_root, Root, ZERO_ROOT};

use crate::{engine::Engine, layout, list::List, memory::Memory, moments::Moments, params::Params};

/// The roots of the two lists of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateRoots {
	/// Of the parameters.
	pub params: Root,
	/// Of the moments; [`ZERO_ROOT`] before the first step of a task.
	pub moments: Root,
}

impl StateRoots {
	/// The root of the state. In this version a slot carries nothing from round to round, so that the
	/// third member of the list is [`ZERO_ROOT`].
	pub fn root(&self) -> Root {
		state_root(self.params, self.moments, ZERO_ROOT)
	}
}

/// A state of a task in memory of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
	/// Steps of the task that lie before it.
	pub step: u32,
	/// The parameters.
	pub params: Params,
	/// The moments; none before the first step of a task, where they are zero.
	pub moments: Option<Moments>,
}

impl Snapshot {
	/// What a task starts from.
	pub fn start(parent: Params) -> Self {
		Snapshot {
			step: 0,
			params: parent,
			moments: None,
		}
	}

	/// Hashes it, on the calling thread.
	pub fn roots(&self) -> StateRoots {
		StateRoots {
			params: self.params.root(),
			moments: self.moments.as_ref().map_or(ZERO_ROOT, Moments::root),
		}
	}
}

/// A state at the border of segments, while it is in the engine's memory.
#[derive(Clone, Debug)]
pub struct Border<'a> {
	step: u32,
	params: Vec<Root>,
	moments: Vec<Root>,
	engine: &'a Engine,
	memory: &'a Memory,
}

impl<'a> Border<'a> {
	/// Hashes the state that is in memory after so many steps of the task. To be called on the pool.
	pub(crate) fn new(engine: &'a Engine, memory: &'a Memory, step: u32) -> Self {
		let ids = (engine.program.params(), engine.program.moments());
		let (params, moments) = rayon::join(|| memory.roots(ids.0), || memory.roots(ids.1));
		Border {
			step,
			params,
			moments,
			engine,
			memory,
		}
	}

	/// Steps of the task that lie before it.
	pub fn step(&self) -> u32 {
		self.step
	}

	/// The roots of the state.
	pub fn roots(&self) -> StateRoots {
		StateRoots {
			params: list_root(&self.params),
			moments: list_root(&self.moments),
		}
	}

	/// The roots of the parameters and of the moments, in the order of [`tensors`](Self::tensors).
	pub fn lists(&self) -> [&[Root]; 2] {
		[&self.params, &self.moments]
	}

	/// The canonical bytes of the parameters, then of the moments, in the order of the program. Nothing
	/// is copied that lies in memory as it is hashed.
	pub fn tensors(&self) -> impl Iterator<Item = Cow<'_, [u8]>> {
		let program = &self.engine.program;
		let ids = program.params().iter().chain(program.moments());
		ids.map(|id| self.memory.bytes(*id))
	}

	/// Copies the state: three times the bytes of a checkpoint.
	pub fn snapshot(&self) -> Snapshot {
		Snapshot {
			step: self.step,
			params: self.engine.params_of(self.memory),
			moments: Some(self.engine.moments_of(self.memory)),
		}
	}
}

impl Engine {
	/// The parameters in memory.
	pub(crate) fn params_of(&self, memory: &Memory) -> Params {
		let bytes = memory.copies(self.program.params());
		Params(List::of_bytes(layout::of_params(&self.program), bytes))
	}

	/// The moments in memory.
	pub(crate) fn moments_of(&self, memory: &Memory) -> Moments {
		let bytes = memory.copies(self.program.moments());
		Moments(List::of_bytes(layout::of_moments(&self.program), bytes))
	}
}
