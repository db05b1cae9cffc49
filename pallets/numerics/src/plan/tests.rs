use super::*;
use crate::{lower, Decimal};
use codec::{Decode, Encode, MaxEncodedLen};

mod classifier;
mod gpt;
mod optimiser;

/// A plan with two hidden layers, one of them wider than a packed tile.
pub(crate) fn small() -> StepPlan {
	StepPlan {
		model: Model::ByteMlp(ByteMlp {
			context: 3,
			embedding: 16,
			hidden: vec![272, 32].try_into().unwrap(),
		}),
		optimiser: Optimiser::AdamW(adam()),
		batch: 32,
		loss_scale: 0,
		profile: Profile::Exact12V1,
	}
}

/// The optimiser of [`small`].
pub(crate) fn adam() -> AdamW {
	AdamW {
		learning_rate: Decimal::new(1, -3),
		beta1: Decimal::new(9, -1),
		beta2: Decimal::new(999, -3),
		epsilon: Decimal::new(1, -8),
		weight_decay: Decimal::new(1, -2),
		warmup: 10,
		decay: None,
		clip: None,
	}
}

/// A decoder with everything that GPT-2 has: centred norms, learned positions, biases, a tied head.
pub(crate) fn gpt2() -> Gpt {
	Gpt {
		vocabulary: 65,
		context: 16,
		width: 48,
		layers: 2,
		heads: 3,
		kv_heads: 3,
		head: 16,
		feed_forward: 80,
		norm: Norm::Layer,
		norm_epsilon: Decimal::new(1, -5),
		positions: Positions::Learned,
		mlp: FeedForward::Plain,
		two_terms: false,
		biases: true,
		tied: true,
		adapter: None,
	}
}

/// A decoder with everything that Llama has: root mean squares, rotary positions, gates, shared keys
/// and values, a head of its own.
pub(crate) fn llama() -> Gpt {
	Gpt {
		vocabulary: 300,
		heads: 4,
		kv_heads: 2,
		head: 32,
		norm: Norm::Rms,
		positions: rotary(32),
		mlp: FeedForward::Gated,
		biases: false,
		tied: false,
		..gpt2()
	}
}

/// Adapters of rank 16.
pub(crate) fn adapter() -> Adapter {
	Adapter {
		rank: 16,
		scale: Decimal::new(2, 0),
		base: [7; 32],
	}
}

/// Turns of the pairs of a head of this width: one radian for each position, and less from pair to
/// pair.
pub(crate) fn rotary(head: u16) -> Positions {
	const RADIAN: u64 = 2_935_890_503_282_001_226;
	let turns = (0..u64::from(head / 2)).map(|i| RADIAN / (1 + i * i));
	Positions::Rotary(turns.collect::<Vec<_>>().try_into().unwrap())
}

/// A plan of two sequences for a decoder, otherwise as [`small`].
pub(crate) fn decoder(model: Gpt) -> StepPlan {
	StepPlan {
		model: Model::Gpt(model),
		batch: 2,
		..small()
	}
}

/// A plan for a classifier of this shape, otherwise as [`small`].
pub(crate) fn classes(inputs: u16, hidden: &[u16], classes: u16) -> StepPlan {
	StepPlan {
		model: Model::Classifier(Classifier {
			inputs,
			hidden: hidden.to_vec().try_into().unwrap(),
			classes,
		}),
		..small()
	}
}

