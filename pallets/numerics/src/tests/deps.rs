//! What steps read.

use super::{
	plans::{plans, LARGE, SMALL},
	shaped,
};
use crate::{
	ops,
	program::{OpKind, DATA},
	At, Env, Op, Outline, StepError, Tile,
};
use proptest::prelude::*;

/// Rows of the tables and columns of logits that the ids of an op may name.
fn ids_below(outline: &Outline, op: &Op) -> u32 {
	match op.kind {
		OpKind::Embed { .. } => 256,
		OpKind::LossRows { width, .. } => width,
		OpKind::EmbedTokens { .. } => {
			let table = outline.tensor(op.input(1).unwrap()).unwrap();
			table.layout.shape()[0]
		}
		_ => 2,
	}
}

/// An index tile of random ids, the last one of the range among them.
fn ids(seed: u64, below: u32) -> Tile {
	let id = |i: usize| {
		let hash = blake3::hash(&[seed.to_le_bytes(), (i as u64).to_le_bytes()].concat());
		let [a, b, c, d, last, ..] = *hash.as_bytes();
		if last < 16 {
			below - 1
		} else {
			u32::from_le_bytes([a, b, c, d]) % below
		}
	};
	Tile(core::array::from_fn(|i| id(i) as f32))
}

/// Checks one step of one output tile and returns how many tiles it reads.
fn check(outline: &Outline, op: &Op, env: &Env<'_>, at: At) -> Result<usize, TestCaseError> {
	let index = ops::index_deps(op, at).unwrap();
	prop_assert!(index.len() <= ops::MAX_INDEX_DEPS);
	let seed = u64::from(at.tile) << 32 | u64::from(at.step);
	let below = ids_below(outline, op);
	let tiles: Vec<Tile> = index.iter().map(|_| ids(seed, below)).collect();
	let deps = ops::deps(op, env, at, &tiles).unwrap();
	prop_assert!(
		deps.len() <= ops::MAX_DEPS,
		"{} tiles for {op:?}",
		deps.len()
	);
	prop_assert_eq!(&deps[..index.len()], index.as_slice());
	for dep in &deps {
		prop_assert!(
			reads(op).any(|tensor| tensor == u32::from(dep.tensor.0)),
			"{op:?}"
		);
		let count = match dep.tensor {
			DATA => data_tiles(outline, env),
			tensor => outline.tensor(tensor).unwrap().layout.tiles(),
		};
		prop_assert!(dep.tile < count, "tile {} of {count} for {op:?}", dep.tile);
	}
	Ok(deps.len())
}

/// Tensors that an op may read: its inputs, and those at a stride from them.
fn reads(op: &Op) -> impl Iterator<Item = u32> {
	let (count, stride) = match op.kind {
		OpKind::ClipFactor { count, stride, .. } => (count, stride),
		_ => (1, 0),
	};
	let inputs: Vec<u32> = op.inputs.iter().flatten().map(|id| id.0.into()).collect();
	(0..count).flat_map(move |i| inputs.clone().into_iter().map(move |id| id + i * stride))
}

/// Tiles of the data that training may read.
fn data_tiles(outline: &Outline, env: &Env<'_>) -> u32 {
	let bytes = env.train_items * u64::from(outline.item_bytes());
	bytes.div_ceil(1_024) as u32
}

/// The first, the last and some between them.
fn samples(count: u32, pick: u32) -> impl Iterator<Item = u32> {
	let between = [
		0,
		pick % count.max(1),
		(pick / 7) % count.max(1),
		count.wrapping_sub(1),
	];
	between.into_iter().take(if count == 0 { 0 } else { 4 })
}

fn is_list(op: &Op) -> bool {
	matches!(op.kind, OpKind::StateList { .. })
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(200))]

	#[test]
	fn no_step_of_any_op_reads_more_than_33_tiles_or_a_tile_that_is_not_there(
		plan in plans(LARGE),
		pick in any::<u32>(),
		bytes in 1_u64..1 << 41,
	) {
		let outline = Outline::new(&plan).unwrap();
		let items = bytes / u64::from(outline.item_bytes()) + 1 + u64::from(outline.context());
		let env = Env::new([1; 32], 2, 3, pick % 256, 256, items).with_turns(outline.turns());
		let count = outline.op_count();
		// Both ends, and two blocks' worth of ops in the middle.
		let middle = (0..200).map(|i| (pick % count + i) % count);
		for index in (0..count.min(40)).chain(middle).chain(count.saturating_sub(20)..count) {
			let op = outline.op(index).unwrap();
			if is_list(&op) {
				continue;
			}
			for tile in samples(ops::tiles(&op), pick ^ index) {
				for step in samples(ops::steps(&op, tile), pick / 11) {
					check(&outline, &op, &env, At { tile, step })?;
				}
			}
		}
	}

	#[test]
	fn tiles_and_steps_past_the_last_are_absent(plan in plans(SMALL), more in 0_u32..1_000) {
		let outline = Outline::new(&plan).unwrap();
		let env = Env::new([1; 32], 0, 0, 0, 1, 1 << 20).with_turns(outline.turns());
		for index in 0..outline.op_count() {
			let op = outline.op(index).unwrap();
			if is_list(&op) {
				continue;
			}
			let past_tile = At { tile: ops::tiles(&op) + more, step: 0 };
			let past_step = At { tile: 0, step: ops::steps(&op, 0) + more };
			for at in [past_tile, past_step] {
				prop_assert_eq!(ops::index_deps(&op, at), Err(StepError::Absent));
				let stepped = ops::step(&op, &env, at, Tile::ZERO, &[]);
				prop_assert_eq!(stepped, Err(StepError::Absent));
			}
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(60))]

	#[test]
	fn every_step_of_every_tile_of_small_plans_reads_what_is_there(plan in plans(super::plans::TINY)) {
		let outline = Outline::new(&plan).unwrap();
		let env = Env::new([1; 32], 2, 3, 0, 4, 5_000).with_turns(outline.turns());
		for index in 0..outline.op_count() {
			let op = outline.op(index).unwrap();
			if is_list(&op) {
				continue;
			}
			for tile in 0..ops::tiles(&op) {
				for step in 0..ops::steps(&op, tile) {
					check(&outline, &op, &env, At { tile, step })?;
				}
			}
		}
	}
}

#[test]
fn a_loss_reads_a_tile_for_each_row_and_no_op_of_a_perceptron_more() {
	let outline = Outline::new(&shaped(33, 16, &[272, 16], 48)).unwrap();
	let env = Env::new([1; 32], 2, 3, 0, 4, 5_000);
	let mut most = 0;
	for index in 0..outline.op_count() {
		let op = outline.op(index).unwrap();
		if is_list(&op) {
			continue;
		}
		for tile in 0..ops::tiles(&op) {
			for step in 0..ops::steps(&op, tile) {
				most = most.max(check(&outline, &op, &env, At { tile, step }).unwrap());
			}
		}
	}
	// The loss reads an id, two statistics and a tile of logits for each row.
	assert_eq!(most, 19);
}
