//! Plans of some sizes, to be measured.

use alloc::{borrow::ToOwned, string::String};
use core::{fmt, str::FromStr};

use crate::{Decimal, FeedForward, Gpt, Model, Norm, Positions, StepPlan};

/// Sizes of a GPT with learned positions, layer norms, biases, plain feed-forward layers and a tied
/// head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Preset {
	/// About 0.8 million parameters: 4 layers, 4 heads, width 128, context 64, batch 12.
	M1,
	/// About 10.8 million parameters: 6 layers, 6 heads, width 384, context 256, batch 4.
	M10,
	/// About 51 million parameters: 16 layers, 8 heads, width 512, context 256, batch 4.
	M50,
}

/// A size that is none of the presets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownPreset(String);

impl fmt::Display for UnknownPreset {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "there is no size {:?}: choose 1M, 10M or 50M", self.0)
	}
}

impl core::error::Error for UnknownPreset {}

impl FromStr for Preset {
	type Err = UnknownPreset;

	fn from_str(name: &str) -> Result<Self, UnknownPreset> {
		match name {
			"1M" => Ok(Preset::M1),
			"10M" => Ok(Preset::M10),
			"50M" => Ok(Preset::M50),
			_ => Err(UnknownPreset(name.to_owned())),
		}
	}
}

impl Preset {
	/// The plan with this many tokens: 256 for bytes.
	pub fn plan(self, vocabulary: u32) -> StepPlan {
		let (layers, heads, head, context, batch) = match self {
			Preset::M1 => (4, 4, 32, 64, 12),
			Preset::M10 => (6, 6, 64, 256, 4),
			Preset::M50 => (16, 8, 64, 256, 4),
		};
		let width = u32::from(heads * head);
		let model = Model::Gpt(Gpt {
			vocabulary,
			context,
			width,
			layers,
			heads,
			kv_heads: heads,
			head,
			feed_forward: 4 * width,
			norm: Norm::Layer,
			norm_epsilon: Decimal::new(1, -5),
			positions: Positions::Learned,
			mlp: FeedForward::Plain,
			two_terms: false,
			biases: true,
			tied: true,
			adapter: None,
		});
		super::step(model, batch)
	}
}
