//! Bounds of a classifier.

use super::*;

fn refused(inputs: u16, hidden: &[u16], count: u16) -> PlanError {
	lower(&classes(inputs, hidden, count)).unwrap_err()
}

#[test]
fn inputs_outside_16_to_16384_or_between_tiles_are_refused() {
	assert_eq!(
		refused(0, &[16], 2),
		count(Field::Inputs, 0, 16, MAX_FEATURES)
	);
	assert_eq!(
		refused(16_400, &[16], 2),
		count(Field::Inputs, 16_400, 16, 16_384)
	);
	assert_eq!(refused(40, &[16], 2), not_whole(Field::Inputs, 40));
}

#[test]
fn fewer_than_two_or_more_than_256_classes_are_refused() {
	assert_eq!(
		refused(16, &[16], 1),
		count(Field::Classes, 1, 2, MAX_CLASSES)
	);
	assert_eq!(refused(16, &[16], 257), count(Field::Classes, 257, 2, 256));
}

#[test]
fn a_hidden_layer_is_needed_and_bounded() {
	let (layers, least) = (0, 1);
	assert_eq!(
		refused(16, &[], 2),
		PlanError::TooFewHiddenLayers { layers, least }
	);
	assert_eq!(
		refused(16, &[16, 4_112], 2),
		count(Field::Hidden(1), 4_112, 16, 4_096)
	);
	assert_eq!(refused(16, &[20], 2), not_whole(Field::Hidden(0), 20));
}

#[test]
fn a_batch_between_tiles_is_refused() {
	let plan = StepPlan {
		batch: 24,
		..classes(16, &[16], 2)
	};
	assert_eq!(lower(&plan).unwrap_err(), not_whole(Field::Batch, 24));
	let plan = StepPlan { batch: 8, ..plan };
	assert_eq!(lower(&plan).unwrap_err(), count(Field::Batch, 8, 16, 4_096));
}

#[test]
fn the_bounds_themselves_are_accepted() {
	for (inputs, hidden, count) in [
		(16, vec![16_u16], 2),
		(16_384, vec![4_096; 8], 256),
		(32, vec![16], 3),
	] {
		assert!(lower(&classes(inputs, &hidden, count)).is_ok());
	}
}
