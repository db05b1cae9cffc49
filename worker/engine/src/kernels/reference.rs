//! The specification's folds over whole tensors, and inputs that are hard on kernels.

use std::sync::LazyLock;

use assay_numerics::{
	arith::RANGE_END,
	ops::{self, At, Env, StepError},
	program::{Op, OpKind, TensorId, TileRef, MAX_INPUTS},
	Layout, Tile,
};

use super::elementwise::greatest;
use crate::{
	isa::Isa,
	pool::{Lane, Pool},
	tensor::Tensor,
};

/// What the elements of an input are like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
	/// Around one.
	Plain,
	/// Zeros of both signs.
	Zeros,
	/// Less than the least normal number, among others.
	Subnormals,
	/// Few different values.
	Ties,
	/// Every exponent up to `2^20`.
	Wide,
	/// Every exponent of the range: most sums leave it.
	Huge,
}

impl Kind {
	pub(crate) const ALL: [Kind; 6] = [
		Kind::Plain,
		Kind::Zeros,
		Kind::Subnormals,
		Kind::Ties,
		Kind::Wide,
		Kind::Huge,
	];

	/// An element for some random bits.
	fn element(self, random: u64) -> f32 {
		let sign = (random as u32 & 1) << 31;
		let fraction = (random >> 8) as u32 & 0x7F_FFFF;
		let pick = (random >> 40) as u32;
		let exponent = |least: u32, most: u32| (127 + least - 200 + pick % (most - least)) << 23;
		let pattern = match self {
			Kind::Plain => exponent(194, 202) | fraction,
			Kind::Zeros => 0,
			Kind::Subnormals if pick.is_multiple_of(4) => 127 << 23 | fraction,
			Kind::Subnormals => fraction >> (pick % 23),
			Kind::Ties => [0, 127 << 23, 0x4000_0000, 0x3F00_0000][pick as usize % 4],
			Kind::Wide => exponent(74, 220) | fraction,
			Kind::Huge => exponent(74, 250) | fraction,
		};
		f32::from_bits(pattern | sign)
	}
}

/// The same numbers in every run.
pub(crate) fn random(seed: u64) -> u64 {
	let x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
	let x = (x ^ x >> 31).wrapping_mul(0xBF58_476D_1CE4_E5B9);
	let x = (x ^ x >> 29).wrapping_mul(0x94D0_49BB_1331_11EB);
	x ^ x >> 32
}

/// A tensor of such elements, its padding +0.0.
pub(crate) fn tensor(kind: Kind, layout: Layout) -> Tensor {
	static CALLS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
	let call = CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
	filled(layout, |at| kind.element(random(call << 32 | at as u64)))
}

/// A tensor whose elements are functions of their place.
pub(crate) fn filled(layout: Layout, element: impl Fn(usize) -> f32) -> Tensor {
	let mut tensor = Tensor::new(layout);
	let [rows, cols] = tensor.shape();
	for row in 0..rows {
		for col in 0..cols {
			tensor.set(row, col, element(row * cols + col));
		}
	}
	tensor
}

/// Gives every `step`th pattern of a float, in order and in slices of 2^16 but for the last one; with
/// `ASSAY_ALL_INPUTS` set all 2^32 of them, which takes many minutes.
pub(crate) fn each_pattern(step: usize, mut check: impl FnMut(&[f32])) {
	let step = match std::env::var_os("ASSAY_ALL_INPUTS") {
		Some(_) => 1,
		None => step,
	};
	let mut patterns = (0..=u32::MAX).step_by(step).map(f32::from_bits);
	let mut slice = Vec::with_capacity(1 << 16);
	loop {
		slice.clear();
		slice.extend(patterns.by_ref().take(1 << 16));
		if slice.is_empty() {
			return;
		}
		check(&slice);
	}
}

/// A matrix of such elements.
pub(crate) fn matrix(kind: Kind, rows: u32, cols: u32) -> Tensor {
	tensor(kind, Layout::Matrix { rows, cols })
}

/// A packed vector of such elements.
pub(crate) fn vector(kind: Kind, len: u32) -> Tensor {
	tensor(kind, Layout::Vector { len })
}

/// The tiles of a tensor.
pub(crate) fn tiles(tensor: &Tensor) -> Vec<Tile> {
	let bytes = tensor.bytes();
	bytes.as_chunks().0.iter().map(Tile::from_bytes).collect()
}

/// An op and what it computes.
pub(crate) struct Case {
	op: Op,
	tiles: Result<Vec<Tile>, StepError>,
}

