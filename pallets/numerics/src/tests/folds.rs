//! Every fold against what its op says, element by element over whole matrices.
//!
//! Here nothing is made of tiles: sums are of lanes, since that is an order, and products have
//! blocks, since those have exponents.

mod activation;
mod attention;
mod clip;
mod norm;
mod product;
mod rotate;
mod tables;

use crate::{
	arith::{self, BLOCK},
	ops, At, Env, Layout, Memory, Op, OpKind, StepError, TensorId, Tile, TileRef, Tiles,
};
use proptest::prelude::*;

/// Rows of elements.
type Rows = Vec<Vec<f32>>;

fn rows(count: usize, cols: usize, f: impl Fn(usize, usize) -> f32) -> Rows {
	let row = |i| (0..cols).map(|j| f(i, j)).collect();
	(0..count).map(row).collect()
}

/// An input of an op.
#[derive(Clone, Debug)]
struct Input {
	rows: Rows,
	layout: Layout,
}

fn matrix(rows: &Rows) -> Input {
	let layout = Layout::Matrix {
		rows: rows.len() as u32,
		cols: rows[0].len() as u32,
	};
	let rows = rows.clone();
	Input { rows, layout }
}

fn vector(elements: &[f32]) -> Input {
	let layout = Layout::Vector {
		len: elements.len() as u32,
	};
	let rows = vec![elements.to_vec()];
	Input { rows, layout }
}

/// A statistic: one column.
fn column(elements: &[f32]) -> Input {
	matrix(&elements.iter().map(|x| vec![*x]).collect())
}

fn tiles(input: &Input) -> Vec<Tile> {
	let mut tiles = vec![Tile::ZERO; input.layout.tiles() as usize];
	for (i, row) in (0..).zip(&input.rows) {
		for (j, x) in (0..).zip(row) {
			let (tile, place) = input.layout.place(i, j).unwrap();
			tiles[tile as usize].0[place] = *x;
		}
	}
	tiles
}

/// An op whose inputs are tensors 1, 2 and so on.
fn op(kind: OpKind, shape: [usize; 2], inputs: usize) -> Op {
	let id = |i| (i < inputs).then_some(TensorId(1 + i as u16));
	Op {
		kind,
		shape: shape.map(|n| n as u32),
		inputs: core::array::from_fn(id),
		output: TensorId(1_000),
	}
}

fn env() -> Env<'static> {
	Env::new([1; 32], 0, 0, 0, 1, 1)
}

/// The whole output of an op, by its fold. Its padding is looked at.
fn folded(op: &Op, env: &Env<'_>, memory: &Memory) -> Result<Rows, StepError> {
	let fetch = |refs: Vec<TileRef>| -> Vec<Tile> {
		let tiles = refs.into_iter().map(|at| memory.tile(at).unwrap());
		tiles.collect()
	};
	let layout = op.layout();
	let mut tiles = Vec::new();
	for tile in 0..ops::tiles(op) {
		let mut acc = ops::start(op);
		for step in 0..ops::steps(op, tile) {
			let at = At { tile, step };
			let index = fetch(ops::index_deps(op, at)?);
			let read = fetch(ops::deps(op, env, at, &index)?);
			acc = ops::step(op, env, at, acc, &read)?;
		}
		let finished = ops::finish(op, acc)?;
		assert_eq!(layout.masked(tile, finished), finished, "padding of {op:?}");
		tiles.push(finished);
	}
	let at = |i: usize, j: usize| {
		let (tile, place) = layout.place(i as u32, j as u32).unwrap();
		tiles[tile as usize].0[place]
	};
	let [height, width] = layout.shape().map(|n| n as usize);
	Ok(rows(height, width, at))
}

/// Whether an op's fold gives these bits, or says that some are out of range.
fn agrees(
	kind: OpKind,
	env: &Env<'_>,
	inputs: &[Input],
	wanted: &Rows,
) -> Result<(), TestCaseError> {
	let mut memory = Memory::new();
	for (id, input) in (1..).zip(inputs) {
		memory.set(TensorId(id), tiles(input));
	}
	let op = op(kind, [wanted.len(), wanted[0].len()], inputs.len());
	let most = |rows: &Rows| {
		let all = rows.iter().flatten().map(|x| arith::magnitude(*x));
		all.max().unwrap()
	};
	match folded(&op, env, &memory) {
		Ok(got) => {
			for (i, (got, wanted)) in got.iter().zip(wanted).enumerate() {
				for (j, (got, wanted)) in got.iter().zip(wanted).enumerate() {
					prop_assert_eq!(
						got.to_bits(),
						wanted.to_bits(),
						"{} for {} at {}, {} of {:?}",
						got,
						wanted,
						i,
						j,
						op
					);
				}
			}
			prop_assert!(most(wanted) < arith::RANGE_END);
		}
		Err(error) => {
			prop_assert_eq!(error, StepError::OutOfRange);
			// Sums can leave the range on their way and come back.
			let great = inputs.iter().map(|input| most(&input.rows)).max();
			let may_leave = great.unwrap() > arith::power_of_two(15).to_bits();
			prop_assert!(
				may_leave || most(wanted) >= arith::RANGE_END,
				"{:?} is in range",
				op
			);
		}
	}
	Ok(())
}

