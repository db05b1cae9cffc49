//! Small plans with ordinary numbers, for tests, benchmarks and examples.
//!
//! Whoever needs another number changes it in the plan that comes out. Nothing here is part of the
//! specification.

mod preset;

use alloc::{vec, vec::Vec};

use bounded_collections::BoundedVec;

use crate::{
	plan::MAX_VOCABULARY, AdamW, ByteMlp, CosineDecay, Decimal, FeedForward, Gpt, Model, Norm,
	Optimiser, Positions, Profile, StepPlan,
};

pub use preset::{Preset, UnknownPreset};

/// Width of a head of [`gpt`]: the least that there is.
pub const HEAD: u16 = 16;

/// The usual turns of a head of 16 columns: `10000^(-i / 8) / 2 pi` of a whole turn for pair `i`.
const TURNS: [u64; 8] = [
	2_935_890_503_282_001_408,
	928_410_095_122_917_248,
	293_589_050_328_200_128,
	92_841_009_512_291_728,
	29_358_905_032_820_016,
	9_284_100_951_229_172,
	2_935_890_503_282_001,
	928_410_095_122_917,
];

/// A plan for a byte model of these sizes. Of more than eight hidden layers the first eight are taken.
///
/// ```
/// let plan = assay_numerics::samples::byte_mlp(8, 16, &[32], 16);
/// assert!(assay_numerics::lower(&plan).is_ok());
/// ```
pub fn byte_mlp(context: u16, embedding: u16, hidden: &[u16], batch: u32) -> StepPlan {
	step(
		Model::ByteMlp(ByteMlp {
			context,
			embedding,
			hidden: BoundedVec::truncate_from(Vec::from(hidden)),
		}),
		batch,
	)
}

/// A plan for a decoder of bytes in the manner of Llama: root mean squares, rotary positions, gates.
///
/// It has a head for every 16 columns of `width`, and feed-forward layers of one and a half times
/// the width, rounded up to whole tiles.
///
/// ```
/// let plan = assay_numerics::samples::gpt(16, 32, 2, 1);
/// assert!(assay_numerics::lower(&plan).is_ok());
/// ```
pub fn gpt(context: u16, width: u16, layers: u16, batch: u32) -> StepPlan {
	let heads = width / HEAD;
	let feed_forward = (u32::from(width) * 3 / 2).next_multiple_of(u32::from(HEAD));
	step(
		Model::Gpt(Gpt {
			vocabulary: 256,
			context,
			width: width.into(),
			layers,
			heads,
			kv_heads: heads,
			head: HEAD,
			feed_forward,
			norm: Norm::Rms,
			norm_epsilon: Decimal::new(1, -5),
			positions: Positions::Rotary(BoundedVec::truncate_from(Vec::from(TURNS))),
			mlp: FeedForward::Gated,
			two_terms: false,
			biases: false,
			tied: false,
			adapter: None,
		}),
		batch,
	)
}

/// The plan that takes longest to check: a decoder of as many blocks as there can be, with everything
/// that a block can have, and with a vocabulary whose gradient is summed up in three levels. A fourth
/// one would be more tensors than there are ids.
///
/// For benchmarks of what is done with plans, not for training.
pub fn largest() -> StepPlan {
	let mut plan = gpt(16, 32, 256, 1);
	if let Model::Gpt(model) = &mut plan.model {
		model.vocabulary = MAX_VOCABULARY;
		model.two_terms = true;
		model.norm = Norm::Layer;
		model.biases = true;
		model.head = 256;
		model.positions = Positions::Rotary(BoundedVec::truncate_from(vec![1 << 40; 128]));
	}
	let Optimiser::AdamW(adam) = &mut plan.optimiser;
	adam.decay = Some(CosineDecay {
		steps: 1_000,
		floor: Decimal::new(1, -1),
	});
	adam.clip = Some(Decimal::new(1, 0));
	plan
}

fn step(model: Model, batch: u32) -> StepPlan {
	StepPlan {
		model,
		optimiser: Optimiser::AdamW(AdamW {
			learning_rate: Decimal::new(1, -3),
			beta1: Decimal::new(9, -1),
			beta2: Decimal::new(99, -2),
			epsilon: Decimal::new(1, -8),
			weight_decay: Decimal::new(1, -2),
			warmup: 0,
			decay: None,
			clip: None,
		}),
		batch,
		loss_scale: 0,
		profile: Profile::Exact12V1,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{program::MAX_TENSORS, Outline, PlanError};

	#[test]
	fn the_largest_plan_is_in_range_and_a_fourth_level_is_not() {
		// GIVEN the largest plan, of almost as many tensors as there are ids
		let mut plan = largest();
		let tensors = Outline::new(&plan).unwrap().tensor_count();
		assert!((60_000..=MAX_TENSORS).contains(&tensors), "{tensors}");
		// WHEN its embedding becomes so wide that its gradient needs a fourth level
		let Model::Gpt(model) = &mut plan.model else {
			unreachable!("it is a decoder");
		};
		model.width = 512;
		// THEN there are more tensors than ids
		let refused = Outline::new(&plan).unwrap_err();
		assert!(
			matches!(refused, PlanError::TooManyTensors { .. }),
			"{refused}"
		);
	}

	#[test]
	fn the_turns_are_those_of_the_usual_base() {
		for (pair, turn) in TURNS.into_iter().enumerate() {
			let frequency = 10_000_f64.powf(-(pair as f64) / 8.0);
			let expected = frequency / core::f64::consts::TAU * 2_f64.powi(64);
			assert!((turn as f64 / expected - 1.0).abs() < 1e-15);
		}
	}
}