impl Case {
	/// The whole fold of an op on inputs.
	pub(crate) fn new(kind: OpKind, shape: [u32; 2], inputs: &[&Tensor]) -> Self {
		let env = Env::new([0; 32], 0, 0, 0, 1, 0);
		let inputs: Vec<_> = inputs.iter().map(|tensor| tiles(tensor)).collect();
		Case::of_tiles(kind, shape, &inputs, inputs.len(), &env)
	}

	/// The same of tiles, in an environment, where only the first `named` inputs are the op's own.
	pub(crate) fn of_tiles(
		kind: OpKind,
		shape: [u32; 2],
		inputs: &[Vec<Tile>],
		named: usize,
		env: &Env<'_>,
	) -> Self {
		let mut op = Op {
			kind,
			shape,
			inputs: [None; MAX_INPUTS],
			output: TensorId(inputs.len() as u16),
		};
		for i in 0..named {
			op.inputs[i] = Some(TensorId(i as u16));
		}
		let fetch = |refs: Vec<TileRef>| -> Vec<Tile> {
			let tile = |at: TileRef| inputs[usize::from(at.tensor.0)][at.tile as usize];
			refs.into_iter().map(tile).collect()
		};
		let tiles = (0..ops::tiles(&op)).map(|tile| {
			let mut acc = ops::start(&op);
			for step in 0..ops::steps(&op, tile) {
				let at = At { tile, step };
				let index = fetch(ops::index_deps(&op, at)?);
				let tiles = fetch(ops::deps(&op, env, at, &index)?);
				acc = ops::step(&op, env, at, acc, &tiles)?;
			}
			ops::finish(&op, acc)
		});
		let tiles = tiles.collect();
		Case { op, tiles }
	}

	/// The output, if there is one.
	pub(crate) fn output(&self) -> Option<Tensor> {
		let tiles = self.tiles.as_ref().ok()?;
		let mut tensor = Tensor::new(self.op.layout());
		let side = tensor.floats().len() / tiles.len();
		for (out, tile) in tensor.floats_mut().chunks_mut(side).zip(tiles) {
			if let Layout::Matrix { cols: 1, .. } = self.op.layout() {
				for (out, row) in out.iter_mut().zip(tile.rows()) {
					*out = row[0];
				}
			} else {
				out.copy_from_slice(&tile.0);
			}
		}
		Some(tensor)
	}

	/// Elements of the output, as kernels write them.
	pub(crate) fn len(&self) -> usize {
		Tensor::new(self.op.layout()).floats().len()
	}

	/// Why there is none.
	pub(crate) fn error(&self) -> Option<StepError> {
		self.tiles.as_ref().err().copied()
	}
}

/// A pool for every instruction set of this machine, with one thread and with two.
static POOLS: LazyLock<Vec<Pool>> = LazyLock::new(|| {
	let sets = Isa::ALL.into_iter().filter(|isa| isa.is_available());
	sets.flat_map(|isa| [1, 2].map(|threads| Pool::new(threads, isa).unwrap()))
		.collect()
});

/// Runs `work` on every pool.
pub(crate) fn everywhere(work: impl Fn(Lane) + Send + Sync) {
	for pool in POOLS.iter() {
		pool.run(&work);
	}
}

/// Runs `kernel(lane, watch, out)` everywhere and compares what it wrote, over other values, and the
/// greatest pattern that it returned, with the fold.
pub(crate) fn compare(case: &Case, kernel: impl Fn(Lane, bool, &mut [f32]) -> u32 + Send + Sync) {
	everywhere(|lane| {
		for watch in [false, true] {
			let place = format!("{:?} {:?}, {lane:?}, {watch}", case.op.kind, case.op.shape);
			let mut out = filled(case.op.layout(), |at| at as f32 - 7.5);
			let most = kernel(lane, watch, out.floats_mut());
			match case.output() {
				Some(expected) => {
					let floats = out.floats().iter().zip(expected.floats());
					for (at, (x, y)) in floats.enumerate() {
						assert_eq!(x.to_bits(), y.to_bits(), "{x} for {y} at {at}: {place}");
					}
					let greatest = greatest(Isa::Portable, expected.floats());
					assert!(most < RANGE_END && most >= greatest, "{place}");
					assert!(watch || most == greatest, "{place}");
				}
				None => assert!(!watch || most >= RANGE_END, "{place}"),
			}
		}
	});
}
