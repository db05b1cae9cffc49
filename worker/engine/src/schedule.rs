//! Which ops are computed together.

use assay_numerics::program::{Op, OpKind};

use crate::memory::Keep;

/// How a unit of ops is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
	/// One op.
	Single,
	/// From scores to mixed values: [`crate::attention::forward`].
	Attention,
	/// From the gradient of mixed values to those of queries, keys and values:
	/// [`crate::attention::backward`].
	AttentionBack,
	/// The statistics of a norm and its rows: [`crate::kernels::norm::forward`].
	Norm,
	/// The same backward: [`crate::kernels::norm::backward`].
	NormBack,
	/// A product and the bias of its sum, of which only the sum is kept.
	Linear,
	/// The maximum of each row of logits and the sum of its exponentials.
	Statistics,
	/// A bias and the Gaussian error linear unit of the sum.
	BiasGelu,
	/// Both gradients of a gated activation.
	GatedBack,
	/// Both moments and the parameter.
	Optimiser,
}

/// Ops that follow one another and are computed together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit {
	/// The first of them, as a place of the program.
	pub(crate) first: usize,
	/// How many there are.
	pub(crate) count: usize,
	pub(crate) work: Work,
}

impl Unit {
	/// The places of its ops.
	pub(crate) fn places(&self) -> std::ops::Range<usize> {
		self.first..self.first + self.count
	}

	/// Its ops.
	pub(crate) fn ops<'a>(&self, ops: &'a [Op]) -> &'a [Op] {
		&ops[self.places()]
	}
}

/// Cuts ops, the first ones of a program, into units.
pub(crate) fn schedule(ops: &[Op], keep: Keep) -> Vec<Unit> {
	let mut units = Vec::new();
	let mut first = 0;
	while first < ops.len() {
		let (work, count) = match ops[first].kind {
			OpKind::MatMul { .. }
				if keep == Keep::State
					&& next_is(ops, first, |kind| *kind == OpKind::Bias)
					&& ops[first + 1].input(0) == Some(ops[first].output) =>
			{
				(Work::Linear, 2)
			}
			OpKind::Scores { .. } => (Work::Attention, 5),
			OpKind::HeadDot { .. } => (Work::AttentionBack, 7),
			OpKind::Bias if next_is(ops, first, |kind| matches!(kind, OpKind::Gelu)) => {
				(Work::BiasGelu, 2)
			}
			OpKind::RowMax { .. } => (Work::Statistics, 2),
			OpKind::SwiGluGateGrad => (Work::GatedBack, 2),
			OpKind::RowMean { .. } => (Work::Norm, 3),
			OpKind::InverseDeviation { .. } => (Work::Norm, 2),
			OpKind::NormShift { .. } => (Work::NormBack, 3),
			OpKind::NormSlope { .. } => (Work::NormBack, 2),
			OpKind::AdamM { .. } => (Work::Optimiser, 3),
			_ => (Work::Single, 1),
		};
		units.push(Unit { first, count, work });
		first += count;
	}
	units
}

fn next_is(ops: &[Op], first: usize, is: impl Fn(&OpKind) -> bool) -> bool {
	ops.get(first + 1).is_some_and(|op| is(&op.kind))
}
