use assay_numerics::{ops::matmul, Layout, Tile};

use super::*;
use crate::{isa::Isa, pool::Pool, tensor::Tensor};

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
const CLASSES: [&str; 9] = [
	"ordinary",
	"zeros",
	"subnormal",
	"powers of two",
	"any exponent",
	"large",
	"ties",
	"clamped",
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
		// Half of them are rounded to 4096 and clamped.
		"clamped" => {
			let below = f32::from_bits(0x3F7F_FFFF - random.below(0x1000) as u32);
			below * random.power(-3, 0)
		}
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

/// Row-major elements in tiles.
fn tiled(rows: usize, cols: usize, data: &[f32]) -> Tensor {
	let mut tensor = Tensor::new(Layout::Matrix {
		rows: rows as u32,
		cols: cols as u32,
	});
	for (i, x) in data.iter().enumerate() {
		tensor.set(i / cols, i % cols, *x);
	}
	tensor
}

/// The row-major elements of tiles.
fn plain(rows: usize, cols: usize, tiles: &[f32]) -> Vec<f32> {
	let at = |i: usize, j: usize| i / 16 * (cols / 16) * 256 + j / 16 * 256 + i % 16 * 16 + j % 16;
	(0..rows * cols)
		.map(|i| tiles[at(i / cols, i % cols)])
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

/// What the specification says, from `base` or from +0.0.
fn specification_of(
	[m, n, k]: [usize; 3],
	terms: Terms,
	base: Option<&[f32]>,
	a_rows: &[f32],
	b_columns: &[f32],
) -> Vec<f32> {
	let mut out = base.map_or(vec![0.0_f32; m * n], <[f32]>::to_vec);
	for start in (0..k).step_by(BLOCK) {
		let end = k.min(start + BLOCK);
		let block = |data: &[f32], i: usize| data[i * k + start..i * k + end].to_vec();
		let right: Vec<_> = (0..n).map(|j| quantised(&block(b_columns, j))).collect();
		for i in 0..m {
			let x = block(a_rows, i);
			let mut left = vec![quantised(&x)];
			if terms == Terms::Two {
				let (e, q) = &left[0];
				let first = q.iter().map(|q| *q as f64 * 2.0_f64.powi(e - 12));
				let rest: Vec<f64> = x
					.iter()
					.zip(first)
					.map(|(x, y)| f64::from(*x) - y)
					.collect();
				let rounded: Vec<f32> = rest.iter().map(|x| *x as f32).collect();
				assert!(rounded.iter().zip(&rest).all(|(x, y)| f64::from(*x) == *y));
				left.push(quantised(&rounded));
			}
			for (ea, qa) in left {
				for (j, (eb, qb)) in right.iter().enumerate() {
					let sum: i64 = qa.iter().zip(qb).map(|(a, b)| a * b).sum();
					let sum = i32::try_from(sum).expect("the profile's bound holds");
					let scaled = f64::from(sum as f32) * 2.0_f64.powi(ea + eb - 24);
					out[i * n + j] += scaled as f32;
				}
			}
		}
	}
	out
}

fn specification(m: usize, n: usize, k: usize, a_rows: &[f32], b_columns: &[f32]) -> Vec<f32> {
	specification_of([m, n, k], Terms::One, None, a_rows, b_columns)
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
	every_form([m, n, k], &a, &b, |form, multiply| {
		let mut out = vec![f32::NAN; m * n];
		multiply(Sums::default(), &mut out);
		assert_eq!(
			bits(&plain(m, n, &out)),
			expected,
			"{class_a} by {class_b}, {m} x {n} x {k}, {form}"
		);
	});
}

/// Writes a product.
type Multiply<'a> = &'a mut dyn FnMut(Sums<'_>, &mut [f32]) -> u32;

/// Calls `work` with operands in every form, with every instruction set and on 1 and 3 threads.
fn every_form(
	[m, n, k]: [usize; 3],
	a: &[f32],
	b: &[f32],
	work: impl Fn(&str, Multiply<'_>) + Send + Sync,
) {
	in_terms([m, n, k], Terms::One, a, b, work);
}

/// [`every_form`] with so many terms on the left.
fn in_terms(
	[m, n, k]: [usize; 3],
	terms: Terms,
	a: &[f32],
	b: &[f32],
	work: impl Fn(&str, Multiply<'_>) + Send + Sync,
) {
	let (a_rows, b_rows) = (tiled(m, k, a), tiled(n, k, b));
	let a_columns = tiled(k, m, &transpose(m, k, a));
	let b_columns = tiled(k, n, &transpose(n, k, b));
	for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
		for threads in [1, 3] {
			Pool::new(threads, isa).unwrap().run(|lane| {
				let (mut left, mut right) = (Operand::new(), Operand::new());
				for form in ["x w", "x^t dz", "dz w^t"] {
					let source = match form {
						"x^t dz" => Source::left_columns(a_columns.matrix(), terms),
						_ => Source::left_rows(a_rows.matrix(), terms),
					};
					let right_source = match form {
						"dz w^t" => Source::right_rows(b_rows.matrix()),
						_ => Source::right_columns(b_columns.matrix()),
					};
					right.fill(lane, right_source);
					let form = format!("{form}, {isa}, {threads} threads");
					work(&form, &mut |sums, out| {
						contract_new(lane, (&mut left, source), &right, sums, out)
					});
					// What the first product has quantised serves the next one.
					work(&form, &mut |sums, out| {
						contract(lane, &left, &right, sums, out)
					});
					left.fill(lane, source);
					work(&form, &mut |sums, out| {
						contract(lane, &left, &right, sums, out)
					});
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
fn sums_from_a_base_and_of_two_terms_equal_the_specification() {
	let mut random = Random(0xBA5E);
	for class in CLASSES {
		for [m, n, k] in [[16, 48, 272], [32, 16, 16], [80, 32, 128], [16, 16, 400]] {
			let a = matrix(&mut random, class, m * k);
			let b = matrix(&mut random, "any exponent", n * k);
			let base = matrix(&mut random, "any exponent", m * n);
			let base_tiles = tiled(m, n, &base);
			for terms in [Terms::One, Terms::Two] {
				for base in [None, Some(&base)] {
					// GIVEN the specification's sum
					let slice = base.map(Vec::as_slice);
					let expected = bits(&specification_of([m, n, k], terms, slice, &a, &b));
					let base_tiles = base.map(|_| base_tiles.floats());
					in_terms([m, n, k], terms, &a, &b, |form, multiply| {
						// WHEN it is computed THEN every bit is the same
						let mut out = vec![f32::NAN; m * n];
						let sums = Sums {
							base: base_tiles,
							watch: false,
							bias: None,
						};
						multiply(sums, &mut out);
						let based = base_tiles.is_some();
						assert_eq!(
							bits(&plain(m, n, &out)),
							expected,
							"{class}, {m} x {n} x {k}, {form}, {terms:?}, base {based}"
						);
					});
				}
			}
		}
	}
}

#[test]
fn two_terms_are_nearer_to_the_product_where_outliers_live() {
	// GIVEN rows with one element that is 4,096 times the others
	let mut random = Random(3);
	let [m, n, k] = [16, 16, 256];
	let mut a = matrix(&mut random, "ordinary", m * k);
	for row in a.chunks_exact_mut(k) {
		row[7] = 4_096.0;
		row[200] = -4_096.0;
	}
	let b = matrix(&mut random, "ordinary", n * k);
	let truth = |i: usize, j: usize| -> f64 {
		let products = a[i * k..][..k].iter().zip(&b[j * k..][..k]);
		products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
	};
	let error = |terms| -> f64 {
		let out = specification_of([m, n, k], terms, None, &a, &b);
		let errors = (0..m * n).map(|at| (f64::from(out[at]) - truth(at / n, at % n)).powi(2));
		errors.sum::<f64>().sqrt()
	};
	// WHEN it is computed in one term and in two THEN the second helps
	assert!(error(Terms::Two) < 0.7 * error(Terms::One));
}

#[test]
fn operands_are_parts_of_matrices_and_serve_several_products() {
	// GIVEN a matrix of two heads side by side, and the columns of its second half, quantised once
	let mut random = Random(5);
	let whole = matrix(&mut random, "ordinary", 48 * 64);
	let head: Vec<f32> = whole
		.chunks_exact(64)
		.flat_map(|row| &row[32..])
		.copied()
		.collect();
	let tensor = tiled(48, 64, &whole);
	let others = [16, 80].map(|n| (n, matrix(&mut random, "any exponent", n * 48)));
	Pool::new(1, Isa::widest()).unwrap().run(|lane| {
		let mut left = Operand::new();
		left.fill(
			lane,
			Source::left_columns(tensor.matrix().part(0..3, 2..4), Terms::One),
		);
		for (n, other) in &others {
			// WHEN it is contracted with several right operands
			let mut right = Operand::new();
			right.fill(lane, Source::right_rows(tiled(*n, 48, other).matrix()));
			let mut out = vec![f32::NAN; 32 * n];
			contract(lane, &left, &right, Sums::default(), &mut out);
			// THEN each product is that of the half alone
			let expected = specification(32, *n, 48, &transpose(48, 32, &head), other);
			assert_eq!(bits(&plain(32, *n, &out)), bits(&expected));
		}
	});
}

#[test]
fn operands_that_are_used_again_for_another_shape_keep_nothing() {
	// GIVEN operands that held a larger contraction
	let mut random = Random(7);
	let (mut left, mut right) = (Operand::new(), Operand::new());
	Pool::new(1, Isa::widest()).unwrap().run(|lane| {
		let large = matrix(&mut random, "large", 64 * 512);
		left.fill(
			lane,
			Source::left_rows(tiled(64, 512, &large).matrix(), Terms::Two),
		);
		right.fill(lane, Source::right_columns(tiled(512, 64, &large).matrix()));
		// WHEN a smaller one is computed with them
		let (a, b) = (
			matrix(&mut random, "ordinary", 256),
			matrix(&mut random, "ordinary", 256),
		);
		left.fill(
			lane,
			Source::left_rows(tiled(16, 16, &a).matrix(), Terms::One),
		);
		right.fill(lane, Source::right_rows(tiled(16, 16, &b).matrix()));
		let mut out = vec![0.0; 256];
		contract(lane, &left, &right, Sums::default(), &mut out);
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
				for terms in [Terms::One, Terms::Two] {
					left.fill(lane, Source::left_rows(tiled(16, 256, &a).matrix(), terms));
					right.fill(lane, Source::right_rows(tiled(16, 256, &b).matrix()));
					contract(lane, &left, &right, Sums::default(), &mut out);
					for x in &out {
						assert!(
							x.is_normal() || x.to_bits() == 0,
							"{class_a} by {class_b}: {x:e}"
						);
					}
				}
			}
		}
	});
}
