//! Norms and their gradients.

use super::*;
use crate::functions::sqrt;

/// What a norm sees: everything that any of its ops reads.
struct Case {
	x: Rows,
	dy: Rows,
	up: Rows,
	g: Vec<f32>,
	b: Vec<f32>,
	r: Vec<f32>,
	mean: Vec<f32>,
	shift: Vec<f32>,
	slope: Vec<f32>,
	centred: bool,
}

impl Case {
	fn new(noise: &Noise, down: usize, across: usize, centred: bool) -> Self {
		let (rows, cols) = (16 * down, 16 * across);
		Case {
			x: noise.rows(1, rows, cols),
			dy: noise.rows(2, rows, cols),
			up: noise.rows(3, rows, cols),
			g: noise.vector(4, cols),
			b: noise.vector(5, cols),
			r: noise.vector(6, rows),
			mean: noise.vector(7, rows),
			shift: noise.vector(8, rows),
			slope: noise.vector(9, rows),
			centred,
		}
	}

	fn width(&self) -> u32 {
		self.g.len() as u32
	}

	/// x, or x less the mean.
	fn centre(&self, i: usize, j: usize) -> f32 {
		if self.centred {
			self.x[i][j] - self.mean[i]
		} else {
			self.x[i][j]
		}
	}

	fn h(&self, i: usize, j: usize) -> f32 {
		self.centre(i, j) * self.r[i]
	}

	/// For each row something, in a column.
	fn each(&self, f: impl Fn(usize) -> f32) -> Rows {
		(0..self.x.len()).map(|i| vec![f(i)]).collect()
	}

	fn all(&self, f: impl Fn(usize, usize) -> f32) -> Rows {
		rows(self.x.len(), self.g.len(), f)
	}

	/// Inputs that all norms have, then those that centred ones have.
	fn inputs(&self, all: &[Input], centred: &[Input]) -> Vec<Input> {
		let centred = if self.centred { centred } else { &[] };
		[all, centred].concat()
	}
}

fn cases() -> impl Strategy<Value = Case> {
	(noises(), 1_usize..=3, 1_usize..=20, any::<bool>())
		.prop_map(|(noise, down, across, centred)| Case::new(&noise, down, across, centred))
}

impl core::fmt::Debug for Case {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(
			f,
			"{} rows of {}, x {:?}",
			self.x.len(),
			self.g.len(),
			self.x[0][0]
		)
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(150))]

	#[test]
	fn a_mean_is_the_sum_of_lanes_times_one_over_the_width(case in cases()) {
		let share = 1.0 / case.width() as f32;
		let wanted = case.each(|i| lane_sum(case.x[i].clone()) * share);
		let kind = OpKind::RowMean { width: case.width() };
		agrees(kind, &env(), &[matrix(&case.x)], &wanted)?;
		let wanted = case.each(|i| lane_sum(case.x[i].clone()));
		let kind = OpKind::RowSum { width: case.width() };
		agrees(kind, &env(), &[matrix(&case.x)], &wanted)?;
	}

	#[test]
	fn a_deviation_is_of_squares_with_epsilon_under_the_root(case in cases(), power in -40_i32..=0) {
		let epsilon = arith::power_of_two(power);
		let (width, share) = (case.width(), 1.0 / case.width() as f32);
		let wanted = case.each(|i| {
			let squares = (0..width as usize).map(|j| case.centre(i, j) * case.centre(i, j));
			1.0 / sqrt(lane_sum(squares) * share + epsilon)
		});
		let inputs = case.inputs(&[matrix(&case.x)], &[column(&case.mean)]);
		agrees(OpKind::InverseDeviation { width, epsilon }, &env(), &inputs, &wanted)?;
	}

	#[test]
	fn a_norm_multiplies_with_the_deviation_first_and_then_with_the_gain(case in cases()) {
		let wanted = case.all(|i, j| {
			let y = (case.centre(i, j) * case.r[i]) * case.g[j];
			if case.centred { y + case.b[j] } else { y }
		});
		let inputs = case.inputs(
			&[matrix(&case.x), column(&case.r), vector(&case.g)],
			&[column(&case.mean), vector(&case.b)],
		);
		agrees(OpKind::Normalise, &env(), &inputs, &wanted)?;
	}

	#[test]
	fn shift_and_slope_are_means_over_a_row(case in cases()) {
		let (width, share) = (case.width(), 1.0 / case.width() as f32);
		let wanted = case.each(|i| {
			lane_sum((0..width as usize).map(|j| case.dy[i][j] * case.g[j])) * share
		});
		let inputs = [matrix(&case.dy), vector(&case.g)];
		agrees(OpKind::NormShift { width }, &env(), &inputs, &wanted)?;
		let wanted = case.each(|i| {
			let terms = (0..width as usize).map(|j| (case.dy[i][j] * case.g[j]) * case.h(i, j));
			lane_sum(terms) * share
		});
		let inputs = case.inputs(
			&[matrix(&case.dy), matrix(&case.x), vector(&case.g), column(&case.r)],
			&[column(&case.mean)],
		);
		agrees(OpKind::NormSlope { width }, &env(), &inputs, &wanted)?;
	}

	#[test]
	fn the_gradient_of_a_norm_is_what_its_op_says(case in cases(), around in any::<bool>()) {
		let wanted = case.all(|i, j| {
			let mut d = case.dy[i][j] * case.g[j];
			if case.centred {
				d -= case.shift[i];
			}
			let dx = (d - case.h(i, j) * case.slope[i]) * case.r[i];
			if around { case.up[i][j] + dx } else { dx }
		});
		let mut inputs = case.inputs(
			&[
				matrix(&case.dy),
				matrix(&case.x),
				vector(&case.g),
				column(&case.r),
				column(&case.slope),
			],
			&[column(&case.mean), column(&case.shift)],
		);
		inputs.extend(around.then(|| matrix(&case.up)));
		agrees(OpKind::NormGrad, &env(), &inputs, &wanted)?;
	}

	#[test]
	fn the_gradient_of_a_gain_sums_each_column(
		noise in noises(),
		down in 1_usize..=20,
		across in 1_usize..=3,
		centred in any::<bool>(),
	) {
		let case = Case::new(&noise, down, across, centred);
		let rows = case.x.len();
		let sum = |j| lane_sum((0..rows).map(|i| case.dy[i][j] * case.h(i, j)));
		let wanted = vec![(0..case.g.len()).map(sum).collect()];
		let inputs = case.inputs(
			&[matrix(&case.dy), matrix(&case.x), column(&case.r)],
			&[column(&case.mean)],
		);
		agrees(OpKind::GainGrad { rows: rows as u32 }, &env(), &inputs, &wanted)?;
	}
}
