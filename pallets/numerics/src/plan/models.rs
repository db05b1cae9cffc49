//! The models.

use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use super::{MAX_HIDDEN, MAX_PAIRS};
use crate::Decimal;

/// The models.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Model {
	/// A perceptron over a window of bytes.
	#[codec(index = 0)]
	ByteMlp(ByteMlp),
	/// A decoder of transformer blocks.
	#[codec(index = 1)]
	Gpt(Gpt),
	/// A perceptron that tells classes apart.
	#[codec(index = 2)]
	Classifier(Classifier),
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

/// Tells classes apart: dense layers with ReLU between them.
///
/// The data are records of `inputs` bytes, each taken times `2^-8`, and one byte with the label.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Classifier {
	/// Bytes of an example: a multiple of 16, 16 to 16,384.
	pub inputs: u16,
	/// Widths of the hidden layers, at least one: multiples of 16, 16 to 4,096.
	pub hidden: BoundedVec<u16, ConstU32<MAX_HIDDEN>>,
	/// Classes, 2 to 256.
	pub classes: u16,
}

/// A decoder: pre-norm transformer blocks with causal attention, a norm and a head.
///
/// The data are tokens, little-endian, of 1 byte for a vocabulary of up to 256, of 2 bytes up to
/// 65,536 and of 4 bytes above.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Gpt {
	/// Tokens, 2 to 262,144.
	pub vocabulary: u32,
	/// Positions of a sequence: a multiple of 16, 16 to 4,096.
	pub context: u16,
	/// Width of the residual stream: a multiple of 16, 16 to 65,536.
	pub width: u32,
	/// Blocks, 1 to 256.
	pub layers: u16,
	/// Query heads, 1 to 256.
	pub heads: u16,
	/// Key and value heads, 1 to 256; divides `heads`.
	pub kv_heads: u16,
	/// Width of a head: a multiple of 16, 16 to 256.
	pub head: u16,
	/// Width of the feed-forward layers: a multiple of 16, 16 to 65,536.
	pub feed_forward: u32,
	/// Which norm.
	pub norm: Norm,
	/// Added to the variance or mean square: `10^-12` to 1.
	pub norm_epsilon: Decimal,
	/// How positions are told.
	pub positions: Positions,
	/// Which feed-forward layers.
	pub mlp: FeedForward,
	/// Whether the input of `down` is quantised in two terms: for models with outliers there.
	pub two_terms: bool,
	/// Whether the linear layers of the blocks have biases.
	pub biases: bool,
	/// Whether the head is the embedding.
	pub tied: bool,
	/// If given, the model is frozen and adapters are trained.
	pub adapter: Option<Adapter>,
}

/// Norms.
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
pub enum Norm {
	/// Divided by the root of the mean square, times a gain (arXiv:1910.07467).
	#[codec(index = 0)]
	Rms,
	/// Less the mean, divided by the standard deviation, times a gain, plus a bias (arXiv:1607.06450).
	#[codec(index = 1)]
	Layer,
}

/// Positions.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Positions {
	/// Queries and keys are turned (arXiv:2104.09864): pair `i` of a head, its columns `i` and
	/// `i + head / 2`, by `turns[i] * 2^-64` of a whole turn for each position. As many as the head
	/// has pairs.
	#[codec(index = 0)]
	Rotary(BoundedVec<u64, ConstU32<MAX_PAIRS>>),
	/// A table that is trained.
	#[codec(index = 1)]
	Learned,
}

/// Feed-forward layers.
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
pub enum FeedForward {
	/// `down(gelu(up(x)))`.
	#[codec(index = 0)]
	Plain,
	/// `down(silu(gate(x)) * up(x))` (arXiv:2002.05202).
	#[codec(index = 1)]
	Gated,
}

/// Low-rank adapters of the query and value layers (arXiv:2106.09685):
/// `q(x) + (x A^T * scale) B^T`.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Adapter {
	/// Rank: a multiple of 16, 16 to 256.
	pub rank: u16,
	/// The usual `alpha / rank`: greater than 0, at most 1,000.
	pub scale: Decimal,
	/// Root of the list of the frozen model's tensors, in the order of its checkpoint.
	pub base: [u8; 32],
}
