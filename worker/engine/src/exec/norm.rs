//! Norms: a statistic or two and what they do to the rows, and the gradients.

use assay_numerics::program::{Op, OpKind};

use super::input;
use crate::{
	kernels::norm::{
		self,
		backward::{Back, Slopes},
		Norm, Normed,
	},
	memory::Memory,
	pool::Lane,
	tensor::Tensor,
};

impl Memory {
	/// Runs the ops of a norm: the mean, if it is centred, the inverse deviation, the rows.
	pub(super) fn norm(&mut self, lane: Lane, ops: &[Op]) -> Greatest {
		let (mean, inverse, rows) = match ops {
			[inverse, rows] => (None, inverse, rows),
			[mean, inverse, rows] => (Some(mean), inverse, rows),
			_ => unreachable!("a norm has two or three ops"),
		};
		let OpKind::InverseDeviation { width, epsilon } = inverse.kind else {
			unreachable!("a norm has an inverse deviation");
		};
		let watch = self.watch_squares(inverse, width as usize);
		let mut to_mean = mean.map_or_else(Tensor::absent, |op| self.take(op.output));
		let (mut to_inverse, mut out) = (self.take(inverse.output), self.take(rows.output));
		let floats = |id| self.tensor(id).floats();
		let norm = Norm {
			x: floats(input(rows, 0)),
			width: width as usize,
			epsilon,
			gain: floats(input(rows, 2)),
			bias: rows.input(4).map(floats),
		};
		let to = Normed {
			mean: to_mean.floats_mut(),
			inverse: to_inverse.floats_mut(),
			out: out.floats_mut(),
		};
		let [most_mean, most_inverse, most] = norm::forward(lane, norm, watch, to);
		self.put(inverse.output, to_inverse, most_inverse);
		self.put(rows.output, out, most);
		match mean {
			None => Greatest::of(&[most_inverse, most]),
			Some(op) => {
				self.put(op.output, to_mean, most_mean);
				Greatest::of(&[most_mean, most_inverse, most])
			}
		}
	}

	/// Runs the ops of the gradient of a norm: the shift, if it is centred, the slope, the rows.
	pub(super) fn norm_back(&mut self, lane: Lane, ops: &[Op]) -> Greatest {
		let (shift, slope, rows) = match ops {
			[slope, rows] => (None, slope, rows),
			[shift, slope, rows] => (Some(shift), slope, rows),
			_ => unreachable!("the gradient of a norm has two or three ops"),
		};
		let OpKind::NormSlope { width } = slope.kind else {
			unreachable!("the gradient of a norm has a slope");
		};
		let mut to_shift = shift.map_or_else(Tensor::absent, |op| self.take(op.output));
		let (mut to_slope, mut out) = (self.take(slope.output), self.take(rows.output));
		let floats = |id| self.tensor(id).floats();
		let around = if shift.is_some() { 7 } else { 5 };
		let back = Back {
			dy: floats(input(rows, 0)),
			x: floats(input(rows, 1)),
			width: width as usize,
			gain: floats(input(rows, 2)),
			inverse: floats(input(rows, 3)),
			mean: shift.map(|_| floats(input(rows, 5))),
			around: rows.input(around).map(floats),
		};
		let to = Slopes {
			shift: to_shift.floats_mut(),
			slope: to_slope.floats_mut(),
			out: out.floats_mut(),
		};
		// Between steps, sums of products of three factors: watching them costs little.
		let [most_shift, most_slope, most] = norm::backward::backward(lane, back, true, to);
		self.put(slope.output, to_slope, most_slope);
		self.put(rows.output, out, most);
		match shift {
			None => Greatest::of(&[most_slope, most]),
			Some(op) => {
				self.put(op.output, to_shift, most_shift);
				Greatest::of(&[most_shift, most_slope, most])
			}
		}
	}

	/// Whether a sum of squares of centred elements might leave the range on the way.
	fn watch_squares(&self, inverse: &Op, width: usize) -> bool {
		// What is centred is at most twice as great.
		self.watch(inverse, 4 * width, &[0, 0])
	}
}

/// The greatest magnitude patterns of two or three ops.
pub(super) struct Greatest {
	values: [u32; 3],
	len: usize,
}

impl Greatest {
	fn of(greatest: &[u32]) -> Self {
		let mut values = [0; 3];
		values[..greatest.len()].copy_from_slice(greatest);
		let len = greatest.len();
		Greatest { values, len }
	}

	pub(super) fn as_slice(&self) -> &[u32] {
		&self.values[..self.len]
	}
}
