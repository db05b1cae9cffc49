//! The tensors of a program, allocated once.

use std::borrow::Cow;

use assay_numerics::{
	hash::Root,
	program::{Layout, Op, OpKind, Program, TensorId},
};
use rayon::prelude::*;

use crate::{
	attention::Workspace,
	isa::Isa,
	kernels::{elementwise, rotate::Angles},
	operands::Operands,
	schedule::{Unit, Work},
	tensor::Tensor,
};

/// Which tensors are still there when the ops have run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
	/// The state and the losses: all others share memory where one is not needed any more when the
	/// next one is written.
	State,
	/// Everything but virtual tensors.
	Everything,
}

/// The tensors of a program, in tiles.
///
/// Parameters and moments are updated in place: before and after a step they are the same memory,
/// under both of their names. Nothing reads the old ones once the optimiser has begun.
#[derive(Debug)]
pub(crate) struct Memory {
	pub(super) tensors: Vec<Tensor>,
	/// The greatest magnitude pattern in each tensor.
	pub(super) greatest: Vec<u32>,
	/// Which of `tensors` each tensor of the program is; [`NOWHERE`] for those that are not kept.
	places: Vec<usize>,
	pub(super) operands: Operands,
	pub(super) workspace: Workspace,
	/// Of rotary positions; empty without them.
	pub(super) angles: Angles,
}

/// The place of a tensor that is not in memory.
const NOWHERE: usize = usize::MAX;

/// Gives places to tensors, and takes them back.
struct Planner {
	places: Vec<usize>,
	layouts: Vec<Layout>,
	free: Vec<usize>,
}

impl Planner {
	fn give(&mut self, id: TensorId, layout: Layout) {
		if self.places[usize::from(id.0)] != NOWHERE {
			return;
		}
		let reused = self
			.free
			.iter()
			.rposition(|place| self.layouts[*place] == layout);
		let place = match reused {
			Some(at) => self.free.swap_remove(at),
			None => {
				self.layouts.push(layout);
				self.layouts.len() - 1
			}
		};
		self.places[usize::from(id.0)] = place;
	}

	/// The place of a tensor that nothing reads any more may hold another one.
	fn take(&mut self, id: TensorId) {
		let place = self.places[usize::from(id.0)];
		if place != NOWHERE {
			self.free.push(place);
		}
	}
}

/// Where each tensor of a program is kept, and the layout of each place.
fn plan(program: &Program, units: &[Unit], keep: Keep) -> Planner {
	let count = program.tensors().len();
	let layout = |id: TensorId| program.tensors()[usize::from(id.0)].layout;
	let mut planner = Planner {
		places: vec![NOWHERE; count],
		layouts: Vec::new(),
		free: Vec::new(),
	};
	let before = program.params().iter().chain(program.moments());
	let after = program.next_params().iter().chain(program.next_moments());
	let mut forever = vec![keep == Keep::Everything; count];
	for id in program.frozen() {
		planner.give(*id, layout(*id));
		forever[usize::from(id.0)] = true;
	}
	for id in [program.row_losses(), program.mean_loss()] {
		forever[usize::from(id.0)] = true;
	}
	// Whatever is read or written by these ops only; evaluation needs no moments.
	let mut last_use = vec![None; count];
	let used: Vec<Vec<TensorId>> = units.iter().map(|unit| used(program, unit)).collect();
	for (time, used) in used.iter().enumerate() {
		for id in used {
			last_use[usize::from(id.0)] = Some(time);
		}
	}
	for (before, after) in before.zip(after) {
		if last_use[usize::from(before.0)].is_some() {
			planner.give(*before, layout(*before));
		}
		planner.places[usize::from(after.0)] = planner.places[usize::from(before.0)];
		forever[usize::from(before.0)] = true;
		forever[usize::from(after.0)] = true;
	}
	for (time, unit) in units.iter().enumerate() {
		let ops = unit.ops(program.ops());
		for op in ops.iter().filter(|op| is_kept(op, unit)) {
			planner.give(op.output, layout(op.output));
		}
		for id in &used[time] {
			let tensor = usize::from(id.0);
			if last_use[tensor] == Some(time) && !forever[tensor] {
				// Once, though several ops of a unit may name it.
				last_use[tensor] = None;
				planner.take(*id);
			}
		}
	}
	planner
}

