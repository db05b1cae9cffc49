//! Decoders as a submitter writes them.

use assay_numerics::{Adapter, FeedForward, Gpt, Norm};
use serde::{Deserialize, Serialize};

use super::{decimal, model::count, positions::PositionsFile, PlanFileError};
use crate::roots::Hex32;

/// Sides of tiles: what widths are multiples of.
const SIDE: u64 = 16;

/// A decoder. What may be left out is what most of today's models have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GptFile {
	/// Tokens. Without it the 256 bytes.
	#[serde(default = "bytes")]
	pub vocabulary: u64,
	/// Positions of a sequence.
	pub context: u64,
	/// Width of the residual stream.
	pub width: u64,
	/// Blocks.
	pub layers: u64,
	/// Query heads.
	pub heads: u64,
	/// Key and value heads. Without it as many as query heads.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub kv_heads: Option<u64>,
	/// Width of a head. Without it the width divided by the heads.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub head: Option<u64>,
	/// Width of the feed-forward layers. Without it 4 times the width, or 8/3 of it with gates, rounded
	/// up to a multiple of 16: as many parameters in either case.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub feed_forward: Option<u64>,
	/// Which norm.
	#[serde(default)]
	pub norm: NormFile,
	/// Added to the variance or mean square.
	#[serde(default = "small")]
	pub norm_epsilon: String,
	/// How positions are told.
	#[serde(default)]
	pub positions: PositionsFile,
	/// Which feed-forward layers.
	#[serde(default)]
	pub mlp: MlpFile,
	/// Whether the input of the last feed-forward layer is quantised in two terms.
	#[serde(default)]
	pub two_terms: bool,
	/// Whether linear layers have biases.
	#[serde(default)]
	pub biases: bool,
	/// Whether the head is the embedding.
	#[serde(default)]
	pub tied: bool,
	/// Adapters to train, instead of the model.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub adapter: Option<AdapterFile>,
}

/// Norms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NormFile {
	/// By the root of the mean square.
	#[default]
	Rms,
	/// By the standard deviation, less the mean.
	Layer,
}

/// Feed-forward layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MlpFile {
	/// Two layers with GELU between them.
	Plain,
	/// Three layers: one gates another.
	#[default]
	Gated,
}

/// Low-rank adapters of queries and values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdapterFile {
	/// Rank.
	pub rank: u64,
	/// The usual `alpha / rank`.
	pub scale: String,
	/// Root of the frozen model.
	pub base: Hex32,
}

fn bytes() -> u64 {
	256
}

fn small() -> String {
	"1e-5".into()
}

impl GptFile {
	/// What says the same as a model, with nothing left out.
	pub(crate) fn of(model: &Gpt) -> Self {
		Self {
			vocabulary: model.vocabulary.into(),
			context: model.context.into(),
			width: model.width.into(),
			layers: model.layers.into(),
			heads: model.heads.into(),
			kv_heads: Some(model.kv_heads.into()),
			head: Some(model.head.into()),
			feed_forward: Some(model.feed_forward.into()),
			norm: match model.norm {
				Norm::Rms => NormFile::Rms,
				Norm::Layer => NormFile::Layer,
			},
			norm_epsilon: decimal::format(model.norm_epsilon),
			positions: PositionsFile::of(&model.positions),
			mlp: match model.mlp {
				FeedForward::Plain => MlpFile::Plain,
				FeedForward::Gated => MlpFile::Gated,
			},
			two_terms: model.two_terms,
			biases: model.biases,
			tied: model.tied,
			adapter: model.adapter.as_ref().map(|adapter| AdapterFile {
				rank: adapter.rank.into(),
				scale: decimal::format(adapter.scale),
				base: Hex32(adapter.base),
			}),
		}
	}

	/// The model as the numerics see it, not yet checked.
	pub(super) fn model(&self) -> Result<Gpt, PlanFileError> {
		let head = match self.head {
			Some(head) => head,
			None => self.shared_width()?,
		};
		let head = count("head", head)?;
		let adapter = match &self.adapter {
			None => None,
			Some(adapter) => Some(Adapter {
				rank: count("adapter.rank", adapter.rank)?,
				scale: decimal::parse("adapter.scale", &adapter.scale)?,
				base: adapter.base.0,
			}),
		};
		Ok(Gpt {
			vocabulary: count("vocabulary", self.vocabulary)?,
			context: count("context", self.context)?,
			width: count("width", self.width)?,
			layers: count("layers", self.layers)?,
			heads: count("heads", self.heads)?,
			kv_heads: count("kv_heads", self.kv_heads.unwrap_or(self.heads))?,
			head,
			feed_forward: count("feed_forward", self.feed_forward.unwrap_or(self.inner()))?,
			norm: match self.norm {
				NormFile::Rms => Norm::Rms,
				NormFile::Layer => Norm::Layer,
			},
			norm_epsilon: decimal::parse("norm_epsilon", &self.norm_epsilon)?,
			positions: self.positions.positions(head)?,
			mlp: match self.mlp {
				MlpFile::Plain => FeedForward::Plain,
				MlpFile::Gated => FeedForward::Gated,
			},
			two_terms: self.two_terms,
			biases: self.biases,
			tied: self.tied,
			adapter,
		})
	}

	/// The width of a head, if all heads share the model's.
	fn shared_width(&self) -> Result<u64, PlanFileError> {
		match self.width.checked_rem(self.heads) {
			Some(0) => Ok(self.width / self.heads),
			_ => Err(PlanFileError::Heads {
				heads: self.heads,
				width: self.width,
			}),
		}
	}

	/// The usual width of the feed-forward layers.
	fn inner(&self) -> u64 {
		let inner = match self.mlp {
			MlpFile::Plain => self.width.saturating_mul(4),
			MlpFile::Gated => self.width.saturating_mul(8).div_ceil(3),
		};
		inner.checked_next_multiple_of(SIDE).unwrap_or(u64::MAX)
	}
}
