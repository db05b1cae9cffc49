//! Prints how fast products of matrices are, beside the `gemm` crate: the shapes of a GPT of width
//! 384 with 1,024 tokens a step, operands quantised and packed each time. Candidates take turns;
//! medians count, or with `--best` the fastest turns, for a machine that others use too.
//!
//! Those of attention are one head of 64 over a context of 256, whole: the engine leaves out what lies
//! above the diagonal, and computes them with AVX-512 where it has AMX.
//!
//! `cargo run --release -p assay-engine --example matmul -- [--json] [--best] [--turns=N] [--threads=N]`

use std::{
	error::Error,
	time::{Duration, Instant},
};

use assay_engine::{
	measure::{Part, Product},
	Isa,
};
use assay_numerics::Transpose;
use gemm_common::Parallelism;

/// What is computed, in rows, columns and depth.
const SHAPES: [(&str, [u32; 3], Transpose); 11] = [
	("x w", [1024, 384, 384], Transpose::Neither),
	("x w", [1024, 384, 1536], Transpose::Neither),
	("x w", [1024, 1536, 384], Transpose::Neither),
	("x w, vocabulary", [1024, 80, 384], Transpose::Neither),
	("dz w^T", [1024, 384, 1536], Transpose::Right),
	("dz w^T", [1024, 1536, 384], Transpose::Right),
	("dz w^T, vocabulary", [1024, 384, 80], Transpose::Right),
	("x^T dz", [384, 1536, 1024], Transpose::Left),
	("attention q k^T", [256, 256, 64], Transpose::Right),
	("attention p v", [256, 64, 256], Transpose::Neither),
	("attention p^T do", [256, 64, 256], Transpose::Left),
];

/// Least time of a turn of one candidate.
const TURN: Duration = Duration::from_millis(4);

/// Row-major elements, the same for all candidates.
fn element(operand: usize, row: usize, col: usize) -> f32 {
	let seed = (operand as u32 + 1).wrapping_mul(0x9E37_79B9) ^ (row as u32) << 16 ^ col as u32;
	let mixed = (seed ^ seed >> 15).wrapping_mul(0x85EB_CA6B);
	let mixed = (mixed ^ mixed >> 13).wrapping_mul(0xC2B2_AE35);
	((mixed >> 8) as f32 / (1 << 23) as f32) - 1.0
}

/// A product by `gemm`, with the AVX-512 that `x86-v4` gives it or as candle ships it.
struct Gemm {
	pool: rayon::ThreadPool,
	parallelism: Parallelism,
	wide: bool,
	sizes: [usize; 3],
	/// Strides of columns and rows of both operands.
	strides: [[isize; 2]; 2],
	a: Vec<f32>,
	b: Vec<f32>,
	out: Vec<f32>,
}

impl Gemm {
	fn new(
		shape: [u32; 3],
		transpose: Transpose,
		threads: usize,
		wide: bool,
	) -> Result<Self, Box<dyn Error>> {
		let sizes @ [rows, cols, depth] = shape.map(|n| n as usize);
		let fill = |operand: usize, rows: usize, cols: usize| -> Vec<f32> {
			let elements = 0..rows * cols;
			elements
				.map(|at| element(operand, at / cols, at % cols))
				.collect()
		};
		let (a, a_strides) = match transpose {
			Transpose::Left => (fill(0, depth, rows), [rows as isize, 1]),
			_ => (fill(0, rows, depth), [1, depth as isize]),
		};
		let (b, b_strides) = match transpose {
			Transpose::Right => (fill(1, cols, depth), [depth as isize, 1]),
			_ => (fill(1, depth, cols), [1, cols as isize]),
		};
		let mut gemm = Gemm {
			pool: rayon::ThreadPoolBuilder::new()
				.num_threads(threads)
				.build()?,
			parallelism: if threads == 1 {
				Parallelism::None
			} else {
				Parallelism::Rayon(threads)
			},
			wide,
			sizes,
			strides: [a_strides, b_strides],
			a,
			b,
			out: vec![0.0; rows * cols],
		};
		gemm.time(1);
		Ok(gemm)
	}

