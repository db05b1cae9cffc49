use super::*;
use crate::lower;
use codec::{Decode, Encode, MaxEncodedLen};

/// A plan with two hidden layers, one of them wider than a packed tile.
pub(crate) fn small() -> StepPlan {
	StepPlan {
		model: Model::ByteMlp(ByteMlp {
			context: 3,
			embedding: 16,
			hidden: vec![272, 32].try_into().unwrap(),
		}),
		optimiser: Optimiser::AdamW(AdamW {
			learning_rate: Decimal::new(1, -3),
			beta1: Decimal::new(9, -1),
			beta2: Decimal::new(999, -3),
			epsilon: Decimal::new(1, -8),
			weight_decay: Decimal::new(1, -2),
			warmup: 10,
		}),
		batch: 32,
		profile: Profile::Exact12V1,
	}
}

fn refused(change: impl FnOnce(&mut StepPlan, &mut ByteMlp, &mut AdamW)) -> PlanError {
	let mut plan = small();
	let Model::ByteMlp(mut model) = plan.model.clone();
	let Optimiser::AdamW(mut adam) = plan.optimiser.clone();
	change(&mut plan, &mut model, &mut adam);
	plan.model = Model::ByteMlp(model);
	plan.optimiser = Optimiser::AdamW(adam);
	lower(&plan).unwrap_err()
}

fn count(field: Field, value: u32, least: u32, most: u32) -> PlanError {
	PlanError::CountOutOfRange {
		field,
		value,
		least,
		most,
	}
}

#[test]
fn a_context_of_0_or_65_is_refused() {
	let context = |c| refused(|_, model, _| model.context = c);
	assert_eq!(context(0), count(Field::Context, 0, 1, 64));
	assert_eq!(context(65), count(Field::Context, 65, 1, 64));
}

#[test]
fn a_width_outside_16_to_4096_or_between_tiles_is_refused() {
	let embedding = |e| refused(|_, model, _| model.embedding = e);
	assert_eq!(embedding(15), count(Field::Embedding, 15, 16, 4_096));
	assert_eq!(embedding(4_112), count(Field::Embedding, 4_112, 16, 4_096));
	let not_whole = |field, value| PlanError::NotWholeTiles {
		field,
		value,
		multiple: 16,
	};
	assert_eq!(embedding(17), not_whole(Field::Embedding, 17));
	let hidden = |h| refused(|_, model, _| model.hidden[1] = h);
	assert_eq!(hidden(0), count(Field::Hidden(1), 0, 16, 4_096));
	assert_eq!(hidden(4_097), count(Field::Hidden(1), 4_097, 16, 4_096));
	assert_eq!(hidden(24), not_whole(Field::Hidden(1), 24));
}

#[test]
fn a_model_without_a_hidden_layer_is_refused() {
	let error = refused(|_, model, _| model.hidden = Default::default());
	assert_eq!(
		error,
		PlanError::TooFewHiddenLayers {
			layers: 0,
			least: 1
		}
	);
}

#[test]
fn a_batch_outside_16_to_4096_or_between_tiles_is_refused() {
	let batch = |b| refused(|plan, _, _| plan.batch = b);
	assert_eq!(batch(0), count(Field::Batch, 0, 16, 4_096));
	assert_eq!(batch(u32::MAX), count(Field::Batch, u32::MAX, 16, 4_096));
	assert_eq!(
		batch(40),
		PlanError::NotWholeTiles {
			field: Field::Batch,
			value: 40,
			multiple: 16
		}
	);
}

#[test]
fn an_exponent_that_no_float_needs_is_refused() {
	let error = refused(|_, _, adam| adam.beta2.exponent = -31);
	let (field, exponent) = (Field::Beta2, -31);
	assert_eq!(
		error,
		PlanError::ExponentOutOfRange {
			field,
			exponent,
			least: -30,
			most: 29
		}
	);
}

#[test]
fn a_learning_rate_that_is_not_positive_or_above_one_is_refused() {
	let rate = |value| refused(|_, _, adam| adam.learning_rate = value);
	let field = Field::LearningRate;
	for value in [Decimal::new(0, 0), Decimal::new(-1, -3)] {
		assert_eq!(rate(value), PlanError::DecimalNotPositive { field, value });
	}
	let value = Decimal::new(11, -1);
	let (least, most) = (Decimal::new(0, 0), Decimal::new(1, 0));
	assert_eq!(
		rate(value),
		PlanError::DecimalOutOfRange {
			field,
			value,
			least,
			most
		}
	);
}

#[test]
fn a_decay_of_one_or_that_rounds_to_one_is_refused() {
	for value in [Decimal::new(1, 0), Decimal::new(999_999_999, -9)] {
		let error = refused(|_, _, adam| adam.beta1 = value);
		let (field, bound) = (Field::Beta1, Decimal::new(1, 0));
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
	let (least, most) = (Decimal::new(0, 0), Decimal::new(1, 0));
	assert_eq!(
		error,
		PlanError::DecimalOutOfRange {
			field: Field::Beta2,
			value,
			least,
			most
		}
	);
}

#[test]
fn an_epsilon_that_could_divide_by_zero_is_refused() {
	let value = Decimal::new(0, 0);
	let error = refused(|_, _, adam| adam.epsilon = value);
	let (least, most) = (Decimal::new(1, -12), Decimal::new(1, 0));
	assert_eq!(
		error,
		PlanError::DecimalOutOfRange {
			field: Field::Epsilon,
			value,
			least,
			most
		}
	);
}

#[test]
fn a_weight_decay_above_one_is_refused() {
	let value = Decimal::new(2, 0);
	let error = refused(|_, _, adam| adam.weight_decay = value);
	let (field, least, most) = (Field::WeightDecay, Decimal::new(0, 0), Decimal::new(1, 0));
	assert_eq!(
		error,
		PlanError::DecimalOutOfRange {
			field,
			value,
			least,
			most
		}
	);
}

#[test]
fn a_warm_up_that_is_no_exact_float_is_refused() {
	let warmup = MAX_WARMUP + 1;
	let error = refused(|_, _, adam| adam.warmup = warmup);
	assert_eq!(error, count(Field::Warmup, warmup, 0, MAX_WARMUP));
}

#[test]
fn the_bounds_themselves_are_accepted() {
	let mut plan = small();
	plan.batch = MAX_BATCH;
	plan.model = Model::ByteMlp(ByteMlp {
		context: 64,
		embedding: 4_096,
		hidden: vec![4_096; 8].try_into().unwrap(),
	});
	let program = lower(&plan).unwrap();
	// 256 * 4096 + 64 * 4096 * 4096 + 7 * 4096^2 + 4096 * 256 weights, 8 * 4096 + 256 biases.
	assert_eq!(
		program.checkpoint_bytes(),
		4 * (1_048_576 + 1_073_741_824 + 117_440_512 + 1_048_576 + 33_024)
	);
}

#[test]
fn a_plan_survives_its_encoding_and_keeps_to_its_bound() {
	let plan = small();
	let bytes = plan.encode();
	assert!(bytes.len() <= StepPlan::max_encoded_len());
	assert_eq!(StepPlan::decode(&mut bytes.as_slice()).unwrap(), plan);
}

#[test]
fn a_refusal_names_the_value_and_the_bound() {
	let error = refused(|plan, _, _| plan.batch = 5_000);
	assert_eq!(error.to_string(), "Batch is 5000, not in 16..=4096");
	let error = refused(|_, _, adam| adam.epsilon = Decimal::new(5, -13));
	assert_eq!(error.to_string(), "Epsilon is 5e-13, not in 1e-12..=1e0");
}
