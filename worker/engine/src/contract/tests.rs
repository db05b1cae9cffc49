use assay_numerics::{ops::matmul, Tile};

use super::*;
use crate::{isa::Isa, pool::Pool};

/// xorshift; tests need no better.
struct Random(u64);

impl Random {
	fn next(&mut self) -> u64 {
		self.0 ^= self.0 << 13;
		self.0 ^= self.0 >> 7;
		self.0 ^= self.0 << 17;
		self.0
	}

	fn below(&mut self, bound: u64) -> u64 {
		(self.next() >> 11) % bound
	}

	/// Uniform in (-1, 1).
	fn unit(&mut self) -> f32 {
		(self.next() >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
	}

	fn power(&mut self, low: i32, high: i32) -> f32 {
		let exponent = low + self.below((high - low + 1) as u64) as i32;
		let value = 2.0_f64.powi(exponent) as f32;
		if self.next() & 1 == 0 {
			value
		} else {
			-value
		}
	}
}

/// Kinds of inputs that have broken looser wordings of the profile.
const CLASSES: [&str; 8] = [
	"ordinary",
	"zeros",
	"subnormal",
	"powers of two",
	"any exponent",
	"large",
	"ties",
	"sparse",
];

fn element(random: &mut Random, class: &str) -> f32 {
	match class {
		"ordinary" => random.unit(),
		"zeros" => [0.0, -0.0][random.below(2) as usize],
		"subnormal" => f32::from_bits(random.next() as u32 & 0x807F_FFFF),
		"powers of two" => random.power(-149, 49),
		"any exponent" => random.unit() * random.power(-140, 49),
		"large" => random.unit() * random.power(30, 49),
		// Halves of a step of the quantiser, once the maximum is 1.0.
		"ties" => match random.below(4) {
			0 => 1.0,
			_ => (random.below(4096) as f32 - 2048.0 + 0.5) / 2048.0,
		},
		"sparse" => match random.below(100) {
			0 => random.unit() * random.power(-60, 40),
			_ => 0.0,
		},
		_ => unreachable!("all classes are listed"),
	}
}

fn matrix(random: &mut Random, class: &str, elements: usize) -> Vec<f32> {
	(0..elements).map(|_| element(random, class)).collect()
}

fn transpose(rows: usize, cols: usize, data: &[f32]) -> Vec<f32> {
	(0..rows * cols)
		.map(|at| data[at % rows * cols + at / rows])
		.collect()
}

/// One block of the specification, word by word. `rhe` by f64, which holds every value exactly.
fn quantised(values: &[f32]) -> (i32, Vec<i64>) {
	let max = values
		.iter()
		.map(|x| x.to_bits() & 0x7FFF_FFFF)
		.max()
		.unwrap_or(0);
	let e = ((max >> 23) as i32 - 126).max(-50);
	let q = values
		.iter()
		.map(|x| {
			(f64::from(*x) * 2.0_f64.powi(12 - e))
				.round_ties_even()
				.clamp(-4095.0, 4095.0)
		})
		.map(|q| q as i64)
		.collect();
	(e, q)
}

fn specification(m: usize, n: usize, k: usize, a_rows: &[f32], b_columns: &[f32]) -> Vec<f32> {
	let mut out = vec![0.0_f32; m * n];
	for start in (0..k).step_by(BLOCK) {
		let end = k.min(start + BLOCK);
		let block = |data: &[f32], i: usize| quantised(&data[i * k + start..i * k + end]);
		let right: Vec<_> = (0..n).map(|j| block(b_columns, j)).collect();
		for i in 0..m {
			let (ea, qa) = block(a_rows, i);
			for (j, (eb, qb)) in right.iter().enumerate() {
				let sum: i64 = qa.iter().zip(qb).map(|(a, b)| a * b).sum();
				let sum = i32::try_from(sum).expect("the profile's bound holds");
				let scaled = f64::from(sum as f32) * 2.0_f64.powi(ea + eb - 24);
				out[i * n + j] += scaled as f32;
			}
		}
	}
	out
}

/// The same by the fold of [`assay_numerics`], tile by tile.
fn fold(m: usize, n: usize, k: usize, a_rows: &[f32], b_columns: &[f32]) -> Vec<f32> {
	let tiles = |data: &[f32], vector: usize, start: usize| -> Vec<Tile> {
		let starts = (start..k.min(start + BLOCK)).step_by(16);
		let tile = |at: usize| {
			let row = |i: usize| data[(vector + i) * k + at..][..16].try_into().unwrap();
			Tile::from_rows(std::array::from_fn(row))
		};
		starts.map(tile).collect()
	};
	let mut out = vec![0.0; m * n];
	for row in (0..m).step_by(16) {
		for column in (0..n).step_by(16) {
			let mut acc = Tile::ZERO;
			for start in (0..k).step_by(BLOCK) {
				let a = matmul::Operand::new(&tiles(a_rows, row, start), false);
				let b = matmul::Operand::new(&tiles(b_columns, column, start), false);
				acc = matmul::contract(acc, &a, &b);
			}
			for (i, lanes) in acc.rows().iter().enumerate() {
				out[(row + i) * n + column..][..16].copy_from_slice(lanes);
			}
		}
	}
	out
}

fn bits(values: &[f32]) -> Vec<u32> {
	values.iter().map(|x| x.to_bits()).collect()
}

/// All three forms with every instruction set and thread count against the specification.
fn compare(random: &mut Random, class_a: &str, class_b: &str, [m, n, k]: [usize; 3]) {
	let a = matrix(random, class_a, m * k);
	let b = matrix(random, class_b, n * k);
	let expected = bits(&specification(m, n, k, &a, &b));
	assert_eq!(
		bits(&fold(m, n, k, &a, &b)),
		expected,
		"{class_a} by {class_b}"
	);
	let (a_columns, b_columns) = (transpose(m, k, &a), transpose(n, k, &b));
	for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
		for threads in [1, 3] {
			Pool::new(threads, isa).unwrap().run(|lane| {
				let (mut left, mut right) = (Operand::new(), Operand::new());
				let mut out = vec![f32::NAN; m * n];
				for form in ["x w", "x^t dz", "dz w^t"] {
					match form {
						"x^t dz" => left.columns(lane, Matrix::new(&a_columns, k, m)),
						_ => left.left_rows(lane, Matrix::new(&a, m, k)),
					}
					match form {
						"dz w^t" => right.right_rows(lane, Matrix::new(&b, n, k)),
						_ => right.columns(lane, Matrix::new(&b_columns, k, n)),
					}
					contract(lane, &left, &right, false, &mut out);
					assert_eq!(
						bits(&out),
						expected,
						"{class_a} by {class_b}, {m} x {n} x {k}, {form}, {isa}, {threads} threads"
					);
				}
			});
		}
	}
}