	fn time(&mut self, times: usize) -> Duration {
		let (wide, parallelism) = (self.wide, self.parallelism);
		let [rows, cols, depth] = self.sizes;
		let [[a_cols, a_rows], [b_cols, b_rows]] = self.strides;
		let (a, b, out) = (&self.a, &self.b, &mut self.out);
		self.pool.install(|| {
			let start = Instant::now();
			for _ in 0..times {
				// The result is row-major and the library's kernels write columns: as its own entry
				// does, the transposed product is computed.
				let (out, b, a) = (out.as_mut_ptr(), b.as_ptr(), a.as_ptr());
				// SAFETY: all strides stay inside of the three vectors.
				unsafe {
					if wide {
						gemm_f32::gemm::f32::get_gemm_fn()(
							cols,
							rows,
							depth,
							out,
							cols as isize,
							1,
							false,
							b,
							b_rows,
							b_cols,
							a,
							a_rows,
							a_cols,
							0.0,
							1.0,
							false,
							false,
							false,
							parallelism,
						);
					} else {
						narrow(
							[cols, rows, depth],
							(out, cols as isize),
							(b, [b_rows, b_cols]),
							(a, [a_rows, a_cols]),
							parallelism,
						);
					}
				}
			}
			start.elapsed()
		})
	}
}

/// What `gemm` does without `x86-v4`.
///
/// # Safety
/// The strides of rows and columns stay inside of what the pointers point to.
unsafe fn narrow(
	[m, n, k]: [usize; 3],
	(out, out_stride): (*mut f32, isize),
	(left, [left_cols, left_rows]): (*const f32, [isize; 2]),
	(right, [right_cols, right_rows]): (*const f32, [isize; 2]),
	parallelism: Parallelism,
) {
	use gemm_common::simd::{MixedSimd, V3};
	use gemm_f32::microkernel::fma::f32::{H_M, H_N, H_UKR, MR_DIV_N, NR, UKR};
	const N: usize = 8;
	let simd = <V3 as MixedSimd<f32, f32, f32, f32>>::try_new().expect("the machine has AVX2");
	// SAFETY: as the caller's.
	unsafe {
		gemm_common::gemm::gemm_basic_generic::<_, _, N, { MR_DIV_N * N }, NR, MR_DIV_N, H_M, H_N>(
			simd,
			m,
			n,
			k,
			out,
			out_stride,
			1,
			false,
			left,
			left_cols,
			left_rows,
			right,
			right_cols,
			right_rows,
			0.0,
			1.0,
			false,
			false,
			false,
			|a, b, c| a * b + c,
			&UKR,
			&H_UKR,
			false,
			parallelism,
		);
	}
}

/// What takes turns.
enum Candidate {
	Ours(Box<Product>, Part),
	Gemm(Box<Gemm>),
}

impl Candidate {
	fn time(&mut self, times: usize) -> Duration {
		match self {
			Candidate::Ours(product, part) => product.time(*part, times),
			Candidate::Gemm(gemm) => gemm.time(times),
		}
	}
}

fn median(mut values: Vec<f64>) -> Option<f64> {
	values.sort_by(f64::total_cmp);
	values.get(values.len() / 2).copied()
}

fn main() -> Result<(), Box<dyn Error>> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let flag = |name: &str| arguments.iter().any(|argument| argument == name);
	let (json, best) = (flag("--json"), flag("--best"));
	let value = |name: &str| -> Option<usize> {
		let values = arguments
			.iter()
			.filter_map(|argument| argument.strip_prefix(name));
		values.filter_map(|value| value.parse().ok()).next()
	};
	let turns = value("--turns=").unwrap_or(51);
	let threads = value("--threads=").map_or(vec![1, 2], |threads| vec![threads]);
	if !json {
		let what = if best { "fastest" } else { "medians" };
		let names = COLUMNS.map(|(name, _)| name).join(" | ");
		println!("GFLOP/s, {what} of {turns} turns");
		println!("| product | rows x cols x depth | threads | {names} |");
		println!("{}", "| --- ".repeat(3 + COLUMNS.len()) + "|");
	}
	for (name, shape, transpose) in SHAPES {
		for threads in threads.iter().copied() {
			let speeds = measure(shape, transpose, threads, (turns, best))?;
			let [rows, cols, depth] = shape;
			let values = COLUMNS.iter().zip(&speeds);
			if json {
				let values: String = values
					.filter_map(|((name, _), value)| Some((name, (*value)?)))
					.map(|(name, value)| format!(",\"{name}\":{value:.3}"))
					.collect();
				println!(
					"{{\"product\":\"{name}\",\"shape\":[{rows},{cols},{depth}],\"threads\":{threads}{values}}}"
				);
			} else {
				let cell = |((_, column), value): (&(&str, Column), &Option<f64>)| match value {
					Some(ratio) if matches!(column, Column::Ratio(..)) => format!("{ratio:.2}"),
					Some(speed) => format!("{speed:.0}"),
					None => "-".to_owned(),
				};
				let cells: Vec<String> = values.map(cell).collect();
				println!(
					"| {name} | {rows} x {cols} x {depth} | {threads} | {} |",
					cells.join(" | ")
				);
			}
		}
	}
	Ok(())
}