/// The tensors that a unit reads and writes. Instead of a virtual tensor, which is not in memory, it
/// reads what that is computed from.
fn used(program: &Program, unit: &Unit) -> Vec<TensorId> {
	let first = program.tensors().len() - program.ops().len();
	let mut used = Vec::new();
	let mut left: Vec<TensorId> = Vec::new();
	for op in unit.ops(program.ops()) {
		used.push(op.output);
		left.extend(op.inputs.iter().flatten());
		if let (OpKind::ClipFactor { count, stride, .. }, Some(id)) = (op.kind, op.input(0)) {
			// It names the first of the tensors that it reads.
			let others = (0..count).map(|n| TensorId(id.0 + (n * stride) as u16));
			left.extend(others);
		}
	}
	while let Some(id) = left.pop() {
		let written_by = usize::from(id.0).checked_sub(first);
		match written_by.map(|op| &program.ops()[op]) {
			Some(op) if op.kind.is_virtual() => left.extend(op.inputs.iter().flatten()),
			_ => {}
		}
		used.push(id);
	}
	used
}

/// Whether an op's output is in memory when its unit is done. Sums of squares are small, so that
/// they are, though nobody asks for them.
fn is_kept(op: &Op, unit: &Unit) -> bool {
	match (unit.work, op.kind) {
		(Work::Linear, OpKind::MatMul { .. }) => false,
		(Work::Single, _) => true,
		_ => !op.kind.is_virtual(),
	}
}

impl Memory {
	/// Room for the inputs and outputs of these units, on so many threads.
	pub(crate) fn new(program: &Program, units: &[Unit], threads: usize, keep: Keep) -> Self {
		let outline = program.outline();
		let planner = plan(program, units, keep);
		let last = units.last().map_or(0, |unit| unit.places().end);
		let operands = Operands::new(&program.ops()[..last]);
		let tensors: Vec<Tensor> = planner.layouts.into_iter().map(Tensor::new).collect();
		Memory {
			greatest: vec![0; tensors.len()],
			tensors,
			places: planner.places,
			operands,
			workspace: Workspace::new(threads),
			angles: Angles::new(outline.turns(), outline.context()),
		}
	}

	/// Bytes of all tensors that are kept.
	pub(crate) fn needed(program: &Program, units: &[Unit], keep: Keep) -> u64 {
		let layouts = plan(program, units, keep).layouts.into_iter();
		layouts.map(|layout| layout.bytes()).sum()
	}

	/// Where a tensor of the program is kept.
	pub(super) fn place(&self, id: TensorId) -> usize {
		self.places[usize::from(id.0)]
	}

	/// A tensor.
	pub(crate) fn tensor(&self, id: TensorId) -> &Tensor {
		&self.tensors[self.place(id)]
	}

	/// The same, to write.
	pub(crate) fn tensor_mut(&mut self, id: TensorId) -> &mut Tensor {
		let place = self.place(id);
		&mut self.tensors[place]
	}

	/// Takes a tensor out, to write it while others are read.
	pub(super) fn take(&mut self, id: TensorId) -> Tensor {
		let place = self.place(id);
		std::mem::replace(&mut self.tensors[place], Tensor::absent())
	}

	/// Puts a tensor back, whose greatest magnitude pattern is this.
	pub(super) fn put(&mut self, id: TensorId, tensor: Tensor, greatest: u32) {
		let place = self.place(id);
		self.tensors[place] = tensor;
		self.greatest[place] = greatest;
	}

	/// The greatest magnitude pattern of a tensor.
	pub(super) fn greatest(&self, id: TensorId) -> u32 {
		self.greatest[self.place(id)]
	}

	/// Writes canonical bytes to where the program's ops read them.
	pub(crate) fn load<'a>(&mut self, ids: &[TensorId], tensors: impl Iterator<Item = &'a [u8]>) {
		for (id, bytes) in ids.iter().zip(tensors) {
			let place = self.place(*id);
			if place == NOWHERE {
				continue;
			}
			let tensor = &mut self.tensors[place];
			tensor.read(bytes);
			self.greatest[place] = elementwise::greatest(Isa::Portable, tensor.floats());
		}
	}

	/// The canonical bytes of a tensor.
	pub(crate) fn bytes(&self, id: TensorId) -> Cow<'_, [u8]> {
		self.tensor(id).bytes()
	}

	/// Copies of the canonical bytes of tensors.
	pub(crate) fn copies(&self, ids: &[TensorId]) -> Vec<Vec<u8>> {
		ids.iter().map(|id| self.bytes(*id).into_owned()).collect()
	}

	/// A tensor, if it is in memory.
	pub(crate) fn held(&self, id: TensorId) -> Option<&Tensor> {
		let place = self.places.get(usize::from(id.0))?;
		self.tensors.get(*place)
	}

	/// The roots of tensors, on all threads.
	pub(crate) fn roots(&self, ids: &[TensorId]) -> Vec<Root> {
		ids.par_iter().map(|id| self.tensor(*id).root()).collect()
	}
}
