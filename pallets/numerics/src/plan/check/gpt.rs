//! The bounds of a GPT.

use alloc::vec::Vec;

use super::{
	super::{
		FeedForward, Field, Gpt, Norm, PlanError, Positions, MAX_CONTEXT, MAX_GPT_WIDTH, MAX_HEAD,
		MAX_HEADS, MAX_LAYERS, MAX_RANK, MAX_VOCABULARY, MIN_WIDTH,
	},
	numbers::{between, count, positive, whole_tiles},
};
use crate::{decimal::Decimal, program::Attention};

/// A [`Gpt`] whose numbers are all in bounds.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct CheckedGpt {
	pub(crate) vocabulary: u32,
	pub(crate) width: u32,
	pub(crate) layers: u32,
	pub(crate) attention: Attention,
	pub(crate) feed_forward: u32,
	/// Whether norms take the mean away.
	pub(crate) centred: bool,
	pub(crate) epsilon: f32,
	/// Empty for learned positions.
	pub(crate) turns: Vec<u64>,
	pub(crate) gated: bool,
	/// Terms of the input of `down`.
	pub(crate) terms: u32,
	pub(crate) biases: bool,
	pub(crate) tied: bool,
	/// Rank and scale.
	pub(crate) adapter: Option<(u32, f32)>,
}

impl CheckedGpt {
	pub(crate) fn learned(&self) -> bool {
		self.turns.is_empty()
	}

	/// Bytes of a token.
	pub(crate) fn token_bytes(&self) -> u32 {
		match self.vocabulary {
			0..=0x100 => 1,
			0x101..=0x1_0000 => 2,
			_ => 4,
		}
	}
}

fn tiled(field: Field, value: u32, most: u32) -> Result<u32, PlanError> {
	count(field, value, MIN_WIDTH, most)?;
	whole_tiles(field, value)
}

pub(super) fn check(model: &Gpt) -> Result<CheckedGpt, PlanError> {
	const LEAST_EPSILON: Decimal = Decimal::new(1, -12);
	const ONE: Decimal = Decimal::new(1, 0);
	const GREATEST_SCALE: Decimal = Decimal::new(1_000, 0);
	let vocabulary = count(Field::Vocabulary, model.vocabulary, 2, MAX_VOCABULARY)?;
	let context = tiled(Field::Context, model.context.into(), MAX_CONTEXT)?;
	let width = tiled(Field::Width, model.width, MAX_GPT_WIDTH)?;
	let layers = count(Field::Layers, model.layers.into(), 1, MAX_LAYERS)?;
	let heads = count(Field::Heads, model.heads.into(), 1, MAX_HEADS)?;
	let kv_heads = count(Field::KvHeads, model.kv_heads.into(), 1, heads)?;
	let group = heads.checked_div(kv_heads).unwrap_or(0);
	if group * kv_heads != heads {
		return Err(PlanError::NotDivisor {
			field: Field::KvHeads,
			value: kv_heads,
			of: heads,
		});
	}
	let head = tiled(Field::Head, model.head.into(), MAX_HEAD)?;
	let feed_forward = tiled(Field::FeedForward, model.feed_forward, MAX_GPT_WIDTH)?;
	let epsilon = between(Field::NormEpsilon, model.norm_epsilon, LEAST_EPSILON, ONE)?;
	let turns = match &model.positions {
		Positions::Learned => Vec::new(),
		Positions::Rotary(turns) => {
			count(Field::Turns, turns.len() as u32, head / 2, head / 2)?;
			turns.to_vec()
		}
	};
	let adapter = match &model.adapter {
		None => None,
		Some(adapter) => Some((
			tiled(Field::Rank, adapter.rank.into(), MAX_RANK)?,
			positive(Field::AdapterScale, adapter.scale, GREATEST_SCALE)?,
		)),
	};
	Ok(CheckedGpt {
		vocabulary,
		width,
		layers,
		attention: Attention {
			context,
			heads,
			group,
			head,
		},
		feed_forward,
		centred: model.norm == Norm::Layer,
		epsilon,
		turns,
		gated: model.mlp == FeedForward::Gated,
		terms: 1 + u32::from(model.two_terms),
		biases: model.biases,
		tied: model.tied,
		adapter,
	})
}
