//! Bounds of the optimiser.

use super::*;

#[test]
fn an_exponent_that_no_float_needs_is_refused() {
	let expected = |field, exponent| PlanError::ExponentOutOfRange {
		field,
		exponent,
		least: -30,
		most: 29,
	};
	let error = refused(|_, _, adam| adam.beta2.exponent = -31);
	assert_eq!(error, expected(Field::Beta2, -31));
	let error = refused(|_, _, adam| adam.clip = Some(Decimal::new(1, 30)));
	assert_eq!(error, expected(Field::Clip, 30));
	let floor = Decimal::new(1, 127);
	let error = refused(|_, _, adam| adam.decay = Some(CosineDecay { steps: 1, floor }));
	assert_eq!(error, expected(Field::DecayFloor, 127));
}

#[test]
fn a_learning_rate_that_is_not_positive_or_above_one_is_refused() {
	let rate = |value| refused(|_, _, adam| adam.learning_rate = value);
	let field = Field::LearningRate;
	for value in [ZERO, Decimal::new(-1, -3)] {
		assert_eq!(rate(value), PlanError::DecimalNotPositive { field, value });
	}
	let value = Decimal::new(11, -1);
	assert_eq!(rate(value), decimal(field, value, ZERO, ONE));
}

#[test]
fn a_decay_of_one_or_that_rounds_to_one_is_refused() {
	for value in [ONE, Decimal::new(999_999_999, -9)] {
		let error = refused(|_, _, adam| adam.beta1 = value);
		let (field, bound) = (Field::Beta1, ONE);
		assert_eq!(
			error,
			PlanError::DecimalNotBelow {
				field,
				value,
				bound
			}
		);
	}
	let value = Decimal::new(-1, -1);
	let error = refused(|_, _, adam| adam.beta2 = value);
	assert_eq!(error, decimal(Field::Beta2, value, ZERO, ONE));
}

#[test]
fn an_epsilon_that_could_divide_by_zero_is_refused() {
	let error = refused(|_, _, adam| adam.epsilon = ZERO);
	assert_eq!(
		error,
		decimal(Field::Epsilon, ZERO, Decimal::new(1, -12), ONE)
	);
}

#[test]
fn a_weight_decay_above_one_is_refused() {
	let value = Decimal::new(2, 0);
	let error = refused(|_, _, adam| adam.weight_decay = value);
	assert_eq!(error, decimal(Field::WeightDecay, value, ZERO, ONE));
}

#[test]
fn a_warm_up_that_is_no_exact_float_is_refused() {
	let warmup = MAX_WARMUP + 1;
	let error = refused(|_, _, adam| adam.warmup = warmup);
	assert_eq!(error, count(Field::Warmup, warmup, 0, MAX_WARMUP));
}

#[test]
fn a_decay_of_no_steps_or_of_more_than_a_float_counts_is_refused() {
	let decay = |steps| {
		refused(|_, _, adam| {
			let floor = ZERO;
			adam.decay = Some(CosineDecay { steps, floor });
		})
	};
	assert_eq!(decay(0), count(Field::DecaySteps, 0, 1, MAX_WARMUP));
	let past = MAX_WARMUP + 1;
	assert_eq!(decay(past), count(Field::DecaySteps, past, 1, MAX_WARMUP));
}

#[test]
fn a_floor_of_the_decay_outside_zero_to_one_is_refused() {
	for floor in [Decimal::new(-1, -9), Decimal::new(11, -1)] {
		let error = refused(|_, _, adam| adam.decay = Some(CosineDecay { steps: 9, floor }));
		assert_eq!(error, decimal(Field::DecayFloor, floor, ZERO, ONE));
	}
}

#[test]
fn a_limit_of_the_norm_that_is_not_positive_or_above_a_billion_is_refused() {
	let clip = |value| refused(|_, _, adam| adam.clip = Some(value));
	let field = Field::Clip;
	for value in [ZERO, Decimal::new(-1, 0)] {
		assert_eq!(clip(value), PlanError::DecimalNotPositive { field, value });
	}
	let value = Decimal::new(1_001, 6);
	assert_eq!(clip(value), decimal(field, value, ZERO, Decimal::new(1, 9)));
}

#[test]
fn the_bounds_of_decay_and_limit_are_accepted() {
	for (steps, floor, clip) in [
		(1, ZERO, Decimal::new(1, 9)),
		(MAX_WARMUP, ONE, Decimal::new(1, -30)),
	] {
		let mut plan = small();
		let Optimiser::AdamW(adam) = &mut plan.optimiser;
		adam.decay = Some(CosineDecay { steps, floor });
		adam.clip = Some(clip);
		assert!(lower(&plan).is_ok());
	}
}