fn refused(change: impl FnOnce(&mut StepPlan, &mut ByteMlp, &mut AdamW)) -> PlanError {
	let mut plan = small();
	let Model::ByteMlp(mut model) = plan.model.clone() else {
		unreachable!("the small plan has bytes");
	};
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

fn not_whole(field: Field, value: u32) -> PlanError {
	PlanError::NotWholeTiles {
		field,
		value,
		multiple: 16,
	}
}

fn decimal(field: Field, value: Decimal, least: Decimal, most: Decimal) -> PlanError {
	PlanError::DecimalOutOfRange {
		field,
		value,
		least,
		most,
	}
}

const ZERO: Decimal = Decimal::new(0, 0);
const ONE: Decimal = Decimal::new(1, 0);

#[test]
fn a_window_of_0_or_65_bytes_is_refused() {
	let context = |c| refused(|_, model, _| model.context = c);
	assert_eq!(context(0), count(Field::Context, 0, 1, 64));
	assert_eq!(context(65), count(Field::Context, 65, 1, 64));
}

#[test]
fn a_width_outside_16_to_4096_or_between_tiles_is_refused() {
	let embedding = |e| refused(|_, model, _| model.embedding = e);
	assert_eq!(embedding(15), count(Field::Embedding, 15, 16, 4_096));
	assert_eq!(embedding(4_112), count(Field::Embedding, 4_112, 16, 4_096));
	assert_eq!(embedding(17), not_whole(Field::Embedding, 17));
	let hidden = |h| refused(|_, model, _| model.hidden[1] = h);
	assert_eq!(hidden(0), count(Field::Hidden(1), 0, 16, 4_096));
	assert_eq!(hidden(4_097), count(Field::Hidden(1), 4_097, 16, 4_096));
	assert_eq!(hidden(24), not_whole(Field::Hidden(1), 24));
}

#[test]
fn a_model_without_a_hidden_layer_is_refused() {
	let error = refused(|_, model, _| model.hidden = Default::default());
	let (layers, least) = (0, 1);
	assert_eq!(error, PlanError::TooFewHiddenLayers { layers, least });
}

#[test]
fn a_batch_outside_16_to_4096_or_between_tiles_is_refused() {
	let batch = |b| refused(|plan, _, _| plan.batch = b);
	assert_eq!(batch(0), count(Field::Batch, 0, 16, 4_096));
	assert_eq!(batch(u32::MAX), count(Field::Batch, u32::MAX, 16, 4_096));
	assert_eq!(batch(40), not_whole(Field::Batch, 40));
}

#[test]
fn a_loss_scale_above_2_to_the_24_is_refused() {
	let error = refused(|plan, _, _| plan.loss_scale = 25);
	assert_eq!(error, count(Field::LossScale, 25, 0, 24));
	let error = refused(|plan, _, _| plan.loss_scale = u8::MAX);
	assert_eq!(error, count(Field::LossScale, 255, 0, 24));
	assert!(lower(&StepPlan {
		loss_scale: 24,
		..small()
	})
	.is_ok());
}

#[test]
fn the_first_number_that_is_out_of_bounds_is_named() {
	// GIVEN a plan with a mistake in every part
	let error = refused(|plan, model, adam| {
		plan.batch = 0;
		plan.loss_scale = 99;
		model.hidden[0] = 1;
		adam.warmup = u32::MAX;
	});
	// THEN the model's is named before the optimiser's, the batch's and the loss scale's
	assert_eq!(error, count(Field::Hidden(0), 1, 16, 4_096));
	let error = refused(|plan, _, adam| {
		plan.batch = 0;
		plan.loss_scale = 99;
		adam.warmup = u32::MAX;
	});
	assert_eq!(error, count(Field::Warmup, u32::MAX, 0, MAX_WARMUP));
	let error = refused(|plan, _, _| {
		plan.batch = 0;
		plan.loss_scale = 99;
	});
	assert_eq!(error, count(Field::Batch, 0, 16, 4_096));
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
fn plans_survive_their_encoding_and_keep_to_its_bound() {
	let mut plans = vec![
		small(),
		decoder(gpt2()),
		decoder(llama()),
		decoder(Gpt {
			adapter: Some(adapter()),
			..llama()
		}),
		classes(32, &[16], 10),
		gpt::greatest(),
	];
	plans.push(StepPlan {
		optimiser: Optimiser::AdamW(AdamW {
			decay: Some(CosineDecay {
				steps: 5,
				floor: Decimal::new(1, -1),
			}),
			clip: Some(ONE),
			..adam()
		}),
		loss_scale: 7,
		..small()
	});
	for plan in plans {
		let bytes = plan.encode();
		assert!(bytes.len() <= StepPlan::max_encoded_len());
		assert_eq!(StepPlan::decode(&mut bytes.as_slice()).unwrap(), plan);
	}
	// A page holds any of them.
	assert!(StepPlan::max_encoded_len() < 4_096);
}

#[test]
fn an_encoding_with_more_layers_or_turns_than_allowed_is_no_plan() {
	let mut bytes = small().encode();
	// The index of the model, context and embedding, then the number of hidden layers times 4.
	bytes[5] = 4 * 9;
	bytes.extend([0; 64]);
	assert!(StepPlan::decode(&mut bytes.as_slice()).is_err());
}

#[test]
fn a_refusal_names_the_value_and_the_bound() {
	let error = refused(|plan, _, _| plan.batch = 5_000);
	assert_eq!(error.to_string(), "Batch is 5000, not in 16..=4096");
	let error = refused(|_, _, adam| adam.epsilon = Decimal::new(5, -13));
	assert_eq!(error.to_string(), "Epsilon is 5e-13, not in 1e-12..=1e0");
	for (error, text) in [
		(
			not_whole(Field::Head, 24),
			"Head is 24, not a multiple of 16",
		),
		(
			PlanError::NotDivisor {
				field: Field::KvHeads,
				value: 3,
				of: 8,
			},
			"KvHeads is 3, which does not divide 8",
		),
		(
			PlanError::TooManyTensors {
				tensors: 70_000,
				most: 65_535,
			},
			"70000 tensors, more than 65535: take fewer layers",
		),
		(
			PlanError::TooFewHiddenLayers {
				layers: 0,
				least: 1,
			},
			"0 hidden layers, fewer than 1",
		),
		(
			PlanError::DecimalNotPositive {
				field: Field::Clip,
				value: ZERO,
			},
			"Clip is 0e0, not positive",
		),
		(
			PlanError::DecimalNotBelow {
				field: Field::Beta1,
				value: ONE,
				bound: ONE,
			},
			"Beta1 is 1e0, not below 1e0",
		),
		(
			PlanError::ExponentOutOfRange {
				field: Field::Beta2,
				exponent: -31,
				least: -30,
				most: 29,
			},
			"Beta2 has the exponent -31, not in -30..=29",
		),
	] {
		assert_eq!(error.to_string(), text);
		assert!(error.encoded_size() <= PlanError::max_encoded_len());
	}
}
