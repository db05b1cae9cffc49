//! The bounds of a plan.

mod gpt;
mod numbers;

use alloc::vec::Vec;

use super::{
	AdamW, Field, Model, Optimiser, PlanError, Profile, StepPlan, BYTES, MAX_BATCH, MAX_CLASSES,
	MAX_FEATURES, MAX_LOSS_SCALE, MAX_ROWS, MAX_WARMUP, MAX_WIDTH, MAX_WINDOW, MIN_ROWS, MIN_WIDTH,
};
use crate::decimal::Decimal;
use numbers::{between, count, decay, positive, whole_tiles};

pub(crate) use gpt::CheckedGpt;

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
	/// Steps of the cosine decay that follows; 0 for none.
	pub decay_steps: u32,
	/// The least learning rate, as a part of the full one, in [0, 1].
	pub floor: f32,
	/// Exponent of the loss scale.
	pub loss_scale: u16,
}

/// A plan whose numbers are all in bounds.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Checked {
	pub(crate) batch: u32,
	pub(crate) model: CheckedModel,
	pub(crate) rates: AdamRates,
	pub(crate) clip: Option<f32>,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum CheckedModel {
	Mlp(CheckedMlp),
	Gpt(CheckedGpt),
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct CheckedMlp {
	pub(crate) input: MlpInput,
	pub(crate) hidden: Vec<u32>,
	pub(crate) outputs: u32,
}

/// What a perceptron sees.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum MlpInput {
	Window { context: u32, embedding: u32 },
	Features { inputs: u32 },
}

/// Checks every number, in the order of the fields.
pub(crate) fn check(plan: &StepPlan) -> Result<Checked, PlanError> {
	let StepPlan {
		model,
		optimiser,
		batch,
		loss_scale,
		profile: Profile::Exact12V1,
	} = plan;
	let model = match model {
		Model::ByteMlp(model) => {
			let context = count(Field::Context, model.context.into(), 1, MAX_WINDOW)?;
			let embedding = width(Field::Embedding, model.embedding.into())?;
			CheckedModel::Mlp(CheckedMlp {
				input: MlpInput::Window { context, embedding },
				hidden: hidden(&model.hidden)?,
				outputs: BYTES,
			})
		}
		Model::Classifier(model) => {
			let inputs = model.inputs.into();
			count(Field::Inputs, inputs, MIN_WIDTH, MAX_FEATURES)?;
			let inputs = whole_tiles(Field::Inputs, inputs)?;
			CheckedModel::Mlp(CheckedMlp {
				input: MlpInput::Features { inputs },
				hidden: hidden(&model.hidden)?,
				outputs: count(Field::Classes, model.classes.into(), 2, MAX_CLASSES)?,
			})
		}
		Model::Gpt(model) => CheckedModel::Gpt(gpt::check(model)?),
	};
	let Optimiser::AdamW(adam) = optimiser;
	let (mut rates, clip) = rates(adam)?;
	let batch = match &model {
		CheckedModel::Mlp(_) => {
			count(Field::Batch, *batch, MIN_ROWS, MAX_BATCH)?;
			whole_tiles(Field::Batch, *batch)?
		}
		CheckedModel::Gpt(model) => {
			count(Field::Batch, *batch, 1, MAX_BATCH)?;
			count(
				Field::Rows,
				batch.saturating_mul(model.attention.context),
				MIN_ROWS,
				MAX_ROWS,
			)?;
			*batch
		}
	};
	let scale = count(Field::LossScale, (*loss_scale).into(), 0, MAX_LOSS_SCALE)?;
	rates.loss_scale = scale as u16;
	Ok(Checked {
		batch,
		model,
		rates,
		clip,
	})
}

fn hidden(widths: &[u16]) -> Result<Vec<u32>, PlanError> {
	if widths.is_empty() {
		return Err(PlanError::TooFewHiddenLayers {
			layers: 0,
			least: 1,
		});
	}
	let widths = (0..).zip(widths);
	widths
		.map(|(layer, value)| width(Field::Hidden(layer), (*value).into()))
		.collect()
}

fn width(field: Field, value: u32) -> Result<u32, PlanError> {
	count(field, value, MIN_WIDTH, MAX_WIDTH)?;
	whole_tiles(field, value)
}

fn rates(adam: &AdamW) -> Result<(AdamRates, Option<f32>), PlanError> {
	const ZERO: Decimal = Decimal::new(0, 0);
	const ONE: Decimal = Decimal::new(1, 0);
	const LEAST_EPSILON: Decimal = Decimal::new(1, -12);
	const GREATEST_CLIP: Decimal = Decimal::new(1, 9);
	let learning_rate = positive(Field::LearningRate, adam.learning_rate, ONE)?;
	let beta1 = decay(Field::Beta1, adam.beta1)?;
	let beta2 = decay(Field::Beta2, adam.beta2)?;
	let epsilon = between(Field::Epsilon, adam.epsilon, LEAST_EPSILON, ONE)?;
	let weight_decay = between(Field::WeightDecay, adam.weight_decay, ZERO, ONE)?;
	let warmup = count(Field::Warmup, adam.warmup, 0, MAX_WARMUP)?;
	let (decay_steps, floor) = match adam.decay {
		None => (0, 1.0),
		Some(decay) => (
			count(Field::DecaySteps, decay.steps, 1, MAX_WARMUP)?,
			between(Field::DecayFloor, decay.floor, ZERO, ONE)?,
		),
	};
	let clip = match adam.clip {
		None => None,
		Some(clip) => Some(positive(Field::Clip, clip, GREATEST_CLIP)?),
	};
	let rates = AdamRates {
		learning_rate,
		beta1,
		beta2,
		epsilon,
		weight_decay,
		warmup,
		decay_steps,
		floor,
		loss_scale: 0,
	};
	Ok((rates, clip))
}
