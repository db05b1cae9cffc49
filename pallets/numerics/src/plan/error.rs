//! Why a plan cannot be lowered.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::Decimal;

/// A refusal; it names the value and the bound that it broke.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum PlanError {
	/// A count is outside its bounds, both inclusive.
	#[codec(index = 0)]
	CountOutOfRange {
		/// Which count.
		field: Field,
		/// What the plan says.
		value: u32,
		/// The least that is allowed.
		least: u32,
		/// The greatest that is allowed.
		most: u32,
	},
	/// A width or the batch does not fill whole tiles.
	#[codec(index = 1)]
	NotWholeTiles {
		/// Which count.
		field: Field,
		/// What the plan says.
		value: u32,
		/// What it must be a multiple of.
		multiple: u32,
	},
	/// A model needs at least one hidden layer.
	#[codec(index = 2)]
	TooFewHiddenLayers {
		/// Layers in the plan.
		layers: u32,
		/// The least that is allowed.
		least: u32,
	},
	/// A hyperparameter's power of ten is outside its bounds, both inclusive.
	#[codec(index = 3)]
	ExponentOutOfRange {
		/// Which hyperparameter.
		field: Field,
		/// What the plan says.
		exponent: i8,
		/// The least that is allowed.
		least: i8,
		/// The greatest that is allowed.
		most: i8,
	},
	/// A hyperparameter, rounded to a float, is outside its bounds, both inclusive.
	#[codec(index = 4)]
	DecimalOutOfRange {
		/// Which hyperparameter.
		field: Field,
		/// What the plan says.
		value: Decimal,
		/// The least that is allowed.
		least: Decimal,
		/// The greatest that is allowed.
		most: Decimal,
	},
	/// A hyperparameter, rounded to a float, must be less than this and is not.
	#[codec(index = 5)]
	DecimalNotBelow {
		/// Which hyperparameter.
		field: Field,
		/// What the plan says.
		value: Decimal,
		/// What it must stay below.
		bound: Decimal,
	},
	/// A hyperparameter must be greater than zero and is not.
	#[codec(index = 6)]
	DecimalNotPositive {
		/// Which hyperparameter.
		field: Field,
		/// What the plan says.
		value: Decimal,
	},
	/// A count does not divide another one.
	#[codec(index = 7)]
	NotDivisor {
		/// Which count.
		field: Field,
		/// What the plan says.
		value: u32,
		/// What it must divide.
		of: u32,
	},
	/// The program has more tensors than ids: fewer layers are needed.
	#[codec(index = 8)]
	TooManyTensors {
		/// Tensors of the program.
		tensors: u32,
		/// The most that is allowed.
		most: u32,
	},
}

/// A number in a plan.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum Field {
	/// `context` of the model.
	#[codec(index = 0)]
	Context,
	/// `embedding` of the model.
	#[codec(index = 1)]
	Embedding,
	/// Width of a hidden layer.
	#[codec(index = 2)]
	Hidden(u8),
	/// Rows of a batch.
	#[codec(index = 3)]
	Batch,
	/// `learning_rate` of the optimiser.
	#[codec(index = 4)]
	LearningRate,
	/// `beta1` of the optimiser.
	#[codec(index = 5)]
	Beta1,
	/// `beta2` of the optimiser.
	#[codec(index = 6)]
	Beta2,
	/// `epsilon` of the optimiser.
	#[codec(index = 7)]
	Epsilon,
	/// `weight_decay` of the optimiser.
	#[codec(index = 8)]
	WeightDecay,
	/// `warmup` of the optimiser.
	#[codec(index = 9)]
	Warmup,
	/// `steps` of the optimiser's decay.
	#[codec(index = 10)]
	DecaySteps,
	/// `floor` of the optimiser's decay.
	#[codec(index = 11)]
	DecayFloor,
	/// `clip` of the optimiser.
	#[codec(index = 12)]
	Clip,
	/// `loss_scale` of the plan.
	#[codec(index = 13)]
	LossScale,
	/// Positions of all sequences of a step: the batch times the context.
	#[codec(index = 14)]
	Rows,
	/// `inputs` of a classifier.
	#[codec(index = 15)]
	Inputs,
	/// `classes` of a classifier.
	#[codec(index = 16)]
	Classes,
	/// `vocabulary` of a GPT.
	#[codec(index = 17)]
	Vocabulary,
	/// `width` of a GPT.
	#[codec(index = 18)]
	Width,
	/// `layers` of a GPT.
	#[codec(index = 19)]
	Layers,
	/// `heads` of a GPT.
	#[codec(index = 20)]
	Heads,
	/// `kv_heads` of a GPT.
	#[codec(index = 21)]
	KvHeads,
	/// `head` of a GPT.
	#[codec(index = 22)]
	Head,
	/// `feed_forward` of a GPT.
	#[codec(index = 23)]
	FeedForward,
	/// `norm_epsilon` of a GPT.
	#[codec(index = 24)]
	NormEpsilon,
	/// Number of turns of rotary positions: half of the head's width.
	#[codec(index = 25)]
	Turns,
	/// `rank` of an adapter.
	#[codec(index = 26)]
	Rank,
	/// `scale` of an adapter.
	#[codec(index = 27)]
	AdapterScale,
}

impl core::fmt::Display for PlanError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		let decimal = |d: &Decimal| alloc::format!("{}e{}", d.mantissa, d.exponent);
		match self {
			PlanError::CountOutOfRange {
				field,
				value,
				least,
				most,
			} => {
				write!(f, "{field:?} is {value}, not in {least}..={most}")
			}
			PlanError::NotWholeTiles {
				field,
				value,
				multiple,
			} => {
				write!(f, "{field:?} is {value}, not a multiple of {multiple}")
			}
			PlanError::TooFewHiddenLayers { layers, least } => {
				write!(f, "{layers} hidden layers, fewer than {least}")
			}
			PlanError::ExponentOutOfRange {
				field,
				exponent,
				least,
				most,
			} => {
				write!(
					f,
					"{field:?} has the exponent {exponent}, not in {least}..={most}"
				)
			}
			PlanError::DecimalOutOfRange {
				field,
				value,
				least,
				most,
			} => {
				let (value, least, most) = (decimal(value), decimal(least), decimal(most));
				write!(f, "{field:?} is {value}, not in {least}..={most}")
			}
			PlanError::DecimalNotBelow {
				field,
				value,
				bound,
			} => {
				write!(
					f,
					"{field:?} is {}, not below {}",
					decimal(value),
					decimal(bound)
				)
			}
			PlanError::DecimalNotPositive { field, value } => {
				write!(f, "{field:?} is {}, not positive", decimal(value))
			}
			PlanError::NotDivisor { field, value, of } => {
				write!(f, "{field:?} is {value}, which does not divide {of}")
			}
			PlanError::TooManyTensors { tensors, most } => {
				write!(f, "{tensors} tensors, more than {most}: take fewer layers")
			}
		}
	}
}

impl core::error::Error for PlanError {}
