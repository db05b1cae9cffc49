//! The optimisers.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::Decimal;

/// The optimisers.
#[derive(
	Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Optimiser {
	/// Adam with decoupled weight decay.
	#[codec(index = 0)]
	AdamW(AdamW),
}

/// Adam with decoupled weight decay on matrices (arXiv:1711.05101), a linear warm-up, and, if
/// wanted, a cosine decay of the learning rate and a limit of the gradient's norm.
///
/// Moments start at zero in every round, and so does the count that corrects their bias. Warm-up and
/// decay count over the whole job.
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
	/// What becomes of the learning rate after the warm-up; nothing: it stays.
	pub decay: Option<CosineDecay>,
	/// The greatest norm of all gradients together, greater than 0, at most `10^9`: above it, all are
	/// shortened to it.
	pub clip: Option<Decimal>,
}

/// Half a cosine from the full learning rate down to a part of it (arXiv:1608.03983).
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
pub struct CosineDecay {
	/// Steps after the warm-up until the learning rate is least: 1 to `2^24`. It stays so.
	pub steps: u32,
	/// The least learning rate, as a part of the full one: 0 to 1.
	pub floor: Decimal,
}
