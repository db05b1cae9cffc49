//! What steps refuse.

use super::runs::{fill, ready, Ready};
use crate::{
	arith,
	ops::{self, StepError},
	plan::tests::{adam, adapter, classes, decoder, gpt2, llama, small},
	AdamW, At, Decimal, Env, Gpt, Op, OpKind, Optimiser, StepPlan, Tile, TileRef, Tiles,
};

/// Plans that together have every kind of op.
fn plans() -> Vec<StepPlan> {
	let limited = Optimiser::AdamW(AdamW {
		clip: Some(Decimal::new(1, 0)),
		..adam()
	});
	vec![
		small(),
		classes(32, &[16], 10),
		StepPlan {
			optimiser: limited,
			..decoder(gpt2())
		},
		decoder(llama()),
		decoder(Gpt {
			adapter: Some(adapter()),
			..llama()
		}),
	]
}

fn ran(plan: &StepPlan) -> Ready {
	let mut ready = ready(plan);
	ready.run(0, 0);
	ready
}

/// The tiles of the first step of the first tile of an op.
fn first_tiles(ready: &Ready, env: &Env<'_>, op: &Op) -> Vec<Tile> {
	let at = At { tile: 0, step: 0 };
	let fetch = |refs: Vec<TileRef>| -> Vec<Tile> {
		let tiles = refs.into_iter().map(|at| ready.memory.tile(at).unwrap());
		tiles.collect()
	};
	let index = fetch(ops::index_deps(op, at).unwrap());
	fetch(ops::deps(op, env, at, &index).unwrap())
}

fn reads_data(op: &Op) -> bool {
	op.input(0) == Some(crate::program::DATA)
}

