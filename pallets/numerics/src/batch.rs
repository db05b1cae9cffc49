//! Which part of the data an example of a batch is.
//!
//! Data are items: bytes, tokens or records ([`crate::Outline::item_bytes`]). An example is one item
//! and the `context` items that follow it ([`crate::Outline::context`]).

/// Items that training may read: all but the last sixteenth, which is held out.
pub fn train_items(total: u64) -> u64 {
	total - total / 16
}

/// Items that an example may start at among so many; 0 if none fits.
pub fn span(items: u64, context: u32) -> u64 {
	items.saturating_sub(u64::from(context))
}

/// The item that example `row` of a step's batch starts at.
///
/// The first 8 bytes of BLAKE3(seed, round, slot, step, row), counters as little-endian `u32` and
/// the result as little-endian `u64`, modulo `span`. 0 if `span` is 0: callers refuse such data.
pub fn row_offset(seed: &[u8; 32], round: u32, slot: u32, step: u32, row: u32, span: u64) -> u64 {
	let mut hasher = blake3::Hasher::new();
	hasher.update(seed);
	for counter in [round, slot, step, row] {
		hasher.update(&counter.to_le_bytes());
	}
	let hash = hasher.finalize();
	let first = hash.as_bytes().first_chunk().copied().unwrap_or_default();
	u64::from_le_bytes(first).checked_rem(span).unwrap_or(0)
}

/// The item that example `j` of the `rows` examples of the held-out set starts at: spread evenly over
/// the last sixteenth of the data.
///
/// `train_items(total) + floor(j * span / rows)`, where `span` is [`span`] of the held-out items. An
/// example is inside the data if `j < rows` and the span is positive.
pub fn held_out_offset(j: u32, rows: u32, total: u64, context: u32) -> u64 {
	let span = u128::from(span(total / 16, context));
	let within = (u128::from(j) * span)
		.checked_div(u128::from(rows))
		.unwrap_or(0);
	train_items(total).saturating_add(u64::try_from(within).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn the_last_sixteenth_is_held_out() {
		assert_eq!(train_items(0), 0);
		assert_eq!(train_items(15), 15);
		assert_eq!(train_items(16), 15);
		assert_eq!(train_items(1600), 1500);
		assert_eq!(train_items(u64::MAX), u64::MAX - (u64::MAX >> 4));
	}

	#[test]
	fn no_row_fits_into_bytes_as_few_as_the_context() {
		assert_eq!(span(8, 8), 0);
		assert_eq!(span(9, 8), 1);
		assert_eq!(row_offset(&[0; 32], 0, 0, 0, 0, 0), 0);
	}

	#[test]
	fn every_counter_changes_the_offset() {
		let at = |round, slot, step, row| row_offset(&[7; 32], round, slot, step, row, u64::MAX);
		let offsets = [
			at(0, 0, 0, 0),
			at(1, 0, 0, 0),
			at(0, 1, 0, 0),
			at(0, 0, 1, 0),
			at(0, 0, 0, 1),
		];
		for (i, a) in offsets.iter().enumerate() {
			assert!(offsets.iter().skip(i + 1).all(|b| a != b));
		}
	}

	proptest! {
		#[test]
		fn training_rows_lie_in_front_of_the_held_out_ones(
			total in 4_096_u64..1 << 40,
			context in 1_u32..=64,
			row in any::<u32>(),
			rows in 1_u32..=65_536,
			j in any::<u32>(),
		) {
			let train = train_items(total);
			let start = row_offset(&[3; 32], 1, 2, 3, row, span(train, context));
			prop_assert!(start + u64::from(context) < train);
			let held = held_out_offset(j % rows, rows, total, context);
			prop_assert!(held >= train && held + u64::from(context) < total);
		}
	}
}
