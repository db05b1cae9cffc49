//! Examples as the inputs of a program: tokens as ids, records as features and labels.

pub(crate) mod table;

use crate::tensor::{SIDE, TILE};

/// `2^-8`: what a byte of a record is multiplied with.
const BYTE_UNIT: f32 = 1.0 / 256.0;

/// A token or label that the model does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadData {
	/// Which token or record of the data.
	pub(crate) item: u64,
	/// What it says.
	pub(crate) value: u32,
}

/// What a sequence of tokens is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sequences {
	/// Positions.
	pub(crate) context: usize,
	/// Bytes of a token.
	pub(crate) bytes: usize,
	/// Tokens of the vocabulary.
	pub(crate) vocabulary: u32,
}

/// The little-endian id of a token.
fn id_of(token: &[u8]) -> u32 {
	let bytes = token.iter().rev();
	bytes.fold(0, |id, byte| id << 8 | u32::from(*byte))
}

/// Rows of two ids, a token and the one that follows it, for the sequences that start at these items.
pub(crate) fn write_tokens(
	data: &[u8],
	starts: &[u64],
	shape: Sequences,
	ids: &mut [f32],
) -> Result<(), BadData> {
	let pairs = ids.as_chunks_mut::<SIDE>().0;
	for (start, pairs) in starts.iter().zip(pairs.chunks_exact_mut(shape.context)) {
		let bytes = &data[*start as usize * shape.bytes..];
		let tokens = bytes.chunks_exact(shape.bytes).take(shape.context + 1);
		for (position, token) in tokens.enumerate() {
			let id = id_of(token);
			if id >= shape.vocabulary {
				let item = start + position as u64;
				return Err(BadData { item, value: id });
			}
			if let Some(pair) = pairs.get_mut(position) {
				pair[0] = id as f32;
			}
			if position > 0 {
				pairs[position - 1][1] = id as f32;
			}
		}
	}
	Ok(())
}

/// The first `inputs` bytes of records as a row each, times `2^-8`. One more byte, the label, follows
/// them in the data.
pub(crate) fn write_features(data: &[u8], records: &[u64], inputs: usize, out: &mut [f32]) {
	let strip = inputs.div_ceil(SIDE) * TILE;
	for (row, record) in records.iter().enumerate() {
		let bytes = &data[*record as usize * (inputs + 1)..][..inputs];
		let tiles = out[row / SIDE * strip..][..strip].chunks_exact_mut(TILE);
		for (bytes, tile) in bytes.chunks(SIDE).zip(tiles) {
			for (x, byte) in tile[row % SIDE * SIDE..].iter_mut().zip(bytes) {
				*x = f32::from(*byte) * BYTE_UNIT;
			}
		}
	}
}

