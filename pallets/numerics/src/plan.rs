//! What a plan says about one optimiser step.

mod check;
mod error;

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::Decimal;

pub use check::AdamRates;
pub use error::{Field, PlanError};

pub(crate) use check::check;

/// Byte values: the vocabulary of every model of this version.
pub const VOCABULARY: u32 = 256;
/// Hidden layers of a [`ByteMlp`], at most.
pub const MAX_HIDDEN: u32 = 8;
/// Greatest context, in bytes.
pub const MAX_CONTEXT: u32 = 64;
/// Least embedding and hidden width; both are multiples of it.
pub const MIN_WIDTH: u32 = 16;
/// Greatest embedding and hidden width.
pub const MAX_WIDTH: u32 = 4_096;
/// Least number of rows in a batch; every batch is a multiple of it.
pub const MIN_BATCH: u32 = 16;
/// Greatest number of rows in a batch.
pub const MAX_BATCH: u32 = 4_096;
/// Longest warm-up, in steps: counts up to here are exact floats.
pub const MAX_WARMUP: u32 = 1 << 24;

/// A model, its optimiser, the batch and the numeric profile.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct StepPlan {
	/// The model.
	pub model: Model,
	/// The optimiser.
	pub optimiser: Optimiser,
	/// Rows of one step: a multiple of 16, 16 to 4,096.
	pub batch: u32,
	/// The arithmetic.
	pub profile: Profile,
}

/// The models.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Model {
	/// A perceptron over a window of bytes.
	#[codec(index = 0)]
	ByteMlp(ByteMlp),
}

/// Predicts the next byte: embeds `context` bytes, concatenates them, and sends them through dense
/// layers with ReLU between them, the last of width 256.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ByteMlp {
	/// Bytes that a prediction sees, 1 to 64.
	pub context: u16,
	/// Width of the embedding of one byte: a multiple of 16, 16 to 4,096.
	pub embedding: u16,
	/// Widths of the hidden layers, at least one: multiples of 16, 16 to 4,096.
	pub hidden: BoundedVec<u16, ConstU32<MAX_HIDDEN>>,
}

/// The optimisers.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Optimiser {
	/// Adam with decoupled weight decay.
	#[codec(index = 0)]
	AdamW(AdamW),
}

/// Adam with decoupled weight decay on matrices and a linear warm-up.
///
/// Moments start at zero in every round, and so does the count that corrects their bias. The
/// warm-up counts over the whole job.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct AdamW {
	/// Greater than 0, at most 1.
	pub learning_rate: Decimal,
	/// Decay of the first moment: at least 0, less than 1 as a float.
	pub beta1: Decimal,
	/// Decay of the second moment: at least 0, less than 1 as a float.
	pub beta2: Decimal,
	/// Added to the root of the second moment: `10^-12` to 1.
	pub epsilon: Decimal,
	/// Weight decay per step, before the learning rate: 0 to 1.
	pub weight_decay: Decimal,
	/// Steps until the learning rate is full; 0 and 1 mean from the first step on.
	pub warmup: u32,
}

/// The numeric profiles. A version's code never changes once a job used it.
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
pub enum Profile {
	/// `exact-12`, version 1: see [`crate::arith`].
	#[codec(index = 0)]
	Exact12V1,
}

#[cfg(test)]
pub(crate) mod tests;
