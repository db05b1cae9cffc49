//! Tokens, records, and tables by id and by position.

use super::*;
use crate::{program::DATA, row_offset};

const SEED: [u8; 32] = [1; 32];

/// Ids below `count`, of which some are the last.
fn ids(noise: &Noise, rows: usize, count: u32) -> Vec<u32> {
	(0..rows)
		.map(|i| {
			let bits = noise.at(99, i, 0).to_bits() ^ (i as u32).wrapping_mul(0x9E37_79B9);
			if bits.is_multiple_of(7) {
				count - 1
			} else {
				bits.rotate_left(11) % count
			}
		})
		.collect()
}

/// Tokens and those that follow them.
fn with_next(ids: &[u32]) -> Input {
	matrix(&rows(ids.len(), 2, |i, j| ids[(i + j) % ids.len()] as f32))
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(80))]

	#[test]
	fn tokens_are_rows_of_a_table_plus_positions(
		noise in noises(),
		(batch, context, across) in (1_usize..=3, 1_usize..=3, 1_usize..=3),
		vocabulary in 2_u32..=600,
		positions in any::<bool>(),
	) {
		let (context, cols) = (16 * context, 16 * across);
		let ids = ids(&noise, batch * context, vocabulary);
		let table = noise.rows(1, vocabulary as usize, cols);
		let places = noise.rows(2, context, cols);
		let wanted = rows(ids.len(), cols, |i, j| {
			let x = table[ids[i] as usize][j];
			if positions { x + places[i % context][j] } else { x }
		});
		let mut inputs = vec![with_next(&ids), matrix(&table)];
		inputs.extend(positions.then(|| matrix(&places)));
		let kind = OpKind::EmbedTokens { context: context as u32, vocabulary };
		agrees(kind, &env(), &inputs, &wanted)?;
	}

	#[test]
	fn the_gradient_of_a_table_adds_rows_by_id_in_their_order(
		noise in noises(),
		(down, across) in (1_usize..=40, 1_usize..=2),
		vocabulary in 2_u32..=100,
		based in any::<bool>(),
	) {
		let (count, cols) = (16 * down, 16 * across);
		let ids = ids(&noise, count, vocabulary);
		let g = noise.rows(1, count, cols);
		let base = noise.rows(2, vocabulary as usize, cols);
		let mut wanted = if based { base.clone() } else { rows(vocabulary as usize, cols, |_, _| 0.0) };
		for (id, g) in ids.iter().zip(&g) {
			for (sum, g) in wanted[*id as usize].iter_mut().zip(g) {
				*sum += g;
			}
		}
		let mut inputs = vec![with_next(&ids), matrix(&g)];
		inputs.extend(based.then(|| matrix(&base)));
		agrees(OpKind::TableGrad { rows: count as u32 }, &env(), &inputs, &wanted)?;
	}

	#[test]
	fn the_gradient_of_positions_adds_sequences_in_their_order(
		noise in noises(),
		(batch, context, across) in (1_usize..=40, 1_usize..=3, 1_usize..=3),
	) {
		let (context, cols) = (16 * context, 16 * across);
		let g = noise.rows(1, batch * context, cols);
		let wanted = rows(context, cols, |t, j| {
			(0..batch).fold(0.0, |sum, b| sum + g[b * context + t][j])
		});
		let kind = OpKind::PositionGrad { context: context as u32, batch: batch as u32 };
		agrees(kind, &env(), &[matrix(&g)], &wanted)?;
	}

	#[test]
	fn tokens_are_the_little_endian_numbers_of_the_data(
		(batch, context, wide) in (1_usize..=3, 1_usize..=5, 0_u32..=2),
		more in 0_u64..2_000,
		seed in any::<u32>(),
	) {
		let bytes = 1 << wide;
		let context = 16 * context;
		let vocabulary = [256, 65_536, 262_144][wide as usize];
		// GIVEN as many tokens as one sequence needs, or more
		let items = context as u64 + 1 + more;
		let noise = Noise { class: 2, seed };
		let token = |i: u64| noise.at(1, i as usize, 0).to_bits() % vocabulary;
		let data: Vec<u8> = (0..items)
			.flat_map(|i| token(i).to_le_bytes()[..bytes].to_vec())
			.collect();
		let mut memory = Memory::new();
		memory.set_data(&data);
		let kind = OpKind::Tokens { context: context as u32, bytes: bytes as u32, vocabulary };
		let mut op = op(kind, [batch * context, 2], 1);
		op.inputs[0] = Some(DATA);
		let env = Env::new(SEED, 4, 5, 6, 7, items);
		// THEN a row has a token of its sequence and the one that follows
		let got = folded(&op, &env, &memory).unwrap();
		for (i, row) in got.iter().enumerate() {
			let example = (i / context) as u32;
			let start = row_offset(&SEED, 4, 5, 6, example, items - context as u64);
			let at = start + (i % context) as u64;
			prop_assert_eq!(row, &[token(at) as f32, token(at + 1) as f32]);
		}
	}

	#[test]
	fn records_are_features_and_a_label(
		(down, across) in (1_usize..=2, 1_usize..=70),
		items in 1_u64..60,
		classes in 2_u32..=256,
		seed in any::<u32>(),
	) {
		let inputs = 16 * across;
		let noise = Noise { class: 2, seed };
		let byte = |record: u64, i: usize| {
			let byte = noise.at(1, record as usize, i).to_bits() >> 11 & 0xFF;
			if i == inputs { (byte % classes) as u8 } else { byte as u8 }
		};
		let data: Vec<u8> = (0..items)
			.flat_map(|record| (0..=inputs).map(move |i| byte(record, i)))
			.collect();
		let mut memory = Memory::new();
		memory.set_data(&data);
		let env = Env::new(SEED, 4, 5, 6, 7, items);
		let read = |kind, cols| {
			let mut op = op(kind, [16 * down, cols], 1);
			op.inputs[0] = Some(DATA);
			folded(&op, &env, &memory).unwrap()
		};
		let features = read(OpKind::Features { inputs: inputs as u32 }, inputs);
		let labels = read(OpKind::Labels { inputs: inputs as u32, classes }, 1);
		for i in 0..16 * down {
			let record = row_offset(&SEED, 4, 5, 6, i as u32, items);
			prop_assert_eq!(labels[i][0], f32::from(byte(record, inputs)));
			for (j, x) in features[i].iter().enumerate() {
				prop_assert_eq!(x * 256.0, f32::from(byte(record, j)));
			}
		}
	}
}

