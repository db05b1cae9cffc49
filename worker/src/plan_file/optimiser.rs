//! Optimisers as a submitter writes them.

use assay_numerics::{AdamW, CosineDecay, Optimiser};
use serde::{Deserialize, Serialize};

use super::{decimal, PlanFileError};

/// The optimiser. Decimals are texts, so that they are taken by their digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OptimiserFile {
	/// AdamW with decoupled weight decay and a linear warm-up.
	AdamW {
		/// Step size after the warm-up.
		learning_rate: String,
		/// Decay of the first moment.
		beta1: String,
		/// Decay of the second moment.
		beta2: String,
		/// Keeps the quotient finite.
		epsilon: String,
		/// Decay of matrices.
		weight_decay: String,
		/// Steps until the full step size, over the whole job.
		warmup: u32,
		/// What becomes of the step size after the warm-up. Without it, it stays.
		#[serde(default, skip_serializing_if = "Option::is_none")]
		decay: Option<DecayFile>,
		/// The greatest norm of all gradients together. Without it, there is none.
		#[serde(default, skip_serializing_if = "Option::is_none")]
		clip: Option<String>,
	},
}

/// Half a cosine from the full step size down to a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecayFile {
	/// Steps after the warm-up until the step size is least, over the whole job.
	pub steps: u32,
	/// The least step size, as a part of the full one.
	pub floor: String,
}

impl OptimiserFile {
	/// What says the same as an optimiser.
	pub(super) fn of(optimiser: &Optimiser) -> Self {
		let Optimiser::AdamW(adam) = optimiser;
		Self::AdamW {
			learning_rate: decimal::format(adam.learning_rate),
			beta1: decimal::format(adam.beta1),
			beta2: decimal::format(adam.beta2),
			epsilon: decimal::format(adam.epsilon),
			weight_decay: decimal::format(adam.weight_decay),
			warmup: adam.warmup,
			decay: adam.decay.map(|decay| DecayFile {
				steps: decay.steps,
				floor: decimal::format(decay.floor),
			}),
			clip: adam.clip.map(decimal::format),
		}
	}

	/// The optimiser as the numerics see it, not yet checked.
	pub(super) fn optimiser(&self) -> Result<Optimiser, PlanFileError> {
		let Self::AdamW {
			learning_rate,
			beta1,
			beta2,
			epsilon,
			weight_decay,
			warmup,
			decay,
			clip,
		} = self;
		let decay = match decay {
			None => None,
			Some(decay) => Some(CosineDecay {
				steps: decay.steps,
				floor: decimal::parse("decay.floor", &decay.floor)?,
			}),
		};
		let clip = clip.as_ref().map(|clip| decimal::parse("clip", clip));
		Ok(Optimiser::AdamW(AdamW {
			learning_rate: decimal::parse("learning_rate", learning_rate)?,
			beta1: decimal::parse("beta1", beta1)?,
			beta2: decimal::parse("beta2", beta2)?,
			epsilon: decimal::parse("epsilon", epsilon)?,
			weight_decay: decimal::parse("weight_decay", weight_decay)?,
			warmup: *warmup,
			decay,
			clip: clip.transpose()?,
		}))
	}
}
