use assay_numerics::{arith::RANGE_END, Layout, OpKind};

use super::{
	super::reference::{compare, filled, matrix, vector, Case, Kind},
	backward::{self, Back, Slopes},
	forward,
	gain::{self, Gain},
	Norm, Normed,
};
use crate::{pool::Lane, tensor::Tensor};

const SHAPES: [(u32, u32); 6] = [
	(16, 16),
	(48, 48),
	(48, 272),
	(64, 384),
	(320, 48),
	(16, 800),
];
const EPSILON: f32 = 1e-5;

fn stat(rows: u32) -> Tensor {
	Tensor::new(Layout::Matrix { rows, cols: 1 })
}

/// The output of an op's fold, or zeros where it has none.
fn or_zeros(case: &Case, layout: Layout) -> Tensor {
	case.output().unwrap_or_else(|| Tensor::new(layout))
}

/// Compares three ops that are computed together, of which the first is there in centred norms only.
/// What follows an op that ends the step is of no account.
fn compare_together(
	cases: [&Case; 3],
	centred: bool,
	all: impl Fn(Lane, bool) -> ([u32; 3], [Tensor; 3]) + Send + Sync,
) {
	for (i, case) in cases.into_iter().enumerate().skip(usize::from(!centred)) {
		compare(case, |lane, watch, out| {
			let (greatest, outputs) = all(lane, watch);
			out.copy_from_slice(outputs[i].floats());
			greatest[i]
		});
		if case.error().is_some() {
			break;
		}
	}
}

#[test]
fn norms_are_the_specifications() {
	for kind in Kind::ALL {
		for (rows, width) in SHAPES {
			for centred in [false, true] {
				let x = matrix(kind, rows, width);
				let (g, b) = (vector(kind, width), vector(kind, width));
				let stats = Layout::Matrix { rows, cols: 1 };
				let columns = width as usize;
				let shape = [rows, 1];
				let mean_case = Case::new(OpKind::RowMean { width }, shape, &[&x]);
				let mean = or_zeros(&mean_case, stats);
				let inputs = if centred { vec![&x, &mean] } else { vec![&x] };
				let op = OpKind::InverseDeviation {
					width,
					epsilon: EPSILON,
				};
				let inverse_case = Case::new(op, shape, &inputs);
				let inverse = or_zeros(&inverse_case, stats);
				let mut inputs = vec![&x, &inverse, &g];
				if centred {
					inputs.extend([&mean, &b]);
				}
				let out_case = Case::new(OpKind::Normalise, [rows, width], &inputs);
				let norm = Norm {
					x: x.floats(),
					width: columns,
					epsilon: EPSILON,
					gain: g.floats(),
					bias: centred.then_some(b.floats()),
				};
				let all = |lane: Lane, watch: bool| {
					let mut outputs = [stat(rows), stat(rows), x.clone()];
					let [mean, inverse, out] = &mut outputs;
					let to = Normed {
						mean: if centred { mean.floats_mut() } else { &mut [] },
						inverse: inverse.floats_mut(),
						out: out.floats_mut(),
					};
					(forward(lane, norm, watch, to), outputs)
				};
				let cases = [&mean_case, &inverse_case, &out_case];
				compare_together(cases, centred, all);
			}
		}
	}
}

#[test]
fn gradients_of_norms_are_the_specifications() {
	for kind in Kind::ALL {
		for (rows, width) in SHAPES {
			for (centred, round) in [(false, false), (false, true), (true, false), (true, true)] {
				let [dy, x, up] = [(); 3].map(|()| matrix(kind, rows, width));
				let g = vector(kind, width);
				// Any statistics will do.
				let [mean, r] = [Kind::Plain, Kind::Plain].map(|kind| matrix(kind, rows, 1));
				let columns = width as usize;
				let some_mean = centred.then_some(mean.floats());
				let back = Back {
					dy: dy.floats(),
					x: x.floats(),
					width: columns,
					gain: g.floats(),
					inverse: r.floats(),
					mean: some_mean,
					around: round.then_some(up.floats()),
				};
				let stats = Layout::Matrix { rows, cols: 1 };
				let shift_case = Case::new(OpKind::NormShift { width }, [rows, 1], &[&dy, &g]);
				let shift = or_zeros(&shift_case, stats);
				let mut inputs = vec![&dy, &x, &g, &r];
				inputs.extend(centred.then_some(&mean));
				let slope_case = Case::new(OpKind::NormSlope { width }, [rows, 1], &inputs);
				let slope = or_zeros(&slope_case, stats);
				let mut inputs = vec![&dy, &x, &g, &r, &slope];
				if centred {
					inputs.extend([&mean, &shift]);
				}
				inputs.extend(round.then_some(&up));
				let out_case = Case::new(OpKind::NormGrad, [rows, width], &inputs);
				let mut inputs = vec![&dy, &x, &r];
				inputs.extend(centred.then_some(&mean));
				let case = Case::new(OpKind::GainGrad { rows }, [1, width], &inputs);
				compare(&case, |lane, watch, out| {
					let of = Gain {
						dy: dy.matrix(),
						x: x.matrix(),
						inverse: r.floats(),
						mean: some_mean,
					};
					gain::gradient(lane, of, watch, out)
				});
				let all = |lane: Lane, watch: bool| {
					let mut outputs = [stat(rows), stat(rows), x.clone()];
					let [shift, slope, out] = &mut outputs;
					let to = Slopes {
						shift: if centred { shift.floats_mut() } else { &mut [] },
						slope: slope.floats_mut(),
						out: out.floats_mut(),
					};
					(backward::backward(lane, back, watch, to), outputs)
				};
				let cases = [&shift_case, &slope_case, &out_case];
				compare_together(cases, centred, all);
			}
		}
	}
}

