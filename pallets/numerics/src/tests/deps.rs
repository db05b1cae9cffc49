//! What steps read.

use super::shaped;
use crate::{
	lower, ops,
	program::{OpKind, DATA},
	At, Env, Op, Program, StepPlan, Tile,
};
use proptest::prelude::*;

fn plans() -> impl Strategy<Value = StepPlan> {
	let width = (1_u16..=256).prop_map(|n| n * 16);
	let hidden = prop::collection::vec(width.clone(), 1..=8);
	(1_u16..=64, width, hidden, 1_u32..=256).prop_map(|(context, embedding, hidden, rows)| {
		shaped(context, embedding, &hidden, 16 * rows)
	})
}

/// An index tile of random bytes.
fn ids(seed: u64) -> Tile {
	let hash = |i: usize| blake3::hash(&[seed.to_le_bytes(), (i as u64).to_le_bytes()].concat());
	Tile(core::array::from_fn(|i| f32::from(hash(i).as_bytes()[0])))
}

/// Checks one step of one output tile and returns how many tiles it reads.
fn check(program: &Program, op: &Op, env: &Env, at: At) -> Result<usize, TestCaseError> {
	let index = ops::index_deps(op, at).unwrap();
	prop_assert!(index.len() <= ops::MAX_INDEX_DEPS);
	let seed = u64::from(at.tile) << 32 | u64::from(at.step);
	let tiles: Vec<Tile> = index.iter().map(|_| ids(seed)).collect();
	let deps = ops::deps(op, env, at, &tiles).unwrap();
	prop_assert!(
		deps.len() <= ops::MAX_DEPS,
		"{} tiles for {op:?}",
		deps.len()
	);
	prop_assert_eq!(&deps[..index.len()], index.as_slice());
	for dep in &deps {
		prop_assert!(op.inputs.contains(&Some(dep.tensor)));
		let count = match dep.tensor {
			DATA => env.train_bytes.div_ceil(1_024) as u32,
			tensor => program.tensor(tensor).unwrap().layout.tiles(),
		};
		prop_assert!(dep.tile < count, "tile {} of {count} for {op:?}", dep.tile);
	}
	Ok(deps.len())
}

/// The first, the last and some tiles between them.
fn samples(count: u32, pick: u32) -> impl Iterator<Item = u32> {
	[0, pick % count, (pick / 7) % count, count - 1].into_iter()
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(200))]

	#[test]
	fn no_step_of_any_op_reads_more_than_33_tiles_or_a_tile_that_is_not_there(
		plan in plans(),
		pick in any::<u32>(),
		train_bytes in 65_u64..1 << 40,
	) {
		let program = lower(&plan).unwrap();
		let env = Env::new([1; 32], 2, 3, pick % 256, 256, train_bytes);
		for op in program.ops() {
			if matches!(op.kind, OpKind::StateList { .. }) {
				continue;
			}
			for tile in samples(ops::tiles(op), pick) {
				for step in samples(ops::steps(op), pick / 11) {
					check(&program, op, &env, At { tile, step })?;
				}
			}
		}
	}

	#[test]
	fn tiles_and_steps_past_the_last_are_absent(plan in plans(), more in 0_u32..1_000) {
		let program = lower(&plan).unwrap();
		let env = Env::new([1; 32], 0, 0, 0, 1, 1 << 20);
		for op in program.ops() {
			if matches!(op.kind, OpKind::StateList { .. }) {
				continue;
			}
			let past_tile = At { tile: ops::tiles(op) + more, step: 0 };
			let past_step = At { tile: 0, step: ops::steps(op) + more };
			for at in [past_tile, past_step] {
				prop_assert_eq!(ops::index_deps(op, at), Err(crate::StepError::Absent));
				let stepped = ops::step(op, &env, at, Tile::ZERO, &[]);
				prop_assert_eq!(stepped, Err(crate::StepError::Absent));
			}
		}
	}
}

#[test]
fn every_step_of_every_tile_of_a_small_plan_reads_what_is_there() {
	let program = lower(&shaped(33, 16, &[272, 16], 48)).unwrap();
	let env = Env::new([1; 32], 2, 3, 0, 4, 5_000);
	let mut most = 0;
	for op in program.ops() {
		if matches!(op.kind, OpKind::StateList { .. }) {
			continue;
		}
		for tile in 0..ops::tiles(op) {
			for step in 0..ops::steps(op) {
				most = most.max(check(&program, op, &env, At { tile, step }).unwrap());
			}
		}
	}
	// The loss reads an id, two statistics and a tile of logits for each row.
	assert_eq!(most, 19);
}
