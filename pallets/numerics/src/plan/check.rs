//! The bounds of a plan.

use alloc::vec::Vec;

use super::{
	AdamW, Field, Model, Optimiser, PlanError, Profile, StepPlan, MAX_BATCH, MAX_CONTEXT,
	MAX_WARMUP, MAX_WIDTH, MIN_BATCH, MIN_WIDTH,
};
use crate::decimal::{Decimal, MAX_EXPONENT, MIN_EXPONENT};

/// The hyperparameters of [`AdamW`] as floats, each converted with one rounding.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AdamRates {
	/// Full learning rate, in (0, 1].
	pub learning_rate: f32,
	/// Decay of the first moment, in [0, 1).
	pub beta1: f32,
	/// Decay of the second moment, in [0, 1).
	pub beta2: f32,
	/// Added to the root of the second moment.
	pub epsilon: f32,
	/// Weight decay, in [0, 1].
	pub weight_decay: f32,
	/// Steps until the learning rate is full.
	pub warmup: u32,
}

/// A plan whose numbers are all in bounds.
#[derive(Debug)]
pub(crate) struct Checked {
	pub(crate) batch: u32,
	pub(crate) context: u32,
	pub(crate) embedding: u32,
	pub(crate) hidden: Vec<u32>,
	pub(crate) rates: AdamRates,
}

/// Checks every number, in the order of the fields.
pub(crate) fn check(plan: &StepPlan) -> Result<Checked, PlanError> {
	let StepPlan {
		model,
		optimiser,
		batch,
		profile: Profile::Exact12V1,
	} = plan;
	let Model::ByteMlp(model) = model;
	let context = count(Field::Context, model.context.into(), 1, MAX_CONTEXT)?;
	let embedding = width(Field::Embedding, model.embedding.into())?;
	if model.hidden.is_empty() {
		return Err(PlanError::TooFewHiddenLayers {
			layers: 0,
			least: 1,
		});
	}
	let mut hidden = Vec::new();
	for (layer, value) in (0..).zip(&model.hidden) {
		hidden.push(width(Field::Hidden(layer), (*value).into())?);
	}
	let Optimiser::AdamW(adam) = optimiser;
	let rates = rates(adam)?;
	count(Field::Batch, *batch, MIN_BATCH, MAX_BATCH)?;
	let batch = whole_tiles(Field::Batch, *batch)?;
	Ok(Checked {
		batch,
		context,
		embedding,
		hidden,
		rates,
	})
}

fn count(field: Field, value: u32, least: u32, most: u32) -> Result<u32, PlanError> {
	if value < least || value > most {
		return Err(PlanError::CountOutOfRange {
			field,
			value,
			least,
			most,
		});
	}
	Ok(value)
}

fn whole_tiles(field: Field, value: u32) -> Result<u32, PlanError> {
	let multiple = crate::tile::SIDE as u32;
	if !value.is_multiple_of(multiple) {
		return Err(PlanError::NotWholeTiles {
			field,
			value,
			multiple,
		});
	}
	Ok(value)
}

fn width(field: Field, value: u32) -> Result<u32, PlanError> {
	count(field, value, MIN_WIDTH, MAX_WIDTH)?;
	whole_tiles(field, value)
}

fn rates(adam: &AdamW) -> Result<AdamRates, PlanError> {
	const ZERO: Decimal = Decimal::new(0, 0);
	const ONE: Decimal = Decimal::new(1, 0);
	const LEAST_EPSILON: Decimal = Decimal::new(1, -12);
	if adam.learning_rate.mantissa <= 0 {
		let (field, value) = (Field::LearningRate, adam.learning_rate);
		return Err(PlanError::DecimalNotPositive { field, value });
	}
	let learning_rate = between(Field::LearningRate, adam.learning_rate, ZERO, ONE)?;
	let beta1 = decay(Field::Beta1, adam.beta1)?;
	let beta2 = decay(Field::Beta2, adam.beta2)?;
	let epsilon = between(Field::Epsilon, adam.epsilon, LEAST_EPSILON, ONE)?;
	let weight_decay = between(Field::WeightDecay, adam.weight_decay, ZERO, ONE)?;
	let warmup = count(Field::Warmup, adam.warmup, 0, MAX_WARMUP)?;
	Ok(AdamRates {
		learning_rate,
		beta1,
		beta2,
		epsilon,
		weight_decay,
		warmup,
	})
}

fn float(field: Field, value: Decimal) -> Result<f32, PlanError> {
	value
		.to_f32()
		.map_err(|error| PlanError::ExponentOutOfRange {
			field,
			exponent: error.0,
			least: MIN_EXPONENT,
			most: MAX_EXPONENT,
		})
}

fn between(field: Field, value: Decimal, least: Decimal, most: Decimal) -> Result<f32, PlanError> {
	let x = float(field, value)?;
	if x < float(field, least)? || x > float(field, most)? {
		return Err(PlanError::DecimalOutOfRange {
			field,
			value,
			least,
			most,
		});
	}
	Ok(x)
}

/// A decay must leave something of the new gradient: 1 would divide by zero in the correction.
fn decay(field: Field, value: Decimal) -> Result<f32, PlanError> {
	const ONE: Decimal = Decimal::new(1, 0);
	let x = between(field, value, Decimal::new(0, 0), ONE)?;
	if x >= 1.0 {
		return Err(PlanError::DecimalNotBelow {
			field,
			value,
			bound: ONE,
		});
	}
	Ok(x)
}