#[test]
fn partial_sums_out_of_range_are_reported_if_watched() {
	// GIVEN rows of two steps, the first of which leaves the range before the second comes back
	let (rows, width) = (16, 512);
	let half = |at: usize| {
		let sign = if at % 512 < 256 { 1.0 } else { -1.0 };
		sign * f32::from_bits(RANGE_END - 0x0100_0000)
	};
	let x = filled(Layout::Matrix { rows, cols: width }, half);
	let ones = filled(Layout::Matrix { rows, cols: width }, |_| 1.0);
	let g = filled(Layout::Vector { len: width }, |_| 1.0);
	let r = filled(Layout::Matrix { rows, cols: 1 }, |_| 1.0);
	let tall = filled(
		Layout::Matrix {
			rows: 256,
			cols: 16,
		},
		|at| half(2 * at / 16),
	);
	let tall_ones = filled(
		Layout::Matrix {
			rows: 256,
			cols: 16,
		},
		|_| 1.0,
	);
	let tall_r = filled(Layout::Matrix { rows: 256, cols: 1 }, |_| 1.0);
	let back = Back {
		dy: x.floats(),
		x: ones.floats(),
		width: 512,
		gain: g.floats(),
		inverse: r.floats(),
		mean: None,
		around: None,
	};
	let of = Gain {
		dy: tall.matrix(),
		x: tall_ones.matrix(),
		inverse: tall_r.floats(),
		mean: None,
	};
	let zeros = filled(Layout::Vector { len: width }, |_| 0.0);
	let norm = Norm {
		x: x.floats(),
		width: 512,
		epsilon: EPSILON,
		gain: g.floats(),
		bias: Some(zeros.floats()),
	};
	// What is computed beside goes nowhere.
	let beside = || [stat(rows), stat(rows), x.clone()];
	let mean = |lane: Lane, watch: bool, out: &mut [f32]| {
		let [_, mut inverse, mut all] = beside();
		let to = Normed {
			mean: out,
			inverse: inverse.floats_mut(),
			out: all.floats_mut(),
		};
		forward(lane, norm, watch, to)[0]
	};
	let shift = |lane: Lane, watch: bool, out: &mut [f32]| {
		let [_, mut slope, mut all] = beside();
		let to = Slopes {
			shift: out,
			slope: slope.floats_mut(),
			out: all.floats_mut(),
		};
		let mean = Some(r.floats());
		backward::backward(lane, Back { mean, ..back }, watch, to)[0]
	};
	let slope = |lane: Lane, watch: bool, out: &mut [f32]| {
		let [_, _, mut all] = beside();
		let to = Slopes {
			shift: &mut [],
			slope: out,
			out: all.floats_mut(),
		};
		backward::backward(lane, back, watch, to)[1]
	};
	type Kernel<'a> = Box<dyn Fn(Lane, bool, &mut [f32]) -> u32 + Send + Sync + 'a>;
	let cases: [(Case, Kernel<'_>); 4] = [
		(
			Case::new(OpKind::RowMean { width }, [rows, 1], &[&x]),
			Box::new(mean),
		),
		(
			Case::new(OpKind::NormShift { width }, [rows, 1], &[&x, &g]),
			Box::new(shift),
		),
		(
			Case::new(OpKind::NormSlope { width }, [rows, 1], &[&x, &ones, &g, &r]),
			Box::new(slope),
		),
		(
			Case::new(
				OpKind::GainGrad { rows: 256 },
				[1, 16],
				&[&tall, &tall_ones, &tall_r],
			),
			Box::new(|lane, watch, out| gain::gradient(lane, of, watch, out)),
		),
	];
	for (case, kernel) in cases {
		// WHEN they are summed THEN the fold refuses, and the kernel reports what it met
		assert!(case.error().is_some());
		compare(&case, &kernel);
		// AND without watching it reports the sums only, which are zeros
		super::super::reference::everywhere(|lane| {
			let mut out = vec![0.0; case.len()];
			assert_eq!(kernel(lane, false, &mut out), 0);
		});
	}
}