/// Sums terms as 16 lanes, each in ascending order, then by halves.
fn lane_sum(terms: impl IntoIterator<Item = f32>) -> f32 {
	lanes(0.0, terms, |a, b| a + b)
}

fn lanes(start: f32, terms: impl IntoIterator<Item = f32>, f: impl Fn(f32, f32) -> f32) -> f32 {
	let mut lanes = vec![start; 16];
	for (i, term) in terms.into_iter().enumerate() {
		lanes[i % 16] = f(lanes[i % 16], term);
	}
	while lanes.len() > 1 {
		let (low, high) = lanes.split_at(lanes.len() / 2);
		lanes = low.iter().zip(high).map(|(a, b)| f(*a, *b)).collect();
	}
	lanes[0]
}

/// The exponent of a block: the least, from -50, whose power of two is above all of it.
fn exponent(block: &[f64]) -> i32 {
	let greatest = block.iter().map(|x| x.abs()).fold(0.0, f64::max);
	// From well below, so that few steps are left.
	let mut e = (-50).max(greatest.max(1e-30).log2() as i32 - 2);
	while greatest >= 2.0_f64.powi(e) {
		e += 1;
	}
	e
}

fn quantised(block: &[f64]) -> (Vec<i64>, i32) {
	let e = exponent(block);
	let q = |x: &f64| {
		let q = (x * 2.0_f64.powi(12 - e)).round_ties_even() as i64;
		q.clamp(-4_095, 4_095)
	};
	(block.iter().map(q).collect(), e)
}

/// `start` plus the product of two vectors, block by block, as the words of the profile say.
fn contracted(start: f32, a: &[f32], b: &[f32], terms: u32) -> f32 {
	let mut c = start;
	for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
		let [mut a, b] = [a, b].map(|x| x.iter().map(|x| f64::from(*x)).collect::<Vec<_>>());
		let (qb, eb) = quantised(&b);
		for _ in 0..terms {
			let (qa, ea) = quantised(&a);
			let sum: i64 = qa.iter().zip(&qb).map(|(x, y)| x * y).sum();
			c += (f64::from(sum as f32) * 2.0_f64.powi(ea + eb - 24)) as f32;
			for (x, q) in a.iter_mut().zip(qa) {
				*x -= q as f64 * 2.0_f64.powi(ea - 12);
				assert_eq!(f64::from(*x as f32), *x, "the rest is exact");
			}
		}
	}
	c
}

/// An element of a class: of the order of one, small, any, tiny and subnormal, great, powers of two,
/// zeros of both signs, ties.
fn element(class: u8, bits: u32) -> f32 {
	let (sign, fraction) = (bits & 1 << 31, bits & 0x7F_FFFF);
	let exponent = |low: u32, span: u32| (low + (bits >> 23 & 0xFF) % span) << 23;
	let x = match class {
		0 => sign | exponent(120, 8) | fraction,
		1 => sign | exponent(67, 60) | fraction,
		2 => sign | exponent(0, 177) | fraction,
		3 => sign | exponent(0, 40) | fraction,
		4 => sign | exponent(127, 50) | fraction,
		5 => sign | exponent(77, 100),
		6 => sign,
		_ => ((bits as i32 >> 20) as f32 * 0.5).to_bits(),
	};
	f32::from_bits(x)
}

/// Elements of one class, or of all of them if it is 8.
#[derive(Clone, Copy, Debug)]
struct Noise {
	class: u8,
	seed: u32,
}

fn noises() -> impl Strategy<Value = Noise> {
	(0_u8..=8, any::<u32>()).prop_map(|(class, seed)| Noise { class, seed })
}

impl Noise {
	fn at(&self, salt: u32, i: usize, j: usize) -> f32 {
		let mut x = self.seed ^ salt.wrapping_mul(0x9E37_79B9);
		for word in [i as u32, j as u32, 7] {
			x = (x ^ word).wrapping_mul(0x85EB_CA6B);
			x = (x ^ x >> 15).wrapping_mul(0x2C1B_3C6D);
			x ^= x >> 13;
		}
		let class = match self.class {
			8 => (x.rotate_left(9).wrapping_mul(0x27D4_EB2F) >> 16) as u8 % 8,
			class => class,
		};
		element(class, x)
	}

	fn rows(&self, salt: u32, count: usize, cols: usize) -> Rows {
		rows(count, cols, |i, j| self.at(salt, i, j))
	}

	fn vector(&self, salt: u32, len: usize) -> Vec<f32> {
		(0..len).map(|i| self.at(salt, i, 0)).collect()
	}

	/// Positive numbers near one.
	fn positive(&self, salt: u32, len: usize) -> Vec<f32> {
		let plain = Noise { class: 0, ..*self };
		let all = plain.vector(salt, len).into_iter();
		all.map(f32::abs).collect()
	}
}