#[test]
fn every_form_and_instruction_set_equals_the_specification_on_adversarial_inputs() {
	let mut random = Random(0x5EED);
	for class_a in CLASSES {
		for class_b in CLASSES {
			compare(&mut random, class_a, class_b, [16, 48, 272]);
		}
	}
}

#[test]
fn every_form_and_instruction_set_equals_the_specification_on_odd_shapes() {
	let mut random = Random(0xB10C);
	let shapes = [
		[16, 16, 16],
		[80, 16, 128],
		[144, 112, 144],
		[64, 32, 112],
		[32, 176, 400],
		[16, 1040, 256],
	];
	for shape in shapes {
		compare(&mut random, "ordinary", "any exponent", shape);
	}
}

#[test]
fn operands_that_are_used_again_for_another_shape_keep_nothing() {
	// GIVEN operands that held a larger contraction
	let mut random = Random(7);
	let (mut left, mut right) = (Operand::new(), Operand::new());
	Pool::new(1, Isa::widest()).unwrap().run(|lane| {
		let large = matrix(&mut random, "large", 64 * 512);
		left.left_rows(lane, Matrix::new(&large, 64, 512));
		right.columns(lane, Matrix::new(&large, 512, 64));
		// WHEN a smaller one is computed with them
		let (a, b) = (
			matrix(&mut random, "ordinary", 256),
			matrix(&mut random, "ordinary", 256),
		);
		left.left_rows(lane, Matrix::new(&a, 16, 16));
		right.right_rows(lane, Matrix::new(&b, 16, 16));
		let mut out = vec![0.0; 256];
		contract(lane, &left, &right, false, &mut out);
		// THEN it is as if they were new
		assert_eq!(bits(&out), bits(&specification(16, 16, 16, &a, &b)));
	});
}

#[test]
fn results_are_never_negative_zero_or_subnormal() {
	let mut random = Random(11);
	let mut out = vec![0.0; 16 * 16];
	let (mut left, mut right) = (Operand::new(), Operand::new());
	Pool::new(1, Isa::widest()).unwrap().run(|lane| {
		for class_a in CLASSES {
			for class_b in CLASSES {
				let a = matrix(&mut random, class_a, 16 * 256);
				let b = matrix(&mut random, class_b, 16 * 256);
				left.left_rows(lane, Matrix::new(&a, 16, 256));
				right.right_rows(lane, Matrix::new(&b, 16, 256));
				contract(lane, &left, &right, false, &mut out);
				for x in &out {
					assert!(
						x.is_normal() || x.to_bits() == 0,
						"{class_a} by {class_b}: {x:e}"
					);
				}
			}
		}
	});
}
