//! What a plan says about one optimiser step.

mod check;
mod error;
mod models;
mod optimiser;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

pub use check::AdamRates;
pub use error::{Field, PlanError};
pub use models::{Adapter, ByteMlp, Classifier, FeedForward, Gpt, Model, Norm, Positions};
pub use optimiser::{AdamW, CosineDecay, Optimiser};

pub(crate) use check::{check, Checked, CheckedGpt, CheckedMlp, CheckedModel, MlpInput};

/// Byte values: the vocabulary of a [`ByteMlp`].
pub const BYTES: u32 = 256;
/// Hidden layers of a [`ByteMlp`] or [`Classifier`], at most.
pub const MAX_HIDDEN: u32 = 8;
/// Greatest context of a [`ByteMlp`], in bytes.
pub const MAX_WINDOW: u32 = 64;
/// Least embedding and hidden width; both are multiples of it.
pub const MIN_WIDTH: u32 = 16;
/// Greatest embedding and hidden width of a [`ByteMlp`] or [`Classifier`].
pub const MAX_WIDTH: u32 = 4_096;
/// Least number of rows of a step of a [`ByteMlp`] or [`Classifier`]; theirs are multiples of it.
pub const MIN_ROWS: u32 = 16;
/// Greatest number of rows of a step: examples, or positions of all sequences.
pub const MAX_ROWS: u32 = 65_536;
/// Greatest batch.
pub const MAX_BATCH: u32 = 4_096;
/// Inputs of a [`Classifier`], at most.
pub const MAX_FEATURES: u32 = 16_384;
/// Classes of a [`Classifier`], at most: a label is a byte.
pub const MAX_CLASSES: u32 = 256;
/// Layers of a [`Gpt`], at most.
pub const MAX_LAYERS: u32 = 256;
/// Greatest context of a [`Gpt`], in tokens.
pub const MAX_CONTEXT: u32 = 4_096;
/// Tokens of a vocabulary, at most: ids are exact floats.
pub const MAX_VOCABULARY: u32 = 262_144;
/// Greatest width of a [`Gpt`] and of its feed-forward layers.
pub const MAX_GPT_WIDTH: u32 = 65_536;
/// Heads, at most.
pub const MAX_HEADS: u32 = 256;
/// Greatest width of a head.
pub const MAX_HEAD: u32 = 256;
/// Pairs of columns of a head, at most.
pub const MAX_PAIRS: u32 = MAX_HEAD / 2;
/// Greatest rank of an adapter.
pub const MAX_RANK: u32 = 256;
/// Longest warm-up and decay, in steps: counts up to here are exact floats.
pub const MAX_WARMUP: u32 = 1 << 24;
/// Greatest exponent of the loss scale.
pub const MAX_LOSS_SCALE: u32 = 24;

/// A model, its optimiser, the batch and the numeric profile.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct StepPlan {
	/// The model.
	pub model: Model,
	/// The optimiser.
	pub optimiser: Optimiser,
	/// Examples of one step, at most 4,096: sequences of a [`Gpt`], rows of the others, which need a
	/// multiple of 16. All rows together, sequences times context, are at most 65,536.
	pub batch: u32,
	/// Exponent of the loss scale, 0 to 24: gradients are computed times `2^loss_scale`, so that small
	/// ones keep their bits, and divided by it before the optimiser sees them.
	pub loss_scale: u8,
	/// The arithmetic.
	pub profile: Profile,
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
