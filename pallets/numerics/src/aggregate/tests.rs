use super::*;
use crate::arith;
use proptest::prelude::*;

fn tile(f: impl Fn(usize) -> f32) -> Tile {
	Tile(core::array::from_fn(f))
}

#[test]
fn one_update_and_equal_updates_become_the_checkpoint() {
	let parent = tile(|i| i as f32);
	let update = tile(|i| i as f32 + 0.25);
	assert_eq!(aggregate_tile(&parent, &[&update]).unwrap(), update);
	assert_eq!(aggregate_tile(&parent, &[&update; 4]).unwrap(), update);
}

#[test]
fn differences_are_added_in_the_order_of_slots() {
	// GIVEN differences whose sum depends on the order: 2^24, then 1 twice
	let parent = Tile::ZERO;
	let (big, one) = (Tile([16_777_216.0; 256]), Tile([1.0; 256]));
	// THEN 2^24 + 1 rounds to 2^24, but 1 + 1 first does not
	let first = aggregate_tile(&parent, &[&big, &one, &one, &Tile::ZERO]).unwrap();
	let last = aggregate_tile(&parent, &[&one, &one, &big, &Tile::ZERO]).unwrap();
	assert_eq!(first, Tile([4_194_304.0; 256]));
	assert_eq!(last, Tile([4_194_304.5; 256]));
}

#[test]
fn padding_stays_positive_zero() {
	for count in 1..20 {
		let updates = vec![&Tile::ZERO; count];
		assert_eq!(aggregate_tile(&Tile::ZERO, &updates).unwrap(), Tile::ZERO);
	}
}

#[test]
fn no_updates_and_values_out_of_range_are_refused() {
	let limit = f32::from_bits(arith::RANGE_END);
	let mut bad = Tile::ZERO;
	bad.0[7] = limit;
	assert_eq!(aggregate_tile(&Tile::ZERO, &[]), Err(StepError::NoUpdates));
	assert_eq!(
		aggregate_tile(&Tile::ZERO, &[&bad]),
		Err(StepError::InputOutOfRange)
	);
	assert_eq!(
		aggregate_tile(&bad, &[&Tile::ZERO]),
		Err(StepError::InputOutOfRange)
	);
}

#[test]
fn a_mean_that_rounds_out_of_range_is_refused() {
	// GIVEN an update next to the end, far enough from its parent that the difference rounds up
	let most = Tile([f32::from_bits(arith::RANGE_END - 1); 256]);
	let parent = Tile([-arith::power_of_two(28); 256]);
	// THEN adding it to the parent gives 2^50
	assert_eq!(
		aggregate_tile(&parent, &[&most]),
		Err(StepError::OutOfRange)
	);
	assert_eq!(aggregate_tile(&Tile::ZERO, &[&most]), Ok(most));
}

proptest! {
	#[test]
	fn the_mean_is_near_the_exact_one(
		parent in -10.0_f32..10.0,
		updates in prop::collection::vec(-10.0_f32..10.0, 1..64),
	) {
		let tiles: Vec<Tile> = updates.iter().map(|u| Tile([*u; 256])).collect();
		let refs: Vec<&Tile> = tiles.iter().collect();
		let next = aggregate_tile(&Tile([parent; 256]), &refs).unwrap();
		let exact = updates.iter().map(|u| f64::from(*u)).sum::<f64>() / updates.len() as f64;
		prop_assert!((f64::from(next.0[0]) - exact).abs() < 1e-4);
	}
}
