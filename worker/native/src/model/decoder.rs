//! Decoders: pre-norm transformer blocks with causal attention.

mod attention;
mod positions;

use assay_numerics::{FeedForward, Gpt, Norm, Positions};
use candle_core::{Device, Tensor};

use super::float;
use crate::{
	ops::{layer_norm, rms_norm, Precision},
	tensors::Tensors,
	NativeError,
};
use attention::Attention;
use positions::Rotary;

/// A linear layer: a weight `[out, in]` and, if the plan has biases, a bias.
#[derive(Debug)]
struct Linear {
	weight: Tensor,
	bias: Option<Tensor>,
}

impl Linear {
	fn new(name: &str, biased: bool, tensors: &Tensors) -> Result<Self, NativeError> {
		let bias = biased.then(|| tensors.get(&format!("{name}.bias")));
		Ok(Linear {
			weight: tensors.get(&format!("{name}.weight"))?,
			bias: bias.transpose()?,
		})
	}

	/// `[rows, out]` of `[rows, in]`.
	fn forward(&self, x: &Tensor, precision: Precision) -> candle_core::Result<Tensor> {
		precision.linear(x, &self.weight, self.bias.as_ref())
	}
}

/// A norm; with a bias it takes the mean away, too.
#[derive(Debug)]
struct Normed {
	gain: Tensor,
	bias: Option<Tensor>,
	epsilon: f64,
}

impl Normed {
	fn new(name: &str, model: &Gpt, tensors: &Tensors) -> Result<Self, NativeError> {
		let bias = match model.norm {
			Norm::Rms => None,
			Norm::Layer => Some(tensors.get(&format!("{name}.bias"))?),
		};
		Ok(Normed {
			gain: tensors.get(&format!("{name}.weight"))?,
			bias,
			epsilon: float(model.norm_epsilon)?,
		})
	}

	fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
		match &self.bias {
			None => rms_norm(x, &self.gain, self.epsilon),
			Some(bias) => layer_norm(x, &self.gain, bias, self.epsilon),
		}
	}
}

#[derive(Debug)]
struct Block {
	first_norm: Normed,
	attention: Attention,
	second_norm: Normed,
	/// Of gated layers.
	gate: Option<Linear>,
	up: Linear,
	down: Linear,
}

impl Block {
	fn new(layer: usize, model: &Gpt, tensors: &Tensors) -> Result<Self, NativeError> {
		let name = |part: &str| format!("model.layers.{layer}.{part}");
		let linear = |part: &str| Linear::new(&name(part), model.biases, tensors);
		let norm = |part: &str| Normed::new(&name(part), model, tensors);
		let gated = model.mlp == FeedForward::Gated;
		Ok(Block {
			first_norm: norm("input_layernorm")?,
			attention: Attention::new(&name("self_attn"), model, tensors)?,
			second_norm: norm("post_attention_layernorm")?,
			gate: gated.then(|| linear("mlp.gate_proj")).transpose()?,
			up: linear("mlp.up_proj")?,
			down: linear("mlp.down_proj")?,
		})
	}

	/// `[rows, width]` of the same.
	fn feed_forward(&self, x: &Tensor, precision: Precision) -> candle_core::Result<Tensor> {
		let up = self.up.forward(x, precision)?;
		let inner = match &self.gate {
			None => up.gelu()?,
			Some(gate) => gate.forward(x, precision)?.silu()?.mul(&up)?,
		};
		self.down.forward(&inner, precision)
	}
}

/// A GPT.
#[derive(Debug)]
pub(super) struct Decoder {
	embed: Tensor,
	/// A table that is trained; nothing for rotary positions.
	positions: Option<Tensor>,
	rotary: Option<Rotary>,
	/// 0 on and below the diagonal, minus infinity above: `[context, context]`.
	mask: Tensor,
	blocks: Vec<Block>,
	norm: Normed,
	head: Tensor,
	precision: Precision,
}

impl Decoder {
	pub(super) fn new(
		model: &Gpt,
		tensors: &Tensors,
		device: &Device,
		precision: Precision,
	) -> Result<Self, NativeError> {
		let embed = tensors.get("model.embed_tokens.weight")?;
		let (positions, rotary) = match &model.positions {
			Positions::Learned => (Some(tensors.get("model.embed_positions.weight")?), None),
			Positions::Rotary(turns) => {
				let rotary = Rotary::new(turns, model.context.into(), device)?;
				(None, Some(rotary))
			}
		};
		let blocks = 0..usize::from(model.layers);
		let blocks = blocks.map(|layer| Block::new(layer, model, tensors));
		let head = if model.tied {
			embed.clone()
		} else {
			tensors.get("lm_head.weight")?
		};
		Ok(Decoder {
			embed,
			positions,
			rotary,
			mask: causal_mask(model.context.into(), device)?,
			blocks: blocks.collect::<Result<_, _>>()?,
			norm: Normed::new("model.norm", model, tensors)?,
			head,
			precision,
		})
	}

	/// `[count * length, vocabulary]` of ids `[count, length]`.
	pub(super) fn logits(&self, ids: &Tensor) -> candle_core::Result<Tensor> {
		let (count, length) = ids.dims2()?;
		let mut x = self.embed.index_select(&ids.flatten_all()?, 0)?;
		if let Some(positions) = &self.positions {
			let width = x.dim(1)?;
			x = x
				.reshape((count, length, width))?
				.broadcast_add(&positions.narrow(0, 0, length)?)?
				.reshape((count * length, width))?;
		}
		let mask = self.mask.narrow(0, 0, length)?.narrow(1, 0, length)?;
		let precision = self.precision;
		for block in &self.blocks {
			let normed = block.first_norm.forward(&x)?;
			let attended =
				block
					.attention
					.forward(&normed, count, self.rotary.as_ref(), &mask, precision)?;
			x = (x + attended)?;
			let normed = block.second_norm.forward(&x)?;
			x = (&x + block.feed_forward(&normed, precision)?)?;
		}
		precision.linear(&self.norm.forward(&x)?, &self.head, None)
	}
}

fn causal_mask(context: usize, device: &Device) -> candle_core::Result<Tensor> {
	let rows = (0..context).flat_map(|row| {
		(0..context).map(move |col| if col > row { f32::NEG_INFINITY } else { 0.0 })
	});
	Tensor::from_iter(rows, device)?.reshape((context, context))
}