#[test]
fn an_id_from_the_vocabulary_on_is_bad_data_for_a_table_and_its_gradient() {
	// GIVEN a table of 20 rows, whose padding goes on to row 31
	let noise = Noise { class: 0, seed: 1 };
	let (table, g) = (noise.rows(1, 20, 16), noise.rows(2, 16, 16));
	let embed = OpKind::EmbedTokens {
		context: 16,
		vocabulary: 20,
	};
	let grad = OpKind::TableGrad { rows: 16 };
	let works = [
		(embed, [16, 16], matrix(&table)),
		(grad, [20, 16], matrix(&g)),
	];
	for (kind, shape, other) in works {
		for (id, known) in [
			(0, true),
			(19, true),
			(20, false),
			(32, false),
			(1 << 17, false),
		] {
			// WHEN one of the ids is this
			let mut memory = Memory::new();
			memory.set(TensorId(1), tiles(&with_next(&[id; 16])));
			memory.set(TensorId(2), tiles(&other));
			let result = folded(&op(kind, shape, 2), &env(), &memory);
			// THEN it is a row of the table, or bad data
			match known {
				true => assert!(result.is_ok(), "{kind:?}, {id}"),
				false => assert_eq!(result.unwrap_err(), StepError::BadData, "{kind:?}, {id}"),
			}
		}
	}
}
