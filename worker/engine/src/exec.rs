//! Runs the ops of a program on tensors in memory.

mod activation;
mod attention;
mod norm;
mod single;

use std::{
	array,
	time::{Duration, Instant},
};

use assay_numerics::{
	arith::RANGE_END,
	ops::{adam::AdamCoefficients, Env},
	program::{Op, OpKind, Program, TensorId},
};

use crate::{
	fault::Fault,
	kernels::{adam, elementwise::greatest},
	memory::Memory,
	pool::Lane,
	schedule::{Unit, Work},
	tensor::Tensor,
};

/// What the ops of a step depend on beside tensors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
	pub(crate) env: &'a Env<'a>,
	pub(crate) fault: Option<Fault>,
	/// Whether the roots of the state are asked for after the step.
	pub(crate) roots: bool,
}

/// The output of an op breaks the range rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfRange {
	/// The first op in the program's order that does.
	pub(crate) op: usize,
}

impl Memory {
	/// Runs units of ops on the examples that have been written. `times`, if it has a place for every
	/// op, gets what each of them took; what a unit takes is its first op's.
	pub(crate) fn step(
		&mut self,
		lane: Lane,
		program: &Program,
		units: &[Unit],
		step: Step<'_>,
		times: &mut [Duration],
	) -> Result<(), OutOfRange> {
		for unit in units {
			let start = Instant::now();
			let ops = unit.ops(program.ops());
			match unit.work {
				Work::Optimiser => {
					let greatest = self.optimise(lane, ops, step);
					check(unit.first, &greatest)?;
				}
				Work::Attention => {
					let greatest = self.attention(lane, program, ops);
					check(unit.first, &greatest)?;
				}
				Work::AttentionBack => {
					let greatest = self.attention_back(lane, program, ops);
					check(unit.first, &greatest)?;
				}
				Work::Linear => check(unit.first, &self.linear(lane, ops))?,
				Work::Statistics => check(unit.first, &self.statistics(lane, ops))?,
				Work::BiasGelu => check(unit.first, &self.bias_gelu(lane, ops))?,
				Work::GatedBack => check(unit.first, &self.gated_back(lane, ops))?,
				Work::Norm => {
					let greatest = self.norm(lane, ops);
					check(unit.first, greatest.as_slice())?;
				}
				Work::NormBack => {
					let greatest = self.norm_back(lane, ops);
					check(unit.first, greatest.as_slice())?;
				}
				Work::Single => {
					for (op, at) in ops.iter().zip(unit.first..) {
						check(at, &[self.op(lane, op)])?;
						let named = step.fault.and_then(Fault::param);
						let named = named.and_then(|param| program.gradients().get(param));
						if let Some(fault) = step.fault.filter(|_| named == Some(&op.output)) {
							check(at, &[self.falsify(lane, op.output, fault)])?;
						}
					}
				}
			}
			if let Some(time) = times.get_mut(unit.first) {
				*time += start.elapsed();
			}
		}
		Ok(())
	}

	/// Makes a gradient wrong; returns its greatest magnitude pattern.
	fn falsify(&mut self, lane: Lane, id: TensorId, fault: Fault) -> u32 {
		let mut tensor = self.take(id);
		fault.falsify(tensor.floats_mut());
		let greatest = greatest(lane.isa, tensor.floats());
		self.put(id, tensor, greatest);
		greatest
	}

	/// Runs both moments and the parameter, and hashes them if their roots are asked for. Returns the
	/// greatest magnitude pattern of each.
	fn optimise(&mut self, lane: Lane, ops: &[Op], step: Step<'_>) -> adam::Greatest {
		let [first, second, last] = ops else {
			unreachable!("the optimiser has three ops for each parameter");
		};
		let OpKind::AdamP { rates, vector } = last.kind else {
			unreachable!("a parameter follows its moments");
		};
		let c = AdamCoefficients::new(&rates, !vector, step.env);
		let factor = first.input(2).map_or(1.0, |id| self.tensor(id).floats()[0]);
		let outputs = [first, second, last].map(|op| op.output);
		let kept = step.fault.map_or([false; 3], |f| f.keeps(step.env.step));
		if kept == [true; 3] {
			return outputs.map(|id| self.greatest(id));
		}
		let mut state = outputs.map(|id| self.take(id));
		let before: [_; 3] = array::from_fn(|i| kept[i].then(|| state[i].clone()));
		let gradient = self.tensor(input(first, 0)).floats();
		let mut greatest = if step.roots {
			let [(m, hash_m), (v, hash_v), (p, hash_p)] = state.each_mut().map(Tensor::hashed_mut);
			let (state, values) = (adam::State { m, v, p }, [hash_m, hash_v, hash_p]);
			adam::update_hashed(lane, (&c, factor), gradient, state, values)
		} else {
			let [m, v, p] = state.each_mut().map(Tensor::floats_mut);
			adam::update(lane, (&c, factor), gradient, adam::State { m, v, p })
		};
		for (at, before) in before.into_iter().enumerate() {
			if let Some(before) = before {
				state[at] = before;
				greatest[at] = self.greatest(outputs[at]);
			}
		}
		for ((id, tensor), greatest) in outputs.into_iter().zip(state).zip(greatest) {
			self.put(id, tensor, greatest);
		}
		greatest
	}
}

/// The ops from the first to the one that writes the loss of every row.
pub(crate) fn forward_ops(program: &Program) -> &[Op] {
	let ops = program.ops();
	let last = ops.iter().position(|op| op.output == program.row_losses());
	&ops[..last.map_or(0, |last| last + 1)]
}

/// What the loss is taken of: a column for every token or class.
pub(crate) fn logits(program: &Program) -> TensorId {
	let mut ops = program.ops().iter();
	let maximum = ops.find(|op| matches!(op.kind, OpKind::RowMax { .. }));
	maximum
		.and_then(|op| op.input(0))
		.expect("a model has logits; qed")
}

fn input(op: &Op, i: usize) -> TensorId {
	op.input(i)
		.expect("an op has the inputs that its kind names; qed")
}

/// The first of some ops, from this place on, whose greatest magnitude pattern breaks the range rule.
fn check(first: usize, greatest: &[u32]) -> Result<(), OutOfRange> {
	match greatest.iter().position(|greatest| *greatest >= RANGE_END) {
		None => Ok(()),
		Some(at) => Err(OutOfRange { op: first + at }),
	}
}