#[test]
fn every_op_kind_refuses_accumulators_inputs_and_outputs_out_of_range_and_wrong_numbers_of_tiles() {
	let mut kinds = std::collections::BTreeSet::new();
	for plan in plans() {
		let ready = ran(&plan);
		let env = ready.env(0, 0);
		for op in ready.program.ops() {
			kinds.insert(op.kind.code());
			if let OpKind::StateList { .. } = op.kind {
				continue;
			}
			let at = At { tile: 0, step: 0 };
			let mut tiles = first_tiles(&ready, &env, op);
			let start = ops::start(op);
			let step = |acc: Tile, tiles: &[Tile]| ops::step(op, &env, at, acc, tiles);
			assert!(step(start, &tiles).is_ok(), "{op:?}");
			// WHEN the accumulator is out of range
			for bad in [f32::INFINITY, f32::NAN, f32::from_bits(arith::RANGE_END)] {
				let refused = step(Tile([bad; 256]), &tiles);
				assert_eq!(refused, Err(StepError::OutOfRange), "{op:?}");
			}
			// WHEN there is a tile more or less
			tiles.push(Tile::ZERO);
			for given in [&tiles[..], &tiles[..tiles.len() - 2], &[]] {
				let refused = step(start, given);
				assert!(
					matches!(
						refused,
						Err(StepError::WrongTiles { .. } | StepError::Absent)
					),
					"{refused:?} for {op:?}"
				);
			}
			tiles.pop();
			// WHEN one element of any tile is out of range
			for i in 0..tiles.len() {
				let mut tiles = tiles.clone();
				tiles[i].0[17 * i % 256] = -f32::from_bits(arith::RANGE_END);
				let refused = step(start, &tiles);
				if reads_data(op) {
					assert_ne!(refused, Err(StepError::InputOutOfRange), "{op:?}");
				} else {
					assert_eq!(refused, Err(StepError::InputOutOfRange), "{op:?}");
				}
			}
			// WHEN what is written is out of range; a factor compares, and shortens what it can
			if !matches!(op.kind, OpKind::ClipFactor { .. }) {
				let refused = ops::finish(op, Tile([f32::NAN; 256]));
				assert_eq!(refused, Err(StepError::OutOfRange), "{op:?}");
			}
		}
	}
	// Kinds are numbered from 1 to 49.
	let all: Vec<u16> = (1..=49).collect();
	assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn ids_that_are_no_ids_are_bad_data() {
	for plan in plans() {
		let mut ready = ran(&plan);
		let op = ready.program.ops()[0];
		let tiles = ready.memory.tiles(op.output).len();
		let readers: Vec<usize> = (0..ready.program.ops().len())
			.filter(|index| ready.program.ops()[*index].input(0) == Some(op.output))
			.collect();
		assert!(readers.len() >= 2);
		for id in [262_144.0, -1.0, 0.5, -0.0, 1e9] {
			ready.memory.set(op.output, vec![Tile([id; 256]); tiles]);
			let env = ready.env(0, 0);
			for index in &readers {
				let refused = crate::eval(&ready.program, *index, 0, &env, &ready.memory);
				assert_eq!(refused, Err(StepError::BadData), "{id} for {index}");
			}
		}
	}
}

#[test]
fn targets_that_are_no_columns_are_bad_data() {
	for (plan, width) in [
		(small(), 256.0),
		(classes(32, &[16], 10), 10.0),
		(decoder(gpt2()), 65.0),
		(decoder(llama()), 300.0),
	] {
		let mut ready = ran(&plan);
		let ids = ready.program.ops()[0].output;
		let program = ready.program.clone();
		for (id, ok) in [(width - 1.0, true), (width, false)] {
			fill(&program, &mut ready.memory, ids, |_, _| id);
			let env = ready.env(0, 0);
			for (index, op) in program.ops().iter().enumerate() {
				if !matches!(op.kind, OpKind::LossRows { .. } | OpKind::LogitGrad { .. }) {
					continue;
				}
				let tile = crate::eval(&program, index, 0, &env, &ready.memory);
				assert_eq!(tile.is_ok(), ok);
				assert!(ok || tile == Err(StepError::BadData));
			}
		}
	}
}

#[test]
fn data_with_fewer_items_than_an_example_is_bad_data() {
	for plan in plans() {
		let ready = ready(&plan);
		let context = u64::from(ready.program.outline().context());
		let with = |train_items| Env {
			train_items,
			..ready.env(0, 0)
		};
		let first = |env: Env<'_>| crate::eval(&ready.program, 0, 0, &env, &ready.memory);
		assert_eq!(first(with(0)), Err(StepError::BadData));
		assert_eq!(first(with(context)), Err(StepError::BadData));
		assert!(first(with(context + 1)).is_ok());
	}
}

#[test]
fn tokens_and_labels_past_the_last_are_bad_data() {
	for (plan, place) in [
		(classes(32, &[16], 10), 32),
		(decoder(gpt2()), 7),
		(decoder(llama()), 7),
	] {
		// GIVEN data with the greatest number that is allowed in its first example
		let mut ready = ready(&plan);
		let item = ready.program.outline().item_bytes() as usize;
		let most: u32 = match ready.program.ops()[0].kind {
			OpKind::Labels { classes, .. } => classes - 1,
			OpKind::Tokens { vocabulary, .. } => vocabulary - 1,
			_ => unreachable!("the first op reads the data"),
		};
		let one = u64::from(ready.program.outline().context()) + 1;
		for (value, ok) in [(most, true), (most + 1, false)] {
			let mut data = ready.data.clone();
			let (at, bytes) = match place {
				32 => (32, 1),
				_ => (place * item, item),
			};
			data[at..at + bytes].copy_from_slice(&value.to_le_bytes()[..bytes]);
			ready.memory.set_data(&data);
			// WHEN every example is the first one
			let env = Env {
				train_items: one,
				..ready.env(0, 0)
			};
			let tile = crate::eval(&ready.program, 0, 0, &env, &ready.memory);
			// THEN one more is refused
			assert_eq!(tile.is_ok(), ok, "{value}");
			assert!(ok || tile == Err(StepError::BadData));
		}
	}
}

#[test]
fn rotary_positions_without_turns_are_absent() {
	let ready = ran(&decoder(llama()));
	let env = ready.env(0, 0).with_turns(&[]);
	let ops = ready.program.ops();
	let index = ops
		.iter()
		.position(|op| matches!(op.kind, OpKind::Rotate { .. }));
	let refused = crate::eval(&ready.program, index.unwrap(), 0, &env, &ready.memory);
	assert_eq!(refused, Err(StepError::Absent));
}