/// What a column shows.
enum Column {
	/// A part of our product with an instruction set.
	Ours(Isa, Part),
	/// The product by `gemm`, with AVX-512 or without.
	Gemm(bool),
	/// The ratio of two columns to the left.
	Ratio(usize, usize),
}

const COLUMNS: [(&str, Column); 12] = [
	("AMX quantise", Column::Ours(Isa::Amx, Part::Quantise)),
	("AMX contraction", Column::Ours(Isa::Amx, Part::Contract)),
	("AMX whole", Column::Ours(Isa::Amx, Part::Whole)),
	(
		"AVX-512 quantise",
		Column::Ours(Isa::Avx512, Part::Quantise),
	),
	(
		"AVX-512 contraction",
		Column::Ours(Isa::Avx512, Part::Contract),
	),
	("AVX-512 whole", Column::Ours(Isa::Avx512, Part::Whole)),
	("gemm AVX-512", Column::Gemm(true)),
	("AMX / gemm", Column::Ratio(2, 6)),
	("AVX-512 / gemm", Column::Ratio(5, 6)),
	("AVX2 whole", Column::Ours(Isa::Avx2, Part::Whole)),
	("gemm AVX2", Column::Gemm(false)),
	("AVX2 / gemm", Column::Ratio(9, 10)),
];

/// The value of each column, none for what the machine lacks.
fn measure(
	shape: [u32; 3],
	transpose: Transpose,
	threads: usize,
	(turns, best): (usize, bool),
) -> Result<Vec<Option<f64>>, Box<dyn Error>> {
	let mut candidates = Vec::new();
	for (_, column) in &COLUMNS {
		candidates.push(match *column {
			Column::Ours(isa, part) if isa.is_available() => {
				let product = Product::new(shape, transpose, (threads, isa), element)?;
				Some(Candidate::Ours(Box::new(product), part))
			}
			Column::Gemm(wide) => {
				let gemm = Gemm::new(shape, transpose, threads, wide)?;
				Some(Candidate::Gemm(Box::new(gemm)))
			}
			_ => None,
		});
	}
	check(&candidates, shape);
	let operations = shape.iter().map(|n| f64::from(*n)).product::<f64>() * 2.0;
	let mut speeds = vec![Vec::new(); COLUMNS.len()];
	for _ in 0..turns {
		for (candidate, speeds) in candidates.iter_mut().zip(&mut speeds) {
			let Some(candidate) = candidate else { continue };
			let once = candidate.time(1).as_secs_f64();
			let times = (TURN.as_secs_f64() / once).ceil() as usize;
			let time = candidate.time(times).as_secs_f64();
			speeds.push(operations * times as f64 / time / 1e9);
		}
	}
	if best {
		let fastest = |speeds: &Vec<f64>| speeds.iter().copied().reduce(f64::max);
		speeds = speeds
			.iter()
			.map(|s| fastest(s).into_iter().collect())
			.collect();
	}
	let value = |(at, (_, column)): (usize, &(&str, Column))| match *column {
		Column::Ratio(a, b) => {
			let turns = speeds[a].iter().zip(&speeds[b]);
			median(turns.map(|(a, b)| a / b).collect())
		}
		_ => median(speeds[at].clone()),
	};
	Ok(COLUMNS.iter().enumerate().map(value).collect())
}

/// All candidates compute the same product.
fn check(candidates: &[Option<Candidate>], [rows, cols, depth]: [u32; 3]) {
	for at in 0..1_000_u32 {
		let (row, col) = (at * 7_919 % rows, at * 104_729 % cols);
		let (mut ours, mut theirs) = (Vec::new(), 0.0);
		for candidate in candidates.iter().flatten() {
			match candidate {
				Candidate::Ours(product, _) => ours.push(product.at(row as usize, col as usize)),
				Candidate::Gemm(gemm) => theirs = gemm.out[(row * cols + col) as usize],
			}
		}
		let error = (ours[0] - theirs).abs() / (depth as f32).sqrt();
		assert!(
			ours.iter().all(|value| *value == ours[0]) && error < 1e-3,
			"{row}, {col}: {ours:?}, {theirs}"
		);
	}
}