/// The label of records, a statistic: each must be below `classes`.
pub(crate) fn write_labels(
	data: &[u8],
	records: &[u64],
	(inputs, classes): (usize, u32),
	out: &mut [f32],
) -> Result<(), BadData> {
	for (item, out) in records.iter().zip(out) {
		let label = data[*item as usize * (inputs + 1) + inputs];
		if u32::from(label) >= classes {
			return Err(BadData {
				item: *item,
				value: label.into(),
			});
		}
		*out = label.into();
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use assay_numerics::{
		batch::{row_offset, span},
		Env, OpKind, StepError, Tile,
	};

	use super::*;
	use crate::kernels::{
		elementwise::greatest,
		reference::{compare, random, Case},
	};

	/// The items that the examples of a step start at.
	fn drawn(env: &Env<'_>, context: u32, examples: u32) -> Vec<u64> {
		let span = span(env.train_items, context);
		let start = |row| row_offset(&env.seed, env.round, env.slot, env.step, row, span);
		(0..examples).map(start).collect()
	}

	/// Data as tiles, padded with zeros.
	fn tiles_of(data: &[u8]) -> Vec<Tile> {
		let mut padded = data.to_vec();
		padded.resize(data.len().next_multiple_of(1_024), 0);
		let tiles = padded.as_chunks().0.iter();
		tiles.map(Tile::from_bytes).collect()
	}

	#[test]
	fn ids_are_the_specifications_for_all_widths_of_tokens() {
		for (bytes, vocabulary) in [(1, 256), (1, 77), (2, 50_257), (4, 262_144)] {
			for (context, batch) in [(16, 3), (48, 2)] {
				// GIVEN tokens of which all are below the vocabulary
				let tokens = (0..5_000).map(|i| random(i) as u32 % vocabulary);
				let data: Vec<u8> = tokens
					.flat_map(|token| token.to_le_bytes().into_iter().take(bytes as usize))
					.collect();
				let env = Env::new([5; 32], 1, 2, 3, 4, 5_000);
				let op = OpKind::Tokens {
					context,
					bytes,
					vocabulary,
				};
				let shape = Sequences {
					context: context as usize,
					bytes: bytes as usize,
					vocabulary,
				};
				let rows = batch * context;
				let case = Case::of_tiles(op, [rows, 2], &[tiles_of(&data)], 1, &env);
				// WHEN a batch is drawn THEN its ids are the fold's
				assert!(case.error().is_none());
				let starts = drawn(&env, context, batch);
				compare(&case, |lane, _, out| {
					write_tokens(&data, &starts, shape, out).unwrap();
					greatest(lane.isa, out)
				});
			}
		}
	}

	#[test]
	fn an_id_outside_of_the_vocabulary_is_refused() {
		// GIVEN data of three tokens, one of which is no token of a vocabulary of 300
		let data = [299_u16, 300, 5].map(u16::to_le_bytes).concat();
		let shape = Sequences {
			context: 1,
			bytes: 2,
			vocabulary: 300,
		};
		let mut ids = [0.0; TILE];
		// WHEN a sequence has it, be it only as what follows THEN it is refused
		for start in [0, 1] {
			let bad = write_tokens(&data, &[start], shape, &mut ids);
			let expected = BadData {
				item: 1,
				value: 300,
			};
			assert_eq!(bad, Err(expected));
		}
		// AND so does the fold
		let data: Vec<u8> = [300_u16.to_le_bytes(); 64].concat();
		let op = OpKind::Tokens {
			context: 16,
			bytes: 2,
			vocabulary: 300,
		};
		let env = Env::new([0; 32], 0, 0, 0, 1, 64);
		let case = Case::of_tiles(op, [16, 2], &[tiles_of(&data)], 1, &env);
		assert_eq!(case.error(), Some(StepError::BadData));
	}

	#[test]
	fn features_and_labels_are_the_specifications() {
		for (inputs, classes, batch) in [(16, 256, 16), (784, 10, 32), (21, 3, 16)] {
			// GIVEN records whose labels are below the number of classes
			let width = inputs as usize + 1;
			let mut data: Vec<u8> = (0..100 * width as u64).map(|i| random(i) as u8).collect();
			for record in data.chunks_mut(width) {
				let last = record.last_mut().unwrap();
				*last = (u32::from(*last) % classes) as u8;
			}
			let env = Env::new([9; 32], 1, 0, 2, 4, 100);
			let records = drawn(&env, 0, batch);
			let inside = [tiles_of(&data)];
			// WHEN a batch is drawn THEN its features and labels are the folds'
			let op = OpKind::Features { inputs };
			let case = Case::of_tiles(op, [batch, inputs], &inside, 1, &env);
			compare(&case, |lane, _, out| {
				write_features(&data, &records, inputs as usize, out);
				greatest(lane.isa, out)
			});
			let op = OpKind::Labels { inputs, classes };
			let case = Case::of_tiles(op, [batch, 1], &inside, 1, &env);
			compare(&case, |lane, _, out| {
				write_labels(&data, &records, (inputs as usize, classes), out).unwrap();
				greatest(lane.isa, out)
			});
			// AND a label of fewer classes is refused
			let shape = (inputs as usize, 0);
			assert!(write_labels(&data, &records, shape, &mut [0.0; 16]).is_err());
		}
	}
}
