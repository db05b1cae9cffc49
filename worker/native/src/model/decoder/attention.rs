//! Attention, with keys and values that query heads may share, and adapters.

use assay_numerics::Gpt;
use candle_core::Tensor;

use super::{super::float, Linear, Rotary};
use crate::{
	ops::{attend, Precision},
	tensors::Tensors,
	NativeError,
};

/// `(x A^T * scale) B^T`.
#[derive(Debug)]
struct Adapter {
	/// `[rank, in]`.
	a: Tensor,
	/// `[out, rank]`.
	b: Tensor,
	scale: f64,
}

#[derive(Debug)]
pub(super) struct Attention {
	query: Linear,
	key: Linear,
	value: Linear,
	out: Linear,
	/// Of queries and values.
	adapters: Option<[Adapter; 2]>,
	kv_heads: usize,
	/// Query heads that share a key and value head.
	group: usize,
	head: usize,
}

impl Attention {
	pub(super) fn new(name: &str, model: &Gpt, tensors: &Tensors) -> Result<Self, NativeError> {
		let linear = |part| Linear::new(&format!("{name}.{part}_proj"), model.biases, tensors);
		let adapter = |part, scale| {
			let tensor = |side| tensors.get(&format!("{name}.{part}_proj.lora_{side}.weight"));
			Ok::<_, NativeError>(Adapter {
				a: tensor("A")?,
				b: tensor("B")?,
				scale,
			})
		};
		let adapters = match &model.adapter {
			None => None,
			Some(config) => {
				let scale = float(config.scale)?;
				Some([adapter("q", scale)?, adapter("v", scale)?])
			}
		};
		let (heads, kv_heads) = (usize::from(model.heads), usize::from(model.kv_heads));
		Ok(Attention {
			query: linear("q")?,
			key: linear("k")?,
			value: linear("v")?,
			out: linear("o")?,
			adapters,
			kv_heads,
			group: heads.checked_div(kv_heads).unwrap_or(0),
			head: model.head.into(),
		})
	}

	/// `[rows, width]` of the same, where the rows are those of `count` sequences. `mask` is
	/// `[length, length]`.
	pub(super) fn forward(
		&self,
		x: &Tensor,
		count: usize,
		rotary: Option<&Rotary>,
		mask: &Tensor,
		precision: Precision,
	) -> candle_core::Result<Tensor> {
		let mut query = self.query.forward(x, precision)?;
		let key = self.key.forward(x, precision)?;
		let mut value = self.value.forward(x, precision)?;
		if let Some([of_query, of_value]) = &self.adapters {
			query = adapt(query, x, of_query, precision)?;
			value = adapt(value, x, of_value, precision)?;
		}
		let (rows, length) = (x.dim(0)?, mask.dim(0)?);
		let (head, kv_heads, group) = (self.head, self.kv_heads, self.group);
		let heads = kv_heads * group;
		let turned = |x: Tensor, heads| match rotary {
			None => x.reshape((count, length, heads, head)),
			Some(rotary) => rotary.turn(&x.reshape((count, length, heads, head))?),
		};
		// Scaled queries are fewer numbers than scaled scores.
		let query = (turned(query, heads)? * (1.0 / (head as f64).sqrt()))?;
		// Query head h shares the keys of head h / group: the rows of a group follow one another.
		let query = query.transpose(1, 2)?.contiguous()?.reshape((
			count * kv_heads,
			group * length,
			head,
		))?;
		let shared = |x: Tensor| {
			x.transpose(1, 2)?
				.contiguous()?
				.reshape((count * kv_heads, length, head))
		};
		let key = shared(turned(key, kv_heads)?)?;
		let value = shared(value.reshape((count, length, kv_heads, head))?)?;
		let scores = precision.matmul(&query, &key.transpose(1, 2)?)?;
		// The same mask for each head of a group.
		let mask = mask.repeat((group, 1))?;
		let mixed = attend(precision, &scores, &mask, &value)?
			.reshape((count, heads, length, head))?
			.transpose(1, 2)?
			.contiguous()?
			.reshape((rows, heads * head))?;
		self.out.forward(&mixed, precision)
	}
}

/// `base + ` the adapter's output for x.
fn adapt(
	base: Tensor,
	x: &Tensor,
	adapter: &Adapter,
	precision: Precision,
) -> candle_core::Result<Tensor> {
	let down = (precision.linear(x, &adapter.a, None)? * adapter.scale)?;
	base + precision.linear(&down, &adapter.b, None)?
}
